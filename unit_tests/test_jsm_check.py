"""The check of a site: what fails it, and what a sync will not read."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
import requests_mock

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.check import check_site
from source_opsgenie.streams.list_check import list_calls
from unit_tests.jsm_streams import CONFIG, GATEWAY, OPERATIONS, SITE

Row = dict[str, Any]

FORBIDDEN: Row = {"status_code": 403, "json": {"errors": [{"title": "You are not authorized", "code": "FORBIDDEN"}]}}
NO_SCOPE: Row = {"status_code": 401, "json": {"message": "Unauthorized; scope does not match"}}
NO_OPERATIONS: Row = {
    "status_code": 403,
    "json": {"message": "Account does not have access to Opsgenie.", "code": 40301},
}


@pytest.fixture
def site(requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch) -> requests_mock.Mocker:
    """Answer every call of a check, with one team and no other row."""
    monkeypatch.setattr("source_opsgenie.streams.list_check.PAUSE", 0.0)
    empty = {"values": [], "services": [], "platformTeams": [{"teamId": "t"}]}
    requests_mock.get(re.compile(f"{GATEWAY}/.*"), json=empty)
    requests_mock.get(re.compile(f"{SITE}/rest/.*"), json=[])
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    return requests_mock


def checked(**further: object) -> list[str]:
    """Check as the source does, with the lists of all streams."""
    config = Config.parse({**CONFIG, **further})
    return check_site(config, list_calls(streams_of(config, threading.Event())))


@pytest.mark.parametrize("is_bare", [False, True])
def test_a_token_that_reads_everything_passes_without_a_word(is_bare: bool, site: requests_mock.Mocker) -> None:
    teams = [{"teamId": "t"}]
    site.get(f"{OPERATIONS}/teams", json=teams if is_bare else {"platformTeams": teams})
    assert checked() == []
    assert site.called


@pytest.mark.parametrize("teams", [[], {"platformTeams": []}], ids=str)
def test_an_owner_who_sees_no_team_is_told(teams: object, site: requests_mock.Mocker) -> None:
    site.get(f"{OPERATIONS}/teams", json=teams)
    (warning,) = checked()
    assert "sees no team" in warning


@pytest.mark.parametrize(
    "answer", [FORBIDDEN, {"status_code": 402}, {"status_code": 404, "json": {"message": "No."}}], ids=str
)
@pytest.mark.parametrize(("path", "below"), [("alerts", "alert_logs"), ("teams", "team_roles")])
def test_a_token_that_is_refused_one_of_two_lists_passes_and_what_it_cannot_read_is_told(
    path: str, below: str, answer: Row, site: requests_mock.Mocker
) -> None:
    site.get(f"{OPERATIONS}/{path}", **answer)
    (warning,) = checked()
    assert warning.startswith(f"{path}: a sync cannot read this stream, because ")
    assert below in warning.partition(" Nor can it read the child streams: ")[2]


@pytest.mark.parametrize("other", [FORBIDDEN, NO_SCOPE], ids=["right", "scope"])
def test_a_token_that_is_refused_both_lists_fails(other: Row, site: requests_mock.Mocker) -> None:
    site.get(f"{OPERATIONS}/alerts", **FORBIDDEN)
    site.get(f"{OPERATIONS}/teams", **other)
    with pytest.raises(ApiError, match=r'^The token cannot read JSM Operations, because .*"You are not authorized"'):
        checked()


@pytest.mark.parametrize(("missing", "forbidden"), [("alerts", "teams"), ("teams", "alerts")])
def test_a_site_that_has_one_of_two_paths_has_operations(
    missing: str, forbidden: str, site: requests_mock.Mocker
) -> None:
    site.get(f"{OPERATIONS}/{missing}", status_code=404, json={"message": "No message available"})
    site.get(f"{OPERATIONS}/{forbidden}", **FORBIDDEN)
    with pytest.raises(ApiError) as raised:
        checked()
    assert "has no JSM Operations" not in str(raised.value.message)


@pytest.mark.parametrize("path", ["alerts", "teams"])
def test_an_owner_without_access_to_operations_fails_by_one_answer(path: str, site: requests_mock.Mocker) -> None:
    site.get(f"{OPERATIONS}/{path}", **NO_OPERATIONS)
    with pytest.raises(ApiError, match=r"^The token cannot read JSM Operations, because .*has no JSM Operations"):
        checked()


def test_a_site_that_has_neither_path_has_no_operations(site: requests_mock.Mocker) -> None:
    """Such a 404 was seen (issue 66 of Atlassian's Terraform provider)."""
    body = {"timestamp": "2025-07-21T09:29:30.997Z", "status": 404, "error": "Not Found", "path": "/jsm/ops/api"}
    for path in ("alerts", "teams"):
        site.get(f"{OPERATIONS}/{path}", status_code=404, json={**body, "message": "No message available"})
    with pytest.raises(ApiError) as raised:
        checked()
    assert str(raised.value.message).startswith(
        "The token cannot read JSM Operations, because acme.atlassian.net has no JSM Operations, or "
    )


def test_a_query_is_not_tried_where_alerts_are_refused(site: requests_mock.Mocker) -> None:
    asked = site.get(f"{OPERATIONS}/alerts", **FORBIDDEN)
    assert len(checked(alert_query="((")) == 1
    assert all("query" not in each.qs for each in asked.request_history)


@pytest.mark.parametrize(
    ("site", "named"),
    [("acme", "acme.atlassian.net or api.atlassian.com"), ("http://127.0.0.1:8642", "127.0.0.1:8642")],
)
def test_without_a_verdict_the_deadline_names_the_hosts_that_were_called(
    site: str, named: str, requests_mock: requests_mock.Mocker
) -> None:
    go_on = threading.Event()

    def stall(*_: object) -> str:
        go_on.wait(30)
        return "{}"

    requests_mock.get("/_edge/tenant_info", status_code=400, text=stall)
    others = set(threading.enumerate())
    config = Config.parse({**CONFIG, "jira_service_management": {"site": site, "email": "me@acme.com"}})
    with pytest.raises(ApiError) as raised:
        check_site(config, deadline=0.1)
    (waiting,) = set(threading.enumerate()) - others
    go_on.set()
    waiting.join(30)
    assert raised.value.message == f"{named} does not answer within 0 seconds."


@pytest.mark.parametrize("throttled", [".*", f"{GATEWAY}/.*", f"{OPERATIONS}/teams"])
def test_a_check_that_is_throttled_for_long_says_so(
    throttled: str, site: requests_mock.Mocker, naps: list[float]
) -> None:
    site.get(re.compile(throttled), status_code=429, headers={"Retry-After": "3600"}, json={"message": "Rate limit"})
    with pytest.raises(ApiError, match=r"^JSM Operations throttles this account's calls at the moment"):
        checked()
    assert naps == []
