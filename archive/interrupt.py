"""Ends a run as soon as it is interrupted: a run may be killed at any moment, so there is nothing to wait for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SIGNAL_EXIT_CODE = 128  # plus the number of the signal, as a shell reports it


@dataclass
class ExitMessage:
    """The message that is printed when a run is interrupted.

    Attributes:
        text: returns the message. It is replaced as the run proceeds.
    """

    text: Callable[[], str]


def exit_on_signals(message: ExitMessage) -> None:
    """Print a message and end the process at the next signal.

    A thread waits for the signal at the end of a pipe. A signal handler in Python would not run while the main thread
    is inside PyAirbyte or DuckDB, which may take minutes. The relay ends the connector when the archive is gone.

    If SIGHUP is ignored, as by `nohup`, it stays ignored, here and in the programs that this one starts.
    """
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    for number in SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(write_end)
    out = sys.stderr  # this one: during a read, `sys.stderr` is PyAirbyte's log file

    def wait() -> None:
        number = 0
        while number not in SIGNALS:
            number = os.read(read_end, 1)[0]
        try:
            print(f"\n{message.text()}", file=out, flush=True)
        finally:
            os._exit(SIGNAL_EXIT_CODE + number)

    threading.Thread(target=wait, daemon=True).start()
