"""The files in an archive: whole, each fetched once, looked at in every run; those that are missing are named."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from integration_tests.archive import PYTHON, ROOT, Archive, asked
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.storage import ATTACHMENT, LOG_FILE

ATTACHMENTS, LOGS = "alert_attachments", "log_files"
NOTED = "SELECT path, sha256, size FROM files WHERE sha256 IS NOT NULL"
PART = f"{'0a' * 16}.part"

LOAD = """
import sys
from pathlib import Path
from archive import log_lines
from archive.store import Store

folder = Path(sys.argv[1])
with Store(folder / "archive.duckdb") as store:
    log_lines.LOG_LINES.create(store)
    for _ in range(2):
        with store.transaction():
            log_lines.load(store, folder / "a.json", "a.json", folder / "set_aside.jsonl")
"""


def truth(account: Sandbox, *streams: str, jsm: bool = False) -> dict[str, tuple[str, int]]:
    """Return hash and size of each file that the account holds, by the path that it has in the folder."""
    rows = account.jsm_truth if jsm else account.truth
    found = {}
    if ATTACHMENTS in streams:
        for row in rows("alert_attachment_contents"):
            path = f"{ATTACHMENTS}/{row['alert_id']}/{row['id']}/{row['name']}"
            found[path] = (row["sha256"], row["size_bytes"])
    if LOGS in streams:
        for row in rows("log_file_contents"):
            found[f"{LOGS}/{row['filename']}"] = (row["sha256"], row["size_bytes"])
    return found


def on_disk(archive: Archive) -> dict[str, tuple[str, int]]:
    folder = archive.output / "files"
    contents = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {
        str(path.relative_to(folder)): (sha256(content).hexdigest(), len(content)) for path, content in contents.items()
    }


def noted(archive: Archive) -> dict[str, tuple[str, int]]:
    """Return what the table says of files that are there."""
    (rows,) = archive.ask(NOTED)
    return {path: (digest, size) for path, digest, size in rows}


def downloads(account: Sandbox) -> int:
    calls = account.calls()
    return int(calls.get(ATTACHMENT, 0) + calls.get(LOG_FILE, 0))


class TestWhole:
    def test_every_file_is_there_with_its_hash_and_size_in_the_table(self, whole_archive: Archive) -> None:
        expected = truth(whole_archive.account, ATTACHMENTS, LOGS)
        assert expected
        assert on_disk(whole_archive) == noted(whole_archive) == expected
        files = whole_archive.verification["files"]
        assert files["count"] == files["fetched"] == len(expected)
        assert files["size"] == sum(size for _, size in expected.values())
        assert [files[each] for each in ("absent", "damaged", "stopped")] == [[], [], {}]

    def test_each_file_is_found_by_the_row_that_it_belongs_to(self, whole_archive: Archive) -> None:
        attached, logs, left = whole_archive.ask(
            "SELECT count(*) FROM alert_attachments a JOIN files f ON f.alert_id = a.alert_id "
            "AND f.attachment_id = a.id AND f.filename = a.name AND f.stream = 'alert_attachments'",
            "SELECT count(*) FROM log_files l JOIN files f ON f.filename = l.filename AND f.stream = 'log_files'",
            'SELECT count(*) FROM files WHERE "fetchedAt" IS NULL OR missing IS NOT NULL',
        )
        assert (attached[0][0], logs[0][0], left[0][0]) == (
            *whole_archive.truth(ATTACHMENTS, LOGS).values(),
            0,
        )

    def test_every_line_of_the_log_files_is_in_a_table(self, whole_archive: Archive) -> None:
        lines = {
            (path.name, number): json.loads(line)
            for path in (whole_archive.output / "files" / LOGS).iterdir()
            for number, line in enumerate(path.read_text().splitlines(), 1)
        }
        (rows,) = whole_archive.ask("SELECT filename, line, content FROM log_lines")
        assert len(rows) == len(lines) > len(truth(whole_archive.account, LOGS))
        assert {(name, number): json.loads(content) for name, number, content in rows} == lines

    def test_the_pages_explain_them(self, whole_archive: Archive) -> None:
        count = len(truth(whole_archive.account, ATTACHMENTS, LOGS))
        for name in ("README.md", "verification.md"):
            assert f"{count:,} files are in the folder files, with " in (whole_archive.output / name).read_text()
        page = (whole_archive.output / "columns.md").read_text()
        assert "| `sha256` | VARCHAR | SHA-256 hash" in page

    def test_the_files_of_a_site_come_as_well(self, moved_archive: Archive) -> None:
        expected = truth(moved_archive.account, ATTACHMENTS, jsm=True)
        assert expected
        assert on_disk(moved_archive) == noted(moved_archive) == expected


class TestKilled:
    def test_the_next_run_fetches_the_others(self, few: Callable[..., Archive]) -> None:
        archive = few(LOGS, ATTACHMENTS, "alerts")
        archive.account.settings(latency_ms=20)
        with archive.start() as process:
            for line in process.stdout or ():
                if "fetching" in line:
                    break
            while downloads(archive.account) < 5:
                assert process.poll() is None
            process.send_signal(signal.SIGINT)  # which ends it at once, as SIGKILL does
            told = process.communicate()[0]
        assert process.returncode == 130
        assert "The run was stopped. All rows are saved, and so are the files fetched so far. To continue, run:" in told
        before = noted_by_the_archive(archive)
        expected = truth(archive.account, ATTACHMENTS, LOGS)
        assert len(before) < len(expected)
        folder = archive.output / "files"
        (folder / ATTACHMENTS / PART).write_text("the beginning of a file")
        archive.account.settings(latency_ms=0)
        archive.account.reset_stats()

        printed = archive.run()

        assert "Resuming the run of " in printed
        assert f"From earlier runs, {len(expected) - len(before)} files are still to be fetched." in printed
        assert on_disk(archive) == noted(archive) == expected
        assert downloads(archive.account) == len(expected) - len(before)


def noted_by_the_archive(archive: Archive) -> set[str]:
    """Return the files in the table before there are views."""
    (rows,) = asked(
        archive.output / "opsgenie.duckdb", "SELECT path FROM account._archive_files WHERE sha256 IS NOT NULL"
    )
    return {path for (path,) in rows}


class TestAgain:
    def test_files_that_are_gone_or_changed_are_fetched_again_and_named(self, few: Callable[..., Archive]) -> None:
        archive = few(LOGS)
        archive.run()
        folder = archive.output / "files" / LOGS
        gone, changed, *_ = sorted(folder.iterdir())
        gone.unlink()
        changed.write_bytes(changed.read_bytes()[::-1])
        archive.account.settings(fault={"name": "gone", "on": [LOG_FILE]})

        printed = archive.run(code=1)

        assert "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why." in printed
        assert archive.verification["files"]["damaged"] == [f"{LOGS}/{gone.name}", f"{LOGS}/{changed.name}"]
        named = f"and not fetched again: {LOGS}/{gone.name}, {LOGS}/{changed.name}. Restore them from a backup"
        assert named in printed
        assert "could not be fetched, because 127.0.0.1 answers with HTTP 404" in printed

        archive.account.settings(fault={})
        archive.account.reset_stats()
        printed = archive.run()
        assert f"and fetched again: {LOGS}/{gone.name}, {LOGS}/{changed.name}." in printed
        assert downloads(archive.account) == 2
        assert on_disk(archive) == noted(archive) == truth(archive.account, LOGS)

    def test_files_that_were_never_asked_for_are_named_after_the_move(self, few: Callable[..., Archive]) -> None:
        archive = few(LOGS, "teams")
        archive.run()
        expected = sorted(truth(archive.account, LOGS))
        forget_files(archive)
        archive.account.migrate()
        archive.has_moved = True
        printed = archive.run()
        told = f"{LOGS}: {len(expected)} files could not be fetched, because JSM Operations has no log files"
        assert told in printed
        assert f"{len(expected)} files could not be fetched." in archive.verification["verdict"]
        (absent,) = archive.verification["files"]["absent"]
        assert absent["paths"] == expected


def forget_files(archive: Archive) -> None:
    """Leave the folder as a run left it that took no files."""
    for path in (archive.output / "files" / LOGS).iterdir():
        path.unlink()
    asked(
        archive.output / "opsgenie.duckdb",
        *("DROP VIEW main.files", "DROP VIEW main.log_lines"),
        *("DROP TABLE account._archive_files", "DROP TABLE account._archive_log_lines"),
    )


class TestMissing:
    def test_a_storage_that_is_out_of_order_ends_the_asking_and_the_next_run_goes_on(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few(LOGS, settings={"fault": {"name": "503", "on": [LOG_FILE]}})
        printed = archive.run(code=1)
        assert f"{LOGS}: more than 20 files could not be fetched, so " in printed
        assert "NOT VERIFIED: rows or files may be missing in the folder files. verification.md says why." in printed
        assert archive.findings[LOGS]["outcome"] == "complete"
        archive.account.settings(fault={})
        archive.run()
        assert on_disk(archive) == noted(archive) == truth(archive.account, LOGS)

        # A folder that cannot be written is named.
        shutil.rmtree(archive.output / "files")
        (archive.output / "files").write_text("in the way")
        printed = archive.run(code=1)
        assert f"{LOGS}: files cannot be written into {archive.output / 'files'}: " in printed
        assert archive.rows(LOGS) == archive.truth(LOGS)


def test_a_line_that_is_not_json_is_set_aside_and_all_others_are_in_the_table(tmp_path: Path) -> None:
    lines: dict[int, tuple[bytes, Any]] = {
        1: (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        2: (b"", None),
        3: (b"no json", "no json"),
        4: (b'{"a": NaN}', '{"a": NaN}'),
        5: (rb'{"a": "\ud800"}', r'{"a": "\ud800"}'),
        6: (b"\xff", "\ufffd"),
        7: (b'{"a": 1e999}', '{"a": 1e999}'),
        8: ('{"a": "é"}\r'.encode(), {"a": "é"}),
        9: (b"[" * 200 + b"]" * 200, json.loads("[" * 200 + "]" * 200)),
        10: (b'{"a": "' + b"x" * 2**24 + b'"}', None),
        11: (b'{"last": 12345678901234567890123}', {"last": 12345678901234567890123}),
        12: (b'{"a":  0.1000000000000000000001, "b": 1e-400, "c": "\\u00e9", "a": 2}', {"a": 2, "b": 0, "c": "é"}),
        13: (b"null", None),
    }
    (tmp_path / "a.json").write_bytes(b"\n".join(line for line, _ in lines.values()))
    subprocess.run([PYTHON, "-c", LOAD, str(tmp_path)], cwd=ROOT, check=True)  # noqa: S603 - our own program
    (rows,) = asked(tmp_path / "archive.duckdb", "SELECT line, content FROM account._archive_log_lines ORDER BY line")
    assert {number: json.loads(content) for number, content in rows} == {
        number: lines[number][1] for number in (1, 8, 9, 11, 12, 13)
    }
    texts = dict(rows)
    assert {number: texts[number] for number in (12, 13)} == {number: lines[number][0].decode() for number in (12, 13)}
    aside = {}
    for text in (tmp_path / "set_aside.jsonl").read_text().splitlines():
        value = json.loads(text)
        assert (value["stream"], value["field"], value["key"]["filename"]) == ("log_lines", "content", "a.json")
        aside[value["key"]["line"]] = (value["value"], value["why"])
    assert aside == {number: (lines[number][1], "it is not JSON") for number in (3, 4, 6)} | {
        5: (lines[5][1], "it has half of a character"),
        7: (lines[7][1], "a number in it is too large"),
        10: (None, "the line has more than 16 MB"),
    }
    assert not (tmp_path / ".log_lines.jsonl").exists()
