"""What a sync makes of a state: in a full refresh, with another configuration, of another connector.

Against a simulated account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from airbyte_cdk.models import SyncMode

from unit_tests.simulated import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Account,
    Call,
    Refused,
    Row,
    Sync,
    discovered,
    state_message,
    text,
    unique,
)
from unit_tests.test_cursors import ALERTS, CHILDREN, INCIDENTS, add, filled

FULL = SyncMode.full_refresh


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_full_refresh_after_a_complete_one_delivers_everything_again(name: str, column: str, path: str) -> None:
    account = filled(path, 150)
    first = Sync(account, name, mode=FULL)
    assert len(first.rows(name)) == 150
    again = Sync(account, name, mode=FULL, state=first.states)
    assert unique(again.rows(name)) == unique(first.rows(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_full_refresh_that_airbyte_tries_again_because_of_another_stream_reads_no_row_twice(
    name: str, column: str, path: str
) -> None:
    """The rows of both attempts stay: they have the same generation."""
    account = filled(path, 150)
    first = Sync(account, name, mode=FULL, generation=5)
    again = Sync(account, name, mode=FULL, state=first.states, generation=5)
    assert again.ended(name) == "COMPLETE"
    assert again.ids(name, column) <= {"0149"}  # what shares the cursor's moment
    following = Sync(account, name, mode=FULL, state=again.states, generation=6)
    assert unique(following.rows(name)) == unique(first.rows(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count", "pages"), [("alerts", 1_250, 13), ("alert_notes", 450, 5)])
def test_a_full_refresh_goes_on_from_its_own_state_only(name: str, count: int, pages: int) -> None:
    account = filled(ALERTS, count)

    def end(call: Call) -> None:
        if call.path == ALERTS and account.asked(ALERTS) > pages:
            account.refused[".*"] = 400

    account.before = end
    first = Sync(account, name, mode=FULL, generation=5)
    account.before, account.refused = lambda _: None, {}
    assert first.ended(name) == "INCOMPLETE"
    begun = first.rows(name)
    assert begun
    rest = Sync(account, name, mode=FULL, state=first.states, generation=5)
    assert len(rest.rows(name)) < count
    assert unique([*begun, *rest.rows(name)]) == unique(Sync(account, name, mode=FULL).rows(name))
    other = Sync(account, name, mode=FULL, state=first.states, generation=6)
    assert len(other.rows(name)) == count


def test_every_full_refresh_of_pyairbyte_is_another_one() -> None:
    """It gives all of them the number 1."""
    account = filled(ALERTS, 5)
    first = Sync(account, "alerts", mode=FULL, generation=1)
    again = Sync(account, "alerts", mode=FULL, state=first.states, generation=1)
    assert unique(again.rows("alerts")) == unique(first.rows("alerts"))


def test_the_catalog_says_which_full_refreshes_go_on_from_a_state() -> None:
    """Airbyte keeps the rows of an attempt that failed for these, and drops them for all others."""
    resumable = {name for name, stream in discovered().items() if stream.is_resumable}
    assert resumable == {name for name in discovered() if re.match("(alert|incident)(s|_(?!policies))", name)}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_full_refresh_after_an_incremental_sync_delivers_everything(name: str, column: str, path: str) -> None:
    account = filled(path, 150)
    first = Sync(account, name)
    again = Sync(account, name, mode=FULL, state=first.states)
    assert unique(again.rows(name)) == unique(first.rows(name))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_an_incremental_sync_after_a_full_refresh_delivers_what_changed(name: str, column: str, path: str) -> None:
    account = filled(path, 150)
    first = Sync(account, name, mode=FULL)
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == {"0003", "0149"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_start_date_moved_back_brings_the_gap_and_what_changed(name: str, column: str, path: str) -> None:
    account = filled(path, 20, NOW - 20 * DAY)
    for number in range(20):
        account.change(f"{number:04}", NOW - 15 * DAY + number)
    early = filled(path, 10, NOW - 40 * DAY)
    rows = early.alerts if path == ALERTS else early.incidents
    for identity, row in rows.items():
        (account.alert if path == ALERTS else account.incident)(
            f"early {identity}", 0, **{**row, "id": f"early {identity}"}
        )
        account.change(f"early {identity}", NOW - 39 * DAY)
    first = Sync(account, name, start_date=text(NOW - 30 * DAY)[:10])
    assert first.ids(name, column) == {f"{number:04}" for number in range(20)}
    account.now += HOUR
    account.change("0004", account.now - MINUTE)
    second = Sync(account, name, state=first.states, start_date=text(NOW - 60 * DAY)[:10])
    assert second.ids(name, column) == {f"early {number:04}" for number in range(10)} | {"0004", "0019"}
    assert second.logged(
        f"{name}: the start date is earlier than before, so rows from before {text(NOW - 30 * DAY)[:10]}"
    )
    assert not first.logged("the start date is earlier")
    account.now += HOUR
    account.change("early 0001", account.now - MINUTE)
    third = Sync(account, name, state=second.states, start_date=text(NOW - 60 * DAY)[:10])
    assert third.ids(name, column) == {"0004", "early 0001"}


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_start_date_moved_forward_and_back_again_brings_what_changed_meanwhile(
    name: str, column: str, path: str
) -> None:
    early, late = text(NOW - 60 * DAY)[:10], text(NOW - 10 * DAY)[:10]
    account = filled(path, 5, NOW - 40 * DAY)
    for identity in ("new 1", "new 2"):
        (account.alert if path == ALERTS else account.incident)(identity, NOW - 5 * DAY)
        account.change(identity, NOW - 5 * DAY)
    first = Sync(account, name, start_date=early)
    account.now += HOUR
    account.change("0001", account.now - MINUTE)
    account.change("new 1", account.now - MINUTE)
    second = Sync(account, name, state=first.states, start_date=late)
    assert "new 1" in second.ids(name, column)
    assert "0001" not in second.ids(name, column)
    third = Sync(account, name, state=second.states, start_date=early)
    assert "0001" in third.ids(name, column)


@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
@pytest.mark.parametrize(
    "queries", [("status: open", None), (None, "status: open"), ("status: open", "status: closed")]
)
def test_an_alert_query_that_changed_is_read_from_the_beginning(
    name: str, column: str, queries: tuple[str | None, str | None]
) -> None:
    account = filled(ALERTS, 20)
    for number in range(0, 20, 2):
        account.alerts[f"{number:04}"]["status"] = "open"
    first = Sync(account, name, alert_query=queries[0])
    second = Sync(account, name, state=first.states, alert_query=queries[1])
    due = {
        identity
        for identity, row in account.alerts.items()
        if queries[1] is None or queries[1] == f"status: {row['status']}"
    }
    assert second.ids(name, column) == due
    assert second.warned_of(name, "'alert_query'")
    third = Sync(account, name, state=second.states, alert_query=queries[1])
    assert len(third.rows(name)) <= 1
    assert not third.warned_of(name)


def test_an_alert_that_stops_matching_the_query_keeps_its_last_row() -> None:
    account = filled(ALERTS, 20)
    account.alerts["0003"]["status"] = "open"
    first = Sync(account, "alerts", alert_query="status: open")
    assert first.ids("alerts") == {"0003"}
    account.alerts["0003"]["status"] = "closed"
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    assert Sync(account, "alerts", state=first.states, alert_query="status: open").rows("alerts") == []


@pytest.mark.parametrize(("name", "column"), [("incidents", "id"), ("incident_notes", "incident_id")])
def test_an_alert_query_does_not_narrow_incidents(name: str, column: str) -> None:
    account = filled(INCIDENTS, 20)
    first = Sync(account, name, alert_query="status: open")
    assert len(first.ids(name, column)) == 20
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    assert "0003" in Sync(account, name, state=first.states, alert_query="status: open").ids(name, column)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_an_alert_query_that_opsgenie_does_not_understand_is_named(name: str, status: int) -> None:
    account = filled(ALERTS, 20)
    account.refused[ALERTS] = Refused(status, "Cannot parse query")
    assert "'alert_query'" in Sync(account, name, alert_query="what is new?").failed()[name]
    assert "'alert_query'" not in Sync(account, name).failed()[name]


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_an_error_of_another_kind_is_not_blamed_on_the_alert_query(name: str) -> None:
    account = filled(ALERTS, 20)
    account.refused[ALERTS] = Refused(401, "No.")
    failure = Sync(account, name, alert_query="status: open").failed()[name]
    assert failure.startswith(f"{name}: ")
    assert "'alert_query'" not in failure


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_list_that_comes_in_the_wrong_order_is_no_quiet_end(name: str, column: str, path: str) -> None:
    account = filled(path, 150)
    account.reversed = True
    first = Sync(account, name)
    assert name in first.failed()
    account.reversed = False
    second = Sync(account, name, state=first.states)
    assert len(first.ids(name, column) | second.ids(name, column)) == 150


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_the_state_of_an_older_connector_is_gone_on_from(name: str, column: str, path: str) -> None:
    account = filled(path, 20)
    first = Sync(account, name)
    (state,) = first.states
    assert state.stream
    assert state.stream.stream_state
    vars(state.stream.stream_state).clear()
    vars(state.stream.stream_state)["updatedAt"] = text(NOW - 30 * DAY + 15 * MINUTE)
    second = Sync(account, name, state=[state])
    assert second.ids(name, column) == {f"{number:04}" for number in range(15, 20)}


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_what_comes_into_an_account_that_was_empty_is_read(name: str, column: str, path: str) -> None:
    account = Account()
    states = Sync(account, name).states
    account.now += HOUR
    (account.alert if path == ALERTS else account.incident)("first", NOW - DAY)
    account.change("first", NOW - DAY)
    second = Sync(account, name, state=states)
    assert second.ids(name, column) == {"first"}


@pytest.mark.parametrize(("count", "is_told"), [(20_000, False), (20_001, True)])
@pytest.mark.parametrize(("name", "_", "path"), CHILDREN)
def test_rows_that_an_older_connector_cannot_have_read_are_told(
    name: str, _: str, path: str, count: int, is_told: bool
) -> None:
    """It reads no further than the 20,000 rows at which a list ends."""
    account = filled(path, 20)
    account.unlisted = count - len(account.alerts) - len(account.incidents)
    first = Sync(account, name, state=[state_message(name, updatedAt=text(NOW - DAY))])
    assert first.warned_of(name, "another connector", "20000 ", f"counts {count} ", "refresh") is is_told
    assert not Sync(account, name, state=first.states).warned_of(name, "another connector")


@pytest.mark.parametrize("start_date", [None, text(NOW - DAY)[:10]])
def test_rows_before_the_start_date_or_that_nobody_counts_are_none_that_an_older_connector_missed(
    start_date: str | None,
) -> None:
    account = filled(ALERTS, 20)
    account.unlisted = 20_001 - 20
    if start_date is None:
        account.refused["/v2/alerts/count"] = 403
    else:
        account.config = {"start_date": start_date}
    sync = Sync(account, "alerts", state=[state_message("alerts", updatedAt=text(NOW - DAY))])
    assert not sync.failed()
    assert not sync.warned_of("alerts", "another connector")


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_state_that_holds_no_time_is_told_and_everything_is_read(name: str, column: str, path: str) -> None:
    account = filled(path, 20)
    (state,) = Sync(account, name).states
    assert state.stream
    assert state.stream.stream_state
    vars(state.stream.stream_state).clear()
    vars(state.stream.stream_state)["updatedAt"] = "soon"
    second = Sync(account, name, state=[state])
    assert len(second.ids(name, column)) == 20
    assert second.warned_of(name, "state")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("alert_notes", ALERTS), ("incident_notes", INCIDENTS)])
def test_what_was_refused_for_every_parent_comes_once_it_is_not(name: str, path: str) -> None:
    account = filled(path, 30)
    account.refused = {f"{path}/{number:04}/notes": 403 for number in range(30)}
    first = Sync(account, name, "users")
    assert first.rows(name) == []
    assert first.warned_of(name)
    account.refused = {}
    assert len(Sync(account, name, "users", state=first.states).rows(name)) == 30


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("alert_notes", ALERTS), ("incident_notes", INCIDENTS)])
def test_what_an_error_kept_back_comes_once_it_is_mended(name: str, path: str) -> None:
    account = filled(path, 150)
    for status in (400, 422):
        account.refused[f"{path}/{status - 395:04}/notes"] = status
    first = Sync(account, name)
    assert name in first.failed()
    account.refused = {}
    account.now += HOUR
    second = Sync(account, name, state=first.states)
    assert not second.failed()
    assert len(unique(first.rows(name)) | unique(second.rows(name))) == 150


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("alerts", ALERTS), ("incidents", INCIDENTS)])
@pytest.mark.parametrize(("more", "told"), [(3, True), (0, False), (-3, False)])
def test_rows_that_are_counted_and_not_delivered_are_told(name: str, path: str, more: int, told: bool) -> None:
    account = filled(path, 120)
    account.unlisted = more
    assert Sync(account, name).warned_of(name, f"{120 + more} ", "120 ") is told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path", "page", "kept"),
    [
        *(
            (name, path, page, kept)
            for name, path in (("alerts", ALERTS), ("incidents", INCIDENTS))
            for page in (1, 2, 3)
            for kept in (0, 40, 99)
        ),
        *(("alert_notes", ALERTS, page, kept) for page, kept in ((1, 40), (2, 0), (3, 99))),
    ],
)
def test_a_page_of_history_that_was_cut_off_is_not_taken_for_the_last(
    name: str, path: str, page: int, kept: int
) -> None:
    account = filled(path, 250)
    asking_for_the_newest = 1
    account.cut = {asking_for_the_newest + page: kept}
    sync = Sync(account, name)
    assert account.cut == {}
    assert (len(sync.rows(name)), sync.ended(name), sync.warnings(name)) == (250, "COMPLETE", [])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_the_end_of_a_history_is_asked_for_once(name: str) -> None:
    account = filled(ALERTS, 250)
    Sync(account, name)
    assert account.pages == 1 + 3  # the newest change, and three pages


@pytest.mark.slow
@pytest.mark.parametrize(("name", "path"), [("alert_notes", ALERTS), ("incident_notes", INCIDENTS)])
def test_parents_that_are_counted_and_not_listed_are_told(name: str, path: str) -> None:
    account = filled(path, 120)
    account.unlisted = 3
    assert Sync(account, name).warned_of(name, "123 ", "120 ")


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_of_the_rows_from_the_minute_before_the_sync_none_is_compared(name: str) -> None:
    """They may be indexed after the end of the list was read."""
    account = filled(ALERTS, 20)
    add(account, ALERTS, "last that is compared", account.now - MINUTE - 1)
    add(account, ALERTS, "first that is not", account.now - MINUTE)
    sync = Sync(account, name)
    assert (len(sync.rows(name)), sync.warnings(name)) == (22, [])
    account.unlisted = 1
    assert Sync(account, name).warned_of(name, "22 ", "21 ")


def test_an_alert_that_is_indexed_when_later_ones_have_been_read_is_not_told_as_missing() -> None:
    account = filled(ALERTS, 20)

    def create(call: Call) -> None:
        if call.path == "/v2/alerts/count" and account.asked(ALERTS) > 1:
            account.alert("indexed late", account.now - MINUTE + SECOND)

    add(account, ALERTS, "read", account.now)
    account.before = create
    sync = Sync(account, "alerts")
    assert "indexed late" in account.alerts
    assert sync.warnings("alerts") == []


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_that_nobody_counts_and_that_come_faster_than_they_are_read_end_a_backfill(name: str) -> None:
    account = filled(ALERTS, 20)
    account.refused["/v2/alerts/count"] = 403

    def create(call: Call) -> None:
        if call.path == ALERTS and len(account.alerts) < 200:
            add(account, ALERTS, f"new {len(account.alerts):03}", account.now + len(account.alerts))

    account.before = create
    assert Sync(account, name).ended(name) == "COMPLETE"
    assert account.asked(ALERTS) < 10
    assert account.asked("/v2/alerts/count") == 1


def test_an_alert_created_when_all_have_been_read_is_not_told_as_missing() -> None:
    account = filled(ALERTS, 20)

    def create(call: Call) -> None:
        if call.path == "/v2/alerts/count" and account.asked(ALERTS) > 1:
            account.alert("new", account.now)

    account.before = create
    sync = Sync(account, "alerts")
    assert "new" in account.alerts
    assert "new" not in sync.ids("alerts")
    assert sync.warnings("alerts") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_that_may_not_be_counted_all_come(name: str) -> None:
    account = filled(ALERTS, 120)
    account.refused["/v2/alerts/count"] = 403
    sync = Sync(account, name)
    assert not sync.failed()
    assert len(sync.rows(name)) == 120


def test_with_a_query_of_the_users_rows_that_are_missing_are_not_told() -> None:
    account = filled(ALERTS, 120)
    account.unlisted = 3
    assert not Sync(account, "alerts", alert_query="status: closed").warned_of("alerts")


class Timeless(Account):
    """An account in which an alert does not say when it was created."""

    def _searched(self, call: Call, rows: Mapping[str, Row]) -> Row:
        body = super()._searched(call, rows)
        timeless = [{**row, "createdAt": None} if row["id"] == "0005" else row for row in body["data"]]
        return {**body, "data": timeless}


@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
def test_an_alert_without_a_time_of_creation_comes_and_is_counted_like_others(name: str, column: str) -> None:
    account = Timeless()
    for number in range(20):
        add(account, ALERTS, f"{number:04}", NOW - 30 * DAY + number * MINUTE)
    first = Sync(account, name)
    assert len(first.ids(name, column)) == 20
    account.now += HOUR
    account.change("0005", account.now - MINUTE)
    second = Sync(account, name, state=first.states)
    assert "0005" in second.ids(name, column)
    assert [*first.warnings(name), *second.warnings(name)] == []


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_a_long_backfill_is_announced_in_the_log(name: str) -> None:
    account = filled(ALERTS, 20)
    account.unlisted = 10**10
    assert Sync(account, name).logged(f"{name}: about 10,000,000,020 alerts to read, in about ")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_the_rows_of_a_backfill_are_announced(name: str, column: str, path: str) -> None:
    account = filled(path, 120)
    assert Sync(account, name).estimates == [(name, 120)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["alerts", "alert_notes", "incidents", "incident_notes", "team_logs", "schedule_timelines", "log_files"]
)
def test_the_state_of_an_empty_account_is_a_state(name: str) -> None:
    account = Account()
    account.logs["a team that nothing happened to"] = []
    first = Sync(account, name)
    assert first.failed() == {}
    second = Sync(account, name, state=first.states)
    assert second.warnings(name) == []
    account.alert("a", NOW - DAY)
    account.incident("a", NOW - DAY)
    account.change("a", NOW - DAY)
    account.below["/v1/incidents/a/notes"] = [{"note": "n", "offset": "1"}]
    account.logs["team"] = [(NOW - DAY, "old")]
    account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    account.log_files[None] = [{"filename": "2026-11-19-00-00-00.json"}], "2026-11-20-12-00-00"
    third = Sync(account, name, state=second.states)
    assert len(third.rows(name)) == 1
    assert third.warnings(name) == []
