"""Fields that the API gives in several types: they are emitted as JSON text, because a column has one type."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, get_args

from pydantic import WithJsonSchema

from source_opsgenie.records.base import Object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

JsonText = Annotated[str, WithJsonSchema({"type": "string"})]


def write_json_texts(model: type[Object], row: dict[str, Any]) -> None:
    """Replace, in a row and at any depth, each value of a `JsonText` field that is not a string by its JSON text.

    It works on the row itself and without recursion: participants of a schedule may be nested deeper than Python's
    stack reaches.
    """
    waiting: list[tuple[type[Object], dict[str, Any]]] = [(model, row)]
    while waiting:
        model, item = waiting.pop()
        for name, inner in _json_texts(model).items():
            value = item.get(name)
            if inner is not None:
                values = value if isinstance(value, list) else [value]
                waiting += [(inner, each) for each in values if isinstance(each, dict)]
            elif value is not None and not isinstance(value, str):
                item[name] = json_text(value)


def json_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write a value as JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _json_texts(model: type[Object]) -> Mapping[str, type[Object] | None]:
    """Return a model's fields that are JSON text (None), and those that hold objects with such fields (their model)."""
    found: dict[str, type[Object] | None] = {}
    for name, field in model.model_fields.items():
        for leaf in _leaves(field.annotation):
            if leaf == JsonText:
                found[field.alias or name] = None
            elif isinstance(leaf, type) and issubclass(leaf, Object) and (leaf is model or _json_texts(leaf)):
                found[field.alias or name] = leaf
    return found


def _leaves(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - a type
    """Yield the types inside unions and lists."""
    if annotation == JsonText or not get_args(annotation):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _leaves(part)
