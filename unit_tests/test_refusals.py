"""When a refusal leaves out a parent, when the whole stream, when it is an error, and what its user is told."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from source_opsgenie.api.errors import OpsgenieError
from source_opsgenie.streams.refusals import ENOUGH_REFUSALS, NOT_FOUND, Refusals, RefusedError, StreamRefusedError

LOGGER = logging.getLogger("refusals")

FORBIDDEN = RefusedError(403, "the key may not")
NO_PLAN = RefusedError(402, "the plan lacks it")
RETIRED = RefusedError(410, "it is retired")
GONE = RefusedError(NOT_FOUND, "it is gone")


@pytest.fixture(autouse=True)
def all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def refusals() -> Refusals:
    return Refusals("notes", LOGGER)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Give what was told since it was last asked for."""
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


def test_a_list_that_is_refused_leaves_out_the_stream_and_says_so_once(
    refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with pytest.raises(StreamRefusedError):
            refusals.leave_out_stream(FORBIDDEN)
    assert refusals.left_out_because == "the key may not"
    assert told(caplog) == [("WARNING", "notes: the stream is left out, because the key may not.")]


def test_a_list_that_nobody_may_find_is_refused_too(refusals: Refusals) -> None:
    with pytest.raises(StreamRefusedError):
        refusals.leave_out_stream(GONE)
    assert refusals.left_out_because == "it is gone"


def test_a_quiet_one_is_left_out_without_a_word(refusals: Refusals, caplog: pytest.LogCaptureFixture) -> None:
    refusals.quiet = True
    with pytest.raises(StreamRefusedError):
        refusals.leave_out_stream(FORBIDDEN)
    assert refusals.left_out_because == "the key may not"
    assert told(caplog) == []


def test_a_list_refused_after_it_had_begun_is_an_error(refusals: Refusals) -> None:
    refusals.answered = True
    with pytest.raises(OpsgenieError, match=r"^notes: Opsgenie refused to go on in the middle .* the key may not\.$"):
        refusals.leave_out_stream(FORBIDDEN)
    assert refusals.left_out_because is None


def test_parents_that_are_refused_are_counted_by_status(refusals: Refusals, caplog: pytest.LogCaptureFixture) -> None:
    for refused in (FORBIDDEN, RefusedError(405, "nobody may"), FORBIDDEN):
        refusals.leave_out_parent(refused, begun=False)
    assert told(caplog) == []
    refusals.report()
    assert told(caplog) == [
        ("WARNING", "notes: the rows below 2 parents are left out, because the key may not (HTTP 403)."),
        ("WARNING", "notes: the rows below 1 parents are left out, because nobody may (HTTP 405)."),
    ]


def test_each_parent_is_reported_once(refusals: Refusals, caplog: pytest.LogCaptureFixture) -> None:
    for refused in (FORBIDDEN, FORBIDDEN, GONE):
        refusals.leave_out_parent(refused, begun=False)
    refusals.report()
    assert len(told(caplog)) == 2
    refusals.report()
    assert told(caplog) == []
    refusals.leave_out_parent(FORBIDDEN, begun=False)
    refusals.report()
    assert [line for _, line in told(caplog)] == [
        "notes: the rows below 1 parents are left out, because the key may not (HTTP 403)."
    ]


@pytest.mark.parametrize(("answered", "level"), [(True, "INFO"), (False, "WARNING")])
@pytest.mark.parametrize("begun", [True, False])
def test_a_parent_that_vanished_is_no_refusal(
    begun: bool, answered: bool, level: str, refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    refusals.answered = answered
    refusals.leave_out_parent(GONE, begun=begun)
    refusals.report()
    assert told(caplog) == [(level, "notes: Opsgenie had nothing (any more) for 1 parents (HTTP 404).")]
    assert refusals.allow_state


def test_a_parent_refused_after_its_list_had_begun_is_an_error(
    refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OpsgenieError, match="in the middle of the list, because the key may not"):
        refusals.leave_out_parent(FORBIDDEN, begun=True)
    refusals.report()
    assert told(caplog) == []


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("refused", [NO_PLAN, RETIRED])
def test_a_plan_or_a_retired_feature_leaves_out_the_stream_at_any_parent(
    refused: RefusedError, answered: bool, refusals: Refusals, caplog: pytest.LogCaptureFixture
) -> None:
    refusals.answered = answered
    refusals.leave_out_parent(FORBIDDEN, begun=False)
    with pytest.raises(StreamRefusedError):
        refusals.leave_out_parent(refused, begun=False)
    assert refusals.left_out_because == refused.why
    refusals.report()  # of parents there is nothing more to say
    assert told(caplog) == [("WARNING", f"notes: the stream is left out, because {refused.why}.")]


def test_a_stream_may_say_which_answers_hold_for_all_of_it() -> None:
    refusals = Refusals("channels", LOGGER, whole_statuses=frozenset({NOT_FOUND}))
    refusals.leave_out_parent(NO_PLAN, begun=False)
    with pytest.raises(StreamRefusedError):
        refusals.leave_out_parent(GONE, begun=False)
    with pytest.raises(OpsgenieError, match="in the middle"):
        refusals.leave_out_parent(GONE, begun=True)


def test_a_stream_with_many_parents_gives_up_where_none_was_ever_answered(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals("notes", LOGGER, gives_up=True)
    for refused in (FORBIDDEN, GONE) * (ENOUGH_REFUSALS - 1):
        refusals.leave_out_parent(refused, begun=False)
    refusals.report()  # what was reported counts on
    caplog.clear()
    with pytest.raises(StreamRefusedError):
        refusals.leave_out_parent(FORBIDDEN, begun=False)
    assert told(caplog) == [("WARNING", "notes: the stream is left out, because the key may not.")]


@pytest.mark.parametrize(("gives_up", "answered"), [(True, True), (False, False)])
def test_it_does_not_give_up_otherwise(gives_up: bool, answered: bool) -> None:
    refusals = Refusals("notes", LOGGER, gives_up=gives_up)
    refusals.answered = answered
    for _ in range(ENOUGH_REFUSALS + 1):
        refusals.leave_out_parent(FORBIDDEN, begun=False)
    assert refusals.left_out_because is None


def test_all_threads_that_are_refused_stop_and_one_speaks(caplog: pytest.LogCaptureFixture) -> None:
    refusals = Refusals("notes", LOGGER, gives_up=True)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(refusals.leave_out_parent, FORBIDDEN, begun=False) for _ in range(50)]
    stopped = [call for call in calls if isinstance(call.exception(), StreamRefusedError)]
    assert len(stopped) == 50 - ENOUGH_REFUSALS + 1
    assert len(told(caplog)) == 1


def test_a_state_waits_for_an_answer_once_something_was_refused(refusals: Refusals) -> None:
    allowed = [refusals.allow_state]  # of no parents, all was read
    refusals.leave_out_parent(FORBIDDEN, begun=False)
    allowed.append(refusals.allow_state)
    refusals.report()
    allowed.append(refusals.allow_state)  # what was told is owed all the same
    refusals.answered = True
    allowed.append(refusals.allow_state)
    assert allowed == [True, False, False, True]


def test_a_child_is_left_out_with_its_parents_in_its_own_name(caplog: pytest.LogCaptureFixture) -> None:
    above, below = Refusals("teams", LOGGER), Refusals("team_roles", LOGGER)
    above.quiet = True
    below.inherit(above)
    assert told(caplog) == []
    with pytest.raises(StreamRefusedError):
        above.leave_out_stream(FORBIDDEN)
    for _ in range(2):
        below.inherit(above)
    assert below.left_out_because == "the key may not"
    assert told(caplog) == [
        ("WARNING", "team_roles: the stream is left out, because it hangs below teams, and there the key may not.")
    ]


def test_a_child_that_is_refused_itself_keeps_its_own_reason(caplog: pytest.LogCaptureFixture) -> None:
    above, below = Refusals("teams", LOGGER), Refusals("team_roles", LOGGER)
    for refusals, refused in ((above, FORBIDDEN), (below, NO_PLAN)):
        with pytest.raises(StreamRefusedError):
            refusals.leave_out_stream(refused)
    caplog.clear()
    below.inherit(above)
    assert below.left_out_because == "the plan lacks it"
    assert told(caplog) == []
