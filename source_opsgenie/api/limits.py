"""The account's rate limits: one pacer a domain, shared by all streams and threads of the process.

"Rate Limiting": calls are counted by account and by domain, in a bucket a second and a bucket a minute at once; a
call over the limit is refused with 429 or delayed. The limits belong to the whole account, so a reader takes a share
of them only: it must never make the customer's own alerts be refused.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import requests
from airbyte_cdk.sources.streams.call_rate import AbstractAPIBudget

from source_opsgenie.api.backoff import LONGEST_WAIT, is_throttled, period_of
from source_opsgenie.api.body import UnusableBodyError, data_at, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airbyte_cdk.sources.streams.call_rate import AbstractCallRatePolicy

    from source_opsgenie.api.auth import GenieKey
    from source_opsgenie.api.endpoints import Endpoint

logger = logging.getLogger("airbyte")

REQUEST_LIMITS_PATH = "v2/request-limits/"  # with the closing slash: the only form seen

# Kept when the account does not tell its limits (a team's key gets 403): slow enough for the smallest plan seen.
FALLBACK_CALLS_PER_MINUTE = 74

# After a 429 the pace falls to this part of it, and comes back by this part of the full pace with every period
# without one.
SLOWDOWN = 0.5
RECOVERY = 0.1
SLOWEST = 0.05

_RATE_PERIOD_IF_UNTOLD = LONGEST_WAIT


class Domain(str, Enum):
    """What Opsgenie counts apart ("Rate Limiting")."""

    ALERT = "alert"
    SEARCH = "search"
    INCIDENT = "incident"
    CONFIGURATION = "configuration"
    HEARTBEAT = "heartbeat"
    SCHEDULE_ONCALLS = "schedule-oncalls"


@dataclass(frozen=True)
class Limit:
    """At most `calls` in any `period` seconds."""

    calls: int
    period: float


# By the second as well: a burst of a minute's calls would meet a limit by the second that nobody told.
FALLBACK_LIMITS = (Limit(2, 1.0), Limit(FALLBACK_CALLS_PER_MINUTE, 60.0))


class Pacer(AbstractAPIBudget):
    """Lets calls of one domain pass no faster than its limits, and stops all of them for a while after a 429.

    The limit's window rolls: a call is allowed when fewer than `calls` were made in the last `period` seconds.
    """

    def __init__(
        self,
        limits: Iterable[Limit] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = tuple(limits)
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._made: tuple[deque[float], ...] = tuple(deque() for _ in self._limits)
        self._pace = 1.0
        self._paused_until = 0.0
        self._recover_at = 0.0

    @property
    def pace(self) -> float:
        """The part of the limits in use now: 1 normally, less for a while after a 429."""
        return self._pace

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Wait until a call may be made, and count it."""
        while True:
            with self._lock:
                now = self._clock()
                wait = self._wait(now)
                if wait <= 0:
                    for made in self._made:
                        made.append(now)
                    return
            self._sleep(wait)

    def get_matching_policy(self, request: Any) -> AbstractCallRatePolicy | None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Have no policy by request: the pacer itself is the policy of its domain."""
        return None

    def update_from_response(self, request: Any, response: Any) -> None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Pause all calls of the domain after a 429, and go on more slowly."""
        if not is_throttled(response):
            return
        period = period_of(response) or _RATE_PERIOD_IF_UNTOLD
        with self._lock:
            now = self._clock()
            if now < self._paused_until:
                return  # sent before the pause began: the same overstep
            self._pace = max(SLOWEST, self._pace * SLOWDOWN)
            self._paused_until = now + period
            self._recover_at = self._paused_until + period

    def _wait(self, now: float) -> float:
        """Give the seconds until the next call may be made; 0 or less: now."""
        self._recover(now)
        wait = self._paused_until - now
        for limit, made in zip(self._limits, self._made, strict=True):
            while made and made[0] <= now - limit.period:
                made.popleft()
            allowed = max(1, int(limit.calls * self._pace))
            if len(made) >= allowed:
                wait = max(wait, made[len(made) - allowed] + limit.period - now)
        return wait

    def _recover(self, now: float) -> None:
        longest = max((limit.period for limit in self._limits), default=1.0)
        while self._pace < 1.0 and now >= self._recover_at:
            self._pace = min(1.0, self._pace + RECOVERY)
            self._recover_at += longest


class Pacers:
    """The pacers of all domains, made from one look at the account's own limits.

    The look costs one call, made when the first stream needs a pacer.
    """

    def __init__(self, endpoint: Endpoint, key: GenieKey, share: int, timeout: tuple[float, float]) -> None:
        self._endpoint = endpoint
        self._key = key
        self._share = share
        self._timeout = timeout
        self._lock = threading.Lock()
        self._limits: dict[str, tuple[Limit, ...]] | None = None
        self._pacers: dict[Domain, Pacer] = {}

    def of(self, domain: Domain) -> Pacer:
        """Give the one pacer of a domain."""
        with self._lock:
            if domain not in self._pacers:
                if self._limits is None:
                    self._limits = self._ask()
                self._pacers[domain] = Pacer(self._limits.get(domain.value, FALLBACK_LIMITS))
            return self._pacers[domain]

    def _ask(self) -> dict[str, tuple[Limit, ...]]:
        try:
            response = requests.get(
                self._endpoint.url + REQUEST_LIMITS_PATH,
                auth=self._key,
                timeout=self._timeout,
                allow_redirects=False,
            )
            if response.status_code == requests.codes.ok:
                return read_limits(data_at(decode(response), "data.rateLimits"), self._share)
            reason = f"HTTP {response.status_code}"
        except (requests.RequestException, UnusableBodyError) as error:
            reason = type(error).__name__
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
            Limit(max(1, int(item["limit"] * share / 100)), float(item["periodInSeconds"]))
            for item in (told if isinstance(told, list) else [])
            if isinstance(item, dict) and _positive(item.get("limit")) and _positive(item.get("periodInSeconds"))
        )
        if found:
            # Only two of the domains' names are confirmed: compare them without regard to case or separators.
            limits[str(row.get("domain")).lower().replace("_", "-")] = found
    return limits


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and value > 0
