"""Opsgenie's clock says how far cursors may go."""

from __future__ import annotations

from source_opsgenie.api.clock import CLOCKS_DIFFER, Clock

EARLY, LATE = "Tue, 24 Nov 2026 23:00:00 GMT", "Wed, 25 Nov 2026 01:00:00 GMT"
AT = 1_795_561_200_000  # the early one


def clock(*dates: str | None) -> Clock:
    made = Clock()
    for date in dates:
        made.note(date)
    return made


def test_a_cursor_may_not_pass_the_first_answer() -> None:
    assert clock(LATE, EARLY).cap(AT + 1) == AT
    assert clock(EARLY).cap(AT - 1) == AT - 1
    assert clock().cap(AT) is None


def test_a_time_in_the_future_is_none_yet() -> None:
    hours = 2 * 3_600_000
    made = clock(EARLY, LATE)
    assert made.past(AT + hours) == AT + hours
    assert made.past(AT + hours + CLOCKS_DIFFER) == AT + hours + CLOCKS_DIFFER
    assert made.past(AT + 100 * hours) == AT + hours
    assert made.past(None) is None
    assert clock().past(AT) == AT


def test_a_date_that_is_none_says_nothing() -> None:
    assert clock(None, "soon", "").earliest is None
