"""Opsgenie misbehaves: the sync goes on and is complete, or fails in words; it never ends well without its rows."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.faults import HARMLESS, LASTING, LINKS, PASSING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

# A stream of each paging family, and the endpoint that misbehaves under it.
ON = {
    "alerts": "/v2/alerts",
    "alert_logs": "/v2/alerts/{alertId}/logs",
    "incident_timeline_entries": "/v2/incident-timelines/{incidentId}/entries",
    "incident_associated_alerts": "/v1/incidents/{incidentId}/associated-alert-ids",
    "users": "/v2/users",
    "team_logs": "/v2/teams/{teamId}/logs",
    "team_members": "/v2/teams/{teamId}",
    "integrations": "/v2/integrations/{integrationId}",
    "schedule_timelines": "/v2/schedules/{scheduleId}/timeline",
    "heartbeats": "/v2/heartbeats",
}


def canonical(row: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in row.items() if value is not None}, sort_keys=True)


def is_complete(outcome: Outcome, name: str, account: Sandbox) -> bool:
    return Counter(map(canonical, outcome.records[name])) == Counter(map(canonical, account.truth(name)))


def assert_no_silent_loss(outcome: Outcome, names: list[str], account: Sandbox) -> None:
    """Require of every stream: all its rows, or a status and an error that say otherwise."""
    for name in names:
        if outcome.statuses[name][-1] == "COMPLETE" and outcome.code == 0:
            assert is_complete(outcome, name, account), name


@pytest.fixture
def hurried(sandbox: Sandbox, tmp_path: Path) -> Connector:
    config = {"api_token": sandbox.key(), "endpoint": sandbox.url}
    return Connector(tmp_path, config, "integration_tests.hurried")


@pytest.fixture(scope="module")
def catalog(shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    config = {"api_token": shared_sandbox.key(), "endpoint": shared_sandbox.url}
    return Connector(tmp_path_factory.mktemp("catalog"), config).catalog()


def read(
    connector: Connector, catalog: dict[str, Any], sandbox: Sandbox, name: str, fault: dict[str, Any]
) -> Outcome:
    sandbox.settings(fault=fault)
    return connector.read([catalog[name], catalog["teams"]])


@pytest.mark.parametrize("fault", [*PASSING, *HARMLESS])
@pytest.mark.parametrize("name", ["alerts", "alert_logs", "team_logs"])
def test_what_passes_by_itself_is_waited_for(
    fault: str, name: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    times = 1 if fault == "hang" else 3
    outcome = read(hurried, catalog, sandbox, name, {"name": fault, "on": ON[name], "after": 1, "times": times})
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, name, sandbox)


@pytest.mark.parametrize("fault", ["500", "503"])
def test_ten_minutes_of_errors_are_waited_for(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    outcome = read(hurried, catalog, sandbox, "alerts", {"name": fault, "on": ON["alerts"], "after": 1, "times": 14})
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)


@pytest.mark.parametrize("fault", ["429", "429 without headers"])
def test_a_storm_of_429s_is_waited_for_however_long(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    outcome = read(hurried, catalog, sandbox, "alerts", {"name": fault, "on": ON["alerts"], "after": 1, "times": 60})
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox)


@pytest.mark.parametrize("fault", ["503", "reset", "abort", "truncated", "html", "empty"])
def test_what_does_not_pass_fails_in_words(
    fault: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    outcome = read(hurried, catalog, sandbox, "alert_logs", {"name": fault, "on": ON["alert_logs"], "after": 5})
    assert outcome.code == 1
    assert outcome.statuses["alert_logs"][-1] == "INCOMPLETE"
    assert outcome.statuses["teams"][-1] == "COMPLETE"
    assert outcome.errors[0].startswith("alert_logs: gave up after")
    assert "Traceback" not in outcome.errors[0]
    assert_no_silent_loss(outcome, ["alert_logs", "teams"], sandbox)


@pytest.mark.parametrize("fault", [*LASTING, *LINKS])
@pytest.mark.parametrize("name", ON)
def test_nothing_is_ever_lost_in_silence(
    fault: str, name: str, sandbox: Sandbox, hurried: Connector, catalog: dict[str, Any]
) -> None:
    after = 2 if "{" in ON[name] else 0
    outcome = read(hurried, catalog, sandbox, name, {"name": fault, "on": ON[name], "after": after})
    assert_no_silent_loss(outcome, [name, "teams"], sandbox)
    assert sandbox.key() not in outcome.stdout + outcome.stderr
    if fault in LASTING:
        assert outcome.code == 1
        assert any(error.startswith(f"{name}: ") for error in outcome.errors), outcome.errors
        assert outcome.statuses["teams"][-1] == "COMPLETE"
    assert all("Traceback" not in error for error in outcome.errors)


def test_a_key_revoked_in_mid_sync_says_so_and_keeps_the_state(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=900)
    connector = connect(account)
    stream = connector.catalog()["alert_notes"]
    account.settings(fault={"name": "revoked", "on": "/v2/alerts/{alertId}/notes", "after": 400})
    failed = connector.read([stream], "incremental", [])
    assert failed.code == 1
    assert "does not know the key" in failed.errors[0]
    assert failed.last_states
    account.settings(fault={})
    rest = connector.read([stream], "incremental", failed.last_states)
    rows = {canonical(row) for row in failed.records["alert_notes"] + rest.records["alert_notes"]}
    assert rows == set(map(canonical, account.truth("alert_notes")))
    assert len(rest.records["alert_notes"]) < len(rows)


def test_a_query_that_opsgenie_refuses_is_named(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, alert_query="createdAt >= yesterday")
    outcome = connector.read([connector.catalog()["alerts"]])
    assert outcome.code == 1
    assert "'alert_query'" in outcome.errors[0]
    assert "Time is accepted" in outcome.errors[0]


@pytest.mark.parametrize(
    ("state", "clean"),
    [
        ({"updatedAt": "soon"}, True),
        ({"updatedAt": 7, "backfill": "done"}, True),
        ({"version": 9, "cursors": {"a": 1}}, True),
        ({"updatedAt": "2026-06-01T00:00:00Z", "createdAt": None, "backfill": "later", "x": [1]}, True),
    ],
)
def test_a_state_that_says_nothing_starts_from_the_beginning(
    state: dict[str, Any], clean: bool, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    given = [{"type": "STREAM", "stream": {"stream_descriptor": {"name": "alerts"}, "stream_state": state}}]
    outcome = connector.read([connector.catalog()["alerts"]], "incremental", given)
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "alerts", sandbox) is clean


@pytest.mark.parametrize("content", ["{", "7", '[{"type": "STREAM"}]', '"x"'])
def test_a_state_file_that_is_none_is_an_error(
    content: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    line = connector.read_line([connector.catalog()["teams"]], "full_refresh", [])
    (connector.folder / "state.json").write_text(content)
    outcome = connector.run(*line)
    assert outcome.code == 1
    assert outcome.errors
