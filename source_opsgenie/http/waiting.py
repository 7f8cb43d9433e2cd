"""Waits for a rate limit, but no longer than until the sync is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


class CallGivenUpError(Exception):
    """A call that waited for its turn when the sync was told to stop."""


class Waiting:
    """Sleeps until the time is over or the sync is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def __call__(self, seconds: float) -> None:
        """Sleep.

        Raises:
            CallGivenUpError: the sync was told to stop.
        """
        if self._stop.wait(seconds):
            raise CallGivenUpError("the sync was told to stop")
