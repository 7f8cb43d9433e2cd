"""What a stream did without, and what its user reads of it."""

from __future__ import annotations

import gc
import json
import logging
import weakref
from collections.abc import Callable

import pytest

from source_opsgenie.http.errors import ApiError, RefusedError, config_error, system_error, transient_error
from source_opsgenie.streams.skips import Skips, StreamSkippedError

LOGGER = logging.getLogger("skips")
FORBIDDEN = RefusedError(403, "the key may not")
GONE = RefusedError(404, "it is gone")


@pytest.fixture(autouse=True)
def all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def skips() -> Skips:
    return Skips("notes", LOGGER)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return what was told since it was last asked for."""
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


def test_a_list_that_is_refused_skips_the_stream_and_says_so_once(
    skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    for levels in (["WARNING"], []):
        with pytest.raises(StreamSkippedError):
            skips.skip_stream(FORBIDDEN)
        assert skips.because == FORBIDDEN.why
        assert [level for level, _ in told(caplog)] == levels


def test_a_quiet_one_is_skipped_without_a_word(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    skips.quiet = True
    with pytest.raises(StreamSkippedError):
        skips.skip_stream(FORBIDDEN)
    assert told(caplog) == []


def test_a_list_refused_after_it_had_begun_is_an_error(skips: Skips) -> None:
    skips.answered = True
    with pytest.raises(ApiError, match=r"^notes: .*the key may not"):
        skips.skip_stream(FORBIDDEN)
    assert skips.because is None


def test_refused_parents_are_counted_and_named_once(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(25):
        skips.skip_parent(f"p{number}", FORBIDDEN)
    skips.skip_parent("other", RefusedError(410, "it is retired"))
    skips.report()
    (_, first), (_, second) = told(caplog)
    assert " 25 parents" in first
    assert "p0, p1, " in first
    assert "p18, p19 and 5 more" in first
    assert "HTTP 403" in first
    assert "other" in second
    skips.report()
    assert told(caplog) == []


def test_of_a_very_long_id_a_message_repeats_the_beginning_only(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    skips.skip_parent("x" * 10**6, FORBIDDEN)
    skips.skip_parent("two\nlines", FORBIDDEN)
    skips.report()
    ((_, line),) = told(caplog)
    assert line.endswith(f": {'x' * 100}..., two\\nlines.")


def test_many_have_failed_from_the_twentieth_on(skips: Skips) -> None:
    error = transient_error("no answer")
    for number in range(19):
        (skips.fail if number % 2 else skips.fail_detail)(f"p{number}", error)
    assert not skips.many_failed
    skips.fail("one more", error)
    assert skips.many_failed


def test_parents_refused_for_several_reasons_with_one_status_are_told_apart(
    skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    lacking, unsupported = "the key lacks the right", "Opsgenie does not support it"
    for number, cause in enumerate([lacking, unsupported, lacking]):
        refusal = RefusedError(403, f'Opsgenie says "{number}": {cause}', cause=cause)
        skips.skip_parent(f"p{number}", refusal)
        skips.skip_detail(f"p{number}", refusal)
    skips.report()
    lines = [line for _, line in told(caplog)]
    assert len(lines) == 4
    for line in lines:
        assert ("p0, p2" in line and lacking in line) or (line.endswith(": p1.") and unsupported in line)


def test_a_single_object_that_is_not_found_is_named(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    skips.answered = True
    skips.skip_detail("r", GONE)
    skips.report()
    ((level, line),) = told(caplog)
    assert level == "WARNING"
    assert line.startswith(
        "notes: only the list's fields were delivered for 1 row, because the API refused the call for the single object"
    )
    assert line.endswith("it is gone (HTTP 404): r.")


def test_what_is_refused_is_reported_before_the_state_moves_each_time_it_has_doubled(
    skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    lines = []
    for identity in "abcdefghij":
        skips.skip_parent(identity, FORBIDDEN)
        skips.report_new()
        lines += told(caplog)
    skips.report()
    lines += told(caplog)
    assert [line.rpartition(": ")[2] for _, line in lines] == ["a.", "b.", "c, d.", "e, f, g, h.", "i, j."]
    assert lines[-1][1].startswith("notes: the rows of 2 parents were skipped")


@pytest.mark.parametrize(("answered", "level"), [(True, "INFO"), (False, "WARNING")])
def test_a_parent_that_vanished_is_no_refusal_if_others_were_answered(
    answered: bool, level: str, skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    skips.answered = answered
    for number in range(3):
        skips.skip_parent(f"p{number}", GONE)
    skips.report()
    assert [(told_level, line.split(" (")[0]) for told_level, line in told(caplog)] == [
        (level, "notes: 3 parents could not be found")
    ]
    assert skips.allow_state is answered


@pytest.mark.parametrize(("answered", "words"), [(True, "probably because of deletions"), (False, "no other was read")])
def test_deletions_are_the_reason_only_if_something_was_found(
    answered: bool, words: str, skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    skips.answered = answered
    skips.skip_parent("p", GONE)
    skips.report()
    ((_, line),) = told(caplog)
    assert words in line


def test_rows_without_their_files_are_named_by_reason_and_by_whether_the_next_sync_asks_again(
    skips: Skips, caplog: pytest.LogCaptureFixture
) -> None:
    skips.skip_file("f1", "the storage does not answer", is_owed=True)
    skips.skip_file("f2", "the storage does not answer", is_owed=True)
    skips.skip_file("f3", "it is too large", is_owed=False)
    skips.report()
    (_, owed), (_, not_owed) = told(caplog)
    assert "files of 2 rows" in owed
    assert "because the storage does not answer: f1, f2. " in owed
    assert "the next sync asks for the files again" in owed
    assert "because it is too large: f3. " in not_owed
    assert "Only a refresh of the stream" in not_owed
    assert skips.allow_state


def test_a_state_waits_for_an_answer_once_something_was_refused(skips: Skips) -> None:
    allowed = [skips.allow_state]  # of no parents, all was read
    skips.skip_parent("p", FORBIDDEN)
    allowed.append(skips.allow_state)
    skips.report()
    allowed.append(skips.allow_state)  # what was told is owed all the same
    skips.answered = True
    allowed.append(skips.allow_state)
    assert allowed == [True, False, False, True]


def test_a_child_is_skipped_with_its_parent_in_its_own_name(caplog: pytest.LogCaptureFixture) -> None:
    parent, child = Skips("teams", LOGGER), Skips("team_roles", LOGGER)
    parent.quiet = True
    child.inherit(parent)
    assert told(caplog) == []
    with pytest.raises(StreamSkippedError):
        parent.skip_stream(FORBIDDEN)
    for _ in range(2):
        with pytest.raises(StreamSkippedError):
            child.inherit(parent)
    assert child.because == "the key may not"
    ((_, line),) = told(caplog)
    assert line.startswith("team_roles: ")
    assert "teams" in line


def test_a_stream_with_rows_of_its_own_is_not_skipped_with_its_parent(caplog: pytest.LogCaptureFixture) -> None:
    parent, child = Skips("teams", LOGGER), Skips("alert_policies", LOGGER)
    child.answered = True
    with pytest.raises(StreamSkippedError):
        parent.skip_stream(FORBIDDEN)
    told(caplog)
    with pytest.raises(StreamSkippedError):
        child.inherit(parent)
    assert child.because is None
    ((_, line),) = told(caplog)
    assert line.startswith("alert_policies: teams was skipped, because ")


def test_what_the_parent_could_not_read_is_missing_in_the_child_too(skips: Skips) -> None:
    child = Skips("steps", LOGGER)
    skips.fail("u1", system_error("it broke."))
    child.inherit(skips)
    with pytest.raises(ApiError, match=r"^steps: 1 object could not be read.* u1\b"):
        child.raise_failures()


def test_failures_end_the_stream_with_their_names_and_the_first_cause(skips: Skips) -> None:
    skips.raise_failures()
    skips.fail("p1", transient_error("it broke."))
    skips.fail_detail("p2", transient_error("it broke, too."))
    with pytest.raises(ApiError) as raised:
        skips.raise_failures()
    message = str(raised.value.message)
    assert all(part in message for part in ("notes: 2 objects", "p1", "p2"))
    assert raised.value.failure_type.value == "transient_error"
    skips.fail("p3", config_error("it may not be read."))
    with pytest.raises(ApiError) as raised:
        skips.raise_failures()
    assert raised.value.failure_type.value == "system_error"  # neither of the two


def test_parents_are_called_what_they_are(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    skips.noun = "notification rules"
    skips.skip_parent("r1", FORBIDDEN)
    skips.skip_parent("r2", GONE)
    skips.report()
    skips.skip_parent("r3", FORBIDDEN)
    skips.skip_parent("r4", FORBIDDEN)
    skips.report()
    lines = [line for _, line in told(caplog)]
    assert [line.split(",")[0].split(" (")[0] for line in lines] == [
        "notes: 1 notification rule could not be found",
        "notes: the rows of 1 notification rule were skipped",
        "notes: the rows of 2 notification rules were skipped",
    ]


def test_the_account_itself_has_a_sentence_of_its_own(skips: Skips, caplog: pytest.LogCaptureFixture) -> None:
    skips.skip_account(FORBIDDEN)
    assert not skips.allow_state
    skips.report()
    skips.report()
    assert [line for _, line in told(caplog)] == [
        "notes: the rows of the account itself were skipped, because the key may not (HTTP 403)."
    ]


def test_of_a_skipped_stream_the_account_needs_no_sentence(caplog: pytest.LogCaptureFixture) -> None:
    parent, child = Skips("teams", LOGGER), Skips("alert_policies", LOGGER)
    child.skip_account(FORBIDDEN)
    with pytest.raises(StreamSkippedError):
        parent.skip_stream(FORBIDDEN)
    with pytest.raises(StreamSkippedError):
        child.inherit(parent)
    child.report()
    assert [line.split(",")[0] for _, line in told(caplog)] == [
        "teams: the stream is skipped",
        "alert_policies: the stream is skipped",
    ]


class Answer:
    """Stands for the body of an answer."""


@pytest.mark.parametrize("fail", [Skips.fail, Skips.fail_detail])
def test_an_error_that_is_kept_does_not_keep_the_answer(fail: Callable[..., None], skips: Skips) -> None:
    answers = []

    def call() -> None:
        answer = Answer()
        answers.append(weakref.ref(answer))
        try:
            json.loads("")
        except ValueError as error:
            raise system_error("the answer cannot be used") from error

    for number in range(3):
        with pytest.raises(ApiError) as raised:
            call()
        fail(skips, str(number), raised.value)
        del raised
    gc.collect()
    assert [answer() for answer in answers] == [None] * 3
    with pytest.raises(ApiError, match=r"3 objects could not be read.*0, 1, 2"):
        skips.raise_failures()


def test_what_was_refused_to_the_parent_is_missing_below_it_too(caplog: pytest.LogCaptureFixture) -> None:
    parent, child = Skips("rules", LOGGER), Skips("steps", LOGGER)
    parent.noun, child.noun = "users", "rules"
    parent.skip_parent("u1", FORBIDDEN)
    parent.skip_detail("r1", FORBIDDEN)  # its row came
    child.inherit(parent)
    child.report()
    parent.report()
    words = "the rows of 1 user were skipped, because the key may not (HTTP 403): u1."
    lines = [line for _, line in told(caplog)]
    assert [line for line in lines if "rows of" in line] == [f"steps: {words}", f"rules: {words}"]
    assert len(lines) == 3
    child.inherit(parent)
    child.report()
    assert [line for _, line in told(caplog)] == [f"steps: {words}"]


def test_what_was_refused_to_the_parent_is_kept_apart_from_the_own_rows_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parent, child = Skips("rules", LOGGER), Skips("steps", LOGGER)
    parent.noun, child.noun = "users", "rules"
    parent.skip_parent("u1", FORBIDDEN)
    child.skip_parent("r1", FORBIDDEN)
    child.skip_parent("r2", FORBIDDEN)
    child.inherit(parent)
    child.skip_parent("r3", FORBIDDEN)
    child.report()
    parent.report()
    why = "because the key may not (HTTP 403)"
    assert [line for _, line in told(caplog)] == [
        f"steps: the rows of 3 rules were skipped, {why}: r1, r2, r3.",
        f"steps: the rows of 1 user were skipped, {why}: u1.",
        f"rules: the rows of 1 user were skipped, {why}: u1.",
    ]


@pytest.mark.parametrize("is_reported", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_what_the_parent_did_not_find_is_missing_below_it_too(
    is_reported: bool, answered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    parent, child = Skips("rules", LOGGER), Skips("steps", LOGGER)
    parent.noun, child.noun = "users", "rules"
    parent.answered = child.answered = answered
    parent.skip_parent("a", GONE)
    parent.skip_parent("b", GONE)
    if is_reported:  # only if both streams are read
        parent.report()
    caplog.clear()
    child.inherit(parent)
    child.report()
    child.inherit(parent)
    child.report()
    ((level, message),) = told(caplog)
    assert level == ("INFO" if answered else "WARNING")
    assert message.startswith("steps: 2 users could not be found (HTTP 404), ")


def test_below_a_parent_that_was_answered_but_has_no_rows_a_deletion_is_no_doubt(
    caplog: pytest.LogCaptureFixture,
) -> None:
    parent, child = Skips("rules", LOGGER), Skips("steps", LOGGER)
    parent.noun, child.noun = "users", "rules"
    parent.answered = True
    parent.skip_parent("a", GONE)
    child.inherit(parent)
    child.report()
    ((level, message),) = told(caplog)
    assert (level, message) == (
        "INFO",
        "steps: 1 user could not be found (HTTP 404), probably because of deletions during the sync.",
    )
