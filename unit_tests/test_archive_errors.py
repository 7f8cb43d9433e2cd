"""What the archive says when an error ends a run that nobody has foreseen."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from archive.__main__ import SOUND, UNSOUND, explanation, parse
from archive.damage import DamagedError, NotBegunError
from archive.database_error import reason_of
from archive.steps import check
from archive.store import Store


def explained(error: Exception, output: Path) -> str:
    """Explain an error of PyAirbyte's that was caused by another one."""
    last = RuntimeError("PyAirbyte failed.\nSome details follow.")
    last.__cause__ = error
    return explanation(last, output)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EDQUOT, "your quota on the disk with {} is used up. Free some space."),
        (errno.EROFS, "the disk with {} has become read-only. Make it writable."),
    ],
)
def test_a_folder_that_cannot_be_written_any_more_is_named(number: int, why: str, tmp_path: Path) -> None:
    message = explained(OSError(number, os.strerror(number)), tmp_path)
    assert message.startswith(f"The archive stopped because {why.format(tmp_path)} All portions that were saved are")
    assert list(tmp_path.iterdir()) == []


def test_an_error_whose_details_cannot_be_written_is_explained(tmp_path: Path) -> None:
    message = explained(ValueError("odd"), tmp_path / "removed")
    assert message.startswith("The archive stopped because of an unexpected error: PyAirbyte failed.\n")
    assert message.endswith(f"could not be written to {tmp_path / 'removed' / 'error.log'}: No such file or directory.")


def test_a_database_that_another_program_opened_during_the_run_is_named(tmp_path: Path) -> None:
    error = RuntimeError(f'IO Error: Could not set lock on file "{tmp_path}": Conflicting lock is held by x (PID 1).')
    assert explained(error, tmp_path) == (
        f"The archive stopped because {tmp_path / 'opsgenie.duckdb'} is open in another program. Close it there. All "
        "portions that were saved are kept; run the same command again to continue."
    )
    assert list(tmp_path.iterdir()) == []


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
    for name in ("README.md", "verification.md", "verification.json", "report.html", "SHA256SUMS"):
        (tmp_path / name).write_text("Everything is here.")
    message = explained(RuntimeError("IO Error: Corrupt database file: computed checksum 1"), tmp_path)
    assert message.startswith(f"{tmp_path / 'opsgenie.duckdb'} is damaged")
    assert "parquet" not in message
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    assert (tmp_path / "README.md").read_text().startswith("**opsgenie.duckdb is damaged.")


def test_words_of_the_command_line_that_are_not_known_are_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["0f0e0d0c-key}"], ["--api_token=0f0e0d0c-key"]):
        with pytest.raises(SystemExit, match="2"):
            parse(["--config", "{api_token:", *words])
        told = capsys.readouterr().err
        assert "the command line has unknown arguments" in told
        assert "0f0e0d0c" not in told


def test_on_a_full_disk_the_page_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "README.md"
    page.write_text("The account of Acme.")

    def fail(_: Path, __: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", fail)
    assert "is damaged" in explained(RuntimeError("IO Error: Corrupt database file: computed checksum 1"), tmp_path)
    assert page.read_text() == "The account of Acme."


def test_a_page_that_somebody_has_edited_in_another_encoding_gets_the_warning(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_bytes(b"Z\xfcrich")
    explained(RuntimeError("IO Error: Corrupt database file: computed checksum 1"), tmp_path)
    assert page.read_bytes().startswith(b"**opsgenie.duckdb is damaged.")
    assert page.read_bytes().endswith(b"\n\nZ\xfcrich")


def test_what_is_left_of_a_damaged_database_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "parquet"
    folder.mkdir()
    error = RuntimeError("IO Error: Corrupt database file: computed checksum 1")
    assert "parquet" not in explained(error, tmp_path)
    (folder / "teams.parquet").touch()
    assert "The files in the folder parquet, which the last complete run wrote, are" in explained(error, tmp_path)


@pytest.mark.parametrize(
    ("reason", "is_damaged"),
    [
        ('IO Error: The file "x" exists, but it is not a valid DuckDB database file!', True),
        (
            'IO Error: Could not read enough bytes from file "x": attempted to read 6144 bytes from location 268288',
            True,
        ),
        ('IO Error: Cannot open file "x": Permission denied', False),
        (
            (
                "IO Error: Trying to read a database file with version number 70, but we can only read versions "
                "between 64 and 67."
            ),
            False,
        ),
    ],
)
def test_a_database_that_cannot_be_opened_is_not_called_damaged_unless_it_is(
    reason: str, is_damaged: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Error(Exception):
        pass

    def connect(_: str) -> None:
        raise Error(reason)

    monkeypatch.setitem(sys.modules, "duckdb", SimpleNamespace(Error=Error, connect=connect))
    path = tmp_path / "opsgenie.duckdb"
    with pytest.raises(NotBegunError) as told, Store(path):
        pass
    assert isinstance(told.value, DamagedError) is is_damaged
    words = "is damaged or not a DuckDB file" if is_damaged else f"cannot be read: {reason}"
    assert str(told.value).startswith(f"{path} {words}")


def test_any_other_error_is_told_in_a_line_with_its_details_in_a_file(tmp_path: Path) -> None:
    message = explained(ValueError("odd"), tmp_path)
    assert message.startswith("The archive stopped because of an unexpected error: PyAirbyte failed.\nAll portions")
    assert "ValueError: odd" in (tmp_path / "error.log").read_text()


def test_the_error_of_the_database_is_told_without_its_wrappers_and_without_values(tmp_path: Path) -> None:
    file = f'JSON transform error in file "{tmp_path}/.work/rows/alerts_0.jsonl.gz", in line 1: invalid timestamp'
    for why, told in {
        f'Invalid Input Error: {file}: "{{"secret": 1}}", expected is x\nLINE 1': f"Invalid Input Error: {file}: ...",
        "Conversion Error: Could not convert 'secret' to INT32": "Conversion Error: Could not convert ...",
        "Out of Range Error: the value is too large": "Out of Range Error: the value is too large",
    }.items():
        data_error = type("DataError", (Exception,), {"__module__": "_duckdb"})
        wrapped = type("StatementError", (Exception,), {"__module__": "sqlalchemy.exc"})("(_duckdb.DataError) secret")
        wrapped.orig = data_error(why)
        last = type("SQLRuntimeError", (Exception,), {"__module__": "airbyte.shared"})("Error when executing SQL:\nx")
        last.__context__, last.__suppress_context__ = wrapped, True
        for reason in (explanation(last, tmp_path), f"unexpected error: {reason_of(last, tmp_path)}\n"):
            assert f"unexpected error: {told}\n" in reason


def test_an_error_of_pyairbyte_that_has_no_cause_is_told_as_it_is(tmp_path: Path) -> None:
    last = type("AirbyteError", (Exception,), {"__module__": "airbyte.exceptions"})("The connector failed.\nMore")
    last.__context__ = KeyError("x")
    assert "unexpected error: The connector failed.\n" in explanation(last, tmp_path)
    assert reason_of(last, tmp_path) == "The connector failed."


def run_in_c_locale(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program, with a folder as its argument, in a process whose locale has ASCII only."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-X", "utf8=0", "-c", program, str(folder)],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pages_are_written_in_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("Zürich 日本", encoding="utf-8")
    (tmp_path / "Zürich.log").write_text("", encoding="utf-8")
    program = (
        "import pathlib, sys; from archive import damage, sums; from archive.__main__ import explanation; "
        "folder = pathlib.Path(sys.argv[1]); damage.withdraw(folder); sums.write(folder); "
        "explanation(ValueError('Z\\xfcrich'), folder)"
    )
    assert run_in_c_locale(program, tmp_path).returncode == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8").endswith("**\n\nZürich 日本")
    assert "  Zürich.log\n" in (tmp_path / "SHA256SUMS").read_text(encoding="utf-8")
    assert "ValueError: Zürich" in (tmp_path / "error.log").read_text(encoding="utf-8")


def test_what_the_locale_cannot_write_is_escaped(tmp_path: Path) -> None:
    program = (
        "import sys; from archive import __main__ as program; program.exit_on_signals = lambda _: None; "
        "program.archive = lambda *_: print('Z\\xfcrich') is None; "
        "sys.exit(program.main(['--config', 'c.json', '--output', sys.argv[1]]))"
    )
    done = run_in_c_locale(program, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (SOUND, "Z\\xfcrich\n", "")


def test_a_file_that_cannot_be_closed_either_adds_nothing_to_what_is_told(tmp_path: Path) -> None:
    program = (
        "import sys; from archive import __main__ as program\n"
        "class File:\n"
        "    def __del__(self): raise OSError(28, 'No space left on device')\n"
        "def archive(*_):\n"
        "    program.kept = File()\n"
        "    raise OSError(28, 'No space left on device')\n"
        "program.archive = archive\n"
        "sys.exit(program.main(['--config', 'c.json', '--output', sys.argv[1]]))"
    )
    done = run_in_c_locale(program, tmp_path)
    assert done.returncode == UNSOUND
    assert done.stderr.startswith("The archive stopped because the disk with ")
    assert "Traceback" not in done.stderr


def test_a_failed_check_is_told_whatever_characters_its_message_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = tmp_path / "source-opsgenie"
    message = {"connectionStatus": {"status": "FAILED", "message": "Zürich\u2028\x85: no such file."}}
    connector.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(message, ensure_ascii=False)}\nEND\n", encoding="utf-8")
    connector.chmod(0o700)
    monkeypatch.setattr("archive.steps.CONNECTOR", connector)
    with pytest.raises(NotBegunError, match=r"^Zürich\u2028\x85: no such file\.$"):
        check(tmp_path / "config.json")
