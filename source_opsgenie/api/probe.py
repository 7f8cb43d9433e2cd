"""The connection check: does this key read this account, and if not, what must the user change?

A key that reads something passes. What it cannot read of the rest is worth a warning: a sync leaves that out.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
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
    refusal,
    transient_error,
)
from source_opsgenie.api.network import Patience, network_cause
from source_opsgenie.api.transport import BoundedAdapter, mount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from source_opsgenie.api.auth import GenieKey
    from source_opsgenie.api.endpoints import Endpoint

ACCOUNT_PATH = "v2/account"
ALERTS_PATH = "v2/alerts"

DEADLINE = 25.0  # seconds for the whole check, whatever the network does; it has to answer within 30
ATTEMPTS = 2
PAUSE = 1.0  # seconds between them
CALL_TIMEOUT = (5.0, 8.0)  # seconds to connect, and without a byte

# Seconds between the calls that find out what the key cannot read: no limit is asked for before them.
PAUSE_BETWEEN_LISTS = 0.1


@dataclass(frozen=True)
class ListCall:
    """A call that shows whether a list can be read.

    Attributes:
        stream: the stream whose list it is.
        below: the streams that cannot be read without it.
        path: path below the host.
        params: query parameters, of the smallest page there is.
        soft_statuses: answers for which a sync leaves the stream out.
    """

    stream: str
    below: Sequence[str]
    path: str
    params: Mapping[str, str]
    soft_statuses: frozenset[int]


class Probe:
    """Asks the account, or one alert where the key may not see the account, and judges the answer. Asks once."""

    def __init__(self, endpoint: Endpoint, key: GenieKey, alert_query: str | None = None) -> None:
        self._endpoint = endpoint
        self._key = key
        self._alert_query = alert_query
        self._session = mount(requests.Session(), BoundedAdapter())
        self._failure: Exception | None = None
        self._passed = threading.Event()
        self._over = threading.Event()
        self._found: dict[str, str | None] = {}  # by stream, a sentence where its list cannot be read

    def run(self, lists: Sequence[ListCall] = (), deadline: float = DEADLINE) -> list[str]:
        """Check; return a sentence for each of the lists that the key cannot read, and one for those not answered.

        Gives up at the deadline in seconds: an answer that drips in byte by byte meets no other limit.

        Raises:
            OpsgenieError: one sentence that says what is wrong and what to do.
        """
        worker = threading.Thread(target=self._work, args=(lists,), daemon=True)
        worker.start()
        worker.join(deadline)
        self._over.set()
        if self._failure is not None:
            raise self._failure
        if not self._passed.is_set():
            raise transient_error(f"{self._endpoint.authority} does not answer within {deadline:.0f} seconds.")
        found = dict(self._found)
        sentences = [sentence for sentence in found.values() if sentence]
        unknown = [each.stream for each in lists if each.stream not in found]
        if unknown:
            sentences.append(_unknown(unknown))
        return sentences

    def _work(self, lists: Sequence[ListCall]) -> None:
        """Check, and keep whatever went wrong: what is lost here would count as success."""
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - it is raised again by the thread that waits
            self._failure = error
            return
        self._passed.set()
        with suppress(OpsgenieError):  # the check has passed; who is not asked about is named
            self._try(lists)

    def _try(self, lists: Sequence[ListCall]) -> None:
        """Ask for each list, until Opsgenie throttles, or does not answer."""
        for each in lists:
            if self._over.wait(PAUSE_BETWEEN_LISTS):
                return
            answer = self._get(each.path, each.params, attempts=1)
            if answer.status_code == requests.codes.too_many_requests:
                return
            if answer.status_code < requests.codes.server_error:
                self._found[each.stream] = self._why_not(each, answer)

    def _why_not(self, each: ListCall, answer: requests.Response) -> str | None:
        if answer.status_code == requests.codes.ok:
            return None
        if answer.status_code not in each.soft_statuses:
            return f"{each.stream}: the sync will fail for this stream. {explain(answer, self._endpoint)[1]}"
        below = f" It will also leave out what is read below it: {', '.join(each.below)}." if each.below else ""
        return f"{each.stream}: the sync will leave this stream out, because {refusal(answer)}.{below}"

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

    def _get(self, path: str, params: Mapping[str, str] | None = None, attempts: int = ATTEMPTS) -> requests.Response:
        """Make a call, and once more where that may help."""
        for attempt in range(1, attempts + 1):
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
                if attempt == attempts or cause.patience is Patience.NONE:
                    raise config_error(no_connection(cause)) from None
            else:
                again = (
                    answer.status_code >= requests.codes.server_error
                    or answer.status_code == requests.codes.too_many_requests
                )
                if not again or attempt == attempts:
                    return answer
            time.sleep(PAUSE)
        raise AssertionError("unreachable: the last attempt returns or raises")


def _unknown(streams: Sequence[str]) -> str:
    names = ", ".join(streams)
    return f"The check got no answer for these streams, and only a sync will show if they can be read: {names}."
