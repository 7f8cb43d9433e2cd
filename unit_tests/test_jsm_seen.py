"""Answers of JSM Operations that its users saw, and that are not as in its documents."""

from __future__ import annotations

from typing import Any

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode

from unit_tests.jsm_streams import OPERATIONS, SITE, jsm_streams

Row = dict[str, Any]

pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def site(requests_mock: requests_mock.Mocker) -> requests_mock.Mocker:
    """A site with one team, of which the address is known."""
    requests_mock.get(f"{SITE}/_edge/tenant_info", json={"cloudId": "cloud"})
    requests_mock.get(f"{OPERATIONS}/alerts", json={"values": []})
    requests_mock.get(f"{OPERATIONS}/schedules", json={"values": []})
    requests_mock.get(f"{OPERATIONS}/teams", json={"platformTeams": [{"teamId": "t", "teamName": "Team"}]})
    return requests_mock


def read(name: str) -> list[Row]:
    return [dict(row) for row in jsm_streams()[name].read_records(SyncMode.full_refresh) if isinstance(row, dict)]


@pytest.mark.parametrize(("order", "orders"), [(0.0, [0, 1, 2]), (None, [0, 1, 2]), (2.5, [2.5, 2.5, 2.5])])
@pytest.mark.parametrize(("name", "kind"), [("alert_policies", "alert"), ("notification_policies", "notification")])
def test_the_order_of_a_policy_is_that_of_the_list_unless_the_single_policy_has_one(
    name: str, kind: str, order: object, orders: list[float], site: requests_mock.Mocker
) -> None:
    """The single policy of a team has the order 0.0 wherever it stands (issue 59 of Atlassian's Terraform provider)."""
    site.get(f"{OPERATIONS}/alerts/policies", json={"values": []})
    listed = [{"type": kind, "id": f"p{at}", "name": "n", "order": at} for at in range(3)]
    site.get(f"{OPERATIONS}/teams/t/policies", json={"values": listed})
    for policy in listed:
        single = {**policy, "order": order, "description": "d"}
        site.get(f"{OPERATIONS}/teams/t/policies/{policy['id']}", json=single)
    rows = read(name)
    assert {row["id"]: row["order"] for row in rows} == dict(zip(("p0", "p1", "p2"), orders, strict=True))
    assert {row["policyDescription"] for row in rows} == {"d"}


@pytest.mark.parametrize("listed", [{}, {"order": None}])
def test_a_list_without_orders_leaves_that_of_the_single_policy(listed: Row, site: requests_mock.Mocker) -> None:
    site.get(f"{OPERATIONS}/teams/t/policies", json={"values": [{"id": "p", **listed}]})
    site.get(f"{OPERATIONS}/teams/t/policies/p", json={"id": "p", "order": 2})
    assert [row["order"] for row in read("notification_policies")] == [2]


def test_teams_that_come_as_a_bare_list_are_read(site: requests_mock.Mocker) -> None:
    """The document has them in `platformTeams`; programs that call real sites get a list, or are ready for both."""
    site.get(f"{OPERATIONS}/teams", json=[{"teamId": "og-t", "teamName": "Team"}])
    site.get(f"{OPERATIONS}/teams/og-t/roles", json=[{"id": "r", "name": "Editor"}])
    assert read("teams") == [{"id": "og-t", "name": "Team"}]
    assert [(row["team_id"], row["id"]) for row in read("team_roles")] == [("og-t", "r")]
