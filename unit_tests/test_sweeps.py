"""More changes than memory should hold: they are read by creation time, and none is lost, wherever a sync ends.

Against a simulated account, with a small memory.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, SECOND, Account, Call, Sync, text
from unit_tests.test_cursors import ALERTS, CHILDREN, INCIDENTS, add, filled

MOST = 20
COUNT = 250  # three pages
MANY = 800  # at every other one, more changes than may wait

pytestmark = pytest.mark.usefixtures("small_memory")


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("source_opsgenie.streams.history.HistoryStream.most_changes", MOST)
    monkeypatch.setattr("source_opsgenie.streams.history.HistoryStream.state_checkpoint_interval", 50)


def changed_since(account: Account, every: int) -> set[str]:
    """Let every so many alerts or incidents change, newest first."""
    rows = sorted(account.alerts or account.incidents)
    names = rows[::every]
    for number, name in enumerate(reversed(names)):
        account.change(name, account.now - 30 * MINUTE + number * SECOND)
    return set(names)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_many_changes_all_come_and_nothing_that_did_not_change(name: str, column: str, path: str) -> None:
    account = filled(path, COUNT)
    first = Sync(account, name)
    account.now += HOUR
    changed = changed_since(account, 3)
    assert len(changed) > 4 * MOST
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) - {f"{COUNT - 1:04}"} == changed - {f"{COUNT - 1:04}"}
    assert second.ended(name) == "COMPLETE"
    state = second.state_of(name)
    assert state["backfill"] == "done"
    assert "changedSince" not in state
    account.now += HOUR
    account.change("0004", account.now - MINUTE)
    account.calls.clear()
    third = Sync(account, name, state=second.states)
    assert "0004" in third.ids(name, column)
    assert len(third.ids(name, column)) <= 2


@pytest.mark.slow
@pytest.mark.parametrize(("count", "is_swept"), [(MOST, False), (MOST + 1, True)])
@pytest.mark.parametrize(("name", "column"), [("alerts", "id"), ("alert_notes", "alert_id")])
def test_as_many_changes_as_memory_holds_take_no_sweep(name: str, column: str, count: int, is_swept: bool) -> None:
    account = filled(ALERTS, 60)
    first = Sync(account, name)
    account.now += HOUR
    changed = sorted(account.alerts)[-count:]
    for number, each in enumerate(changed):
        account.change(each, account.now - 30 * MINUTE + number * SECOND)
    account.calls.clear()
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == set(changed)
    assert any(call.query.get("order") == "asc" for call in account.calls if call.path == ALERTS) is is_swept


def test_after_a_sweep_the_newest_changes_are_not_read_on() -> None:
    account = filled(ALERTS, 250)
    first = Sync(account, "alerts")
    account.now += HOUR
    changed_since(account, 1)
    account.calls.clear()
    second = Sync(account, "alerts", state=first.states)
    assert len(second.ids("alerts")) == 250
    assert second.logged(f"alerts: more than {MOST} alerts may have changed")
    orders = [call.query["order"] for call in account.calls if call.path == ALERTS]
    assert "desc" not in orders[orders.index("asc") :]


def test_after_a_sweep_a_change_with_a_date_in_the_future_hides_no_later_one() -> None:
    account = filled(ALERTS, 60)
    first = Sync(account, "alerts")
    account.now += HOUR
    changed_since(account, 1)
    account.change("0007", account.now + 30 * DAY)
    second = Sync(account, "alerts", state=first.states)
    account.now += HOUR
    account.change("0008", account.now - MINUTE)
    third = Sync(account, "alerts", state=second.states)
    assert third.ids("alerts") == {"0007", "0008"}
    assert third.warnings("alerts") == []


@pytest.mark.slow
def test_below_alerts_only_those_that_changed_are_asked_for() -> None:
    account = filled(ALERTS, COUNT)
    account.alert("open and not changed", NOW - 40 * DAY, status="open")
    first = Sync(account, "alert_notes")
    account.now += HOUR
    changed = {f"{number:04}" for number in range(0, COUNT, 3)}
    for number, name in enumerate(sorted(changed)):
        account.change(name, account.now - 30 * MINUTE + number * SECOND)
    account.calls.clear()
    Sync(account, "alert_notes", state=first.states)
    asked = [call.path.split("/")[3] for call in account.calls if call.path.endswith("/notes")]
    assert set(asked) - {f"{COUNT - 1:04}"} == changed - {f"{COUNT - 1:04}"}
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
def test_a_sweep_does_not_promise_all_rows(name: str) -> None:
    account = filled(ALERTS, 60)
    first = Sync(account, name)
    account.now += HOUR
    for each in sorted(account.alerts)[-MOST - 1 :]:
        account.change(each, account.now - MINUTE)
    account.unlisted = 10**10  # so that reading all of them would take long
    second = Sync(account, name, state=first.states)
    assert second.logged(f"{name}: more than {MOST} alerts may have changed")
    assert all(rows is None or rows < 10**10 for _, rows in second.estimates)
    assert not second.logged("alert_notes: about")


@pytest.mark.slow
@pytest.mark.parametrize("every", [1, 2])
def test_memory_does_not_grow_with_the_changes(every: int) -> None:
    """At no time are more parents listed and not yet asked for than a few pages have, whatever their number."""
    account = filled(ALERTS, MANY)
    first = Sync(account, "alert_notes")
    account.now += HOUR
    changed_since(account, every)
    waiting: list[int] = []
    listed = 0

    def count(call: Call) -> None:
        nonlocal listed
        if call.path == ALERTS and call.query.get("order") == "asc":
            listed += 100 // every
        if call.path.endswith("/notes"):
            listed -= 1
            waiting.append(listed)

    account.before = count
    second = Sync(account, "alert_notes", state=first.states)
    assert len(second.ids("alert_notes", "alert_id")) >= MANY // every
    assert max(waiting) <= 3 * 100


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_sweep_that_was_killed_goes_on_from_each_state(name: str, column: str, path: str) -> None:
    account = filled(path, COUNT)
    first = Sync(account, name)
    account.now += HOUR
    changed = changed_since(account, 2)
    whole = Sync(account, name, state=first.states)
    assert len(whole.checkpoints) >= 4
    for place, state in whole.checkpoints:
        before = {str(row[column]) for row in whole.rows(name, place)}
        rest = Sync(account, name, state=[state])
        assert before | rest.ids(name, column) >= changed
        assert "changedSince" not in rest.state_of(name)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_what_changes_during_a_sweep_comes_with_it_or_with_the_next_sync(name: str, column: str, path: str) -> None:
    account = filled(path, COUNT)
    first = Sync(account, name)
    account.now += HOUR
    changed = changed_since(account, 3)
    account.before = meanwhile(account, path)
    second = Sync(account, name, state=first.states)
    account.before = lambda _: None
    account.now += HOUR
    third = Sync(account, name, state=second.states)
    assert second.ids(name, column) >= changed - {"0001", "0240"}
    # The one that the sweep had passed over, and the one that was still to come.
    last = text(NOW + HOUR - MINUTE)
    came = [row for row in [*second.rows(name), *third.rows(name)] if last in row.values()]
    assert {str(row[column]) for row in came} == {"0001", "0240"}


def meanwhile(account: Account, path: str) -> Callable[[Call], None]:
    """Change two rows while the second page of a sweep is read."""
    pages = 0

    def change(call: Call) -> None:
        nonlocal pages
        if call.path == path and call.query.get("order") == "asc" and call.query.get("limit") != "1":
            pages += 1
            if pages == 3:
                account.change("0001", NOW + HOUR - MINUTE)
                account.change("0240", NOW + HOUR - MINUTE)

    return change


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_start_date_moved_back_in_the_middle_of_a_sweep_brings_the_gap_and_the_changes(
    name: str, column: str, path: str
) -> None:
    early, late = text(NOW - 60 * DAY)[:10], text(NOW - 31 * DAY)[:10]
    account = filled(path, COUNT)
    for number in range(30):
        add(account, path, f"early {number}", NOW - 50 * DAY + number * MINUTE)
    first = Sync(account, name, start_date=late)
    assert len(first.ids(name, column)) == COUNT
    account.now += HOUR
    rows = account.alerts or account.incidents
    changed = {f"{number:04}" for number in range(0, COUNT, 2)}
    for number, each in enumerate(sorted(changed)):
        account.change(each, account.now - 30 * MINUTE + number * SECOND)
    whole = Sync(account, name, state=first.states, start_date=late)
    assert not any(each.startswith("early") for each in whole.ids(name, column))
    for place, state in whole.checkpoints:
        before = {str(row[column]) for row in whole.rows(name, place)}
        rest = Sync(account, name, state=[state], start_date=early)
        assert before | rest.ids(name, column) >= changed | {each for each in rows if each.startswith("early")}
        account.now += HOUR
        later = Sync(account, name, state=rest.states, start_date=early)
        assert len(later.ids(name, column)) <= 2


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column", "path"), CHILDREN)
def test_a_lookback_reaches_behind_a_sweep_too(name: str, column: str, path: str) -> None:
    account = filled(path, COUNT)
    first = Sync(account, name)
    account.change("0002", NOW - 30 * DAY + (COUNT - 1) * MINUTE - 4 * MINUTE)  # shown late by the search
    account.now += HOUR
    changed = changed_since(account, 3)
    second = Sync(account, name, state=first.states, lookback_window="PT5M")
    assert second.ids(name, column) >= changed | {"0002"}


@pytest.mark.slow
@pytest.mark.usefixtures("naps")
def test_an_alert_that_fails_in_a_sweep_is_owed() -> None:
    account = filled(ALERTS, COUNT)
    first = Sync(account, "alert_notes")
    account.now += HOUR
    changed = changed_since(account, 3)
    account.refused["/v2/alerts/0003/notes"] = 422
    second = Sync(account, "alert_notes", state=first.states)
    assert second.ended("alert_notes") == "INCOMPLETE"
    assert second.ids("alert_notes", "alert_id") >= changed - {"0003"}
    assert set(second.state_of("alert_notes")["owed"]) == {"0003"}
    account.refused = {}
    third = Sync(account, "alert_notes", state=second.states)
    assert "0003" in third.ids("alert_notes", "alert_id")
    assert "owed" not in third.state_of("alert_notes")


def test_in_a_sweep_what_hangs_below_an_open_incident_is_read_though_the_incident_did_not_change() -> None:
    account = filled(INCIDENTS, 60)
    account.incidents["0002"]["status"] = "open"
    first = Sync(account, "incident_notes")
    account.now += HOUR
    changed = changed_since(account, 2)
    account.leave("/v1/incidents/0003/notes", account.now - 20 * MINUTE)  # a note moves no `updatedAt`
    account.incidents["0003"]["status"] = "open"
    second = Sync(account, "incident_notes", state=first.states)
    assert len(changed) > MOST
    assert second.ids("incident_notes", "incident_id") - changed - {"0059"} == {"0003"}
