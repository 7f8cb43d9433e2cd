"""What a later sync delivers: all that changed since, and what only the lookback brings; from a simulated account."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode
from requests_mock import ANY

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.opsgenie.streams.alerts import Alerts
from unit_tests.simulated import (
    CONFIG,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Account,
    Call,
    Row,
    Sync,
    millis,
    state_message,
    text,
)

ALERTS, INCIDENTS = "/v2/alerts", "/v1/incidents"

# A stream of rows that change, and a child stream: the column that names the row, and the list's path.
CHILDREN = (
    ("alerts", "id", ALERTS),
    ("alert_notes", "alert_id", ALERTS),
    ("incidents", "id", INCIDENTS),
    ("incident_notes", "incident_id", INCIDENTS),
)
ALERT_CHILDREN = ("alert_details", "alert_recipients", "alert_logs", "alert_notes", "alert_attachments")
INCIDENT_CHILDREN = {
    "incident_logs": "/v1/incidents/{}/logs",
    "incident_notes": "/v1/incidents/{}/notes",
    "incident_timeline_entries": "/v2/incident-timelines/{}/entries",
    "incident_responder_alerts": "/v1/incidents/{}/responder-alert-ids",
    "incident_associated_alerts": "/v1/incidents/{}/associated-alert-ids",
}


def filled(path: str, count: int, first: int = NOW - 30 * DAY) -> Account:
    """Make an account of closed alerts or incidents, a minute apart, each with a note."""
    account = Account()
    for number in range(count):
        add(account, path, f"{number:04}", first + number * MINUTE)
    return account


def add(account: Account, path: str, name: str, created: int, updated: int | None = None) -> None:
    put = account.alert if path == ALERTS else account.incident
    put(name, created, updated)
    account.change(name, created if updated is None else updated)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_second_sync_delivers_what_changed_and_nothing_else(name: str, column: str, path: str) -> None:
    account = filled(path, 250)
    first = Sync(account, name)
    assert len(first.ids(name, column)) == 250
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) - {"0249"} == {"0003"}  # the newest shares the cursor's moment
    third = Sync(account, name, state=second.states)
    assert third.ids(name, column) == {"0003"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["incidents", "incident_notes"])
def test_incidents_that_change_behind_the_scans_back_come_with_the_next_sync(name: str) -> None:
    account = filled(INCIDENTS, 250)
    column = "id" if name == "incidents" else "incident_id"
    first = Sync(account, name)
    account.now += HOUR
    began = len(account.calls)

    def meanwhile(call: Call) -> None:
        # The first page has been read: one of its incidents changes, and later one that is still to come.
        pages = [each for each in account.calls[began:] if each.path == INCIDENTS and each.query["order"] == "asc"]
        if call.path == INCIDENTS and call.query["order"] == "asc" and len(pages) == 2:
            account.change("0001", account.now - 2 * MINUTE)
            account.change("0240", account.now - MINUTE)

    account.before = meanwhile
    second = Sync(account, name, state=first.states)
    account.before = lambda _: None
    assert "0240" in second.ids(name, column)
    assert "0001" not in second.ids(name, column)
    assert "0001" in Sync(account, name, state=second.states).ids(name, column)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_that_change_behind_the_scans_back_come_with_the_next_sync(name: str) -> None:
    account = filled(ALERTS, 250)
    column = "id" if name == "alerts" else "alert_id"
    first = Sync(account, name)
    account.now += HOUR
    for number in range(150):
        account.change(f"{number:04}", account.now - 30 * MINUTE + number * SECOND)

    def meanwhile(call: Call) -> None:
        # The first page has been read. An alert changes and comes to stand before it; later one that is still to come,
        # which the index keeps at its old place for a moment.
        if call.path == ALERTS and call.query.get("sort") == "updatedAt" and "offset" in call.query:
            account.before = lambda _: None
            account.indexed["0010"] = millis(account.alerts["0010"]["updatedAt"])
            account.change("0200", account.now - 2 * MINUTE)
            account.change("0010", account.now - MINUTE)

    account.before = meanwhile
    second = Sync(account, name, state=first.states)
    account.indexed = {}
    assert text(account.now - MINUTE) in {row.get("updatedAt", row.get("createdAt")) for row in second.rows(name)}
    assert "0200" not in second.ids(name, column)
    assert "0200" in Sync(account, name, state=second.states).ids(name, column)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_that_were_changed_at_once_all_come_though_their_order_is_unsettled(name: str) -> None:
    account = filled(ALERTS, 400)
    first = Sync(account, name)
    account.now += HOUR
    for number in range(350):
        account.change(f"{number:04}", account.now - MINUTE)

    def unsettled(call: Call) -> None:
        pages = [each for each in account.calls if each.path == ALERTS]
        account.shuffled = len(pages) if call.path == ALERTS and len(pages) < 20 else 0

    account.calls.clear()
    account.before = unsettled
    second = Sync(account, name, state=first.states)
    assert second.ids(name, "id" if name == "alerts" else "alert_id") == {f"{each:04}" for each in (*range(350), 399)}


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before the first sync", "before the second sync"])
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_change_dated_in_the_future_hides_no_later_one(name: str, column: str, path: str, when: str) -> None:
    account = filled(path, 20)
    if when == "before the first sync":
        add(account, path, "future", NOW - DAY, NOW + 1000 * DAY)
    states = Sync(account, name).states
    if when == "before the second sync":
        add(account, path, "future", NOW - DAY, NOW + 1000 * DAY)
    for changed in ("0003", "0005", "0007"):
        account.now += HOUR
        account.change(changed, account.now - MINUTE)
        sync = Sync(account, name, state=states)
        assert changed in sync.ids(name, column)
        assert sync.warnings(name) == []  # a state in the future would not be used
        states = sync.states


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_change_dated_in_the_future_hides_none_that_is_made_while_a_sync_reads_for_hours(
    name: str, column: str, path: str
) -> None:
    account = filled(path, 250)
    states = Sync(account, name).states
    add(account, path, "future", NOW - DAY, NOW + 1000 * DAY)
    account.now += HOUR
    for number in range(100, 250):
        account.change(f"{number:04}", account.now - 30 * MINUTE + number * SECOND)
    began, moment = len(account.calls), account.now + MINUTE

    def meanwhile(call: Call) -> None:
        # The first page has been read: an alert that is not among those to come changes, and hours go by.
        listing = [each for each in account.calls[began:] if each.path == path and each.query.get("limit") == "100"]
        if call.path == path and len(listing) == 2:
            account.before = lambda _: None
            account.change("0001", moment)
            account.now += 2 * HOUR

    account.before = meanwhile
    second = Sync(account, name, state=states, lookback_window="PT5M")
    assert account.now == NOW + 3 * HOUR
    account.now += HOUR
    third = Sync(account, name, state=second.states, lookback_window="PT5M")
    assert third.warnings(name) == []
    assert "0001" in third.ids(name, column)
    assert "0240" not in third.ids(name, column)


def test_a_change_dated_in_the_future_hides_none_that_is_made_while_the_destination_takes_no_row(
    requests_mock: requests_mock.Mocker,
) -> None:
    account = filled(ALERTS, 20)
    add(account, ALERTS, "future", NOW - DAY, NOW + 1000 * DAY)
    requests_mock.get(ANY, content=account.answer)
    (alerts,) = (each for each in streams_of(Config.parse(CONFIG), Event()) if isinstance(each, Alerts))
    alerts.state = {"updatedAt": text(NOW - DAY)}
    rows = iter(alerts.read_slice(SyncMode.incremental, {}))
    next(rows)
    alerts.context.clock.note("Fri, 20 Nov 2026 15:00:00 GMT")  # hours later, another stream is answered
    assert list(rows) == []
    assert alerts.state["updatedAt"] == text(NOW)


@pytest.mark.parametrize("name", INCIDENT_CHILDREN)
def test_what_hangs_below_open_incidents_is_read_at_every_sync(name: str) -> None:
    account = filled(INCIDENTS, 20)
    for identity, status in (("open", "open"), ("resolved", "resolved"), ("closed", "closed")):
        account.incident(identity, NOW - 40 * DAY, status=status)
    states = Sync(account, name).states
    path = INCIDENT_CHILDREN[name]
    for _ in range(2):
        account.now += HOUR
        account.calls.clear()
        for identity in ("open", "resolved"):  # neither moves the incident's `updatedAt`
            rows = account.below.setdefault(path.format(identity), [])
            number = len(rows)
            row = {"id": f"{number}", "note": "n", "log": "l", "offset": f"{number:04}", "createdAt": text(account.now)}
            rows.append(f"{number}" if path.endswith("-ids") else row)
        sync = Sync(account, name, state=states)
        came = [row["incident_id"] for row in sync.rows(name) if row["incident_id"] != "0019"]  # the cursor's own
        assert came.count("open") == came.count("resolved") == len(account.below[path.format("open")]) == len(came) / 2
        assert account.asked(path.format("closed")) == 0
        states = sync.states


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["alert_details", "alert_recipients", "alert_logs", "alert_notes", "alert_attachments"]
)
def test_what_hangs_below_alerts_is_read_when_they_change_and_not_before(name: str) -> None:
    """An alert's change moves with its child rows, so those that are open cost no call."""
    account = filled(ALERTS, 20)
    account.alert("open", NOW - 40 * DAY, status="open")
    states = Sync(account, name).states
    account.now += HOUR
    account.calls.clear()
    second = Sync(account, name, state=states)
    assert account.asked(f"{ALERTS}/open(/.*)?") == 0
    account.change("open", account.now - MINUTE)
    Sync(account, name, state=second.states)
    assert account.asked(f"{ALERTS}/open(/.*)?") == 1


@pytest.mark.parametrize(("name", "path"), [("alerts", ALERTS), ("incidents", INCIDENTS)])
def test_alerts_and_incidents_that_are_open_come_again_only_when_they_change(name: str, path: str) -> None:
    account = filled(path, 20)
    (account.alert if path == ALERTS else account.incident)("open", NOW - 40 * DAY, status="open")
    first = Sync(account, name)
    assert "open" in first.ids(name)
    second = Sync(account, name, state=first.states)
    assert second.ids(name) == {"0019"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lookback", "lateness", "comes"),
    [("PT5M", 5 * MINUTE, True), ("PT5M", 5 * MINUTE + 1, False), ("PT0S", 0, True), ("PT0S", 1, False)],
)
@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child[0])
def test_a_change_that_the_search_showed_late_comes_by_the_lookback(
    child: tuple[str, str, str], lookback: str, lateness: int, comes: bool
) -> None:
    name, column, path = child
    account = filled(path, 20)
    add(account, path, "newest", NOW - HOUR)
    first = Sync(account, name)
    add(account, path, "late", NOW - HOUR - lateness)
    account.now += HOUR
    second = Sync(account, name, state=first.states, lookback_window=lookback)
    assert ("late" in second.ids(name, column)) is comes


# The page that is cut off, and how many of its rows come. A child stream reads the same scan, with a call for each row.
CUTS = [(page, kept) for page in (1, 2, 3) for kept in (0, 40)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("child", "sorts", "page", "kept"),
    [
        (child, sorts, *cut)
        for child in CHILDREN
        for sorts in (True, False)
        if sorts or child[2] != ALERTS
        for cut in (CUTS if child[1] == "id" else ((1, 40), (2, 0)))
    ],
)
def test_a_page_of_changes_that_was_cut_off_is_not_taken_for_the_last(
    child: tuple[str, str, str], sorts: bool, page: int, kept: int
) -> None:
    name, column, path = child
    account = filled(path, 280)
    account.no_sort_by_change = None if sorts else 422
    first = Sync(account, name)
    account.now += HOUR
    for number in range(250):
        account.change(f"{number:04}", account.now - 30 * MINUTE + number * SECOND)
    asking_for_the_newest = 0 if path == ALERTS or sorts else 1
    account.pages, account.cut = 0, {asking_for_the_newest + page: kept}
    second = Sync(account, name, state=first.states)
    third = Sync(account, name, state=second.states)
    assert len(second.ids(name, column) | third.ids(name, column)) >= 250
    assert account.cut == {}
    assert second.warnings(name) == []


def numbers(*bounds: int) -> set[str]:
    return {f"{number:04}" for number in range(*bounds)}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), [each for each in CHILDREN if each[2] == INCIDENTS])
def test_incidents_that_are_counted_and_not_listed_are_told_and_asked_for_again(
    name: str, column: str, path: str
) -> None:
    account = filled(path, 250)
    first = Sync(account, name)
    account.now += HOUR
    account.change("0200", account.now - 2 * MINUTE)
    account.change("0010", account.now - MINUTE)
    account.hidden = {"createdAt": numbers(150, 250)}
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == {"0010"}
    assert second.warned_of("incidents", "counts 250 incidents", "only 150 were read")
    account.hidden = {}
    account.now += HOUR
    third = Sync(account, name, state=second.states)
    assert third.ids(name, column) == {"0249", "0200", "0010"}
    assert third.warnings("incidents") == []
    assert Sync(account, name, state=third.states).ids(name, column) == {"0010"}


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_rows_that_earlier_syncs_could_not_see_are_told_once(name: str, column: str, path: str) -> None:
    account = filled(path, 40)
    account.config = {"start_date": text(NOW - 31 * DAY)[:10]}
    add(account, path, "before the start date", NOW - 40 * DAY)
    rows = account.alerts if path == ALERTS else account.incidents
    unseen = {number: rows.pop(number) for number in numbers(20)}
    syncs = [Sync(account, name)]
    for visible, changed in (({}, "0030"), (unseen, "0003"), ({}, "0031")):
        account.now += HOUR
        rows |= visible
        account.change(changed, account.now - MINUTE)
        add(account, path, f"created before {changed}", account.now - 2 * MINUTE)
        add(account, path, f"just created before {changed}", account.now - 30 * SECOND)  # it is not compared
        syncs.append(Sync(account, name, state=syncs[-1].states))
    assert "0003" in syncs[2].ids(name, column)
    assert {sync.ended(name) for sync in syncs} == {"COMPLETE"}
    told = [sync.warnings(name) for sync in syncs]
    assert (told[:2], told[3:]) == ([[], []], [[]])
    # Of older rows, this sync has read the one that has changed.
    kind, before = path.rpartition("/")[2], text(account.now - 2 * HOUR - MINUTE)
    assert f"Opsgenie counts at least 19 {kind} from before {before} that" in " ".join(told[2])


@pytest.mark.parametrize("name", ["incidents", "incident_notes"])
def test_incidents_that_all_came_are_counted_by_their_list(name: str) -> None:
    account = filled(INCIDENTS, 20)
    first = Sync(account, name)
    account.now += HOUR
    account.calls.clear()
    Sync(account, name, state=first.states)
    # The rows from before the last sync are counted, and those from before this one.
    assert sum(call.path == INCIDENTS and call.query["limit"] == "1" for call in account.calls) == 2


class Uncounted(Account):
    """An account whose lists of incidents do not say how many there are, which no document promises."""

    def _searched(self, call: Call, rows: Mapping[str, Row]) -> Row:
        return {name: value for name, value in super()._searched(call, rows).items() if name != "totalCount"}


@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_rows_that_can_no_longer_be_counted_come(name: str, column: str, path: str) -> None:
    account, later = filled(path, 5), Uncounted()
    first = Sync(account, name)
    later.alerts, later.incidents, later.below = account.alerts, account.incidents, account.below
    later.refused["/v2/alerts/count"] = 403
    later.now += HOUR
    later.change("0003", later.now - MINUTE)
    second = Sync(later, name, state=first.states)
    assert "0003" in second.ids(name, column)
    assert (second.ended(name), second.warnings(name)) == ("COMPLETE", [])


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_that_begin_to_match_a_query_are_not_taken_for_rows_that_were_hidden(name: str) -> None:
    account = filled(ALERTS, 40)
    unseen = {number: account.alerts.pop(number) for number in numbers(20)}
    first = Sync(account, name, alert_query="status: closed")
    account.now += HOUR
    account.alerts |= unseen
    second = Sync(account, name, state=first.states, alert_query="status: closed")
    assert second.warnings(name) == []
    assert "counted" not in second.state_of(name)


def test_a_list_of_alerts_of_a_query_that_is_shorter_than_its_count_keeps_no_cursor_back() -> None:
    """Alerts may begin and cease to match a query while they are listed, so nothing is compared."""
    account = filled(ALERTS, 40)
    first = Sync(account, "alerts", alert_query="status: closed")
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    account.heeds_order = False  # so all alerts are listed
    account.hidden = {"createdAt": {"0007"}}  # it is counted
    second = Sync(account, "alerts", state=first.states, alert_query="status: closed")
    assert "0003" in second.ids("alerts")
    assert not second.warned_of("alerts", "only 39")
    assert "short" not in second.state_of("alerts")
    assert second.state_of("alerts")["updatedAt"] == text(account.now - MINUTE)


@pytest.mark.parametrize(("name", "column", "path"), [each for each in CHILDREN if each[2] == INCIDENTS])
def test_a_count_that_is_wrong_for_good_keeps_no_stream_from_going_on(name: str, column: str, path: str) -> None:
    account = filled(path, 20)
    account.unlisted = 3
    states = Sync(account, name).states
    came = []
    for changed in ("0003", "0005", "0007", "0009"):
        account.now += HOUR
        account.change(changed, account.now - MINUTE)
        sync = Sync(account, name, state=states)
        assert sync.warned_of("incidents", "counts 23 incidents", "only 20 were read")
        assert sync.ended(name) == "COMPLETE"
        came.append(sync.ids(name, column))
        states = sync.states
    assert came == [{"0019", "0003"}, {"0019", "0003", "0005"}, {"0005", "0007"}, {"0007", "0009"}]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
@pytest.mark.parametrize("listed", [True, False])
def test_changes_that_are_counted_and_not_listed_are_read_by_creation_or_asked_for_again(
    name: str, column: str, listed: bool
) -> None:
    account = filled(ALERTS, 250)
    first = Sync(account, name)
    account.now += HOUR
    for number in range(250):
        account.change(f"{number:04}", account.now - 30 * MINUTE + number * SECOND)
    oldest_changes = numbers(150)
    account.hidden = {"updatedAt": oldest_changes, "createdAt": set() if listed else oldest_changes}
    account.calls.clear()
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == (numbers(250) if listed else numbers(150, 250))
    assert second.warned_of("alerts", "counts 250 alerts", "only 100 were read") is not listed
    if name == "alert_notes":
        assert account.asked(f"{ALERTS}/0249/notes") == 1
    account.hidden = {}
    account.now += HOUR
    third = Sync(account, name, state=second.states)
    assert third.ids(name, column) == ({"0249"} if listed else numbers(250))


@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
def test_changes_of_which_none_is_listed_are_read_by_creation(name: str, column: str) -> None:
    account = filled(ALERTS, 20)
    first = Sync(account, name)
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    account.hidden = {"updatedAt": numbers(20)}
    assert "0003" in Sync(account, name, state=first.states).ids(name, column)


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_alerts_are_counted_for_changes_only_if_all_of_them_changed(name: str) -> None:
    account = filled(ALERTS, 20)
    states = Sync(account, name).states
    for changed, counts in ((10, 0), (20, 1)):
        account.now += HOUR
        for number in range(changed):
            account.change(f"{number:04}", account.now - MINUTE + number * SECOND)
        account.calls.clear()
        states = Sync(account, name, state=states).states
        of_older_ones = 2  # created before the last sync, and before this one
        # The end is asked for again, and whether the list has turned empty.
        assert (account.asked(f"{ALERTS}/count"), account.asked(ALERTS)) == (counts + of_older_ones, 1 + 2 * counts)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_a_change_that_a_row_does_not_show_yet_ends_no_scan(name: str) -> None:
    """Opsgenie sorts the row by its change already, and it is the last of its page."""
    account = filled(ALERTS, 280)
    first = Sync(account, name)
    account.now += HOUR
    for number in range(250):
        account.change(f"{number:04}", account.now - 30 * MINUTE + number * SECOND)
    last_of_the_first_page = account.alerts["0150"]
    account.indexed["0150"] = millis(last_of_the_first_page["updatedAt"])
    last_of_the_first_page["updatedAt"] = last_of_the_first_page["createdAt"]
    second = Sync(account, name, state=first.states)
    assert (
        len(second.ids(name, "id" if name == "alerts" else "alert_id") & {f"{each:04}" for each in range(250)}) == 249
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
def test_alerts_that_are_not_sorted_by_change_are_all_listed(name: str, column: str) -> None:
    account = filled(ALERTS, 250)
    account.change("0100", NOW - DAY)
    account.change("0200", NOW - 2 * DAY)
    account.alert("open", NOW - 40 * DAY, status="open")
    account.leave(f"{ALERTS}/open/notes", NOW - 40 * DAY)
    account.heeds_order = False
    first = Sync(account, name)
    account.now += HOUR
    for changed in ("0003", "0120", "0240"):
        account.change(changed, account.now - HOUR + int(changed) * SECOND)
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) >= {"0003", "0120", "0240"}
    assert "open" not in second.ids(name, column)
    assert second.warned_of(name) or second.warned_of("alerts")


@pytest.mark.slow
@pytest.mark.parametrize("status", [None, 422, 500])
@pytest.mark.parametrize("name", ["incidents", "incident_notes"])
def test_incidents_that_cannot_be_sorted_by_change_are_read_all_the_same(
    name: str, status: int | None, naps: list[float]
) -> None:
    account = filled(INCIDENTS, 150)
    column = "id" if name == "incidents" else "incident_id"
    account.no_sort_by_change = status
    account.change("0005", account.now)
    first = Sync(account, name)
    assert len(first.ids(name, column)) == 150
    account.now += HOUR
    account.change("0003", account.now - MINUTE)
    second = Sync(account, name, state=first.states)
    # Without the sort, the first sync knows the changes of the newest incidents only, so the last of them comes again.
    assert second.ids(name, column) == {"0003", "0005", *(["0149"] if status else [])}
    account.now += HOUR
    account.incident("new", account.now - MINUTE)
    account.change("new", account.now - MINUTE)
    third = Sync(account, name, state=second.states)
    assert "new" in third.ids(name, column)


def test_a_start_date_behind_every_incident_is_not_taken_for_a_list_that_was_emptied() -> None:
    account = filled(INCIDENTS, 3)
    created, updated = text(NOW - 30 * DAY), text(NOW - DAY)
    state = state_message("incidents", backfill="running", createdAt=created, updatedAt=updated)
    later = Sync(account, "incidents", state=[state], start_date=text(account.now))
    assert later.rows("incidents") == []
    assert later.failed() == {}
    assert later.warnings("incidents") == []


def test_the_change_of_an_incident_from_before_the_start_date_hides_no_other() -> None:
    account = filled(INCIDENTS, 1)
    account.incident("before", NOW - 60 * DAY, NOW - MINUTE)
    first = Sync(account, "incidents", start_date=text(NOW - 40 * DAY))
    account.change("0000", NOW - 2 * MINUTE)  # the search index had not shown it to the first sync
    account.now += HOUR
    second = Sync(account, "incidents", state=first.states, start_date=text(NOW - 40 * DAY))
    assert second.ids("incidents") == {"0000"}


@pytest.mark.parametrize(
    ("older", "newer", "listings"), [("incident_logs", "incident_notes", 1), ("incident_notes", "incident_logs", 2)]
)
def test_streams_whose_states_differ_in_age_each_ask_for_what_changed_since_their_own(
    older: str, newer: str, listings: int
) -> None:
    """They share a listing of the incidents. The logs come first, so a second one must reach back for older notes."""
    account = filled(INCIDENTS, 50)
    first = Sync(account, older, newer)
    account.now += HOUR
    account.change("0005", account.now - 50 * MINUTE)
    account.change("0007", account.now - MINUTE)
    second = Sync(account, newer, state=first.states)
    account.now += HOUR
    account.change("0009", account.now - MINUTE)
    before = [each for each in first.states if each.stream and each.stream.stream_descriptor.name == older]
    account.calls.clear()
    third = Sync(account, "incident_logs", "incident_notes", state=[*second.states, *before])
    asked = {
        name: {each.path.split("/")[3] for each in account.calls if each.path.endswith(name.removeprefix("incident_"))}
        for name in (older, newer)
    }
    assert asked == {older: {"0005", "0007", "0009", "0049"}, newer: {"0007", "0009"}}
    assert third.ids("incident_notes", "incident_id") == asked["incident_notes"]
    pages = [each.query for each in account.calls if each.path == INCIDENTS]
    assert sum((each["order"], each["limit"]) == ("asc", "100") for each in pages) == listings
