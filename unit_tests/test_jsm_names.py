"""What rows refer to by id, when lists or single objects show a part of it only."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.base import ApiStream
from unit_tests.jsm_streams import OPERATIONS, SITE, jsm_streams

Row = dict[str, Any]


pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    """A site of two teams, with one schedule; the escalations of the first team cannot be read."""
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    requests_mock.get(f"{SITE}/rest/api/3/users/search", json=[])
    requests_mock.get(f"{SITE}/rest/api/3/myself", json={"accountId": "me"})
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []})
    schedules = {"values": [{"id": "s", "name": "S", "rotations": []}]}
    requests_mock.get(f"{OPERATIONS}/schedules", json=schedules, headers={"Date": "Fri, 20 Nov 2026 12:00:00 GMT"})
    teams = [{"teamId": "a", "teamName": "A"}, {"teamId": "b", "teamName": "B"}]
    requests_mock.get(f"{OPERATIONS}/teams", json={"platformTeams": teams})
    requests_mock.get(f"{OPERATIONS}/teams/a/escalations", status_code=400, json={"message": "It broke."})
    requests_mock.get(f"{OPERATIONS}/teams/b/escalations", json={"values": [{"id": "eb", "name": "E"}]})
    for team in "ab":
        rule = {"id": f"r{team}", "notify": {"type": "escalation", "id": f"e{team}"}}
        requests_mock.get(f"{OPERATIONS}/teams/{team}/routing-rules", json={"values": [rule]})
    return jsm_streams()


def test_rows_come_without_the_names_and_the_stream_fails(streams: dict[str, ApiStream]) -> None:
    rows: list[Row] = []
    with pytest.raises(ApiError, match=r"the names of escalations.*It broke"):
        rows.extend(
            row for row in streams["team_routing_rules"].read_records(SyncMode.full_refresh) if isinstance(row, dict)
        )
    assert [row["notify"].get("name") for row in rows] == [None, "E"]


def test_names_that_no_row_refers_to_are_not_read(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    users = requests_mock.get(f"{SITE}/rest/api/3/users/search", status_code=400, json={"message": "It broke."})
    requests_mock.get(f"{OPERATIONS}/teams/a/escalations", json={"values": []})
    assert len(list(streams["team_routing_rules"].read_records(SyncMode.full_refresh))) == 2
    assert users.call_count == 0


def test_overrides_do_not_fail_for_names_that_they_do_not_have(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    override = {"alias": "o", "responder": {"type": "user", "id": "u"}}
    requests_mock.get(f"{OPERATIONS}/schedules/s/overrides", json={"values": [override]})
    assert len(list(streams["schedule_overrides"].read_records(SyncMode.full_refresh))) == 1


def test_a_team_whose_escalations_cannot_be_read_counts_once(
    streams: dict[str, ApiStream], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ApiError, match=r"^escalations: 1 object could not be read: a\."):
        list(streams["escalations"].read_records(SyncMode.full_refresh))
    assert "Names of escalations are missing" not in caplog.text  # no escalation refers to another one


@pytest.mark.parametrize(
    ("path", "kind"), [(f"{SITE}/rest/api/3/users/search", "users"), (f"{OPERATIONS}/teams", "teams")]
)
def test_names_that_the_token_may_not_read_are_told(
    path: str,
    kind: str,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(path, status_code=403, json={"message": "No."})
    requests_mock.get(f"{OPERATIONS}/schedules/s/on-calls", json={"onCallParticipants": []})
    assert len(list(streams["on_calls"].rows())) == 1
    assert f"Names of {kind} are missing in rows that refer to them: " in caplog.text


@pytest.mark.parametrize(("status", "is_told"), [(403, True), (404, False)])
def test_names_that_the_token_may_not_read_of_one_team_are_told(
    status: int,
    is_told: bool,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A team that is not found was deleted meanwhile, with its escalations."""
    requests_mock.get(f"{OPERATIONS}/teams/a/escalations", status_code=status, json={"message": "No."})
    assert [row["notify"].get("name") for row in streams["team_routing_rules"].rows()] == [None, "E"]
    told = 'Names of escalations are missing in rows that refer to them: JSM Operations says "No."'
    assert (told in caplog.text) is is_told


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


def test_an_integration_keeps_its_settings_if_its_alert_filter_cannot_be_read(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{OPERATIONS}/integrations", json={"values": [{"id": each} for each in "ab"]})
    for each in "ab":
        single = {"id": each, "directions": ["outgoing"], "typeSpecificProperties": {"emailUsername": "ops"}}
        requests_mock.get(f"{OPERATIONS}/integrations/{each}", json=single)
    filters = f"{OPERATIONS}/integrations/{{}}/outgoing/alert-filter/main"
    requests_mock.get(filters.format("a"), status_code=400, json={"message": "It broke."})
    requests_mock.get(filters.format("b"), json={"id": "its own", "conditionMatchType": "match-all"})
    rows: list[Row] = []
    with pytest.raises(ApiError, match=r"^integrations: 1 object could not be read: a\..*It broke"):
        rows.extend(dict(row) for row in streams["integrations"].read_records(SyncMode.full_refresh))  # type: ignore[arg-type]
    assert [(row["emailUsername"], row.get("alertFilter")) for row in rows] == [
        ("ops", None),
        ("ops", {"id": "its own", "conditionMatchType": "match-all"}),
    ]


def months_of(streams: dict[str, ApiStream]) -> list[object]:
    return list(streams["schedule_timelines"].stream_slices(sync_mode=SyncMode.incremental))


@pytest.mark.parametrize("state", [{}, {"endDate": "2026-10-25T12:00:00Z"}], ids=["first sync", "26 days ago"])
def test_periods_wait_for_names_that_cannot_be_read_this_time(
    state: Row, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    timeline = requests_mock.get(f"{OPERATIONS}/schedules/s/timeline", json={})
    requests_mock.get(f"{SITE}/rest/api/3/users/search", status_code=500)
    streams["schedule_timelines"].state = state
    with pytest.raises(ApiError, match=r"^schedule_timelines: users: the connector gave up after .* HTTP 500"):
        months_of(streams)
    assert timeline.call_count == 0


def test_periods_wait_for_a_month_at_most(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{SITE}/rest/api/3/users/search", status_code=500)
    streams["schedule_timelines"].state = {"endDate": "2026-10-15T12:00:00Z"}
    assert len(months_of(streams)) >= 2
    assert "schedule_timelines: names of users are missing in the periods that this sync reads" in caplog.text


def test_one_team_that_always_fails_holds_up_no_periods(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{OPERATIONS}/teams/a/escalations", status_code=500)
    assert len(months_of(streams)) >= 12
    assert "schedule_timelines: names of escalations are missing in the periods that this sync reads" in caplog.text


def test_periods_come_without_names_that_cannot_be_read_at_all(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(months_of(streams)) >= 12
    requests_mock.get(f"{SITE}/rest/api/3/users/search", status_code=400)
    assert len(months_of(jsm_streams())) >= 12
    assert "schedule_timelines: names of users are missing in the periods that this sync reads" in caplog.text
