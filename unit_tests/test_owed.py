"""What a stream owes to the next sync."""

from __future__ import annotations

import pytest

from source_opsgenie.http.errors import ApiError, system_error, transient_error
from source_opsgenie.streams.owed import MOST_LASTING, MOST_OWED, Owed, owed_in, owed_since

FIRST, LATER = "2026-10-01T10:00:00Z", "2026-10-02T10:00:00Z"
ERROR = transient_error("it could not be read.")
LASTING = system_error("it is refused.")


def test_what_failed_is_owed_from_its_first_failure_until_it_is_read() -> None:
    owed = Owed("alert_notes")
    assert owed.dump() == {}
    owed.settle("a", FIRST, ERROR)
    owed.settle("a", LATER, ERROR)
    assert "a" in owed
    assert "b" not in owed
    assert len(owed) == 1
    assert owed.dump() == {"a": FIRST}
    owed.settle("a", LATER, None)
    assert "a" not in owed
    assert owed.dump() == {}


def test_more_than_a_state_keeps_stops_the_stream_and_names_it() -> None:
    owed = Owed("alert_notes")
    for number in range(MOST_OWED):
        owed.settle(f"o{number}", FIRST, ERROR)
    with pytest.raises(ApiError, match=f"alert_notes: more than {MOST_OWED} objects could not be read: o0, o1, "):
        owed.settle("one more", FIRST, ERROR)


def test_errors_that_last_stop_the_stream_only_when_the_state_would_grow_too_large() -> None:
    owed = Owed("alert_notes")
    owed.load({f"o{number}": FIRST for number in range(MOST_LASTING - 1)})
    for number in range(MOST_LASTING):
        owed.settle(f"o{number}", FIRST, LASTING)
    assert len(owed) == MOST_LASTING
    with pytest.raises(ApiError, match=f"alert_notes: more than {MOST_LASTING} objects could not be read: o0, o1, "):
        owed.settle("one more", FIRST, LASTING)


def test_only_errors_that_may_pass_and_were_not_made_good_count_among_them() -> None:
    owed = Owed("alert_notes")
    owed.load({f"earlier {number}": FIRST for number in range(MOST_OWED)})
    for number in range(2 * MOST_OWED):
        owed.settle(f"lasting {number}", FIRST, LASTING)
    for number in range(MOST_OWED):
        owed.settle(f"o{number}", FIRST, ERROR)
    owed.settle("o0", FIRST, None)
    owed.settle("o1", FIRST, LASTING)
    owed.settle("o0", FIRST, ERROR)
    owed.settle("o20", FIRST, ERROR)
    with pytest.raises(ApiError, match=f"more than {MOST_OWED} objects"):
        owed.settle("o1", FIRST, ERROR)


def test_what_was_deleted_is_owed_no_more() -> None:
    owed = Owed("alert_notes")
    owed.load({"a": FIRST, "b": LATER})
    assert owed.keep_only({"b", "c"}) == 1
    assert owed.dump() == {"b": LATER}


def test_what_a_state_owes_keeps_the_times_that_can_be_read() -> None:
    assert owed_in({"owed": {"a": FIRST, "b": "soon", "c": 5, "d": None}}) == {
        "a": FIRST,
        "b": None,
        "c": None,
        "d": None,
    }
    assert owed_in({}) == owed_in({"owed": ["a"]}) == {}


def test_an_object_is_owed_from_its_time_or_from_the_beginning_if_that_cannot_be_true() -> None:
    first = 1_790_848_800_000
    assert owed_since(FIRST, first) == first
    assert owed_since(FIRST, first + 1) == first
    assert owed_since(FIRST, first - 1) == owed_since("soon", first) == owed_since(None, first) == 0
