"""The parameters of each endpoint, as Atlassian's OpenAPI document has them, and those of its neighbours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from integration_tests.sandbox.configuration.parts import instant
from integration_tests.sandbox.refusal import Refusal

Schema = dict[str, Any]
Pairs = Iterable[tuple[str, str]]

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text())
OPERATIONS = "/jsm/ops/api"
SIZES = ("size", "limit", "maxResults")
# Where no document states the greatest page, one is as large as the default; syncs and channels state not even that.
UNSTATED = 20
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0, "default": 0}
# The APIs beside Operations have no document here: their parameters, from their pages.
NEIGHBOURS: dict[str, dict[str, Schema]] = {
    "/_edge/tenant_info": {},
    # Jira cuts a page that is asked for too large, it does not refuse it.
    "/rest/api/3/users/search": {
        "startAt": COUNT,
        "maxResults": {"type": "integer", "minimum": 1, "default": 50, "cut": 1_000},
    },
    "/rest/api/3/myself": {},
    "/jsm/api/v1/services/": {
        "size": {"type": "integer", "minimum": 1, "default": 20, "unstated": 20},
        "offset": COUNT,
    },
    "/public/teams/v1/org/{orgId}/teams": {
        "siteId": {**TEXT, "required": True},
        "size": {"type": "integer", "minimum": 1, "default": 50, "maximum": 300},
        "cursor": TEXT,
    },
    "/public/teams/v1/org/{orgId}/teams/{teamId}/members": {"siteId": {**TEXT, "required": True}},
    "/jsm/ops/api/v1/teams/{teamId}/heartbeats/ping": {"name": TEXT},
}


def _operations() -> dict[str, dict[str, Schema]]:
    found: dict[str, dict[str, Schema]] = {}
    for path, methods in DOCUMENT["paths"].items():
        given = [each for each in methods["get"].get("parameters", []) if each["in"] == "query"]
        parameters = {each["name"]: {**each["schema"], "required": each.get("required", False)} for each in given}
        for name in ("size", "offset"):
            # Of syncs and channels both are texts in the document; what they mean is a number.
            if parameters.get(name, {}).get("type") == "string":
                parameters[name] = {**COUNT} if name == "offset" else {"type": "integer", "default": UNSTATED}
        if "size" in parameters and "maximum" not in parameters["size"]:
            parameters["size"]["unstated"] = parameters["size"]["default"]
        found[OPERATIONS + path] = parameters
    # The document has a size of these and links, but no offset: what a link leads on by is nowhere said.
    found[f"{OPERATIONS}/v1/jec/channels"]["offset"] = COUNT
    return found


PARAMETERS = _operations() | NEIGHBOURS


def read(template: str, pairs: Pairs, blame: Callable[[str], None], *, clamps: bool, allowed: Pairs) -> dict[str, Any]:
    """Return the parameters of a request, checked and with their defaults; refuse what the document does not have.

    `allowed` are names with one value that is taken although the document does not have it.
    """
    known = PARAMETERS[template]
    given: dict[str, Any] = {name: schema["default"] for name, schema in known.items() if "default" in schema}
    exempt = set(allowed)
    for name, value in pairs:
        schema = known.get(name)
        if (name, value) in exempt:
            given[name] = value
        elif schema is None:
            blame(f"unknown parameter {name}")
            raise Refusal(400, f"There is no parameter {name}")
        elif schema["type"] == "array":
            given.setdefault(name, []).append(value)
        else:
            given[name] = _value(name, value, schema, blame, clamps=clamps)
    for name, schema in known.items():
        if schema.get("required") and name not in given:
            blame(f"no {name}")
            raise Refusal(400, f"Invalid or missing {name}")
        if name in SIZES and "maximum" in schema and all(each != name for each, _ in pairs):
            blame("no page size")
    return given


def _value(name: str, value: str, schema: Schema, blame: Callable[[str], None], *, clamps: bool) -> Any:
    if schema["type"] == "integer":
        return _number(name, value, schema, clamps=clamps)
    if schema["type"] == "boolean":
        if value not in ("true", "false"):
            raise Refusal(400, f"{name} must be true or false")
        return value == "true"
    if schema.get("format") == "date-time":
        try:
            return instant(value)
        except ValueError:
            raise Refusal(400, f"Invalid or missing {name}") from None
    if "enum" in schema and not set(value.split(",")) <= set(schema["enum"]):
        blame(f"{name} is none of the document's words")
        raise Refusal(422, f"{name} must be one of {', '.join(schema['enum'])}")
    return value


def _number(name: str, value: str, schema: Schema, *, clamps: bool) -> int:
    if not value.isdigit() or int(value) < schema.get("minimum", 0):
        raise Refusal(422, f"{name} must be a number, {schema.get('minimum', 0)} or more")
    number = int(value)
    if "cut" in schema:
        return min(number, int(schema["cut"]))
    most = int(schema.get("maximum") or schema.get("unstated") or number)
    if number > most and not clamps:
        raise Refusal(422, f"{name} must be at most {most}")
    return min(number, most)
