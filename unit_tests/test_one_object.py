"""One object decides for itself only: what is refused or fails is named, and all others come.

Against a simulated account. Time is patched, so that nothing waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.paging import Page
from source_opsgenie.http.retry import LEAST_ATTEMPTS
from source_opsgenie.streams import checkpointed
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.skips import MANY_FAILED
from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, Account, Call, Refused, Row, Sync, text, unique

FULL = SyncMode.full_refresh
WORKERS = (1, 4, 10)
# Refusals of what an object is, an API that fails for one object for ever, and answers that would mean the key or the
# address if other calls got them, too.
STATUSES = (400, 405, 406, 409, 416, 422, 500, 503, 302, 401)

# One of each kind of failure: for good, of the key, and one that may pass. All others end in the same branches, which
# do not depend on the stream.
OF_EACH_KIND = (422, 401, 500)

# Objects that a state keeps, in tests: few, so that more of them can be made.
MOST_OWED = 20

pytestmark = pytest.mark.usefixtures("naps")


# Accounts. Each object is named o0, o1, ..., and has one row below it.


def of_alerts(path: str) -> Callable[[int], Account]:
    """Make accounts of alerts, each with one row at a path below it."""

    def made(count: int) -> Account:
        account = Account()
        for number in range(count):
            account.alert(f"o{number}", NOW - 30 * DAY + number * HOUR)
            at = NOW - 30 * DAY + number * HOUR
            row = {"id": f"r{number}", "offset": f"{at}_{at}", "user": {"id": "u"}}
            account.below[path.format(f"o{number}")] = [row]
        return account

    return made


def of_incidents(path: str) -> Callable[[int], Account]:
    """Make accounts of incidents, each with one row at a path below it."""

    def made(count: int) -> Account:
        account = Account()
        for number in range(count):
            at = NOW - 30 * DAY + number * HOUR
            account.incident(f"o{number}", at)
            row: Any = {"id": f"r{number}", "offset": f"{at}_{at}", "log": "l", "note": "n"}
            account.below[path.format(f"o{number}")] = [f"r{number}" if path.endswith("-ids") else row]
        return account

    return made


def of_users(path: str) -> Callable[[int], Account]:
    """Make accounts of users, each with one row at a path below it."""

    def made(count: int) -> Account:
        account = Account()
        account.users = [{"id": f"o{number}", "username": f"{number:04}@example.net"} for number in range(count)]
        for number in range(count):
            rule = {"id": f"r{number}", "name": "n"}
            at = path.format(f"o{number}")
            account.below[at] = [rule]
            account.below[f"{at}/r{number}"] = {**rule, "steps": [{"id": f"s{number}"}]}
        return account

    return made


def of_teams(count: int) -> Account:
    account = Account()
    account.logs = {f"o{number}": [(NOW - DAY + number * MINUTE, f"log {number}")] for number in range(count)}
    for number in range(count):
        policy = {"id": f"r{number}", "name": "n", "order": 0}
        account.below[f"/v2/policies/alert?teamId=o{number}"] = [policy]
        account.below[f"/v2/policies/r{number}?teamId=o{number}"] = {**policy, "message": "m"}
    return account


def of_schedules(count: int) -> Account:
    account = Account()
    account.periods = {f"o{number}": [(NOW - 2 * HOUR, NOW - HOUR)] for number in range(count)}
    account.config = {"start_date": text(NOW - 70 * DAY)[:10]}  # three months of each schedule, and not thirteen
    return account


# For each stream: an account, the column that names the object, and the place that is asked for it.
INCREMENTAL: dict[str, tuple[Callable[[int], Account], str, str]] = {
    "alert_notes": (of_alerts("/v2/alerts/{}/notes"), "alert_id", "/v2/alerts/{}/notes"),
    "alert_recipients": (of_alerts("/v2/alerts/{}/recipients"), "alert_id", "/v2/alerts/{}/recipients"),
    "incident_logs": (of_incidents("/v1/incidents/{}/logs"), "incident_id", "/v1/incidents/{}/logs"),
    "incident_associated_alerts": (
        of_incidents("/v1/incidents/{}/associated-alert-ids"),
        "incident_id",
        "/v1/incidents/{}/associated-alert-ids",
    ),
    "team_logs": (of_teams, "team_id", "/v2/teams/{}/logs"),
    "schedule_timelines": (of_schedules, "schedule_id", "/v2/schedules/{}/timeline"),
}
FULL_REFRESH: dict[str, tuple[Callable[[int], Account], str, str]] = {
    "contacts": (of_users("/v2/users/{}/contacts"), "user_id", "/v2/users/{}/contacts"),
    "notification_rules": (
        of_users("/v2/users/{}/notification-rules"),
        "user_id",
        "/v2/users/{}/notification-rules",
    ),
    "alert_policies": (of_teams, "team_id", r"/v2/policies/alert\?teamId={}"),
}
ALL = {**INCREMENTAL, **FULL_REFRESH}
# Of these, only timelines treat a failure that may pass otherwise than one that does not.
FAILURES = [*((name, 422) for name in INCREMENTAL), ("alert_notes", 500), ("schedule_timelines", 500)]
DETAILS = {
    "notification_rules": (FULL_REFRESH["notification_rules"][0], r"/v2/users/o{0}/notification-rules/r{0}", "steps"),
    "alert_policies": (of_teams, r"/v2/policies/r{0}\?teamId=o{0}", "message"),
}


def names(count: int, *without: int) -> set[str]:
    return {f"o{number}" for number in range(count) if number not in without}


def names_in(message: str) -> set[str]:
    return set(re.findall(r"\b[oiqu]\d+\b", message))


# Refusals: a warning each reason, and all others come.


def integrations(*kinds: str) -> Account:
    account = Account()
    account.below["/v2/integrations"] = [
        {"id": f"i{number}", "name": "n", "enabled": True, "type": kind} for number, kind in enumerate(kinds)
    ]
    for number, kind in enumerate(kinds):
        account.below[f"/v2/integrations/i{number}"] = {"id": f"i{number}", "type": kind, "isGlobal": True}
        account.below[f"/v2/integrations/i{number}/actions"] = {"create": [{"name": "c", "order": 0}]}
    return account


@pytest.mark.parametrize("workers", WORKERS)
def test_integrations_refused_by_their_type_leave_the_others_their_details(workers: int) -> None:
    account = integrations(*["Slack"] * 6, *["API"] * 3)
    for number in range(6):
        account.refused[f"/v2/integrations/i{number}"] = Refused(403, "type not supported")
    sync = Sync(account, "integrations", num_workers=workers)
    assert [row.get("isGlobal") for row in sync.rows("integrations")] == [None] * 6 + [True] * 3
    (warning,) = sync.warnings("integrations")
    assert " 6 rows" in warning
    assert names_in(warning) == {f"i{number}" for number in range(6)}
    assert sync.ended("integrations") == "COMPLETE"


@pytest.mark.slow
def test_the_same_details_come_at_any_number_of_workers() -> None:
    def read(workers: int) -> list[Row]:
        account = Account()
        account.below["/v2/alerts/saved-searches"] = [{"id": f"q{number}", "name": "n"} for number in range(60)]
        for number in range(60):
            path = f"/v2/alerts/saved-searches/q{number}"
            account.below[path] = {"id": f"q{number}", "name": "n", "query": "status: open"}
            if number < 5:
                account.refused[path] = 403
        sync = Sync(account, "saved_searches", num_workers=workers)
        assert sync.ended("saved_searches") == "COMPLETE"
        assert len(sync.warnings("saved_searches")) == 1
        return sync.rows("saved_searches")

    rows = [read(workers) for workers in WORKERS]
    assert [row["id"] for row in rows[0] if "query" in row] == [f"q{number}" for number in range(5, 60)]
    assert rows[0] == rows[1] == rows[2]


@pytest.mark.parametrize("status", [400, 405, 406, 409, 416, 422])
def test_an_integration_without_actions_leaves_the_others_theirs(status: int) -> None:
    account = integrations("API", "Zenoss", "API")
    account.refused["/v2/integrations/i1/actions"] = Refused(status, "not advanced")
    sync = Sync(account, "integrations", "integration_actions")
    assert sync.ids("integration_actions", "integration_id") == {"i0", "i2"}
    (warning,) = sync.warnings("integration_actions")
    assert names_in(warning) == {"i1"}
    assert "not advanced" in warning
    assert sync.ended("integration_actions") == "COMPLETE"


@pytest.mark.parametrize("status", STATUSES)
def test_a_detail_that_fails_leaves_the_others_theirs(status: int) -> None:
    account = integrations("API", "Zenoss", "API")
    account.refused["/v2/integrations/i1"] = Refused(status, "odd")
    sync = Sync(account, "integrations", "integration_actions")
    assert [row.get("isGlobal") for row in sync.rows("integrations")] == [True, None, True]
    assert sync.ids("integration_actions", "integration_id") == {"i0", "i1", "i2"}
    assert sync.ended("integrations") == "INCOMPLETE"
    assert names_in(sync.failed()["integrations"]) == {"i1"}
    assert sync.ended("integration_actions") == "COMPLETE"


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize(
    ("name", "count", "refused"), [("contacts", 15, 10), ("alert_notes", 15, 12), ("incident_logs", 15, 12)]
)
def test_parents_refused_at_the_head_of_a_list_leave_the_others_theirs(
    name: str, count: int, refused: int, workers: int
) -> None:
    make, column, place = ALL[name]
    account = make(count)
    for number in range(refused):
        account.refused[place.format(f"o{number}")] = 403
    sync = Sync(account, name, num_workers=workers)
    assert sync.ids(name, column) == names(count, *range(refused))
    (warning,) = sync.warnings(name)
    assert f"the rows of {refused} " in warning
    assert names_in(warning) == names(refused)
    assert sync.ended(name) == "COMPLETE"


def test_incidents_refused_at_the_beginning_leave_the_others_their_timelines() -> None:
    account = of_incidents("/v2/incident-timelines/{}/entries")(15)
    for number in range(12):
        account.refused[f"/v2/incident-timelines/o{number}/entries"] = 403
    first = Sync(account, "incident_timeline_entries")
    assert first.ids("incident_timeline_entries", "incident_id") == names(15, *range(12))
    (warning,) = first.warnings("incident_timeline_entries")
    assert names_in(warning) == names(12)
    assert first.ended("incident_timeline_entries") == "COMPLETE"


def test_a_schedule_refused_in_every_month_is_asked_for_and_named_once() -> None:
    account = of_schedules(3)
    account.refused["/v2/schedules/o1/timeline"] = 403
    sync = Sync(account, "schedule_timelines")
    assert sync.ids("schedule_timelines", "schedule_id") == {"o0", "o2"}
    (warning,) = sync.warnings("schedule_timelines")
    assert "the rows of 1 " in warning
    assert warning.count("o1") == 1
    assert account.asked("/v2/schedules/o1/timeline") == 1


def test_an_integration_of_a_type_that_is_only_listed_is_no_missing_right() -> None:
    account = integrations("IncomingCall", "API")
    text = "Create and update operations for type [IncomingCall is forbidden"
    account.refused["/v2/integrations/i0"] = Refused(403, text)
    sync = Sync(account, "integrations")
    (warning,) = sync.warnings("integrations")
    assert text in warning
    assert "the key has the right" in warning
    assert "has no right" not in warning
    assert sync.ids("integrations") == {"i0", "i1"}


def test_an_object_that_is_not_supported_is_no_missing_right() -> None:
    account = integrations("Slack", "API")
    account.refused["/v2/integrations/i0/actions"] = Refused(403, "not supported", 40302)
    sync = Sync(account, "integration_actions")
    (warning,) = sync.warnings("integration_actions")
    assert "not supported" in warning
    assert "the key has the right" in warning
    assert "Configuration Access" not in warning
    assert "has no right" not in warning
    assert sync.ids("integration_actions", "integration_id") == {"i1"}


def test_a_null_in_a_detail_does_not_overwrite_the_lists_value() -> None:
    account = integrations("API")
    account.below["/v2/integrations"] = [{"id": "i0", "name": "n", "teamId": "t1", "type": None}]
    detail = {"id": None, "teamId": None, "type": None, "isGlobal": False, "new": None, "name": "in full"}
    account.below["/v2/integrations/i0"] = detail
    sync = Sync(account, "integrations", "integration_actions")
    assert sync.rows("integrations") == [
        {"id": "i0", "name": "in full", "teamId": "t1", "type": None, "isGlobal": False, "new": None}
    ]
    assert sync.ids("integration_actions", "integration_id") == {"i0"}


@pytest.mark.parametrize(
    "other", [{"id": "i0", "type": "API", "isGlobal": True, "teamId": "t0"}, {}, {"message": "later"}]
)
@pytest.mark.parametrize("workers", [1, 10])
def test_a_detail_of_another_object_is_not_taken_for_a_rows_own(workers: int, other: object) -> None:
    account = integrations("API", "API", "API")
    account.below["/v2/integrations/i1"] = other
    sync = Sync(account, "integrations", "integration_actions", num_workers=workers)
    first, second, third = sync.rows("integrations")
    assert second == account.below["/v2/integrations"][1]
    assert first["isGlobal"] is third["isGlobal"] is True
    assert sync.ids("integration_actions", "integration_id") == {"i0", "i1", "i2"}
    (warning,) = sync.warnings("integrations")
    assert "the answer for a single object is not that object" in warning
    assert sync.ended("integrations") == "COMPLETE"


@pytest.mark.parametrize("status", [202, 203, 204])
def test_an_answer_of_success_that_is_not_200_is_asked_for_again(status: int) -> None:
    account = integrations("API")
    account.refused["/v2/integrations"] = status
    failed = Sync(account, "integrations").failed()["integrations"]
    assert f"answers /v2/integrations with HTTP {status} instead of 200" in failed
    account.before = lambda _: account.refused.clear() if account.asked("/v2/integrations") > 1 else None
    account.refused["/v2/integrations"] = status
    account.calls.clear()
    again = Sync(account, "integrations")
    assert (again.ids("integrations"), again.failed()) == ({"i0"}, {})


def test_a_list_in_place_of_a_detail_is_an_error() -> None:
    account = integrations("API", "API", "API")
    account.below["/v2/integrations/i1"] = []
    sync = Sync(account, "integrations", "integration_actions")
    first, second, third = sync.rows("integrations")
    assert second == account.below["/v2/integrations"][1]
    assert first["isGlobal"] is third["isGlobal"] is True
    assert sync.ended("integrations") == "INCOMPLETE"
    assert "i1" in sync.failed()["integrations"]
    assert "'data' is not an object" in sync.failed()["integrations"]


# For each stream whose calls are answered with one object: the place of one.
OBJECT_PLACES: dict[str, str] = {
    "next_on_calls": "/v2/schedules/o1/next-on-calls",
    "service_audience_templates": "/v1/services/o1/audience-templates",
    "team_members": "/v2/teams/o1",
}


@pytest.mark.parametrize(("name", "path"), OBJECT_PLACES.items())
@pytest.mark.parametrize("answer", [[], [{"id": "o1"}]])
def test_a_list_in_place_of_a_single_object_is_an_error(name: str, path: str, answer: Any) -> None:
    account = of_schedules(2)
    account.logs = {"o1": []}
    account.below |= {"/v1/services": [{"id": "o1", "name": "s"}], path: answer}
    sync = Sync(account, name)
    assert sync.rows(name) == []
    assert sync.ended(name) == "INCOMPLETE"
    assert "'data' is not an object" in sync.failed()[name]


def test_a_team_answered_with_an_empty_object_is_an_error() -> None:
    account = of_teams(3)
    account.below["/v2/teams/o1"] = {}
    sync = Sync(account, "team_members")
    assert sync.ended("team_members") == "INCOMPLETE"
    assert "an answer that is not the object asked for" in sync.failed()["team_members"]


@pytest.mark.parametrize(("name", "path"), [("escalations", "/v2/escalations"), ("contacts", "/v2/users/u/contacts")])
def test_an_object_in_place_of_a_list_is_an_error(name: str, path: str) -> None:
    account = Account()
    account.users = [{"id": "u", "username": "u"}]
    account.below[path] = {"id": "x"}
    sync = Sync(account, name)
    assert sync.rows(name) == []
    assert sync.ended(name) == "INCOMPLETE"
    assert "'data' is not a list" in sync.failed()[name]


@pytest.mark.parametrize("answer", [{"id": "o1"}, {"id": None}])
@pytest.mark.parametrize("workers", [1, 10])
def test_the_single_object_of_another_alert_is_owed(workers: int, answer: Any) -> None:
    account = of_alerts("/v2/alerts/{}/notes")(5)
    mixed_up = {**account.alerts["o2"], **answer}
    alerts = dict(account.alerts)

    def mix_up(call: Any) -> None:
        account.alerts = {**alerts, "o2": mixed_up} if call.path == "/v2/alerts/o2" else alerts

    account.before = mix_up
    first = Sync(account, "alert_details", num_workers=workers)
    assert sorted(row["id"] for row in first.rows("alert_details")) == ["o0", "o1", "o3", "o4"]
    assert first.ended("alert_details") == "INCOMPLETE"
    assert names_in(first.failed()["alert_details"]) == {"o2"}
    assert "an answer that is not the object asked for" in first.failed()["alert_details"]
    account.before = lambda _: None
    account.alerts = alerts
    second = Sync(account, "alert_details", state=first.states)
    assert "o2" in second.ids("alert_details")
    assert "owed" not in second.state_of("alert_details")


def test_the_members_of_another_team_are_not_taken_for_a_teams_own() -> None:
    account = of_teams(3)
    for number, identity in enumerate(("o0", "o1", "o1")):
        account.below[f"/v2/teams/o{number}"] = {"id": identity, "members": [{"user": {"id": "u"}}]}
    sync = Sync(account, "team_members")
    assert sync.ids("team_members", "team_id") == {"o0", "o1"}
    assert names_in(sync.failed()["team_members"]) == {"o2"}


# Objects that fail for good: the others come, and the stream says what is missing.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "status"),
    [(name, status) for name in ALL for status in (STATUSES if name in {"alert_notes", "contacts"} else OF_EACH_KIND)],
)
def test_an_object_that_fails_leaves_the_others_their_rows(name: str, status: int) -> None:
    make, column, place = ALL[name]
    account = make(5)
    account.refused[place.format("o2")] = status
    sync = Sync(account, name)
    assert sync.ids(name, column) - {"None"} == names(5, 2)
    assert sync.ended(name) == "INCOMPLETE"
    assert names_in(sync.failed()[name]) == {"o2"}
    assert str(status) in sync.failed()[name]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", DETAILS)
def test_a_detail_that_fails_leaves_the_lists_row_and_is_told(name: str, status: int) -> None:
    make, place, field = DETAILS[name]
    account = make(5)
    account.refused[place.format(2)] = status
    sync = Sync(account, name)
    rows = {row["id"]: row for row in sync.rows(name)}
    assert {identity for identity, row in rows.items() if field in row} == {"r0", "r1", "r3", "r4"}
    assert set(rows) == {f"r{number}" for number in range(5)}
    assert sync.ended(name) == "INCOMPLETE"
    assert re.search(r"\br2\b", sync.failed()[name])


@pytest.mark.parametrize("name", ALL)
def test_a_fault_of_the_connector_at_one_object_costs_no_other(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows all forms that a row may have, and a stream must not end at the same one in each sync."""
    make, column, _ = ALL[name]
    page = ApiStream.page

    def failing(stream: ApiStream, parent: Row, *rest: Any, **options: Any) -> Page:
        if parent.get("id") == "o1":
            raise IndexError("a text of the row")
        return page(stream, parent, *rest, **options)

    monkeypatch.setattr(ApiStream, "page", failing)
    sync = Sync(make(4), name)
    assert sync.ids(name, column) - {None} == names(4, 1)
    failure = sync.failed()[name]
    assert "could not be read: o1." in failure
    assert "(IndexError in test_one_object.py, line " in failure
    assert "a text of the row" not in failure


def test_a_fault_of_the_connector_at_one_detail_leaves_the_lists_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> Row:
        raise TypeError

    monkeypatch.setattr(ApiStream, "detail_of", failing)
    sync = Sync(of_teams(2), "alert_policies")
    assert sync.ids("alert_policies") == {"r0", "r1"}
    assert "2 objects could not be read: r0, r1. " in sync.failed()["alert_policies"]


@pytest.mark.parametrize("status", [416, 500])
def test_the_accounts_own_policies_that_fail_are_told_of_by_name(status: int) -> None:
    account = of_teams(3)
    account.refused["/v2/policies/alert"] = status
    sync = Sync(account, "alert_policies")
    assert sync.ids("alert_policies", "team_id") == names(3)
    assert sync.ended("alert_policies") == "INCOMPLETE"
    assert "None" not in sync.failed()["alert_policies"]


def test_the_account_itself_that_cannot_be_read_costs_no_list_behind_it() -> None:
    """It is what the connector asks for to see whether Opsgenie answers at all."""
    account = Account()
    account.refused["/v2/account"] = 500
    sync = Sync(account, "account", "maintenance")
    assert sync.ended("account") == "INCOMPLETE"
    assert sync.ended("maintenance") == "COMPLETE"


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "status"), [(1, 422), (10, 500)])
@pytest.mark.parametrize("name", INCREMENTAL)
def test_what_failed_is_owed_until_it_is_read(name: str, workers: int, status: int) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(5)
    account.refused[place.format("o2")] = status
    first = Sync(account, name, num_workers=workers)
    assert set(first.state_of(name)["owed"]) == {"o2"}
    delivered = unique(first.rows(name))
    again = Sync(account, name, state=first.states, num_workers=workers)
    assert again.ended(name) == "INCOMPLETE"
    assert names_in(again.failed()[name]) == {"o2"}
    assert again.warnings(name) == []
    assert set(again.state_of(name)["owed"]) == {"o2"}
    assert again.ids(name, column) <= {"o4"}  # the newest object is at the cursor; all others are older
    account.refused = {}
    last = Sync(account, name, state=again.states, num_workers=workers)
    assert last.ended(name) == "COMPLETE"
    assert {row[column] for row in last.rows(name)} <= {"o2", "o4"}
    assert "o2" in last.ids(name, column)
    assert "owed" not in last.state_of(name)
    assert delivered | unique(last.rows(name)) == unique(Sync(make(5), name).rows(name))
    after = Sync(account, name, state=last.states, num_workers=workers)
    assert after.ids(name, column) <= {"o4"}


def test_what_is_owed_is_read_though_the_list_is_refused_and_the_warning_does_not_deny_it() -> None:
    make, _, place = INCREMENTAL["alert_notes"]
    account = make(5)
    account.refused[place.format("o2")] = 422
    first = Sync(account, "alert_notes")
    account.refused = {"/v2/alerts": 403}
    second = Sync(account, "alert_notes", state=first.states)
    assert second.ids("alert_notes", "alert_id") == {"o2"}
    (warning,) = second.warnings("alert_notes")
    assert warning.startswith("alert_notes: alerts was skipped, because ")
    assert second.state_of("alert_notes")["updatedAt"] == first.state_of("alert_notes")["updatedAt"]
    assert "owed" not in second.state_of("alert_notes")


@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_state_of_a_sync_in_which_all_objects_failed_is_a_state(name: str) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(2)
    account.refused[place.format("[^/]+")] = 422
    first = Sync(account, name)
    assert first.ended(name) == "INCOMPLETE"
    account.refused = {}
    second = Sync(account, name, state=first.states)
    assert second.warnings(name) == []
    assert second.ids(name, column) == names(2)
    assert "owed" not in second.state_of(name)


@pytest.mark.slow
@pytest.mark.parametrize("since", ["2999-01-01T00:00:00.000Z", "soon", 5])
@pytest.mark.parametrize("name", INCREMENTAL)
def test_an_owed_object_is_read_whatever_time_the_state_gives_for_it(name: str, since: object) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(5)
    account.refused[place.format("o2")] = 422
    first = Sync(account, name)
    account.refused = {}
    (state,) = first.states
    assert state.stream is not None
    vars(state.stream.stream_state)["owed"] = {"o2": since}
    second = Sync(account, name, state=[state])
    assert first.ids(name, column) | second.ids(name, column) == names(5)
    assert "owed" not in second.state_of(name)
    assert "soon" not in str(second.rows(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_an_object_that_began_to_fail_later_is_owed_from_where_it_was_read(name: str) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(5)
    first = Sync(account, name)
    account.now += HOUR
    change(account, "o2", account.now - MINUTE)
    account.refused[place.format("o2")] = 422
    second = Sync(account, name, state=first.states)
    assert second.ended(name) == "INCOMPLETE"
    assert set(second.state_of(name)["owed"]) == {"o2"}
    account.now += HOUR
    change(account, "o3", account.now - MINUTE)
    third = Sync(account, name, state=second.states)
    assert "o3" in third.ids(name, column)
    assert "o2" not in third.ids(name, column)
    assert set(third.state_of(name)["owed"]) == {"o2"}
    account.refused = {}
    fourth = Sync(account, name, state=third.states)
    assert "o2" in fourth.ids(name, column)
    assert "owed" not in fourth.state_of(name)
    everything = [row for sync in (first, second, third, fourth) for row in sync.rows(name)]
    assert unique(everything) >= unique(Sync(account, name).rows(name))


def change(account: Account, name: str, moment: int) -> None:
    """Let something happen to an object, whatever it is."""
    if name in account.logs:
        account.logs[name].append((moment, f"new of {name}"))
    elif name in account.periods:
        account.periods[name].append((moment - MINUTE, moment))
    else:
        account.change(name, moment)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), FAILURES)
def test_with_more_objects_than_a_state_can_keep_a_stream_stops_where_it_is(
    name: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpointed, "MOST_OWED", MOST_OWED)
    make, _, place = INCREMENTAL[name]
    account = make(MOST_OWED + 10)
    first = Sync(account, name)
    account.now += HOUR
    for number in range(MOST_OWED + 5):
        change(account, f"o{number}", account.now - 30 * MINUTE)
        if number <= MOST_OWED:
            account.refused[place.format(f"o{number}")] = status
    second = Sync(account, name, state=first.states)
    assert second.ended(name) == "INCOMPLETE"
    assert f"more than {MOST_OWED} objects" in second.failed()[name]
    account.refused = {}
    third = Sync(account, name, state=second.states or first.states)
    everything = [row for sync in (first, second, third) for row in sync.rows(name)]
    assert unique(everything) >= unique(Sync(account, name).rows(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "status"), FAILURES)
def test_objects_that_fail_for_good_block_nothing_however_many_they_are(name: str, status: int) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(MOST_OWED + 12)
    failing = {f"o{number}" for number in range(5, MOST_OWED + 7)}
    account.refused = {place.format(each): status for each in failing}
    first = Sync(account, name)
    assert first.ids(name, column) == names(MOST_OWED + 12) - failing
    assert first.ended(name) == "INCOMPLETE"
    assert f"{len(failing)} objects could not be read: o5" in first.failed()[name]
    assert set(first.state_of(name)["owed"]) == failing
    account.now += HOUR
    change(account, "o3", account.now - MINUTE)
    second = Sync(account, name, state=first.states)
    assert "o3" in second.ids(name, column)
    account.refused = {}
    third = Sync(account, name, state=second.states)
    assert third.ids(name, column) >= failing
    assert "owed" not in third.state_of(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_as_many_objects_as_a_state_can_keep_are_owed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpointed, "MOST_OWED", MOST_OWED)
    make, column, place = INCREMENTAL[name]
    account = make(MOST_OWED + 2)
    for number in range(MOST_OWED):
        account.refused[place.format(f"o{number}")] = 422
    first = Sync(account, name)
    assert set(first.state_of(name)["owed"]) == names(MOST_OWED)
    assert first.ids(name, column) == {f"o{MOST_OWED}", f"o{MOST_OWED + 1}"}
    account.refused = {}
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) >= names(MOST_OWED)
    assert "owed" not in second.state_of(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_full_refresh_reads_everything_and_owes_what_failed(name: str) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(5)
    account.refused[place.format("o2")] = 422
    first = Sync(account, name)
    again = Sync(account, name, state=first.states, mode=FULL)
    assert again.ids(name, column) == names(5, 2)
    assert again.ended(name) == "INCOMPLETE"
    assert set(again.state_of(name)["owed"]) == {"o2"}
    account.refused = {}
    whole = Sync(account, name, state=again.states, mode=FULL)
    assert whole.ids(name, column) == names(5)
    assert len(whole.rows(name)) == 5
    assert "owed" not in whole.state_of(name)
    later = Sync(account, name, state=again.states)
    assert "o2" in later.ids(name, column)
    assert later.ids(name, column) <= {"o2", "o4"}


def test_with_another_query_only_objects_that_match_it_are_asked_for() -> None:
    make, column, place = INCREMENTAL["alert_notes"]
    account = make(5)
    account.alerts["o2"]["status"] = "open"
    account.refused[place.format("o2")] = 422
    first = Sync(account, "alert_notes")
    assert set(first.state_of("alert_notes")["owed"]) == {"o2"}
    account.refused = {}
    second = Sync(account, "alert_notes", state=first.states, alert_query="status: closed")
    assert second.ids("alert_notes", column) == names(5, 2)
    assert "owed" not in second.state_of("alert_notes")


@pytest.mark.parametrize("name", INCREMENTAL)
def test_an_owed_object_that_is_deleted_is_owed_no_more(name: str) -> None:
    make, _, place = INCREMENTAL[name]
    account = make(5)
    account.refused[place.format("o2")] = 422
    first = Sync(account, name)
    assert set(first.state_of(name)["owed"]) == {"o2"}
    for kind in (account.alerts, account.incidents, account.logs, account.periods):
        kind.pop("o2", None)
    account.refused = {place.format("o2"): 404}
    second = Sync(account, name, state=first.states)
    assert second.ended(name) == "COMPLETE"
    assert "owed" not in second.state_of(name)
    account.calls.clear()
    Sync(account, name, state=second.states)
    assert account.asked(place.format("o2")) == 0


def test_an_object_that_fails_and_is_read_later_in_the_same_sync_has_not_failed() -> None:
    """One that is owed and has changed since is requested twice."""
    account = of_alerts("/v2/alerts/{}/notes")(3)
    place = "/v2/alerts/o1/notes"
    account.refused[place] = 422
    first = Sync(account, "alert_notes")
    account.now += HOUR
    account.change("o1", account.now - MINUTE)
    account.calls.clear()

    def recover(_: Any) -> None:
        if account.asked(place) == 2:
            account.refused = {}

    account.before = recover
    second = Sync(account, "alert_notes", state=first.states)
    assert "o1" in second.ids("alert_notes", "alert_id")
    assert "owed" not in second.state_of("alert_notes")
    assert second.ended("alert_notes") == "COMPLETE", second.failed()


# How long an object that fails is waited for.


def test_one_object_that_fails_for_ever_is_given_up_after_a_minute_while_the_api_answers(naps: list[float]) -> None:
    account = of_alerts("/v2/alerts/{}/notes")(1)
    account.refused["/v2/alerts/o0/notes"] = 500
    sync = Sync(account, "alert_notes", num_workers=1)
    assert 25 < sum(naps) <= 65
    assert account.asked("/v2/account") > 0
    assert set(sync.state_of("alert_notes")["owed"]) == {"o0"}
    assert sync.ended("alert_notes") == "INCOMPLETE"


@pytest.mark.slow
def test_after_many_objects_that_fail_for_ever_the_others_are_given_up_sooner(naps: list[float]) -> None:
    account = of_users("/v2/users/{}/contacts")(100)
    for number in range(90):
        account.refused[f"/v2/users/o{number}/contacts"] = 500
    sync = Sync(account, "contacts", num_workers=1)
    assert sync.ids("contacts", "user_id") == names(100) - names(90)
    asked = [account.asked(f"/v2/users/o{number}/contacts") for number in range(90)]
    assert min(asked[:MANY_FAILED]) > LEAST_ATTEMPTS
    assert set(asked[2 * MANY_FAILED :]) == {LEAST_ATTEMPTS}  # some calls are made ahead
    (failure,) = sync.failed().values()
    assert "90 objects could not be read" in failure


def test_an_api_that_does_not_answer_is_waited_for_ten_minutes(naps: list[float]) -> None:
    account = of_alerts("/v2/alerts/{}/notes")(3)
    first = Sync(account, "alert_notes")
    account.now += HOUR
    for number in range(3):
        account.change(f"o{number}", account.now - MINUTE + number)

    def out_of_reach(call: Any) -> None:
        if call.path.endswith("/notes"):
            account.refused[".*"] = 503

    account.before = out_of_reach
    naps.clear()
    second = Sync(account, "alert_notes", state=first.states, num_workers=1)
    assert 500 < sum(naps) <= 660
    assert second.rows("alert_notes") == []
    assert second.ended("alert_notes") == "INCOMPLETE"
    failures = [each.trace.error for each in second.messages if each.trace and each.trace.error]
    assert [str(failure.failure_type.value) for failure in failures if failure.failure_type] == ["transient_error"]
    account.before = lambda _: None
    account.refused = {}
    third = Sync(account, "alert_notes", state=second.states or first.states)
    assert third.ids("alert_notes", "alert_id") == names(3)


def test_an_api_that_does_not_answer_is_waited_for_once(naps: list[float]) -> None:
    account = of_users("/v2/users/{}/contacts")(30)

    def out_of_reach(call: Any) -> None:
        if call.path.endswith("/contacts"):
            account.refused[".*"] = 503

    account.before = out_of_reach
    names_of_all = ("contacts", "notification_rules", "escalations", "services", "team_logs", "log_files")
    sync = Sync(account, *names_of_all, num_workers=1)
    assert sum(naps) <= 660
    assert set(sync.failed()) == set(names_of_all)
    assert account.asked("/v1/services") == account.asked("/v2/teams") == 0
    for name in ("services", "notification_rules"):  # the users are known already
        assert sync.failed()[name].startswith(f"{name}: no call was made, because")


def test_a_count_that_fails_for_ever_holds_nothing_up(naps: list[float]) -> None:
    account = of_alerts("/v2/alerts/{}/notes")(3)
    account.refused["/v2/alerts/count"] = 500
    sync = Sync(account, "alerts", "alert_notes")
    assert sum(naps) <= 65
    assert sync.ids("alerts") == sync.ids("alert_notes", "alert_id") == names(3)
    assert sync.failed() == {}


def test_a_count_by_the_list_itself_that_fails_for_ever_holds_nothing_up(naps: list[float]) -> None:
    account = of_incidents("/v1/incidents/{}/notes")(5)

    def fail(call: Call) -> None:
        account.refused = {"/v1/incidents": 500} if call.query.get("limit") == "1" else {}

    account.before = fail
    sync = Sync(account, "incidents", "incident_notes")
    assert sync.ids("incidents") == sync.ids("incident_notes", "incident_id") == names(5)
    assert sync.failed() == {}
    assert sum(naps) < 60


def test_a_list_that_fails_for_ever_leaves_the_others_alone(naps: list[float]) -> None:
    account = of_users("/v2/users/{}/contacts")(3)
    account.refused["/v2/escalations"] = 503
    sync = Sync(account, "escalations", "users", "contacts", num_workers=1)
    assert set(sync.failed()) == {"escalations"}
    assert sync.ids("contacts", "user_id") == names(3)


@pytest.mark.parametrize("odd", ["", ".", "..", True, None, ["o0"]])
def test_a_row_whose_id_cannot_be_part_of_an_address_gets_no_further_call(odd: object) -> None:
    account = of_users("/v2/users/{}/contacts")(2)
    account.users[0]["id"] = odd
    sync = Sync(account, "contacts")
    assert sync.ids("contacts", "user_id") == {"o1"}
    assert [call.path for call in account.calls if "contacts" in call.path] == ["/v2/users/o1/contacts"]
    assert sync.warned_of("contacts", "a row has no 'id', so the calls that need it are not made")


# The list of the parents.


@pytest.mark.parametrize("status", [400, 403, 422, 500])
@pytest.mark.parametrize("workers", WORKERS)
def test_global_policies_come_though_the_teams_cannot_be_listed(workers: int, status: int) -> None:
    account = of_teams(3)
    account.below["/v2/policies/alert"] = [{"id": "global", "name": "n", "order": 0}]
    account.below["/v2/policies/global"] = {"id": "global", "message": "m"}
    account.refused["/v2/teams"] = Refused(status, "no teams")
    sync = Sync(account, "alert_policies", "escalations", num_workers=workers)
    assert [(row["id"], row["message"]) for row in sync.rows("alert_policies")] == [("global", "m")]
    if status == 403:
        (warning,) = sync.warnings("alert_policies")
        assert "no teams" in warning
        assert "the stream is skipped" not in warning
    else:
        assert sync.ended("alert_policies") == "INCOMPLETE"
        assert sync.failed()["alert_policies"].startswith("alert_policies: ")


def test_a_sync_that_read_what_no_team_owns_did_not_read_nothing() -> None:
    account = of_teams(3)
    account.below["/v2/policies/alert"] = [{"id": "global", "name": "n", "order": 0}]
    account.below["/v2/policies/global"] = {"id": "global", "message": "m"}
    account.refused["/v2/teams"] = 403
    sync = Sync(account, "alert_policies")
    assert sync.ids("alert_policies") == {"global"}
    assert sync.error == ""
