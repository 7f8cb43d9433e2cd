"""The logs of teams: one cursor for all teams, which hides none. Against a simulated account."""

from __future__ import annotations

from dataclasses import replace

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.opsgenie.streams.teams import TeamLogs
from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, SECOND, Account, Call, Sync, unique


def test_a_team_log_written_in_a_team_read_before_comes_with_the_next_sync() -> None:
    account = Account()
    account.logs = {"early": [(NOW - DAY, "old")], "late": [(NOW - DAY, "old")]}

    def meanwhile(call: Call) -> None:
        if call.path == "/v2/teams/late/logs":
            account.now = NOW + 2 * MINUTE
            account.logs["early"].append((NOW + MINUTE, "behind the back"))
            account.logs["late"].append((NOW + 2 * MINUTE, "seen"))
            account.before = lambda _: None

    account.before = meanwhile
    first = Sync(account, "team_logs")
    assert first.ids("team_logs", "log") == {"old", "seen"}
    account.now += HOUR
    second = Sync(account, "team_logs", state=first.states)
    assert "behind the back" in second.ids("team_logs", "log")


def test_team_logs_are_read_down_to_those_of_the_last_sync() -> None:
    account = Account()
    account.logs["team"] = [(NOW - DAY + number * SECOND, f"old {number}") for number in range(350)]
    first = Sync(account, "team_logs")
    assert len(first.rows("team_logs")) == 350
    account.now += HOUR
    account.logs["team"] += [(NOW + number * SECOND, f"new {number}") for number in range(120)]
    account.calls.clear()
    second = Sync(account, "team_logs", state=first.states)
    assert second.ids("team_logs", "log") == {"old 349"} | {f"new {number}" for number in range(120)}
    assert account.asked("/v2/teams/team/logs") == 2


@pytest.mark.parametrize(
    ("lookback", "lateness", "comes"),
    [("PT5M", 5 * MINUTE, True), ("PT5M", 5 * MINUTE + 1, False), ("PT0S", 0, True), ("PT0S", 1, False)],
)
def test_a_log_that_was_shown_late_comes_by_the_lookback(lookback: str, lateness: int, comes: bool) -> None:
    account = Account()
    account.logs["team"] = [(NOW - DAY, "old"), (NOW - HOUR, "newest")]
    first = Sync(account, "team_logs")
    account.logs["team"].insert(1, (NOW - HOUR - lateness, "late"))
    account.now += HOUR
    second = Sync(account, "team_logs", state=first.states, lookback_window=lookback)
    assert second.ids("team_logs", "log") == {"newest"} | ({"late"} if comes else set())


def test_team_logs_whose_sync_was_killed_are_read_on_from_each_state() -> None:
    account = Account()
    for team in ("a", "b", "c"):
        account.logs[team] = [(NOW - DAY + number * SECOND, f"{team} {number}") for number in range(120)]
    whole = Sync(account, "team_logs")
    truth = unique(whole.rows("team_logs"))
    assert len(truth) == 360
    assert whole.checkpoints
    for place, state in whole.checkpoints:
        rest = Sync(account, "team_logs", state=[state])
        assert unique(whole.rows("team_logs", place)) | unique(rest.rows("team_logs")) == truth


def test_logs_that_come_oldest_first_all_come() -> None:
    account = Account()
    account.logs["team"] = [(NOW - DAY + number * SECOND, f"{number}") for number in range(350)]
    account.heeds_order = False
    first = Sync(account, "team_logs")
    account.now += HOUR
    account.logs["team"] += [(NOW + number * SECOND, f"new {number}") for number in range(120)]
    second = Sync(account, "team_logs", state=first.states)
    assert second.ids("team_logs", "log") == {"349"} | {f"new {number}" for number in range(120)}


@pytest.mark.parametrize("count", [1, 100])
def test_logs_that_share_a_time_prove_no_order(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TeamLogs, "paging", replace(TeamLogs.paging, limit=count))
    account = Account()
    account.logs["team"] = [(NOW - DAY, f"{number}") for number in range(count)] + [(NOW - HOUR, "late")]
    account.heeds_order = False
    first = Sync(account, "team_logs")
    account.now += HOUR
    account.logs["team"].append((NOW + MINUTE, "new"))
    second = Sync(account, "team_logs", state=first.states)
    assert second.ids("team_logs", "log") == {"late", "new"}


def test_a_full_refresh_reads_all_logs_whatever_the_state() -> None:
    account = Account()
    account.logs["team"] = [(NOW - DAY + number * SECOND, f"{number}") for number in range(350)]
    first = Sync(account, "team_logs")
    again = Sync(account, "team_logs", state=first.states, mode=SyncMode.full_refresh)
    assert unique(again.rows("team_logs")) == unique(first.rows("team_logs"))


@pytest.mark.parametrize("refused", [("a", "b"), ("a", "list")])
def test_logs_that_were_refused_come_once_they_are_not(refused: tuple[str, ...]) -> None:
    account = Account()
    account.logs = {"a": [(NOW - DAY, "of a")], "b": [(NOW - DAY, "of b")]}
    first = Sync(account, "team_logs", "users")
    account.now += HOUR
    account.logs["a"].append((NOW + MINUTE, "new a"))
    account.refused = {"/v2/teams" if each == "list" else f"/v2/teams/{each}/logs": 403 for each in refused}
    second = Sync(account, "team_logs", "users", state=first.states)
    assert second.rows("team_logs") == []
    assert second.ended("team_logs") == "COMPLETE"
    account.refused = {}
    account.now += HOUR
    account.logs["b"].append((NOW + HOUR, "new b"))
    third = Sync(account, "team_logs", "users", state=second.states or first.states)
    assert third.ids("team_logs", "log") >= {"new a", "new b"}


def test_a_team_that_failed_is_not_passed_by_the_others() -> None:
    account = Account()
    account.logs = {"a": [(NOW - DAY, "old a")], "b": [(NOW - DAY, "old b")]}
    first = Sync(account, "team_logs")
    account.now += HOUR
    account.logs["a"].append((NOW + 30 * MINUTE, "new a"))
    account.logs["b"].append((NOW + 10 * MINUTE, "new b"))
    account.refused = {"/v2/teams/b/logs": 400}
    second = Sync(account, "team_logs", state=first.states)
    assert "team_logs" in second.failed()
    account.refused = {}
    third = Sync(account, "team_logs", state=second.states or first.states)
    assert "new b" in third.ids("team_logs", "log")


def test_a_team_that_failed_is_read_from_where_the_sync_before_had_ended() -> None:
    account = Account()
    account.logs["a"] = [(NOW - DAY + number * SECOND, f"{number}") for number in range(350)]
    account.logs["b"] = [(NOW - HOUR, "b")]
    states = Sync(account, "team_logs").states
    account.refused = {"/v2/teams/a/logs": 422}
    states = Sync(account, "team_logs", state=states).states
    account.refused = {}
    account.calls.clear()
    Sync(account, "team_logs", state=states)
    assert account.asked("/v2/teams/a/logs") == 1


def test_a_sync_that_is_refused_the_logs_of_every_team_forgets_nothing_that_is_owed() -> None:
    account = Account()
    account.logs = {"a": [(NOW - DAY, "old a")], "b": [(NOW - DAY, "old b")]}
    states = Sync(account, "team_logs").states
    account.logs["a"].append((NOW + 30 * MINUTE, "new a"))
    account.logs["b"].append((NOW + 10 * MINUTE, "new b"))
    for refused in ({"/v2/teams/b/logs": 400}, {"/v2/teams/[ab]/logs": 403}):
        account.now += HOUR
        account.refused = dict(refused)
        states = Sync(account, "team_logs", state=states).states
    account.refused = {}
    assert "new b" in Sync(account, "team_logs", state=states).ids("team_logs", "log")


def test_a_team_that_fails_in_a_full_refresh_is_owed_from_the_beginning() -> None:
    account = Account()
    account.logs = {name: [(NOW - 2 * DAY, f"{name} old"), (NOW - DAY, f"{name} newer")] for name in ("a", "b")}
    states = Sync(account, "team_logs").states
    account.refused["/v2/teams/b/logs"] = 422
    for mode in (SyncMode.incremental, SyncMode.full_refresh):
        account.now += HOUR
        states = Sync(account, "team_logs", state=states, mode=mode).states
    account.refused = {}
    account.now += HOUR
    assert Sync(account, "team_logs", state=states).ids("team_logs", "log") >= {"b old", "b newer"}


def test_without_opsgenies_clock_no_log_counts_as_read() -> None:
    account = Account()
    account.tells_time = False
    account.logs["team"] = [(NOW - DAY, "old")]
    first = Sync(account, "team_logs")
    assert not first.failed()
    assert Sync(account, "team_logs", state=first.states).ids("team_logs", "log") == {"old"}


def test_a_sync_without_opsgenies_clock_keeps_the_time_of_the_state_and_owes_what_it_read_no_more() -> None:
    account = Account()
    account.logs = {"team": [(NOW - DAY, "old")], "failing": []}
    account.refused["/v2/teams/failing/logs"] = 422
    first = Sync(account, "team_logs")
    account.now += HOUR
    account.refused.clear()
    account.tells_time = False
    account.logs["team"].append((NOW, "new"))
    second = Sync(account, "team_logs", state=first.states)
    state = first.state_of("team_logs")
    assert state.pop("owed") == {"failing": None}
    assert second.state_of("team_logs") == state != {}


def test_without_any_log_nothing_counts_as_read() -> None:
    account = Account()
    account.logs["team"] = []
    assert Sync(account, "team_logs").state_of("team_logs") == {}


def test_a_sync_without_a_new_log_keeps_the_state() -> None:
    account = Account()
    account.logs["team"] = [(NOW - DAY, "old"), (NOW - HOUR, "newest")]
    first = Sync(account, "team_logs")
    account.logs["team"] = account.logs["team"][:1]
    account.now += HOUR
    second = Sync(account, "team_logs", state=first.states, lookback_window="P30D")
    assert second.ids("team_logs", "log") == {"old"}
    assert Sync(account, "team_logs", state=second.states).rows("team_logs") == []
