from __future__ import annotations

import os
from pathlib import Path

import pytest

from archive import sums
from archive.__main__ import NOT_BEGUN, SOUND, locked, main, path_of, remove_leftovers
from archive.damage import NotBegunError
from archive.paths import LINES, WORK
from archive.steps import left_behind


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


def test_a_home_that_the_shell_did_not_replace_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    asked: list[Path] = []

    def archive(_: object, config: Path, output: Path, __: object) -> bool:
        asked.extend((config, output))
        return True

    monkeypatch.setattr("archive.__main__.archive", archive)
    monkeypatch.setattr("archive.__main__.exit_on_signals", lambda _: None)
    assert main(["--config", "~/config.json", "--output", "~/copy"]) == SOUND
    assert asked == [tmp_path / "config.json", tmp_path / "copy"]
    assert path_of("~no_such_user/copy").name == "copy"


def test_a_link_to_itself_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("archive.__main__.exit_on_signals", lambda _: None)
    link = tmp_path / "link"
    link.symlink_to(link)
    assert main(["--config", "c.json", "--output", str(link)]) == NOT_BEGUN
    assert f"The folder {link} cannot be written to: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("why?", r"choose an OUTPUT without a question mark\."),
        ("it's", r"choose an OUTPUT without an apostrophe\."),
        ("name=prod", r"choose an OUTPUT without an equals sign\."),
        ("prod :eu", r"choose an OUTPUT without a colon in front of a word\."),
        (os.fsdecode(b"caf\xe9"), r"is not in UTF-8: choose another OUTPUT\."),
    ],
)
def test_a_folder_that_the_database_cannot_be_in_is_refused_before_it_is_made(
    name: str, advice: str, tmp_path: Path
) -> None:
    with pytest.raises(NotBegunError, match=advice), locked(tmp_path / name / "copy"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_colon_within_a_word_is_no_reason_to_refuse_a_folder(tmp_path: Path) -> None:
    with locked(tmp_path / "2026-11-27T10:00:00" / "a: b"):
        pass


def test_a_refused_folder_is_named_in_one_printable_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("archive.__main__.exit_on_signals", lambda _: None)
        assert main(["--config", "c.json", "--output", os.fsdecode(bytes(tmp_path) + b"/caf\xe9")]) == NOT_BEGUN
    said = capsys.readouterr().err
    assert said == f"The path {tmp_path}/caf\ufffd is not in UTF-8: choose another OUTPUT.\n"


def test_a_disk_that_runs_no_programs_is_refused_before_anything_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("archive.__main__.exit_on_signals", lambda _: None)
    monkeypatch.setattr("os.access", lambda *_: False)  # as for a program on such a disk
    hashes = tmp_path / "SHA256SUMS"
    for name in (".lock", ".account.json", hashes.name):
        (tmp_path / name).write_text("of an earlier run")
    assert main(["--config", "c.json", "--output", str(tmp_path)]) == NOT_BEGUN
    assert "does not run programs, which this command needs (it is probably mounted with" in capsys.readouterr().err
    assert hashes.read_text() == "of an earlier run"
    assert not (tmp_path / WORK).exists()


def test_the_files_of_a_folder_that_was_moved_to_another_disk_have_hashes_too(tmp_path: Path) -> None:
    output, other = tmp_path / "output", tmp_path / "other"
    for path in (output / "report.html", output / ".work" / "rows", other / "alert_attachments" / "a"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")
    (output / "files").symlink_to(other)
    sums.write(output)
    lines = (output / "SHA256SUMS").read_text().splitlines()
    assert [line.split("  ")[1] for line in lines] == ["files/alert_attachments/a", "report.html"]


def test_files_of_tables_that_a_new_database_does_not_have_are_named(tmp_path: Path) -> None:
    for name in ("parquet/alerts.parquet", "parquet/teams.parquet", "csv/alerts.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (warning,) = left_behind(tmp_path, ["teams"])
    assert ": csv/alerts.csv, parquet/alerts.parquet. " in warning
    assert left_behind(tmp_path, ["alerts", "teams"]) == []


def test_what_a_killed_run_left_behind_is_removed(tmp_path: Path) -> None:
    kept = tmp_path / "opsgenie.duckdb"
    for path in (kept, tmp_path / LINES, tmp_path / "opsgenie.duckdb.tmp" / "block", tmp_path / WORK / "rows"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
    remove_leftovers(tmp_path)


def test_a_configuration_in_the_place_of_a_path_is_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", ' {"api_token": "0123456789abcdef"}', "--output", str(tmp_path / "copy")]) == NOT_BEGUN
    said = capsys.readouterr()
    assert "write it into a file, and give the path of that file" in said.err
    assert "0123456789abcdef" not in said.out + said.err
    assert not (tmp_path / "copy").exists()
