"""Lists that fail, and lists that lead in a circle: each is asked a bounded number of times. Against a simulated
account.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airbyte_cdk.models import SyncMode

from unit_tests.simulated import NOW, Account, Call, Row, Sync

ENOUGH = 50  # calls behind which a list ends that ought to have been given up long before


def log_file(name: str) -> Row:
    return {"filename": f"{name}.json", "date": NOW, "size": 1}


@pytest.mark.parametrize("length", [1, 2, 3, 10])
@pytest.mark.parametrize("leading", [0, 2])
def test_markers_that_lead_in_a_circle_are_an_error(leading: int, length: int) -> None:
    """A page that leads to itself ends the list: that is how Opsgenie ends it; a longer circle hides what follows."""
    account = Account()
    markers = [f"2026-11-20-12-00-{number:02}" for number in range(leading + length)]
    for number, marker in enumerate(markers):
        following = markers[number + 1] if number + 1 < len(markers) else markers[leading]
        account.log_files[marker] = ([log_file(marker)], following)
    account.log_files[None] = ([log_file("first")], markers[0])

    def end(_: object) -> None:
        if account.asked("/v2/logs/list/.*") > ENOUGH:
            account.log_files = {}

    account.before = end
    sync = Sync(account, "log_files")
    assert account.asked("/v2/logs/list/.*") == 1 + leading + length
    assert sync.ids("log_files", "filename") == {"first.json", *(f"{marker}.json" for marker in markers)}
    if length == 1:
        assert not sync.failed()
    else:
        assert "log_files" in sync.failed()


def test_log_files_go_on_behind_the_marker_of_each_state() -> None:
    account = Account()
    markers = [f"2026-11-20-12-00-{number:02}" for number in range(5)]
    account.log_files = {
        marker: ([log_file(str(number))], markers[number]) for number, marker in enumerate([None, *markers[:-1]])
    }
    first = Sync(account, "log_files")
    assert [row["filename"] for row in first.rows("log_files")] == [f"{number}.json" for number in range(5)]
    account.log_files[markers[-1]] = ([log_file("new")], "2026-11-20-13-00-00")
    second = Sync(account, "log_files", state=first.states)
    assert [row["filename"] for row in second.rows("log_files")] == ["new.json"]
    assert Sync(account, "log_files", state=second.states).rows("log_files") == []


@pytest.mark.parametrize("name", ["users", "services", "custom_incident_templates"])
@pytest.mark.parametrize(("more", "told"), [(60, True), (0, False), (-3, False)])
def test_rows_of_a_list_that_are_counted_and_do_not_come_are_told(name: str, more: int, told: bool) -> None:
    account = Account()
    rows: list[Row] = [{"id": f"{number:03}", "username": "u", "name": "n"} for number in range(240)]
    account.users = account.below["/v1/services"] = account.below["/v1/incident-templates"] = rows
    account.unlisted = more
    sync = Sync(account, name)
    assert len(sync.rows(name)) == 240
    assert sync.ended(name) == "COMPLETE"
    assert sync.warned_of(name, "Opsgenie counts 300 rows, but only 240 came") is told
    assert len(sync.warnings(name)) == told


@pytest.mark.parametrize("name", ["users", "custom_incident_templates"])
def test_rows_deleted_while_their_list_is_read_are_not_told_as_missing(name: str) -> None:
    account = Account()
    rows: list[Row] = [{"id": f"{number:03}", "username": "u", "name": "n"} for number in range(240)]
    account.users = account.below["/v1/incident-templates"] = rows

    def delete(call: Call) -> None:
        if "offset" in call.query and len(rows) == 240:
            del rows[230:]

    account.before = delete
    sync = Sync(account, name)
    assert len(sync.rows(name)) == 230
    assert sync.warnings(name) == []


def changing(change: Callable[[list[Row]], object], length: int = 250, *, times: int = 1) -> tuple[Account, list[Row]]:
    """Return an account with this many templates, which change before each of the first pages behind another."""
    account = Account()
    rows: list[Row] = [{"id": f"{number:03}", "name": "n"} for number in range(length)]
    account.below["/v1/incident-templates"] = rows
    left = iter(range(times))

    def before(call: Call) -> None:
        if "offset" in call.query and next(left, None) is not None:
            change(rows)

    account.before = before
    return account, rows


def templates(account: Account) -> tuple[Sync, list[str]]:
    sync = Sync(account, "custom_incident_templates")
    assert not sync.failed()
    return sync, [row["id"] for row in sync.rows("custom_incident_templates")]


@pytest.mark.parametrize(("deleted", "calls"), [(1, 5), (7, 5), (120, 4)])
def test_rows_deleted_before_the_page_that_is_read_hide_no_others(deleted: int, calls: int) -> None:
    def delete(rows: list[Row]) -> None:
        del rows[:deleted]

    account, rows = changing(delete)
    sync, came = templates(account)
    assert {row["id"] for row in rows} <= set(came)
    assert len(came) == len(set(came))
    assert sync.warnings("custom_incident_templates") == []
    assert account.asked("/v1/incident-templates") == calls  # two pages, and all of what is left


def test_rows_created_before_the_page_that_is_read_bring_none_twice() -> None:
    account, rows = changing(lambda rows: rows.insert(0, {"id": "new", "name": "n"}))
    sync, came = templates(account)
    assert came == [row["id"] for row in rows if row["id"] != "new"]
    assert sync.warnings("custom_incident_templates") == []


def test_templates_whose_offset_is_not_heeded_end_with_a_warning() -> None:
    account, rows = changing(lambda _: None)
    account.before = lambda call: call.query.update(offset="0")
    sync, came = templates(account)
    assert came == [row["id"] for row in rows[:100]]
    (line,) = sync.warnings("custom_incident_templates")
    assert "shows the first templates only" in line


def test_a_list_that_changes_however_often_it_is_read_is_told() -> None:
    sync, came = templates(changing(lambda rows: rows.__delitem__(slice(2)), times=50)[0])
    assert len(came) == len(set(came))
    (line,) = sync.warnings("custom_incident_templates")
    assert "the list changed each of the 4 times that it was read" in line


@pytest.mark.parametrize(("length", "calls"), [(99, 1), (100, 2), (101, 2), (199, 3), (200, 3)])
def test_pages_of_counted_rows_overlap_by_one(length: int, calls: int) -> None:
    account, rows = changing(lambda _: None, length)
    assert templates(account)[1] == [row["id"] for row in rows]
    assert account.asked("/v1/incident-templates") == calls


@pytest.mark.parametrize("status", [400, 401])
def test_a_shared_list_that_failed_is_asked_once_and_all_its_children_say_why(status: int) -> None:
    account = Account()
    account.refused["/v2/teams"] = status
    names = ("teams", "team_members", "team_roles", "team_routing_rules", "team_logs")
    sync = Sync(account, *names)
    assert account.asked("/v2/teams") == 1
    assert account.asked("/v2/teams/.*") == 0
    failed = sync.failed()
    assert set(failed) == set(names)
    assert all(message.startswith(f"{name}: ") for name, message in failed.items())
    why = failed["teams"].partition(": ")[2]
    assert all(message.endswith(why) for message in failed.values())


def test_a_shared_list_is_asked_once_for_all_its_children() -> None:
    account = Account()
    account.logs = {"a": [(NOW, "l")], "b": []}
    sync = Sync(account, "teams", "team_members", "team_roles", "team_routing_rules", "team_logs")
    assert not sync.failed()
    assert account.asked("/v2/teams") == 1
    assert account.asked("/v2/teams/[^/]+/roles") == 2


def test_a_full_refresh_reads_all_log_files_whatever_the_state() -> None:
    account = Account()
    marker = "2026-11-20-12-00-00"
    account.log_files = {None: ([log_file("a")], marker)}
    first = Sync(account, "log_files")
    assert len(first.rows("log_files")) == 1
    again = Sync(account, "log_files", state=first.states, mode=SyncMode.full_refresh)
    assert again.rows("log_files") == first.rows("log_files")


def test_log_files_that_the_plan_lacks_are_left_out_with_a_word() -> None:
    account = Account()
    account.refused["/v2/logs/list/2010-01-01-00-00-00"] = 402
    sync = Sync(account, "log_files", "users")
    assert not sync.failed()
    assert sync.warned_of("log_files")


def test_log_files_that_are_refused_in_the_middle_are_no_quiet_end() -> None:
    account = Account()
    account.log_files = {None: ([log_file("a")], "2026-11-20-12-00-00")}
    account.refused["/v2/logs/list/2026-11-20-12-00-00"] = 403
    sync = Sync(account, "log_files", "users")
    assert sync.rows("log_files") == [log_file("a")]
    assert "log_files" in sync.failed()


@pytest.mark.parametrize("kind", ["alerts", "incidents"])
@pytest.mark.parametrize("status", [400, 402])
def test_alerts_and_incidents_that_cannot_be_listed_are_named_by_each_stream(kind: str, status: int) -> None:
    account = Account()
    account.refused["/v2/alerts" if kind == "alerts" else "/v1/incidents"] = status
    names = (kind, f"{kind[:-1]}_notes", f"{kind[:-1]}_logs")
    sync = Sync(account, *names, "users")
    for name in names:
        assert name in sync.failed() or sync.warned_of(name)
    assert set(sync.failed()) == (set(names) if status == 400 else set())
