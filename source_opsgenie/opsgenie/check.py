"""Checks the connection: whether the key can read the account and, if not, what the user must change.

A key that can read anything passes. What it cannot read is logged as a warning, because a sync skips it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import requests

from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.errors import NOT_FOUND, ApiError, RefusedError, config_error
from source_opsgenie.http.paging import Value
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.opsgenie.backend import ACCOUNT_PATH, IF_MOVED, OpsgenieBackend, data_in
from source_opsgenie.streams.list_check import CHECK_TIMEOUT, TWICE, ListCall, require_query, run_check

if TYPE_CHECKING:
    from source_opsgenie.config import Config

ALERTS_PATH = "v2/alerts"

DEADLINE = 25.0  # seconds for the whole check, whatever the network does; it must answer within 30


def check_account(config: Config, lists: Sequence[ListCall] = (), deadline: float = DEADLINE) -> list[str]:
    """Check a configured account; return sentences about what a sync will not see.

    The check gives up after `deadline` seconds, because its calls together may take longer.

    Raises:
        ApiError: one sentence that says what is wrong and what to do.
    """
    client = Client(OpsgenieBackend(config.endpoint, config.api_token), BoundedAdapter(timeout=CHECK_TIMEOUT), Clock())

    def verdict() -> tuple[list[str], Sequence[ListCall]]:
        try:
            _get(client, ACCOUNT_PATH)
        except RefusedError:
            # A team's key, or a key without Configuration Access, may still read alerts: it is not wrong.
            _require_alerts(client)
        if config.alert_query is not None:
            query = {"limit": "1", "query": config.alert_query}
            require_query(client, lambda: _get(client, ALERTS_PATH, query))
        return [], lists

    return run_check(verdict, lambda _: client, deadline, client.backend.authority)


def _require_alerts(client: Client) -> None:
    try:
        _get(client, ALERTS_PATH, {"limit": "1"})
    except RefusedError as error:
        what = (
            f"Neither the account nor its alerts can be read at {client.backend.authority}: check 'endpoint'"
            if error.status in {NOT_FOUND, requests.codes.gone}
            else "The key in 'api_token' cannot read anything: give it the rights Read and Configuration Access in "
            "Settings > API key management"
        )
        raise config_error(f"{what}. The alerts are refused, because {error.why}. {IF_MOVED}") from error


def _get(client: Client, path: str, params: Mapping[str, Value] | None = None) -> None:
    """Make a call, and retry it once if that may help."""
    host = client.backend.authority
    try:
        client.read(path, params, check=data_in, policy=TWICE)
    except ApiError as error:
        if error.status == requests.codes.ok:
            text = f"{host} is not Opsgenie's API, because {error.cause}: check 'endpoint'. {IF_MOVED}"
            raise config_error(text) from error
        if error.status is None and error.cause:  # given up without an answer
            raise config_error(f"No connection to Opsgenie: {error.cause}. {IF_MOVED}") from error
        raise
