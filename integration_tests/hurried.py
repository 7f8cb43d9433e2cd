"""The connector on a clock that runs three hundred times as fast: `python -m integration_tests.hurried read ...`.

Ten minutes of retries pass in two seconds. Waits for the network stay what they are, but are cut to a second or so,
because a test has no minute to wait for a host that says nothing.
"""

from __future__ import annotations

# The queue between the threads waits by the real clock: it takes it when it is imported.
import queue  # noqa: F401
import threading
import time
from types import BuiltinFunctionType
from typing import Any

# A call that fails by one of these bounds has taken less than the ten minutes after which it is given up.
TIMES = 300.0
NETWORK_TIMEOUT = (1.0, 1.0)
LONGEST_CALL = 1.5

_sleep, _monotonic, _wait = time.sleep, time.monotonic, threading.Event.wait
_begun = _monotonic()


def hurry() -> None:
    """Speed the process's clock up; before anything of the connector is imported."""

    def sleep(seconds: float) -> None:
        _sleep(seconds / TIMES)

    def monotonic() -> float:
        return _begun + (_monotonic() - _begun) * TIMES

    def wait(self: threading.Event, timeout: float | None = None) -> bool:
        return _wait(self, None if timeout is None else timeout / TIMES)

    vars(time).update(sleep=sleep, monotonic=monotonic)
    setattr(threading.Event, "wait", wait)  # noqa: B010 - a stand-in


if isinstance(time.sleep, BuiltinFunctionType):  # a fork of a process that has hurried is fast already
    hurry()

from source_opsgenie import run  # noqa: E402 - after the clock
from source_opsgenie.http import transport  # noqa: E402 - after the clock


def main() -> Any:
    """Carry out the command line."""
    vars(transport).update(TIMEOUT=NETWORK_TIMEOUT, LONGEST_CALL=LONGEST_CALL * TIMES)
    return run.run()


if __name__ == "__main__":
    main()
