"""Lists all streams of an Opsgenie account."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from source_opsgenie.opsgenie.check import ListCall
from source_opsgenie.opsgenie.streams import (
    account,
    alerts,
    incidents,
    integrations,
    policies,
    schedules,
    services,
    teams,
    timelines,
    users,
)
from source_opsgenie.streams.catalog import defined_in, made_of
from source_opsgenie.streams.sub_stream import SubStream
from source_opsgenie.streams.unavailable import UnavailableStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from source_opsgenie.streams.base import ApiStream
    from source_opsgenie.streams.context import Context

# In the order in which they are read: parents come before their sub-streams.
STREAMS = defined_in(alerts, incidents, users, teams, policies, schedules, timelines, services, integrations, account)


def all_streams(context: Context) -> list[ApiStream]:
    """Create all streams of a sync."""
    return list(made_of(STREAMS, context).values())


def list_calls(streams: Iterable[ApiStream]) -> list[ListCall]:
    """Return the smallest call for each list that has no parent, with the streams that need the list."""
    tops: list[ApiStream] = []
    below: dict[str, list[str]] = defaultdict(list)
    for stream in streams:
        if isinstance(stream, UnavailableStream):
            continue
        top = _top_of(stream)
        if top is stream:
            tops.append(stream)
        else:
            below[top.name].append(stream.name)
    return [
        ListCall(
            stream=top.name,
            below=below[top.name],
            path=top.path(stream_slice=top.beginning),
            params=top.pager.smallest(top.first_params({})),
            is_soft=top.is_soft,
        )
        for top in tops
    ]


def _top_of(stream: ApiStream) -> ApiStream:
    """Return the topmost parent of a stream; the stream itself if it has no parent."""
    while isinstance(stream, SubStream):
        stream = stream.parent
    return stream
