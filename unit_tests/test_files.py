"""The state remembers the files that were delivered last, and no more."""

from __future__ import annotations

from source_opsgenie.streams.files import MOST_REMEMBERED, Delivered


def test_the_newest_files_are_remembered_and_the_oldest_forgotten() -> None:
    delivered = Delivered()
    for number in range(MOST_REMEMBERED + 10):
        delivered.add(f"file {number}")
    assert len(delivered.dump()) == MOST_REMEMBERED
    assert "file 9" not in delivered
    again = Delivered(delivered.dump())
    assert all(f"file {number}" in again for number in range(10, MOST_REMEMBERED + 10))


def test_a_state_tells_no_name() -> None:
    delivered = Delivered()
    delivered.add("alert_attachments/a/b/salaries.xlsx")
    assert "salaries" not in str(delivered.dump())
