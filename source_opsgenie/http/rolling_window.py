"""One rate limit, and the calls that count against it.

"Rate Limiting": Opsgenie counts the calls of a second and those of a minute; one call too many is rejected with 429.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, takewhile

SECONDS_A_MINUTE = 60.0

LONGEST_ARRIVAL = 5.0  # seconds that a call may take to arrive: an unanswered one cannot count as late for ever
SHORTEST_WAIT = 0.005  # seconds

# The part of an account's limit that is assumed to be free until calls have shown how much is. If other clients use
# less than the rest, a single rejected call finds out how much is free.
FIRST_CAPACITY = 0.4

# Calls within the capacity are spread over this part of the period, because a burst would leave other clients nothing.
SPREAD = 0.5

# The part that is kept of the calls answered in the period before a rejected one, because what others use varies.
MARGIN = 0.9
LEAST_CAPACITY = 0.1  # of the limit

# Probes are rare if the capacity is this near to the number of calls at which one was rejected: calls of other clients
# are rejected there, too, so frequent probes would disturb them and gain nothing that lasts.
NEAR = 0.05  # of that number
LEAST_NEAR, MOST_NEAR = 1.0, 10.0  # calls; otherwise a large account would take hours to use what others free again


@dataclass(frozen=True)
class Limit:
    """At most `calls` in any `period` seconds; the whole account has `account_calls`, None if that is not known."""

    calls: int
    period: float
    account_calls: int | None = field(default=None, compare=False)

    @property
    def calls_a_minute(self) -> float:
        """Return the rate that this limit allows."""
        return self.calls * SECONDS_A_MINUTE / self.period


@dataclass(eq=False)
class Call:
    """A call that has been made.

    Attributes:
        sent: when, in seconds of the limiter's clock.
        took: seconds until it was answered; None until then.
        rejected: whether a rate limit rejected it.
    """

    sent: float
    took: float | None = None
    rejected: bool = False


class RollingWindow:
    """The calls of the last period, which count against one limit.

    The API counts calls when they arrive, which may be later than they were sent, and later for one call than for the
    next. So a call leaves the rolling window only when a period has passed since the latest moment at which it may have
    arrived. Otherwise a slow call followed by fast ones would be one call too many where they are counted.

    The calls of the first period are evenly spaced, because the API may still count those of a process before this one:
    a sync that is started again and again would otherwise take a whole window each time. So are those of the first
    period after a pause, as when a destination has taken nothing for minutes. A whole window at once would leave other
    clients little, and come again at once in each later period.

    Attributes:
        limit: the limit, which is never exceeded.
        capacity: the calls a period that are known to be free for us. Other clients use the same limit, and the API
            does not say how much of it. Calls beyond the capacity are probes, made one at a time (see `RateLimiter`).
        last_rejected: how many calls had been answered in the period when one more was rejected; None if none was, or
            if the whole limit is free again.
    """

    def __init__(self, limit: Limit, spent: Iterable[Call] = ()) -> None:
        self.limit = limit
        self.capacity = min(limit.calls, max(1, int((limit.account_calls or limit.calls) * FIRST_CAPACITY)))
        self.last_rejected: int | None = None
        self._calls: deque[Call] = deque(spent)
        self._left_lately: deque[Call] = deque()
        self._due = 0.0
        self._latest = -math.inf  # when a call was added; those of `spent` are followed without a pause
        self._spaced_until = math.inf  # a period after the first call, or the first after a pause

    @property
    def pace(self) -> float:
        """Return the part of the limit in use: less than 1 from a rejected call until the whole limit is free again."""
        return 1.0 if self.last_rejected is None else self.capacity / self.limit.calls

    def add(self, call: Call) -> None:
        """Count a call."""
        is_first = self._spaced_until == math.inf or not self._calls
        self._calls.append(call)
        if is_first:
            self._spaced_until = call.sent + self.limit.period
        self._latest = call.sent
        spacing = self.limit.period * SPREAD / self.capacity
        self._due = max(self._due, call.sent - spacing) + spacing

    def wait(self, now: float, fastest: float) -> float:
        """Return the seconds until one more call stays within the limit; 0 or less means now."""
        while self._calls and self._left(self._calls[0], fastest, now) <= now:
            self._left_lately.append(self._calls.popleft())
        while self._left_lately and self._left_lately[0].sent <= now - self.limit.period - LONGEST_ARRIVAL:
            self._left_lately.popleft()
        spaced = self._latest + self.limit.period / self.limit.calls if now < self._spaced_until else now
        return max(self._until_fewer_than(self.limit.calls, now, fastest), spaced - now)

    def wait_for_capacity(self, now: float, fastest: float) -> float:
        """Return the seconds until one more call stays within the capacity; 0 or less means now."""
        if self.capacity >= self.limit.calls:
            return 0.0
        return max(self._until_fewer_than(self.capacity, now, fastest), self._due - now)

    def wait_for_probe(self, latest: Call | None, now: float) -> float:
        """Return the seconds until the next probe may be made, after the latest one; 0 or less means now.

        Near the number at which a call was rejected, it is a period after that probe's answer, when the call has left
        the rolling window and the capacity it won is in use. The probe also waits, for one period at most, for a moment
        without another call under way, which would be rejected along with it.
        """
        rejected = self.last_rejected
        if rejected is None or abs(self.capacity + 1 - rejected) > min(max(rejected * NEAR, LEAST_NEAR), MOST_NEAR):
            return 0.0
        if len(self._calls) < self.capacity:
            return self.limit.period  # it would only replace the next call within the capacity, and prove nothing
        if latest is None:
            return 0.0
        due = latest.sent + (latest.took or 0.0) + self.limit.period
        if now < due + self.limit.period and not self._is_quiet(now):
            return max(due - now, SHORTEST_WAIT)
        return due - now

    def widen(self, probe: Call, fastest: float) -> None:
        """Raise the capacity after an answered probe: to the calls that certainly counted when it arrived.

        Those are fewer than the calls in this window, where each stays for as long as it may count.
        """
        begin = probe.sent + _lateness(probe, fastest, probe.sent) - self.limit.period
        calls = sum(1 for call in chain(self._left_lately, self._calls) if begin < call.sent <= probe.sent)
        self.capacity = max(self.capacity, min(calls, self.limit.calls))
        if self.capacity == self.limit.calls:
            self.last_rejected = None

    def narrow(self) -> None:
        """Lower the capacity after a rejected call: of those in the window, only the answered ones were free."""
        answered = sum(1 for call in self._calls if call.took is not None and not call.rejected)
        self.capacity = max(1, int(min(answered, self.capacity) * MARGIN), int(self.limit.calls * LEAST_CAPACITY))
        self.last_rejected = answered if self.capacity < self.limit.calls else None

    def _is_quiet(self, now: float) -> bool:
        young = takewhile(lambda call: call.sent > now - LONGEST_ARRIVAL, reversed(self._calls))
        return all(call.took is not None for call in young)

    def _until_fewer_than(self, calls: int, now: float, fastest: float) -> float:
        if len(self._calls) < calls:
            return 0.0
        return max(self._left(self._calls[len(self._calls) - calls], fastest, now) - now, SHORTEST_WAIT)

    def _left(self, call: Call, fastest: float, now: float) -> float:
        """Return the time at which a call leaves the window."""
        return call.sent + self.limit.period + _lateness(call, fastest, now)


def _lateness(call: Call, fastest: float, now: float) -> float:
    """Return the most seconds that a call took to arrive: how much slower it was than the fastest call."""
    took = now - call.sent if call.took is None else call.took
    return min(max(took - fastest, 0.0), LONGEST_ARRIVAL)
