"""Reports once a minute on each running stream: how far it is, how fast, and how long it will still take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.engine.progress_report import MINUTE, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from source_opsgenie.streams.base import ApiStream


@dataclass
class _Running:
    """A running stream, as it was at its last report."""

    stream: ApiStream
    since: float
    calls: int = 0
    done: int = 0


class Reporter:
    """Knows which streams are running, and reports on each once a minute."""

    def __init__(self, streams: Sequence[ApiStream], clock: Callable[[], float] = time.monotonic) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._clock = clock
        self._running: dict[str, _Running] = {}

    def started(self, name: str) -> None:
        """Begin to report on a stream; ignore one that does not exist."""
        if name in self._streams:
            self._running[name] = _Running(self._streams[name], self._clock())

    def ended(self, name: str) -> None:
        """Stop reporting on a stream."""
        self._running.pop(name, None)

    def lines(self) -> Iterator[str]:
        """Yield the lines that are due."""
        now = self._clock()
        for running in self._running.values():
            passed = now - running.since
            if passed < MINUTE:
                continue
            stream, metrics = running.stream, running.stream.metrics
            calls = (metrics.calls - running.calls) * MINUTE / passed
            units = (metrics.done - running.done) / passed
            running.since, running.calls, running.done = now, metrics.calls, metrics.done
            yield standing(stream.name, metrics, calls, units, stream.client.limiter)
