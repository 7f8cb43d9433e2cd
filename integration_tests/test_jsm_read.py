"""A read of the migrated account: every row and field of each table, once, with unique keys and true to the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Outcome
from integration_tests.rows import canonical, counted
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.configuration.integrations import SECRET
from integration_tests.sandbox.jsm.document import OPERATIONS
from integration_tests.sandbox.text import DAY
from unit_tests.schemas import undeclared

Row = dict[str, Any]

OF_TEAMS = (
    "team_roles",
    "team_routing_rules",
    "alert_policies",
    "notification_policies",
    "escalations",
    "heartbeats",
    "maintenance",
)
OF_SCHEDULES = (
    "schedules",
    "schedule_rotations",
    "schedule_overrides",
    "on_calls",
    "next_on_calls",
)
OWN = ("syncs", "sync_actions", "sync_action_groups", "jec_channels")
PAGED = (
    "teams",
    *OF_TEAMS,
    *OF_SCHEDULES,
    "forwarding_rules",
    "integrations",
    "integration_actions",
    "custom_user_roles",
    *OWN,
)
TIMELINES = "schedule_timelines"
STREAMS = (*PAGED, TIMELINES)


def connector_of(folder: Path, account: Sandbox, kind: str = "classic", **further: object) -> Connector:
    """Make a connector; the organization is of use to none but a token without scopes."""
    return Connector(folder, {**account.jsm_config(kind, organization=kind == "classic"), **further}).hurried


def read(connector: Connector, names: Iterable[str], mode: str = "full_refresh", state: Any = None) -> Outcome:
    catalog = connector.catalog()
    return connector.read([catalog[name] for name in names], mode, state)


def calls(account: Sandbox, path: str) -> int:
    return account.calls().get(OPERATIONS + path, 0)


def assert_whole(account: Sandbox, outcome: Outcome, names: Iterable[str]) -> None:
    """Assert that the tables are those of the account, and that no call was out of place."""
    assert outcome.code == 0, outcome.errors
    for name in names:
        assert counted(outcome.records[name]) == counted(account.jsm_truth(name)), name
        assert outcome.statuses[name][-1] == "COMPLETE", name
    assert account.stats()["violations"] == []


@dataclass(frozen=True)
class WholeRead:
    """A read of all these tables by a kind of credential, the catalog, and what the account counted."""

    kind: str
    catalog: dict[str, Any]
    outcome: Outcome
    stats: dict[str, Any]


@pytest.fixture(scope="module", params=["classic", "scoped"])
def whole_read(
    request: pytest.FixtureRequest, shared_site: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> WholeRead:
    shared_site.reset_stats()
    connector = connector_of(tmp_path_factory.mktemp("site"), shared_site, request.param)
    outcome = read(connector, STREAMS)
    return WholeRead(request.param, connector.catalog(), outcome, shared_site.stats())


def test_the_read_succeeds(whole_read: WholeRead) -> None:
    outcome = whole_read.outcome
    assert outcome.code == 0, outcome.errors
    assert outcome.warnings == []
    assert whole_read.stats["violations"] == []
    assert {name: outcome.statuses[name][-1] for name in STREAMS} == dict.fromkeys(STREAMS, "COMPLETE")


@pytest.mark.parametrize("name", STREAMS)
def test_every_row_and_field_arrives_once(name: str, shared_site: Sandbox, whole_read: WholeRead) -> None:
    outcome = whole_read.outcome
    truth = list(shared_site.jsm_truth(name))
    assert truth, "the account has none: the test would prove nothing"
    if name == "teams" and whole_read.kind != "classic":  # without the organization nothing tells it
        truth = [row | {"description": None} for row in truth]
    assert counted(outcome.records[name]) == counted(truth)


@pytest.mark.parametrize("name", STREAMS)
def test_keys_are_unique_and_rows_true_to_the_schema(name: str, whole_read: WholeRead) -> None:
    catalog, outcome = whole_read.catalog, whole_read.outcome
    columns = [path[0] for path in catalog[name]["source_defined_primary_key"]]
    keys = [tuple(row[column] for column in columns) for row in outcome.records[name]]
    assert len(set(keys)) == len(keys)
    schema = catalog[name]["json_schema"]
    validator = Draft7Validator(schema)
    for row in outcome.records[name]:
        assert [error.message for error in validator.iter_errors(row)] == []
        assert undeclared(schema, row) == []


# What no document says, or two in two ways


@pytest.mark.parametrize(
    ("link", "last"),
    [("v1", "absent"), ("api", "empty"), ("bare", "null"), ("url", "absent"), ("absolute", "null")],
)
def test_lists_are_followed_whatever_their_links_look_like(link: str, last: str, tmp_path: Path, site: Sandbox) -> None:
    site.settings(jsm={"next_link": link, "last_link": last, "short_pages": 2})
    assert_whole(site, read(connector_of(tmp_path, site), PAGED), PAGED)


def test_teams_that_are_a_bare_list_are_read_with_all_that_belongs_to_them(tmp_path: Path, site: Sandbox) -> None:
    site.settings(jsm={"teams": "array"})
    assert_whole(site, read(connector_of(tmp_path, site), OF_TEAMS), OF_TEAMS)


def test_both_envelopes_of_action_groups_are_read(tmp_path: Path, site: Sandbox) -> None:
    site.settings(jsm={"action_groups": "values"})
    assert_whole(site, read(connector_of(tmp_path, site), OWN), OWN)


def test_rotations_that_do_not_come_with_a_schedule_are_asked_for(tmp_path: Path, site: Sandbox) -> None:
    site.settings(rotations_key_missing=True)
    assert_whole(site, read(connector_of(tmp_path, site), OF_SCHEDULES), OF_SCHEDULES)
    assert calls(site, "/v1/schedules/{id}") == 1


def test_rotations_are_not_asked_for_where_they_came_with_the_schedules(tmp_path: Path, site: Sandbox) -> None:
    assert_whole(site, read(connector_of(tmp_path, site), OF_SCHEDULES), OF_SCHEDULES)
    assert calls(site, "/v1/schedules") == 1
    assert calls(site, "/v1/schedules/{id}") == calls(site, "/v1/schedules/{scheduleId}/rotations") == 0


def test_lists_that_several_tables_need_are_read_once(tmp_path: Path, site: Sandbox) -> None:
    names = ("team_routing_rules", "escalations", "schedules", "schedule_rotations")
    assert_whole(site, read(connector_of(tmp_path, site), names), names)
    teams = len(list(site.jsm_truth("teams")))
    assert calls(site, "/v1/teams") == calls(site, "/v1/schedules") == 1
    assert calls(site, "/v1/teams/{teamId}/escalations") == teams


# Limits that nobody tells


@pytest.mark.parametrize("headers", ["both", "retry-after", "x-ratelimit", "none"])
def test_a_limit_on_what_is_configured_is_found_and_kept(headers: str, tmp_path: Path, site: Sandbox) -> None:
    limits = {"operations": [[12, 2]], "jira": [[1, 1]], "teams": [[2, 1]]}
    site.settings(jsm={"limits": limits, "throttle_headers": headers})
    names = ("teams", "team_roles", "heartbeats", "escalations", "schedules", "on_calls", "users", "team_members")
    outcome = read(connector_of(tmp_path, site).unhurried, names)
    assert_whole(site, outcome, names)
    throttled = site.stats()["throttled"]
    assert set(throttled) == {"operations/2", "jira/1", "teams/1"}
    assert max(throttled.values()) <= 12  # with the calls that were on their way
    for api in ("JSM Operations", "Jira", "the Atlassian Teams API"):
        lines = [line for line in outcome.logs if line.startswith(f"{api} throttles calls. They pause for")]
        assert lines
        assert all("continue with up to about" in line for line in lines)


# Timelines


def test_layers_are_asked_for_with_commas_where_that_is_what_the_api_understands(tmp_path: Path, site: Sandbox) -> None:
    site.settings(jsm={"expand": "commas"})
    outcome = read(connector_of(tmp_path, site), [TIMELINES])
    assert_whole(site, outcome, [TIMELINES])
    assert {row["layer"] for row in outcome.records[TIMELINES]} == {"final", "base", "override", "forwarding"}


def test_months_of_more_than_a_year_ago_are_not_asked_for_and_that_is_said(tmp_path: Path, site: Sandbox) -> None:
    outcome = read(connector_of(tmp_path, site, start_date="2020-01-01"), [TIMELINES])
    assert_whole(site, outcome, [TIMELINES])
    (line,) = outcome.warnings
    assert line.startswith(
        f"{TIMELINES}: JSM Operations shows the timelines of one year only, so months before 2025-11 "
    )


@pytest.mark.parametrize("bound", ["date", "start"])
def test_the_month_of_a_year_ago_is_read_as_far_as_the_api_shows_it(
    bound: str, tmp_path: Path, own_sandbox: Callable[..., Sandbox]
) -> None:
    account = own_sandbox(migrated=True, settings={"jsm": {"timeline_bound": bound}})
    account.mutate([{"op": "create", "advance_ms": 10 * DAY}])
    outcome = read(connector_of(tmp_path, account), [TIMELINES])
    assert outcome.code == 0, outcome.errors
    assert counted(outcome.records[TIMELINES]) == counted(account.jsm_truth(TIMELINES))
    refused = [line for line in outcome.warnings if "refuses the timelines of 2025-11" in line]
    assert len(refused) == (bound == "start")
    assert account.stats()["violations"] == [] or bound == "start"


def test_each_period_comes_once_however_short_a_month_is(tmp_path: Path, own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(migrated=True, settings={"timeline_months": "week"})
    outcome = read(connector_of(tmp_path, account), [TIMELINES])
    assert outcome.code == 0, outcome.errors
    assert counted(outcome.records[TIMELINES]) == counted(account.jsm_truth(TIMELINES))
    assert account.stats()["violations"] == []


def test_a_timeline_goes_on_from_its_state(tmp_path: Path, own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(migrated=True)
    connector = connector_of(tmp_path, account)
    first = read(connector, [TIMELINES], "incremental", [])
    account.mutate([{"op": "create", "advance_ms": 40 * DAY}])
    account.reset_stats()
    second = read(connector, [TIMELINES], "incremental", first.last_states)
    assert second.code == 0, second.errors
    rows = {canonical(row) for row in (*first.records[TIMELINES], *second.records[TIMELINES])}
    assert rows >= {canonical(row) for row in account.jsm_truth(TIMELINES)}
    schedules = len(list(account.jsm_truth("schedules")))
    assert calls(account, "/v1/schedules/{scheduleId}/timeline") <= 4 * schedules
    assert second.warnings == []


def test_a_timeline_that_was_read_from_opsgenie_goes_on_in_jsm(
    tmp_path: Path, own_sandbox: Callable[..., Sandbox]
) -> None:
    account = own_sandbox()
    opsgenie = Connector(tmp_path, {"api_token": account.key(), "endpoint": account.url, "start_date": "2025-01-01"})
    first = read(opsgenie, [TIMELINES], "incremental", [])
    account.migrate()
    account.mutate([{"op": "create", "advance_ms": 40 * DAY}])
    connector = connector_of(tmp_path, account, start_date="2025-01-01")
    second = read(connector, [TIMELINES], "incremental", first.last_states)
    assert second.code == 0, second.errors
    since = max(row["endDate"] for row in first.records[TIMELINES])
    new = {canonical(row) for row in account.jsm_truth(TIMELINES) if row["endDate"] > since}
    assert new
    assert new <= {canonical(row) for row in second.records[TIMELINES]}
    assert min(row["endDate"] for row in second.records[TIMELINES]) > "2026-10"
    assert [line for line in second.warnings if "one year only" in line] == []


# Rights, plan, secrets


def test_an_owner_who_sees_no_team_is_told_what_is_missing(tmp_path: Path, site: Sandbox) -> None:
    outcome = read(connector_of(tmp_path, site, "no_teams"), ["teams", *OF_TEAMS])
    for name in ("teams", *OF_TEAMS):
        assert [line for line in outcome.warnings if line.startswith(f"{name}: the owner of the token sees no team")]


def test_an_owner_who_sees_a_team_gets_what_is_that_teams(tmp_path: Path, site: Sandbox) -> None:
    outcome = read(connector_of(tmp_path, site, "team"), ["teams", *OF_TEAMS])
    assert outcome.code == 0, outcome.errors
    (team,) = outcome.records["teams"]
    for name in ("team_roles", "heartbeats", "notification_policies"):
        mine = [row for row in site.jsm_truth(name) if row["team_id"] == team["id"]]
        assert counted(outcome.records[name]) == counted(mine), name


@pytest.mark.parametrize("unseen", ["before", "after"])
def test_what_an_owner_sees_is_found_behind_pages_of_what_is_hidden(unseen: str, tmp_path: Path, site: Sandbox) -> None:
    site.settings(jsm={"short_pages": 1, "unseen": unseen})
    names = ("schedules", "integrations")
    outcome = read(connector_of(tmp_path, site, "team"), ["teams", *names])
    assert outcome.code == 0, outcome.errors
    (team,) = outcome.records["teams"]
    for name in names:
        mine = {row["id"] for row in site.jsm_truth(name) if row.get("teamId") == team["id"]}
        assert mine
        assert {row["id"] for row in outcome.records[name]} == mine, name


def test_schedules_that_are_deleted_while_the_others_are_listed_cost_none_of_them(
    tmp_path: Path, own_sandbox: Callable[..., Sandbox]
) -> None:
    account = own_sandbox(migrated=True, schedules=60)
    account.settings(jsm={"schedules_deleted": 3})
    outcome = read(connector_of(tmp_path, account), ["schedules", TIMELINES])
    assert outcome.code == 0, outcome.errors
    assert outcome.warnings == []
    kept = list(account.jsm_truth("schedules"))
    came = counted(outcome.records["schedules"])
    assert len(kept) == 57
    assert counted(kept) <= came
    assert set(came.values()) == {1}
    assert calls(account, "/v1/schedules") == 4  # two pages, and once more
    kept_ids = {row["id"] for row in kept}
    periods = counted(row for row in outcome.records[TIMELINES] if row["schedule_id"] in kept_ids)
    assert periods == counted(account.jsm_truth(TIMELINES))


def test_what_the_plan_does_not_include_is_skipped(tmp_path: Path, site: Sandbox) -> None:
    site.settings(plan="Free")
    outcome = read(connector_of(tmp_path, site), ["heartbeats", "forwarding_rules", "jec_channels"])
    assert outcome.code == 0, outcome.errors
    assert outcome.records.keys() == {"jec_channels"}
    for name in ("heartbeats", "forwarding_rules"):
        assert [line for line in outcome.warnings if line.startswith(f"{name}: ") and "plan does not include" in line]


def test_a_scope_that_is_missing_skips_what_needs_it(tmp_path: Path, site: Sandbox) -> None:
    outcome = read(connector_of(tmp_path, site, "scoped_alerts"), ["alerts", "team_roles", "schedules"])
    assert outcome.code == 0, outcome.errors
    assert outcome.records.keys() == {"alerts"}
    for name in ("team_roles", "schedules"):
        assert [line for line in outcome.warnings if line.startswith(f"{name}: the stream is skipped")]


def test_no_secret_of_another_system_is_emitted(whole_read: WholeRead) -> None:
    outcome = whole_read.outcome
    assert outcome.records["integrations"]
    assert SECRET not in outcome.stdout + outcome.stderr
