"""The base classes of the record models, and the JSON schema derived from a model.

The models document the rows and define their schema; rows do not pass through them. A row is emitted as received, even
if a field holds something unexpected. So unknown fields are allowed, and every field is nullable, which its annotation
does not repeat. Only fields that the API gives in several types are emitted as JSON text, because a column has one
type.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

Json = dict[str, Any]

DRAFT = "http://json-schema.org/draft-07/schema#"

# The keywords kept from pydantic's schema; the others (titles, defaults) mean nothing to a destination.
_KEPT = ("description", "format", "airbyte_type")

# How many levels of an object that contains itself, such as a participant of a schedule, are written out. Below them,
# the schema says "object" only.
DEPTH = 3

# The column of a key that distinguishes rows which are alike in its other columns.
DUPLICATE_NUMBER = "duplicate_number"

Timestamp = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
]

_JSON_TEXT = WithJsonSchema({"type": "string"})
JsonText = Annotated[str, _JSON_TEXT]


def about(description: str, alias: str | None = None) -> Any:
    """Declare a field by its description, null by default; `alias` is the API's name where Python does not allow it."""
    return Field(None, description=description, alias=alias)


def detail(description: str, alias: str | None = None) -> Any:
    """Declare a field that only the single object has, not its list."""
    return about(f"Detail only: {description}", alias)


def added(description: str) -> Any:
    """Declare a field that the API's own row does not have."""
    return about(f"Added by the connector: {description}")


def in_jsm(description: str, alias: str | None = None) -> Any:
    """Declare a field that Opsgenie does not have."""
    return about(f"JSM Operations only: {description}", alias)


class Object(BaseModel):
    """An object inside a row; pydantic's validator is not built, because no row passes through it."""

    model_config = ConfigDict(defer_build=True)


class Record(Object):
    """A row."""


@cache
def json_schema(model: type[Record]) -> Json:
    """Derive the schema that Airbyte's destinations accept.

    It has no `$ref` and no `anyOf`, every property is nullable, and further properties are allowed.
    """
    schema = model.model_json_schema()
    return {"$schema": DRAFT, **_typed(schema, schema.get("$defs", {})), "type": "object"}


# The functions below replace the references in pydantic's schema by the definitions they point to. `above` lists the
# definitions between the row and a property, because an object that contains itself must come to an end.


def _nullable(prop: Json, definitions: Json, above: tuple[str, ...]) -> Json:
    return {**_typed(prop, definitions, above), **{name: prop[name] for name in _KEPT if name in prop}}


def _typed(prop: Json, definitions: Json, above: tuple[str, ...] = ()) -> Json:
    if "$ref" in prop:
        name = prop["$ref"].rpartition("/")[2]
        if above.count(name) == DEPTH:
            return {"type": ["null", "object"], "additionalProperties": True}
        return _nullable(definitions[name], definitions, (*above, name))
    if prop["type"] == "array":
        return {"type": ["null", "array"], "items": _nullable(prop["items"], definitions, above)}
    typed: Json = {"type": ["null", prop["type"]]}
    if prop["type"] == "object":
        typed["additionalProperties"] = True
    if "properties" in prop:  # a map with free keys has none
        typed["properties"] = {name: _nullable(inner, definitions, above) for name, inner in prop["properties"].items()}
    return typed


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


def number_duplicates(rows: list[dict[str, Any]], columns: Collection[str]) -> None:
    """Add a number to each row, so that a key can distinguish rows that are alike in some columns.

    The numbers depend on the content of the rows, not on their place in an answer, which may change between syncs.
    """
    alike: Counter[str] = Counter()
    for row in sorted(rows, key=_canonical):
        shared = _canonical([row.get(column) for column in columns])
        row[DUPLICATE_NUMBER] = alike[shared]
        alike[shared] += 1


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def json_text(value: Any) -> str:
    """Write a value as JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@cache
def _json_texts(model: type[Object]) -> Mapping[str, type[Object] | None]:
    """Return a model's fields that are JSON text (None), and those that hold objects with such fields (their model)."""
    found: dict[str, type[Object] | None] = {}
    for name, field in model.model_fields.items():
        kind = next(iter(get_args(field.annotation)), field.annotation)  # of a list, that of its items
        if _JSON_TEXT in field.metadata:
            found[field.alias or name] = None
        elif isinstance(kind, type) and issubclass(kind, Object) and (kind is model or _json_texts(kind)):
            found[field.alias or name] = kind
    return found
