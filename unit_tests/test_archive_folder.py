from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archive.__main__ import locked
from archive.not_begun import NotBegunError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    theirs = tmp_path / "README.md"
    theirs.write_text("theirs")
    tmp_path.chmod(0o755)
    with pytest.raises(NotBegunError, match="contains files but no archive"), locked(tmp_path):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["README.md"]
    assert theirs.read_text() == "theirs"
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_that_was_there_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with locked(tmp_path):
        (tmp_path / "report.html").write_text("names")
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "report.html").stat().st_mode & 0o077 == 0


def test_who_may_enter_an_archive_is_not_changed_again(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    tmp_path.chmod(0o750)
    with locked(tmp_path):
        pass
    assert tmp_path.stat().st_mode & 0o777 == 0o750
