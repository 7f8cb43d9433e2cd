from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.files import FOLDER, MAX_FAILED, PART, Files, FilesSummary, MissingFiles
from archive.log_lines import HALF_CHARACTER, NOT_JSON, TOO_DEEP, TOO_LARGE, why_not_loaded
from archive.origin import Origin
from archive.plain import without_request_id
from archive.progress import FileStatus
from archive.verification import Verification
from source_opsgenie.config import Config
from source_opsgenie.http.body import Row, quotable
from source_opsgenie.http.download import DownloadError
from source_opsgenie.http.errors import config_error
from source_opsgenie.opsgenie.backend import LONGEST_REQUEST_ID
from source_opsgenie.streams.files import FileStream
from unit_tests.test_archive_holes import JSM, ORIGIN
from unit_tests.test_archive_verification import BEGUN, ENDED, finding

GONE = MissingFiles("alert_attachments", "storage.example.com answers with HTTP 404", True, ["a/b.png"])
WHOLE = FilesSummary(count=1200, size=5_000_000, fetched=1, log_lines=1)


def verification(files: FilesSummary) -> Verification:
    return Verification(BEGUN, ENDED, "Opsgenie", "api.opsgenie.com", False, [finding("teams")], [], files)


@pytest.mark.parametrize(
    ("files", "is_sound", "verdict"),
    [
        (WHOLE, True, "read to the end."),
        (replace(WHOLE, repaired=["a"]), True, "read to the end."),
        (replace(WHOLE, absent=[GONE]), True, "read to the end. 1 file could not be fetched."),
        (replace(WHOLE, absent=[replace(GONE, paths=["a"] * 21)], fetched_of=[GONE.stream]), True, " be fetched."),
        (
            replace(WHOLE, absent=[replace(GONE, paths=["a"] * 21)]),
            False,
            "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why.",
        ),
        (replace(WHOLE, absent=[replace(GONE, paths=["a"] * 21, is_asked_again=False)]), True, " be fetched."),
        (
            replace(WHOLE, absent=[replace(GONE, is_lasting=False)]),
            False,
            "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why.",
        ),
        (
            replace(WHOLE, damaged=["a"]),
            False,
            "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why.",
        ),
        (
            replace(WHOLE, stopped={"log_files": "No room."}),
            False,
            "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why.",
        ),
    ],
)
def test_the_verdict_heeds_the_files(files: FilesSummary, is_sound: bool, verdict: str) -> None:
    made = verification(files)
    assert made.is_sound is is_sound
    assert made.verdict.endswith(verdict)


def test_everything_but_the_missing_files_is_there() -> None:
    made = verification(replace(WHOLE, absent=[GONE, replace(GONE, paths=["b", "c"])]))
    assert made.verdict.startswith("Everything but 3 files that the API of Opsgenie lists is here: ")


def test_that_not_one_file_was_fetched_is_said() -> None:
    files = replace(WHOLE, absent=[replace(GONE, paths=["a"] * 21)])
    assert files.notes()[-1].startswith("alert_attachments: not one of the files could be fetched, so something ")


def test_what_there_is_and_what_is_not_is_told_everywhere() -> None:
    files = replace(
        WHOLE,
        absent=[GONE, replace(GONE, stream="log_files", is_asked_again=False)],
        damaged=["c.json"],
        repaired=["d.json"],
        stopped={"log_files": "No room."},
    )
    assert files.notes() == [
        (
            "1,200 files are in the folder files, with 5,000,000 bytes in total; 1 of them is new. The table files has "
            "the size and hash of each."
        ),
        "The table log_lines has 1 line of log files.",
        "No room.",
        (
            "alert_attachments: 1 file could not be fetched, because storage.example.com answers with HTTP 404: "
            "a/b.png. Later runs try again."
        ),
        "log_files: 1 file could not be fetched, because storage.example.com answers with HTTP 404: a/b.png.",
        "1 file was gone or changed in the folder files and fetched again: d.json.",
        (
            "1 file is gone or changed in the folder files and not fetched again: c.json. Restore them from a backup "
            "of the folder. Each run tries to fetch those that the API still lists."
        ),
    ]
    made = verification(files)
    for note in files.notes():
        assert note in made.summary()
        assert note in made.page().replace("\\", "")
    assert "## Files" not in verification(FilesSummary()).page()


def test_many_paths_are_counted_and_words_of_the_account_stay_words() -> None:
    paths = [f"{number}\x1b[2J" for number in range(23)]
    made = verification(replace(WHOLE, absent=[replace(GONE, paths=paths)]))
    assert " and 3 more. Later runs try again." in made.summary()
    assert "\x1b" not in made.summary() + made.page()


def test_the_number_of_a_call_is_no_part_of_a_reason() -> None:
    assert without_request_id("Opsgenie says no (request 1a-2b): gone") == "Opsgenie says no: gone"
    longest = quotable("a" * 1_000, LONGEST_REQUEST_ID)
    assert without_request_id(f"Opsgenie says no (request {longest}): gone") == "Opsgenie says no: gone"


def test_how_many_files_are_done() -> None:
    out = io.StringIO()
    progress = FileStatus("log_files: requested", 1200, out)
    progress.done = 1100
    progress.show()
    assert out.getvalue() == "log_files: requested 1,100 of 1,200 files.\n"


@pytest.mark.parametrize(("name", "is_part"), [("0a" * 16 + ".part", True), ("report.part", False), ("0a.part", False)])
def test_pieces_of_files_are_known_by_their_names(name: str, is_part: bool) -> None:
    assert bool(PART.fullmatch(name)) is is_part


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1}', ""),
        ("[1, null]", ""),
        ("no json", NOT_JSON),
        ("{} {}", NOT_JSON),
        ('{"a": NaN}', NOT_JSON),
        ('{"a": -Infinity}', NOT_JSON),
        (r'{"a": "\ud800"}', HALF_CHARACTER),
        (r'{"a": "\ud83d\ude00"}', ""),
        ("1e999", TOO_LARGE),
        ('{"a": -1e999}', TOO_LARGE),
        ("9" * 5000, TOO_LARGE),
        ("9" * 400, ""),
        ("[" * 100_000 + "]" * 100_000, TOO_DEEP),
    ],
)
def test_why_a_line_is_not_loaded_is_true(text: str, why: str) -> None:
    assert why_not_loaded(text.encode(), text) == why


STREAM = "alert_attachments"
LASTING, PASSING = (DownloadError(why, is_lasting=why == "gone") for why in ("gone", "no answer"))


class Kept:
    """The tables of the archive in SQLite, whose SQL is nearly that of DuckDB."""

    def __init__(self, files: int) -> None:
        self._database = sqlite3.connect(":memory:")
        self.execute("ATTACH ':memory:' AS account")
        self.execute(f"CREATE TABLE account.{STREAM} (alert_id TEXT, id TEXT, name TEXT)")
        for number in range(files):
            self.add(str(number), f"{number:02}")

    def add(self, identity: str, name: str) -> None:
        self.execute("INSERT INTO account.alert_attachments VALUES ('a', ?, ?)", identity, name)

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        known = (str, int, type(None))
        return self._database.execute(sql, [each if isinstance(each, known) else str(each) for each in values])

    def rows(self, sql: str, *values: object) -> list[Any]:
        return self.execute(sql.replace("ORDER BY ALL", "ORDER BY 1, 2, 3"), *values).fetchall()

    def columns(self, name: str) -> dict[str, str]:
        return {row[1]: row[2] for row in self._database.execute(f"PRAGMA account.table_info({name})")}

    def transaction(self) -> nullcontext[None]:
        return nullcontext()


Answer = Callable[[str], "DownloadError | None"]  # why the file with a name cannot be fetched, if it cannot


class Account:
    """Runs that fetch the files of attachments, and the names of those that each run asked for."""

    def __init__(self, folder: Path, kept: Kept) -> None:
        self.files = folder / FOLDER
        self.kept = kept
        config = Config.parse({"api_token": "0123456789abcdef"})
        streams = Origin.of(config).streams  # of its own, because it changes one
        (self._stream,) = (each for each in streams if each.name == STREAM and isinstance(each, FileStream))
        self._others = [stream for stream in streams if stream.name == "alerts"]

    def run(self, answer: Answer, *, is_selected: bool = True) -> tuple[list[str], FilesSummary]:
        asked: list[str] = []

        def fetch(row: Row, directory: Path) -> int | DownloadError:
            error = answer(row["name"])
            asked.append(row["name"])
            if error is not None:
                return error
            target = directory / self._stream.path_of(row)
            target.parent.mkdir(parents=True, exist_ok=True)
            return target.write_bytes(row["name"].encode())

        stream: Any = self._stream
        stream.fetch = fetch
        stream.prefetch = lambda rows, work: ((row, work(row)) for row in rows)
        stream.client.limiter.prepare = lambda: None
        store: Any = self.kept
        files = Files(self.files, store, io.StringIO())
        files.check()
        files.fetch([*self._others, stream] if is_selected else self._others)
        return asked, files.summary()

    def path(self, number: int) -> Path:
        return self.files / STREAM / "a" / str(number) / f"{number:02}"


@pytest.fixture
def account(tmp_path: Path) -> Callable[[int], Account]:
    return lambda files: Account(tmp_path, Kept(files))


def test_each_file_is_fetched_once_and_those_that_failed_again(account: Callable[[int], Account]) -> None:
    runs = account(4)
    reasons = {"01": LASTING, "02": PASSING}
    asked, first = runs.run(reasons.get)
    assert asked == ["00", "01", "02", "03"]
    assert (first.count, first.size, first.fetched, first.fetched_of) == (2, 4, 2, [STREAM])
    assert [(each.why, each.is_lasting, each.paths) for each in first.absent] == [
        ("gone", True, [f"{STREAM}/a/1/01"]),
        ("no answer", False, [f"{STREAM}/a/2/02"]),
    ]
    assert not first.is_sound
    asked, unselected = runs.run(reasons.get, is_selected=False)
    assert (asked, unselected.fetched) == ([], 0)
    assert [each.is_asked_again for each in first.absent + unselected.absent] == [True, True, False, False]
    runs.kept.add("4", "04")
    asked, last = runs.run(lambda _: None)
    assert asked == ["04", "01", "02"]
    assert (last.count, last.size, last.fetched, last.absent, last.is_sound) == (5, 10, 3, [], True)


def test_a_file_that_has_another_path_since_the_move_is_not_missing_at_its_old_one(
    account: Callable[[int], Account],
) -> None:
    runs = account(2)
    assert not runs.run({"00": PASSING}.get)[1].is_sound
    runs.kept.execute("UPDATE account.alert_attachments SET id = 'new' WHERE id = '0'")
    asked, last = runs.run(lambda _: None)
    assert asked == ["00"]
    assert (last.count, last.absent, last.is_sound) == (2, [], True)


def test_a_file_that_is_damaged_is_fetched_again_or_missing_until_it_is_restored(
    account: Callable[[int], Account],
) -> None:
    runs = account(3)
    runs.run(lambda _: None)
    runs.path(0).unlink()
    runs.path(1).write_bytes(b"10")  # as many bytes
    asked, again = runs.run({"01": LASTING}.get)
    assert asked == ["00", "01"]
    assert (again.repaired, again.damaged, again.count) == ([f"{STREAM}/a/0/00"], [f"{STREAM}/a/1/01"], 2)
    assert [each.paths for each in again.absent] == [[f"{STREAM}/a/1/01"]]
    assert not again.is_sound
    runs.path(1).write_bytes(b"01")
    asked, restored = runs.run(lambda _: LASTING)
    assert (asked, restored.count, restored.damaged, restored.absent) == ([], 3, [], [])


def test_what_a_killed_run_left_of_a_file_is_removed_and_a_file_of_such_a_name_is_not(
    account: Callable[[int], Account],
) -> None:
    runs = account(0)
    piece = f"{'0a' * 16}.part"
    runs.kept.add("0", piece)
    runs.run(lambda _: None)
    kept, left, other = (runs.files / name for name in (f"{STREAM}/a/0/{piece}", piece, "report.part"))
    left.touch()
    other.touch()
    asked, summary = runs.run(lambda _: None)
    assert (asked, summary.count) == ([], 1)
    assert [each.exists() for each in (kept, left, other)] == [True, False, True]


@pytest.mark.parametrize("reason", [LASTING, PASSING])
def test_failures_that_may_pass_end_the_asking(reason: DownloadError, account: Callable[[int], Account]) -> None:
    runs = account(MAX_FAILED + 5)
    asked, first = runs.run(lambda _: reason)
    asked_again, again = runs.run(lambda _: reason)
    if reason.is_lasting:
        assert len(asked) == MAX_FAILED + 5
        assert asked_again == asked[: MAX_FAILED + 1]  # what is lasting may have been restored, so some are tried
        assert runs.run(lambda _: reason)[0][:4] == asked[MAX_FAILED + 1 :]  # and the others first of all next time
        assert (first.stopped, again.stopped) == ({}, {})
        return
    assert len(asked) == MAX_FAILED + 1
    assert first.stopped == {
        STREAM: f"{STREAM}: more than 20 files could not be fetched, so 4 further files were not requested. The next "
        "run fetches them."
    }
    assert not first.is_sound
    assert again.stopped == {}  # all are in the table, with the reason
    assert [len(each.paths) for each in again.absent] == [MAX_FAILED + 5]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (config_error("The key is not valid any more.", concerns_all=True), "The key is not valid any more. The next"),
        (OSError(28, "No space left on device"), "No space left on device. Free space there"),
    ],
)
def test_what_concerns_all_files_ends_the_asking_and_not_the_run(
    error: Exception, told: str, account: Callable[[int], Account]
) -> None:
    def answer(name: str) -> None:
        if name == "01":
            raise error

    asked, summary = account(3).run(answer)
    assert asked == ["00"]
    assert told in summary.stopped[STREAM]
    assert summary.stopped[STREAM].startswith(f"{STREAM}: ")
    assert (summary.count, summary.is_sound) == (1, False)


def test_log_files_that_were_never_asked_for_are_named_when_the_api_has_none(tmp_path: Path) -> None:
    kept = Kept(0)
    kept.execute("CREATE TABLE account.log_files (filename TEXT)")
    for name in "abc":
        kept.execute("INSERT INTO account.log_files VALUES (?)", name)
    store: Any = kept
    files = Files(tmp_path / FOLDER, store, io.StringIO())
    sql = "INSERT INTO account._archive_files (path, stream, filename) VALUES (?, 'log_files', ?)"
    kept.execute(sql, "log_files/a", "a")
    kept.execute(sql, "without a name", None)
    files.fetch(JSM.streams)
    (absent,) = files.summary().absent
    assert (absent.paths, absent.is_lasting, absent.is_asked_again) == (["log_files/b", "log_files/c"], True, False)
    assert absent.describe().startswith("log_files: 2 files could not be fetched, because JSM Operations has no log ")


def test_how_many_files_are_still_to_be_fetched_is_said_before_the_run(tmp_path: Path) -> None:
    store: Any = Kept(2)
    files = Files(tmp_path / FOLDER, store, io.StringIO())
    assert files.cost([]) == files.cost([stream for stream in ORIGIN.streams if stream.name == "alerts"]) == ""
    told = files.cost(ORIGIN.streams)
    assert "The number of files is known once alert_attachments and log_files have been read." in told
    assert told.endswith(" From earlier runs, 2 files are still to be fetched.")
    store.execute("DELETE FROM account.alert_attachments")
    assert "earlier runs" not in files.cost(ORIGIN.streams)
