"""What becomes of rows that no account of the sandbox has: answers written by hand, read by the real process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Outcome
from integration_tests.hostile import Answer, Hostile

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
WINDOW = 20_000  # rows that Opsgenie shows of a list
PAGE = 100


@pytest.fixture
def read(
    hostile: Callable[[Callable[..., Answer]], Hostile], catalog: dict[str, Any], tmp_path: Path
) -> Callable[..., Outcome]:
    """Read streams of an account that has what a test says, by path; a pair is a status and a body."""

    def start(data: dict[str, Any], *names: str) -> Outcome:
        def answer(path: str, _: object) -> Answer:
            found = data.get(path, (404, {}))
            return found if isinstance(found, tuple) else (200, {"data": found})

        connector = Connector(tmp_path, {"api_token": KEY, "endpoint": hostile(answer).url})
        return connector.hurried.read([catalog[name] for name in names])

    return start


def test_steps_that_come_with_their_rule_name_it(read: Callable[..., Outcome]) -> None:
    rule = {"id": "r", "name": "New Alert"}
    rules = "/v2/users/u/notification-rules"
    data = {"/v2/users": [{"id": "u"}], rules: [rule], f"{rules}/r": {**rule, "steps": [{"id": "1"}, {"id": "2"}]}}
    outcome = read(data, "notification_rule_steps")
    assert [(row["id"], row.get("_parent")) for row in outcome.records["notification_rule_steps"]] == [
        ("1", rule),
        ("2", rule),
    ]


def test_a_row_without_part_of_its_key_is_told_once(read: Callable[..., Outcome]) -> None:
    members = [{"user": {"username": "a@example.net"}}, {"user": {"id": "u"}}, {"user": {"username": "b@example.net"}}]
    teams = {f"/v2/teams/{name}": {"id": name, "members": members} for name in ("t1", "t2")}
    outcome = read({"/v2/teams": [{"id": "t1"}, {"id": "t2"}], **teams}, "team_members")
    assert len(outcome.records["team_members"]) == 6
    (warning,) = outcome.warnings
    assert warning.startswith("team_members: a row has no 'user_id'")


def test_two_actions_of_one_order_and_name_have_keys_of_their_own(
    read: Callable[..., Outcome], catalog: dict[str, Any]
) -> None:
    twins = [{"name": "c", "order": 0, "filter": {"conditionMatchType": match}} for match in ("match-all", "match-any")]
    data = {"/v2/integrations": [{"id": "i"}], "/v2/integrations/i/actions": {"create": twins}}
    rows = read(data, "integration_actions").records["integration_actions"]
    columns = [column for (column,) in catalog["integration_actions"]["source_defined_primary_key"]]
    assert len(rows) == 2
    assert len({tuple(row.get(column) for column in columns) for row in rows}) == 2


def test_the_order_of_a_policy_may_be_a_fraction(read: Callable[..., Outcome], catalog: dict[str, Any]) -> None:
    data = {
        "/v2/teams": [],
        "/v2/policies/alert": [{"id": "p", "order": 1.5}],
        "/v2/policies/p": {"id": "p", "filter": {"type": "match-all", "conditions": [{"order": 0.5}]}},
    }
    (row,) = read(data, "alert_policies").records["alert_policies"]
    assert row["order"] == 1.5
    assert list(Draft7Validator(catalog["alert_policies"]["json_schema"]).iter_errors(row)) == []


def test_every_column_has_one_type_and_every_array_has_items(catalog: dict[str, Any]) -> None:
    def properties(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, inner in schema.get("properties", {}).items():
            yield from ((f"{path}.{name}", inner), *properties(inner, f"{path}.{name}"))
        if "items" in schema:
            yield from ((f"{path}[]", schema["items"]), *properties(schema["items"], f"{path}[]"))

    for name, stream in catalog.items():
        for path, column in properties(stream["json_schema"], name):
            assert len({column["type"]} if isinstance(column["type"], str) else {*column["type"]} - {"null"}) == 1, path
            assert ("array" in column["type"]) == ("items" in column), path


# What Opsgenie says of one object


def test_an_integration_that_is_not_advanced_leaves_the_others_their_actions(read: Callable[..., Outcome]) -> None:
    actions = {f"/v2/integrations/i{n}/actions": {"create": [{"name": "c", "order": 0}]} for n in (0, 2)}
    refused = (422, {"message": "Integration is not advanced"})
    listed = [{"id": f"i{n}", "name": "n", "type": "API"} for n in range(3)]
    data = {"/v2/integrations": listed, **actions, "/v2/integrations/i1/actions": refused}
    outcome = read(data, "integrations", "integration_actions")
    assert [row["integration_id"] for row in outcome.records["integration_actions"]] == ["i0", "i2"]
    assert outcome.statuses["integration_actions"][-1] == "COMPLETE"
    (warning,) = [each for each in outcome.warnings if each.startswith("integration_actions: ")]
    assert "i1" in warning
    assert "Integration is not advanced" in warning


def test_what_is_not_supported_is_no_missing_right_and_opsgenies_own_reason_comes_first(
    read: Callable[..., Outcome],
) -> None:
    reason = "Actions of this integration cannot be listed"
    data = {
        "/v2/integrations": [{"id": "i0", "name": "n", "type": "Slack"}, {"id": "i1", "name": "n", "type": "API"}],
        "/v2/integrations/i0/actions": (403, {"code": 40302, "message": reason}),
        "/v2/integrations/i1/actions": {"create": [{"name": "c", "order": 0}]},
    }
    outcome = read(data, "integration_actions")
    assert [row["integration_id"] for row in outcome.records["integration_actions"]] == ["i1"]
    (warning,) = [each for each in outcome.warnings if each.startswith("integration_actions: ")]
    assert "no right" not in warning
    assert "Configuration Access" not in warning
    assert warning.index(reason) < warning.index("the key has the right")


# Where the window ends


def test_rows_that_are_none_do_not_lead_beyond_the_window(
    hostile: Callable[[Callable[..., Answer]], Hostile], catalog: dict[str, Any], tmp_path: Path
) -> None:
    """Opsgenie counts what it lists: also what is not an object, and is left out."""
    slots: list[Any] = [{"id": f"u{n}", "username": f"u{n:05}"} for n in range(WINDOW + 2 * PAGE)]
    slots[WINDOW - 3 * PAGE :: 2] = ["odd"] * len(slots[WINDOW - 3 * PAGE :: 2])
    ids = {slot["id"] for slot in slots if slot != "odd"}

    def answer(path: str, query: dict[str, list[str]]) -> Answer:
        if path != "/v2/users":
            return 404, {}
        offset, limit = (int(query.get(name, ["0"])[0]) for name in ("offset", "limit"))
        if offset + limit > WINDOW:
            return 422, {"message": f"offset and limit go beyond {WINDOW}"}
        ordered = slots[::-1] if query.get("order") == ["desc"] else slots
        return 200, {"data": ordered[offset : offset + limit], "totalCount": len(ids)}

    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": hostile(answer).url}).hurried
    outcome = connector.read([catalog["users"]])
    assert outcome.code == 0, outcome.errors
    assert {row["id"] for row in outcome.records["users"]} == ids
