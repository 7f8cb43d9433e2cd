"""Creates the streams of a sync from their classes."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from functools import cache
from types import ModuleType

from airbyte_cdk.sources.utils import casing

from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.sub_stream import SubStream


def defined_in(*modules: ModuleType) -> tuple[type[ApiStream], ...]:
    """Return the streams that modules define, in their order: all classes that have a path and a record."""
    return tuple(
        kind
        for module in modules
        for kind in vars(module).values()
        # In Python 3.10, `isinstance` takes an alias such as `dict[str, Any]` for a class.
        if issubclass(type(kind), type)
        and issubclass(kind, ApiStream)
        and kind.__module__ == module.__name__
        and hasattr(kind, "list_path")
        and hasattr(kind, "record")
    )


@cache
def name_of(kind: type[ApiStream]) -> str:
    """Return the name of a stream, which is its class's in snake case."""
    return str(casing.camel_to_snake(kind.__name__))


def selected_of(
    kinds: Iterable[type[ApiStream]], context: Context, needed: Container[str] = ()
) -> Iterator[type[ApiStream]]:
    """Yield the streams that the sync reads, and those that these need; all streams if no selection is known.

    A sync often reads few streams, and each one takes half a millisecond to create, because the CDK gives it a session.
    """
    selected = context.selected
    return (kind for kind in kinds if not selected or name_of(kind) in selected or name_of(kind) in needed)


def made_of(kinds: Iterable[type[ApiStream]], context: Context) -> list[ApiStream]:
    """Create a stream of each class, with its parent.

    All child streams of a history share one parent; the history's own stream is another object, with its state.
    """

    @cache
    def stream(kind: type[ApiStream]) -> ApiStream:
        return kind(context, *([parent(kind.parent_stream)] if issubclass(kind, SubStream) else []))

    @cache
    def parent(kind: type[ApiStream]) -> ApiStream:
        if not issubclass(kind, HistoryStream):
            return stream(kind)
        history = kind(context)
        history.skips.quiet = True
        return history

    return [stream(kind) for kind in kinds]
