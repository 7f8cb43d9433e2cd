"""Ctrl-C, answered at once: a run may be killed at any moment, so there is nothing to be waited for."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDED_BY = 128  # and the number of the signal: the exit code that a shell gives


@dataclass
class LastWord:
    """What is said at the end; it changes with what there is to be said."""

    words: Callable[[], str]


def answer(last: LastWord) -> None:
    """From now on, end the process at such a signal, with a last word.

    A thread hears of it through a pipe: the main thread may be inside PyAirbyte or DuckDB for minutes, and a handler of
    Python's would wait for it. The relay notices that the archive has gone, and ends the connector.
    """
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    for number in SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(tells)
    out = sys.stderr  # PyAirbyte's words go elsewhere while it reads; ours do not

    def wait() -> None:
        number = 0
        while number not in SIGNALS:
            number = os.read(hears, 1)[0]
        try:
            print(f"\n{last.words()}", file=out, flush=True)
        finally:
            os._exit(ENDED_BY + number)

    threading.Thread(target=wait, daemon=True).start()
