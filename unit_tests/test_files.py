"""The state remembers the files that were delivered last, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from airbyte_cdk.models import AirbyteRecordMessageFileReference

from source_opsgenie.http.download import DownloadError
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.files import (
    MOST_MISSED,
    MOST_REMEMBERED,
    FileRow,
    FileStream,
    mark_of,
    remember,
)
from unit_tests.jsm_streams import jsm_streams
from unit_tests.simulated import DAY, NOW, Account, Sync, state_message, text

if TYPE_CHECKING:
    from pathlib import Path


def test_the_newest_files_are_remembered_and_the_oldest_forgotten() -> None:
    delivered: dict[str, None] = {}
    for number in range(MOST_REMEMBERED + 10):
        remember(delivered, f"file {number}")
    assert list(delivered) == [mark_of(f"file {number}") for number in range(10, MOST_REMEMBERED + 10)]


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
        stream.noted([FileRow({"alert_id": "a", "id": "f"}, "path", file)], was_owed=was_owed)

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
