"""Lets the calls of one of Opsgenie's domains pass as fast as its limits, and the account's other clients, allow."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any

from airbyte_cdk.sources.streams.call_rate import AbstractAPIBudget

from source_opsgenie.http.retry import is_throttled
from source_opsgenie.http.rolling_window import LATEST, SHORTEST_WAIT, Call, Limit, RollingWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests
    from airbyte_cdk.sources.streams.call_rate import AbstractCallRatePolicy

# Seconds to pause where an answer does not say how long: after less, a limit by the minute would be met again.
_PERIOD_IF_UNTOLD = 60.0

# After a refused call no more than the room is used for so many periods; twice as many after the next one.
FIRST_HOLD = 4
LONGEST_HOLD = 16

NEWEST_SHARE = 0.1  # of the average latency is the newest call's
SPARE = 1.5  # times the calls that the average latency asks for: some calls are slower


class RateLimiter(AbstractAPIBudget):
    """Lets calls pass no faster than the limits, and stops all of them for a while after a 429.

    The limits are the whole account's, and what its other clients use of them shows in a refused call only. With many
    calls under way many would be refused at once. So there are two ways to pass: within the room that each limit is
    known to have, as many at once as there are; or as the one *trial*, the only call under way that may turn out to be
    too many. A trial that is answered widens the room. A refused call narrows it, and ends trials for some periods;
    later ones are rare where the room is about as large as when that call was refused.

    One caller at a time waits for the next free place; the others stand in line behind it.

    `learn` tells, when the first call is about to be made, the limits and the calls that count against them already.
    """

    def __init__(
        self,
        learn: Callable[[], tuple[Iterable[Limit], Iterable[Call]]],
        period_of: Callable[[requests.Response], float | None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._learn = learn
        self._period_of = period_of
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._windows: tuple[RollingWindow, ...] | None = None
        self._fastest = LATEST
        self._latency = 0.0
        self._paused_until = 0.0
        self._trial: Call | None = None  # the latest
        self._no_trial_before = 0.0
        self._hold = FIRST_HOLD

    @property
    def limits(self) -> tuple[Limit, ...]:
        """The limits kept, asked for when the first call is made."""
        return tuple(window.limit for window in self._windows or ())

    @property
    def calls_in_flight(self) -> int:
        """How many calls must be under way at once for the rate to be reached: rate x latency, and one in hand."""
        rate = min((each.limit.calls / each.limit.period * each.pace for each in self._windows or ()), default=0.0)
        return max(2, math.ceil(rate * self._latency * SPARE) + 1)

    @property
    def tightest(self) -> Limit | None:
        """The limit that decides the rate; None before the first call."""
        return min(self.limits, key=lambda limit: limit.calls_a_minute, default=None)

    @property
    def pace(self) -> float:
        """The part of the limits in use now: 1 normally, less for a while after a 429."""
        return min((window.pace for window in self._windows or ()), default=1.0)

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Wait until a call may be made, and count it."""
        with self._turn:
            windows = self._prepare()
            while True:
                with self._lock:
                    now = self._clock()
                    for_limits = self._wait_for_limits(windows, now)
                    for_room = self._wait_for_room(windows, now)
                    wait = max(for_limits, min(for_room, self._wait_for_trial(windows, now)))
                    if wait <= 0:
                        request.counted_call = self._admit(windows, now, is_trial=for_room > 0)
                        return
                self._sleep(wait)

    def prepare(self) -> None:
        """Learn the limits now, if no call has been made yet."""
        with self._turn:
            self._prepare()

    def _prepare(self) -> tuple[RollingWindow, ...]:
        if self._windows is None:
            limits, spent = self._learn()
            self._windows = tuple(RollingWindow(limit, spent) for limit in limits)
        return self._windows

    def get_matching_policy(self, request: Any) -> AbstractCallRatePolicy | None:  # noqa: ANN401, ARG002 - the CDK's signature
        """Have no policy by request: the limiter itself is the policy of its domain."""
        return None

    def update_from_response(self, request: Any, response: Any) -> None:  # noqa: ANN401 - the CDK's signature
        """Note how long the call took and whether there was room; after a 429 pause, then go on more slowly."""
        now = self._clock()
        call: Call = request.counted_call
        with self._lock:
            call.took = took = now - call.sent
            self._fastest = min(self._fastest, took)
            self._latency += (took - self._latency) * (NEWEST_SHARE if self._latency else 1.0)
            if is_throttled(response):
                call.refused = True
                self._throttle(now, self._period_of(response) or _PERIOD_IF_UNTOLD)
            elif call is self._trial:
                self._widen(call)

    def _throttle(self, now: float, period: float) -> None:
        if now < self._paused_until:
            return  # sent before the pause began: the same overstep
        self._paused_until = now + period
        self._no_trial_before = self._paused_until + self._hold * period
        self._hold = min(self._hold * 2, LONGEST_HOLD)
        self._trial = None  # the answer of one under way would undo this
        if self._windows:
            min(self._windows, key=lambda window: abs(window.limit.period - period)).narrow()

    def _widen(self, trial: Call) -> None:
        for window in self._windows or ():
            window.widen(trial, self._fastest)
        if self.pace == 1.0:
            self._hold = FIRST_HOLD

    def _wait_for_limits(self, windows: tuple[RollingWindow, ...], now: float) -> float:
        return max(self._paused_until - now, *(window.wait(now, self._fastest) for window in windows), 0.0)

    def _wait_for_room(self, windows: tuple[RollingWindow, ...], now: float) -> float:
        return max((window.wait_for_room(now, self._fastest) for window in windows), default=0.0)

    def _wait_for_trial(self, windows: tuple[RollingWindow, ...], now: float) -> float:
        wait = max(self._no_trial_before - now, *(window.wait_for_trial(self._trial, now) for window in windows), 0.0)
        if self._trial is None or self._trial.took is not None or now - self._trial.sent > LATEST:
            return wait
        soonest = self._fastest if self._latency else 0.0
        return max(wait, self._trial.sent + soonest - now, SHORTEST_WAIT)

    def _admit(self, windows: tuple[RollingWindow, ...], now: float, *, is_trial: bool) -> Call:
        call = Call(now)
        for window in windows:
            window.add(call)
        if is_trial:
            self._trial = call
        return call
