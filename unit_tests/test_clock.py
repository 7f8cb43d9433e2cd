"""Opsgenie's clock says how far cursors may go."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.http.clock import Clock

EARLY, LATE = "Tue, 24 Nov 2026 23:00:00 GMT", "Wed, 25 Nov 2026 01:00:00 GMT"
AT = 1_795_561_200_000  # the early one

# A minute and a day, in milliseconds.
CLOCKS_DIFFER, MACHINE_DIFFERS = 60_000, 86_400_000


def clock(*dates: str | None) -> Clock:
    made = Clock()
    for date in dates:
        made.note(date)
    return made


def test_a_cursor_may_not_pass_the_first_answer() -> None:
    assert clock(LATE, EARLY).cap(AT + 1) == clock(EARLY, LATE).cap(AT + 1) == AT
    assert clock(EARLY).cap(None) is None
    assert clock(EARLY).cap(AT - 1) == AT - 1
    assert clock().cap(AT) is None


def test_a_sync_begins_with_its_first_answer_or_by_the_machines_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1000.5)
    assert clock(EARLY, LATE).sync_start() == AT
    assert clock().sync_start() == 1_000_500


def test_a_time_in_the_future_is_none_yet() -> None:
    hours = 2 * 3_600_000
    made = clock(EARLY, LATE)
    assert made.not_in_future(AT + hours) == AT + hours
    assert made.not_in_future(AT + hours + CLOCKS_DIFFER) == AT + hours + CLOCKS_DIFFER
    assert made.not_in_future(AT + 100 * hours) == AT + hours
    assert made.not_in_future(None) is None


def test_without_any_date_a_time_behind_the_machines_is_none_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: AT / 1000)
    assert clock().not_in_future(AT + CLOCKS_DIFFER) == AT + CLOCKS_DIFFER
    assert clock().not_in_future(AT + CLOCKS_DIFFER + 1) == AT


def test_a_date_that_is_none_says_nothing() -> None:
    assert clock(None, "soon", "").earliest is None


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 24 Nov 99999999999999999999 23:00:00 GMT",
        "Tue, 24 Nov 2026 23:00:00 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_a_date_with_absurd_numbers_says_nothing(date: str) -> None:
    assert clock(date).earliest is None
    assert clock(EARLY, date).earliest == AT


@given(
    st.text(max_size=60)
    | st.from_regex(r"\A[A-Z][a-z]{2}, [0-9]{1,30} Nov [0-9]{1,30} [0-9:]{1,30} [-+0-9GMT]{1,30}\Z")
)
def test_no_text_in_the_place_of_a_date_fails_a_sync(date: str) -> None:
    clock(date)


def test_a_date_without_a_zone_is_utc() -> None:
    assert clock(EARLY.replace("GMT", "-0000")).earliest == AT


def test_the_future_begins_behind_the_latest_answer() -> None:
    latest = AT + 2 * 3_600_000
    made = clock(LATE, EARLY)
    assert not made.is_future(latest + CLOCKS_DIFFER)
    assert made.is_future(latest + CLOCKS_DIFFER + 1)


def test_without_any_date_the_future_begins_well_behind_the_machines_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: AT / 1000)
    assert not clock().is_future(AT + MACHINE_DIFFERS)
    assert clock().is_future(AT + MACHINE_DIFFERS + 1)
