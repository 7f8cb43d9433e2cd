"""The sandbox shows configured objects as Opsgenie does: envelopes, what lists leave out, rights, and timelines."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest

from integration_tests.sandbox import text
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_sandbox import by_links, data, get, truth_below

Row = dict[str, Any]
BY_NAME = {"sort": "name", "order": "asc", "limit": 100}
COMMON = {"data", "took", "requestId"}


def first(account: Sandbox, stream: str) -> Row:
    return next(iter(account.truth(stream)))


def ids(rows: list[Row]) -> list[str]:
    return [row["id"] for row in rows]


def millis(row: Row) -> tuple[int, int]:
    return text.millis(row["startDate"]), text.millis(row["endDate"])


# Envelopes: what stands beside `data`, and in which of its keys the rows are; None for an object that is the row.


@pytest.mark.parametrize(
    ("path", "query", "beside", "inside"),
    [
        ("/v2/users", {"limit": 2, "sort": "username", "order": "asc"}, {"totalCount", "paging"}, "[]"),
        ("/v2/users/user0@example.com", {}, {"expandable"}, None),
        ("/v2/users/user0@example.com/contacts", {}, set(), "[]"),
        ("/v2/users/user0@example.com/teams", {}, set(), "[]"),
        ("/v2/users/user0@example.com/escalations", {}, set(), "[]"),
        ("/v2/users/user0@example.com/schedules", {}, set(), "[]"),
        ("/v2/users/user0@example.com/forwarding-rules", {}, set(), "[]"),
        ("/v2/users/user0@example.com/notification-rules", {}, set(), "[]"),
        ("/v2/forwarding-rules", {}, set(), "[]"),
        ("/v2/teams", {}, {"expandable"}, "[]"),
        ("/v2/policies/alert", {}, set(), "[]"),
        ("/v2/schedules", {}, {"expandable"}, "[]"),
        ("/v2/schedules/on-calls", {}, set(), "[]"),
        ("/v2/escalations", {}, set(), "[]"),
        ("/v1/services", BY_NAME, {"paging"}, "[]"),
        ("/v1/incident-templates", {"limit": 100}, {"paging"}, "incidentTemplates"),
        ("/v2/integrations", {}, {"code"}, "[]"),
        ("/v2/heartbeats", {}, set(), "heartbeats"),
        ("/v2/account", {}, set(), None),
        ("/v2/request-limits/", {}, set(), "rateLimits"),
        ("/v2/roles", {}, set(), "[]"),
        ("/v1/maintenance", {}, set(), "[]"),
        ("/v2/logs/list/2010-01-01-00-00-00", {"limit": 1000}, {"marker"}, "[]"),
    ],
)
def test_each_answer_has_its_envelope(
    path: str, query: dict[str, object], beside: set[str], inside: str | None, sandbox: Sandbox
) -> None:
    answer = get(sandbox, path, **query).json()
    assert set(answer) == COMMON | beside
    if inside == "[]":
        assert isinstance(answer["data"], list)
        assert answer["data"]
    elif inside is None:
        assert isinstance(answer["data"], dict)
    else:
        assert set(answer["data"]) == {inside}
        assert isinstance(answer["data"][inside], list)
    assert sandbox.stats()["violations"] == []


@pytest.mark.parametrize(
    ("stream", "path", "column"),
    [
        ("contacts", "/v2/users/{}/contacts", "user_id"),
        ("user_teams", "/v2/users/{}/teams", "user_id"),
        ("user_escalations", "/v2/users/{}/escalations", "user_id"),
        ("user_schedules", "/v2/users/{}/schedules", "user_id"),
        ("team_roles", "/v2/teams/{}/roles", "team_id"),
        ("team_routing_rules", "/v2/teams/{}/routing-rules", "team_id"),
        ("schedule_rotations", "/v2/schedules/{}/rotations", "schedule_id"),
        ("schedule_overrides", "/v2/schedules/{}/overrides", "schedule_id"),
        ("service_incident_rules", "/v1/services/{}/incident-rules", "service_id"),
        ("service_incident_templates", "/v1/services/{}/incident-templates", "service_id"),
    ],
)
def test_what_lies_below_each_parent_is_true(stream: str, path: str, column: str, sandbox: Sandbox) -> None:
    parents = {"user_id": "users", "team_id": "teams", "schedule_id": "schedules", "service_id": "services"}
    expected = truth_below(sandbox, stream, column)
    read = {row["id"]: data(sandbox, path.format(row["id"])) for row in sandbox.truth(parents[column])}
    assert {parent: rows for parent, rows in read.items() if rows} == expected
    assert expected


@pytest.mark.parametrize(
    "path",
    [
        "/v2/users/nobody/contacts",
        "/v2/teams/nobody/roles",
        "/v2/schedules/nobody/rotations",
        "/v1/services/nobody/incident-rules",
        "/v2/integrations/nobody",
        "/v2/integrations/nobody/actions",
        "/v1/maintenance/nobody",
        "/v2/roles/nobody",
        "/v2/policies/nobody",
    ],
)
def test_what_is_not_there_is_not_found(path: str, sandbox: Sandbox) -> None:
    assert get(sandbox, path).status_code == 404


# Lists that leave fields out


@pytest.mark.parametrize(
    ("stream", "path", "left_out"),
    [
        ("maintenance", "/v1/maintenance", {"rules"}),
        ("custom_user_roles", "/v2/roles", {"extendedRole", "grantedRights", "disallowedRights"}),
    ],
)
def test_the_single_object_tells_what_its_list_leaves_out(
    stream: str, path: str, left_out: set[str], sandbox: Sandbox
) -> None:
    full = list(sandbox.truth(stream))
    listed = data(sandbox, path)
    assert ids(listed) == ids(full)
    for short, row in zip(listed, full, strict=True):
        single = data(sandbox, f"{path}/{row['id']}")
        assert single == row
        assert single.items() >= short.items()
        assert set(single) - set(short) == left_out


def test_notification_rules_are_listed_in_short(sandbox: Sandbox) -> None:
    user = first(sandbox, "users")["id"]
    expected = truth_below(sandbox, "notification_rules", "user_id")[user]
    steps = truth_below(sandbox, "notification_rule_steps", "user_id")[user]
    path = f"/v2/users/{user}/notification-rules"
    for short, row in zip(data(sandbox, path), expected, strict=True):
        assert set(short) == {"id", "name", "actionType", "order", "enabled"}
        single = data(sandbox, f"{path}/{row['id']}")
        assert single == row
        below = data(sandbox, f"{path}/{row['id']}/steps")
        assert {each["_parent"]["id"] for each in below} == {row["id"]}
        assert ids(below) == ids(single["steps"]) == [each["id"] for each in steps if each["rule_id"] == row["id"]]


def test_a_user_shows_contacts_when_asked(sandbox: Sandbox) -> None:
    user = first(sandbox, "users")
    assert data(sandbox, f"/v2/users/{quote(user['username'])}") == user
    contacts = data(sandbox, f"/v2/users/{user['id']}", expand="contact")["userContacts"]
    assert ids(contacts) == [row["id"] for row in sandbox.truth("contacts") if row["user_id"] == user["id"]]
    assert {"contactMethod", "enabled"} <= set(contacts[0])


@pytest.mark.parametrize(("kind", "stream"), [("alert", "alert_policies"), ("notification", "notification_policies")])
def test_policies_are_found_by_their_owner(kind: str, stream: str, sandbox: Sandbox) -> None:
    owners: list[str | None] = [row["id"] for row in sandbox.truth("teams")]
    if kind == "alert":
        owners.insert(0, None)
    else:
        assert get(sandbox, "/v2/policies/notification").status_code == 422
    merged = []
    for owner in owners:
        query = {} if owner is None else {"teamId": owner}
        for short in data(sandbox, f"/v2/policies/{kind}", **query):
            assert set(short) == {"id", "name", "type", "order", "enabled"}
            single = data(sandbox, f"/v2/policies/{short['id']}", **query)
            assert "order" not in single
            assert single.get("teamId") == owner
            if owner is not None:
                assert get(sandbox, f"/v2/policies/{short['id']}").status_code == 404
            if "details" in single:  # a map or a list, of which a copy holds the JSON text
                single["details"] = json.dumps(single["details"], separators=(",", ":"))
            merged.append({"team_id": owner, **short, **single})
    assert merged == list(sandbox.truth(stream))
    assert len({row["id"] for row in merged}) == len(merged) > 1
    assert get(sandbox, "/v1/policies").status_code == 410


# Integrations, channels and their secrets


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return "***" if isinstance(value, str) and "s3cr3t" in value else value


def test_integrations_hold_secrets_that_a_copy_must_not(sandbox: Sandbox) -> None:
    listed = data(sandbox, "/v2/integrations")
    readable = [row for row in listed if row["type"] != "Slack"]
    assert 0 < len(readable) < len(listed)
    singles = [data(sandbox, f"/v2/integrations/{row['id']}") for row in readable]
    assert all("id" not in single for single in singles)
    by_type = {single["type"]: single for single in singles}
    assert by_type["API"]["apiKey"].startswith("s3cr3t")
    assert by_type["Jira"]["password"].startswith("s3cr3t")
    assert by_type["Datadog"]["extraProperties"]["accessToken"].startswith("s3cr3t")
    assert "s3cr3t" in by_type["Webhook"]["headers"]["Authorization"]
    details = {row["id"]: single for row, single in zip(readable, singles, strict=True)}
    expected = [masked({**row, **details.get(row["id"], {})}) for row in listed]
    copy = list(sandbox.truth("integrations"))
    assert copy == expected
    assert "s3cr3t" not in str(copy)
    assert str(copy).count("***") == str(singles).count("s3cr3t")


def test_integrations_of_some_types_are_listed_only(sandbox: Sandbox) -> None:
    (slack, *_) = [row for row in data(sandbox, "/v2/integrations") if row["type"] == "Slack"]
    answer = get(sandbox, f"/v2/integrations/{slack['id']}")
    assert answer.status_code == 403
    assert answer.json()["message"] == "Create and update operations for type [Slack is forbidden"
    assert "data" in get(sandbox, f"/v2/integrations/{slack['id']}/actions").json()


def test_integrations_are_filtered_as_asked(sandbox: Sandbox) -> None:
    rows = data(sandbox, "/v2/integrations")
    team = first(sandbox, "teams")
    of_the_team = [row for row in rows if row.get("teamId") == team["id"]]
    assert 0 < len(of_the_team) < len(rows)
    assert data(sandbox, "/v2/integrations", teamId=team["id"]) == of_the_team
    assert data(sandbox, "/v2/integrations", teamName=team["name"]) == of_the_team
    assert {row["type"] for row in data(sandbox, "/v2/integrations", type="API")} == {"API"}


def test_actions_are_listed_by_their_type(sandbox: Sandbox) -> None:
    expected = truth_below(sandbox, "integration_actions", "integration_id")
    assert {action.pop("duplicate_number") for actions in expected.values() for action in actions} == {0, 1}
    for row in sandbox.truth("integrations"):
        lists = data(sandbox, f"/v2/integrations/{row['id']}/actions")
        assert lists.pop("_parent")["id"] == row["id"]
        assert set(lists) == {"ignore", "create", "close", "acknowledge", "addNote"}
        assert all(action["type"] == kind for kind, actions in lists.items() for action in actions)
        assert [action for actions in lists.values() for action in actions] == expected.get(row["id"], [])


@pytest.mark.parametrize("status", ["400", "403", "422", "500"])
def test_actions_of_an_integration_that_is_not_advanced_are_refused_as_set(status: str, sandbox: Sandbox) -> None:
    sandbox.settings(plain_integrations=status)
    rows = list(sandbox.truth("integrations"))
    answers = {row["id"]: get(sandbox, f"/v2/integrations/{row['id']}/actions").status_code for row in rows}
    assert answers == {row["id"]: 200 if row["advanced"] else int(status) for row in rows}
    with_actions = truth_below(sandbox, "integration_actions", "integration_id").keys()
    assert 0 < len(with_actions) <= sum(row["advanced"] for row in rows) < len(rows)


def test_action_channels_answer_in_each_form(sandbox: Sandbox) -> None:
    team = next(row["teamId"] for row in sandbox.truth("action_channels"))
    rows = data(sandbox, "/v1/actions/channels", teamId=team)
    assert "s3cr3t" in str(rows)
    assert masked(rows) == [row for row in sandbox.truth("action_channels") if row["teamId"] == team]
    sandbox.settings(action_channels="channels")
    assert data(sandbox, "/v1/actions/channels", teamId=team) == {"channels": rows}
    sandbox.settings(action_channels="two lists")
    assert data(sandbox, "/v1/actions/channels", teamId=team) == {"actionChannels": rows, "links": []}
    for status in ("400", "402", "403", "404", "405", "410", "422", "500", "501"):
        sandbox.settings(action_channels=status)
        assert get(sandbox, "/v1/actions/channels", teamId=team).status_code == int(status)


def test_a_heartbeat_without_a_sign_of_life_has_no_time_of_it(sandbox: Sandbox) -> None:
    rows = data(sandbox, "/v2/heartbeats")["heartbeats"]
    assert rows == list(sandbox.truth("heartbeats"))
    assert {"lastPingTime" in row for row in rows} == {True, False}
    assert any("/" in row["name"] for row in rows)


# Services, templates, log files: lists of several pages


def test_services_are_cut_into_pages(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(services=120)
    names = [row["name"] for row in by_links(account, "/v1/services", **BY_NAME)]
    assert names == sorted(row["name"] for row in account.truth("services"))
    assert len(names) == 120
    assert account.calls()["/v1/services"] == 2
    assert [row["name"] for row in data(account, "/v1/services", limit=3)] == names[:-4:-1]  # the default is downwards
    assert get(account, "/v1/services", limit=101).status_code == 422
    account.settings(window_size=110)
    assert get(account, "/v1/services", limit=50, offset=60).status_code == 422
    templates = by_audience(account)
    assert all(set(row) == {"responder", "stakeholder"} for row in templates)


def by_audience(account: Sandbox) -> list[Row]:
    rows = list(account.truth("service_audience_templates"))[:3]
    singles = [data(account, f"/v1/services/{row.pop('service_id')}/audience-templates") for row in rows]
    assert singles == rows
    return singles


def test_incident_templates_come_in_pages_or_at_once(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(templates=130)
    expected = list(account.truth("custom_incident_templates"))
    one = get(account, "/v1/incident-templates", limit=100).json()
    two = get(account, one["paging"]["next"]).json()
    assert "next" not in two["paging"]
    assert one["paging"]["last"] == one["paging"]["next"]
    assert one["data"]["incidentTemplates"] + two["data"]["incidentTemplates"] == expected
    assert len(data(account, "/v1/incident-templates")["incidentTemplates"]) == 20
    account.settings(incident_templates="unpaged")
    whole = get(account, "/v1/incident-templates", limit=100).json()
    assert whole["data"]["incidentTemplates"] == expected
    assert "paging" not in whole


def test_log_files_lead_on_by_their_marker(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(log_files=1_500)
    expected = list(account.truth("log_files"))
    rows: list[Row] = []
    marker, pages = "2010-01-01-00-00-00", 0
    while True:
        page = get(account, f"/v2/logs/list/{marker}", limit=1000).json()
        if not page["data"]:
            break
        pages += 1
        rows += page["data"]
        marker = page["marker"]
    assert rows == expected
    assert pages == 2
    assert marker == expected[-1]["filename"].removesuffix(".json")
    moment = expected[700]["filename"][:19]
    assert data(account, f"/v2/logs/list/{moment}", limit=1)[0] == expected[700]
    assert get(account, "/v2/logs/list/yesterday", limit=1).status_code == 422
    assert get(account, "/v2/logs/list/2010-01-01-00-00-00", limit=1001).status_code == 422


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("all", {"planned", "active", "past", "cancelled"}),
        ("past", {"past", "cancelled"}),
        ("non-expired", {"planned", "active"}),
    ],
)
def test_maintenances_are_filtered_as_asked(kind: str, statuses: set[str], sandbox: Sandbox) -> None:
    assert {row["status"] for row in data(sandbox, "/v1/maintenance", type=kind)} == statuses


# Identifiers of another kind


def test_objects_are_found_by_their_names(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")
    role, team = first(sandbox, "custom_user_roles"), first(sandbox, "teams")
    path = f"/v2/schedules/{quote(schedule['name'])}"
    assert data(sandbox, path, identifierType="name") == schedule
    for rest in ("rotations", "overrides", "on-calls", "next-on-calls"):
        by_id = data(sandbox, f"/v2/schedules/{schedule['id']}/{rest}")
        assert data(sandbox, f"{path}/{rest}", scheduleIdentifierType="name") == by_id
        assert get(sandbox, f"{path}/{rest}", identifierType="name").status_code == 404
    by_id = data(sandbox, f"/v2/schedules/{schedule['id']}/timeline")
    assert data(sandbox, f"{path}/timeline", identifierType="name") == by_id
    assert data(sandbox, f"/v2/roles/{quote(role['name'])}", identifierType="name") == role
    assert data(sandbox, f"/v2/teams/{quote(team['name'])}", identifierType="name")["id"] == team["id"]


# Who may read what

CONFIGURED = (
    "/v2/users",
    "/v2/users/user0@example.com/contacts",
    "/v2/forwarding-rules",
    "/v2/teams",
    "/v2/policies/alert",
    "/v2/schedules",
    "/v2/schedules/on-calls",
    "/v2/escalations",
    "/v1/services",
    "/v1/incident-templates",
    "/v2/integrations",
    "/v1/actions/channels",
    "/v2/heartbeats",
    "/v2/account",
    "/v2/roles",
    "/v1/maintenance",
    "/v2/logs/list/2010-01-01-00-00-00",
)
ACCOUNT_WIDE = ("/v2/users", "/v2/forwarding-rules", "/v2/account", "/v2/roles", "/v2/logs/list/2010-01-01-00-00-00")


@pytest.mark.parametrize("path", CONFIGURED)
def test_configured_objects_need_configuration_access(path: str, sandbox: Sandbox) -> None:
    answer = get(sandbox, path, "no_config")
    assert (answer.status_code, answer.json()["message"]) == (403, text.NO_CONFIGURATION_ACCESS)
    assert get(sandbox, path).status_code == 200


@pytest.mark.parametrize("path", ACCOUNT_WIDE)
def test_what_belongs_to_the_account_is_not_for_a_teams_key(path: str, sandbox: Sandbox) -> None:
    answer = get(sandbox, path, "team")
    assert (answer.status_code, answer.json()["message"]) == (403, text.TEAM_KEY)


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/v2/schedules", None),
        ("/v2/escalations", None),
        ("/v1/services", None),
        ("/v2/integrations", None),
        ("/v2/heartbeats", "heartbeats"),
    ],
)
def test_a_teams_key_lists_what_its_team_owns(path: str, inside: str | None, sandbox: Sandbox) -> None:
    team = get(sandbox, "/v2/teams", "team").json()["data"][0]["id"]
    answers = {kind: get(sandbox, path, kind, limit=100).json()["data"] for kind in ("team", "full")}
    if inside:
        answers = {kind: rows[inside] for kind, rows in answers.items()}
    owned = [row for row in answers["full"] if team in (row.get("teamId"), row.get("ownerTeam", {}).get("id"))]
    assert answers["team"] == owned
    assert 0 < len(owned) < len(answers["full"])


def test_a_teams_key_reaches_nothing_below_others(sandbox: Sandbox) -> None:
    own, *_, other = get(sandbox, "/v2/teams").json()["data"]
    for status in ("400", "422", "403"):
        sandbox.settings(policies_without_team=status)
        assert get(sandbox, "/v2/policies/alert", "team").status_code == int(status)
    for path in ("/v2/policies/alert", "/v2/policies/notification", "/v1/actions/channels"):
        assert get(sandbox, path, "team", teamId=own["id"]).status_code == 200
        assert get(sandbox, path, "team", teamId=other["id"]).status_code == 403
    assert get(sandbox, "/v2/integrations", "team", teamId=own["id"]).status_code == 403
    ours = {row["id"] for row in get(sandbox, "/v2/schedules", "team").json()["data"]}
    theirs = next(row["id"] for row in sandbox.truth("schedules") if row["id"] not in ours)
    for rest in ("", "/rotations", "/overrides", "/timeline", "/on-calls", "/next-on-calls"):
        assert get(sandbox, f"/v2/schedules/{theirs}{rest}", "team").status_code == 403
        assert get(sandbox, f"/v2/schedules/{min(ours)}{rest}", "team").status_code == 200
    seen = get(sandbox, "/v2/schedules/on-calls", "team").json()["data"]
    assert {row["_parent"]["id"] for row in seen} == ours


@pytest.mark.parametrize(
    ("path", "plans"),
    [
        ("/v1/services", {"Enterprise", "Standard"}),
        ("/v1/incident-templates", {"Enterprise", "Standard"}),
        ("/v2/logs/list/2010-01-01-00-00-00", {"Enterprise"}),
        ("/v2/teams", {"Enterprise", "Standard", "Essentials", "Free"}),
    ],
)
def test_a_plan_may_lack_a_feature(path: str, plans: set[str], sandbox: Sandbox) -> None:
    for plan in ("Enterprise", "Standard", "Essentials", "Free"):
        sandbox.settings(plan=plan)
        answer = get(sandbox, path)
        assert answer.status_code == (200 if plan in plans else 402)
        assert plan in plans or answer.json()["message"] == text.PLAN


def test_calls_count_against_their_domain(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    for path, domain in (
        ("/v2/users", "search"),
        ("/v2/users/user0@example.com", "configuration"),
        ("/v2/schedules", "configuration"),
        (f"/v2/schedules/{schedule}/timeline", "configuration"),
        ("/v2/schedules/on-calls", "schedule-oncalls"),
        (f"/v2/schedules/{schedule}/on-calls", "schedule-oncalls"),
        (f"/v2/schedules/{schedule}/next-on-calls", "schedule-oncalls"),
        ("/v2/heartbeats", "heartbeat"),
        ("/v1/services", "configuration"),
    ):
        sandbox.reset_stats()
        assert get(sandbox, path).status_code == 200
        assert sandbox.stats()["domains"] == {domain: 1}


# Schedules and who is on call


def test_rotations_come_with_their_schedules_when_asked(sandbox: Sandbox) -> None:
    expected = list(sandbox.truth("schedules"))
    assert data(sandbox, "/v2/schedules", expand="rotation") == expected
    below = truth_below(sandbox, "schedule_rotations", "schedule_id")
    assert {row["id"]: row["rotations"] for row in expected if row["rotations"]} == below
    plain = data(sandbox, "/v2/schedules")
    assert not any(row.get("rotations") for row in plain)
    assert {"rotations" in row for row in plain} == {True, False}
    sandbox.settings(rotations_key_missing=True)
    incomplete = data(sandbox, "/v2/schedules", expand="rotation")
    assert "rotations" not in incomplete[0]
    assert incomplete[1:] == expected[1:]
    assert list(sandbox.truth("schedules")) == expected
    assert data(sandbox, f"/v2/schedules/{expected[0]['id']}") == expected[0]


def test_a_flat_answer_has_other_keys(sandbox: Sandbox) -> None:
    trees = data(sandbox, "/v2/schedules/on-calls")
    names = data(sandbox, "/v2/schedules/on-calls", flat="true")
    assert all(set(row) == {"_parent", "onCallParticipants"} for row in trees)
    assert all(set(row) == {"_parent", "onCallRecipients"} for row in names)
    schedule = next(row for row in trees if any(each["type"] == "escalation" for each in row["onCallParticipants"]))
    path = f"/v2/schedules/{schedule['_parent']['id']}"
    assert data(sandbox, f"{path}/on-calls") == schedule
    escalation = next(each for each in schedule["onCallParticipants"] if each["type"] == "escalation")
    assert {"escalationTime", "notifyType"} <= set(escalation["onCallParticipants"][0])
    following = data(sandbox, f"{path}/next-on-calls")
    assert set(following) == {"_parent", "nextOnCallRecipients", "exactNextOnCallRecipients"}
    flat = data(sandbox, f"{path}/next-on-calls", flat="true")
    assert set(flat) == {"_parent", "nextOnCallParticipants", "exactNextOnCallParticipants"}
    assert all(isinstance(name, str) for name in flat["nextOnCallParticipants"])


def test_on_calls_are_those_of_the_moment(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox()
    before = data(account, "/v2/schedules/on-calls")
    assert before == data(account, "/v2/schedules/on-calls", date="2026-11-01T12:00:00Z")
    assert before == data(account, "/v2/schedules/on-calls", date="2026-11-01T13:00:00+0100")
    assert before == data(account, "/v2/schedules/on-calls", date="2026-11-01T12:00:00.000Z")
    later = data(account, "/v2/schedules/on-calls", date="2026-11-20T12:00:00Z")
    assert later != before
    assert get(account, "/v2/schedules/on-calls", date="20 November").status_code == 422
    account.mutate([{"op": "wait", "advance_ms": 19 * text.DAY}])
    assert data(account, "/v2/schedules/on-calls") == later
    assert [{"schedule_id": row["_parent"]["id"], **row} for row in later] == list(account.truth("on_calls"))


def test_a_forwarded_call_tells_where_it_comes_from(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    rule = first(sandbox, "forwarding_rules")
    participants = data(sandbox, f"/v2/schedules/{schedule}/on-calls")["onCallParticipants"]
    (forwarded,) = [each for each in participants if "forwardedFrom" in each]
    assert forwarded["id"] == rule["toUser"]["id"]
    assert forwarded["forwardedFrom"]["id"] == rule["fromUser"]["id"]
    after = data(sandbox, f"/v2/schedules/{schedule}/on-calls", date="2026-11-04T00:00:00Z")["onCallParticipants"]
    assert rule["fromUser"]["id"] in ids(after)
    # Who is exactly next shows the origin as a list: sources differ.
    exact = data(sandbox, f"/v2/schedules/{schedule}/next-on-calls", date="2026-10-31T00:00:00Z")
    (origin,) = [row["forwardedFrom"] for row in exact["exactNextOnCallRecipients"] if "forwardedFrom" in row]
    assert [each["id"] for each in origin] == [rule["fromUser"]["id"]]


# Timelines


def timeline(account: Sandbox, schedule: str, **query: object) -> Row:
    shown: Row = data(account, f"/v2/schedules/{schedule}/timeline", **query)
    return shown


def periods(shown: Row, layer: str) -> list[Row]:
    rotations = shown[f"{layer}Timeline"]["rotations"]
    return [{"rotation": rotation["id"], **period} for rotation in rotations for period in rotation["periods"]]


# The first schedule keeps the time of Madrid, an hour ahead of UTC from 25 October 2026 on, two hours before it.
@pytest.mark.parametrize(
    ("begins", "query", "start", "end"),
    [
        ("unit", {}, "2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z"),
        ("unit", {"interval": 2, "intervalUnit": "weeks"}, "2026-10-25T23:00:00Z", "2026-11-08T23:00:00Z"),
        ("unit", {"interval": 3, "intervalUnit": "days"}, "2026-10-31T23:00:00Z", "2026-11-03T23:00:00Z"),
        (
            "unit",
            {"interval": 1, "intervalUnit": "months", "date": "2026-10-15T00:00:00Z"},
            "2026-09-30T22:00:00Z",
            "2026-10-31T23:00:00Z",
        ),
        ("day", {"date": "2026-12-31T12:00:00+0200"}, "2026-12-30T23:00:00Z", "2027-01-06T23:00:00Z"),
        (
            "day",
            {"interval": 1, "intervalUnit": "months", "date": "2026-12-31T12:00:00Z"},
            "2026-12-30T23:00:00Z",
            "2027-01-30T23:00:00Z",
        ),
        ("moment", {"interval": 1, "intervalUnit": "days"}, "2026-11-01T12:00:00Z", "2026-11-02T12:00:00Z"),
    ],
)
def test_a_timeline_covers_what_was_asked(
    begins: str, query: dict[str, object], start: str, end: str, sandbox: Sandbox
) -> None:
    sandbox.settings(timeline_begins=begins)
    schedule = first(sandbox, "schedules")
    assert schedule["timezone"] == "Europe/Madrid"
    answer = get(sandbox, f"/v2/schedules/{schedule['id']}/timeline", **query).json()
    assert set(answer) == COMMON | {"expandable"}
    shown = answer["data"]
    assert (shown["startDate"], shown["endDate"]) == (start, end)
    assert shown["_parent"]["id"] == schedule["id"]
    assert [each for each in shown if each.endswith("Timeline")] == ["finalTimeline"]
    since, until = millis(shown)
    for period in periods(shown, "final"):
        begun, ended = millis(period)
        assert begun < until
        assert since < ended


@pytest.mark.parametrize(
    "query",
    [{"expand": "base,everything"}, {"interval": 0}, {"intervalUnit": "years"}, {"date": "01-11-2026"}],
)
def test_a_timeline_takes_documented_parameters_only(query: dict[str, object], sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    assert get(sandbox, f"/v2/schedules/{schedule}/timeline", **query).status_code == 422


WHOLE_AUTUMN = {"date": "2026-09-01T12:00:00Z", "interval": 4, "intervalUnit": "months"}


def test_the_layers_of_a_timeline_make_its_final_one(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    shown = timeline(sandbox, schedule, expand="base,override,forwarding", **WHOLE_AUTUMN)
    final, base = periods(shown, "final"), periods(shown, "base")
    overrides, forwarded = periods(shown, "override"), periods(shown, "forwarding")
    assert overrides
    assert forwarded
    named = {row["alias"]: row for row in sandbox.truth("schedule_overrides") if row["schedule_id"] == schedule}
    assert {period["startDate"] for period in overrides} == {row["startDate"] for row in named.values()}
    assert all(period in final for period in overrides)
    for layer in (final, base):
        for rotation in {period["rotation"] for period in layer}:
            ends = [millis(period) for period in layer if period["rotation"] == rotation]
            assert all(before[1] <= after[0] for before, after in pairwise(ends))
    assert sum(end - start for start, end in map(millis, base)) == sum(end - start for start, end in map(millis, final))


def test_the_past_is_told_in_another_way(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    now = text.millis(sandbox.now)
    shown = timeline(sandbox, schedule, expand="base", **WHOLE_AUTUMN)
    for period in periods(shown, "final"):
        if period["type"] == "historical":
            assert millis(period)[1] <= now
            assert "flattenedRecipients" in period
        else:
            assert period["type"] == "override" or millis(period)[1] > now
            assert "recipient" in period
    assert {period["type"] for period in periods(shown, "base")} == {"default"}
    assert {period["type"] for period in periods(shown, "final")} == {"historical", "override", "default", "forwarding"}


def test_a_call_that_was_forwarded_names_both(sandbox: Sandbox) -> None:
    past = [row for row in sandbox.truth("schedule_timelines") if row["type"] == "historical" and "recipient" in row]
    rule = list(sandbox.truth("forwarding_rules"))[1]
    assert past
    for row in past:
        assert row["recipient"]["id"] == rule["toUser"]["id"]
        assert row["recipient"]["forwardedFrom"] == rule["fromUser"]["username"]
        assert row["flattenedRecipients"] == [row["recipient"]]


def test_who_is_on_call_stands_in_the_timeline(sandbox: Sandbox) -> None:
    now = text.millis(sandbox.now)
    for row in sandbox.truth("on_calls"):
        shown = timeline(sandbox, row["schedule_id"], intervalUnit="days", date=sandbox.now)
        current = [period for period in periods(shown, "final") if millis(period)[0] <= now < millis(period)[1]]
        called = [period["recipient"]["id"] for period in current if period["recipient"]["type"] != "none"]
        assert ids(row["onCallParticipants"]) == (called if row["_parent"]["enabled"] else [])


def test_a_period_looks_the_same_from_every_window(sandbox: Sandbox) -> None:
    for schedule in sandbox.truth("schedules"):
        autumn = timeline(sandbox, schedule["id"], expand="base,override,forwarding", **WHOLE_AUTUMN)
        for layer in ("final", "base", "override", "forwarding"):
            daily = {
                str(period)
                for day in range(1, 31)
                for period in periods(
                    timeline(
                        sandbox,
                        schedule["id"],
                        expand="base,override,forwarding",
                        intervalUnit="days",
                        date=f"2026-11-{day:02}T12:00:00Z",
                    ),
                    layer,
                )
            }
            assert daily <= {str(period) for period in periods(autumn, layer)}


@pytest.mark.parametrize(
    ("months", "until"), [("calendar", "2026-11-01"), ("30 days", "2026-10-31"), ("week", "2026-10-08")]
)
def test_a_month_of_a_timeline_can_be_shorter(months: str, until: str, sandbox: Sandbox) -> None:
    sandbox.settings(timeline_months=months, timeline_begins="moment")
    schedule = first(sandbox, "schedules")["id"]
    shown = timeline(sandbox, schedule, intervalUnit="months", date="2026-10-01T12:00:00Z")
    assert shown["startDate"] == "2026-10-01T12:00:00Z"
    assert shown["endDate"][:10] == until


def test_periods_can_be_cut_at_the_ends(sandbox: Sandbox) -> None:
    schedule = first(sandbox, "schedules")["id"]
    month = {"intervalUnit": "months", "date": "2026-10-01T12:00:00Z"}
    whole = timeline(sandbox, schedule, **month)
    sandbox.settings(timeline_periods="cut")
    cut = timeline(sandbox, schedule, **month)
    since, until = millis(whole)
    assert len(periods(cut, "final")) == len(periods(whole, "final"))
    for before, after in zip(periods(whole, "final"), periods(cut, "final"), strict=True):
        start, end = millis(before)
        assert millis(after) == (max(start, since), min(end, until))
    assert periods(cut, "final") != periods(whole, "final")


@pytest.mark.parametrize("begins", ["unit", "day", "moment"])
def test_the_truth_of_timelines_holds_each_period_that_ended_once(begins: str, sandbox: Sandbox) -> None:
    sandbox.settings(timeline_begins=begins)
    rows = list(sandbox.truth("schedule_timelines"))
    key = ("schedule_id", "layer", "rotation_id", "startDate", "endDate", "recipient_id")
    assert len({tuple(row[name] for name in key) for row in rows}) == len(rows)
    ends = [text.millis(row["endDate"]) for row in rows]
    assert text.millis("2025-11-01T00:00:00Z") < min(ends)
    assert max(ends) <= text.millis(sandbox.now)
    sandbox.settings(timeline_periods="cut")
    pieces = list(sandbox.truth("schedule_timelines"))
    assert len({tuple(row[name] for name in key) for row in pieces}) == len(pieces) > len(rows)


def test_the_truth_of_timelines_is_what_one_long_answer_shows(sandbox: Sandbox) -> None:
    expected = truth_below(sandbox, "schedule_timelines", "schedule_id")
    for schedule in sandbox.truth("schedules"):
        shown = timeline(
            sandbox,
            schedule["id"],
            expand="base,override,forwarding",
            interval=14,
            intervalUnit="months",
            date="2025-10-15T12:00:00Z",
        )
        ended = [
            (layer, period["startDate"], period["endDate"])
            for layer in ("final", "base", "override", "forwarding")
            for period in periods(shown, layer)
            if text.millis("2025-11-01T00:00:00Z") < millis(period)[1] <= text.millis(sandbox.now)
        ]
        rows = [(row["layer"], row["startDate"], row["endDate"]) for row in expected.get(schedule["id"], [])]
        assert sorted(rows) == sorted(ended)
