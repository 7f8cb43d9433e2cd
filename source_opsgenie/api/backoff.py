"""How long to wait before a call is tried again, and when to give up."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import requests
from airbyte_cdk.sources.streams.http.http_client import BackoffStrategy

from source_opsgenie.api.body import UnusableBodyError, decode
from source_opsgenie.api.errors import transient_error
from source_opsgenie.api.network import Patience, network_cause

if TYPE_CHECKING:
    from source_opsgenie.api.endpoints import Endpoint

# "Rate Limiting": the period of the limit that was hit, in seconds to wait (1 or 60), not a time of day.
PERIOD_HEADER = "X-RateLimit-Period-In-Sec"

FIRST_WAIT = 1.0  # seconds; doubles from one failure to the next
LONGEST_WAIT = 60.0  # seconds; also Opsgenie's longest limit period

# Waits of 1, 2, 4, ... 60, 60 seconds: about ten minutes of an Opsgenie that does not answer.
MAX_FAILURES = 15

# The same up to 16 seconds: about half a minute for a set-up that somebody is changing right now.
MAX_SETUP_FAILURES = 5


class Outage:
    """Whether Opsgenie is out of reach: a call was given up on, and none has been answered since.

    One for all streams of a sync: each of them waiting for ten minutes would keep a sync of many streams for hours.
    """

    def __init__(self) -> None:
        self._given_up = threading.Event()

    @property
    def lasts(self) -> bool:
        """Whether further calls need not wait."""
        return self._given_up.is_set()

    def begin(self) -> None:
        """Note that a call was given up on."""
        self._given_up.set()

    def end(self) -> None:
        """Note an answer."""
        if self._given_up.is_set():
            self._given_up.clear()


class RateLimitBackoffStrategy(BackoffStrategy):
    """Waits as long as it takes for a rate limit; gives up after `max_failures` failures of any other kind in a row, or
    after a second one while Opsgenie is out of reach anyway.

    Retries of a call stay on the thread that made it, so the count of failures is kept by thread.
    """

    def __init__(
        self, stream: str, endpoint: Endpoint, outage: Outage | None = None, max_failures: int = MAX_FAILURES
    ) -> None:
        self._stream = stream
        self._endpoint = endpoint
        self._outage = outage or Outage()
        self._max_failures = max_failures
        self._thread = threading.local()

    def backoff_time(
        self,
        response_or_exception: requests.Response | requests.RequestException | None,
        attempt_count: int,
    ) -> float:
        """Give the seconds to wait before the next attempt.

        Raises:
            OpsgenieError: the call has failed too often; a transient error that names the cause.
        """
        if attempt_count == 1:
            self._thread.failures = self._thread.setup_failures = self._thread.throttled = 0
        if is_throttled(response_or_exception):
            self._thread.throttled += 1
            return throttle_wait(response_or_exception, self._thread.throttled)
        self._thread.failures += 1
        clause, patience = self._cause(response_or_exception)
        hopeless = False
        if patience is not Patience.LONG:
            self._thread.setup_failures += 1
            hopeless = self._thread.setup_failures > MAX_SETUP_FAILURES
        if hopeless or self._thread.failures > (1 if self._outage.lasts else self._max_failures):
            self._outage.begin()
            raise transient_error(
                f"{self._stream}: gave up after {self._thread.failures} attempts, because {clause}. The next sync "
                "goes on from the last state."
            )
        return exponential(self._thread.failures)

    def _cause(self, outcome: requests.Response | requests.RequestException | None) -> tuple[str, Patience]:
        if not isinstance(outcome, requests.Response):
            cause = network_cause(outcome, self._endpoint)
            return cause.clause, cause.patience
        return self._refused(outcome), Patience.LONG

    def _refused(self, outcome: requests.Response) -> str:
        if outcome.status_code == requests.codes.ok:
            try:
                decode(outcome)
            except UnusableBodyError as error:
                return f"{self._endpoint.authority} answers with {error}"
        return f"{self._endpoint.authority} answers with HTTP {outcome.status_code}"


def is_throttled(outcome: requests.Response | Exception | None) -> bool:
    """Tell whether a rate limit refused the call."""
    return isinstance(outcome, requests.Response) and outcome.status_code == requests.codes.too_many_requests


def throttle_wait(outcome: requests.Response | Exception | None, attempt: int) -> float:
    """Give the seconds to wait after a 429: the limit's period, or exponential where the header is missing."""
    period = period_of(outcome) if isinstance(outcome, requests.Response) else None
    return exponential(attempt) if period is None else period


def period_of(response: requests.Response) -> float | None:
    """Read the limit's period in seconds; None when the header is missing or no sensible number."""
    try:
        period = float(response.headers[PERIOD_HEADER])
    except (KeyError, ValueError):
        return None
    return period if 0 < period <= LONGEST_WAIT else None


def exponential(attempt: int) -> float:
    """Give 1, 2, 4, ... seconds for the first, second, third, ... attempt, at most the longest wait."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 10)))
