"""The state remembers the files that were delivered last, and no more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteRecordMessageFileReference

from source_opsgenie.http.download import DownloadError
from source_opsgenie.http.errors import ApiError
from source_opsgenie.opsgenie.streams.log_files import LogFiles
from source_opsgenie.streams.files import (
    MOST_MISSED,
    MOST_REMEMBERED,
    FileRow,
    FileStream,
    remember,
)
from source_opsgenie.streams.fingerprint import short_hash
from unit_tests.jsm_streams import jsm_streams
from unit_tests.simulated import DAY, NOW, Account, Refused, Sync, state_message, text

SIGNED = "https://storage.example.com/f?X-Amz-Signature=s1gned"


def test_the_newest_files_are_remembered_and_the_oldest_forgotten() -> None:
    delivered: dict[str, None] = {}
    for number in range(MOST_REMEMBERED + 10):
        remember(delivered, f"file {number}")
    assert list(delivered) == [short_hash(f"file {number}") for number in range(10, MOST_REMEMBERED + 10)]


def test_a_state_tells_no_name() -> None:
    delivered: dict[str, None] = {}
    remember(delivered, "alert_attachments/a/b/salaries.xlsx")
    assert delivered
    assert "salaries" not in str(delivered)


@pytest.mark.parametrize("damaged", [5, "abc", {"a": 1}, True])
def test_what_a_state_cannot_remember_is_no_list_of_files(
    damaged: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Account()
    account.alert("a", NOW - DAY)
    state = state_message("alert_attachments", updatedAt=text(NOW - 2 * DAY), backfill="done", files=damaged)
    sync = Sync(account, "alert_attachments", state=[state], include_files=True)
    assert sync.ended("alert_attachments") == "COMPLETE"
    assert sync.warned_of("alert_attachments", "the syncs before this one did not include files")
    assert sync.state_of("alert_attachments")["files"] == []


PASSES = DownloadError("the storage answers with HTTP 503")
LASTS = DownloadError("the storage answers with HTTP 404", is_lasting=True)
FETCHED = AirbyteRecordMessageFileReference("file:///f", "f", 1)


@pytest.mark.parametrize("other", [FETCHED, LASTS], ids=["fetched", "gone"])
def test_files_that_fail_stop_the_stream_only_if_none_comes_between_them(
    other: AirbyteRecordMessageFileReference | DownloadError, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = jsm_streams()["alert_attachments"]
    assert isinstance(stream, FileStream)
    monkeypatch.setattr(stream, "_delivered", {})

    def note(file: AirbyteRecordMessageFileReference | DownloadError, *, was_owed: bool = False) -> None:
        stream.note_files([FileRow({"alert_id": "a", "id": "f"}, "path", file)], was_owed=was_owed)

    for _ in range(2 * MOST_MISSED):
        note(PASSES, was_owed=True)  # they would stop the stream at every sync
    for _ in range(MOST_MISSED):
        note(PASSES)
    note(other)
    if other is FETCHED:
        for _ in range(MOST_MISSED):
            note(PASSES)
    with pytest.raises(ApiError, match=f"^alert_attachments: more than {MOST_MISSED} files in a row .* HTTP 503"):
        note(PASSES)


def test_of_two_rows_that_were_read_at_once_only_the_first_brings_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Destinations remove a file once they have it, so that of a second reference would not be there."""
    stream = jsm_streams()["alert_attachments"]
    assert isinstance(stream, FileStream)
    monkeypatch.setattr(stream, "_delivered", {})
    rows = [FileRow({"alert_id": "a", "id": "f"}, "path", FETCHED) for _ in range(2)]
    for row in rows:
        assert stream.note_files([row], was_owed=False) is None
    assert [row.file for row in rows] == [FETCHED, None]


def test_every_part_of_the_path_of_a_file_is_made_safe() -> None:
    stream = jsm_streams()["alert_attachments"]
    assert isinstance(stream, FileStream)
    path = PurePosixPath(stream.path_of({"alert_id": "..", "id": "/", "name": "graph.png"}))
    assert len(path.parts) == 4
    assert ".." not in path.parts


@pytest.mark.parametrize("field", ["url", "downloadUrl", "thumbnail"])
def test_an_address_in_a_list_of_files_is_no_part_of_a_row(field: str) -> None:
    account = Account()
    account.alert("a", NOW - DAY)
    account.below["/v2/alerts/a/attachments"] = [{"id": 1, "name": "f.txt", field: SIGNED}]
    account.log_files = {None: ([{"filename": "f.json", field: SIGNED}], "2026-10-01-00-00-00")}
    sync = Sync(account, "alert_attachments", "log_files")
    (attachment,), (log_file,) = sync.rows("alert_attachments"), sync.rows("log_files")
    assert (attachment["id"], attachment["name"], log_file["filename"]) == ("1", "f.txt", "f.json")
    assert "s1gned" not in f"{attachment} {log_file}"


class Stored(Account):
    """An account whose storage answers, too."""

    kind = "text/html"

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer a call of the API, or give a file with its type."""
        if not request.url.startswith(SIGNED):
            return super().answer(request, context)
        context.headers["Content-Type"] = self.kind
        return b"content"


def test_a_file_whose_place_has_a_web_page_comes_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Stored()
    account.alert("a", NOW - DAY)
    account.below["/v2/alerts/a/attachments"] = [{"id": 1, "name": "f.txt"}]
    account.below["/v2/alerts/a/attachments/1"] = {"name": "f.txt", "url": SIGNED}
    first = Sync(account, "alert_attachments", include_files=True)
    assert first.warned_of("alert_attachments", "1 row", "storage.example.com answers with a web page", "next sync")
    assert first.ids("alert_attachments") == {"1"}
    assert not list(tmp_path.rglob("*.*"))
    account.kind = "text/plain"
    second = Sync(account, "alert_attachments", state=first.states, include_files=True)
    assert second.warnings("alert_attachments") == []
    assert (tmp_path / "alert_attachments/a/1/f.txt").is_file()


def test_a_path_that_cannot_be_written_costs_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Stored()
    account.kind = "text/plain"
    for each in ("a", "b"):
        account.alert(each, NOW - DAY)
        account.below[f"/v2/alerts/{each}/attachments"] = [{"id": 1, "name": "f.txt"}]
        account.below[f"/v2/alerts/{each}/attachments/1"] = {"name": "f.txt", "url": SIGNED}
    folder = tmp_path / "alert_attachments"
    folder.mkdir()
    (folder / "a").write_text("in the way")
    first = Sync(account, "alert_attachments", include_files=True)
    assert first.warned_of("alert_attachments", "1 row", "a/1", "its path cannot be written (", "next sync")
    assert (folder / "b/1/f.txt").is_file()
    (folder / "a").unlink()
    second = Sync(account, "alert_attachments", state=first.states, include_files=True)
    assert second.warnings("alert_attachments") == []
    assert (folder / "a/1/f.txt").is_file()


@pytest.mark.parametrize("further", [{"name": "f.txt"}, {}])
def test_a_file_comes_whatever_its_address_comes_with(
    further: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSM Operations answers with nothing but the address."""
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Stored()
    account.kind = "text/plain"
    account.alert("a", NOW - DAY)
    account.below["/v2/alerts/a/attachments"] = [{"id": 1, "name": "f.txt"}]
    account.below["/v2/alerts/a/attachments/1"] = {**further, "url": SIGNED}
    assert Sync(account, "alert_attachments", include_files=True).warnings("alert_attachments") == []
    assert (tmp_path / "alert_attachments/a/1/f.txt").is_file()


@pytest.mark.parametrize("answer", [{}, {"id": 2, "name": "another", "url": SIGNED}])
def test_a_file_without_an_address_of_its_own_is_missing_and_its_row_is_whole(
    answer: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Stored()
    account.alert("a", NOW - DAY)
    account.below["/v2/alerts/a/attachments"] = [{"id": 1, "name": "f.txt"}]
    account.below["/v2/alerts/a/attachments/1"] = answer
    (warning,) = Sync(account, "alert_attachments", include_files=True).warnings("alert_attachments")
    assert "the files of 1 row could not be fetched, because Opsgenie gives no address" in warning


def test_owed_log_files_whose_rows_a_state_lacks_come_with_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Stored()
    account.kind = "text/plain"
    account.refused["/v2/logs/download/.*"] = Refused(200, SIGNED, by_gateway=True)
    damaged = {"a": None, "b": "no JSON", "c": "[1]"}
    state = state_message("log_files", marker="2026-10-01-00-00-00", owed=damaged, files=[])
    sync = Sync(account, "log_files", state=[state], include_files=True)
    assert (sync.ids("log_files", "filename"), sync.failed()) == (set(damaged), {})
    assert {each.name for each in (tmp_path / "log_files").iterdir()} == set(damaged)
    assert "owed" not in sync.state_of("log_files")


@pytest.mark.parametrize("name", ["alert_attachments", "log_files"])
def test_a_fault_of_the_connector_at_one_file_costs_no_other_row(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Account()
    for each in ("a", "b"):
        account.alert(each, NOW - DAY)
        account.below[f"/v2/alerts/{each}/attachments"] = [{"id": 1, "name": "f.txt"}]
    account.log_files = {None: ([{"filename": each} for each in ("a", "b")], "2026-10-01-00-00-00")}

    def failing(*_: object) -> str:
        raise ValueError("a text of the address")

    monkeypatch.setattr(FileStream, "address_of", failing)
    monkeypatch.setattr(LogFiles, "address_of", failing)
    sync = Sync(account, name, include_files=True)
    assert (sync.ended(name), len(sync.rows(name))) == ("COMPLETE", 2)
    (warning,) = sync.warnings(name)
    assert "2 rows could not be fetched, because the connector itself failed (ValueError in test_files.py" in warning
    assert "a text of the address" not in f"{warning} {sync.state_of(name)}"


@pytest.mark.parametrize(
    "refused",
    [
        lambda name: Refused(403, f"no right to {name}"),
        lambda name: Refused(422, f"no such file in {name}"),
        lambda name: Refused(200, f"<html>{name}", by_gateway=True),
    ],
)
@pytest.mark.usefixtures("naps")
def test_files_that_are_missing_for_one_reason_are_told_together_whatever_the_words_of_each_answer(
    refused: Callable[[str], Refused], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of an answer may name the object, and always name the request."""
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Account()
    for each in ("a", "b", "c"):
        account.alert(each, NOW - DAY)
        account.below[f"/v2/alerts/{each}/attachments"] = [{"id": 1, "name": "f.txt"}]
        account.refused[f"/v2/alerts/{each}/attachments/1"] = refused(each)
    (warning,) = Sync(account, "alert_attachments", include_files=True).warnings("alert_attachments")
    assert "the files of 3 rows could not be fetched" in warning
    assert "a/1, b/1, c/1" in warning


@pytest.mark.parametrize("status", [403, 422])
def test_an_address_in_an_error_answer_is_told_without_its_signature(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    account = Account()
    account.alert("a", NOW - DAY)
    account.below["/v2/alerts/a/attachments"] = [{"id": 1, "name": "f.txt"}]
    account.refused["/v2/alerts/a/attachments/1"] = Refused(status, f"Link {SIGNED} has expired")
    with caplog.at_level("DEBUG"):
        sync = Sync(account, "alert_attachments", include_files=True)
    assert sync.warned_of("alert_attachments", "Link https://storage.example.com/f?*** has expired")
    assert "s1gned" not in f"{caplog.text} {sync.messages}"
