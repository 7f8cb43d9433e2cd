"""What a stream owes to the next sync."""

from __future__ import annotations

import threading

import pytest

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError, system_error, transient_error
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.streams.checkpointed import MOST_OWED, Checkpointed, owed_since, owed_texts

FIRST, LATER = "2026-10-01T10:00:00Z", "2026-10-02T10:00:00Z"
ERROR = transient_error("it could not be read.")
LASTING = system_error("it is refused.")


@pytest.fixture
def stream() -> Checkpointed:
    context = context_of(Config.parse({"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"}), threading.Event())
    (found,) = (each for each in create_streams(context) if each.name == "alert_notes")
    assert isinstance(found, Checkpointed)
    return found


def test_what_failed_is_owed_from_its_first_failure_until_it_is_read(stream: Checkpointed) -> None:
    assert stream.owed == {}
    stream.note_owed("a", FIRST, ERROR)
    stream.note_owed("a", LATER, ERROR)
    assert stream.owed == {"a": FIRST}
    stream.note_owed("a", LATER, None)
    assert stream.owed == {}


def test_a_state_that_was_reached_keeps_what_was_owed_then(stream: Checkpointed) -> None:
    stream.note_owed("a", FIRST, ERROR)
    stream.keep({"updatedAt": LATER})
    stream.note_owed("a", FIRST, None)
    assert stream.state["owed"] == {"a": FIRST}


@pytest.mark.parametrize("error", [ERROR, LASTING], ids=["may pass", "lasts"])
def test_only_more_than_a_state_keeps_stops_the_stream_which_names_some(error: ApiError, stream: Checkpointed) -> None:
    stream.owed = {f"o{number}": FIRST for number in range(MOST_OWED - 1)}
    for number in range(MOST_OWED):
        stream.note_owed(f"o{number}", FIRST, error)
    assert len(stream.owed) == MOST_OWED
    with pytest.raises(ApiError, match=f"alert_notes: more than {MOST_OWED} objects could not be read: o0, o1, "):
        stream.note_owed("one more", FIRST, error)


def test_what_was_deleted_is_owed_no_more(stream: Checkpointed, caplog: pytest.LogCaptureFixture) -> None:
    stream.owed = {"a": FIRST, "b": LATER}
    stream.forget_deleted({"b", "c"})
    assert stream.owed == {"b": LATER}
    assert "alert_notes: 1 alert whose rows an earlier sync could not read" in caplog.text
    assert caplog.text.endswith(": a.\n")


def test_what_is_owed_stays_owed_while_the_list_is_empty(
    stream: Checkpointed, caplog: pytest.LogCaptureFixture
) -> None:
    stream.owed = {"a": FIRST}
    stream.forget_deleted(set())
    assert stream.owed == {"a": FIRST}
    assert caplog.text == ""


def test_what_a_state_owes_keeps_the_times_that_can_be_read(stream: Checkpointed) -> None:
    assert stream.owed_in({"owed": {"a": FIRST, "b": "soon", "c": 5, "d": None}}) == {
        "a": FIRST,
        "b": None,
        "c": None,
        "d": None,
    }
    assert stream.owed_in({}) == stream.owed_in({"owed": ["a"]}) == {}


def test_what_a_state_owes_as_other_texts_is_kept_if_it_is_a_text() -> None:
    assert owed_texts({"owed": {"a": "any text", "b": 5, "c": None}}) == {"a": "any text", "b": None, "c": None}


def test_an_object_is_owed_from_its_time_or_from_the_beginning_if_that_cannot_be_true() -> None:
    first = 1_790_848_800_000
    assert owed_since(FIRST, first) == first
    assert owed_since(FIRST, first + 1) == first
    assert owed_since(FIRST, first - 1) == owed_since("soon", first) == owed_since(None, first) == 0
