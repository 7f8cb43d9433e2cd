"""Lets calls pass as fast as their rate limits, and the account's other clients, allow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import requests

from source_opsgenie.http.limiter import Limiter
from source_opsgenie.http.retry import is_outage, is_throttled
from source_opsgenie.http.rolling_window import LONGEST_ARRIVAL, SHORTEST_WAIT, Call, Limit, RollingWindow

# Seconds to pause if an answer does not say how long: after less, a limit by the minute would be met again.
_DEFAULT_PERIOD = 60.0

# Periods without a probe after a rejected call; twice as many after the next one.
FIRST_COOLDOWN = 4
LONGEST_COOLDOWN = 16


class RateLimiter(Limiter):
    """Lets calls pass no faster than the limits, and stops all of them for a while after a 429.

    A limit belongs to the whole account, and only a rejected call (429) shows how much of it other clients use. If many
    calls under way could be too many, many would be rejected at once. So there are two ways to pass:

    * within the capacity that each limit is known to leave us, any number of calls at once;
    * beyond it as a probe, one at a time: the only call under way that may turn out to be too many.

    An answered probe raises the capacity. A rejected call lowers it, pauses all calls, and starts a cooldown without
    probes. After that, probes are rare while the capacity is near the number of calls at which one was rejected.

    A worked example, with a limit of 600 calls a minute, of which the user allows 80 %, while another client uses 300:

    * The limit is 480 calls a minute, and the capacity 40 % of the account's limit: 240. They are spread over 30
      seconds, at least 0.125 s apart. In the first minute, and in the first one after a pause of a minute, no two calls
      are closer than a 480th of a minute.
    * The 241st call of the minute is a probe. It is answered, so the capacity is 241; the next probe makes it 242.
    * The 301st call is rejected, after 300 were answered: `last_rejected` is 300, and the capacity 90 % of that, 270.
      All calls pause for 60 seconds, as the answer asks, and for four more minutes none goes beyond 270 a minute.
    * Then probes raise the capacity one after another, up to 290. From there on, within 10 calls of `last_rejected`,
      there is one probe a minute. If one is rejected, the next cooldown is eight minutes, and later ones sixteen.
    * Once the other client stops, probes raise the capacity to the whole 480, and the cooldown is four periods again.

    Just before the first call, `learn` returns the limits, at least one, and the calls that count against them already.
    """

    def __init__(
        self,
        learn: Callable[[], tuple[Iterable[Limit], Iterable[Call]]],
        period_of: Callable[[requests.Response], float | None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clock, sleep)
        self._ask_limits = learn
        self._period_of = period_of
        self._windows: tuple[RollingWindow, ...] = ()
        self._fastest = LONGEST_ARRIVAL
        self._probe: Call | None = None  # the latest
        self._no_probe_before = 0.0
        self._cooldown = FIRST_COOLDOWN

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Return the limits; none before the first call."""
        return tuple(window.limit for window in self._windows)

    @property
    def rate(self) -> float:
        """Return how many calls a second all limits allow, at the pace of each; 0 before the first call."""
        return min((each.limit.calls / each.limit.period * each.pace for each in self._windows), default=0.0)

    @property
    def tightest(self) -> Limit | None:
        """Return the limit that decides the rate; None before the first call."""
        return min(self.limits, key=lambda limit: limit.calls_a_minute, default=None)

    @property
    def pace(self) -> float:
        """Return the part of the limits in use: 1 normally, less for a while after a 429."""
        return min((window.pace for window in self._windows), default=1.0)

    def _learn(self) -> None:
        if not self._windows:
            limits, spent = self._ask_limits()
            self._windows = tuple(RollingWindow(limit, spent) for limit in limits)

    def _admit(self, request: Any) -> float:
        now, windows = request.sent_at, self._windows
        for_limits = max(self._paused_until - now, *(window.wait(now, self._fastest) for window in windows))
        for_capacity = max(window.wait_for_capacity(now, self._fastest) for window in windows)
        wait: float = max(for_limits, min(for_capacity, self._wait_for_probe(now)))
        if wait <= 0:
            request.counted_call = call = Call(now)
            for window in windows:
                window.add(call)
            if for_capacity > 0:
                self._probe = call
        return wait

    def _note(self, request: Any, response: Any, now: float) -> None:
        """Pause and slow down after a 429; speed up after an answered probe."""
        call: Call = request.counted_call
        call.took = now - call.sent
        self._fastest = min(self._fastest, call.took)
        if is_throttled(response):
            call.rejected = True
            self._throttle(now, self._period_of(response) or _DEFAULT_PERIOD)
        elif call is self._probe and not is_outage(response):
            for window in self._windows:
                window.widen(call, self._fastest)
            if self.pace == 1.0:
                self._cooldown = FIRST_COOLDOWN

    def _throttle(self, now: float, period: float) -> None:
        is_pausing = now < self._paused_until
        self._paused_until = max(self._paused_until, now + period)
        if is_pausing:
            return  # sent before the pause began: too many calls at once count as one rejection
        self._no_probe_before = self._paused_until + self._cooldown * period
        self._cooldown = min(self._cooldown * 2, LONGEST_COOLDOWN)
        self._probe = None  # the answer to a probe under way would undo this
        min(self._windows, key=lambda window: abs(window.limit.period - period)).narrow()

    def _wait_for_probe(self, now: float) -> float:
        wait = max(self._no_probe_before - now, *(window.wait_for_probe(self._probe, now) for window in self._windows))
        if self._probe is None or self._probe.took is not None or now - self._probe.sent > LONGEST_ARRIVAL:
            return wait
        soonest = self._fastest if self._latency else 0.0
        return max(wait, self._probe.sent + soonest - now, SHORTEST_WAIT)
