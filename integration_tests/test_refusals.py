"""What a key or a plan does not include is left out with a word, and never fails the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_tests.connector import Connector, Outcome
    from integration_tests.sandbox.client import Sandbox

CONFIGURED = ("teams", "users", "team_roles", "schedules", "integrations", "incident_timeline_entries")


def warnings_of(outcome: Outcome, name: str) -> list[str]:
    found = [message["log"] for message in outcome.of_type("LOG")]
    return [log["message"] for log in found if log["level"] == "WARN" and log["message"].startswith(f"{name}: ")]


def test_a_key_without_configuration_access_reads_the_rest(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, "no_config")
    outcome = connector.read(connector.catalog().values())
    assert outcome.code == 0, outcome.errors
    assert outcome.errors == []
    for name in ("alerts", "alert_logs", "incidents", "incident_logs", "saved_searches", "request_limits"):
        assert len(outcome.records[name]) == len(list(sandbox.truth(name)))
    for name in CONFIGURED:
        assert outcome.records[name] == []
        assert outcome.statuses[name][-1] == "COMPLETE"
        (warning,) = warnings_of(outcome, name)
        assert "Configuration Access" in warning


def test_a_teams_key_reads_what_the_team_owns(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, "team").hurried  # at the pace for unknown limits it would take minutes
    outcome = connector.read(connector.catalog().values())
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["teams"]) == 1
    team = outcome.records["teams"][0]["id"]
    assert {row["team_id"] for row in outcome.records["team_logs"]} == {team}
    assert all({"id": team} in row["teams"] for row in outcome.records["alerts"])
    assert outcome.records["alerts"]
    for name in ("users", "contacts", "account", "request_limits"):
        assert outcome.records[name] == []
        (warning,) = warnings_of(outcome, name)
        assert "team" in warning


@pytest.mark.parametrize("plan", ["Essentials", "Standard"])
def test_a_plan_without_a_feature_is_named(plan: str, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    sandbox.settings(plan=plan)
    connector = connect(sandbox)
    outcome = connector.read(connector.catalog().values())
    assert outcome.code == 0, outcome.errors
    left_out = ["log_files"] + (["incidents", "incident_notes", "services"] if plan == "Essentials" else [])
    for name in left_out:
        assert outcome.records[name] == []
        (warning,) = warnings_of(outcome, name)
        assert "plan" in warning
    # A plan's refusal holds for all parents: it is not asked for each of them.
    assert sandbox.calls().get("/v1/incidents/{incidentId}/notes", 0) == 0 or plan == "Standard"


def test_a_sync_whose_streams_are_all_refused_fails(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    outcome = connect(sandbox, "no_config").read([catalog[name] for name in ("teams", "team_roles", "users")])
    assert outcome.code == 1
    (error,) = outcome.errors
    assert "every selected stream" in error
    assert all(name in error for name in ("teams", "team_roles", "users"))
    assert "Configuration Access" in error


@pytest.mark.parametrize("status", [403, 404])
def test_some_parents_that_are_refused_are_skipped(
    status: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={"/v2/alerts/{alertId}/notes": [status, 3]})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["alert_notes"]], "incremental", [])
    assert outcome.code == 0, outcome.errors
    truth = list(sandbox.truth("alert_notes"))
    assert 0 < len(outcome.records["alert_notes"]) < len(truth)
    told = warnings_of(outcome, "alert_notes")
    refused = sandbox.stats()["statuses"][str(status)]
    if status == 403:
        assert any(f"below {refused} parents" in warning for warning in told)
    else:
        assert told == []  # deleted meanwhile


def test_a_child_refused_everywhere_is_given_up_and_owed(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(settings={"refusals": {"/v2/alerts/{alertId}/notes": [403, 1]}})
    connector = connect(account)
    catalog = connector.catalog()
    streams = [catalog["alerts"], catalog["alert_notes"]]
    outcome = connector.read(streams, "incremental", [])
    assert outcome.code == 0, outcome.errors
    assert account.calls()["/v2/alerts/{alertId}/notes"] < 30  # of 300
    (warning,) = warnings_of(outcome, "alert_notes")
    assert "the stream is left out" in warning
    # With the right given, the next sync reads what was owed.
    account.settings(refusals={})
    later = connector.read(streams, "incremental", outcome.last_states)
    assert len(later.records["alert_notes"]) == len(list(account.truth("alert_notes")))


@pytest.mark.parametrize("form", ["array", "channels"])
def test_action_channels_in_either_form(form: str, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    sandbox.settings(action_channels=form)
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["action_channels"]])
    assert len(outcome.records["action_channels"]) == len(list(sandbox.truth("action_channels"))) > 0


@pytest.mark.parametrize("status", ["402", "403", "404", "405", "410"])
def test_action_channels_that_cannot_be_listed_end_quietly(
    status: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(action_channels=status)
    connector = connect(sandbox)
    catalog = connector.catalog()
    outcome = connector.read([catalog["action_channels"], catalog["teams"]])
    assert outcome.code == 0, outcome.errors
    assert outcome.records["action_channels"] == []
    (warning,) = warnings_of(outcome, "action_channels")
    assert "left out" in warning


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("integrations", "/v2/integrations/{integrationId}"),
        ("maintenance", "/v1/maintenance/{maintenanceId}"),
        ("alert_policies", "/v2/policies/{policyId}"),
        ("notification_rules", "/v2/users/{userId}/notification-rules/{ruleId}"),
    ],
)
def test_a_detail_that_may_not_be_read_leaves_the_lists_row(
    name: str, template: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={template: [403, 2]})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()[name]])
    assert outcome.code == 0, outcome.errors
    truth = {row["id"]: row for row in sandbox.truth(name)}
    assert {row["id"] for row in outcome.records[name]} == set(truth)
    short = [row for row in outcome.records[name] if len(row) < len([v for v in truth[row["id"]].values() if v])]
    assert short
    (warning,) = warnings_of(outcome, name)
    assert "fields of the list only" in warning


def test_secrets_never_come_out(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    names = ("integrations", "integration_actions", "action_channels")
    outcome = connector.read([catalog[name] for name in names], "full_refresh", None, "--debug")
    assert "s3cr3t" not in outcome.stdout + outcome.stderr
    assert '"***"' in outcome.stdout


def test_rotations_that_do_not_come_with_their_schedule_are_asked_for(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(rotations_key_missing=True)
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["schedule_rotations"]])
    assert sandbox.calls()["/v2/schedules/{scheduleId}/rotations"] == 1
    sandbox.settings(rotations_key_missing=False)
    assert len(outcome.records["schedule_rotations"]) == len(list(sandbox.truth("schedule_rotations")))
