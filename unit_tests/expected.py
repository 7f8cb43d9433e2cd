"""What becomes of the API's rows on their way to a destination, where they do not stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from source_opsgenie.streams.history import HistorySubStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from source_opsgenie.streams.sub_stream import SubStream

# Fields that the API gives in several types.
SEVERAL_TYPES = {
    "alert_policies": {"details"},
    "schedule_timelines": {"fromUser", "forwardedFrom"},
    "next_on_calls": {"forwardedFrom"},
}


def parent_columns(stream: SubStream) -> Mapping[str, str]:
    """Return the columns that a stream takes from its parent, each with the parent's field."""
    if not isinstance(stream, HistorySubStream):
        return stream.parent_columns
    columns = {stream.id_column: "id", stream.change_column: "updatedAt"}
    return {column: field for column, field in columns.items() if column is not None}


def stored(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value as PostgreSQL can store it, names of fields included."""
    if isinstance(value, dict):
        return {stored(name): stored(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [stored(inner) for inner in value]
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def with_json_texts(stream: str, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a row, or a part of one, with JSON text in the fields that the API gives in several types."""
    if isinstance(value, list):
        return [with_json_texts(stream, inner) for inner in value]
    if not isinstance(value, dict):
        return value
    several = SEVERAL_TYPES.get(stream, set())
    return {name: _text(inner) if name in several else with_json_texts(stream, inner) for name, inner in value.items()}


def numbered(actions: list[Any]) -> list[Any]:
    """Return actions with a number each: their place, by content, among those of the same type, order and name."""
    objects = [action for action in actions if isinstance(action, dict)]
    contents = [json.dumps(action, sort_keys=True) for action in objects]
    keys = [json.dumps([action.get(name) for name in ("type", "order", "name")], sort_keys=True) for action in objects]
    made = []
    for at, (key, content) in enumerate(zip(keys, contents, strict=True)):
        before = [
            other for other, alike in enumerate(keys) if alike == key and (contents[other], other) < (content, at)
        ]
        made.append({**objects[at], "duplicate_number": len(before)})
    return made


def _text(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
