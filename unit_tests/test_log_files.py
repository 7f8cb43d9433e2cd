"""The marker of log files: what a state may hold, and what Opsgenie may do with it."""

from __future__ import annotations

import logging
import re
import threading
from typing import Any

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.retry import OPTIONAL_CALL
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.opsgenie.streams.log_files import FIRST_MARKER, LogFiles

HOST = "https://api.opsgenie.com"
LISTED = f"{HOST}/v2/logs/list"
GIVEN = "2026-10-01-00-00-00_123"
NEXT = "2026-10-02-00-00-00_456"
NOW = {"Date": "Tue, 24 Nov 2026 23:00:00 GMT"}
# So high that nothing waits.
LIMITS = {"data": {"rateLimits": [{"domain": "configuration", "limits": [{"limit": 1000, "periodInSeconds": 1}]}]}}


@pytest.fixture
def stream(requests_mock: requests_mock.Mocker) -> LogFiles:
    requests_mock.get(f"{HOST}/v2/request-limits/", json=LIMITS, headers=NOW)
    requests_mock.get(f"{HOST}/v2/account", json={"data": {"name": "acme"}}, headers=NOW)
    requests_mock.get(f"{LISTED}/{FIRST_MARKER}", json={"data": [{"filename": "1"}], "marker": NEXT}, headers=NOW)
    requests_mock.get(f"{LISTED}/{NEXT}", json={"data": [], "marker": NEXT}, headers=NOW)
    return LogFiles(context_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event()))


def read(stream: LogFiles, marker: str) -> list[Any]:
    stream.state = {"marker": marker}
    return list(stream.read_records(SyncMode.incremental))


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_marker_that_opsgenie_refuses_is_told_and_the_first_one_asked_for(
    status: int, stream: LogFiles, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", status_code=status, headers=NOW)
    assert read(stream, GIVEN) == [{"filename": "1"}]
    assert stream.state["marker"] == NEXT
    assert stream.skips.because is None
    (line,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "no answer for the marker of the given state" in line.getMessage()


@pytest.mark.parametrize(("status", "reason"), [(402, "plan"), (403, "right")])
def test_what_refuses_every_marker_leaves_the_stream_out_and_the_state_as_it_is(
    status: int, reason: str, stream: LogFiles, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    for marker in (GIVEN, FIRST_MARKER):
        requests_mock.get(f"{LISTED}/{marker}", status_code=status, headers=NOW)
    assert read(stream, GIVEN) == []
    assert stream.state["marker"] == GIVEN
    (line,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert reason in line.getMessage()


def test_a_key_that_is_not_known_is_no_fault_of_the_marker(
    stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    for path in (f"{LISTED}/{GIVEN}", f"{HOST}/v2/account"):
        requests_mock.get(path, status_code=401, headers=NOW)
    with pytest.raises(ApiError, match="does not know the key"):
        read(stream, GIVEN)
    assert stream.state["marker"] == GIVEN


@pytest.mark.slow
@pytest.mark.parametrize("marker", ["m7", "2999-01-01-00-00-00", "2026-10-02-00-00-60"])
def test_a_marker_that_the_next_sync_would_not_believe_is_gone_on_from_but_not_kept(
    marker: str, stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    answer = {"data": [{"filename": "2"}], "marker": marker}
    requests_mock.get(f"{LISTED}/{GIVEN}", json=answer, headers=NOW)
    requests_mock.get(f"{LISTED}/{marker}", json={"data": [{"filename": "3"}], "marker": marker}, headers=NOW)
    assert read(stream, GIVEN) == [{"filename": "2"}, {"filename": "3"}]
    assert stream.state["marker"] == GIVEN


@pytest.mark.slow
@pytest.mark.parametrize("beside", [{}, {"marker": None}, {"marker": ""}, {"marker": GIVEN}], ids=str)
def test_a_page_that_leads_no_further_is_the_last_one(
    beside: dict[str, Any], stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", json={"data": [{"filename": "2"}], **beside}, headers=NOW)
    requests_mock.get(f"{LISTED}/", status_code=404, headers=NOW)
    assert read(stream, GIVEN) == [{"filename": "2"}]
    assert stream.state["marker"] == GIVEN


@pytest.mark.slow
@pytest.mark.parametrize(
    ("beside", "is_told"), [({}, True), ({"marker": None}, True), ({"marker": ""}, True), ({"marker": GIVEN}, False)]
)
def test_a_page_with_files_that_does_not_say_where_the_list_goes_on_is_told(
    beside: dict[str, Any],
    is_told: bool,
    stream: LogFiles,
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", json={"data": [{"filename": "2"}], **beside}, headers=NOW)
    assert read(stream, GIVEN) == [{"filename": "2"}]
    assert ("Files after them, if there are any, are missing" in caplog.text) is is_told


def test_a_list_that_goes_round_under_new_markers_comes_to_an_end(
    stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    markers = (f"2026-10-{day:02}-00-00-00" for day in range(2, 32))
    requests_mock.get(
        re.compile(f"{LISTED}/2026-10-.*"),
        json=lambda *_: {"data": [{"filename": "2"}], "marker": next(markers)},
        headers=NOW,
    )
    with pytest.raises(ApiError, match="leads back to a page already read"):
        read(stream, GIVEN)


def test_an_empty_page_without_a_marker_is_the_end(
    stream: LogFiles, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", json={"data": []}, headers=NOW)
    assert read(stream, GIVEN) == []
    assert "missing" not in caplog.text


def test_a_marker_may_be_a_number(stream: LogFiles, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", json={"data": [{"filename": "2"}], "marker": 7}, headers=NOW)
    requests_mock.get(f"{LISTED}/7", json={"data": [{"filename": "3"}], "marker": 7}, headers=NOW)
    assert read(stream, GIVEN) == [{"filename": "2"}, {"filename": "3"}]


@pytest.mark.slow
@pytest.mark.parametrize("marker", ["2026-11-25-12-59-59", "2026-11-25-12-59-59_9", "2026-10-01-00-00-00_123.json"])
def test_a_marker_may_be_of_any_time_zone(marker: str, stream: LogFiles, requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{LISTED}/{marker}", json={"data": [], "marker": marker}, headers=NOW)
    assert read(stream, marker) == []
    assert stream.state["marker"] == marker


def test_without_any_date_a_marker_is_compared_with_the_machines_clock(
    stream: LogFiles, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{HOST}/v2/request-limits/", json=LIMITS)
    requests_mock.get(f"{HOST}/v2/account", status_code=403)
    assert read(stream, "2999-01-01-00-00-00") == [{"filename": "1"}]
    assert "in the future" in caplog.text


def test_a_sync_without_files_keeps_those_that_are_owed(stream: LogFiles) -> None:
    owed = {"1": '{"filename": "1", "size": 5}'}
    stream.state = {"marker": NEXT, "owed": owed}
    assert list(stream.read_records(SyncMode.incremental)) == []
    assert stream.state["owed"] == owed


def test_a_marker_that_opsgenie_refuses_costs_nothing_that_is_owed(
    stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{LISTED}/{GIVEN}", status_code=404, headers=NOW)
    requests_mock.get(f"{LISTED}/{FIRST_MARKER}", json={"data": []}, headers=NOW)
    stream.state = {"marker": GIVEN, "owed": {"1": "{}"}}
    assert list(stream.read_records(SyncMode.incremental)) == []
    assert stream.state["owed"] == {"1": "{}"}


ADDRESS = "https://storage.example.com/a?signature=s"


@pytest.mark.parametrize("text", [ADDRESS, f"{ADDRESS}\n", f'"{ADDRESS}"'])
def test_the_address_of_a_file_is_the_whole_answer(
    text: str, stream: LogFiles, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/logs/download/a%2Fb.json", text=text, headers=NOW)
    assert stream.address_of({"filename": "a/b.json"}) == ADDRESS


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "sorry", "<html></html>", '{"url": "https://storage.example.com"}'])
def test_an_answer_that_is_not_an_address_is_not_called(
    text: str, stream: LogFiles, requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("source_opsgenie.opsgenie.streams.log_files.ONE_OBJECT", OPTIONAL_CALL)
    requests_mock.get(f"{HOST}/v2/logs/download/a.json", text=text, headers=NOW)
    with pytest.raises(ApiError, match=r"log_files: .* an answer that is not an address"):
        stream.address_of({"filename": "a.json"})
