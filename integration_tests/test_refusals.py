"""What a key or a plan does not include is skipped with a warning, and never fails the rest. One object decides for
itself only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from math import ceil

import pytest

from integration_tests.connector import Connector, Outcome, Row
from integration_tests.rows import canonical, counted
from integration_tests.sandbox import text
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.configuration.integrations import LISTED_ONLY
from integration_tests.sandbox.refusal import is_refused

BELOW_ALERTS = ("alert_details", "alert_notes", "alert_recipients", "alert_attachments")
CONFIGURED = ("teams", "users", "team_roles", "schedules", "integrations", "incident_timeline_entries")


NOTES = "/v2/alerts/{alertId}/notes"
PAGE = 100
MOST_NAMED = 20  # ids in a warning; the rest is counted

# A refusal that says nothing of other objects, and some that hold for every object of the kind.
OF_THIS_OBJECT = [403, 1, text.NO_READ_ACCESS, 40301]
RIGHT, PLAN, RETIRED = OF_ALL = [
    [403, 1, text.NO_CONFIGURATION_ACCESS, 40301],
    [402, 1, text.PLAN],
    [410, 1, text.GONE],
]


def path_of(template: str, row: Row) -> str:
    """Return the path of a row's single object."""
    path = template.replace("{userId}", str(row.get("user_id")))
    return re.sub(r"\{\w+\}", row["id"], path)


def oldest_alerts(sandbox: Sandbox, number: int | None) -> list[str]:
    """Return the ids of the alerts that a backfill meets first."""
    alerts = sorted(sandbox.truth("alerts"), key=lambda row: text.millis(row["createdAt"]))
    return [row["id"] for row in alerts[:number]]


def calls_for_notes(sandbox: Sandbox, refused: Collection[str]) -> int:
    """Return the calls for the notes of all alerts: one for each page, and one for each alert that is refused."""
    notes = Counter(row["alert_id"] for row in sandbox.truth("alert_notes"))
    pages = [1 if each in refused else max(1, ceil(notes[each] / PAGE)) for each in oldest_alerts(sandbox, None)]
    return sum(pages)


def warnings_of(outcome: Outcome, name: str) -> list[str]:
    found = [message["log"] for message in outcome.of_type("LOG")]
    return [log["message"] for log in found if log["level"] == "WARN" and log["message"].startswith(f"{name}: ")]


def test_a_key_without_configuration_access_reads_the_rest(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, "no_config")
    # One of the streams below alerts stands for all of them.
    outcome = connector.read([stream for name, stream in connector.catalog().items() if name not in BELOW_ALERTS])
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
    catalog = connector.catalog()
    of_incidents = ("incidents", "incident_notes", "services")
    outcome = connector.read(
        catalog.values() if plan == "Essentials" else [catalog[name] for name in ("log_files", *of_incidents)]
    )
    assert outcome.code == 0, outcome.errors
    for name in ("log_files", *of_incidents):
        if plan == "Standard" and name != "log_files":
            assert outcome.records[name]
            continue
        assert outcome.records[name] == []
        (warning,) = warnings_of(outcome, name)
        assert "plan" in warning
    # What is below a list that is refused is not asked for.
    assert ("/v1/incidents/{incidentId}/notes" in sandbox.calls()) is (plan == "Standard")


def test_a_sync_whose_streams_are_all_refused_fails(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    names = ("teams", "team_roles", "users", "alert_policies")
    outcome = connect(sandbox, "no_config").read([catalog[name] for name in names])
    assert outcome.code == 1
    (error,) = outcome.errors
    assert "every selected stream" in error
    assert all(name in error for name in names)
    assert "Configuration Access" in error


@pytest.mark.parametrize("status", [403, 404])
def test_some_parents_that_are_refused_are_skipped(
    status: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={NOTES: [status, 3], "/v2/alerts/{alertId}": [status, 1]})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["alert_notes"]], "incremental", [])
    assert outcome.code == 0, outcome.errors
    alerts = [row["id"] for row in sandbox.truth("alerts")]
    refused = {identity for identity in alerts if is_refused(NOTES.replace("{alertId}", identity), 3)}
    assert MOST_NAMED < len(refused) < len(alerts)
    others = [row for row in sandbox.truth("alert_notes") if row["alert_id"] not in refused]
    assert counted(outcome.records["alert_notes"]) == counted(others)
    # Before a state, the last alert that was answered may be asked for once more: was a right lost?
    once_more = len(outcome.of_type("STATE")) if status == 403 else 0
    assert 0 <= sandbox.calls()[NOTES] - calls_for_notes(sandbox, refused) <= once_more
    warned = warnings_of(outcome, "alert_notes")
    if status == 404:  # deleted meanwhile
        assert [line.split(" could")[0] for line in warned] == [f"alert_notes: {len(refused)} alerts"]
        return
    told = 0
    for warning in warned:
        (count,) = map(int, re.findall(r"the rows of (\d+) alerts were skipped", warning))
        named = set(re.findall(r"[0-9a-f-]{36}-\d+", warning))
        assert len(named) == min(count, MOST_NAMED)
        assert (f"and {count - MOST_NAMED} more" in warning) is (count > MOST_NAMED)
        assert named <= refused
        # Before the first state that passes some of them, again when they have doubled, and at the end.
        assert count >= told or warning == warned[-1]
        told += count
    assert told == len(refused)


@pytest.mark.parametrize(
    ("refusal", "workers"),
    [(OF_THIS_OBJECT, 10), *((each, 10) for each in OF_ALL), (RIGHT, 1)],
    ids=["of this object", "right", "plan", "retired", "right, one worker"],
)
def test_the_first_parents_do_not_decide_for_the_others(
    refusal: list[object], workers: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    refused = oldest_alerts(sandbox, 12)
    sandbox.settings(refusals={NOTES.replace("{alertId}", identity): refusal for identity in refused})
    connector = connect(sandbox, num_workers=workers)
    outcome = connector.read([connector.catalog()["alert_notes"]], "incremental", [])
    assert outcome.code == 0, outcome.errors
    others = [row for row in sandbox.truth("alert_notes") if row["alert_id"] not in refused]
    assert counted(outcome.records["alert_notes"]) == counted(others)
    (warning,) = warnings_of(outcome, "alert_notes")
    assert "the rows of 12 alerts were skipped" in warning
    assert all(identity in warning for identity in refused)
    # An answer that says that it holds for all is put to the test, once: in the middle and at the end.
    assert sandbox.calls()[NOTES] == calls_for_notes(sandbox, refused) + (0 if refusal == OF_THIS_OBJECT else 2)


@pytest.mark.parametrize(
    ("name", "template", "refusal"),
    [
        ("alert_notes", NOTES, RIGHT),
        ("alert_notes", NOTES, PLAN),
        ("alert_notes", NOTES, RETIRED),
        ("incident_logs", "/v1/incidents/{incidentId}/logs", RIGHT),
        ("team_roles", "/v2/teams/{teamId}/roles", RIGHT),
        ("schedule_timelines", "/v2/schedules/{scheduleId}/timeline", RIGHT),
    ],
    ids=["alert_notes, right", "alert_notes, plan", "alert_notes, retired", "incident_logs", "team_roles", "timelines"],
)
def test_a_refusal_that_holds_for_all_ends_the_stream_after_three_calls(
    name: str, template: str, refusal: list[object], sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={template: refusal})
    connector = connect(sandbox, num_workers=1)
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog[name]], "incremental", [])
    assert outcome.code == 0, outcome.errors
    assert outcome.records[name] == []
    assert sandbox.calls()[template] == 3  # the first, the one in the middle, and the last
    (warning,) = warnings_of(outcome, name)
    assert warning.startswith(f"{name}: the stream is skipped, because Opsgenie says ")
    # With the right given, the next sync reads what is still owed.
    sandbox.settings(refusals={})
    later = connector.read([catalog["alerts"], catalog[name]], "incremental", outcome.last_states)
    assert counted(later.records[name]) == counted(sandbox.truth(name))


def test_parents_that_are_all_refused_are_all_asked_and_stay_owed(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={NOTES: OF_THIS_OBJECT})
    connector = connect(sandbox)
    catalog = connector.catalog()
    streams = [catalog["alerts"], catalog["alert_notes"]]
    outcome = connector.read(streams, "incremental", [])
    assert outcome.code == 0, outcome.errors
    alerts = len(list(sandbox.truth("alerts")))
    assert sandbox.calls()[NOTES] == alerts
    (warning,) = warnings_of(outcome, "alert_notes")
    assert f"the rows of {alerts} alerts were skipped" in warning
    assert text.NO_READ_ACCESS in warning
    # With the right given, the next sync reads what was owed.
    sandbox.settings(refusals={})
    later = connector.read(streams, "incremental", outcome.last_states)
    assert counted(later.records["alert_notes"]) == counted(sandbox.truth("alert_notes"))


@pytest.mark.parametrize("form", ["array", "channels", "two lists"])
def test_action_channels_in_each_form(form: str, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
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
    assert warning.startswith("action_channels: the stream is skipped, because Opsgenie says ")
    assert sandbox.calls()["/v1/actions/channels"] <= 6 + 2  # of six teams, and two to put it to the test


# What no source says: each of these outcomes is as right as the one that the sandbox has by itself.
OUTCOMES = [
    ({"last_link": "itself"}, ("alert_logs", "incident_notes", "incident_associated_alerts")),
    ({"last_link": "known ids"}, ("incident_responder_alerts", "incident_associated_alerts")),
    ({"empty_pages": True}, ("alert_logs", "alert_notes", "incident_logs", "incident_notes")),
    ({"empty_pages": True}, ("incident_timeline_entries",)),
    ({"incidents_sort_updated_at": "400"}, ("incidents",)),
    ({"timeline_ids": "shared"}, ("incident_timeline_entries",)),
    *(({"plain_integrations": status}, ("integration_actions",)) for status in ("400", "403", "422", "500")),
    *(({"action_channels": status}, ()) for status in ("400", "422", "500", "501")),
]


@pytest.mark.parametrize(("settings", "names"), OUTCOMES, ids=" ".join)
def test_an_outcome_that_no_source_rules_out_loses_nothing(
    settings: dict[str, str | bool], names: tuple[str, ...], sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(**settings)
    connector = connect(sandbox).hurried
    catalog = connector.catalog()
    outcome = connector.read([catalog[name] for name in ("teams", "action_channels", *names)])
    assert outcome.code == 0, outcome.errors
    for name in names:
        assert counted(outcome.records[name]) == counted(sandbox.truth(name))
    assert bool(outcome.records["action_channels"]) is ("action_channels" not in settings)
    refused = {"integration_actions"} & {*names} or {"action_channels"} & settings.keys()
    assert {name for name in ("action_channels", *names) if warnings_of(outcome, name)} == refused


@pytest.mark.parametrize("status", ["400", "403", "422"])
def test_a_teams_key_reads_its_policies_however_it_is_refused_those_of_the_account(
    status: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(policies_without_team=status)
    connector = connect(sandbox, "team")
    outcome = connector.read([connector.catalog()["alert_policies"]])
    assert outcome.code == 0, outcome.errors
    (team,) = {row["team_id"] for row in outcome.records["alert_policies"]}
    expected = [row for row in sandbox.truth("alert_policies") if row["team_id"] == team]
    assert counted(outcome.records["alert_policies"]) == counted(expected)
    (warning,) = warnings_of(outcome, "alert_policies")
    assert "the rows of the account itself were skipped" in warning


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("integrations", "/v2/integrations/{integrationId}"),
        ("maintenance", "/v1/maintenance/{maintenanceId}"),
        ("alert_policies", "/v2/policies/{policyId}"),
        ("notification_rules", "/v2/users/{userId}/notification-rules/{ruleId}"),
    ],
)
def test_a_detail_that_is_refused_leaves_the_lists_row(
    name: str, template: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={template: [403, 2, "Not for this type.", 40302]})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()[name]])
    assert outcome.code == 0, outcome.errors
    truth = {row["id"]: row for row in sandbox.truth(name)}
    refused = {identity for identity, row in truth.items() if is_refused(path_of(template, row), 2)}
    refused |= listed_only(truth)
    assert 0 < len(refused) < len(truth)
    assert_short(outcome.records[name], truth, refused)
    assert sandbox.calls()[template] == len(truth)
    (warning,) = warnings_of(outcome, name)
    assert f"{name}: only the list's fields were delivered for {len(refused)} rows" in warning
    assert sum(identity in warning for identity in refused) == min(len(refused), MOST_NAMED)
    assert 'Opsgenie says "Not for this type.' in warning
    assert "does not support this call for this object" in warning


@pytest.mark.parametrize("refusal", [OF_THIS_OBJECT, *OF_ALL], ids=["of this object", "right", "plan", "retired"])
@pytest.mark.parametrize("workers", [1, 10])
def test_the_first_details_do_not_decide_for_the_others(
    workers: int, refusal: list[object], sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    truth = {row["id"]: row for row in sandbox.truth("integrations")}
    refused = set(list(truth)[:-1])
    sandbox.settings(refusals={f"/v2/integrations/{identity}": refusal for identity in refused})
    connector = connect(sandbox, num_workers=workers)
    outcome = connector.read([connector.catalog()["integrations"]])
    assert outcome.code == 0, outcome.errors
    assert_short(outcome.records["integrations"], truth, refused)
    assert sandbox.calls()["/v2/integrations/{integrationId}"] == len(truth)
    (warning,) = warnings_of(outcome, "integrations")
    assert all(identity in warning for identity in refused)


@pytest.mark.parametrize("status", [422, 500])
def test_a_detail_that_fails_is_named_and_leaves_the_lists_row(
    status: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    template = "/v2/integrations/{integrationId}"
    sandbox.settings(refusals={template: [status, 2]})
    connector = connect(sandbox).hurried
    outcome = connector.read([connector.catalog()["integrations"]])
    truth = {row["id"]: row for row in sandbox.truth("integrations")}
    failing = {identity for identity, row in truth.items() if is_refused(path_of(template, row), 2)}
    assert 0 < len(failing) < len(truth)
    assert_short(outcome.records["integrations"], truth, failing)
    assert_incomplete(outcome, "integrations", failing)


@pytest.mark.parametrize("status", [400, 405, 406, 409, 416, 422, 500])
def test_a_parent_that_fails_costs_no_other(status: int, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    template = "/v2/teams/{teamId}/roles"
    sandbox.settings(refusals={template: [status, 2]})
    connector = connect(sandbox).hurried
    outcome = connector.read([connector.catalog()["team_roles"]])
    teams = [row["id"] for row in sandbox.truth("teams")]
    failing = {identity for identity in teams if is_refused(template.replace("{teamId}", identity), 2)}
    assert 0 < len(failing) < len(teams)
    others = [row for row in sandbox.truth("team_roles") if row["team_id"] not in failing]
    assert counted(outcome.records["team_roles"]) == counted(others)
    assert_incomplete(outcome, "team_roles", failing)


def assert_incomplete(outcome: Outcome, name: str, failing: set[str]) -> None:
    """Require an error that names what failed, and nothing else."""
    assert outcome.code == 1
    assert outcome.statuses[name][-1] == "INCOMPLETE"
    (error,) = [each for each in outcome.errors if each.startswith(f"{name}: ")]
    assert f"{name}: {len(failing)} objects could not be read: " in error
    assert "All others were read or skipped." in error
    assert all(identity in error for identity in failing)


@pytest.mark.parametrize("status", [403, 422, 500])
def test_an_error_of_the_parents_list_costs_nothing_that_was_read(
    status: int, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={"/v2/teams": [status, 1]})
    connector = connect(sandbox).hurried
    outcome = connector.read([connector.catalog()["alert_policies"]])
    of_the_account = [row for row in sandbox.truth("alert_policies") if row.get("team_id") is None]
    assert of_the_account, "the test would prove nothing"
    assert counted(outcome.records["alert_policies"]) == counted(of_the_account)
    if status == 403:
        assert outcome.code == 0, outcome.errors
        (warning,) = warnings_of(outcome, "alert_policies")
        assert "teams was skipped, because " in warning
    else:
        assert outcome.code == 1
        assert outcome.statuses["alert_policies"][-1] == "INCOMPLETE"


def listed_only(rows: dict[str, Row]) -> set[str]:
    """Return the integrations that have no further fields, because their type is refused one by one."""
    return {identity for identity, row in rows.items() if row.get("type") in LISTED_ONLY}


def assert_short(rows: list[Row], truth: dict[str, Row], refused: set[str]) -> None:
    """Require all rows once: those refused with fewer fields than there are, all others as whole as there are any."""
    assert Counter(row["id"] for row in rows) == Counter(list(truth))
    for row in rows:
        whole = truth[row["id"]]
        if row["id"] in refused - listed_only(truth):
            assert {name for name, value in row.items() if value} < {name for name, value in whole.items() if value}
        else:
            assert canonical(row) == canonical(whole)


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


def test_the_policies_of_the_account_itself_are_told_apart_from_those_of_teams(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(refusals={"/v2/policies/alert": OF_THIS_OBJECT})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["alert_policies"]])
    account, teams = warnings_of(outcome, "alert_policies")
    assert account.startswith("alert_policies: the rows of the account itself were skipped, because ")
    assert f"the rows of {len(list(sandbox.truth('teams')))} teams were skipped" in teams
