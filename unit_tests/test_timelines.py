"""Who was on call: each period once, from any state, start date and lookback. Against a simulated account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessage, SyncMode

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.http.timestamps import LAST_MILLIS
from source_opsgenie.opsgenie.streams.schedules import ScheduleTimelines
from unit_tests.simulated import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    SECOND,
    Account,
    Call,
    Sync,
    millis,
    state_message,
    text,
    unique,
)

Range = Callable[[int], tuple[int, int]]

NOBODY, A, B = {"type": "none"}, {"id": "a", "type": "user"}, {"id": "b", "type": "team"}
MOVED = {"jira_service_management": {"site": "acme", "email": "me@acme.com"}}


@pytest.mark.parametrize(
    ("one", "several", "known_by"),
    [(A, [B], "a"), (NOBODY, None, ""), (None, [NOBODY, A, B], "a,b"), (NOBODY, [A, B], "a,b"), (None, None, "")],
)
@pytest.mark.parametrize("config", [{}, MOVED], ids=["opsgenie", "jsm"])
def test_a_period_is_known_by_the_ids_of_those_who_were_on_call(
    config: dict[str, Any], one: object, several: object, known_by: str
) -> None:
    streams = streams_of(Config.parse({"api_token": "no-key-at-all", **config}), threading.Event())
    (stream,) = [each for each in streams if each.name == "schedule_timelines"]
    jsm = {"responder": one, "flattenedResponders": several}
    period = jsm if config else {"recipient": one, "flattenedRecipients": several}
    layers: dict[str, Any] = {f"{layer}Timeline": {"rotations": []} for layer in ("base", "override", "forwarding")}
    timeline = {**layers, "finalTimeline": {"rotations": [{"id": "r", "periods": [period]}]}}
    body = timeline if config else {"data": {**timeline, "_parent": {"name": "S"}}}
    (row,) = stream.shaped(stream.pager.rows_of(body), {"id": "s", "name": "S"})
    assert (row["schedule_id"], row["schedule_name"], row["recipient_id"]) == ("s", "S", known_by)


@pytest.mark.parametrize(
    ("lookback", "lateness", "comes"),
    [("PT5M", 5 * MINUTE - 1, True), ("PT5M", 5 * MINUTE + 1, False), ("PT0S", 1, False)],
)
def test_a_period_that_was_shown_late_comes_by_the_lookback(lookback: str, lateness: int, comes: bool) -> None:
    account = Account()
    account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    first = Sync(account, "schedule_timelines")
    assert len(first.rows("schedule_timelines")) == 1
    account.periods["schedule"].append((NOW - HOUR, NOW - lateness))
    account.now += HOUR
    second = Sync(account, "schedule_timelines", state=first.states, lookback_window=lookback)
    assert len(second.rows("schedule_timelines")) == int(comes)


@pytest.mark.parametrize("moved", [text(NOW - 2 * DAY), text(NOW + 30 * DAY), "soon"])
def test_a_move_that_a_state_puts_after_its_cursor_hides_no_period(moved: str) -> None:
    account = Account()
    account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    end = text(NOW - DAY)
    state = state_message("schedule_timelines", startDate=text(NOW - 30 * DAY), endDate=end, movedAt=moved)
    assert len(Sync(account, "schedule_timelines", state=[state]).rows("schedule_timelines")) == 1


def test_a_start_date_that_a_state_puts_into_the_future_asks_for_no_month_there() -> None:
    account = Account()
    account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    state = state_message("schedule_timelines", startDate=text(NOW + 365 * DAY), endDate=text(NOW - DAY))
    assert Sync(account, "schedule_timelines", state=[state], start_date=text(NOW - 7 * DAY)).rows("schedule_timelines")
    assert max(dates_asked(account)) < text(NOW)


@pytest.mark.slow
def test_timelines_whose_sync_was_killed_are_read_on_from_each_state() -> None:
    account = Account()
    for schedule in ("a", "b"):
        account.periods[schedule] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 300)]
    whole = Sync(account, "schedule_timelines")
    truth = unique(whole.rows("schedule_timelines"))
    assert len(truth) == 2 * 299
    assert len(whole.checkpoints) >= 12
    for place, state in whole.checkpoints[::3]:
        rest = Sync(account, "schedule_timelines", state=[state])
        assert unique(whole.rows("schedule_timelines", place)) | unique(rest.rows("schedule_timelines")) == truth


def test_a_start_date_of_timelines_moved_back_brings_the_gap() -> None:
    early, late = text(NOW - 150 * DAY)[:10], text(NOW - 50 * DAY)[:10]
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 200)]
    whole = unique(Sync(account, "schedule_timelines", start_date=early).rows("schedule_timelines"))
    first = Sync(account, "schedule_timelines", start_date=late)
    assert 0 < len(first.rows("schedule_timelines")) < len(whole)
    second = Sync(account, "schedule_timelines", state=first.states, start_date=early)
    assert unique(first.rows("schedule_timelines")) | unique(second.rows("schedule_timelines")) == whole
    assert second.logged(f"schedule_timelines: the start date is earlier than before, so rows from before {late}")
    assert Sync(account, "schedule_timelines", state=second.states, start_date=early).rows("schedule_timelines") == []


def test_a_start_date_of_timelines_moved_forward_and_back_brings_no_period_again() -> None:
    early, late = text(NOW - 150 * DAY)[:10], text(NOW - 50 * DAY)[:10]
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 200)]
    first = Sync(account, "schedule_timelines", start_date=early)
    second = Sync(account, "schedule_timelines", state=first.states, start_date=late)
    assert second.state_of("schedule_timelines") == first.state_of("schedule_timelines")
    third = Sync(account, "schedule_timelines", state=second.states, start_date=early)
    assert third.rows("schedule_timelines") == []
    assert not third.logged("the start date is earlier")


def test_a_start_date_of_timelines_that_leaves_a_gap_behind_the_last_sync_is_remembered() -> None:
    early, late = text(NOW - 150 * DAY)[:10], text(NOW - 20 * DAY)[:10]
    account = Account(NOW - 80 * DAY)
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 140)]
    first = Sync(account, "schedule_timelines", start_date=early)
    account.now = NOW
    second = Sync(account, "schedule_timelines", state=first.states, start_date=late)
    third = Sync(account, "schedule_timelines", state=second.states, start_date=early)
    assert ended(first) | ended(second) | ended(third) == {("a", text(until)) for _, until in account.periods["a"]}


def test_a_schedule_that_is_owed_while_the_start_date_moves_forward_and_back_is_read_from_its_time() -> None:
    early, late = text(NOW - 150 * DAY)[:10], text(NOW - 20 * DAY)[:10]
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 140)]
    account.periods["b"] = account.periods["a"]
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines", start_date=early)
    account.refused = {}
    second = Sync(account, "schedule_timelines", state=first.states, start_date=late)
    third = Sync(account, "schedule_timelines", state=second.states, start_date=early)
    due = {(name, text(until)) for name in ("a", "b") for _, until in account.periods["a"]}
    assert ended(first) | ended(second) | ended(third) == due


def test_without_a_start_date_the_state_keeps_the_one_of_the_first_sync() -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 300)]
    first = Sync(account, "schedule_timelines")
    account.now = NOW + 100 * DAY
    second = Sync(account, "schedule_timelines", state=first.states)
    third = Sync(account, "schedule_timelines", state=second.states, start_date=text(NOW - 300 * DAY)[:10])
    assert third.rows("schedule_timelines") == []


@pytest.mark.slow
def test_a_start_date_in_the_first_year_reads_all_timelines() -> None:
    account = Account()
    account.periods["a"] = [(NOW - 900 * DAY, NOW - 899 * DAY), (NOW - DAY, NOW - HOUR)]
    sync = Sync(account, "schedule_timelines", start_date="0001-01-01")
    assert not sync.failed()
    assert len(sync.rows("schedule_timelines")) == 2


def test_a_start_date_of_timelines_moved_forward_brings_nothing_again() -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 200)]
    first = Sync(account, "schedule_timelines", start_date=text(NOW - 150 * DAY)[:10])
    late = text(NOW - 50 * DAY)[:10]
    second = Sync(account, "schedule_timelines", state=first.states, start_date=late)
    assert second.rows("schedule_timelines") == []
    account.now += 2 * DAY
    account.periods["a"].append((NOW, NOW + HOUR))
    third = Sync(account, "schedule_timelines", state=second.states, start_date=late)
    assert [row["endDate"] for row in third.rows("schedule_timelines")] == [text(NOW + HOUR)]


@pytest.mark.slow
@pytest.mark.parametrize("zone", [-12, 0, 14])
def test_each_period_comes_once_whatever_the_time_zone(zone: int) -> None:
    account = Account(now=millis("2026-12-31T23:30:00.000Z"))
    account.zone = zone
    begin = account.now - 90 * DAY
    account.periods["a"] = [(begin + number * 8 * HOUR, begin + (number + 1) * 8 * HOUR) for number in range(400)]
    ended: list[str] = []
    states: list[AirbyteStateMessage] = []
    for _ in range(5):
        sync = Sync(account, "schedule_timelines", state=states, start_date=text(begin))
        ended += [row["endDate"] for row in sync.rows("schedule_timelines")]
        states = sync.states
        due = [text(until) for _, until in account.periods["a"] if until <= account.now]
        assert sorted(ended) == due
        account.now += 19 * HOUR


def test_a_period_comes_when_it_has_ended_and_not_before() -> None:
    account = Account()
    account.periods["a"] = [(NOW - DAY, NOW), (NOW, NOW + 1)]
    first = Sync(account, "schedule_timelines")
    assert [row["endDate"] for row in first.rows("schedule_timelines")] == [text(NOW)]
    account.now += SECOND
    second = Sync(account, "schedule_timelines", state=first.states)
    assert [row["endDate"] for row in second.rows("schedule_timelines")] == [text(NOW + 1)]


def test_a_period_of_several_months_comes_once() -> None:
    account = Account()
    account.periods["a"] = [(NOW - 100 * DAY, NOW - 20 * DAY), (NOW - 20 * DAY, NOW + 50 * DAY)]
    first = Sync(account, "schedule_timelines")
    assert len(first.rows("schedule_timelines")) == 1
    account.now += 51 * DAY
    second = Sync(account, "schedule_timelines", state=first.states)
    assert [row["endDate"] for row in second.rows("schedule_timelines")] == [text(NOW + 50 * DAY)]


def test_without_a_start_date_a_year_is_read() -> None:
    account = Account()
    begin = millis("2025-11-01T00:00:00.000Z")
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 500)]
    account.periods["a"] += [(begin - HOUR, begin - MINUTE), (begin - HOUR, begin + MINUTE)]
    rows = Sync(account, "schedule_timelines").rows("schedule_timelines")
    assert sorted(row["endDate"] for row in rows) == sorted(
        text(until) for _, until in account.periods["a"] if until > begin
    )
    months = {call.query["date"][:7] for call in account.calls if "date" in call.query}
    assert months == {"2025-10", "2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 12))}


def test_a_full_refresh_reads_all_timelines_whatever_the_state() -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 200)]
    first = Sync(account, "schedule_timelines")
    again = Sync(account, "schedule_timelines", state=first.states, mode=SyncMode.full_refresh)
    assert unique(again.rows("schedule_timelines")) == unique(first.rows("schedule_timelines"))


@pytest.mark.slow
@pytest.mark.parametrize("days", [1, 40])
def test_a_full_refresh_before_its_start_date_forgets_what_earlier_syncs_read(days: int) -> None:
    account = Account()
    account.periods["a"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    first = Sync(account, "schedule_timelines")
    later = text(NOW + days * DAY)[:10]
    emptied = Sync(account, "schedule_timelines", state=first.states, mode=SyncMode.full_refresh, start_date=later)
    assert emptied.rows("schedule_timelines") == []
    again = Sync(account, "schedule_timelines", state=emptied.states)
    assert len(again.rows("schedule_timelines")) == 1


def test_a_full_refresh_whose_sync_was_killed_can_be_gone_on_with_from_each_state() -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 200)]
    first = Sync(account, "schedule_timelines")
    again = Sync(account, "schedule_timelines", state=first.states, mode=SyncMode.full_refresh)
    for place, state in again.checkpoints:
        rest = Sync(account, "schedule_timelines", state=[state])
        delivered = unique(again.rows("schedule_timelines", place))
        assert delivered | unique(rest.rows("schedule_timelines")) == unique(first.rows("schedule_timelines"))


def test_without_opsgenies_clock_periods_count_as_ended_by_the_machines() -> None:
    now = int(time.time()) * SECOND
    account = Account()
    account.tells_time = False
    account.periods["a"] = [(now - 2 * DAY, now - DAY), (now - DAY, now + DAY)]
    sync = Sync(account, "schedule_timelines", start_date=text(now - 40 * DAY))
    assert [row["endDate"] for row in sync.rows("schedule_timelines")] == [text(now - DAY)]


def test_a_schedule_that_is_refused_is_told_and_the_others_come() -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b", "c")}
    account.refused["/v2/schedules/b/timeline"] = 403
    sync = Sync(account, "schedule_timelines")
    assert sync.ids("schedule_timelines", "schedule_id") == {"a", "c"}
    assert sync.warned_of("schedule_timelines")


@pytest.mark.parametrize("refused", ["/v2/schedules", "/v2/schedules/a/timeline"])
def test_timelines_that_were_refused_come_once_they_are_not(refused: str) -> None:
    account = Account()
    account.periods["a"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    first = Sync(account, "schedule_timelines", "users")
    account.periods["a"].append((NOW, NOW + HOUR))
    account.now += 40 * DAY
    account.refused[refused] = 403
    second = Sync(account, "schedule_timelines", "users", state=first.states)
    assert second.rows("schedule_timelines") == []
    account.refused = {}
    third = Sync(account, "schedule_timelines", "users", state=second.states or first.states)
    assert [row["endDate"] for row in third.rows("schedule_timelines")] == [text(NOW + HOUR)]


def test_a_schedule_that_failed_is_not_passed_by_the_others() -> None:
    account = Account()
    account.periods = {"a": [(NOW - 2 * HOUR, NOW - HOUR)], "b": [(NOW - 2 * HOUR, NOW - HOUR)]}
    account.refused = {"/v2/schedules/b/timeline": 400}
    first = Sync(account, "schedule_timelines")
    assert "schedule_timelines" in first.failed()
    account.refused = {}
    account.now += 40 * DAY
    second = Sync(account, "schedule_timelines", state=first.states)
    assert "b" in second.ids("schedule_timelines", "schedule_id")


@pytest.mark.slow
def test_a_gap_whose_reading_was_killed_is_read_again() -> None:
    early, late = text(NOW - 300 * DAY)[:10], text(NOW - 30 * DAY)[:10]
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 350)]
    whole = unique(Sync(account, "schedule_timelines", start_date=early).rows("schedule_timelines"))
    first = Sync(account, "schedule_timelines", start_date=late)
    before = unique(first.rows("schedule_timelines"))
    second = Sync(account, "schedule_timelines", state=first.states, start_date=early)
    assert before | unique(second.rows("schedule_timelines")) == whole
    for place, state in second.checkpoints:
        delivered = before | unique(second.rows("schedule_timelines", place))
        rest = Sync(account, "schedule_timelines", state=[state], start_date=early)
        assert delivered | unique(rest.rows("schedule_timelines")) == whole


def test_an_account_without_schedules_keeps_its_state() -> None:
    account = Account()
    account.periods["a"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    first = Sync(account, "schedule_timelines")
    periods, account.periods = account.periods, {}
    second = Sync(account, "schedule_timelines", state=first.states)
    account.periods = periods
    account.now += HOUR
    assert Sync(account, "schedule_timelines", state=second.states or first.states).rows("schedule_timelines") == []


@pytest.mark.slow
@pytest.mark.parametrize("hidden_at_first", [True, False])
def test_a_schedule_that_was_hidden_from_some_syncs_is_read_once_it_is_listed(hidden_at_first: bool) -> None:
    """JSM lists the schedules that the owner of the token may see, and leaves out others without an error."""
    account = Account()
    account.periods["seen"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    hidden = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(-3, 100, 3)]
    account.periods |= {} if hidden_at_first else {"hidden": hidden}
    syncs = [Sync(account, "schedule_timelines")]
    for is_hidden in (True, False):
        account.now += 2 * DAY
        account.periods.pop("hidden", None)
        account.periods |= {} if is_hidden else {"hidden": hidden}
        syncs.append(Sync(account, "schedule_timelines", state=syncs[-1].states))
    rows = unique(row for sync in syncs for row in sync.rows("schedule_timelines"))
    assert len(rows) == 1 + len(hidden)
    for _, state in syncs[-1].checkpoints:
        rest = Sync(account, "schedule_timelines", state=[state])
        assert unique(rest.rows("schedule_timelines")) <= rows
    account.now += 2 * DAY
    assert Sync(account, "schedule_timelines", state=syncs[-1].states).rows("schedule_timelines") == []


@pytest.mark.slow
def test_a_schedule_that_is_listed_anew_is_owed_until_it_has_been_read() -> None:
    account = Account()
    account.periods["seen"] = []
    first = Sync(account, "schedule_timelines")
    account.periods["new"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 300)]
    account.now += DAY
    second = Sync(account, "schedule_timelines", state=first.states)
    truth = unique(second.rows("schedule_timelines"))
    assert len(truth) == 299
    for place, state in second.checkpoints:
        rest = Sync(account, "schedule_timelines", state=[state])
        assert unique(second.rows("schedule_timelines", place)) | unique(rest.rows("schedule_timelines")) == truth


def test_a_schedule_that_fails_is_owed_from_where_the_last_sync_ended() -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    first = Sync(account, "schedule_timelines")
    account.refused["/v2/schedules/b/timeline"] = 422
    account.now += HOUR
    second = Sync(account, "schedule_timelines", state=first.states)
    assert second.state_of("schedule_timelines")["owed"] == {"b": text(NOW)}


@pytest.mark.parametrize(
    ("since", "months"),
    [
        (text(NOW - 10 * DAY), {"2026-11"}),
        (text(NOW - 40 * DAY), {"2026-10", "2026-11"}),
        (None, {"2026-09", "2026-10", "2026-11"}),
    ],
)
def test_an_owed_schedule_is_read_from_the_time_since_which_it_is_owed(since: str | None, months: set[str]) -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    times = {"startDate": "2026-09-10T00:00:00.000Z", "endDate": text(NOW)}
    state = state_message("schedule_timelines", **times, owed={"b": since})
    sync = Sync(account, "schedule_timelines", state=[state], start_date=times["startDate"])
    assert sync.ids("schedule_timelines", "schedule_id") == {"b"}
    assert {call.query["date"][:7] for call in account.calls if call.path == "/v2/schedules/b/timeline"} == months
    assert account.asked("/v2/schedules/a/timeline") == 1  # for what has ended since the last sync
    assert "owed" not in sync.state_of("schedule_timelines")


def test_an_owed_schedule_that_is_refused_is_owed_no_more() -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines")
    account.refused["/v2/schedules/b/timeline"] = 403
    second = Sync(account, "schedule_timelines", state=first.states)
    assert second.ended("schedule_timelines") == "COMPLETE"
    assert second.warned_of("schedule_timelines", " b.")
    assert "owed" not in second.state_of("schedule_timelines")


def test_schedules_that_may_not_be_listed_stay_owed() -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines", "users")
    account.refused = {"/v2/schedules": 403}
    second = Sync(account, "schedule_timelines", "users", state=first.states)
    (warning,) = second.warnings("schedule_timelines")
    assert "its parent stream schedules was skipped" in warning
    account.refused = {}
    third = Sync(account, "schedule_timelines", "users", state=second.states or first.states)
    assert third.ids("schedule_timelines", "schedule_id") == {"b"}


def test_an_owed_schedule_is_owed_until_all_its_months_have_been_read() -> None:
    account = Account()
    periods = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 90)]
    account.periods = {"a": periods, "b": periods}
    start = text(NOW - 90 * DAY)
    state = state_message(
        "schedule_timelines", startDate=start, endDate=text(NOW), owed={"b": text(NOW - 80 * DAY + 2 * HOUR)}
    )
    whole = Sync(account, "schedule_timelines", state=[state], start_date=start)
    truth = unique(whole.rows("schedule_timelines"))
    assert len(truth) == 79
    assert len(whole.checkpoints) >= 3
    for place, reached in whole.checkpoints:
        rest = Sync(account, "schedule_timelines", state=[reached], start_date=start)
        assert unique(whole.rows("schedule_timelines", place)) | unique(rest.rows("schedule_timelines")) == truth


@pytest.mark.slow
@pytest.mark.parametrize("zone", [-12, 0, 14])
def test_a_schedule_that_fails_in_some_month_is_owed_from_its_beginning_in_any_time_zone(zone: int) -> None:
    account = Account()
    account.zone = zone
    periods = [(NOW - number * 6 * HOUR, NOW - (number - 1) * 6 * HOUR) for number in range(1, 400)]
    account.periods = {"a": periods, "b": periods}

    def fail(call: Call) -> None:
        if call.query.get("date", "").startswith("2026-10"):
            account.refused["/v2/schedules/a/timeline"] = 422

    account.before = fail
    start = text(NOW - 95 * DAY)
    first = Sync(account, "schedule_timelines", start_date=start)
    assert first.ended("schedule_timelines") == "INCOMPLETE"
    account.before, account.refused = lambda _: None, {}
    second = Sync(account, "schedule_timelines", state=first.states, start_date=start)
    rows = unique(first.rows("schedule_timelines")) | unique(second.rows("schedule_timelines"))
    assert rows == unique(Sync(account, "schedule_timelines", start_date=start).rows("schedule_timelines"))


@pytest.mark.slow
@pytest.mark.parametrize("status", [422, 500])
def test_a_month_that_fails_for_good_does_not_block_later_ones(status: int, naps: list[float]) -> None:
    account = Account()
    periods = [(NOW - number * 30 * DAY - DAY, NOW - number * 30 * DAY) for number in range(10)]
    account.periods = {"a": list(periods), "b": list(periods)}

    def fail(call: Call) -> None:
        is_bad = call.path == "/v2/schedules/a/timeline" and call.query["date"].startswith("2026-06")
        account.refused = {"/v2/schedules/a/timeline": status} if is_bad else {}

    account.before = fail
    due = {(name, text(until)) for name in ("a", "b") for _, until in periods}
    failing = {(name, end) for name, end in due if name == "a" and end.startswith("2026-06")}
    assert failing
    first = Sync(account, "schedule_timelines")
    assert ended(first) == due - failing
    assert first.ended("schedule_timelines") == "INCOMPLETE"
    owed = first.state_of("schedule_timelines")["owed"]
    assert set(owed) == {"a"}
    account.now += 30 * DAY
    new = (account.now - 2 * DAY, account.now - DAY)
    account.periods["a"].append(new)
    second = Sync(account, "schedule_timelines", state=first.states)
    assert ("a", text(new[1])) in ended(second)
    assert second.state_of("schedule_timelines")["owed"] == owed
    account.before, account.refused = lambda _: None, {}
    third = Sync(account, "schedule_timelines", state=second.states)
    assert failing <= ended(third)
    assert third.ended("schedule_timelines") == "COMPLETE"
    assert "owed" not in third.state_of("schedule_timelines")
    assert naps or status < 500


def test_a_schedule_whose_every_month_gives_server_errors_is_left_to_the_next_sync(naps: list[float]) -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    account.refused["/v2/schedules/a/timeline"] = 500
    assert ended(Sync(account, "schedule_timelines")) == {("b", text(NOW - HOUR))}
    asked = {call.query["date"] for call in account.calls if call.path == "/v2/schedules/a/timeline"}
    assert len(asked) == 2
    assert naps


@pytest.mark.slow
def test_months_that_are_refused_as_too_old_cost_no_later_one() -> None:
    account = Account()
    periods = [(NOW - number * 30 * DAY - DAY, NOW - number * 30 * DAY) for number in range(10)]
    account.periods = {f"s{number:02}": periods for number in range(25)}

    def fail(call: Call) -> None:
        is_old = "date" in call.query and millis(call.query["date"]) < NOW - 365 * DAY
        account.refused = {"/v2/schedules/.*/timeline": 422} if is_old else {}

    account.before = fail
    assert len(ended(Sync(account, "schedule_timelines"))) == 25 * 10


def ended(sync: Sync) -> set[tuple[str, str]]:
    return {(row["schedule_id"], row["endDate"]) for row in sync.rows("schedule_timelines")}


def test_a_full_refresh_forgets_the_schedules_that_earlier_syncs_owed() -> None:
    account = Account()
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines")
    assert set(first.state_of("schedule_timelines")["owed"]) == {"b"}
    del account.periods["b"]
    again = Sync(account, "schedule_timelines", state=first.states, mode=SyncMode.full_refresh)
    assert "owed" not in again.state_of("schedule_timelines")


def from_the_day(days: int) -> Range:
    return lambda asked: (asked - asked % DAY, asked - asked % DAY + days * DAY)


def from_the_moment(days: int) -> Range:
    return lambda asked: (asked, asked + days * DAY)


def week_of(asked: int) -> tuple[int, int]:
    monday = asked - (asked - millis("2026-11-02")) % (7 * DAY)
    return monday, monday + 7 * DAY


def up_to_the_last(milliseconds: int, answered: Range) -> Range:
    """State the last moment of a range in the place of its end."""

    def stated(asked: int) -> tuple[int, int]:
        begin, end = answered(asked)
        return begin, end - milliseconds

    return stated


@pytest.mark.slow
@pytest.mark.parametrize(
    "answered",
    [
        up_to_the_last(1, Account()._month),
        up_to_the_last(SECOND, Account()._month),
        up_to_the_last(1, week_of),
        from_the_day(1),
        from_the_day(7),
        week_of,
        from_the_moment(28),
        from_the_moment(30),
        from_the_day(30),
        lambda asked: (asked - 2 * DAY, asked + 5 * DAY),
    ],
    ids=[
        "month, last millisecond",
        "month, last second",
        "week, last millisecond",
        "a day",
        "7 days",
        "a week",
        "28 days from the moment",
        "30 days from the moment",
        "30 days",
        "overlapping",
    ],
)
def test_each_period_comes_once_however_short_the_answers_are(answered: Range) -> None:
    account = Account(now=millis("2026-11-29T23:30:00.000Z"))
    account.timeline_range = answered
    begin = millis("2026-06-25T00:00:00.000Z")
    periods = [(begin + number * 8 * HOUR, begin + (number + 1) * 8 * HOUR) for number in range(540)]
    account.periods = {"a": periods, "b": periods}
    found: list[tuple[str, str]] = []
    states: list[AirbyteStateMessage] = []
    for _ in range(5):
        sync = Sync(account, "schedule_timelines", state=states, start_date=text(begin))
        assert sync.ended("schedule_timelines") == "COMPLETE"
        found += [(row["schedule_id"], row["endDate"]) for row in sync.rows("schedule_timelines")]
        states = sync.states
        assert sorted(found) == sorted(
            (name, text(until)) for name in ("a", "b") for _, until in periods if until <= account.now
        )
        account.now += 19 * HOUR


def month_from(asked: int) -> tuple[int, int]:
    """Return a month from the moment asked for, which is an hour shorter if summer time begins in it."""
    is_in_march = text(asked)[5:7] == "03"
    return asked, asked + 31 * DAY - HOUR * is_in_march


@pytest.mark.parametrize("answered", [Account()._month, from_the_moment(30), month_from, week_of])
@pytest.mark.parametrize("lookback", ["PT0S", "PT1H", "P3D"])
@pytest.mark.parametrize("days", [1, 7])
@pytest.mark.parametrize("is_killed", [False, True])
def test_periods_that_answers_cut_leave_no_gap_between_two_syncs(
    answered: Range, lookback: str, days: int, is_killed: bool
) -> None:
    """Whether the API cuts periods at the ends of a range is not documented, nor is where a range begins."""
    account = Account(now=millis("2026-04-27T09:00:00.000Z"))
    account.timeline_range, account.cuts_periods = answered, True
    begin = millis("2026-02-02T08:00:00.000Z")
    account.periods["a"] = [(begin + number * days * DAY, begin + (number + 1) * days * DAY) for number in range(160)]
    rows: list[dict[str, Any]] = []
    states: list[AirbyteStateMessage] = []
    for number in range(12):
        account.refused = {"/v2/schedules/a/timeline": 422} if number == 4 else {}
        sync = Sync(account, "schedule_timelines", state=states, start_date=text(begin), lookback_window=lookback)
        assert sync.ended("schedule_timelines") == ("INCOMPLETE" if number == 4 else "COMPLETE")
        place, state = sync.checkpoints[len(sync.checkpoints) // 2 if is_killed else -1]
        rows += sync.rows("schedule_timelines", place)
        states = [state]
        account.now += 19 * HOUR
    reached = text(begin)
    for since, until in sorted({(row["startDate"], row["endDate"]) for row in rows}):
        assert since == reached
        reached = until
    assert millis(reached) > account.now - 60 * DAY


@pytest.mark.parametrize(
    "ranges",
    ["x", {"a": 5}, {"a": None}, {"a": "2020-01-01T00:00:00.000Z"}, {"a": "2026-11-20T00:00:00.000Z"}, {"b": "x"}],
)
def test_where_the_last_answers_began_is_believed_only_if_it_can_be_true(ranges: Any) -> None:
    account = Account()
    account.periods["a"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    end = "2026-11-15T00:00:00.000Z"
    state = state_message("schedule_timelines", startDate="2025-11-01T00:00:00.000Z", endDate=end, ranges=ranges)
    sync = Sync(account, "schedule_timelines", state=[state])
    assert (sync.ended("schedule_timelines"), len(sync.rows("schedule_timelines"))) == ("COMPLETE", 1)
    assert dates_asked(account) == ["2026-11-01T12:00:00.000Z"]


def test_timelines_of_short_answers_are_read_on_from_each_state() -> None:
    account = Account()
    account.timeline_range = week_of
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 100)]
    start = text(NOW - 100 * DAY)
    whole = Sync(account, "schedule_timelines", start_date=start)
    truth = unique(whole.rows("schedule_timelines"))
    assert len(truth) == 99
    for place, state in whole.checkpoints:
        rest = Sync(account, "schedule_timelines", state=[state], start_date=start)
        assert unique(whole.rows("schedule_timelines", place)) | unique(rest.rows("schedule_timelines")) == truth


@pytest.mark.slow
@pytest.mark.parametrize(
    "answered",
    [
        lambda _: (NOW - 50 * DAY, NOW - 45 * DAY),
        lambda asked: (asked + HOUR, asked + 7 * DAY),
        lambda asked: (asked - 7 * DAY, asked),
        lambda asked: (asked, asked + HOUR),
        lambda asked: (asked + HOUR, LAST_MILLIS),
    ],
    ids=["always the same", "after it", "before it", "an hour", "after it to the end of time"],
)
def test_a_month_that_the_answers_do_not_cover_fails_and_is_read_later(answered: Range) -> None:
    account = Account()
    periods = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 100)]
    account.periods = {"a": periods, "b": periods}
    start = text(NOW - 100 * DAY)
    usual = account.timeline_range

    def confuse(call: Call) -> None:
        account.timeline_range = answered if call.path.startswith("/v2/schedules/a/") else usual

    account.before = confuse
    first = Sync(account, "schedule_timelines", start_date=start)
    assert first.ended("schedule_timelines") == "INCOMPLETE"
    message = first.failed()["schedule_timelines"]
    assert "1 object could not be read: a." in message
    assert "so the timeline of 2026-11 cannot be read completely" in message
    assert len(account.calls) < 300
    account.before, account.timeline_range = lambda _: None, usual
    second = Sync(account, "schedule_timelines", state=first.states, start_date=start)
    assert second.ended("schedule_timelines") == "COMPLETE"
    assert ended(first) | ended(second) == {(name, text(until)) for name in ("a", "b") for _, until in periods}


def dates_asked(account: Account) -> list[str]:
    """Return the dates of the timelines that were asked for, and forget all calls."""
    dates = [call.query["date"] for call in account.calls if "date" in call.query]
    account.calls.clear()
    return dates


@pytest.mark.slow
@pytest.mark.parametrize("zone", [-12, 0, 14])
def test_answers_of_months_take_one_call_for_each_schedule_and_month(zone: int) -> None:
    account = Account()
    account.zone = zone
    account.periods = {name: [(NOW - 2 * HOUR, NOW - HOUR)] for name in ("a", "b")}
    first = Sync(account, "schedule_timelines")
    # A year, the month now, and the one before, which may end later by the schedule's time zone.
    months = ["2025-10", "2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 12))]
    assert dates_asked(account) == [f"{month}-01T12:00:00.000Z" for month in months for _ in ("a", "b")]
    Sync(account, "schedule_timelines", state=first.states)
    assert dates_asked(account) == 2 * ["2026-11-01T12:00:00.000Z"]


def test_short_answers_are_asked_for_until_now() -> None:
    account = Account()
    account.timeline_range = from_the_moment(7)
    account.periods["a"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    Sync(account, "schedule_timelines", start_date=text(NOW - DAY))
    assert dates_asked(account) == [f"2026-11-{day:02}T12:00:00.000Z" for day in (1, 8, 15)]


@pytest.mark.parametrize(("unstated", "zone"), [({"startDate"}, 0), ({"startDate"}, 14), ({"startDate", "endDate"}, 0)])
def test_an_answer_that_does_not_state_its_range_counts_as_the_month(unstated: set[str], zone: int) -> None:
    class Silent(Account):
        def _timeline(self, call: Call, name: str) -> dict[str, Any]:
            data = super()._timeline(call, name)["data"]
            return {"data": {field: value for field, value in data.items() if field not in unstated}}

    account = Silent()
    account.zone = zone
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 100)]
    sync = Sync(account, "schedule_timelines", start_date=text(NOW - 100 * DAY))
    assert sync.ended("schedule_timelines") == "COMPLETE"
    assert len(dates_asked(account)) == 4
    assert sorted(end for _, end in ended(sync)) == sorted(text(until) for _, until in account.periods["a"])


@pytest.mark.slow
@pytest.mark.parametrize(("start", "comes"), [(None, True), ("2026-12-01", True), ("2027-06-01", False)])
def test_after_a_pause_of_more_than_a_year_timelines_go_on_from_the_state(start: str | None, comes: bool) -> None:
    account = Account()
    account.periods["a"] = [(NOW + number * DAY, NOW + (number + 1) * DAY) for number in range(-400, 500)]
    config: dict[str, Any] = {} if start is None else {"start_date": start}
    first = Sync(account, "schedule_timelines")
    account.now += 490 * DAY
    second = Sync(account, "schedule_timelines", state=first.states, **config)
    since = NOW if start is None else millis(start)
    assert sorted(end for _, end in ended(second)) == [
        text(until) for _, until in account.periods["a"] if since < until <= account.now
    ]
    assert (min(end for _, end in ended(second)) < "2027-03") is comes


@pytest.mark.parametrize("start", [None, text(NOW - 450 * DAY), text(NOW - 100 * DAY)])
def test_a_schedule_that_is_owed_for_more_than_a_year_is_read_from_its_time(start: str | None) -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 600)]
    since = NOW - 500 * DAY
    state = state_message(
        "schedule_timelines", startDate=text(NOW - 590 * DAY), endDate=text(NOW), owed={"a": text(since)}
    )
    config: dict[str, Any] = {} if start is None else {"start_date": start}
    sync = Sync(account, "schedule_timelines", state=[state], **config)
    since = since if start is None else max(since, millis(start))
    assert {end for _, end in ended(sync)} == {text(until) for _, until in account.periods["a"] if until > since}


def test_a_schedule_that_is_owed_from_the_beginning_is_read_for_a_year_without_a_start_date() -> None:
    account = Account()
    account.periods["a"] = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 600)]
    state = state_message("schedule_timelines", startDate="2025-11-01T00:00:00Z", endDate=text(NOW), owed={"a": None})
    sync = Sync(account, "schedule_timelines", state=[state])
    assert min(end for _, end in ended(sync))[:10] == "2025-11-01"


def test_a_sync_that_was_killed_in_the_month_before_its_state_repeats_nothing() -> None:
    account = Account(now=millis("2026-11-01T06:00:00.000Z"))
    begin = account.now - 30 * DAY
    account.periods["a"] = [(begin + number * HOUR, begin + (number + 1) * HOUR) for number in range(40 * 24)]
    first = Sync(account, "schedule_timelines")
    account.now += HOUR
    second = Sync(account, "schedule_timelines", state=first.states)
    place, state = second.checkpoints[0]
    assert second.rows("schedule_timelines", place) == []  # in October
    rest = Sync(account, "schedule_timelines", state=[state])
    assert ended(rest) == {("a", text(account.now))}


def test_what_is_caught_up_on_comes_once() -> None:
    account = Account()
    periods = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(100)]
    account.periods = {"a": periods, "b": periods}
    late, early = "2026-11-05T00:00:00.000Z", text(NOW - 80 * DAY)
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines", start_date=late)
    account.refused = {}
    account.now += DAY
    second = Sync(account, "schedule_timelines", state=first.states, start_date=early)
    found = [
        (row["schedule_id"], row["endDate"]) for sync in (first, second) for row in sync.rows("schedule_timelines")
    ]
    due = [text(until) for _, until in periods if until > millis(early)]
    assert sorted(found) == sorted((name, end) for name in ("a", "b") for end in due)


def test_a_start_date_that_is_moved_back_while_a_schedule_is_owed_holds_for_it_too() -> None:
    account = Account()
    periods = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 100)]
    account.periods = {"a": periods, "b": periods}
    early = text(NOW - 80 * DAY)
    account.refused["/v2/schedules/b/timeline"] = 422
    first = Sync(account, "schedule_timelines", start_date="2026-11-05")
    second = Sync(account, "schedule_timelines", state=first.states, start_date=early)
    account.refused = {}
    third = Sync(account, "schedule_timelines", state=second.states, start_date=early)
    due = {("b", text(until)) for _, until in periods if until > millis(early)}
    assert ended(third) == due


def test_a_schedule_that_is_listed_anew_under_a_later_start_date_is_read_from_an_earlier_one() -> None:
    early, late = text(NOW - 150 * DAY)[:10], text(NOW - 50 * DAY)[:10]
    periods = [(NOW - number * DAY, NOW - number * DAY + HOUR) for number in range(1, 140)]
    account = Account()
    account.periods["a"] = periods
    first = Sync(account, "schedule_timelines", start_date=early)
    account.periods["new"] = periods
    second = Sync(account, "schedule_timelines", state=first.states, start_date=late)
    due = {(name, text(until)) for name in ("a", "new") for _, until in periods}
    assert len(second.checkpoints) > 1
    for _, state in second.checkpoints:
        third = Sync(account, "schedule_timelines", state=[state], start_date=early)
        assert ended(first) | ended(second) | ended(third) == due


def test_periods_have_the_names_around_them_and_what_has_another_form_is_passed_on_to_be_told() -> None:
    rotation = {"id": "r", "name": "n", "order": 1.5, "periods": [{"type": "default"}, "odd period"]}
    rotations = [rotation, "odd rotation", {"name": "without periods"}, {"periods": [{"type": "historical"}]}]
    layers = {"finalTimeline": {"rotations": rotations}, "baseTimeline": "odd layer", "overrideTimeline": None}
    assert ScheduleTimelines.paging.rows_of({"data": layers}) == [
        {"layer": "final", "rotation_id": "r", "rotation_name": "n", "rotation_order": 1.5, "type": "default"},
        "odd period",
        "odd rotation",
        {"layer": "final", "rotation_id": "", "rotation_name": None, "rotation_order": None, "type": "historical"},
        "odd layer",
    ]


@pytest.mark.parametrize("data", [{}, {"baseTimeline": {"rotations": []}}])
def test_a_timeline_without_its_final_layer_is_no_answer_and_its_periods_come_later(
    data: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Account, "_timeline", lambda *_: {"data": data})
        account = Account()
        account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
        first = Sync(account, "schedule_timelines")
    assert first.ended("schedule_timelines") == "INCOMPLETE"
    healthy = Account()
    healthy.periods = account.periods
    assert len(Sync(healthy, "schedule_timelines", state=first.states).rows("schedule_timelines")) == 1
    assert ScheduleTimelines.paging.rows_of({"data": {"finalTimeline": None}}) == []
