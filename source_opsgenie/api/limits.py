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
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import requests
from airbyte_cdk.sources.streams.call_rate import AbstractAPIBudget

from source_opsgenie.api.backoff import LONGEST_WAIT, exponential, is_throttled, period_of, throttle_wait
from source_opsgenie.api.body import UnusableBodyError, data_at, decode
from source_opsgenie.api.transport import TIMEOUT, BoundedAdapter, mount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airbyte_cdk.sources.streams.call_rate import AbstractCallRatePolicy

    from source_opsgenie.api.auth import GenieKey
    from source_opsgenie.api.endpoints import Endpoint

logger = logging.getLogger("airbyte")

REQUEST_LIMITS_PATH = "v2/request-limits/"  # with the closing slash: the only form seen

# Of calls, and of seconds: no account's limit lies beyond it, and no arithmetic has to cope with it.
LARGEST_SENSIBLE = 10**9

# Kept when the account does not tell its limits (a team's key gets 403): slow enough for the smallest plan seen.
FALLBACK_CALLS_PER_MINUTE = 74

# After a 429 the pace falls to this part of it, and comes back by this part of the full pace with every period
# without one.
SLOWDOWN = 0.5
RECOVERY = 0.1
SLOWEST = 0.05

_RATE_PERIOD_IF_UNTOLD = LONGEST_WAIT

NEWEST_SHARE = 0.1  # of the average latency is the newest call's
SPARE = 1.5  # times the calls that the average latency asks for: some calls are slower

ATTEMPTS = 3  # to learn the limits

SHORTEST_SLEEP = 0.005  # seconds
LATEST = 5.0  # seconds by which a call is reckoned late at most: one that failed is never answered


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


@dataclass(frozen=True)
class Limit:
    """At most `calls` in any `period` seconds; the whole account has `account_calls`, None if it does not tell."""

    calls: int
    period: float
    account_calls: int | None = field(default=None, compare=False)

    @property
    def calls_a_minute(self) -> float:
        """The rate that this limit allows."""
        return self.calls * 60 / self.period


# By the second as well: a burst of a minute's calls would meet a limit by the second that nobody told.
FALLBACK_LIMITS = (Limit(2, 1.0), Limit(FALLBACK_CALLS_PER_MINUTE, 60.0))


@dataclass(eq=False)
class Call:
    """A call that was let pass.

    Attributes:
        sent: when, in seconds of the pacer's clock.
        took: seconds until it was answered; None until then.
    """

    sent: float
    took: float | None = None


class _Window:
    """One limit's rolling window over the calls made.

    Opsgenie counts calls when they arrive, which may be later than they were sent, and more so for one than for the
    next. So a call leaves the window only when its period has passed since the latest moment at which it may have
    arrived: else a slow call followed by fast ones would make one too many at Opsgenie's end.
    """

    def __init__(self, limit: Limit, spent: Iterable[Call]) -> None:
        self.limit = limit
        self._calls: deque[Call] = deque(spent)

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def wait(self, now: float, pace: float, fastest: float) -> float:
        """Give the seconds until one more call fits; 0 or less: now."""
        while self._calls and self._left(self._calls[0], now, fastest) <= now:
            self._calls.popleft()
        allowed = max(1, int(self.limit.calls * pace))
        if len(self._calls) < allowed:
            return 0.0
        return max(self._left(self._calls[len(self._calls) - allowed], now, fastest) - now, SHORTEST_SLEEP)

    def _left(self, call: Call, now: float, fastest: float) -> float:
        """Give the time at which a call leaves: how late it was at most is how much slower than the fastest one."""
        took = now - call.sent if call.took is None else call.took
        return call.sent + self.limit.period + min(max(took - fastest, 0.0), LATEST)


class Pacer(AbstractAPIBudget):
    """Lets calls of one domain pass no faster than its limits, and stops all of them for a while after a 429.

    `learn` tells, when the first call is about to be made, the limits and the calls that count against them already.

    One caller at a time waits for the next free place; the others stand in line behind it.
    """

    def __init__(
        self,
        learn: Callable[[], tuple[Iterable[Limit], Iterable[Call]]],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._learn = learn
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._windows: tuple[_Window, ...] | None = None
        self._fastest = LATEST
        self._latency = 0.0
        self._pace = 1.0
        self._paused_until = 0.0
        self._recover_at = 0.0

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits kept, asked for when the first call is made."""
        return tuple(window.limit for window in self._windows or ())

    @property
    def calls_in_flight(self) -> int:
        """How many calls must be under way at once for the rate to be reached: rate x latency, and one in hand."""
        rate = min((limit.calls / limit.period for limit in self.limits), default=0.0) * self._pace
        return max(2, math.ceil(rate * self._latency * SPARE) + 1)

    @property
    def tightest(self) -> Limit | None:
        """The limit that decides the rate; None before the first call."""
        return min(self.limits, key=lambda limit: limit.calls_a_minute, default=None)

    @property
    def pace(self) -> float:
        """The part of the limits in use now: 1 normally, less for a while after a 429."""
        return self._pace

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Wait until a call may be made, and count it."""
        with self._turn:
            windows = self._prepare()
            while (wait := self._wait()) > 0:
                self._sleep(wait)
            call = Call(self._clock())
            with self._lock:
                for window in windows:
                    window.add(call)
        request.opsgenie_call = call

    def prepare(self) -> None:
        """Learn the limits now, if no call has been made yet."""
        with self._turn:
            self._prepare()

    def _prepare(self) -> tuple[_Window, ...]:
        if self._windows is None:
            limits, spent = self._learn()
            self._windows = tuple(_Window(limit, spent) for limit in limits)
        return self._windows

    def get_matching_policy(self, request: Any) -> AbstractCallRatePolicy | None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Have no policy by request: the pacer itself is the policy of its domain."""
        return None

    def update_from_response(self, request: Any, response: Any) -> None:  # noqa: ANN401 - the CDK's signature
        """Note how long the call took; pause all calls of the domain after a 429, and go on more slowly."""
        now = self._clock()
        call = getattr(request, "opsgenie_call", None)
        with self._lock:
            if call is not None:
                call.took = took = now - call.sent
                self._fastest = min(self._fastest, took)
                self._latency += (took - self._latency) * (NEWEST_SHARE if self._latency else 1.0)
            if is_throttled(response):
                self._throttle(now, period_of(response) or _RATE_PERIOD_IF_UNTOLD)

    def _throttle(self, now: float, period: float) -> None:
        if now < self._paused_until:
            return  # sent before the pause began: the same overstep
        self._pace = max(SLOWEST, self._pace * SLOWDOWN)
        self._paused_until = now + period
        self._recover_at = self._paused_until + period

    def _wait(self) -> float:
        """Give the seconds until the next call may be made; 0 or less: now."""
        with self._lock:
            now = self._clock()
            self._recover(now)
            waits = [window.wait(now, self._pace, self._fastest) for window in self._windows or ()]
            return max(self._paused_until - now, *waits, 0.0)

    def _recover(self, now: float) -> None:
        longest = max((limit.period for limit in self.limits), default=1.0)
        while self._pace < 1.0 and now >= self._recover_at:
            self._pace = min(1.0, self._pace + RECOVERY)
            self._recover_at += longest


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
        self._pacers = {domain: Pacer(partial(self._limits_of, domain), sleep=self._sleep) for domain in Domain}

    def of(self, domain: Domain) -> Pacer:
        """Give the one pacer of a domain."""
        return self._pacers[domain]

    def _sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise CallGivenUpError("the sync was told to stop")

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
