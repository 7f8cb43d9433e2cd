"""Alerts of JSM Operations, of which no document says how much the list shows."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.history import HistoryStream
from unit_tests.jsm_streams import GATEWAY, SITE, jsm_streams
from unit_tests.random_site import CONFIG, CREATED, RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, Sync, text

ALERTS = f"{GATEWAY}/jsm/ops/api/cloud/v1/alerts"

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    return jsm_streams()


def read(stream: ApiStream) -> list[Row]:
    slices = stream.stream_slices(sync_mode=SyncMode.incremental)
    found = [row for part in slices for row in stream.read_records(SyncMode.incremental, stream_slice=part)]
    stream.skips.raise_failures()
    return [row for row in found if isinstance(row, dict)]


@pytest.mark.parametrize(
    ("listed", "calls"),
    [
        ({"description": "D", "extraProperties": {"a": "b"}}, 0),
        ({"description": "D"}, 1),
        ({"description": None, "extraProperties": None}, 1),
        ({"description": "", "extraProperties": {}}, 1),
        ({"description": "", "extraProperties": {"a": "b"}}, 0),
        ({"description": "D", "extraProperties": {}}, 0),
    ],
)
def test_an_alert_is_asked_for_unless_the_list_shows_it_whole(
    listed: Row,
    calls: int,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    alert = {"id": "a", "status": "open", "createdAt": text(NOW), "updatedAt": text(NOW), "count": 3}  # it occurred
    requests_mock.get(ALERTS, json={"values": [{**alert, **listed}], "count": 1})
    single = requests_mock.get(f"{ALERTS}/a", json={**alert, "description": "D", "extraProperties": {"a": "b"}})
    (row,) = read(streams["alert_details"])
    assert single.call_count == calls
    assert calls == 0 or (row["description"], row["details"]) == ("D", {"a": "b"})
    assert not any(" counts " in line for line in caplog.messages)


@pytest.mark.parametrize("single", [{"id": "a"}, {"data": {"id": "b"}}, {"message": "odd", "took": 0}], ids=str)
def test_an_answer_that_is_not_the_single_alert_leaves_it_owed(
    single: Row, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    alerts = [{"id": name, "status": "open", "createdAt": text(NOW), "updatedAt": text(NOW)} for name in "ab"]
    requests_mock.get(ALERTS, json={"values": alerts, "count": 2})
    requests_mock.get(f"{ALERTS}/a", json={**alerts[0], "description": "D"})
    requests_mock.get(f"{ALERTS}/b", json=single)
    stream, found = streams["alert_details"], []
    with pytest.raises(ApiError, match="1 object could not be read: b"):  # noqa: PT012 - rows come before it
        for part in stream.stream_slices(sync_mode=SyncMode.incremental):
            for row in stream.read_records(SyncMode.incremental, stream_slice=part):
                found.append(row)  # noqa: PERF402
        stream.skips.raise_failures()
    assert [row["id"] for row in found if isinstance(row, dict)] == ["a"]
    assert stream.state["owed"].keys() == {"b"}


def test_empty_fields_of_the_list_are_believed_as_soon_as_it_shows_that_they_need_not_be_empty(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    listed = [("", {}), ("", {}), ("", {"a": "b"}), ("", {}), (None, {})]
    rows: list[Row] = [
        {
            "id": f"a{number}",
            "createdAt": text(NOW + number),
            "updatedAt": text(NOW),
            "description": description,
            "extraProperties": details,
        }
        for number, (description, details) in enumerate(listed)
    ]
    requests_mock.get(ALERTS, json={"values": rows, "count": len(rows)})
    singles = [
        requests_mock.get(f"{ALERTS}/{row['id']}", json={**row, "description": f"of {row['id']}"}) for row in rows
    ]
    found = read(streams["alert_details"])
    assert [row["description"] for row in found] == ["of a0", "of a1", "", "", "of a4"]
    assert [single.call_count for single in singles] == [1, 1, 0, 0, 1]


def test_more_changes_than_are_kept_are_listed_once_for_all_streams_below_alerts(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HistoryStream, "most_changes", 3)
    rows = [{"id": f"a{number}", "createdAt": text(NOW + number), "updatedAt": text(NOW)} for number in range(10)]
    asked = requests_mock.get(ALERTS, json={"values": rows, "count": len(rows)})
    parent = streams["alert_logs"].parent  # type: ignore[attr-defined]
    assert parent is streams["alert_notes"].parent  # type: ignore[attr-defined]
    assert parent.changed_parents(NOW) is None
    calls = asked.call_count
    assert [parent.changed_parents(since) for since in (NOW - 1, NOW, NOW + 1)] == [None] * 3
    assert asked.call_count == calls


class ShortPages(RandomSite):
    """A site of 350 alerts, whose pages are shorter than asked for, without a link and without a count."""

    def __init__(self) -> None:
        super().__init__(1)
        self.sort, self.size = "ignored", 20
        self.change_all(NOW - DAY)

    def change_all(self, moment: int) -> None:
        """Change all alerts."""
        self.rows["/v1/alerts"] = [
            {"id": f"a{number}", "createdAt": text(NOW - 9 * DAY + number), "updatedAt": text(moment)}
            for number in range(350)
        ]

    def _alerts(self, params: dict[str, str]) -> Any:
        answer = super()._alerts(params)
        return {"values": answer["values"]} if isinstance(answer, dict) else answer


def test_short_pages_without_link_and_count_cost_no_alert() -> None:
    site, config = ShortPages(), {**CONFIG, "start_date": None}
    first = Sync(site, "alerts", **config)
    assert len(first.ids("alerts")) == 350
    site.now += DAY
    site.change_all(site.now - HOUR)
    second = Sync(site, "alerts", state=first.states, **config)
    assert len(second.ids("alerts")) == 350


NO: Row = {"status_code": 401, "json": {"message": "No."}}
NO_SCOPE: Row = {"status_code": 401, "json": {"message": "Unauthorized; scope does not match"}}


@pytest.mark.parametrize(
    ("no", "why"),
    [(NO, "does not accept the token"), (NO_SCOPE, "refused the list after part")],
    ids=["token", "scope"],
)
def test_attachments_that_an_expired_token_did_not_read_are_not_passed_over(
    no: Row, why: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    rows = [{"id": f"a{number}", "createdAt": text(NOW + number), "updatedAt": text(NOW)} for number in range(3)]
    requests_mock.get(ALERTS, json={"values": rows, "count": len(rows)})
    requests_mock.get(f"{ALERTS}/a0/attachments", [{"json": {"values": []}}, no])
    for name in ("a1", "a2"):
        requests_mock.get(f"{ALERTS}/{name}/attachments", **no)
        requests_mock.get(f"{ALERTS}/{name}", **no)
    requests_mock.get(ALERTS.replace("alerts", "schedules"), [{"json": {"values": []}}, no])
    with pytest.raises(ApiError, match=rf"^alert_attachments: .*{why}"):
        read(streams["alert_attachments"])


def test_a_file_whose_address_is_refused_for_a_scope_that_the_list_needs_too_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    site = Site(3)
    site.refuse = lambda path: NO_SCOPE if path.endswith("/attachments/f2") else None
    first = Sync(site, "alert_attachments", include_files=True, **CONFIG)
    assert len(first.rows("alert_attachments")) == 3
    assert set(first.state_of("alert_attachments")["owed"]) >= {"a2"}
    assert first.warned_of("alert_attachments", "the next sync asks for the files again", "a2/f2")


def test_a_scope_that_the_token_never_had_skips_the_attachments(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{"id": f"a{number}", "createdAt": text(NOW + number), "updatedAt": text(NOW)} for number in range(3)]
    requests_mock.get(ALERTS, json={"values": rows, "count": len(rows)})
    for row in rows:
        requests_mock.get(f"{ALERTS}/{row['id']}/attachments", **NO_SCOPE)
    requests_mock.get(ALERTS.replace("alerts", "schedules"), json={"values": []})
    stream = streams["alert_attachments"]
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert read(stream) == []
    assert "alert_attachments: the stream is skipped, because" in caplog.text
    assert "createdAt" not in stream.state


# Refusals, on a site whose alerts have one row each in every list below them.


class Site(RandomSite):
    """A site with some alerts, and nothing else that is random.

    Attributes:
        refuse: returns the answer that refuses a path; None if it is answered.
    """

    def __init__(self, alerts: int) -> None:
        super().__init__(1)
        self.size = 50
        self.refuse: Callable[[str], Row | None] = lambda _: None
        self.asked: list[str] = []
        self.rows["/v1/alerts"] = [self._alert(CREATED + number * 60_000) for number in range(alerts)]
        for number, alert in enumerate(self.rows["/v1/alerts"]):
            alert |= {"id": f"a{number}", "updatedAt": alert["createdAt"], "mark": number}
            alert |= {"description": "d", "extraProperties": {}}
            for part, fields in (
                ("logs", {"logTime": alert["createdAt"], "log": "l"}),
                ("notes", {"createdAt": alert["createdAt"], "note": "n"}),
                ("attachments", {"attachmentName": "n"}),
            ):
                self.rows[f"/v1/alerts/a{number}/{part}"] = [{"id": f"f{number}", "mark": number, **fields}]

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call, or refuse it."""
        path = unquote(urlsplit(request.url).path).partition("/cloud")[2]
        self.asked.append(path)
        refused = self.refuse(path)
        if refused is None:
            return super().answer(request, context)
        context.status_code = refused["status_code"]
        return json.dumps(refused["json"]).encode()


def below(part: str) -> re.Pattern[str]:
    return re.compile(rf"/v1/alerts/a(\d+)/{part}")


FOR_ALL = [
    NO_SCOPE,
    {"status_code": 402, "json": {"message": "Your plan does not include it"}},
    {"status_code": 403, "json": {"code": 40301, "message": "Account does not have access to Opsgenie."}},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("no", "workers", "mode"),
    [
        (FOR_ALL[0], 1, SyncMode.incremental),
        (FOR_ALL[1], 10, SyncMode.incremental),
        (FOR_ALL[2], 1, SyncMode.full_refresh),
        (FOR_ALL[0], 10, SyncMode.full_refresh),
    ],
    ids=["scope, incremental", "plan, incremental, workers", "access, full refresh", "scope, full refresh, workers"],
)
@pytest.mark.parametrize("part", ["logs", "notes", "attachments"])
def test_a_right_lost_in_the_middle_of_a_stream_loses_no_rows(part: str, no: Row, workers: int, mode: SyncMode) -> None:
    site, name, lost = Site(60), f"alert_{part}", below(part)
    site.refuse = lambda path: (
        no if lost.fullmatch(path) and sum(map(bool, map(lost.fullmatch, site.asked))) > 10 else None
    )
    first = Sync(site, name, mode=mode, **{**CONFIG, "num_workers": workers})
    assert len(first.rows(name)) <= 10
    assert first.ended(name) == "INCOMPLETE"
    assert "the API refused the list after part of it had been read" in first.failed()[name]
    assert first.warnings(name) == []
    site.refuse = lambda _: None
    second = Sync(site, name, state=first.states, **CONFIG)
    assert second.ended(name) == "COMPLETE"
    assert second.ids(name, "alert_id") == {f"a{number}" for number in range(60)}


def test_alerts_that_are_refused_at_a_later_sync_are_skipped_and_read_by_the_next_one() -> None:
    site = Site(3)
    first = Sync(site, "alerts", **CONFIG)
    site.refuse = lambda path: FOR_ALL[1] if path == "/v1/alerts" else None
    second = Sync(site, "alerts", state=first.states, **CONFIG)
    assert second.ended("alerts") == "COMPLETE"
    assert second.warned_of("alerts", "the stream is skipped, because")
    site.refuse = lambda _: None
    site.rows["/v1/alerts"][0] |= {"status": "closed", "updatedAt": text(NOW)}
    third = Sync(site, "alerts", state=second.states, **CONFIG)
    assert "a0" in third.ids("alerts")


@pytest.mark.parametrize("no", FOR_ALL, ids=["scope", "plan", "access"])
def test_a_right_lost_in_the_middle_of_a_list_below_the_teams_is_an_error(no: Row) -> None:
    site = Site(0)
    teams = [{"teamId": f"t{number}", "teamName": "n", "mark": number} for number in range(9)]
    site.rows["/v1/teams"] = teams
    for team in teams:
        site.rows[f"/v1/teams/{team['teamId']}/heartbeats"] = [{"name": "h", "mark": team["mark"]}]
    place = re.compile(r"/v1/teams/t\d/heartbeats")
    site.refuse = lambda path: (
        no if place.fullmatch(path) and len(list(filter(place.fullmatch, site.asked))) > 4 else None
    )
    sync = Sync(site, "heartbeats", **CONFIG)
    assert sync.ended("heartbeats") == "INCOMPLETE"
    assert "the API refused the list after part of it had been read" in sync.failed()["heartbeats"]
    assert sync.warnings("heartbeats") == []


def test_an_alert_that_came_without_a_call_does_not_prove_that_the_token_may_ask_for_one() -> None:
    site = Site(20)
    del site.rows["/v1/alerts"][9]["description"]
    site.refuse = lambda path: FOR_ALL[1] if re.fullmatch(r"/v1/alerts/a\d+", path) else None
    sync = Sync(site, "alert_details", **CONFIG)
    assert sync.ended("alert_details") == "COMPLETE"
    assert sync.ids("alert_details") == {f"a{number}" for number in range(20) if number != 9}
    assert sync.warned_of("alert_details", "the rows of 1 alert were skipped", "a9")


def test_alerts_are_not_passed_over_if_the_token_ends_before_the_first_of_them_is_asked_for() -> None:
    site = Site(150)
    for row in site.rows["/v1/alerts"][9:12]:
        del row["description"]
    single = re.compile(r"/v1/alerts/a\d+")
    site.refuse = lambda path: FOR_ALL[0] if any(map(single.fullmatch, [path, *site.asked])) else None
    first = Sync(site, "alert_details", **CONFIG)
    assert first.ended("alert_details") == "INCOMPLETE"
    site.refuse = lambda _: None
    second = Sync(site, "alert_details", state=first.states, **CONFIG)
    assert second.ended("alert_details") == "COMPLETE"
    assert first.ids("alert_details") | second.ids("alert_details") == {f"a{number}" for number in range(150)}


# The attachments are refused to tokens, says a report. That is no matter of one alert if the alert itself can be read.


def refused(status: int) -> Row:
    return {"status_code": status, "json": {"message": "No."}}


SAMPLE = {"a0", "a20", "a40"}


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403])
def test_attachments_that_the_token_may_not_read_cost_few_calls(status: int) -> None:
    site = Site(41)
    site.refuse = lambda path: refused(status) if below("attachments").fullmatch(path) else None
    sync = Sync(site, "alerts", "alert_attachments", **CONFIG)
    assert sync.rows("alert_attachments") == []
    assert sync.ended("alert_attachments") == "COMPLETE"
    (warning,) = sync.warnings("alert_attachments")
    assert "the stream is skipped" in warning
    assert len(list(filter(below("attachments").fullmatch, site.asked))) <= 3 + 1
    assert "createdAt" not in sync.state_of("alert_attachments")
    site.refuse = lambda _: None
    later = Sync(site, "alert_attachments", state=sync.states, **CONFIG)
    assert len(later.rows("alert_attachments")) == 41


@pytest.mark.slow
@pytest.mark.parametrize("status", [401, 403, 404])
def test_alerts_that_cannot_be_read_decide_nothing_about_the_attachments_of_others(status: int) -> None:
    site = Site(41)
    site.refuse = lambda path: (
        refused(status) if (found := re.match(r"/v1/alerts/(a\d+)", path)) and found[1] in SAMPLE else None
    )
    sync = Sync(site, "alerts", "alert_attachments", **CONFIG)
    assert sync.ids("alert_attachments", "alert_id") == {f"a{number}" for number in range(41)} - SAMPLE


@pytest.mark.slow
@pytest.mark.parametrize("status", [422, 500])
def test_an_alert_that_fails_and_whose_attachments_are_refused_ends_no_stream(status: int) -> None:
    site, alone = Site(41), re.compile("/v1/alerts/a20")
    site.refuse = lambda path: (
        refused(status) if alone.fullmatch(path) else refused(403) if path.startswith("/v1/alerts/a20/") else None
    )
    sync = Sync(site, "alert_attachments", **CONFIG)
    assert sync.ids("alert_attachments", "alert_id") == {f"a{number}" for number in range(41)} - {"a20"}
    assert sync.ended("alert_attachments") == "COMPLETE"
    assert sync.warned_of("alert_attachments", "the rows of 1 alert were skipped", "a20")


def test_an_alert_that_is_asked_for_only_to_see_whether_it_can_be_read_completes_no_row() -> None:
    site, alone = Site(3), re.compile(r"/v1/alerts/a\d+")
    site.refuse = lambda path: (
        {"status_code": 200, "json": {"id": "another"}}
        if alone.fullmatch(path)
        else refused(403)
        if "attachments" in path
        else None
    )
    sync = Sync(site, "alert_attachments", **CONFIG)
    assert sync.warned_of("alert_attachments", "the stream is skipped")
    assert not sync.logged("the row has only the list's fields")


def test_attachments_that_are_not_found_decide_nothing_about_others() -> None:
    site = Site(41)
    site.refuse = lambda path: (
        refused(404) if (found := below("attachments").fullmatch(path)) and f"a{found[1]}" in SAMPLE else None
    )
    sync = Sync(site, "alert_attachments", **CONFIG)
    assert sync.ids("alert_attachments", "alert_id") == {f"a{number}" for number in range(41)} - SAMPLE


@pytest.mark.slow
def test_attachments_refused_after_others_were_answered_are_not_passed_over() -> None:
    site = Site(150)
    place = below("attachments")
    site.refuse = lambda path: (
        refused(403) if place.fullmatch(path) and len(list(filter(place.fullmatch, site.asked))) > 10 else None
    )
    first = Sync(site, "alert_attachments", **CONFIG)
    assert first.ended("alert_attachments") == "INCOMPLETE"
    site.refuse = lambda _: None
    second = Sync(site, "alert_attachments", state=first.states, **CONFIG)
    assert len(second.ids("alert_attachments", "alert_id")) == 150


class Timeless(RandomSite):
    """A site whose queries by creation time find nothing, as if it wrote times in another way than Opsgenie."""

    understands = False

    def _alerts(self, params: dict[str, str]) -> Any:
        if self.understands or "createdAt" not in params.get("query", ""):
            return super()._alerts(params)
        return {"values": [], "count": 0}


@pytest.mark.parametrize("query", [None, "tag: a"])
@pytest.mark.parametrize("start", [CREATED, None])
def test_alerts_that_no_query_by_time_finds_are_an_error_and_passed_over_by_no_state(
    start: int | None, query: str | None
) -> None:
    site = Timeless(1)
    site.rows["/v1/alerts"] = [{"id": "a", "createdAt": text(CREATED), "updatedAt": text(CREATED)}]
    config = {**CONFIG, "start_date": None if start is None else text(start), "alert_query": query}
    names = ("alerts", "alert_logs")
    first = Sync(site, *names, **config)
    for name in names:
        assert "a query by creation time does not find it" in first.failed()[name]
    site.understands = True
    second = Sync(site, *names, state=first.states, **config)
    assert (second.ids("alerts"), second.failed()) == ({"a"}, {})
    site.understands = False
    third = Sync(site, *names, state=second.states, **config)
    assert (set(third.failed()), third.warnings("alerts")) == ({*names}, [])


def test_an_alert_that_begins_to_match_the_users_query_after_the_scan_is_no_error() -> None:
    class Changing(RandomSite):
        scanned = matches = False

        def _alerts(self, params: dict[str, str]) -> Any:
            has_time = "createdAt" in params.get("query", "")
            self.scanned |= has_time
            self.matches |= self.scanned and not has_time
            return super()._alerts(params) if self.matches else {"values": [], "count": 0}

    site = Changing(1)
    site.rows["/v1/alerts"] = [{"id": "a", "createdAt": text(CREATED), "updatedAt": text(CREATED)}]
    sync = Sync(site, "alerts", **{**CONFIG, "alert_query": "tag: a", "start_date": None})
    assert sync.failed() == {}


@pytest.mark.parametrize("start", [CREATED + 1, None])
def test_no_alert_since_the_start_date_is_no_error(start: int | None) -> None:
    site = RandomSite(1)
    site.rows["/v1/alerts"] = [] if start is None else [{"id": "a", "createdAt": text(CREATED)}]
    sync = Sync(site, "alerts", **{**CONFIG, "start_date": None if start is None else text(start)})
    assert (sync.rows("alerts"), sync.failed(), sync.warnings("alerts")) == ([], {}, [])
