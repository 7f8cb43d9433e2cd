"""Waits for a rate limit, but no longer than until the sync is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


class StoppedError(Exception):
    """The sync was told to stop."""


def wait_unless_stopped(stop: threading.Event, seconds: float) -> None:
    """Sleep until the time is over.

    Raises:
        StoppedError: the sync was told to stop.
    """
    if stop.wait(seconds):
        raise StoppedError
