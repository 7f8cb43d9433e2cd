"""What becomes of the API's rows on their way to a destination, where they do not stay as they are."""

from __future__ import annotations

import json
from typing import Any

# Fields that the API gives in several types.
SEVERAL_TYPES = {
    "alert_policies": {"details"},
    "schedule_timelines": {"fromUser", "forwardedFrom"},
    "next_on_calls": {"forwardedFrom"},
}


def stored(value: Any) -> Any:
    """Return a value as PostgreSQL can store it, names of fields included."""
    if isinstance(value, dict):
        return {stored(name): stored(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [stored(inner) for inner in value]
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def with_json_texts(stream: str, value: Any) -> Any:
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


def _text(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
