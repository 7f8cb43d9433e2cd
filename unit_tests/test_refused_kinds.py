"""A key that may not read an object kind at all: told once, after few calls, and without loss.

Against a simulated account.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from airbyte_cdk.models import Type

from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, Refused, Sync, millis, unique
from unit_tests.test_cursors import ALERTS, filled
from unit_tests.test_one_object import ALL, INCREMENTAL, change, names

if TYPE_CHECKING:
    from unit_tests.simulated import Account, Call

# Answers that say that they hold for every object of the kind.
FOR_ALL = (
    Refused(403, "API Key is not granted with configuration access"),
    Refused(402, "Your plan does not include it"),
    Refused(410, "This is retired"),
)
COUNT = 300
SAMPLE = 2
PARENTS_OF_HISTORY = ("alert_notes", "incident_logs")
KINDS = (*PARENTS_OF_HISTORY, "contacts", "notification_rules", "alert_policies", "team_logs")


def asked_below(account: Account, name: str, place: str) -> int:
    """Count the calls for what is below the parents."""
    pattern = "/v2/policies/alert" if name == "alert_policies" else place.format("[^/]+")
    return account.asked(pattern)


@pytest.mark.slow
@pytest.mark.parametrize("answer", FOR_ALL, ids=lambda answer: str(answer.status))
@pytest.mark.parametrize("name", KINDS)
def test_a_kind_that_may_not_be_read_costs_few_calls_however_many_parents_there_are(name: str, answer: Refused) -> None:
    make, column, place = ALL[name]
    account = make(COUNT)
    pattern = r"/v2/policies/alert.*" if name == "alert_policies" else place.format("[^/]+")
    account.refused[pattern] = answer
    first = Sync(account, name, "escalations", num_workers=1)
    assert first.rows(name) == []
    assert first.ended(name) == "COMPLETE"
    (warning,) = first.warnings(name)
    assert str(answer) in warning
    prefetched = 1
    assert asked_below(account, name, place) <= 1 + prefetched + SAMPLE
    # Nothing counts as read: once the key may, all comes.
    account.refused = {}
    second = Sync(account, name, "escalations", state=first.states)
    assert second.ids(name, column) - {"None"} == names(COUNT)


@pytest.mark.parametrize("answered", [set(), {f"o{COUNT // 2}"}, {f"o{COUNT - 1}"}], ids=["none", "middle", "last"])
def test_a_refusal_of_a_list_that_no_source_documents_may_hold_for_all(answered: set[str]) -> None:
    account = ALL["alert_policies"][0](COUNT)
    place = "/v1/actions/channels"
    for team in names(COUNT):
        account.below[f"{place}?teamId={team}"] = [{"id": f"of {team}"}]
        if team not in answered:
            account.refused[rf"{place}\?teamId={team}"] = Refused(403, "No.")
    sync = Sync(account, "action_channels", "escalations", num_workers=1)
    assert sync.ids("action_channels", "teamId") == answered
    assert sync.ended("action_channels") == "COMPLETE"
    (warning,) = sync.warnings("action_channels")
    assert (f"the rows of {COUNT - 1} " in warning) is bool(answered)
    assert (account.asked(place) >= COUNT) is bool(answered)


def test_a_stream_and_its_sub_stream_ask_no_more_than_one() -> None:
    make, _, place = ALL["notification_rules"]
    account = make(COUNT)
    account.refused[place.format("[^/]+")] = FOR_ALL[0]
    sync = Sync(account, "notification_rules", "notification_rule_steps", "escalations", num_workers=1)
    assert asked_below(account, "notification_rules", place) <= 2 * (1 + 1) + SAMPLE
    assert len(sync.warnings("notification_rules")) == len(sync.warnings("notification_rule_steps")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 10])
@pytest.mark.parametrize("answered", [f"o{COUNT - 1}", f"o{COUNT // 2}"])
@pytest.mark.parametrize("name", ["contacts", "team_logs"])
def test_a_sample_that_disagrees_lets_every_parent_decide_for_itself(name: str, answered: str, workers: int) -> None:
    make, column, place = ALL[name]
    account = make(COUNT)
    for each in names(COUNT) - {answered}:
        account.refused[place.format(each)] = FOR_ALL[0]
    sync = Sync(account, name, "escalations", num_workers=workers)
    assert sync.ids(name, column) == {answered}
    assert {account.asked(place.format(each)) for each in names(COUNT) - {answered}} <= {1, 2}
    (warning,) = sync.warnings(name)
    assert f"the rows of {COUNT - 1} " in warning


@pytest.mark.parametrize("answered", [f"o{COUNT - 1}", f"o{COUNT // 2}"])
@pytest.mark.parametrize("name", PARENTS_OF_HISTORY)
def test_a_sample_of_history_that_disagrees_lets_every_parent_decide_for_itself(name: str, answered: str) -> None:
    make, column, place = ALL[name]
    account = make(COUNT)
    for each in names(COUNT) - {answered}:
        account.refused[place.format(each)] = FOR_ALL[1]
    sync = Sync(account, name, "escalations", num_workers=1)
    assert sync.ids(name, column) == {answered}
    assert {each for each in names(COUNT) if account.asked(place.format(each)) == 0} == set()
    warned = sync.warnings(name)
    assert len(warned) <= 2  # before the first state that passes some of them, and at the end
    assert sum(int(number) for line in warned for number in re.findall(r"the rows of (\d+) ", line)) == COUNT - 1


def test_a_sample_that_is_refused_for_its_own_reasons_does_not_decide_for_others() -> None:
    make, column, place = ALL["contacts"]
    account = make(20)
    account.refused = {place.format(each): Refused(403, "You cannot access this one") for each in ("o10", "o19")}
    account.refused[place.format("o0")] = FOR_ALL[0]
    sync = Sync(account, "contacts", "escalations", num_workers=1)
    assert sync.ids("contacts", column) == names(20) - {"o0", "o10", "o19"}


def test_a_refusal_that_speaks_of_one_object_asks_for_no_sample() -> None:
    make, _, place = ALL["contacts"]
    account = make(20)
    account.refused[place.format("o0")] = Refused(403, "You cannot access this one")
    Sync(account, "contacts", "escalations", num_workers=1)
    assert account.asked(place.format("[^/]+")) == 20


def test_a_sample_of_history_is_taken_from_the_start_date_on() -> None:
    make, column, place = ALL["alert_notes"]
    account = make(20)
    start = min(row["createdAt"] for row in account.alerts.values())
    for number in range(20):
        account.alert(f"before {number}", millis(start) - DAY - number * HOUR)
    account.refused[place.format("(?!o10/)[^/]+")] = FOR_ALL[1]
    sync = Sync(account, "alert_notes", "escalations", start_date=start)
    assert sync.ids("alert_notes", column) == {"o10"}
    assert account.asked(place.format("before.*")) == 0


@pytest.mark.parametrize("workers", [1, 10])
def test_a_kind_of_which_one_object_was_answered_is_asked_for_to_its_end(workers: int) -> None:
    make, column, place = ALL["contacts"]
    account = make(COUNT)
    for each in names(COUNT) - {"o0"}:
        account.refused[place.format(each)] = FOR_ALL[0]
    sync = Sync(account, "contacts", num_workers=workers)
    assert sync.ids("contacts", column) == {"o0"}
    assert account.asked(place.format("[^/]+")) == COUNT


@pytest.mark.slow
@pytest.mark.parametrize("name", [*INCREMENTAL, "contacts"])
def test_a_refusal_that_speaks_of_one_object_decides_for_that_one_only(name: str) -> None:
    make, column, place = ALL[name]
    count = 60
    account = make(count)
    first = Sync(account, name)
    account.now += HOUR
    for each in sorted(names(count)):
        change(account, each, account.now - MINUTE) if name in INCREMENTAL else None
    account.refused[place.format("[^/]+")] = 403
    account.calls.clear()
    second = Sync(account, name, "escalations", state=first.states)
    assert second.rows(name) == []
    assert {each for each in names(count) if account.asked(place.format(each)) == 0} == set()
    (warning,) = second.warnings(name)
    assert f"the rows of {count} " in warning
    assert second.ended(name) == "COMPLETE"
    account.refused = {}
    third = Sync(account, name, state=second.states or first.states)
    assert third.ids(name, column) == names(count)
    everything = [*first.rows(name), *third.rows(name)]
    assert unique(everything) >= unique(Sync(account, name).rows(name))


@pytest.mark.parametrize("name", INCREMENTAL)
def test_if_no_parent_at_all_is_found_nothing_counts_as_read(name: str) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(30)
    account.refused[place.format("[^/]+")] = Refused(404, "no Route matched with those values")
    first = Sync(account, name, "escalations")
    assert first.rows(name) == []
    assert first.warned_of(name, "30 ", "could not be found (HTTP 404), and no other was read")
    account.refused = {}
    account.now += HOUR
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == names(30)
    assert second.ended(name) == "COMPLETE"
    assert not second.warnings(name)


@pytest.mark.parametrize("workers", [1, 10])
def test_a_kind_refused_to_a_key_that_could_read_it_before_keeps_its_state(workers: int) -> None:
    make, column, place = INCREMENTAL["alert_notes"]
    account = make(50)
    first = Sync(account, "alert_notes")
    account.now += HOUR
    for number in range(0, 50, 5):
        account.change(f"o{number}", account.now - MINUTE + number)
    account.refused[place.format("[^/]+")] = FOR_ALL[0]
    second = Sync(account, "alert_notes", "escalations", state=first.states, num_workers=workers)
    assert second.rows("alert_notes") == []
    account.refused = {}
    third = Sync(account, "alert_notes", state=second.states or first.states)
    assert third.ids("alert_notes", column) >= {f"o{number}" for number in range(0, 50, 5)}


def test_a_right_taken_away_in_the_middle_skips_the_rest_by_name() -> None:
    make, column, place = ALL["contacts"]
    account = make(20)

    def taken_away(call: Call) -> None:
        if call.path == place.format("o9"):
            account.refused[place.format("[^/]+")] = FOR_ALL[0]

    account.before = taken_away
    sync = Sync(account, "contacts", num_workers=1)
    assert sync.ids("contacts", column) == names(9)
    (warning,) = sync.warnings("contacts")
    assert "the rows of 11 " in warning


@pytest.mark.parametrize("name", ["contacts", "alert_notes", "schedule_timelines"])
def test_a_key_that_ends_in_the_middle_of_a_stream_ends_it_at_once(name: str) -> None:
    make, column, place = ALL[name]
    account = make(20)

    def end(call: Call) -> None:
        if call.path == place.format("o9"):
            account.refused[".*"] = Refused(401, "Could not authenticate")

    account.before = end
    sync = Sync(account, name, num_workers=1)
    assert sync.ids(name, column) <= names(9)
    assert sync.ended(name) == "INCOMPLETE"
    assert "does not know the key in 'api_token'" in sync.failed()[name]
    assert "objects could not be read" not in sync.failed()[name]
    assert "owed" not in sync.state_of(name)
    assert sum(account.asked(place.format(f"o{number}")) for number in range(9, 20)) <= 2  # one call is made ahead


@pytest.mark.parametrize("name", ["alert_notes", "schedule_timelines"])
def test_what_was_refused_is_named_before_a_state_that_passes_it(name: str) -> None:
    """A sync that ends after that state, for any reason, has then said what is missing."""
    make, column, place = ALL[name]
    account = make(20 if name == "schedule_timelines" else COUNT)
    account.refused[place.format("o1")] = Refused(403, "You cannot access this one")
    sync = Sync(account, name, num_workers=1)
    rows = [number for number, message in enumerate(sync.messages) if message.type == Type.RECORD]
    told = [number for number, message in enumerate(sync.messages) if message.log and ": o1." in message.log.message]
    passed = [number for number, _ in sync.checkpoints if number > rows[0]]
    assert passed
    assert told
    assert told[0] < passed[0]
    assert sync.ids(name, column).isdisjoint({"o1"})


@pytest.mark.parametrize("name", ["alert_notes", "schedule_timelines"])
def test_what_was_refused_before_a_key_ended_is_named(name: str) -> None:
    """The state has passed it, so no later sync asks for it again."""
    make, column, place = ALL[name]
    account = make(20)
    refused = {"o1", "o3", "o4", "o5", "o6", "o7"}
    for each in refused:
        account.refused[place.format(each)] = Refused(403, "You cannot access this one")

    def end(call: Call) -> None:
        if call.path == place.format("o9"):
            account.refused[".*"] = Refused(401, "Could not authenticate")

    account.before = end
    sync = Sync(account, name, num_workers=1)
    assert sync.ended(name) == "INCOMPLETE"
    assert sync.ids(name, column).isdisjoint(refused)
    said = " ".join(sync.warnings(name))
    assert {each for each in names(20) if f"{each}," in said or f"{each}." in said} == refused


def test_a_second_page_that_is_not_found_though_the_first_still_is_is_an_error() -> None:
    account = filled(ALERTS, 3)
    for number in range(150):
        account.leave("/v2/alerts/0001/notes", NOW - 20 * DAY + number)

    def lose(call: Call) -> None:
        account.refused = {call.path: 404} if call.path == "/v2/alerts/0001/notes" and "offset" in call.query else {}

    account.before = lose
    sync = Sync(account, "alert_notes")
    assert "the API refused the list after part of it had been read" in sync.failed()["alert_notes"]
    assert set(sync.state_of("alert_notes")["owed"]) == {"0001"}


def test_an_alert_deleted_between_the_pages_of_its_notes_is_no_error() -> None:
    account = filled(ALERTS, 3)
    for number in range(150):
        account.leave("/v2/alerts/0001/notes", NOW - 20 * DAY + number)

    def delete(call: Call) -> None:
        if call.path == "/v2/alerts/0001/notes" and "offset" in call.query:
            account.refused[call.path] = 404

    account.before = delete
    sync = Sync(account, "alert_notes")
    assert account.refused
    assert (sync.ended("alert_notes"), sync.warnings("alert_notes")) == ("COMPLETE", [])
    assert sync.ids("alert_notes", "alert_id") == {"0000", "0002"}
    assert "owed" not in sync.state_of("alert_notes")
