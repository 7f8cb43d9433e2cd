"""An account that has moved to JSM Operations: its syncs go on from Opsgenie's states."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airbyte_cdk.models import SyncMode

from unit_tests.random_site import CONFIG, MARK, RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, Account, Call, Sync, millis, state_message, text

NAMES = ("alerts", "alert_notes")
EVERYTHING = {**CONFIG, "start_date": None}


@pytest.mark.usefixtures("hurried_site")
def test_the_first_sync_after_the_move_goes_on_from_the_state_and_says_so_once() -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - DAY)  # later than all of the site's
    assert Sync(site, "alerts", **EVERYTHING).rows("alerts") != []
    before = Sync(account, *NAMES)
    after = Sync(site, *NAMES, state=before.states, **EVERYTHING)
    assert after.failed() == {}
    assert [after.rows(name) for name in NAMES] == [[], []]
    assert [after.warnings(name) for name in NAMES] == [[], []]
    lines = [each.log.message for each in after.messages if each.log]
    (said,) = [line for line in lines if "The state comes from Opsgenie" in line]
    assert "does not read the history again" in said
    assert "It reads only what changed after the last change in Opsgenie" in said
    assert "'lookback_window'" in said
    assert not any("could not read the account" in line for line in lines)
    assert not any(after.state_of(name)["account"].startswith("opsgenie:") for name in NAMES)
    again = Sync(site, *NAMES, state=after.states, **EVERYTHING)
    assert not again.logged("whether the states are its own")


@pytest.mark.usefixtures("hurried_site")
def test_a_token_that_may_read_more_than_the_last_key_of_opsgenie_is_told_to_refresh() -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - DAY)  # later than all of the site's
    account.refused["/v2/account"] = 403  # as for a team's key
    before = Sync(account, *NAMES)
    after = Sync(site, *NAMES, state=before.states, **EVERYTHING)
    assert [after.rows(name) for name in NAMES] == [[], []]
    words = "made by a sync that could not read the account"
    assert sum(words in each.log.message for each in after.messages if each.log) == 1
    assert not Sync(site, *NAMES, state=after.states, **EVERYTHING).logged(words)


def fill(account: Account, count: int) -> None:
    for number in range(count):
        account.alert(f"a{number}", NOW - 30 * DAY + number)


def cut_short(account: Account, name: str = "alerts", mode: SyncMode = SyncMode.incremental) -> Sync:
    """Read an account whose backfill fails in the middle."""
    fill(account, 1_500)

    def end(call: Call) -> None:
        if call.path == "/v2/alerts" and account.asked("/v2/alerts") > 13:
            account.refused[".*"] = 400

    account.before = end
    return Sync(account, name, mode=mode)


def owing(account: Account) -> Sync:
    """Read an account of which one alert's notes fail."""
    fill(account, 3)
    account.refused["/v2/alerts/a1/notes"] = 422
    return Sync(account, "alert_notes")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "read"), [("alerts", cut_short), ("alert_notes", owing)])
@pytest.mark.usefixtures("hurried_site")
def test_a_stream_that_was_not_complete_before_the_move_is_named(name: str, read: Callable[[Account], Sync]) -> None:
    account, site = Account(), RandomSite(1)
    before = read(account)
    assert before.ended(name) == "INCOMPLETE"
    after = Sync(site, name, state=before.states, **EVERYTHING)
    assert after.warned_of(name, "was not complete when it was last read from Opsgenie", "While Opsgenie still answers")
    again = Sync(site, name, state=after.states, **EVERYTHING)
    assert not again.warned_of(name, "was not complete")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alert_recipients", "incident_notes", "team_logs"])
@pytest.mark.usefixtures("hurried_site")
def test_a_table_that_jsm_does_not_have_is_named_as_long_as_its_state_owes_rows(name: str) -> None:
    """Nothing else tells that its missing rows can be read from Opsgenie only."""
    account, site = Account(), RandomSite(1)
    fill(account, 3)
    account.incident("i", NOW - DAY)
    account.logs = {"t0": [(NOW - DAY, "a")], "t1": [(NOW - DAY, "b")]}
    complete = Sync(account, name)
    assert complete.ended(name) == "COMPLETE"
    assert not Sync(site, name, "alerts", state=complete.states, **EVERYTHING).warned_of(name, "was not complete")
    account.refused["/v2/alerts/a1/recipients"] = 422
    account.refused["/v1/incidents/i/notes"] = 422
    account.refused["/v2/teams/t1/logs"] = 422
    before = Sync(account, name)
    assert before.ended(name) == "INCOMPLETE"
    after = Sync(site, name, "alerts", state=before.states, **EVERYTHING)
    assert after.ended(name) == "COMPLETE"
    for each in (after, Sync(site, name, "alerts", state=[*before.states, *after.states], **EVERYTHING)):
        assert each.warned_of(name, "was not complete when it was last read from Opsgenie", "still answers")


@pytest.mark.usefixtures("hurried_site")
def test_an_account_without_alerts_was_complete_before_the_move() -> None:
    after = Sync(RandomSite(1), *NAMES, state=Sync(Account(), *NAMES).states, **EVERYTHING)
    assert [name for name in NAMES if after.warned_of(name, "was not complete when it was last read")] == []


@pytest.mark.usefixtures("hurried_site")
def test_a_first_sync_of_a_table_that_jsm_does_not_have_owes_nothing() -> None:
    sync = Sync(RandomSite(1), "incident_notes", "alerts", **EVERYTHING)
    assert sync.ended("incident_notes") == "COMPLETE"
    (warning,) = sync.warnings("incident_notes")
    assert "cannot be read with this configuration" in warning


@pytest.mark.usefixtures("hurried_site")
def test_a_state_of_jsm_is_not_used_for_opsgenie() -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - 90 * DAY)
    before = Sync(site, "alerts", **EVERYTHING)
    after = Sync(account, "alerts", state=before.states)
    assert after.ids("alerts") == {"a"}
    assert after.warned_of("alerts", "was not made with Opsgenie", "starts from the beginning")


@pytest.mark.parametrize(
    ("counted", "further", "is_told"),
    [
        (1, {}, False),
        (5_000, {}, True),
        (5_000, {"start_date": "2026-10-02"}, False),
        (5_000, {"alert_query": "a"}, False),
    ],
)
@pytest.mark.usefixtures("hurried_site")
def test_fewer_alerts_than_opsgenie_counted_are_told_once(counted: int, further: dict[str, str], is_told: bool) -> None:
    """The token may see those of one team only. Nothing else tells: such a caller gets shorter lists, and no error."""
    site, moment = RandomSite(1), text(NOW - HOUR)
    state = state_message(
        "alerts", updatedAt=moment, backfill="done", counted=counted, countedBefore=moment, short=True
    )
    sync = Sync(site, "alerts", state=[state], **{**EVERYTHING, **further})
    words = f"Opsgenie counted {counted} alerts from before {moment}, but JSM Operations counts only "
    assert bool(sync.warned_of("alerts", words)) is is_told
    again = Sync(site, "alerts", state=sync.states, **{**EVERYTHING, **further})
    assert not again.warnings("alerts")


@pytest.mark.usefixtures("hurried_site")
def test_before_a_state_is_used_for_a_site_the_site_tells_its_time() -> None:
    site = RandomSite(1)
    site.now = millis("2020-01-01T00:00:00.000Z")
    state = state_message("alerts", updatedAt="2020-06-01T00:00:00.000Z", owed={"a": None})
    sync = Sync(site, "alerts", state=[state], **EVERYTHING)
    assert sync.warned_of("alerts", "2020-06-01", "in the future")
    assert not sync.warned_of("alerts", "was not complete")  # of a state that is not used, nothing more is said


@pytest.mark.parametrize(("window", "found"), [("PT5M", {"later"}), ("P7D", {"earlier", "later"})])
@pytest.mark.usefixtures("hurried_site")
def test_a_lookback_window_brings_what_changed_in_jsm_while_opsgenie_was_still_in_use(
    window: str, found: set[str]
) -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - DAY)
    moments = {"earlier": NOW - 6 * DAY, "later": NOW - HOUR}
    site.rows["/v1/alerts"] = [
        {"id": name, "createdAt": text(moment), "updatedAt": text(moment)} for name, moment in moments.items()
    ]
    before = Sync(account, "alerts")
    after = Sync(site, "alerts", state=before.states, **EVERYTHING, lookback_window=window)
    assert after.ids("alerts") == found


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("hurried_site")
def test_a_full_refresh_that_was_cut_short_before_the_move_begins_anew(name: str) -> None:
    account, site = Account(), RandomSite(1)
    before = cut_short(account, name, SyncMode.full_refresh)
    assert before.state_of(name)["fullRefresh"] is True
    for number in range(5):
        created = NOW - 120 * DAY + number  # earlier than what was read from Opsgenie
        site.rows["/v1/alerts"].append(
            {"id": f"old{number}", "createdAt": text(created), "updatedAt": text(created), "status": "closed"}
        )
        site.rows[f"/v1/alerts/old{number}/notes"] = [{"id": f"note{number}", "note": "n", MARK: number}]
    after = Sync(site, name, state=before.states, mode=SyncMode.full_refresh, **EVERYTHING)
    assert after.failed() == {}
    column = "id" if name == "alerts" else "alert_id"
    assert {f"old{number}" for number in range(5)} <= after.ids(name, column)


@pytest.mark.usefixtures("hurried_site")
def test_no_lookback_reads_periods_again_that_were_read_from_opsgenie() -> None:
    account, site, name = Account(), RandomSite(1), "schedule_timelines"
    days = [(NOW - (number + 1) * DAY, NOW - number * DAY) for number in range(-4, 40)]
    account.periods["s"] = days
    site.rows["/v1/schedules"] = [{"id": "s", "name": "s", "rotations": []}]
    site.rows["/v1/schedules/s/timeline"] = [
        {"startDate": text(begin), "endDate": text(end), "responder": {"type": "user", "id": "other"}, MARK: 1}
        for begin, end in days
    ]
    window = {**EVERYTHING, "lookback_window": "P7D"}
    before = Sync(account, name)
    assert before.rows(name)[0]["recipient_id"] == "u"
    read = before.ids(name, "endDate")
    assert len(read) == 40
    states = before.states
    for number in (1, 2, 3):  # the lookback window stays as it was for the move
        site.now = NOW + number * DAY
        after = Sync(site, name, state=states, **window)
        assert after.ended(name) == "COMPLETE"
        assert after.rows(name)[0]["recipient_id"] == "other"
        assert after.ids(name, "endDate") == {text(NOW + day * DAY) for day in range(1, number + 1)}
        states = after.states
    refreshed = Sync(site, name, mode=SyncMode.full_refresh, state=states, **EVERYTHING)
    assert read < refreshed.ids(name, "endDate")


@pytest.mark.usefixtures("hurried_site")
def test_a_state_that_names_no_account_is_one_of_an_older_connector_for_opsgenie() -> None:
    site = RandomSite(1)
    state = [state_message("alerts", updatedAt=text(NOW - HOUR))]
    moved = Sync(site, "alerts", state=state, **EVERYTHING)
    assert moved.ended("alerts") == "COMPLETE"
    assert moved.rows("alerts") == []
    assert moves_told(moved) == 1
    again = Sync(site, "alerts", state=moved.states, **EVERYTHING)
    assert moves_told(again) == 0
    first = Sync(site, "alerts", **EVERYTHING)
    assert moves_told(first) == 0
    account = Account()
    assert moves_told(Sync(account, "alerts", state=state)) == 0


def moves_told(sync: Sync) -> int:
    """Count the lines that tell of the move."""
    return sum(each.log is not None and "The state comes from" in each.log.message for each in sync.messages)
