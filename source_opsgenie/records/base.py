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

# Parts that hold themselves (who is on call, for whom) are written out so often; below, an object is just an object.
DEPTH = 3

Timestamp = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"})
]


class Object(BaseModel):
    """An object inside a row."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Record(Object):
    """A row."""


@cache
def json_schema(model: type[Record]) -> dict[str, Any]:
    """Derive what Airbyte's destinations take: no `$ref`, no `anyOf`, every type nullable, further fields allowed."""
    schema = model.model_json_schema(by_alias=True)
    properties = _Inliner(schema.get("$defs", {})).properties(schema)
    return {"$schema": DRAFT, "type": "object", "additionalProperties": True, **properties}


class _Inliner:
    """Writes pydantic's schema out in full.

    `above` names the parts on the way down to a property, so that a part that holds itself comes to an end.
    """

    def __init__(self, parts: dict[str, Any]) -> None:
        self._parts = parts

    def properties(self, schema: dict[str, Any], above: tuple[str, ...] = ()) -> dict[str, Any]:
        """Give an object's own properties; a map of free keys has none."""
        if "properties" not in schema:
            return {}
        return {"properties": {name: self._nullable(prop, above) for name, prop in schema["properties"].items()}}

    def _nullable(self, prop: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
        kept = {name: prop[name] for name in _KEPT if name in prop}
        return {**self._typed(prop, above), **kept}

    def _typed(self, prop: dict[str, Any], above: tuple[str, ...]) -> dict[str, Any]:
        for choice in prop.get("anyOf", []):
            if choice.get("type") != "null":
                return self._nullable(choice, above)
        if "$ref" in prop:
            return self._part(prop["$ref"].rpartition("/")[2], above)
        if prop["type"] == "array":
            return {"type": ["null", "array"], "items": self._nullable(prop["items"], above)}
        if prop["type"] == "object":
            return {"type": ["null", "object"], "additionalProperties": True, **self.properties(prop, above)}
        return {"type": ["null", prop["type"]]}

    def _part(self, name: str, above: tuple[str, ...]) -> dict[str, Any]:
        if above.count(name) == DEPTH:
            return {"type": ["null", "object"], "additionalProperties": True}
        return self._nullable(self._parts[name], (*above, name))
