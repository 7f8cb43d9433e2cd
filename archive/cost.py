"""Estimates the calls and the time of a run, before it starts or resumes."""

from __future__ import annotations

import math
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.report.formatting import quantity
from archive.selection import TIMELINES
from source_opsgenie.engine.progress import duration
from source_opsgenie.http.adaptive_limiter import AdaptiveLimiter
from source_opsgenie.http.rolling_window import SECONDS_A_MINUTE
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

# The calls of a list whose length is not known beforehand, and of a stream that was read before: how much has changed
# since is not known either.
UNKNOWN_LENGTH = 1

# The streams whose numbers of rows decide how long a copy takes: their child streams need one call a row.
LARGE_PARENTS = ("alerts", "incidents", "users")


@dataclass(frozen=True)
class DomainCost:
    """The calls that count against one rate-limit domain; the rate is None if its limit is not known."""

    name: str
    calls: int
    calls_a_minute: float | None

    @property
    def seconds(self) -> float:
        """Return how long the calls take; 0 if the limit is not known."""
        return self.calls / self.calls_a_minute * SECONDS_A_MINUTE if self.calls_a_minute else 0.0


def calls_of(stream: ApiStream, counts: Mapping[str, int | None]) -> int | None:
    """Estimate the calls of a stream's first read from the numbers of alerts, incidents and users; None if unknown."""
    if isinstance(stream, SubStream):
        # Other parents have tens or hundreds of rows, too few to matter for the total.
        return counts.get(stream.parent.name, UNKNOWN_LENGTH)
    rows = counts.get(stream.name, UNKNOWN_LENGTH)
    return None if rows is None else math.ceil(rows / (stream.pager.limit or 1))


def further_calls(streams: Collection[ApiStream], read: Container[str]) -> Iterator[str]:
    """Yield sentences about calls whose number is not known beforehand."""
    names = [stream.name for stream in streams]
    if TIMELINES in names and TIMELINES not in read:
        yield f" {TIMELINES} takes further calls: one for each schedule and month of history."
    for stream in streams:
        if isinstance(stream, SubStream) and stream.parent.name in LARGE_PARENTS and stream.detail_path is not None:
            yield f" {stream.name} takes further calls: one for each row."
    if any(name in read for name in names):
        has_date = any(stream.context.config.start_date for stream in streams)
        earlier = ", and rows that an earlier start_date adds," if has_date else ""
        yield f" Reading what has changed since the last run{earlier} takes further calls."


def by_domain(streams: Iterable[ApiStream], counts: Mapping[str, int | None], read: Container[str]) -> list[DomainCost]:
    """Return the calls of the streams by rate-limit domain, the slowest first."""
    calls: dict[str, int] = {}
    rates: dict[str, float | None] = {}
    for stream in streams:
        limiter = stream.client.limiter
        limiter.prepare()
        rates[stream.lane] = limiter.tightest.calls_a_minute if limiter.tightest else None
        number = UNKNOWN_LENGTH if stream.name in read else calls_of(stream, counts) or 0
        calls[stream.lane] = calls.get(stream.lane, 0) + number
    found = [DomainCost(name, number, rates[name]) for name, number in calls.items()]
    return sorted(found, key=lambda domain: -domain.seconds)


def describe(
    streams: Sequence[ApiStream],
    counts: Mapping[str, int | None],
    *,
    subject: str = "The account has",
    read: Container[str] = frozenset(),
    is_resumed: bool = False,
) -> str:
    """Describe in a few sentences what it costs to read the streams.

    Args:
        streams: the streams that are not complete.
        counts: the numbers of alerts, incidents and users; None where the API gives no count.
        subject: the beginning of the sentence about these numbers.
        read: the streams of which only changes are read.
        is_resumed: whether an earlier process has read some rows. The cost is an upper bound then, because the streams
            that are not complete are counted from their beginning.
    """
    context = streams[0].context
    api = context.clients[context.usual_domain].backend.name
    known = [quantity(count, name[:-1]) for name, count in counts.items() if count is not None]
    unknown = [name for name, count in counts.items() if count is None]
    about = f"{subject} {', '.join(known)}. " if known else ""
    if unknown:
        names = " and ".join(unknown)
        about += f"{api} does not say how many {names} there are, so the calls for them are not included. "
    found = by_domain(streams, counts, read)
    run = "The rest of this run" if is_resumed else "This run"
    is_jsm = any(isinstance(stream.client.limiter, AdaptiveLimiter) for stream in streams)
    # For JSM an upper bound, because an alert's details take no call if the list already contains them.
    up_to = "up to " if is_resumed or is_jsm else ""
    calls = f"{up_to}about {quantity(sum(domain.calls for domain in found), 'call')}"
    further = "".join(further_calls(streams, read))
    if is_jsm:
        return (
            f"{about}{run} takes {calls}. {api} does not publish its rate limits, so the time cannot be estimated "
            f"beforehand.{further}"
        )
    slowest = found[0]
    at = ""
    if slowest.calls_a_minute is not None:
        at = " and a minute or less"
        if slowest.seconds >= SECONDS_A_MINUTE:
            at = (
                f" in about {duration(slowest.seconds)}, most of it for {slowest.calls:,} calls of the "
                f"domain '{slowest.name}' at {slowest.calls_a_minute:,.0f} a minute"
            )
    return f"{about}{run} takes {calls}{at}.{further}"
