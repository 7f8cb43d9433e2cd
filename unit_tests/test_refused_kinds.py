"""A key that may not read an object kind at all: told once, after few calls, and without loss.

Against a simulated account.
"""

from __future__ import annotations

import re

import pytest
from airbyte_cdk.models import SyncMode, Type

from source_opsgenie.http.retry import LEAST_ATTEMPTS
from unit_tests.simulated import DAY, HOUR, MINUTE, NOW, Account, Call, Refused, Sync, millis, unique
from unit_tests.test_cursors import ALERTS, filled
from unit_tests.test_one_object import ALL, INCREMENTAL, change, names

# Answers that say that they hold for every object of the kind.
FOR_ALL = (
    Refused(403, "API Key is not granted with configuration access"),
    Refused(402, "Your plan does not include it"),
    Refused(410, "This is retired"),
)
COUNT = 120  # parents: more than a page of their list has, and more than come between two states
SEVERAL_STATES = 300  # so many parents that the stream emits a state before its last one
TEAMS = 30  # more than a warning names
SAMPLE = 2
PARENTS_OF_HISTORY = ("alert_notes", "incident_logs")
KINDS = (*PARENTS_OF_HISTORY, "contacts", "notification_rules", "alert_policies", "team_logs")


def asked_below(account: Account, name: str, place: str) -> int:
    """Count the calls for what is below the parents."""
    pattern = "/v2/policies/alert" if name == "alert_policies" else place.format("[^/]+")
    return account.asked(pattern)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "answer"),
    [(name, FOR_ALL[0]) for name in KINDS]
    + [(name, answer) for name in ("alert_notes", "contacts") for answer in FOR_ALL[1:]],
)
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


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404, 405])
@pytest.mark.parametrize(
    "refused",
    [names(TEAMS), names(TEAMS, TEAMS // 2), names(TEAMS, TEAMS - 1), {"o0", f"o{TEAMS // 2}", f"o{TEAMS - 1}"}],
    ids=["all", "not the middle", "not the last", "the sample"],
)
def test_a_refusal_of_a_list_that_no_source_documents_decides_for_one_team_only(refused: set[str], status: int) -> None:
    account = ALL["alert_policies"][0](TEAMS)
    place = "/v1/actions/channels"
    for team in names(TEAMS):
        account.below[f"{place}?teamId={team}"] = [{"id": f"of {team}"}]
    account.refused = {rf"{place}\?teamId={team}": Refused(status, "No.") for team in refused}
    sync = Sync(account, "action_channels", "escalations", num_workers=1)
    assert sync.ids("action_channels", "teamId") == names(TEAMS) - refused
    assert sync.ended("action_channels") == "COMPLETE"
    once_more = status != 404 and f"o{TEAMS - 1}" in refused and len(refused) < TEAMS
    assert account.asked(place) == TEAMS + once_more  # the last one that was answered: was a right lost?
    if status == 404 and len(refused) <= 20:
        assert sync.warnings("action_channels") == []  # deleted meanwhile
    else:
        (warning,) = sync.warnings("action_channels")
        assert (f" {len(refused)} teams " if len(refused) < TEAMS else "the stream is skipped, because ") in warning


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


@pytest.mark.slow
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


def test_policies_that_are_refused_to_an_account_without_a_team_are_named() -> None:
    account = Account()
    account.refused["/v2/policies/alert"] = FOR_ALL[0]
    sync = Sync(account, "alert_policies", "escalations")
    (warning,) = sync.warnings("alert_policies")
    assert warning.startswith("alert_policies: the rows of the account itself were skipped")
    assert not sync.failed()


def test_a_list_of_alerts_that_has_become_empty_gives_no_sample_and_decides_for_no_stream() -> None:
    account = filled(ALERTS, 3)
    account.refused[f"{ALERTS}/[^/]+/notes"] = FOR_ALL[1]
    account.before = lambda call: account.alerts.clear() if call.path.endswith("/notes") else None
    sync = Sync(account, "alert_notes", "escalations")
    (warning,) = sync.warnings("alert_notes")
    assert warning.startswith("alert_notes: the rows of 3 alerts were skipped")


def test_a_list_of_alerts_that_is_refused_is_named_once_by_each_stream_of_the_sync() -> None:
    account = filled(ALERTS, 3)
    account.refused[f"{ALERTS}$"] = FOR_ALL[0]
    both = ("alerts", "alert_notes")
    assert [len(Sync(account, *both).warnings(name)) for name in both] == [1, 1]
    assert [len(Sync(account, "alert_notes").warnings(name)) for name in both] == [0, 1]


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


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 10])
def test_a_kind_of_which_one_object_was_answered_is_asked_for_to_its_end(workers: int) -> None:
    make, column, place = ALL["contacts"]
    account = make(COUNT)
    for each in names(COUNT) - {"o0"}:
        account.refused[place.format(each)] = FOR_ALL[0]
    sync = Sync(account, "contacts", num_workers=workers)
    assert sync.ids("contacts", column) == {"o0"}
    assert sync.ended("contacts") == "COMPLETE"
    assert {account.asked(place.format(each)) for each in names(COUNT) - {"o0"}} == {1}
    assert account.asked(place.format("o0")) == COUNT  # once more after each refusal: the right was not lost


@pytest.mark.slow
@pytest.mark.parametrize("name", [*INCREMENTAL, "contacts"])
def test_a_refusal_that_speaks_of_one_object_decides_for_that_one_only(name: str) -> None:
    make, column, place = ALL[name]
    count = 30
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


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_if_no_parent_at_all_is_found_nothing_counts_as_read(name: str) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(30)
    account.refused[place.format("[^/]+")] = Refused(404, "no Route matched with those values")
    first = Sync(account, name, "escalations")
    assert first.rows(name) == []
    assert first.warned_of(name, "30 ", "could not be found (HTTP 404), and no other was read")
    assert first.ended(name) == "COMPLETE"
    account.refused = {}
    account.now += HOUR
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == names(30)
    assert second.ended(name) == "COMPLETE"
    assert not second.warnings(name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "found", "workers"),
    [
        *((name, *each) for name in INCREMENTAL for each in ((range(3), 1), (range(27, 30), 10))),
        *(("alert_notes", *each) for each in ((range(3), 10), (range(27, 30), 1))),
    ],
)
def test_rows_that_are_not_found_though_their_parents_were_not_deleted_are_owed(
    name: str, found: range, workers: int
) -> None:
    make, column, place = INCREMENTAL[name]
    account = make(30)
    for number in set(range(30)) - set(found):
        account.refused[place.format(f"o{number}")] = Refused(404, "no Route matched with those values")
    first = Sync(account, name, num_workers=workers)
    assert first.ids(name, column) == {f"o{number}" for number in found}
    assert first.ended(name) == "INCOMPLETE"
    assert "27 objects could not be read" in first.failed()[name]
    assert "HTTP 404" in first.failed()[name]
    account.refused = {}
    account.now += HOUR
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) | first.ids(name, column) == names(30)
    assert second.ended(name) == "COMPLETE"
    assert "owed" not in second.state_of(name)


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize(("status", "calls"), [(403, 1), (422, 1), (500, LEAST_ATTEMPTS)])
def test_rows_that_are_not_found_are_owed_if_it_cannot_be_known_whether_their_parent_exists(
    status: int, calls: int
) -> None:
    account = filled(ALERTS, 3)
    account.refused = {f"{ALERTS}/0001/notes": 404, f"{ALERTS}/0001": status}
    sync = Sync(account, "alert_notes")
    assert sync.ids("alert_notes", "alert_id") == {"0000", "0002"}
    assert set(sync.state_of("alert_notes")["owed"]) == {"0001"}
    assert account.asked(f"{ALERTS}/0001") == calls


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize("foreign", ["[1, 2]", '{"data": {}}', '{"data": {"id": "0002"}}', "<html></html>", ""])
@pytest.mark.parametrize("lasts", [True, False])
def test_an_answer_that_is_no_object_does_not_show_whether_a_parent_exists(foreign: str, lasts: bool) -> None:
    account, own = filled(ALERTS, 3), f"{ALERTS}/0001"
    account.refused = {f"{own}/notes": 404, own: Refused(200, foreign, by_gateway=True)}

    def end(call: Call) -> None:
        if call.path == own and account.asked(own) == LEAST_ATTEMPTS - 1 and not lasts:
            account.refused[own] = 404

    account.before = end
    sync = Sync(account, "alert_notes")
    assert sync.ids("alert_notes", "alert_id") == {"0000", "0002"}
    assert sync.ended("alert_notes") == ("INCOMPLETE" if lasts else "COMPLETE")
    assert ("owed" in sync.state_of("alert_notes")) is lasts
    assert account.asked(own) == LEAST_ATTEMPTS - (not lasts)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "warns"), [(20, False), (21, True)])
def test_alerts_that_are_not_found_themselves_were_deleted_but_seldom_so_many(count: int, warns: bool) -> None:
    account = filled(ALERTS, 30)

    def delete(call: Call) -> None:
        if call.path.endswith("/notes"):
            for number in range(count):
                account.alerts.pop(f"{number:04}", None)
                account.refused[f"{ALERTS}/{number:04}/notes"] = 404

    account.before = delete
    sync = Sync(account, "alert_notes")
    assert len(sync.rows("alert_notes")) == 30 - count
    assert sync.ended("alert_notes") == "COMPLETE"
    assert "owed" not in sync.state_of("alert_notes")
    assert sync.warned_of("alert_notes", f"{count} alerts could not be found", "deletions") is warns
    assert len(sync.warnings("alert_notes")) == warns


@pytest.mark.slow
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


# A right that is lost, or a plan that ends, while a stream is read.


def lose(account: Account, name: str, answer: Refused, read: int) -> list[str]:
    """Answer for the first objects only, and refuse all others, and any call that is made again.

    So the right is lost after the same object, whatever the order in which the calls of several workers come. The
    returned list will have the calls that were refused.
    """
    place = re.compile(ALL[name][2].format("o([0-9]+)"))
    answered: set[tuple[str, str]] = set()
    refused: list[str] = []

    def taken_away(call: Call) -> None:
        account.refused.pop(place.pattern, None)
        found = place.fullmatch(call.place)
        if found is None:
            return
        key = call.place, str(call.query)
        if int(found[1]) >= read or key in answered:
            account.refused[place.pattern] = answer
            refused.append(call.place)
        answered.add(key)

    account.before = taken_away
    return refused


def give_back(account: Account) -> None:
    account.before = lambda _: None
    account.refused = {}
    account.now += HOUR


def assert_lost(sync: Sync, name: str, answer: Refused) -> None:
    """Check that an error says what happened, and that no warning speaks of something skipped."""
    assert sync.ended(name) == "INCOMPLETE"
    assert "the API refused the list after part of it had been read" in sync.failed()[name]
    assert str(answer) in sync.failed()[name]
    assert sync.warnings(name) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "answer", "workers", "mode"),
    [
        *((name, FOR_ALL[0], 1, SyncMode.incremental) for name in INCREMENTAL),
        *((name, FOR_ALL[1], 10, SyncMode.incremental) for name in INCREMENTAL),
        *((name, FOR_ALL[2], 1, SyncMode.full_refresh) for name in ALL),
        *((name, FOR_ALL[0], 10, SyncMode.full_refresh) for name in ALL),
    ],
)
def test_a_right_lost_in_the_middle_of_a_stream_loses_no_rows(
    name: str, answer: Refused, workers: int, mode: SyncMode
) -> None:
    make, column, place = ALL[name]
    account = make(20)
    refused = lose(account, name, answer, 9)
    first = Sync(account, name, num_workers=workers, mode=mode)
    assert len(first.ids(name, column) - {"None"}) <= 9
    assert_lost(first, name, answer)
    assert 1 < len(refused) <= workers + 1  # one of them asks again for an object that was answered
    account.before = lambda _: None
    account.refused = {place.format("[^/]+"): answer}
    # Without the right, the next sync skips the stream. Nothing counts as read.
    second = Sync(account, name, "escalations", state=first.states)
    assert second.rows(name) == []
    assert second.ended(name) == "COMPLETE"
    assert second.warned_of(name, str(answer))
    give_back(account)
    third = Sync(account, name, state=second.states or first.states)
    assert third.ended(name) == "COMPLETE"
    everything = [*first.rows(name), *third.rows(name)]
    assert unique(everything) == unique(Sync(account, name).rows(name))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 10])
@pytest.mark.parametrize("name", ALL)
def test_a_right_lost_in_the_words_for_one_object_loses_no_rows(name: str, workers: int) -> None:
    make, column, _ = ALL[name]
    account = make(20)
    answer = Refused(403, "You cannot access this one", 40301)
    lose(account, name, answer, 9)
    first = Sync(account, name, num_workers=workers)
    assert len(first.ids(name, column) - {"None"}) <= 9
    assert first.ended(name) == "INCOMPLETE"
    assert "the API refused the list after part of it had been read" in first.failed()[name]
    give_back(account)
    second = Sync(account, name, state=first.states)
    assert unique([*first.rows(name), *second.rows(name)]) == unique(Sync(account, name).rows(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_last_object_alone_is_refused_at_the_cost_of_one_call(name: str) -> None:
    make, column, place = ALL[name]
    account = make(20)
    Sync(account, name)
    calls = asked_below(account, name, place)
    account.refused[place.format("o19")] = Refused(403, "You cannot access this one", 40301)
    account.calls.clear()
    sync = Sync(account, name)
    assert sync.ids(name, column) == names(19)
    assert (sync.ended(name), len(sync.warnings(name))) == ("COMPLETE", 1)
    assert asked_below(account, name, place) <= calls + 1


@pytest.mark.parametrize("name", ["alert_notes", "contacts"])
def test_the_last_one_that_was_answered_may_have_been_deleted_since(name: str) -> None:
    make, column, place = ALL[name]
    account = make(5)
    account.refused[place.format("o4")] = Refused(403, "You cannot access this one", 40301)

    def delete(call: Call) -> None:
        if re.match(place.format("o4"), call.path):
            account.refused[place.format("o3")] = 404

    account.before = delete
    sync = Sync(account, name, num_workers=1)
    assert sync.ids(name, column) == names(4)
    assert sync.ended(name) == "COMPLETE"


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_right_lost_while_changes_are_read_loses_no_change(name: str) -> None:
    make, column, _ = ALL[name]
    account = make(20)
    first = Sync(account, name)
    account.now += HOUR
    for number in range(20):
        change(account, f"o{number}", account.now - 30 * MINUTE + number)
    lose(account, name, FOR_ALL[0], 5)
    second = Sync(account, name, state=first.states)
    assert_lost(second, name, FOR_ALL[0])
    give_back(account)
    third = Sync(account, name, state=second.states or first.states)
    assert third.ids(name, column) == names(20)
    everything = [*first.rows(name), *second.rows(name), *third.rows(name)]
    assert unique(everything) >= unique(Sync(account, name).rows(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", INCREMENTAL)
def test_a_right_lost_while_owed_objects_are_read_leaves_them_owed(name: str) -> None:
    make, column, place = ALL[name]
    account = make(20)
    owed = {f"o{number}" for number in range(3, 9)}
    account.refused = {place.format(each): 422 for each in owed}
    first = Sync(account, name)
    assert set(first.state_of(name)["owed"]) == owed
    give_back(account)
    lose(account, name, FOR_ALL[0], 5)
    second = Sync(account, name, state=first.states)
    assert_lost(second, name, FOR_ALL[0])
    give_back(account)
    third = Sync(account, name, state=second.states or first.states)
    assert third.ids(name, column) >= owed
    assert "owed" not in third.state_of(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", PARENTS_OF_HISTORY)
def test_a_right_lost_after_a_state_leaves_only_what_follows(name: str) -> None:
    make, column, _ = ALL[name]
    account = make(SEVERAL_STATES)
    lose(account, name, FOR_ALL[1], SEVERAL_STATES // 2)
    first = Sync(account, name)
    assert_lost(first, name, FOR_ALL[1])
    assert len(first.ids(name, column)) == SEVERAL_STATES // 2
    give_back(account)
    second = Sync(account, name, state=first.states)
    assert first.ids(name, column) | second.ids(name, column) == names(SEVERAL_STATES)
    assert len(second.ids(name, column)) < SEVERAL_STATES


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_an_object_that_is_refused_as_if_the_right_were_lost_is_skipped_alone(name: str) -> None:
    make, column, place = ALL[name]
    account = make(20)
    account.refused[place.format("o9")] = FOR_ALL[0]
    sync = Sync(account, name)
    assert sync.ended(name) == "COMPLETE"
    assert sync.ids(name, column) - {"None"} == names(20, 9)
    (warning,) = sync.warnings(name)
    assert "the rows of 1 " in warning


def test_a_parent_that_fails_when_it_is_asked_once_more_proves_nothing() -> None:
    make, column, place = ALL["alert_notes"]
    account = make(20)

    def fail(call: Call) -> None:
        if call.path == place.format("o9"):
            account.refused = {place.format("o9"): FOR_ALL[0], place.format("o8"): 422}

    account.before = fail
    first = Sync(account, "alert_notes")
    assert first.ended("alert_notes") == "INCOMPLETE"
    assert "HTTP 422" in first.failed()["alert_notes"]
    give_back(account)
    second = Sync(account, "alert_notes", state=first.states)
    assert first.ids("alert_notes", column) | second.ids("alert_notes", column) == names(20)


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


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize("others", [401, 500])
def test_a_key_that_ends_while_single_objects_are_read_ends_the_stream_at_once(others: int) -> None:
    """Also if no other call is answered, so that nothing shows whether the API accepts the key."""
    account = Account()
    account.below["/v2/alerts/saved-searches"] = [{"id": f"q{number}", "name": "n"} for number in range(20)]

    def end(call: Call) -> None:
        if call.path.endswith("/q0"):
            account.refused = {call.path: Refused(401, "Could not authenticate"), ".*": Refused(others)}

    account.before = end
    sync = Sync(account, "saved_searches", num_workers=1)
    assert "does not know the key in 'api_token'" in sync.failed()["saved_searches"]
    assert "objects could not be read" not in sync.failed()["saved_searches"]
    assert account.asked("/v2/alerts/saved-searches/q([2-9]|1[0-9])") == 0  # one call is made ahead


@pytest.mark.slow
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


NOTES = "/v2/alerts/0001/notes"


def with_two_pages_of_notes() -> Account:
    """Return an account of three alerts; the second one has two pages of notes."""
    account = filled(ALERTS, 3)
    for number in range(150):
        account.leave(NOTES, NOW - 20 * DAY + number)
    return account


def is_second_page(call: Call) -> bool:
    """Return whether a call asks for the second page of those notes."""
    return call.path == NOTES and "offset" in call.query


def test_a_second_page_that_is_not_found_though_the_first_still_is_is_an_error() -> None:
    account = with_two_pages_of_notes()

    def lose(call: Call) -> None:
        account.refused = {call.path: 404} if is_second_page(call) else {}

    account.before = lose
    sync = Sync(account, "alert_notes")
    assert "the API refused the list after part of it had been read" in sync.failed()["alert_notes"]
    assert set(sync.state_of("alert_notes")["owed"]) == {"0001"}


def test_notes_for_which_the_right_is_lost_between_two_pages_are_owed() -> None:
    account = with_two_pages_of_notes()

    def lose(call: Call) -> None:
        if is_second_page(call):
            account.refused[call.path] = 403  # and so is the first page now

    account.before = lose
    first = Sync(account, "alert_notes")
    assert "the API refused the list after part of it had been read" in first.failed()["alert_notes"]
    account.before, account.refused = lambda _: None, {}
    second = Sync(account, "alert_notes", state=first.states)
    read = [row for row in second.rows("alert_notes") if row["alert_id"] == "0001"]
    assert len(read) == len(account.below[NOTES])


def test_an_alert_deleted_between_the_pages_of_its_notes_is_no_error() -> None:
    account = with_two_pages_of_notes()

    def delete(call: Call) -> None:
        if is_second_page(call):
            account.refused[call.path] = 404
            account.alerts.pop("0001", None)

    account.before = delete
    sync = Sync(account, "alert_notes")
    assert account.refused
    assert (sync.ended("alert_notes"), sync.warnings("alert_notes")) == ("COMPLETE", [])
    assert sync.ids("alert_notes", "alert_id") == {"0000", "0002"}
    assert "owed" not in sync.state_of("alert_notes")
