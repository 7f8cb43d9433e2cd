"""Alerts of JSM Operations, of which no document says how much the list shows."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams import history
from source_opsgenie.streams.files import FileStream
from unit_tests.jsm_streams import GATEWAY, SITE, jsm_streams
from unit_tests.random_site import CONFIG as SITE_CONFIG
from unit_tests.random_site import RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, Sync, text

if TYPE_CHECKING:
    import requests_mock

    from source_opsgenie.streams.base import ApiStream

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
    listed: Row, calls: int, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    alert = {"id": "a", "status": "open", "createdAt": text(NOW), "updatedAt": text(NOW)}
    requests_mock.get(ALERTS, json={"values": [{**alert, **listed}], "count": 1})
    single = requests_mock.get(f"{ALERTS}/a", json={**alert, "description": "D", "extraProperties": {"a": "b"}})
    (row,) = read(streams["alert_details"])
    assert single.call_count == calls
    assert calls == 0 or (row["description"], row["details"]) == ("D", {"a": "b"})


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
    monkeypatch.setattr(history, "MOST_CHANGES", 3)
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
    site, config = ShortPages(), {**SITE_CONFIG, "start_date": None}
    first = Sync(site, "alerts", **config)
    assert len(first.ids("alerts")) == 350
    site.now += DAY
    site.change_all(site.now - HOUR)
    second = Sync(site, "alerts", state=first.states, **config)
    assert len(second.ids("alerts")) == 350


NO: Row = {"status_code": 401, "json": {"message": "No."}}
NO_SCOPE: Row = {"status_code": 401, "json": {"message": "Unauthorized; scope does not match"}}


@pytest.mark.parametrize(
    ("no", "why"), [(NO, "does not accept the token"), (NO_SCOPE, "though it answers others")], ids=["token", "scope"]
)
def test_attachments_that_an_expired_token_did_not_read_are_not_passed_over(
    no: Row, why: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    rows = [{"id": f"a{number}", "createdAt": text(NOW + number), "updatedAt": text(NOW)} for number in range(3)]
    requests_mock.get(ALERTS, json={"values": rows, "count": len(rows)})
    requests_mock.get(f"{ALERTS}/a0/attachments", json={"values": []})
    for name in ("a1", "a2"):
        requests_mock.get(f"{ALERTS}/{name}/attachments", **no)
    requests_mock.get(ALERTS.replace("alerts", "schedules"), [{"json": {"values": []}}, no])
    with pytest.raises(ApiError, match=rf"^alert_attachments: .*{why}"):
        read(streams["alert_attachments"])


def test_a_file_whose_address_is_refused_for_a_scope_that_the_list_needs_too_is_not_passed_over(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    alert = {"id": "a", "createdAt": text(NOW), "updatedAt": text(NOW)}
    requests_mock.get(ALERTS, json={"values": [alert], "count": 1})
    requests_mock.get(f"{ALERTS}/a/attachments/1", **NO_SCOPE)
    stream = streams["alert_attachments"]
    assert isinstance(stream, FileStream)
    with pytest.raises(ApiError, match=r"^alert_attachments: .*though it answers others"):
        stream.fetch({"alert_id": "a", "id": "1"}, Path("unused"))


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
