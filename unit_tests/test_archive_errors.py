"""What the archive says when an error ends a run that nobody has foreseen."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from archive.__main__ import explanation

if TYPE_CHECKING:
    from pathlib import Path


def explained(error: Exception, output: Path) -> str:
    """Explain an error of PyAirbyte's that was caused by another one."""
    last = RuntimeError("PyAirbyte failed.\nSome details follow.")
    last.__cause__ = error
    return explanation(last, output)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        RuntimeError('FATAL Error: Could not write file "x": No space left on device'),
    ],
)
def test_a_full_disk_is_named_and_nothing_is_written(error: Exception, tmp_path: Path) -> None:
    assert explained(error, tmp_path) == (
        f"The archive stopped because the disk with {tmp_path} is full. Free some space. All portions that were saved "
        "are kept; run the same command again to continue."
    )
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_turns_out_to_be_damaged_is_vouched_for_by_no_page(tmp_path: Path) -> None:
    for name in ("README.md", "verification.md", "verification.json"):
        (tmp_path / name).write_text("Everything is here.")
    message = explained(RuntimeError("IO Error: Corrupt database file: computed checksum 1"), tmp_path)
    assert message.startswith(f"{tmp_path / 'opsgenie.duckdb'} is damaged")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text().startswith("**opsgenie.duckdb is damaged.")


def test_any_other_error_is_told_in_a_line_with_its_details_in_a_file(tmp_path: Path) -> None:
    message = explained(ValueError("odd"), tmp_path)
    assert message.startswith("The archive stopped because of an unexpected error: PyAirbyte failed.\nAll portions")
    assert "ValueError: odd" in (tmp_path / "error.log").read_text()
