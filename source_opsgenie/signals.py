"""How a signal ends the process.

This module imports nothing large: the console script needs it before Python has imported the rest.
"""

from __future__ import annotations

import os
import signal

TYPE_CHECKING = False  # `typing` is large, too
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

SIGNALLED = 128  # plus the number of the signal, as in shells
FIRST_PROCESS = 1


def handle_signals(handler: Callable[[int, FrameType | None], None]) -> None:
    """Set the handler of the signals that end a process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` starts a program
        signal.signal(signal.SIGHUP, handler)


def end_by(number: int, _: FrameType | None = None) -> NoReturn:
    """End the process by a signal.

    The program that started the process sees the signal, not an error. In a container, the kernel ignores the signal
    for the first process, which therefore ends with the exit code that shells use for it.
    """
    if os.getpid() != FIRST_PROCESS:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
    os._exit(SIGNALLED + number)
