"""Who was on call: each period once, from any state, start date and lookback. Against a simulated account."""

from __future__ import annotations

import pytest

from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, Account, Sync, text, unique


@pytest.mark.parametrize(("lookback", "comes"), [("PT5M", True), ("PT1M", False), ("PT0S", False)])
def test_a_period_that_was_shown_late_comes_by_the_lookback(lookback: str, comes: bool) -> None:
    account = Account()
    account.periods["schedule"] = [(NOW - 2 * HOUR, NOW - HOUR)]
    first = Sync(account, "schedule_timelines")
    assert len(first.rows("schedule_timelines")) == 1
    account.periods["schedule"].append((NOW - HOUR, NOW - 2 * MINUTE))
    account.now += HOUR
    second = Sync(account, "schedule_timelines", state=first.states, lookback_window=lookback)
    assert len(second.rows("schedule_timelines")) == int(comes)


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
    assert Sync(account, "schedule_timelines", state=second.states, start_date=early).rows("schedule_timelines") == []


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
