"""What a first copy will cost, before it begins or goes on: calls, and the time that its limits make of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.engine.progress_report import MINUTE, duration
from source_opsgenie.http.adaptive_limiter import AdaptiveLimiter
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from source_opsgenie.streams.base import ApiStream

# What a plain list takes that nobody counts beforehand.
A_FEW = 1


@dataclass(frozen=True)
class Lane:
    """The calls that count against one of the account's limits; the rate is None where no limit is known."""

    name: str
    calls: int
    calls_a_minute: float | None

    @property
    def seconds(self) -> float:
        """How long they take."""
        return self.calls / self.calls_a_minute * MINUTE if self.calls_a_minute else 0.0


def calls_of(stream: ApiStream, counts: Mapping[str, int | None]) -> int | None:
    """Return about how many calls a stream takes at first, from the numbers of alerts, incidents and users."""
    if isinstance(stream, SubStream):
        # Below other lists there are tens or hundreds of calls, which do not decide how long a copy takes.
        return counts.get(stream.parent.name, A_FEW)
    rows = counts.get(stream.name, A_FEW)
    return None if rows is None else math.ceil(rows / (stream.pager.limit or 1))


def lanes(streams: Iterable[ApiStream], counts: Mapping[str, int | None]) -> list[Lane]:
    """Return the calls of the streams by limit, those that take longest first."""
    calls: dict[str, int] = {}
    rates: dict[str, float | None] = {}
    for stream in streams:
        limiter = stream.client.limiter
        limiter.prepare()
        rates[stream.lane] = limiter.tightest.calls_a_minute if limiter.tightest else None
        calls[stream.lane] = calls.get(stream.lane, 0) + (calls_of(stream, counts) or 0)
    found = [Lane(name, number, rates[name]) for name, number in calls.items()]
    return sorted(found, key=lambda lane: -lane.seconds)


def words(streams: Sequence[ApiStream], counts: Mapping[str, int | None], *, goes_on: bool = False) -> str:
    """Say it in a sentence or two; of a copy that goes on, the streams that are not complete are counted in full."""
    context = streams[0].context
    api = context.client(context.usual_domain).backend.name
    known = [f"{count:,} {name}" for name, count in counts.items() if count is not None]
    unknown = [name for name, count in counts.items() if count is None]
    about = f"The account has {', '.join(known)}. " if known else ""
    if unknown:
        about += f"{api} does not tell how many {' and '.join(unknown)} there are, so they are not counted here. "
    found = lanes(streams, counts)
    copy = "What is left of the first copy" if goes_on else "The first copy"
    is_jsm = any(isinstance(stream.client.limiter, AdaptiveLimiter) for stream in streams)
    # Of JSM, because details of alerts take no call where the list holds them already.
    up_to = "up to " if goes_on or is_jsm else ""
    calls = f"{up_to}about {sum(lane.calls for lane in found):,} calls"
    if is_jsm:
        return (
            f"{about}{copy} takes {calls}. {api} does not tell its rate limits, so how long they take is seen only "
            "while they are made."
        )
    slowest = found[0]
    at = ""
    if slowest.calls_a_minute is not None:
        at = " in a minute or less"
        if slowest.seconds >= MINUTE:
            at = (
                f" in about {duration(slowest.seconds)}: most time goes into {slowest.calls:,} calls of the kind "
                f"'{slowest.name}', at {slowest.calls_a_minute:,.0f} a minute"
            )
    return f"{about}{copy} takes {calls}{at}."
