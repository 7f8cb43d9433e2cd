"""The base of the record models, and the JSON schema derived from a model.

The models document rows and give the schema; no row passes through them. A row is emitted as received, even when a
field surprises us, so every field is nullable and further fields are allowed.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, WithJsonSchema

DRAFT = "http://json-schema.org/draft-07/schema#"

# Kept of what pydantic writes; the rest (titles, defaults, formats of its own) says nothing to a destination.
_KEPT = ("description", "format", "airbyte_type")

Timestamp = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
]


class Part(BaseModel):
    """An object inside a row."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Record(Part):
    """A row."""


@cache
def json_schema(model: type[Record]) -> dict[str, Any]:
    """Derive what Airbyte's destinations take: no `$ref`, no `anyOf`, every type nullable, further fields allowed."""
    schema = model.model_json_schema(by_alias=True)
    parts = schema.get("$defs", {})
    properties = {name: _nullable(prop, parts) for name, prop in schema["properties"].items()}
    return {"$schema": DRAFT, "type": "object", "additionalProperties": True, "properties": properties}


def _nullable(prop: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Write one property out in full, as `["null", T]`."""
    kept = {name: prop[name] for name in _KEPT if name in prop}
    for choice in prop.get("anyOf", []):
        if choice.get("type") != "null":
            return {**_nullable(choice, parts), **kept}
    if "$ref" in prop:
        return {**_nullable(parts[prop["$ref"].rpartition("/")[2]], parts), **kept}
    if prop["type"] == "array":
        return {"type": ["null", "array"], "items": _nullable(prop["items"], parts), **kept}
    if prop["type"] == "object":
        return {"type": ["null", "object"], "additionalProperties": True, **_inside(prop, parts), **kept}
    return {"type": ["null", prop["type"]], **kept}


def _inside(prop: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """Give an object's own properties; a map of free keys has none."""
    if "properties" not in prop:
        return {}
    return {"properties": {name: _nullable(inner, parts) for name, inner in prop["properties"].items()}}
