"""Checks the connection: whether the key can read the account and, if not, what the user must change.

A key that can read anything passes. What it cannot read is logged as a warning, because a sync skips it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.errors import ApiError, RefusedError, config_error, transient_error
from source_opsgenie.http.retry import RetryPolicy
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.opsgenie.backend import ACCOUNT_PATH, backend_of, has_data
from source_opsgenie.streams.list_check import ListCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from source_opsgenie.config import Config
    from source_opsgenie.http.paging import Value
    from source_opsgenie.streams.list_check import ListCall

ALERTS_PATH = "v2/alerts"

DEADLINE = 25.0  # seconds for the whole check, whatever the network does; it must answer within 30
TIMEOUT = (5.0, 8.0)  # seconds to connect, and seconds without a byte

TWICE = RetryPolicy(attempts=2, advice="Try again later.")

# Answers to a query that Opsgenie cannot make sense of.
QUERY_STATUSES = frozenset({400, 422})


class ConnectionCheck:
    """Asks for the account, or for one alert if the key cannot read the account, and judges the answer."""

    def __init__(self, client: Client, alert_query: str | None = None) -> None:
        self._client = client
        self._alert_query = alert_query

    def run(self, lists: Sequence[ListCall] = (), deadline: float = DEADLINE) -> list[str]:
        """Check; return a sentence for each list that the key cannot read, and one for the lists without an answer.

        The check gives up after `deadline` seconds, because its calls together may take longer.

        Raises:
            ApiError: one sentence that says what is wrong and what to do.
        """
        asked = ListCheck(lists, lambda _: self._client)
        if not asked.run(self._check, deadline):
            raise transient_error(f"{self._client.backend.authority} does not answer within {deadline:.0f} seconds.")
        return asked.sentences()

    def _check(self) -> None:
        try:
            self._get(ACCOUNT_PATH)
        except RefusedError:
            # A team's key, or a key without Configuration Access, may still read alerts: it is not wrong.
            self._check_alerts()
        if self._alert_query is not None:
            self._check_query(self._alert_query)

    def _check_alerts(self) -> None:
        try:
            self._get(ALERTS_PATH, {"limit": "1"})
        except RefusedError as error:
            raise config_error(
                "The key in 'api_token' cannot read anything: give it the rights Read and Configuration Access in "
                f"Settings > API key management. The first refusal: {error.refusal.why}."
            ) from error

    def _check_query(self, query: str) -> None:
        try:
            self._get(ALERTS_PATH, {"limit": "1", "query": query})
        except RefusedError:
            return  # a missing right for alerts says nothing about the query
        except ApiError as error:
            if error.status in QUERY_STATUSES:
                raise config_error(f"Opsgenie does not understand 'alert_query'. {error.message}") from error
            raise

    def _get(self, path: str, params: Mapping[str, Value] | None = None) -> None:
        """Make a call, and retry it once if that may help."""
        try:
            self._client.get(path, params, check=has_data, policy=TWICE)
        except ApiError as error:
            if error.status == requests.codes.ok:
                raise config_error(
                    f"{self._client.backend.authority} is not Opsgenie's API, because {error.cause}: check 'endpoint'."
                ) from error
            if error.concerns_all and error.status is None and error.cause:
                raise config_error(f"No connection to Opsgenie: {error.cause}.") from error
            raise


def connection_check(config: Config) -> ConnectionCheck:
    """Return the check of a configured account, with a client of its own, because the limits are not known yet."""
    client = Client.unlimited(backend_of(config), BoundedAdapter(timeout=TIMEOUT), Clock())
    return ConnectionCheck(client, config.alert_query)
