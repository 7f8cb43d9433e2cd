"""What rows refer to by id, when lists or single objects show a part of it only."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError, transient_error
from source_opsgenie.jsm.catalog import all_streams
from source_opsgenie.jsm.context import context_of

if TYPE_CHECKING:
    import requests_mock

    from source_opsgenie.streams.base import ApiStream

SITE, GATEWAY = "https://acme.atlassian.net", "https://api.atlassian.com"
OPERATIONS = f"{GATEWAY}/jsm/ops/api/cloud/v1"
CONFIG = {"api_token": "ATATT3xFfGF0invented", "jira_service_management": {"site": "acme", "email": "me@acme.com"}}

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    """A site of two teams, with one schedule; the escalations of the first team cannot be read."""
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    requests_mock.get(f"{SITE}/rest/api/3/users/search", json=[])
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []})
    requests_mock.get(f"{OPERATIONS}/schedules", json={"values": [{"id": "s", "name": "S", "rotations": []}]})
    teams = [{"teamId": "a", "teamName": "A"}, {"teamId": "b", "teamName": "B"}]
    requests_mock.get(f"{OPERATIONS}/teams", json={"platformTeams": teams})
    requests_mock.get(f"{OPERATIONS}/teams/a/escalations", status_code=400, json={"message": "It broke."})
    requests_mock.get(f"{OPERATIONS}/teams/b/escalations", json={"values": [{"id": "eb", "name": "E"}]})
    for team in "ab":
        rule = {"id": f"r{team}", "notify": {"type": "escalation", "id": f"e{team}"}}
        requests_mock.get(f"{OPERATIONS}/teams/{team}/routing-rules", json={"values": [rule]})
    return {stream.name: stream for stream in all_streams(context_of(Config.parse(CONFIG), threading.Event()))}


def test_rows_come_without_the_names_and_the_stream_fails(streams: dict[str, ApiStream]) -> None:
    rows: list[Row] = []
    with pytest.raises(ApiError, match=r"the names of escalations.*It broke"):
        rows.extend(
            row for row in streams["team_routing_rules"].read_records(SyncMode.full_refresh) if isinstance(row, dict)
        )
    assert [row["notify"].get("name") for row in rows] == [None, "E"]


def test_an_integration_of_a_team_is_not_global_where_only_the_list_shows_the_team(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    listed = [{"id": "a", "name": "A", "teamId": "a"}, {"id": "b", "name": "B"}]
    requests_mock.get(f"{OPERATIONS}/integrations", json={"values": listed})
    for each in "ab":
        requests_mock.get(f"{OPERATIONS}/integrations/{each}", json={"id": each, "teamId": None})
    rows = list(streams["integrations"].rows())
    assert [(row["isGlobal"], row.get("ownerTeam")) for row in rows] == [
        (False, {"id": "a", "name": "A"}),
        (True, None),
    ]


def test_periods_wait_for_names_that_cannot_be_read_this_time(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_answer() -> NoReturn:
        raise transient_error("It broke.")

    timeline = requests_mock.get(f"{OPERATIONS}/schedules/s/timeline", json={})
    timelines = streams["schedule_timelines"]
    escalations, *_ = timelines.context.names.lists["escalations"]  # type: ignore[attr-defined]
    monkeypatch.setattr(escalations, "received", no_answer)
    with pytest.raises(ApiError, match="It broke"):
        list(timelines.stream_slices(sync_mode=SyncMode.incremental))
    assert timeline.call_count == 0


def test_periods_come_without_names_that_cannot_be_read_at_all(streams: dict[str, ApiStream]) -> None:
    slices = list(streams["schedule_timelines"].stream_slices(sync_mode=SyncMode.incremental))
    assert len(slices) >= 12
