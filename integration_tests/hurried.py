"""The connector on a clock that runs a thousand times as fast: `python -m integration_tests.hurried read ...`.

Ten minutes of retries pass in less than a second. Waits for the network stay what they are, but are cut to a few
seconds, for a test has no minute to wait for a host that says nothing.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

TIMES = 1000.0
WAKE = 5.0  # seconds of the fast clock
NETWORK_TIMEOUT = (2.0, 2.0)
LONGEST_CALL = 3.0

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


def main() -> Any:  # noqa: ANN401 - never returns
    """Carry out the command line."""
    # The queue between the threads waits by the real clock, in steps that are short on the fast one.
    import queue  # noqa: PLC0415 - takes the real clock, before it is changed

    vars(queue)["time"] = _monotonic
    hurry()
    from source_opsgenie import lanes, run  # noqa: PLC0415 - after the clock
    from source_opsgenie.api import transport  # noqa: PLC0415 - after the clock
    from source_opsgenie.streams import base, context  # noqa: PLC0415 - after the clock

    vars(base)["TIMEOUT"] = NETWORK_TIMEOUT
    vars(lanes)["WAKE"] = WAKE / TIMES
    vars(context)["BoundedAdapter"] = partial(transport.BoundedAdapter, longest_call=LONGEST_CALL * TIMES)
    return run.run()


if __name__ == "__main__":
    main()
