"""Lets calls pass when a rate limit allows them, and waits no longer than until the sync is told to stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from source_opsgenie.http.rolling_window import Limit

NEWEST_SHARE = 0.1  # weight of the newest call in the average latency
SPARE = 1.5  # factor on the concurrent calls that the average latency asks for: some calls are slower


class StoppedError(Exception):
    """The sync was told to stop."""


def wait_unless_stopped(stop: threading.Event, seconds: float) -> None:
    """Sleep until the time is over.

    Raises:
        StoppedError: the sync was told to stop.
    """
    if stop.wait(seconds):
        raise StoppedError


class Limiter:
    """Lets every call pass: for the few calls that are made before the limits are known. Subclasses make calls wait.

    One caller at a time waits for the next call that may be made; the others queue behind it.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._latency = 0.0  # average, in seconds
        self._paused_until = 0.0

    @property
    def rate(self) -> float:
        """Return how many calls a second may be made now; 0 before that is known."""
        return 0.0

    @property
    def calls_in_flight(self) -> int:
        """Return how many concurrent calls it takes to reach the rate: rate x latency, and some spare ones."""
        return max(2, math.ceil(self.rate * self._latency * SPARE) + 1)

    @property
    def tightest(self) -> Limit | None:
        """Return the limit that decides the rate; None before it is known."""
        return None

    @property
    def pace(self) -> float:
        """Return the part of the limits in use now."""
        return 1.0

    def prepare(self) -> None:
        """Learn the limits now, if no call has been made yet."""
        with self._turn:
            self._learn()

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002 - the CDK's signature
        """Wait until a call may be made, and count it."""
        with self._turn:
            self._learn()
            while True:
                with self._lock:
                    request.sent_at = self._clock()
                    wait = self._admit(request)
                if wait <= 0:
                    return
                self._sleep(wait)

    def update_from_response(self, request: Any, response: Any) -> None:
        """Note how long a call took, and whether a rate limit rejected it."""
        now = self._clock()
        took = now - request.sent_at
        with self._lock:
            self._latency += (took - self._latency) * (NEWEST_SHARE if self._latency else 1.0)
            self._note(request, response, now)

    # Subclasses override the following.

    def _learn(self) -> None:
        """Learn the limits, unless they are known."""

    def _admit(self, request: Any) -> float:  # noqa: ARG002 - the CDK's
        """Count a call that may be made at its `sent_at`; return the seconds to wait if it may not."""
        return 0.0

    def _note(self, request: Any, response: Any, now: float) -> None:
        """Note the answer to a call."""
