"""Reports how far each stream has come and what is still to come, in log lines and in Airbyte's estimates.

All this is for the user only: no decision depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteTraceMessage,
    EstimateType,
    TraceType,
    Type,
)

from source_opsgenie.http.limiter import Limiter
from source_opsgenie.http.rolling_window import SECONDS_A_MINUTE
from source_opsgenie.http.timestamps import MILLIS

if TYPE_CHECKING:
    from source_opsgenie.streams.base import ApiStream

# From this many days on, hours are omitted.
MANY_DAYS = 3


@dataclass
class Metrics:
    """The counts of one stream, updated by page or by parent, not by record.

    Attributes:
        unit: the objects that the stream reads one by one, e.g. `alerts` or `teams`; empty for a plain list.
        expected: how many of them there are; None if that is not known.
        done: how many of them have been read.
        rows: rows delivered.
        calls: calls answered.
    """

    unit: str = ""
    expected: int | None = None
    done: int = 0
    rows: int = 0
    calls: int = 0

    def expect(self, unit: str, expected: int | None) -> None:
        """Start counting anew, before a number of objects is read."""
        self.unit, self.expected, self.done, self.rows = unit, expected, 0, 0

    def add(self, rows: int, done: int = 1) -> None:
        """Note how many objects were read, and how many rows they gave."""
        self.done += done
        self.rows += rows

    @property
    def row_estimate(self) -> int | None:
        """Return how many rows to expect if the rest is like what was read; None if that is not known."""
        if self.expected is None or not self.done:
            return self.expected
        return round(self.rows * max(self.expected, self.done) / self.done)


def estimate(stream: str, rows: int) -> AirbyteMessage:
    """Tell Airbyte how many rows a stream will have, for its progress bars."""
    expected = AirbyteEstimateTraceMessage(name=stream, type=EstimateType.STREAM, row_estimate=rows)
    trace = AirbyteTraceMessage(type=TraceType.ESTIMATE, emitted_at=time.time() * MILLIS, estimate=expected)
    return AirbyteMessage(type=Type.TRACE, trace=trace)


def cost(stream: str, metrics: Metrics, calls: int, limiter: Limiter) -> str | None:
    """Say what a backfill will cost in calls and, if a limit is known, in time; None if it takes a minute at most."""
    tightest = limiter.tightest
    rate = limiter.rate * SECONDS_A_MINUTE if tightest is None else tightest.calls_a_minute
    if not rate or calls <= rate:
        return None
    to_read = f"{stream}: about {metrics.expected:,} {metrics.unit} to read, in about {calls:,} calls; "
    if tightest is None:
        return f"{to_read}the API does not publish its rate limits, so the time cannot be estimated beforehand."
    time_needed = duration(calls / rate * SECONDS_A_MINUTE)
    return f"{to_read}at {rate:,.0f} calls a minute ({describe_limit(limiter)}) that takes about {time_needed}."


def standing(stream: str, metrics: Metrics, calls_a_minute: float, units_a_second: float, limiter: Limiter) -> str:
    """Say how far a stream has come, how fast it goes, and how long it will still take."""
    parts = [f"{metrics.calls:,} calls so far"]
    if metrics.unit:
        of_all = "" if metrics.expected is None else f" of about {max(metrics.expected, metrics.done):,}"
        parts = [f"{metrics.done:,}{of_all} {metrics.unit}"]
    parts.append(f"{calls_a_minute:,.0f} calls a minute ({describe_limit(limiter)})")
    if metrics.expected is not None and units_a_second > 0:
        left = max(metrics.expected - metrics.done, 0) / units_a_second
        parts.append(f"about {duration(left)} left")
    return f"{stream}: {', '.join(parts)}"


def describe_limit(limiter: Limiter) -> str:
    """Describe the limit that decides a domain's rate, and the part of it in use."""
    tightest = limiter.tightest
    if tightest is None:
        return "no limit known yet"
    if tightest.account_calls is None:
        return f"the limit is not known; the sync keeps to {tightest.calls_a_minute * limiter.pace:,.0f}"
    account = tightest.account_calls * SECONDS_A_MINUTE / tightest.period
    return f"limit {account:,.0f}, using {tightest.calls / tightest.account_calls * limiter.pace:.0%}"


def duration(seconds: float) -> str:
    """Write a duration as people say it: `40 s`, `12 min`, `2 h 58 min`, `5 days`."""
    if round(seconds) < SECONDS_A_MINUTE:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / SECONDS_A_MINUTE), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if hours < 24 * MANY_DAYS else f"{hours / 24:.0f} days"


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
            if passed < SECONDS_A_MINUTE:
                continue
            stream, metrics = self._streams[name], self._streams[name].metrics
            calls_a_minute = (metrics.calls - calls) * SECONDS_A_MINUTE / passed
            units_a_second = (metrics.done - done) / passed
            self._running[name] = (now, metrics.calls, metrics.done)
            yield standing(name, metrics, calls_a_minute, units_a_second, stream.client.limiter)
