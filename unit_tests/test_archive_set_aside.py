from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.set_aside import UNKNOWN, Columns, SetAside, compact, write

ALERTS = {
    "name": "alerts",
    "source_defined_primary_key": [["id"]],
    "json_schema": {
        "properties": {
            "id": {"type": ["null", "string"]},
            "message": {"type": ["null", "string"]},
            "createdAt": {"type": ["null", "string"], "format": "date-time"},
            "count": {"type": ["null", "integer"]},
            "order": {"type": ["null", "number"]},
            "seen": {"type": ["null", "boolean"]},
            "report": {"type": ["null", "object"]},
        }
    },
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", 7),
        ("createdAt", "2026-11-02T07:45:26.080Z"),
        ("createdAt", "2026-11-02T07:45:26Z"),
        ("createdAt", "2026-11-02 07:45:26.123456"),
        ("createdAt", "2026-11-02T07:45"),
        ("createdAt", "2026-11-02"),
        ("count", 3),
        ("count", 3.0),
        ("order", 0.5),
        ("seen", False),
        ("report", {"ackTime": "any"}),
        ("report", "any"),
        ("report", {"ids": [2**64 - 1, -(2**63), 0.1, True, None]}),
    ],
)
def test_a_value_that_fits_stays(field: str, value: object) -> None:
    row = {"id": "a1", field: value}
    assert Columns(ALERTS).split(row) == (row, [])


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("createdAt", "soon", "time"),
        ("createdAt", "2026-02-30T00:00:00Z", "time"),
        ("createdAt", "2026-11-02T25:00:00Z", "time"),
        ("createdAt", "2026-11-02T07:45.5Z", "time"),
        ("createdAt", "2026-11-02T07:45:26+24:00", "time"),
        ("createdAt", "\u0662\u0660\u0662\u0666-11-02", "time"),
        ("createdAt", "0001-01-01T00:00:00+14:00", "time"),
        ("createdAt", 1793122062000, "time"),
        ("count", "many", "whole number"),
        ("count", 0.5, "whole number"),
        ("count", True, "whole number"),
        ("count", 2**63, "too large"),
        ("order", "first", "number"),
        ("order", 1e40, "too large"),
        ("seen", "yes", "true nor false"),
        ("report", {"ids": [1, {"id": 2**64}]}, "number in it is too large"),
        ("report", -(2**63) - 1, "number in it is too large"),
        ("message", 2**64 + 1, "number in it is too large"),
    ],
)
def test_a_value_that_does_not_fit_is_set_aside_and_the_row_stays(field: str, value: object, why: str) -> None:
    kept, odd = Columns(ALERTS).split({"id": "a1", "report": {}, field: value})
    assert kept == {"id": "a1", "report": {}, field: None}
    assert [(each.key, each.field, each.value) for each in odd] == [({"id": "a1"}, field, value)]
    assert why in odd[0].why


@pytest.mark.parametrize(
    ("received", "utc"),
    [
        ("2026-01-01T10:30:00+02:00", "2026-01-01T08:30:00Z"),
        ("2026-01-01T01:30:00.123456789+0200", "2025-12-31T23:30:00.123456789Z"),
        ("2026-01-01 10:30:00-03", "2026-01-01T13:30:00Z"),
        ("2026-01-01T10:30:00-00:30", "2026-01-01T11:00:00Z"),
        ("2026-01-01T10:30:00-03:30", "2026-01-01T14:00:00Z"),
        ("0999-01-01T10:30:00+00:00", "0999-01-01T10:30:00Z"),
        ("2026-01-01T10:30+02:00", "2026-01-01T08:30:00Z"),
        ("2026-01-01T10:30Z", "2026-01-01T10:30:00Z"),
    ],
)
def test_a_time_is_in_utc_and_has_seconds(received: str, utc: str) -> None:
    row = {"id": received, "createdAt": received, "report": {"at": received}}
    assert Columns(ALERTS).split(row) == ({**row, "createdAt": utc}, [])
    kept, odd = Columns(ALERTS).split({**row, "count": "many"})
    assert kept == {**row, "createdAt": utc, "count": None}
    assert [each.field for each in odd] == ["count"]


def test_a_field_that_the_schema_does_not_know_is_set_aside() -> None:
    kept, odd = Columns(ALERTS).split({"id": "a1", "日本": "x"})
    assert kept == {"id": "a1"}
    assert odd == [SetAside("alerts", {"id": "a1"}, "日本", "x", UNKNOWN)]


def test_each_value_is_in_the_file_once_and_told(tmp_path: Path) -> None:
    path = tmp_path / "set_aside.jsonl"

    def value(identity: str, **changes: Any) -> SetAside:
        told = {"field": "count", "value": "many", "why": "it is not a whole number", **changes}
        return SetAside("alerts", {"id": identity}, **told)

    write(path, [value("a1"), value("a2"), value("a1")])
    write(path, [value("a1", field="a\x1b[2Jb", why=UNKNOWN)])
    with path.open("a") as file:
        file.write('{"stream": "alerts", "ke')
    told = compact(path)
    assert [json.loads(line)["key"]["id"] for line in path.read_text().splitlines()] == ["a1", "a2", "a1"]
    assert told == [
        (
            "alerts: 2 values of 'count' are not in the table, because it is not a whole number; "
            "they are in set_aside.jsonl."
        ),
        f"alerts: 1 value of 'a\ufffd[2Jb' is not in the table, because {UNKNOWN}; it is in set_aside.jsonl.",
    ]
    assert compact(path) == told


@pytest.mark.parametrize("kept", [1, 2])  # of the two bytes of a character
def test_a_line_that_was_cut_costs_only_itself(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "set_aside.jsonl"
    values = [SetAside("alerts", {"id": each}, "count", "é", "it is not a whole number") for each in ("a1", "a2", "a3")]
    write(path, values[:2])
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex("é".encode()) + kept])
    write(path, values[2:])
    assert len(path.read_bytes().splitlines()) == 3
    assert [each.partition(":")[0] for each in compact(path)] == ["alerts"]
    assert [json.loads(line)["key"]["id"] for line in path.read_text().splitlines()] == ["a1", "a3"]


@pytest.mark.parametrize("levels", [100, 101, 1_000])
def test_a_value_that_is_nested_too_deeply_is_set_aside_whole(levels: int, tmp_path: Path) -> None:
    deep: Any = "the end"
    for _ in range(levels):
        deep = [deep]
    row, aside = Columns(ALERTS).split({"id": "a1", "report": deep})
    if levels == 100:
        assert (row, aside) == ({"id": "a1", "report": deep}, [])
        return
    assert row == {"id": "a1", "report": None}
    path = tmp_path / "set_aside.jsonl"
    write(path, aside)
    (told,) = compact(path)
    assert "1 value of 'report' is not in the table, because it is nested too deeply" in told
    assert json.loads(path.read_text())["value"] == deep


def test_without_any_there_is_no_file(tmp_path: Path) -> None:
    assert compact(tmp_path / "set_aside.jsonl") == []
