"""Rows as odd as they may be come out as they are: none lost, none changed, but for the columns that are added."""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from source_opsgenie.config import Config
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.records.base import json_schema
from source_opsgenie.records.masking import masked
from source_opsgenie.streams.base import ApiStream
from unit_tests.expected import stored, with_json_texts
from unit_tests.random_account import has_one_object

Row = dict[str, Any]
Schema = dict[str, Any]

CONTEXT = context_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event())
STREAMS = {stream.name: stream for stream in create_streams(CONTEXT)}

# What the streams add beside the columns whose description says so, or in the place of fields of the API.
ADDED_BESIDES = {
    "incident_responder_alerts": {"alert_id"},
    "incident_associated_alerts": {"alert_id"},
    "notification_rule_steps": {"_parent"},
    "action_channels": {"teamId"},
    "integration_actions": {"type"},
}


def added(stream: ApiStream) -> set[str]:
    """Return the columns that a stream adds; where the API gives a field of the same name, that stays."""
    columns = stream.get_json_schema()["properties"].items()
    said = {name for name, each in columns if each["description"].startswith("Added by the connector")}
    return said | ADDED_BESIDES.get(stream.name, set())


TEXT = st.text(max_size=6)
NUMBER = st.integers() | st.integers(2**62, 2**70) | st.floats(allow_nan=False, allow_infinity=False)
TIME = st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z")
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffd"), max_size=6)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)
NO_OBJECT = st.none() | st.booleans() | st.integers() | TEXT | st.lists(st.integers(), max_size=2)
FURTHER = st.dictionaries(st.sampled_from(["location", "parents", "", "_parent", "user", "x"]), ANYTHING, max_size=2)


def valued(schema: Schema, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values as a schema has them; a field may be missing, null, or of another type."""
    kind = schema["type"][-1]
    if schema.get("format") == "date-time":
        right: st.SearchStrategy[Any] = TIME
    elif kind == "object" and depth < 2:
        right = objects(schema, depth + 1)
    elif kind == "array" and depth < 2:
        right = st.lists(valued(schema.get("items", {"type": ["string"]}), depth + 1), max_size=2)
    else:
        right = {"boolean": st.booleans(), "integer": st.integers(), "number": NUMBER}.get(kind, TEXT)
    return right | right | right | st.none() | ANYTHING


def objects(schema: Schema, depth: int = 0) -> st.SearchStrategy[Row]:
    fields = {name: valued(inner, depth) for name, inner in schema.get("properties", {}).items()}
    return st.builds(lambda row, further: {**further, **row}, st.fixed_dictionaries({}, optional=fields), FURTHER)


@cache
def rows_of(stream: ApiStream) -> st.SearchStrategy[Row]:
    schema = json_schema(stream.record)
    own = added(stream)
    api = {name: inner for name, inner in schema["properties"].items() if name not in own}
    return objects({**schema, "properties": api})


def body_of(stream: ApiStream, rows: list[Any]) -> Row:
    """Put rows where the stream's answers have them."""
    if stream.name == "integration_actions":
        return {"data": {"_parent": {"id": "1"}, "create": rows[::2], "close": rows[1::2], "note": None}}
    if stream.name == "team_members":
        return {"data": {"members": rows}}
    if has_one_object(stream):
        return {"data": rows[0]}
    if stream.name == "schedule_timelines":
        timelines = [{"rotations": [{"id": "r", "periods": part}]} for part in (rows[::2], rows[1::2])]
        return {"data": {"finalTimeline": timelines[0], "baseTimeline": timelines[1], "overrideTimeline": {}}}
    body: Any = rows
    for name in reversed(stream.pager.rows.split(".")):
        body = {name: body}
    return dict(body)


def delivered(stream: ApiStream, body: Row, parent: Row) -> list[Row]:
    response = requests.Response()
    response.status_code = 200
    response._content = json.dumps(body).encode()
    return [dict(record) for record in stream.parse_response(response, stream_state={}, stream_slice=parent)]


@pytest.mark.slow
@pytest.mark.parametrize("name", STREAMS)
@settings(max_examples=25)
@given(data=st.data())
def test_every_row_comes_out_as_it_is(name: str, data: st.DataObject) -> None:
    stream = STREAMS[name]
    several: st.SearchStrategy[list[Any]] = st.lists(rows_of(stream) | rows_of(stream) | NO_OBJECT, max_size=3)
    rows = data.draw(st.lists(rows_of(stream), min_size=1, max_size=1) if has_one_object(stream) else several)
    parent = data.draw(st.fixed_dictionaries({}, optional={"id": ANYTHING, "user_id": TEXT, "updatedAt": ANYTHING}))
    body = body_of(stream, rows)
    records = delivered(stream, body, parent)
    if name in {"integration_actions", "schedule_timelines"}:
        rows = rows[::2] + rows[1::2]
    if name in {"incident_responder_alerts", "incident_associated_alerts"}:
        rows = [{"alert_id": row} if isinstance(row, str) else row for row in rows]
    if name == "alert_attachments":
        rows = [_with_text_id(row) for row in rows if isinstance(row, dict)]
    whole = [stored(row) for row in rows if isinstance(row, dict)]
    expected = [with_json_texts(name, masked(row) if stream.mask_secrets else row) for row in whole]
    assert len(records) == len(expected)
    for record, row in zip(records, expected, strict=True):
        assert {field: record[field] for field in row} == row
        assert record.keys() - row.keys() <= added(stream)


def _with_text_id(row: Row) -> Row:
    return row if row.get("id") is None else {**row, "id": str(row["id"])}


PIECES = st.sampled_from(["_parent", "rotations", "periods", "recipient", "flattenedRecipients", "id", "name"])
TIMELINES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(PIECES, inner, max_size=4),
    max_leaves=15,
)


ROTATIONS = st.dictionaries(st.just("rotations"), st.lists(TIMELINES, max_size=3), max_size=1)


@pytest.mark.slow
@given(parent=TIMELINES, final=TIMELINES, base=ROTATIONS)
@settings(max_examples=300)
def test_a_timeline_of_any_shape_gives_its_periods(parent: object, final: object, base: object) -> None:
    whole = {"_parent": parent, "finalTimeline": final, "baseTimeline": base}
    sound = {"rotations": [{"id": "r", "periods": [{"type": "default"}]}]}
    records = delivered(STREAMS["schedule_timelines"], {"data": {**whole, "overrideTimeline": sound}}, {"id": "s"})
    assert records[-1]["layer"] == "override"
    assert records[-1]["type"] == "default"


@pytest.mark.parametrize("name", ["users", "teams", "schedules", "services", "integrations"])
@given(row=st.dictionaries(st.sampled_from(["id", "location", "marker", "name", "parents"]), ANYTHING), id_=TEXT)
def test_no_field_of_a_parent_leads_its_children_elsewhere(name: str, row: Row, id_: str) -> None:
    for child in (each for each in STREAMS.values() if each.list_path.startswith(f"{STREAMS[name].list_path}/{{id}}/")):
        path = child.path(stream_slice={**row, "id": f"i{id_}"})
        assert path.count("/") == child.list_path.count("/")
        assert path.startswith(STREAMS[name].list_path)
        assert path.endswith(child.list_path.partition("{id}")[2])
