"""What a JSON schema leaves undeclared in a row."""

from __future__ import annotations

from typing import Any


def undeclared(schema: dict[str, Any], value: object, path: str = "") -> list[str]:
    """List the fields of a row, at any depth, that its schema does not name.

    A map of free keys names none and takes all.
    """
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        missing = [f"{path}{name}" for name in value if name not in known]
        inner = [undeclared(known[name], item, f"{path}{name}.") for name, item in value.items() if name in known]
        return missing + [name for names in inner for name in names]
    if isinstance(value, list) and "items" in schema:
        return [name for item in value for name in undeclared(schema["items"], item, f"{path}[].")]
    return []
