"""Does some work, but waits only so long for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def in_time(work: Callable[[], object], seconds: float) -> bool:
    """Do some work on a thread of its own, and return whether it has ended within so many seconds.

    Raises:
        Exception: the work's own error: one that is lost would count as success.
    """
    errors: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - it is raised again by the thread that waits
            errors.append(error)

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(seconds)
    if errors:
        raise errors[0]
    return not worker.is_alive()
