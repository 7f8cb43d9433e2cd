"""Reports once a minute on each running stream: how far it is, how fast, and how long it will still take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from source_opsgenie.engine.progress_report import MINUTE, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from source_opsgenie.streams.base import ApiStream


class Reporter:
    """Knows which streams are running, and reports on each once a minute."""

    def __init__(self, streams: Sequence[ApiStream], clock: Callable[[], float] = time.monotonic) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._clock = clock
        # The running streams, with the time of the last report, and the calls and objects done by then.
        self._running: dict[str, tuple[float, int, int]] = {}

    def started(self, name: str) -> None:
        """Begin to report on a stream; ignore one that does not exist."""
        if name in self._streams:
            self._running[name] = (self._clock(), 0, 0)

    def ended(self, name: str) -> None:
        """Stop reporting on a stream."""
        self._running.pop(name, None)

    def lines(self) -> Iterator[str]:
        """Yield the lines that are due."""
        now = self._clock()
        for name, (since, calls, done) in self._running.items():
            passed = now - since
            if passed < MINUTE:
                continue
            stream, metrics = self._streams[name], self._streams[name].metrics
            calls_a_minute = (metrics.calls - calls) * MINUTE / passed
            units_a_second = (metrics.done - done) / passed
            self._running[name] = (now, metrics.calls, metrics.done)
            yield standing(name, metrics, calls_a_minute, units_a_second, stream.client.limiter)
