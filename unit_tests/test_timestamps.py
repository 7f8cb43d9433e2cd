from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.http.timestamps import cursor_to_millis, from_millis, to_millis

ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-14 * 60, 14 * 60))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("2026-11-01T12:00:00Z", 1793534400000),
        ("2026-11-01T12:00:00.5Z", 1793534400500),
        ("2026-11-01T12:00:00.52Z", 1793534400520),
        ("2026-11-01T12:00:00.529Z", 1793534400529),
        ("2026-11-01T13:00:00+01:00", 1793534400000),
    ],
)
def test_every_number_of_fraction_digits_is_read(text: str, millis: int) -> None:
    assert to_millis(text) == millis


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", "yesterday", 3.5, [], {}),
        *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "2026-02-30T00:00:00Z"),
        *(f"{'9' * 30}-01-01", f"2026-11-01T12:00:00.{'0' * 100}Z"),  # no source has a time so long
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert to_millis(value) is None


@pytest.mark.parametrize(
    ("cursor", "millis"),
    [
        ("2026-11-01T12:00:00.5Z", 1793534400500),
        ("2026-11-01", 1793491200000),
        (1793534400, 1793534400000),
        ("1793534400", 1793534400000),
        (1793534400.5, 1793534400500),
        ("1793534400.5", 1793534400500),
        (1793534400500, 1793534400500),
        ("1793534400500", 1793534400500),
        (7, 7000),
    ],
)
def test_a_cursor_is_a_time_or_an_epoch_number_of_seconds_or_milliseconds(cursor: object, millis: int) -> None:
    assert cursor_to_millis(cursor) == millis


@pytest.mark.parametrize(
    "value", [None, True, "", "soon", "May", "10 pm", -1, 10**15, 10**400, float("nan"), float("inf"), [1], {}]
)
def test_what_is_no_cursor_is_none(value: object) -> None:
    assert cursor_to_millis(value) is None


@given(st.text(max_size=30) | st.integers() | st.floats() | st.dates().map(str) | st.none() | st.booleans())
def test_any_value_is_a_cursor_that_can_be_written_or_none(value: object) -> None:
    millis = cursor_to_millis(value)
    assert millis is None or cursor_to_millis(from_millis(millis)) == millis


@given(st.datetimes(timezones=st.just(timezone.utc)))
def test_a_time_survives_being_written(moment: datetime) -> None:
    millis = (moment - EPOCH) // timedelta(milliseconds=1)
    assert to_millis(from_millis(millis)) == millis


@given(st.datetimes(timezones=ZONES), st.sampled_from(["auto", "seconds", "milliseconds", "microseconds"]))
def test_any_iso_time_is_the_moment_it_names_or_none(moment: datetime, precision: str) -> None:
    text = moment.isoformat(timespec=precision)
    try:
        expected = (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)
    except OverflowError:
        expected = None
    millis = to_millis(text)
    assert millis is None or expected is None or abs(millis - expected) <= 1
    assert millis is None or from_millis(millis)


@given(st.text(max_size=30) | st.from_regex(r"\A[0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}T?[0-9:.]{0,12}(Z|[+-][0-9:]{2,5})?\Z"))
def test_any_text_is_a_time_that_can_be_written_or_none(text: str) -> None:
    millis = to_millis(text)
    assert millis is None or to_millis(from_millis(millis)) == millis
    assert millis is None or not text.endswith("Z") or len(text) < 20 or text[:4] == from_millis(millis)[:4]


@given(st.lists(st.integers(0, 4_102_444_800_000), max_size=5))
def test_times_are_ordered_as_they_are_written(moments: list[int]) -> None:
    assert sorted(map(from_millis, moments)) == list(map(from_millis, sorted(moments)))
