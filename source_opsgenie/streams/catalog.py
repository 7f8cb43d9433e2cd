"""Creates the streams of a sync from their classes."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.history import HistoryStream, HistorySubStream
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from source_opsgenie.streams.context import Context


def defined_in(*modules: ModuleType) -> tuple[type[ApiStream], ...]:
    """Return the streams that modules define, in their order: all classes of streams but the abstract bases."""
    return tuple(
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, ApiStream)
        and kind.__module__ == module.__name__
        and ABC not in kind.__bases__
    )


def made_of(kinds: Iterable[type[ApiStream]], context: Context) -> dict[type[ApiStream], ApiStream]:
    """Create a stream of each class, with its parent, whose class must come before it."""
    streams: dict[type[ApiStream], ApiStream] = {}
    histories: dict[type[HistoryStream], HistoryStream] = {}
    for kind in kinds:
        if issubclass(kind, HistorySubStream):
            streams[kind] = kind(context, _history(histories, kind.parent_stream, context))
        elif issubclass(kind, SubStream):
            streams[kind] = kind(context, streams[kind.parent_stream])
        else:
            streams[kind] = kind(context)
    return streams


def _history(
    histories: dict[type[HistoryStream], HistoryStream], kind: type[HistoryStream], context: Context
) -> HistoryStream:
    """Return the list that all sub-streams of a history read; the stream itself is another object, with its state."""
    if kind not in histories:
        histories[kind] = kind(context)
        histories[kind].skips.quiet = True
    return histories[kind]
