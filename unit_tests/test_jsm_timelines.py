"""The timelines of a year, of which JSM shows less while a sync goes on."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.jsm.catalog import all_streams
from source_opsgenie.jsm.context import context_of
from unit_tests.jsm_streams import CONFIG, OPERATIONS, SITE, jsm_streams
from unit_tests.simulated import HOUR, millis, text

if TYPE_CHECKING:
    import requests
    import requests_mock

YEAR = 365 * 24 * HOUR
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


class Site:
    """A site with one schedule, who has a period of a day at the beginning of each month."""

    def __init__(self, now: str) -> None:
        self.now = millis(now)
        self.asked: list[str] = []

    def answer(self, request: requests.PreparedRequest, context: Any) -> Row:
        """Answer any call."""
        context.headers["Date"] = (EPOCH + timedelta(milliseconds=self.now)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        path, query = (request.path_url or "").partition("?")[::2]
        if path.endswith("/schedules"):
            return {"values": [{"id": "s", "name": "S", "rotations": []}]}
        if path.endswith("/timeline"):
            return self._timeline(request.qs["date"][0].upper(), context)  # type: ignore[attr-defined]
        known: Row = {"/_edge/tenant_info": {"cloudId": "cloud"}, "/v1/teams": {"platformTeams": []}}
        return next((body for end, body in known.items() if path.endswith(end)), {"values": [], "asked": query})

    def _timeline(self, date: str, context: Any) -> Row:
        if millis(date) < self.now - YEAR:
            context.status_code = 422
            return {"errors": [{"title": "date may be one year back at most"}]}
        self.asked.append(date[:7])
        begin = datetime.fromisoformat(f"{date[:7]}-01T00:00:00+00:00")
        end = (begin + timedelta(days=32)).replace(day=1)
        period = {"startDate": begin.isoformat(), "endDate": (begin + timedelta(days=1)).isoformat(), "type": "base"}
        layer = {"rotations": [{"id": "r", "periods": [period]}]}
        layers = {f"{name}Timeline": layer for name in ("final", "base", "override", "forwarding")}
        return {"startDate": begin.isoformat(), "endDate": end.isoformat(), **layers}


@pytest.mark.parametrize(
    ("begun", "hours", "first"),
    [
        ("2026-11-20T12:00:00.000Z", 0, "2025-11"),
        ("2026-11-20T12:00:00.000Z", 30, "2025-11"),
        ("2026-11-30T12:00:00.000Z", 30, "2025-12"),
    ],
)
def test_the_month_of_a_year_ago_is_read_however_late_in_a_sync(
    begun: str, hours: int, first: str, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(begun)
    requests_mock.get(f"{SITE}/rest/api/3/users/search", json=[])
    requests_mock.get(re.compile(re.escape(OPERATIONS)), json=site.answer)
    requests_mock.get(f"{SITE}/_edge/tenant_info", json=site.answer)
    streams = jsm_streams()
    list(streams["syncs"].rows())
    site.now += hours * HOUR
    list(streams["jec_channels"].rows())  # other streams come before
    stream = streams["schedule_timelines"]
    months = [
        row["endDate"][:7]
        for part in stream.stream_slices(sync_mode=SyncMode.incremental)
        for row in stream.read_records(SyncMode.incremental, stream_slice=part)
        if isinstance(row, dict) and row["layer"] == "final"
    ]
    assert months[0] == first
    assert months == sorted(set(months))
    assert months[-1] == text(millis(begun))[:7]
    assert not [record for record in caplog.records if "refuses" in record.getMessage()]
    told = [record.getMessage() for record in caplog.records if "during the sync" in record.getMessage()]
    assert len(told) == (first != "2025-11")
    assert all("2025-11" in line for line in told)


@pytest.mark.parametrize(
    ("start", "first", "is_told"),
    [("2024-01-01", "2025-11", True), ("2025-11-01", "2025-11", False), ("2026-09-01", "2026-09", False)],
)
def test_a_start_date_before_what_jsm_shows_is_told(
    start: str, first: str, is_told: bool, requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site("2026-11-20T12:00:00.000Z")
    requests_mock.get(f"{SITE}/rest/api/3/users/search", json=[])
    requests_mock.get(re.compile(re.escape(OPERATIONS)), json=site.answer)
    requests_mock.get(f"{SITE}/_edge/tenant_info", json=site.answer)
    config = Config.parse({**CONFIG, "start_date": start})
    stream = next(
        each for each in all_streams(context_of(config, threading.Event())) if each.name == "schedule_timelines"
    )
    months = [
        row["endDate"][:7]
        for part in stream.stream_slices(sync_mode=SyncMode.incremental)
        for row in stream.read_records(SyncMode.incremental, stream_slice=part)
        if isinstance(row, dict) and row["layer"] == "final"
    ]
    assert months[0] == first
    assert any("of one year only" in record.getMessage() for record in caplog.records) is is_told
