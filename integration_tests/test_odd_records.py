"""Rows as no API should send them: each is delivered as it is, or skipped with one warning, and costs no other row."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.rows import canonical
from integration_tests.sandbox.client import Sandbox

LONG = "x" * 2**20
DEPTH = 300  # orjson writes no more than 254 levels
DEEP = '{"a":' * DEPTH + "1" + "}" * DEPTH

# JSON text that Opsgenie might send as a row, and the record that it is; None: no record can be made of it.
ODD: dict[str, tuple[str, Any]] = {
    "an empty object": ("{}", {}),
    "no key": ('{"name": "without an id"}', {"name": "without an id"}),
    "a key that is null": ('{"id": null, "name": null}', {"id": None, "name": None}),
    "a key that is empty": ('{"id": "", "odd": 1}', {"id": "", "odd": 1}),
    "a key that leads up": ('{"id": "..", "odd": 2}', {"id": "..", "odd": 2}),
    "a key that is a list": ('{"id": [1], "odd": 3}', {"id": [1], "odd": 3}),
    "further fields": ('{"id": "o1", "location": "v9", "x": {}}', {"id": "o1", "location": "v9", "x": {}}),
    "other types": ('{"id": "o2", "name": 7, "tags": "a"}', {"id": "o2", "name": 7, "tags": "a"}),
    "a date without time": ('{"id": "o3", "createdAt": "2019-06-01"}', {"id": "o3", "createdAt": "2019-06-01"}),
    "a date that is none": ('{"id": "o4", "createdAt": "2019-02-31T"}', {"id": "o4", "createdAt": "2019-02-31T"}),
    "a megabyte": (json.dumps({"id": "o5", "note": LONG}), {"id": "o5", "note": LONG}),
    "the name of NUL": ('{"id": "o6", "note": "a\\\\u0000b"}', {"id": "o6", "note": "a\\u0000b"}),
    "line ends, not escaped": ('{"id": "o7", "note": "a\r\n\x0bb"}', {"id": "o7", "note": "a\r\n\x0bb"}),
    "other line ends": ('{"id": "o8", "note": "\\u2028\\u0085"}', {"id": "o8", "note": "\u2028\x85"}),
    "numbers beyond 64 bits": (f'{{"id": "o9", "n": [{2**64}, {-(2**70)}]}}', {"id": "o9", "n": [2**64, -(2**70)]}),
    "numbers of 64 bits": (f'{{"id": "o10", "n": [{2**63}, {2**53 + 1}]}}', {"id": "o10", "n": [2**63, 2**53 + 1]}),
    "the same key twice": ('{"id": "o11", "n": 1, "n": 2}', {"id": "o11", "n": 2}),
    "three hundred levels": (f'{{"id": "o12", "n": {DEEP}}}', {"id": "o12", "n": json.loads(DEEP)}),
    "a pair of surrogates": ('{"id": "o13", "note": "\\ud83d\\ude00"}', {"id": "o13", "note": "\U0001f600"}),
}
MENDED: dict[str, tuple[str, Any]] = {
    "half a character": ('{"id": "m1", "note": "cut\\ud83d"}', {"id": "m1", "note": "cut\ufffd"}),
    "bytes that are not UTF-8": ('{"id": "m2", "note": "\xff"}', {"id": "m2", "note": "\ufffd"}),
    "NUL": ('{"id": "m4", "note": "a\\u0000b"}', {"id": "m4", "note": "a\ufffdb"}),
    "NUL, not escaped": ('{"id": "m5", "note": "a\0b"}', {"id": "m5", "note": "a\ufffdb"}),
    "NUL in names": ('{"id": "m6", "a\\u0000": 1, "a\\ufffd": 2}', {"id": "m6", "a\ufffd": 1, "a\ufffd2": 2}),
    "no numbers": ('{"id": "m3", "n": [NaN, -Infinity, 1e999]}', {"id": "m3", "n": ["NaN", "-Infinity", "1e999"]}),
}
NO_ROWS = '"text", 7, null, true, [1]'

# A list of each kind, and a child of it that is not to suffer: at once, by offset, by creation time, completed singly.
LISTS = {
    "teams": ("/v2/teams", "team_roles"),
    "users": ("/v2/users", "contacts"),
    "alerts": ("/v2/alerts", "alert_notes"),
    "integrations": ("/v2/integrations", "integration_actions"),
    "schedules": ("/v2/schedules", "schedule_rotations"),
    "services": ("/v1/services", "service_incident_rules"),
}


def assert_strict(outcome: Outcome) -> None:
    """Require lines that any reader of JSON takes: UTF-8, no half characters, no NaN."""
    for line in filter(None, outcome.stdout.split("\n")):
        orjson.loads(line.encode("utf-8"))


def warnings(outcome: Outcome, word: str) -> list[str]:
    return [line for line in outcome.logs if word in line]


@pytest.mark.parametrize("name", LISTS)
def test_odd_rows_are_delivered_and_cost_no_other(
    name: str, sandbox: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    template, child = LISTS[name]
    odd = {**ODD, **MENDED}
    sandbox.settings(odd={template: ", ".join([NO_ROWS, *(text for text, _ in odd.values())])})
    outcome = connect(sandbox).read([catalog[name], catalog[child]])
    assert outcome.code == 0, outcome.errors
    assert_strict(outcome)
    assert outcome.stderr == ""
    records = set(map(canonical, outcome.records[name]))
    for what, (_, expected) in odd.items():
        assert canonical(expected) in records, what
    assert records - {canonical(expected) for _, expected in odd.values()} == set(map(canonical, sandbox.truth(name)))
    assert set(map(canonical, sandbox.truth(child))) <= set(map(canonical, outcome.records[child]))
    assert len(warnings(outcome, "not an object")) == (2 if name == "alerts" else 1)
    assert len(warnings(outcome, "U+FFFD")) == (2 if name == "alerts" else 1)
    (warning,) = warnings(outcome, "primary key")
    assert warning.startswith(f"{name}: a row has no 'id'")


def test_odd_rows_of_a_child_are_delivered_and_cost_no_other(
    sandbox: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    odd = {**ODD, **MENDED}
    text = ", ".join([NO_ROWS, *(text for text, _ in odd.values() if LONG not in text)])
    sandbox.settings(odd={"/v2/alerts/{alertId}/logs": text, "/v2/teams/{teamId}/roles": text})
    outcome = connect(sandbox).read([catalog["alert_logs"], catalog["team_roles"]])
    assert outcome.code == 0, outcome.errors
    assert_strict(outcome)
    for name, column in (("alert_logs", "alert_id"), ("team_roles", "team_id")):
        records = set(map(canonical, outcome.records[name]))
        assert set(map(canonical, sandbox.truth(name))) <= records
        for parent in {row[column] for row in sandbox.truth(name)}:
            for _, expected in odd.values():
                if expected.get("id") != "o5":
                    assert canonical({column: parent, **expected}) in records
        assert len(warnings(outcome, f"{name}: a row that is not an object was skipped")) == 1
        assert len(warnings(outcome, f"{name}: a row has no")) == 1


def test_a_row_too_deep_for_any_reader_is_an_error_in_words(
    sandbox: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any], tmp_path: object
) -> None:
    sandbox.settings(odd={"/v2/teams": "[" * 20_000 + "]" * 20_000})
    connector = connect(sandbox).hurried
    outcome = connector.read([catalog["teams"], catalog["escalations"]])
    assert outcome.code == 1
    assert outcome.statuses["teams"][-1] == "INCOMPLETE"
    assert "nested too deeply" in outcome.errors[0]
    assert outcome.statuses["escalations"][-1] == "COMPLETE"


def test_messages_are_utf_8_in_any_locale(
    sandbox: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    sandbox.settings(odd={"/v2/teams": '{"id": "odd", "name": "\\u00e9\\u4e16\\ud83d\\ude00"}'})
    line = connect(sandbox).read_line([catalog["teams"]], "full_refresh", None)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "source_opsgenie", *line],
        capture_output=True,
        check=True,
        env={"PATH": "", "PYTHONIOENCODING": "latin-1"},
    )
    outcome = Outcome(0, done.stdout.decode("utf-8"), "")
    assert {"id": "odd", "name": "\u00e9\u4e16\U0001f600"} in outcome.records["teams"]
