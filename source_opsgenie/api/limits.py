"""The account's rate limits: one pacer a domain, shared by all streams and threads of the process.

"Rate Limiting": calls are counted by account and by domain, in a bucket a second and a bucket a minute at once; a
call over the limit is refused with 429 or delayed. The limits belong to the whole account, so a reader takes a share
of them only: it must never make the customer's own alerts be refused.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import requests

from source_opsgenie.api.backoff import exponential, is_throttled, throttle_wait
from source_opsgenie.api.body import UnusableBodyError, data_at, decode
from source_opsgenie.api.pacer import Pacer
from source_opsgenie.api.transport import TIMEOUT, BoundedAdapter, mount
from source_opsgenie.api.window import Call, Limit

if TYPE_CHECKING:
    from source_opsgenie.api.auth import GenieKey
    from source_opsgenie.api.endpoints import Endpoint

logger = logging.getLogger("airbyte")

REQUEST_LIMITS_PATH = "v2/request-limits/"  # with the closing slash: the only form seen

# Of calls, and of seconds: no account's limit lies beyond it, and no arithmetic has to cope with it.
LARGEST_SENSIBLE = 10**9

# Kept when the account does not tell its limits (a team's key gets 403): slow enough for the smallest plan seen.
FALLBACK_CALLS_PER_MINUTE = 74

ATTEMPTS = 3  # to learn the limits

MINUTE = 60.0  # seconds
WORTH_A_LINE = 10.0  # seconds of waiting for a limit of less than a call a minute


class CallGivenUpError(Exception):
    """A call that waited for its turn when the sync was told to stop."""


class Domain(str, Enum):
    """What Opsgenie counts apart ("Rate Limiting")."""

    ALERT = "alert"
    SEARCH = "search"
    INCIDENT = "incident"
    CONFIGURATION = "configuration"
    HEARTBEAT = "heartbeat"
    SCHEDULE_ONCALLS = "schedule-oncalls"

    def __str__(self) -> str:
        """Be the word that Opsgenie uses: it stands in the log as the name of a lane."""
        return self.value


# By the second as well: a burst of a minute's calls would meet a limit by the second that nobody told.
FALLBACK_LIMITS = (Limit(2, 1.0), Limit(FALLBACK_CALLS_PER_MINUTE, 60.0))


class Pacers:
    """The pacers of all domains, made from one look at the account's own limits.

    The look costs one call, made when the first call of a sync is about to be.
    """

    def __init__(
        self, endpoint: Endpoint, key: GenieKey, share: int, transport: BoundedAdapter, stop: threading.Event
    ) -> None:
        self._endpoint = endpoint
        self._key = key
        self._share = share
        self._session = mount(requests.Session(), transport)
        self._lock = threading.Lock()
        self._limits: dict[str, tuple[Limit, ...]] | None = None
        self._spent: dict[Domain, tuple[Call, ...]] = {}
        self._stop = stop
        self._pacers = {
            domain: Pacer(partial(self._limits_of, domain), sleep=partial(self._wait, domain)) for domain in Domain
        }

    def of(self, domain: Domain) -> Pacer:
        """Give the one pacer of a domain."""
        return self._pacers[domain]

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise CallGivenUpError("the sync was told to stop")

    def _wait(self, domain: Domain, seconds: float) -> None:
        """Wait for a place of a domain; where calls may be minutes apart, say so before."""
        limit = self._pacers[domain].tightest
        if limit is not None and limit.calls_a_minute < 1 and seconds >= WORTH_A_LINE:
            logger.info(
                "The account allows %d calls in %d minutes for Opsgenie's domain '%s', of which this sync may make %d: "
                "its next call waits for %d minutes.",
                limit.account_calls,
                math.ceil(limit.period / MINUTE),
                domain,
                limit.calls,
                math.ceil(seconds / MINUTE),
            )
        self._sleep(seconds)

    def _limits_of(self, domain: Domain) -> tuple[tuple[Limit, ...], tuple[Call, ...]]:
        with self._lock:
            if self._limits is None:
                asking = Call(time.monotonic())
                self._limits = self._ask()
                asking.took = time.monotonic() - asking.sent
                self._spent[Domain.CONFIGURATION] = (asking,)
            return self._limits.get(domain.value, FALLBACK_LIMITS), self._spent.get(domain, ())

    def _ask(self) -> dict[str, tuple[Limit, ...]]:
        """Ask, and once more where that may help: the fallback may be a tenth of what the account allows."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._session.get(
                    self._endpoint.url + REQUEST_LIMITS_PATH, auth=self._key, timeout=TIMEOUT, allow_redirects=False
                )
                if response.status_code == requests.codes.ok:
                    return read_limits(data_at(decode(response), "data.rateLimits"), self._share)
                reason = f"HTTP {response.status_code}"
                if not (is_throttled(response) or response.status_code >= requests.codes.server_error):
                    break
                wait = throttle_wait(response, attempt)
            except (requests.RequestException, UnusableBodyError) as error:
                reason, wait = type(error).__name__, exponential(attempt)
            if attempt < ATTEMPTS:
                self._sleep(wait)
        logger.info(
            "The account's rate limits could not be read (%s; a team's key may not): going on with at most %d calls "
            "a minute "
            "for each of Opsgenie's domains.",
            reason,
            FALLBACK_CALLS_PER_MINUTE,
        )
        return {}


def read_limits(rows: Any, share: int) -> dict[str, tuple[Limit, ...]]:  # noqa: ANN401 - as received
    """Take a share, in percent, of the limits that `/v2/request-limits/` tells; leave out what makes no sense."""
    limits: dict[str, tuple[Limit, ...]] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        told = row.get("limits")
        found = tuple(
            Limit(max(1, int(item["limit"] * share / 100)), float(item["periodInSeconds"]), int(item["limit"]))
            for item in (told if isinstance(told, list) else [])
            if isinstance(item, dict) and _positive(item.get("limit")) and _positive(item.get("periodInSeconds"))
        )
        if found:
            # Only two of the domains' names are confirmed: compare them without regard to case or separators.
            limits[str(row.get("domain")).lower().replace("_", "-")] = found
    return limits


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and 1 / LARGEST_SENSIBLE <= value <= LARGEST_SENSIBLE
