"""Creates the streams of a sync from their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from source_opsgenie.streams.context import Context


def defined_in(*modules: ModuleType) -> tuple[type[ApiStream], ...]:
    """Return the streams that modules define, in their order: all classes that have a path and a record."""
    return tuple(
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, ApiStream)
        and kind.__module__ == module.__name__
        and hasattr(kind, "list_path")
        and hasattr(kind, "record")
    )


def made_of(kinds: Iterable[type[ApiStream]], context: Context) -> dict[type[ApiStream], ApiStream]:
    """Create a stream of each class, with its parent, whose class must come before it.

    All child streams of a history share one parent; the history's own stream is another object, with its state.
    """
    streams: dict[type[ApiStream], ApiStream] = {}
    parents: dict[type[ApiStream], ApiStream] = {}
    for kind in kinds:
        arguments = (parents[kind.parent_stream],) if issubclass(kind, SubStream) else ()
        streams[kind] = parents[kind] = kind(context, *arguments)
        if issubclass(kind, HistoryStream):
            parents[kind] = kind(context)
            parents[kind].skips.quiet = True
    return streams
