"""One object decides for itself only: in the real process, against the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.client import Sandbox

Row = dict[str, Any]

# A stream, the one of its parents, the column that names a parent, and the path that is asked for it.
BELOW = {
    "alert_notes": ("alerts", "alert_id", "/v2/alerts/{}/notes"),
    "incident_logs": ("incidents", "incident_id", "/v1/incidents/{}/logs"),
    "team_logs": ("teams", "team_id", "/v2/teams/{}/logs"),
    "schedule_timelines": ("schedules", "schedule_id", "/v2/schedules/{}/timeline"),
    "contacts": ("users", "user_id", "/v2/users/{}/contacts"),
}

# Of waits of 1, 2, 4 ... seconds.
MOST_ATTEMPTS_IN_A_MINUTE = 7


def unique(rows: list[Row]) -> set[str]:
    return {json.dumps(row, sort_keys=True) for row in rows}


def warnings_of(outcome: Outcome, name: str) -> list[str]:
    return [warning for warning in outcome.warnings if warning.startswith(f"{name}: ")]


# For alert_notes, test_a_parent_that_fails_is_owed_and_costs_no_other in test_nothing_lost.py requires more.
@pytest.mark.parametrize(
    ("name", "status"),
    [("incident_logs", 422), ("team_logs", 422), ("schedule_timelines", 422), ("contacts", 422), ("contacts", 500)],
)
def test_one_object_that_fails_is_named_and_comes_once_it_can_be_read(
    name: str, status: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    _, column, place = BELOW[name]
    # Without a lookback nothing comes twice but for a reason.
    connector = connect(sandbox, lookback_window="PT0S").hurried
    stream = connector.catalog()[name]
    whole = connector.read([stream], "incremental", []).records[name]
    failing = whole[len(whole) // 3][column]
    sandbox.settings(refusals={place.format(failing): [status, 1, "it is odd"]})
    outcome = connector.read([stream], "incremental", [])
    assert outcome.code == 1
    assert unique(outcome.records[name]) == unique([row for row in whole if row[column] != failing])
    assert outcome.statuses[name][-1] == "INCOMPLETE"
    assert all(failing in error and str(status) in error for error in outcome.errors)
    sandbox.settings(refusals={})
    later = connector.read([stream], "incremental", outcome.last_states)
    assert later.code == 0, later.errors
    if outcome.last_states:
        newest = {row[column] for row in connector.read([stream], "incremental", later.last_states).records[name]}
        assert {row[column] for row in later.records[name]} <= {failing} | newest
    assert unique(outcome.records[name]) | unique(later.records[name]) == unique(whole)


def test_objects_refused_by_their_type_leave_the_others_their_details(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    truth = {row["id"]: row for row in sandbox.truth("integrations")}
    refused = list(truth)[:-2]
    told = [403, 1, "This integration type is not supported", 40302]
    sandbox.settings(refusals={f"/v2/integrations/{identity}": told for identity in refused})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["integrations"]])
    assert outcome.code == 0, outcome.errors
    rows = {row["id"]: row for row in outcome.records["integrations"]}
    assert set(rows) == set(truth)
    assert {identity for identity, row in rows.items() if set(row) >= set(truth[identity])} >= set(truth) - set(refused)
    (warning,) = warnings_of(outcome, "integrations")
    assert f" {len(refused)} rows" in warning
    assert "the key has the right" in warning
    assert all(identity in warning for identity in refused[:20])


def test_the_same_rows_come_at_any_number_of_workers(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    users = [row["id"] for row in sandbox.truth("users")]
    searches = [row["id"] for row in sandbox.truth("saved_searches")]
    integrations = {row["id"]: row for row in sandbox.truth("integrations")}
    unreadable = [*integrations][:5]
    sandbox.settings(
        latency_ms=5,
        refusals={
            **{f"/v2/users/{identity}/contacts": [403, 1] for identity in users[:10]},
            **{f"/v2/alerts/saved-searches/{identity}": [403, 1] for identity in searches[:2]},
            **{f"/v2/integrations/{identity}": [403, 1] for identity in unreadable},
        },
    )
    names = ("contacts", "saved_searches", "integrations")
    found = []
    for workers in (1, 4, 10):
        connector = connect(sandbox, num_workers=workers)
        outcome = connector.read([connector.catalog()[name] for name in names])
        assert outcome.code == 0, outcome.errors
        # One integration more is of a type that is only listed.
        assert [len(warnings_of(outcome, name)) for name in names] == [1, 1, 2]
        found.append(outcome.records)
    assert found[0] == found[1] == found[2]
    owners = {row["user_id"] for row in sandbox.truth("contacts")}
    assert {row["user_id"] for row in found[0]["contacts"]} == owners - set(users[:10])
    assert {row["id"] for row in found[0]["saved_searches"] if "query" in row} == set(searches[2:])
    assert {row["id"] for row in found[0]["integrations"] if set(row) >= set(integrations[row["id"]])} >= {
        identity for identity in integrations if identity not in unreadable
    }


def test_one_object_that_fails_for_ever_is_given_up_after_a_minute_of_waits(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    """The API answers all others. An API that does not answer at all is waited for ten minutes."""
    template = "/v2/teams/{teamId}/roles"
    teams = [row["id"] for row in sandbox.truth("teams")]
    sandbox.settings(refusals={template.format(teamId=teams[1]): [500, 1, "it is odd"]})
    connector = connect(sandbox, num_workers=1).hurried
    outcome = connector.read([connector.catalog()["team_roles"]])
    assert outcome.statuses["team_roles"][-1] == "INCOMPLETE"
    assert {row["team_id"] for row in outcome.records["team_roles"]} <= {*teams} - {teams[1]}
    calls_for_it = sandbox.calls()[template] - len(teams) + 1
    assert 1 < calls_for_it <= MOST_ATTEMPTS_IN_A_MINUTE


def test_many_objects_that_fail_do_not_each_ask_whether_the_api_answers(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    """That call counts against a limit that the calls for the objects leave alone."""
    _, _, place = BELOW["alert_notes"]
    template = place.format("{alertId}")
    sandbox.settings(fault={"name": "500", "on": [template]})
    connector = connect(sandbox).hurried
    outcome = connector.read([connector.catalog()["alert_notes"]])
    assert outcome.statuses["alert_notes"][-1] == "INCOMPLETE"
    failed = len(list(sandbox.truth("alerts")))
    assert sandbox.calls()[template] > failed
    assert sandbox.calls()["/v2/account"] < failed / 2


def test_one_object_that_a_rate_limit_rejects_for_ever_is_owed_and_the_others_come(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    _, column, place = BELOW["alert_notes"]
    connector = connect(sandbox, lookback_window="PT0S").hurried
    stream = connector.catalog()["alert_notes"]
    whole = connector.read([stream], "incremental", []).records["alert_notes"]
    rejected = whole[len(whole) // 3][column]
    sandbox.settings(refusals={place.format(rejected): [429, 1, "You are making too many requests!"]})
    outcome = connector.read([stream], "incremental", [])
    assert outcome.code == 1
    assert unique(outcome.records["alert_notes"]) == unique([row for row in whole if row[column] != rejected])
    assert all(rejected in error and "though it answers others" in error for error in outcome.errors)
    sandbox.settings(refusals={})
    later = connector.read([stream], "incremental", outcome.last_states)
    assert later.code == 0, later.errors
    assert unique(outcome.records["alert_notes"]) | unique(later.records["alert_notes"]) == unique(whole)


def test_policies_of_the_account_come_though_the_teams_cannot_be_listed(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={"/v2/teams": [403, 1]})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["alert_policies"]])
    assert outcome.code == 0, outcome.errors
    own = [row["id"] for row in sandbox.truth("alert_policies") if row["team_id"] is None]
    assert [row["id"] for row in outcome.records["alert_policies"]] == own
    assert own
