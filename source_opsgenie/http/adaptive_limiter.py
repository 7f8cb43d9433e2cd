"""Finds out how fast to call an API that does not publish its rate limits."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import requests

from source_opsgenie.http.limiter import Limiter
from source_opsgenie.http.retry import is_outage, is_throttled
from source_opsgenie.http.rolling_window import SECONDS_A_MINUTE, Limit

logger = logging.getLogger("airbyte")

FIRST_RATE = 2.0  # calls a second
LEAST_RATE = 1 / SECONDS_A_MINUTE
MOST_RATE = 50.0

# Seconds of a pause where the answer does not say how long; doubled, up to a minute, as long as no call is answered.
FIRST_PAUSE = 5.0

# Each answered call raises the rate by this many calls a second, as long as no limit was met: the rate doubles in
# about 3 seconds.
GROWTH = 0.25

# Near the rate at which a limit was met, and above it, the rate grows by this part of GROWTH only. The first minutes
# show little of a limit. Later, the rate doubles in one and a half hours: it stays near the user's share, and still
# shows whether the limit was raised or other clients have ended.
CAUTION_AT_FIRST, CAUTION = 0.02, 0.0005
FIRST_MINUTES = 3 * SECONDS_A_MINUTE

# If no limit is met for so long, it is probably higher than where it was met: other clients may have used it up for a
# while. The growth then doubles every few minutes.
LONG_QUIET = 30 * SECONDS_A_MINUTE
DOUBLING = 10 * SECONDS_A_MINUTE
MOST_DOUBLINGS = 10

# Seconds without a call though one might have been made, as when a destination takes no rows. The calls of a minute
# with such a lull do not show how many the limit allows.
LULL = 10.0

# After a limit was met, the rate grows at full speed up to this part of the user's share of the rate found, and slowly
# beyond it.
MARGIN = 0.95


class AdaptiveLimiter(Limiter):
    """Paces calls evenly: slowly at first, faster with each answer, and at half the rate after a 429.

    A worked example, with an unpublished limit of 600 calls a minute: the rate is 2 calls a second at first and about
    30 after ten seconds. In the 25th second the 600th call of the minute has passed, and the next one gets a 429. All
    calls pause as long as the answer asks; where it does not say, for 5 seconds, and twice as long each time until a
    call is answered. The 25 seconds have shown 24 calls a second, so the rate goes up quickly to 95 % of that, times
    the user's share (100 % in this example), once more. The next 429 comes after a whole minute, which has shown 600
    calls: from then on the rate goes up to 9.5 calls a second quickly, and beyond that slowly. If a limit is met after
    the first three minutes, the rate goes beyond it very slowly, until none has been met for half an hour.
    """

    def __init__(
        self,
        name: str,
        period_of: Callable[[requests.Response], float | None],
        share: int = 100,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(clock, sleep)
        self._name = name
        self._period_of = period_of
        self._share = share / 100
        self._rate = FIRST_RATE
        self._ceiling = math.inf
        self._caution = CAUTION_AT_FIRST
        self._next = 0.0
        self._pause = FIRST_PAUSE
        self._is_answered = True  # since the last pause
        self._began = math.inf  # when the first call was made
        self._sent: deque[float] = deque()  # in the last minute
        self._resumed = -math.inf  # when the last lull ended
        self._met = -math.inf  # when a limit was met last

    @property
    def rate(self) -> float:
        """Return the rate in use, in calls a second."""
        return self._rate

    @property
    def tightest(self) -> Limit | None:
        """Return the rate that the limit met allows; None before one was met."""
        if self._ceiling == math.inf:
            return None
        return Limit(max(1, round(max(self._rate, self._ceiling) * SECONDS_A_MINUTE)), SECONDS_A_MINUTE)

    def _admit(self, request: Any) -> float:
        now: float = request.sent_at
        wait = max(self._next, self._paused_until) - now
        if wait <= 0:
            if -wait > LULL and self._began < math.inf:
                self._resumed = now
            self._next = max(self._next, now - 1 / self._rate) + 1 / self._rate
            self._began = min(self._began, now)
            self._sent.append(now)
            self._forget(now)
        return wait

    def _note(self, request: Any, response: Any, now: float) -> None:
        """Go faster after an answer, and slower after a 429."""
        if is_throttled(response):
            self._throttle(now, self._period_of(response))
        elif not is_outage(response):
            self._is_answered = self._is_answered or request.sent_at >= self._paused_until
            self._rate = min(self._rate + self._growth(now), MOST_RATE)

    def _growth(self, now: float) -> float:
        if self._rate < self._ceiling:
            return GROWTH
        doublings = (now - self._met - LONG_QUIET) / DOUBLING
        return GROWTH * self._caution * 2 ** min(max(doublings, 0.0), MOST_DOUBLINGS)

    def _throttle(self, now: float, period: float | None) -> None:
        if now < self._paused_until:  # sent before the pause began: too many calls at once count as one rejection
            self._paused_until = max(self._paused_until, now + (period or 0.0))
            return
        self._forget(now)
        self._met = now
        if self._is_answered:
            self._pause = FIRST_PAUSE
            # A sync that has just begun has sent little in a minute.
            seconds = min(max(now - self._began, 1.0), SECONDS_A_MINUTE)
            has_lull = now - self._resumed < SECONDS_A_MINUTE
            found = self._rate if has_lull else min(self._rate, len(self._sent) / seconds)
            self._ceiling = max(LEAST_RATE, found * MARGIN * self._share)
            self._caution = CAUTION if now - self._began >= FIRST_MINUTES else CAUTION_AT_FIRST
        else:
            # The last pause was too short, which says nothing of the limit.
            self._pause = min(self._pause * 2, SECONDS_A_MINUTE)
        period = period or self._pause
        self._paused_until, self._is_answered = now + period, False
        self._rate = max(LEAST_RATE, min(self._rate / 2, self._ceiling))
        logger.info(
            "%s throttles calls. They pause for %.0f seconds, and continue with up to about %d calls a minute.",
            self._name,
            period,
            round(self._ceiling * SECONDS_A_MINUTE),
        )

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - SECONDS_A_MINUTE:
            self._sent.popleft()
