from __future__ import annotations

import io
from dataclasses import replace

import pytest

from archive.files import MOST_NAMED, PART, Absent, Found
from archive.log_lines import why_odd
from archive.plain import without_request
from archive.progress import FilesDone
from archive.verification import Verification
from unit_tests.test_archive_verification import BEGUN, ENDED, finding

GONE = Absent("alert_attachments", "storage.example.com answers with HTTP 404", True, ["a/b.png"])
WHOLE = Found(count=1200, size=5_000_000, fetched=1, log_lines=1)


def verification(files: Found) -> Verification:
    return Verification(BEGUN, ENDED, "Opsgenie", "api.opsgenie.com", False, [finding("teams")], [], files)


@pytest.mark.parametrize(
    ("files", "is_sound", "verdict"),
    [
        (WHOLE, True, "read to the end."),
        (replace(WHOLE, repaired=["a"]), True, "read to the end."),
        (replace(WHOLE, absent=[GONE]), True, "read to the end. 1 file could not be fetched."),
        (replace(WHOLE, absent=[replace(GONE, is_lasting=False)]), False, "NOT VERIFIED: look at the files."),
        (replace(WHOLE, damaged=["a"]), False, "NOT VERIFIED: look at the files."),
        (replace(WHOLE, stopped={"log_files": "No room."}), False, "NOT VERIFIED: look at the files."),
    ],
)
def test_the_verdict_heeds_the_files(files: Found, is_sound: bool, verdict: str) -> None:
    made = verification(files)
    assert made.is_sound is is_sound
    assert made.verdict.endswith(verdict)


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
            "1,200 files are in the folder files, with 5,000,000 bytes; 1 of them is new. The table files has size and "
            "hash of each."
        ),
        "The table log_lines has 1 line of log files.",
        "No room.",
        (
            "alert_attachments: 1 file could not be fetched, because storage.example.com answers with HTTP 404: "
            "a/b.png. Later runs ask again."
        ),
        "log_files: 1 file could not be fetched, because storage.example.com answers with HTTP 404: a/b.png.",
        "Gone or changed in the folder files, and fetched again: d.json.",
        (
            "Gone or changed in the folder files, and not fetched again: c.json. Bring them back from a backup of the "
            "folder; each run asks again for those that the API still lists."
        ),
    ]
    made = verification(files)
    for note in files.notes():
        assert note in made.told()
        assert note in made.page().replace("\\", "")
    assert "## Files" not in verification(Found()).page()


def test_many_paths_are_counted_and_words_of_the_account_stay_words() -> None:
    paths = [f"{number}\x1b[2J" for number in range(MOST_NAMED + 3)]
    made = verification(replace(WHOLE, absent=[replace(GONE, paths=paths)]))
    assert " and 3 more. Later runs ask again." in made.told()
    assert "\x1b" not in made.told() + made.page()


def test_the_number_of_a_call_is_no_part_of_a_reason() -> None:
    assert without_request("Opsgenie says no (request 1a-2b): gone") == "Opsgenie says no: gone"


def test_how_many_files_are_done() -> None:
    out = io.StringIO()
    progress = FilesDone("log_files: asked for", 1200, out)
    progress.done = 1100
    progress.show()
    assert out.getvalue() == "log_files: asked for 1,100 of 1,200 files.\n"


@pytest.mark.parametrize(("name", "is_part"), [("0a" * 16 + ".part", True), ("report.part", False), ("0a.part", False)])
def test_pieces_of_files_are_known_by_their_names(name: str, is_part: bool) -> None:
    assert bool(PART.fullmatch(name)) is is_part


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ('{"a": 1}', False),
        ("[1, null]", False),
        ("no json", True),
        ('{"a": NaN}', True),
        (r'{"a": "\ud800"}', True),
        (r'{"a": "\ud83d\ude00"}', False),
        ("1e999", True),
        ("{} {}", True),
    ],
)
def test_what_duckdb_would_not_read_is_odd(text: str, is_odd: bool) -> None:
    assert bool(why_odd(text.encode(), text)) is is_odd
