from __future__ import annotations

import io
from dataclasses import replace

import pytest

from archive.files import MAX_NAMED, PART, FilesSummary, MissingFiles
from archive.log_lines import HALF_CHARACTER, NOT_JSON, TOO_DEEP, TOO_LARGE, why_not_loaded
from archive.plain import without_request_id
from archive.progress import FileStatus
from archive.verification import Verification
from source_opsgenie.http.body import quotable
from source_opsgenie.opsgenie.backend import LONGEST_REQUEST_ID
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
            "NOT VERIFIED: look at the folder files, where rows or files may be missing. verification.md says why.",
        ),
        (replace(WHOLE, absent=[replace(GONE, paths=["a"] * 21, is_asked_again=False)]), True, " be fetched."),
        (
            replace(WHOLE, absent=[replace(GONE, is_lasting=False)]),
            False,
            "NOT VERIFIED: look at the folder files, where rows or files may be missing. verification.md says why.",
        ),
        (
            replace(WHOLE, damaged=["a"]),
            False,
            "NOT VERIFIED: look at the folder files, where rows or files may be missing. verification.md says why.",
        ),
        (
            replace(WHOLE, stopped={"log_files": "No room."}),
            False,
            "NOT VERIFIED: look at the folder files, where rows or files may be missing. verification.md says why.",
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
    paths = [f"{number}\x1b[2J" for number in range(MAX_NAMED + 3)]
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
