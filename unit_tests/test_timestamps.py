from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.api.timestamps import from_millis, to_millis


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


@pytest.mark.parametrize("value", [None, "", "yesterday", 3.5, [], {}])
def test_what_is_no_time_is_none(value: object) -> None:
    assert to_millis(value) is None


@given(st.integers(min_value=0, max_value=4_102_444_800_000))
def test_a_time_survives_being_written(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis
