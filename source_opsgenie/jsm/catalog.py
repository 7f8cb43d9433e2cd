"""All streams of JSM Operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.jsm.streams.alerts import AlertAttachments, AlertDetails, AlertLogs, AlertNotes, Alerts
from source_opsgenie.streams.catalog import made_of

if TYPE_CHECKING:
    from source_opsgenie.jsm.context import JsmContext
    from source_opsgenie.streams.base import ApiStream

# Parents stand before their sub-streams.
STREAMS: tuple[type[ApiStream], ...] = (
    Alerts,
    AlertDetails,
    AlertLogs,
    AlertNotes,
    AlertAttachments,
)


def all_streams(context: JsmContext) -> list[ApiStream]:
    """Make every stream of a sync."""
    streams = made_of(STREAMS, context)
    return list(streams.values())
