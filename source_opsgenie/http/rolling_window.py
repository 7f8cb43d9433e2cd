"""One limit of calls, and the calls that count against it.

"Rate Limiting": Opsgenie counts the calls of a second and those of a minute; one call more than allowed is refused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import chain, takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LATEST = 5.0  # seconds by which a call is reckoned late at most: one that failed is never answered
SHORTEST_WAIT = 0.005  # seconds

# The part of an account's limit that is taken to be free before the account has shown how much of it is. Whoever else
# uses less than the rest is found by a single call that is refused.
ROOM_AT_FIRST = 0.4

# Calls within the room are spread over this part of the period: a burst would leave none to the others meanwhile.
SPREAD = 0.5

# What is kept of the calls that were answered in the period before a refused one: what others use varies.
MARGIN = 0.9
LEAST_ROOM = 0.1  # of the limit

# As near as this to the calls at which one was refused, calls beyond the room are rare: others are refused there, too,
# and what is won from them in a hurry is lost as fast.
NEAR = 0.05  # of those calls
LEAST_NEAR, MOST_NEAR = 1.0, 10.0  # calls; else a large account would take hours to find what others leave again


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


@dataclass(eq=False)
class Call:
    """A call that was let pass.

    Attributes:
        sent: when, in seconds of the limiter's clock.
        took: seconds until it was answered; None until then.
        refused: by a rate limit.
    """

    sent: float
    took: float | None = None
    refused: bool = False


class RollingWindow:
    """One limit's rolling window over the calls made.

    Opsgenie counts calls when they arrive, which may be later than they were sent, and more so for one than for the
    next. So a call leaves the window only when its period has passed since the latest moment at which it may have
    arrived: else a slow call followed by fast ones would make one too many at Opsgenie's end.

    Attributes:
        limit: what is never exceeded.
        room: the calls a period that the account is known to have left for us. Other clients use the same limit, and
            Opsgenie does not tell how much of it. Calls beyond the room are made one at a time (see `RateLimiter`).
        edge: the calls a period with which one more was refused last; None if none was, or all are free again.
    """

    def __init__(self, limit: Limit, spent: Iterable[Call] = ()) -> None:
        self.limit = limit
        self.room = min(limit.calls, max(1, int((limit.account_calls or limit.calls) * ROOM_AT_FIRST)))
        self.edge: int | None = None
        self._calls: deque[Call] = deque(spent)
        self._left_lately: deque[Call] = deque()
        self._due = 0.0

    @property
    def pace(self) -> float:
        """The part of the limit in use: 1, but less from a refused call until all of it is found free again."""
        return 1.0 if self.edge is None else self.room / self.limit.calls

    def add(self, call: Call) -> None:
        """Count a call."""
        self._calls.append(call)
        spacing = self.limit.period * SPREAD / self.room
        self._due = max(self._due, call.sent - spacing) + spacing

    def wait(self, now: float, fastest: float) -> float:
        """Give the seconds until one more call fits the limit; 0 or less: now."""
        while self._calls and self._left(self._calls[0], fastest, now) <= now:
            self._left_lately.append(self._calls.popleft())
        while self._left_lately and self._left_lately[0].sent <= now - self.limit.period - LATEST:
            self._left_lately.popleft()
        return self._until_fewer_than(self.limit.calls, now, fastest)

    def wait_for_room(self, now: float, fastest: float) -> float:
        """Give the seconds until one more call stays within the room; 0 or less: now."""
        if self.room >= self.limit.calls:
            return 0.0
        return max(self._until_fewer_than(self.room, now, fastest), self._due - now)

    def wait_for_trial(self, latest: Call | None, now: float) -> float:
        """Give the seconds until a call beyond the room may be made, after the latest such one; 0 or less: now.

        Near the edge it is a period from that one's answer, when it has left and what it has won is in use. It waits
        for a moment with no other call under way, which would be refused along with it, for one period at most.
        """
        if self.edge is None or abs(self.room + 1 - self.edge) > self._near(self.edge):
            return 0.0
        if len(self._calls) < self.room:
            return self.limit.period  # it would only be earlier than the next one within the room, and prove nothing
        if latest is None:
            return 0.0
        due = latest.sent + (latest.took or 0.0) + self.limit.period
        if now < due + self.limit.period and not self._is_quiet(now):
            return max(due - now, SHORTEST_WAIT)
        return due - now

    def widen(self, trial: Call, fastest: float) -> None:
        """Note that a call was let pass: so were, in one period, it and those that certainly counted when it arrived.

        That is less than what is in this window, where calls stay for as long as they may count.
        """
        begin = trial.sent + _lateness(trial, fastest, trial.sent) - self.limit.period
        calls = sum(1 for call in chain(self._left_lately, self._calls) if begin < call.sent <= trial.sent)
        self.room = max(self.room, min(calls, self.limit.calls))
        if self.room == self.limit.calls:
            self.edge = None

    def narrow(self) -> None:
        """Note that a call was refused: of those in the window, only the answered ones had room."""
        answered = sum(1 for call in self._calls if call.took is not None and not call.refused)
        self.room = max(1, int(min(answered, self.room) * MARGIN), int(self.limit.calls * LEAST_ROOM))
        self.edge = answered if self.room < self.limit.calls else None

    def _is_quiet(self, now: float) -> bool:
        young = takewhile(lambda call: call.sent > now - LATEST, reversed(self._calls))
        return all(call.took is not None for call in young)

    @staticmethod
    def _near(edge: int) -> float:
        return min(max(edge * NEAR, LEAST_NEAR), MOST_NEAR)

    def _until_fewer_than(self, calls: int, now: float, fastest: float) -> float:
        if len(self._calls) < calls:
            return 0.0
        return max(self._left(self._calls[len(self._calls) - calls], fastest, now) - now, SHORTEST_WAIT)

    def _left(self, call: Call, fastest: float, now: float) -> float:
        """Give the time at which a call leaves."""
        return call.sent + self.limit.period + _lateness(call, fastest, now)


def _lateness(call: Call, fastest: float, now: float) -> float:
    """Give the seconds that a call was late at most: by how much it was slower than the fastest one."""
    took = now - call.sent if call.took is None else call.took
    return min(max(took - fastest, 0.0), LATEST)
