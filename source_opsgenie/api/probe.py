"""The connection check: does this key read this account, and if not, what must the user change?"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import requests
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.api.body import UnusableBodyError, data_at, decode, message_of
from source_opsgenie.api.errors import (
    CONFIGURATION_ACCESS_TEXT,
    OpsgenieError,
    config_error,
    explain,
    no_connection,
    transient_error,
)
from source_opsgenie.api.network import Patience, network_cause
from source_opsgenie.api.transport import BoundedAdapter, mount

if TYPE_CHECKING:
    from source_opsgenie.api.auth import GenieKey
    from source_opsgenie.api.endpoints import Endpoint

ACCOUNT_PATH = "v2/account"
ALERTS_PATH = "v2/alerts"

DEADLINE = 25.0  # seconds for the whole check, whatever the network does; it has to answer within 30
ATTEMPTS = 2
PAUSE = 1.0  # seconds between them
CALL_TIMEOUT = (5.0, 8.0)  # seconds to connect, and without a byte


class Probe:
    """Asks the account, or one alert where the key may not see the account, and judges the answer."""

    def __init__(self, endpoint: Endpoint, key: GenieKey, alert_query: str | None = None) -> None:
        self._endpoint = endpoint
        self._key = key
        self._alert_query = alert_query
        self._session = mount(requests.Session(), BoundedAdapter())

    def run(self, deadline: float = DEADLINE) -> None:
        """Check, and give up at the deadline in seconds: an answer that drips in byte by byte meets no other limit.

        Raises:
            OpsgenieError: one sentence that says what is wrong and what to do.
        """
        outcome: list[Exception] = []
        worker = threading.Thread(target=self._into, args=(outcome,), daemon=True)
        worker.start()
        worker.join(deadline)
        if worker.is_alive():
            raise transient_error(f"{self._endpoint.authority} does not answer within {deadline:.0f} seconds.")
        if outcome:
            raise outcome[0]

    def _into(self, outcome: list[Exception]) -> None:
        """Check, and hand over whatever went wrong: what is lost here would count as success."""
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - it is raised again by the thread that waits
            outcome.append(error)

    def _check(self) -> None:
        account = self._get(ACCOUNT_PATH)
        if account.status_code in {
            requests.codes.forbidden,
            requests.codes.payment_required,
            requests.codes.not_found,
        }:
            # A team's key, or a key without Configuration Access, may well read alerts: a refusal here is no bad key.
            self._expect(self._get(ALERTS_PATH, {"limit": "1"}))
        else:
            self._expect(account)
        if self._alert_query is not None:
            self._check_query(self._alert_query)

    def _check_query(self, query: str) -> None:
        answer = self._get(ALERTS_PATH, {"limit": "1", "query": query})
        if answer.status_code in {requests.codes.unprocessable_entity, requests.codes.bad_request}:
            told = message_of(answer)
            raise config_error(f"Opsgenie does not understand 'alert_query': \"{told}\".")

    def _expect(self, answer: requests.Response) -> None:
        if answer.status_code == requests.codes.too_many_requests:
            raise transient_error("Opsgenie throttles this account's calls at the moment: try again in a minute.")
        if (
            answer.status_code == requests.codes.forbidden
            and CONFIGURATION_ACCESS_TEXT not in message_of(answer).lower()
        ):
            raise config_error(
                "The key in 'api_token' may not read anything: give it the right Read (and Configuration Access) in "
                "Settings > "
                "API key management."
            )
        if answer.status_code >= requests.codes.server_error:
            raise transient_error(
                f"Opsgenie answers with an error of its own (HTTP {answer.status_code}): try again later."
            )
        if answer.status_code != requests.codes.ok:
            failure_type, message = explain(answer, self._endpoint)
            raise OpsgenieError(message, failure_type)
        try:
            data_at(decode(answer), "data")
        except UnusableBodyError as error:
            raise config_error(
                f"{self._endpoint.authority} is not Opsgenie's API, it answers with {error}: check 'endpoint'."
            ) from None

    def _get(self, path: str, params: dict[str, str] | None = None) -> requests.Response:
        """Make a call, and once more where that may help."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._session.get(
                    self._endpoint.url + path,
                    params=params,
                    auth=self._key,
                    timeout=CALL_TIMEOUT,
                    allow_redirects=False,
                )
            except (requests.RequestException, AirbyteTracedException) as error:
                cause = network_cause(error, self._endpoint)
                if attempt == ATTEMPTS or cause.patience is Patience.NONE:
                    raise config_error(no_connection(cause)) from None
            else:
                again = (
                    answer.status_code >= requests.codes.server_error
                    or answer.status_code == requests.codes.too_many_requests
                )
                if not again or attempt == ATTEMPTS:
                    return answer
            time.sleep(PAUSE)
        raise AssertionError("unreachable: the last attempt returns or raises")
