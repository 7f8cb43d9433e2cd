"""The state remembers the files that were delivered last, and no more."""

from __future__ import annotations

from source_opsgenie.streams.files import MOST_REMEMBERED, mark_of, remember


def test_the_newest_files_are_remembered_and_the_oldest_forgotten() -> None:
    delivered: dict[str, None] = {}
    for number in range(MOST_REMEMBERED + 10):
        remember(delivered, f"file {number}")
    assert list(delivered) == [mark_of(f"file {number}") for number in range(10, MOST_REMEMBERED + 10)]


def test_a_state_tells_no_name() -> None:
    delivered: dict[str, None] = {}
    remember(delivered, "alert_attachments/a/b/salaries.xlsx")
    assert delivered
    assert "salaries" not in str(delivered)
