"""What Jira, the Services API, the Teams API and the audit log tell of the migrated account."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.rows import canonical
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_nothing_lost import assert_each_once

Row = dict[str, Any]

PEOPLE = ("users", "contacts", "notification_rules", "notification_rule_steps")
MEMBERS = ("teams", "team_members", "user_teams")
SERVICES = ("services", "service_audience_templates")
EVERYTHING = (*PEOPLE, *MEMBERS, *SERVICES, "audit_logs")

USERS = "/rest/api/3/users/search"
CONTACTS = "/jsm/ops/api/v1/users/contacts"
MEMBERS_OF = "/public/teams/v1/org/{orgId}/teams/{teamId}/members"
ORGANIZATION = "/public/teams/v1/org/{orgId}/teams"
AUDIT = "/jsm/ops/api/v1/logs"

DAYS = 180
HOUR = 3_600_000


@pytest.fixture
def join(tmp_path: Path) -> Callable[..., Connector]:
    """Make a connector for an account that has moved, with a credential of some kind and further configuration."""

    def make(account: Sandbox, kind: str = "classic", *, organization: bool = True, **further: object) -> Connector:
        return Connector(tmp_path, {**account.jsm_config(kind, organization=organization), **further}).hurried

    return make


def read(connector: Connector, names: Iterable[str], state: Any = ()) -> Outcome:
    catalog = connector.catalog()
    return connector.read([catalog[name] for name in names], "incremental", list(state))


def assert_complete(outcome: Outcome, account: Sandbox, names: Iterable[str]) -> None:
    assert outcome.code == 0, outcome.errors
    for name in names:
        rows = outcome.records[name]
        if name == "audit_logs":
            rows = [without_id(row) for row in rows]
            assert len({row["id"] for row in outcome.records[name]}) == len(rows)
        assert_each_once(rows, account.jsm_truth(name))


def without_id(row: Row) -> Row:
    return {column: value for column, value in row.items() if column != "id"}


def text_of(summary: Row) -> Row:
    return {("message" if column == "summary" else column): value for column, value in summary.items()}


def test_every_table_is_complete_with_the_least_calls(site: Sandbox, join: Callable[..., Connector]) -> None:
    outcome = read(join(site), EVERYTHING)
    assert_complete(outcome, site, EVERYTHING)
    (warning,) = outcome.warnings
    assert warning.startswith("notification_rules: JSM Operations shows notification rules to their owner only")
    calls, users, teams = site.calls(), len(outcome.records["users"]), len(outcome.records["teams"])
    assert calls[USERS] == 2  # the last page is an empty one
    assert calls[CONTACTS] == users
    assert calls[MEMBERS_OF] == teams
    assert calls[ORGANIZATION] == 1
    assert calls[AUDIT] == DAYS
    assert calls["/jsm/ops/api/v1/notification-rules"] == calls["/rest/api/3/myself"] == 1
    assert calls["/jsm/api/v1/services/"] == 1
    assert "/jsm/ops/api/v1/notification-rules/{ruleId}/steps" not in calls
    assert site.stats()["violations"] == []


def test_pages_that_are_cut_short_are_joined(site: Sandbox, join: Callable[..., Connector]) -> None:
    site.settings(jsm={"short_pages": 2})
    names = (*PEOPLE, *MEMBERS, *SERVICES)
    assert_complete(read(join(site), names), site, names)
    assert site.stats()["violations"] == []


def test_steps_that_the_list_leaves_out_are_asked_for(site: Sandbox, join: Callable[..., Connector]) -> None:
    site.settings(jsm={"steps_in_list": False})
    outcome = read(join(site), ["notification_rule_steps"])
    assert_complete(outcome, site, ["notification_rule_steps"])


def test_only_people_are_users(site: Sandbox, join: Callable[..., Connector]) -> None:
    rows = read(join(site), ["users"]).records["users"]
    assert {row["accountType"] for row in rows} == {"atlassian"}
    assert any("username" not in row for row in rows)  # of those who hide their address


# The organization


def test_without_an_organization_two_tables_say_which_field_to_fill_in(
    site: Sandbox, join: Callable[..., Connector]
) -> None:
    outcome = read(join(site, organization=False), MEMBERS)
    assert outcome.code == 0, outcome.errors
    assert [warning.partition(":")[0] for warning in outcome.warnings] == ["user_teams", "team_members"]
    assert all("fill in 'organization_id'" in warning for warning in outcome.warnings)
    assert outcome.records["team_members"] == outcome.records["user_teams"] == []
    truth = [{"id": row["id"], "name": row["name"]} for row in site.jsm_truth("teams")]
    assert_each_once(outcome.records["teams"], truth)
    assert not [path for path in site.calls() if path.startswith("/public/teams")]


def test_nothing_but_tables_of_an_organization_that_is_not_given_fails(
    site: Sandbox, join: Callable[..., Connector]
) -> None:
    outcome = read(join(site, organization=False), ["team_members", "user_teams"])
    assert outcome.code != 0
    (error,) = outcome.errors
    assert "fill in 'organization_id'" in error


def test_a_wrong_organization_is_told_once(site: Sandbox, join: Callable[..., Connector]) -> None:
    connector = join(site)
    connector.config["jira_service_management"]["organization_id"] = "another"
    outcome = read(connector, MEMBERS)
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["teams"]) == 6
    told = {warning.partition(":")[0]: warning for warning in outcome.warnings}
    assert len(told) == len(outcome.warnings) == 3
    assert all("Organization not found" in warning for warning in told.values())
    assert "the column 'description' is empty" in told["teams"]
    assert site.calls()[MEMBERS_OF] <= 1 + 2 + 10  # the first, the sample, and what the workers had begun


# Who sees what


def test_a_member_of_one_team_is_told_what_is_for_admins(site: Sandbox, join: Callable[..., Connector]) -> None:
    outcome = read(join(site, "team"), ["users", "contacts", "audit_logs"])
    assert outcome.code == 0, outcome.errors
    assert_each_once(outcome.records["users"], site.jsm_truth("users"))
    of_caller = {row["user_id"] for row in outcome.records["contacts"]}
    assert len(of_caller) == 1
    truth = [row for row in site.jsm_truth("contacts") if row["user_id"] in of_caller]
    assert_each_once(outcome.records["contacts"], truth)
    told = {warning.partition(":")[0]: warning for warning in outcome.warnings}
    assert len(outcome.warnings) == 2
    assert "the owner of the token has no right to read it" in told["contacts"]
    assert "the audit log is for admins" in told["audit_logs"]
    assert site.calls()[AUDIT] == 2  # the first span, and the last second


def test_a_sync_of_nothing_but_the_audit_log_fails_for_who_is_no_admin(
    site: Sandbox, join: Callable[..., Connector]
) -> None:
    outcome = read(join(site, "team"), ["audit_logs"])
    assert outcome.code != 0
    (error,) = outcome.errors
    assert "the audit log is for admins of the organization" in error


def test_a_token_with_scopes_is_told_what_takes_none(site: Sandbox, join: Callable[..., Connector]) -> None:
    names = (*PEOPLE, "team_members", "services")
    outcome = read(join(site, "scoped"), names)
    assert_complete(outcome, site, PEOPLE)
    told = {warning.partition(":")[0]: warning for warning in outcome.warnings}
    assert "it probably needs a token without scopes" in told["team_members"]
    assert "or a token without scopes" in told["services"]


# The audit log


@pytest.mark.parametrize("ends", ["start", "both", "none"])
@pytest.mark.parametrize("words", ["message", "summary"])
def test_every_line_comes_once_whichever_ends_belong_to_a_window(
    words: str, ends: str, site: Sandbox, join: Callable[..., Connector]
) -> None:
    site.settings(jsm={"audit_ends": ends, "audit_text": words, "short_pages": 2})
    outcome = read(join(site, start_date="2026-09-30"), ["audit_logs"])
    assert outcome.code == 0, outcome.errors
    truth = [row for row in site.jsm_truth("audit_logs") if row["created"] >= "2026-09-30"]
    assert len(truth) > 50
    assert_each_once([without_id(row) for row in outcome.records["audit_logs"]], map(text_of, truth))
    assert len({row["id"] for row in outcome.records["audit_logs"]}) == len(truth)
    assert site.stats()["violations"] == []


def test_a_second_sync_reads_from_an_hour_before_the_state(
    own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True)
    connector = join(account, start_date="2026-10-25")
    first = read(connector, ["audit_logs"])
    happened = [{"op": "note", "index": 3, "advance_ms": 2 * HOUR}, {"op": "create", "advance_ms": 30 * HOUR}]
    account.mutate([*happened, {"op": "wait"}])  # a line of this very moment is the next sync's
    account.reset_stats()
    second = read(connector, ["audit_logs"], first.last_states)
    assert second.code == 0, second.errors
    assert account.calls()[AUDIT] == 2  # 33 hours
    known = {row["id"] for row in first.records["audit_logs"]}
    new = [row for row in second.records["audit_logs"] if row["id"] not in known]
    assert len(new) == 2
    held = {row["id"]: row for row in (*first.records["audit_logs"], *second.records["audit_logs"])}
    truth = [row for row in account.jsm_truth("audit_logs") if row["created"] >= "2026-10-25"]
    assert_each_once(list(map(without_id, held.values())), truth)


def test_a_state_follows_each_window_and_is_gone_on_from(site: Sandbox, join: Callable[..., Connector]) -> None:
    connector = join(site, start_date="2026-10-20")
    whole = read(connector, ["audit_logs"])
    assert len(whole.states) >= 12
    middle = whole.messages.index(next(m for m in whole.messages if m.get("state") == whole.states[6]))
    before = [m["record"]["data"] for m in whole.messages[:middle] if m["type"] == "RECORD"]
    state = {key: value for key, value in whole.states[6].items() if key != "sourceStats"}
    rest = read(connector, ["audit_logs"], [state])
    assert rest.code == 0, rest.errors
    held = {row["id"]: canonical(row) for row in (*before, *rest.records["audit_logs"])}
    assert held == {row["id"]: canonical(row) for row in whole.records["audit_logs"]}
    assert len(rest.records["audit_logs"]) < len(whole.records["audit_logs"])


@pytest.mark.parametrize("created", ["2031-01-01T00:00:00Z", "yesterday", None])
def test_a_state_that_cannot_be_true_is_not_used(
    created: str | None, site: Sandbox, join: Callable[..., Connector]
) -> None:
    connector = join(site, start_date="2026-10-28")
    state = {
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": "audit_logs"}, "stream_state": {"created": created}},
    }
    outcome = read(connector, ["audit_logs"], [state])
    assert outcome.code == 0, outcome.errors
    (warning,) = outcome.warnings
    assert "it is not used, and the stream starts from the beginning" in warning
    assert len(outcome.records["audit_logs"]) == len(read(connector, ["audit_logs"]).records["audit_logs"])


def test_what_is_no_longer_kept_is_told(site: Sandbox, join: Callable[..., Connector]) -> None:
    state = {
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": "audit_logs"}, "stream_state": {"created": "2026-01-01T00:00:00Z"}},
    }
    outcome = read(join(site), ["audit_logs"], [state])
    (warning,) = outcome.warnings
    assert "keeps the audit log for 180 days" in warning
    assert site.calls()[AUDIT] == DAYS
