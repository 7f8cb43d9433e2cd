"""A state is used only if it can be true; if not, the log says so and everything is read.

Against a simulated account.
"""

from __future__ import annotations

import pytest

from unit_tests.simulated import DAY, MINUTE, NOW, Account, Sync, state_message, text
from unit_tests.test_one_object import INCREMENTAL, change, names

NEW_BEGINNING = "it is not used, and the stream starts from the beginning."


@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_state_from_the_future_is_not_used(name: str) -> None:
    make, column, _ = INCREMENTAL[name]
    account = make(3)
    account.now = NOW + 90 * DAY
    change(account, "o2", account.now - DAY)
    first = Sync(account, name)
    account.now = NOW
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == names(3)
    (warning,) = second.warnings(name)
    assert "in the future" in warning
    assert warning.endswith(NEW_BEGINNING)


@pytest.mark.parametrize(("ahead", "is_used"), [(MINUTE, True), (MINUTE + 1, False)])
def test_a_state_may_be_ahead_of_the_apis_clock_by_a_minute(ahead: int, is_used: bool) -> None:
    account = Account()
    account.alert("a", NOW - DAY)
    sync = Sync(account, "alerts", state=[state_message("alerts", updatedAt=text(NOW + ahead))])
    assert sync.ids("alerts") == (set() if is_used else {"a"})
    assert sync.warned_of("alerts", text(NOW + ahead), "in the future") is not is_used


@pytest.mark.parametrize(("updated", "created"), [(NOW - 2 * DAY, NOW + DAY), (NOW + DAY, NOW - 2 * DAY)])
def test_every_time_of_a_state_is_compared_with_the_clock(updated: int, created: int) -> None:
    account = Account()
    account.alert("a", NOW - 3 * DAY)
    state = state_message("alerts", backfill="running", updatedAt=text(updated), createdAt=text(created))
    sync = Sync(account, "alerts", state=[state])
    assert sync.ids("alerts") == {"a"}
    assert sync.warned_of("alerts", text(NOW + DAY), "in the future")


def test_a_state_whose_owed_objects_cannot_be_read_is_not_used() -> None:
    account = Account()
    account.alert("a", NOW - 3 * DAY)
    sync = Sync(account, "alerts", state=[state_message("alerts", updatedAt=text(NOW - DAY), owed=["a"])])
    assert sync.ids("alerts") == {"a"}
    assert sync.warned_of("alerts", "cannot be read", NEW_BEGINNING)


@pytest.mark.slow
@pytest.mark.parametrize("damaged", [{"startDate": "soon"}, {"endDate": "soon"}, {"endDate": None}, {"owed": ["o1"]}])
def test_a_state_of_timelines_of_which_a_part_cannot_be_read_is_not_used(damaged: dict[str, object]) -> None:
    make, column, _ = INCREMENTAL["schedule_timelines"]
    account = make(3)
    whole = {"endDate": text(NOW), "startDate": text(NOW - 300 * DAY)}
    used = Sync(account, "schedule_timelines", state=[state_message("schedule_timelines", **whole)])
    assert used.rows("schedule_timelines") == []
    assert used.warnings("schedule_timelines") == []
    sync = Sync(account, "schedule_timelines", state=[state_message("schedule_timelines", **{**whole, **damaged})])
    assert sync.ids("schedule_timelines", column) == names(3)
    assert sync.warned_of("schedule_timelines", "cannot be read", NEW_BEGINNING)


@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_state_of_another_account_is_not_used(name: str) -> None:
    make, column, _ = INCREMENTAL[name]
    account = make(3)
    first = Sync(account, name)
    given = first.state_of(name)
    api, host, own = given["account"].split(":")
    second = Sync(account, name, state=[state_message(name, **{**given, "account": f"{api}:{host}:{own[::-1]}"})])
    assert second.ids(name, column) == names(3)
    (warning,) = second.warnings(name)
    assert "belongs to another account, host or site of Opsgenie" in warning
    assert warning.endswith(NEW_BEGINNING)
    assert second.state_of(name)["account"] == given["account"]


@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_state_keeps_its_account_while_the_key_cannot_read_the_accounts_name(name: str) -> None:
    make, column, _ = INCREMENTAL[name]
    account = make(3)
    first = Sync(account, name)
    account.refused["/v2/account"] = 403
    second = Sync(account, name, state=first.states)
    assert second.warnings(name) == []
    assert second.ids(name, column) <= {"o2"}  # the newest object is at the cursor
    assert second.state_of(name)["account"] == f"{first.state_of(name)['account']}:carried"
    account.refused = {}
    third = Sync(account, name, state=second.states)
    assert third.state_of(name)["account"] == first.state_of(name)["account"]


def test_a_key_that_reads_more_than_the_one_before_is_told_to_refresh_once_a_sync_and_only_once() -> None:
    account = Account()
    account.alert("a", NOW - DAY)
    account.refused["/v2/account"] = 403  # as for a team's key
    narrow = Sync(account, "alerts", "alert_notes", "team_logs")
    assert wider_key(narrow) == 0
    still_narrow = Sync(account, "alerts", "alert_notes", state=narrow.states)
    assert wider_key(still_narrow) == 0
    assert not still_narrow.logged("belongs to another account than before")  # nor does the state name one
    account.refused = {}
    account.alert("of another team", NOW - 10 * DAY)
    wide = Sync(account, "alerts", "alert_notes", state=still_narrow.states)
    assert "of another team" not in wide.ids("alerts")
    assert wider_key(wide) == 1
    assert wider_key(Sync(account, "alerts", "alert_notes", state=wide.states)) == 0


def test_a_key_that_reads_more_again_is_told_that_the_one_in_between_missed_changes() -> None:
    account = Account()
    account.alert("a", NOW - DAY)
    account.alert("of another team", NOW - DAY)
    first = Sync(account, "alerts", "alert_notes")
    account.now += DAY
    account.change("of another team", NOW + 1)
    account.change("a", NOW + 2)
    account.refused["/v2/account"] = 403  # as for a team's key
    hidden = account.alerts.pop("of another team")
    narrow = Sync(account, "alerts", "alert_notes", state=first.states)
    assert wider_key(narrow) == 0
    still_narrow = Sync(account, "alerts", "alert_notes", state=narrow.states)
    assert wider_key(still_narrow) == 0
    account.refused = {}
    account.alerts["of another team"] = hidden
    wide = Sync(account, "alerts", "alert_notes", state=still_narrow.states)
    assert "of another team" not in wide.ids("alerts")
    assert wider_key(wide) == 1
    assert wider_key(Sync(account, "alerts", "alert_notes", state=wide.states)) == 0


def test_a_key_that_cannot_tell_its_account_is_told_that_the_states_may_be_anothers() -> None:
    account, another = Account(), Account()
    account.alert("a", NOW - DAY)
    another.alert("b", NOW - 2 * DAY)
    another.refused["/v2/account"] = 403
    first = Sync(account, "alerts", "alert_notes")
    second = Sync(another, "alerts", "alert_notes", state=first.states)
    assert second.rows("alerts") == []
    told = [each.log.message for each in second.messages if each.log]
    assert sum("belongs to another account than before, refresh the streams" in line for line in told) == 1
    assert second.warnings("alerts") == []  # a key of the same account may have lost the right
    assert not Sync(account, "alerts", state=first.states).logged("belongs to another account than before")


def test_a_state_of_an_older_connector_says_nothing_of_its_key() -> None:
    account = Account()
    account.alert("a", NOW - DAY)
    assert wider_key(Sync(account, "alerts", state=[state_message("alerts", updatedAt=text(NOW))])) == 0


def wider_key(sync: Sync) -> int:
    """Count the warnings that the key of this sync may see more than the one before."""
    words = ("by a sync that could not read the account", "to get those rows, refresh the streams")
    return sum(1 for each in sync.messages if each.log and all(part in each.log.message for part in words))
