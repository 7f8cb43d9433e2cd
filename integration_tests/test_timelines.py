"""Schedule timelines and log files: read on from where the last sync ended, and complete whatever Opsgenie does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.connector import Connector
from integration_tests.rows import canonical, counted
from integration_tests.sandbox.client import Sandbox

DAY = 86_400_000


@pytest.mark.parametrize("begins", ["unit", "day", "moment"])
@pytest.mark.parametrize("periods", ["whole", "cut"])
def test_each_period_comes_once_however_months_begin_and_end(
    begins: str, periods: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(timeline_begins=begins, timeline_periods=periods)
    connector = connect(sandbox)
    stream = connector.catalog()["schedule_timelines"]
    rows = connector.read([stream]).records["schedule_timelines"]
    assert counted(rows) == counted(sandbox.truth("schedule_timelines"))
    assert {row["layer"] for row in rows} == {"final", "base", "override", "forwarding"}


@pytest.mark.parametrize(("months", "begins"), [("week", "unit"), ("week", "moment"), ("30 days", "day")])
def test_each_period_comes_once_however_short_a_month_is(
    months: str, begins: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(timeline_months=months, timeline_begins=begins)
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["schedule_timelines"]])
    assert outcome.code == 0, outcome.errors
    assert counted(outcome.records["schedule_timelines"]) == counted(sandbox.truth("schedule_timelines"))


def test_a_later_sync_reads_the_month_under_way_only(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox()
    connector = connect(account, lookback_window="PT0S")
    stream = connector.catalog()["schedule_timelines"]
    first = connector.read([stream], "incremental", [])
    account.mutate([{"op": "wait", "advance_ms": 5 * DAY}])
    account.reset_stats()
    second = connector.read([stream], "incremental", first.last_states)
    schedules = len(list(account.truth("schedules")))
    assert account.calls()["/v2/schedules/{scheduleId}/timeline"] <= 2 * schedules
    got = first.records["schedule_timelines"] + second.records["schedule_timelines"]
    since = min(row["endDate"] for row in account.truth("schedule_timelines"))
    assert counted([row for row in got if row["endDate"] >= since]) == counted(
        list(account.truth("schedule_timelines"))
    )
    assert second.records["schedule_timelines"]


def test_it_goes_on_from_every_state(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    stream = connector.catalog()["schedule_timelines"]
    whole = connector.read([stream], "incremental", [])
    truth = set(map(canonical, sandbox.truth("schedule_timelines")))
    before: list[dict[str, Any]] = []
    states = [number for number, message in enumerate(whole.messages) if message["type"] == "STATE"]
    assert len(states) >= 12
    for number in states[::4]:
        before = [m["record"]["data"] for m in whole.messages[:number] if m["type"] == "RECORD"]
        rest = connector.read([stream], "incremental", [whole.messages[number]["state"]])
        assert set(map(canonical, before + rest.records["schedule_timelines"])) == truth


def test_the_start_date_says_where_timelines_begin(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, start_date="2026-09-15T00:00:00Z")
    rows = connector.read([connector.catalog()["schedule_timelines"]]).records["schedule_timelines"]
    due = [row for row in sandbox.truth("schedule_timelines") if row["endDate"] > "2026-09-15T00:00:00Z"]
    assert counted(rows) == counted(due)


def test_a_start_date_moved_back_reads_the_gap(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    early = connect(sandbox, start_date="2026-06-10T00:00:00Z")
    stream = early.catalog()["schedule_timelines"]
    whole = early.read([stream]).records["schedule_timelines"]
    first = connect(sandbox, start_date="2026-09-15T00:00:00Z").read([stream], "incremental", [])
    sandbox.reset_stats()
    connector = connect(sandbox, start_date="2026-06-10T00:00:00Z", lookback_window="PT0S")
    later = connector.read([stream], "incremental", first.last_states)
    both = first.records["schedule_timelines"] + later.records["schedule_timelines"]
    assert set(map(canonical, whole)) == set(map(canonical, both))
    months = {request.partition("date=")[2][:7] for request in sandbox.requests() if "date=" in request}
    assert months == {"2026-06", "2026-07", "2026-08", "2026-09", "2026-10", "2026-11"}
    assert "2026-10" not in {row["endDate"][:7] for row in later.records["schedule_timelines"]}
    again = connector.read([stream], "incremental", later.last_states)
    assert again.records["schedule_timelines"] == []


def test_a_schedule_that_cannot_be_read_is_told_once(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    ids = [row["id"] for row in sandbox.truth("schedules")]
    refused = {ids[0], ids[3]}
    sandbox.settings(refusals={f"/v2/schedules/{identity}/timeline": [403, 1] for identity in refused})
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()["schedule_timelines"]], "incremental", [])
    assert outcome.code == 0, outcome.errors
    others = [row for row in sandbox.truth("schedule_timelines") if row["schedule_id"] not in refused]
    assert others
    assert counted(outcome.records["schedule_timelines"]) == counted(others)
    (warning,) = [line for line in outcome.warnings if line.startswith("schedule_timelines: ")]
    assert "schedule_timelines: the rows of 2 schedules were skipped" in warning
    assert all(warning.count(identity) == 1 for identity in refused)


def test_a_schedule_that_fails_is_owed_and_costs_no_other(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    failing = next(row["id"] for row in sandbox.truth("schedules"))
    connector = connect(sandbox, lookback_window="PT0S")
    stream = connector.catalog()["schedule_timelines"]
    sandbox.settings(refusals={f"/v2/schedules/{failing}/timeline": [422, 1]})
    failed = connector.read([stream], "incremental", [])
    truth = list(sandbox.truth("schedule_timelines"))
    assert failed.code == 1
    assert failed.statuses["schedule_timelines"][-1] == "INCOMPLETE"
    (error,) = [each for each in failed.errors if each.startswith("schedule_timelines: ")]
    assert "1 object could not be read: " in error
    assert "All others were read or skipped." in error
    assert failing in error
    others = [row for row in truth if row["schedule_id"] != failing]
    assert counted(failed.records["schedule_timelines"]) == counted(others)
    assert list(failed.last_states[0]["stream"]["stream_state"]["owed"]) == [failing]
    sandbox.settings(refusals={})
    rest = connector.read([stream], "incremental", failed.last_states)
    assert rest.code == 0, rest.errors
    owed = [row for row in truth if row["schedule_id"] == failing]
    assert owed
    assert counted(rest.records["schedule_timelines"]) == counted(owed)
    assert "owed" not in rest.last_states[0]["stream"]["stream_state"]


def test_a_start_date_to_come_asks_for_no_timeline(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, start_date="2999-01-01")
    outcome = connector.read([connector.catalog()["schedule_timelines"]])
    assert outcome.code == 0
    assert outcome.statuses["schedule_timelines"][-1] == "COMPLETE"
    assert "/v2/schedules/{scheduleId}/timeline" not in sandbox.calls()


def test_log_files_go_on_behind_their_marker(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(log_files=2_300)
    connector = connect(account)
    stream = connector.catalog()["log_files"]
    first = connector.read([stream], "incremental", [])
    assert len(first.records["log_files"]) == 2_300
    assert len(first.states) >= 2
    middle = first.states[0]
    rest = connector.read([stream], "incremental", [middle])
    assert 0 < len(rest.records["log_files"]) < 2_300
    names = [row["filename"] for row in account.truth("log_files")]
    assert [row["filename"] for row in rest.records["log_files"]] == names[-len(rest.records["log_files"]) :]
    again = connector.read([stream], "incremental", first.last_states)
    assert again.records["log_files"] == []
