"""Syncs that replace tables: a stream of which nothing was read must not replace its table by an empty one.

Airbyte replaces the table of a stream that ends as COMPLETE by the rows of the sync, however few they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from airbyte_cdk.models import SyncMode

from unit_tests.random_site import CONFIG, RandomSite
from unit_tests.simulated import NOW, Account, Refused, Sync

KEPT = "so the stream ends with an error, and the table stays as it is"
RIGHT = "API Key is not granted with configuration access"  # a refusal that holds for all


def account_with(refused: Mapping[str, int | Refused]) -> Account:
    account = Account()
    account.alert("a", NOW - 1)
    account.users = [{"id": "u", "username": "u"}]
    account.logs = {"t1": [(NOW - 2, "made")], "t2": [(NOW - 1, "made")]}
    account.below |= {
        "/v2/integrations": [{"id": "i1"}],
        "/v2/policies/alert": [{"id": "p1"}],
        "/v2/policies/p1": {"id": "p1"},
    }
    account.refused |= refused
    return account


@pytest.mark.parametrize("mode", SyncMode)
@pytest.mark.parametrize(
    ("name", "refused"),
    [
        pytest.param("users", {"/v2/users": 403}, id="its own list is refused"),
        pytest.param("contacts", {"/v2/users": 403}, id="the list of its parents is refused"),
        pytest.param("team_logs", {"/v2/teams/[^/]+/logs": 403}, id="every parent is refused"),
        pytest.param("team_logs", {"/v2/teams/[^/]+/logs": 404}, id="no rows are found below what there is"),
        pytest.param("alert_notes", {"/v2/alerts/[^/]+/notes": 404}, id="nor below the rows of a history"),
        pytest.param("team_roles", {"/v2/teams/[^/]+/roles": Refused(403, RIGHT)}, id="the answer holds for all"),
        pytest.param(
            "notification_rule_steps", {"/v2/users/u/notification-rules": 403}, id="no parents of its parents"
        ),
        pytest.param("alerts", {"/v2/alerts": 402}, id="an incremental stream"),
        pytest.param("saved_searches", {"/v2/alerts/saved-searches": 410}, id="retired"),
    ],
)
def test_a_table_is_not_replaced_if_nothing_was_read(
    name: str, refused: Mapping[str, int | Refused], mode: SyncMode
) -> None:
    kept = Sync(account_with(refused), name, "escalations", mode=mode, generation=2)
    assert kept.ended(name) == "INCOMPLETE"
    assert KEPT in kept.failed()[name]
    assert kept.ended("escalations") == "COMPLETE"
    added = Sync(account_with(refused), name, "escalations", mode=mode)
    assert added.ended(name) == "COMPLETE"


def test_pyairbyte_which_keeps_all_rows_gets_a_warning_only() -> None:
    sync = Sync(account_with({"/v2/users": 403}), "users", "alerts", generation=1)
    assert (sync.ended("users"), sync.error) == ("COMPLETE", "")
    assert sync.warned_of("users", "is skipped")


def test_rows_of_the_account_alone_do_not_replace_those_of_teams() -> None:
    sync = Sync(account_with({"/v2/teams": 403}), "alert_policies", generation=2)
    assert sync.ended("alert_policies") == "INCOMPLETE"
    assert KEPT in sync.failed()["alert_policies"]


@pytest.mark.usefixtures("hurried_site")
def test_a_table_that_jsm_does_not_have_is_not_replaced() -> None:
    site = {**CONFIG, "start_date": None}
    kept = Sync(RandomSite(1), "saved_searches", "escalations", generation=2, **site)
    assert kept.ended("saved_searches") == "INCOMPLETE"
    assert "JSM Operations has no API for saved searches" in kept.failed()["saved_searches"]
    assert kept.ended("escalations") == "COMPLETE"


@pytest.mark.parametrize("name", ["teams", "team_roles", "maintenance", "team_members", "user_teams"])
@pytest.mark.usefixtures("hurried_site")
def test_a_table_is_not_replaced_if_the_owner_of_the_token_sees_no_team(name: str) -> None:
    """JSM gives a caller without rights an empty list, and no error."""
    site = RandomSite(1)
    site.rows["/v1/teams"] = []
    kept = Sync(site, name, "integrations", generation=2, **{**CONFIG, "start_date": None})
    assert kept.ended(name) == "INCOMPLETE"
    assert "the owner of the token sees no team" in kept.failed()[name]
    assert kept.ended("integrations") == "COMPLETE"


@pytest.mark.parametrize("name", ["incidents", "team_members", "service_incident_rules"])
@pytest.mark.usefixtures("hurried_site")
def test_the_reason_why_jsm_does_not_have_a_table_can_be_read_as_part_of_a_sentence(name: str) -> None:
    site = {**CONFIG, "start_date": None, "jira_service_management": {"site": "acme.atlassian.net", "email": "a@b.c"}}
    kept = Sync(RandomSite(1), name, "escalations", generation=2, **site)
    assert re.search("because (JSM|Atlassian) ", kept.failed()[name])


@pytest.mark.parametrize("name", ["users", "contacts"])
@pytest.mark.usefixtures("hurried_site")
def test_a_table_is_not_replaced_if_jira_shows_no_user(name: str) -> None:
    """The owner of the token is a user, so a list without one is that of a caller without rights."""
    site = RandomSite(1)
    site.rows["/users"] = [{"accountId": "app", "accountType": "app"}]
    kept = Sync(site, name, "integrations", generation=2, **{**CONFIG, "start_date": None})
    assert kept.ended(name) == "INCOMPLETE"
    assert "Browse users and groups" in kept.failed()[name]
    assert kept.ended("integrations") == "COMPLETE"


@pytest.mark.usefixtures("hurried_site")
def test_an_owner_who_sees_no_team_is_told_so_once_and_not_of_missing_names() -> None:
    site = RandomSite(1)
    site.rows["/v1/teams"] = []
    sync = Sync(site, "teams", "schedules", **{**CONFIG, "start_date": None})
    assert sync.warned_of("teams", "sees no team")
    assert not sync.logged("are missing in rows that refer to them")


@pytest.mark.usefixtures("hurried_site")
def test_contacts_are_not_replaced_if_nobody_has_any() -> None:
    """An owner without the right may get the owner's contacts in place of each user's, and may have none."""
    site = RandomSite(1)
    for path in site.streams["contacts"]:
        site.rows[path] = []
    kept = Sync(site, "contacts", "users", generation=2, **{**CONFIG, "start_date": None})
    assert kept.ended("contacts") == "INCOMPLETE"
    assert "no contact of any user" in kept.failed()["contacts"]
    assert kept.ended("users") == "COMPLETE"


@pytest.mark.usefixtures("hurried_site")
def test_the_log_says_that_jira_shows_no_user_and_that_names_are_missing() -> None:
    site = RandomSite(1)
    site.rows["/users"] = []
    sync = Sync(site, "users", "schedules", **{**CONFIG, "start_date": None})
    assert sync.ended("users") == "COMPLETE"
    assert sync.warned_of("users", "Browse users and groups")
    assert sync.logged("Names of users are missing in rows that refer to them: Jira shows no user")


@pytest.mark.parametrize("teams", [[], [{"teamId": "t", "teamName": "t"}]], ids=["no team", "a team"])
@pytest.mark.parametrize("name", ["schedules", "schedule_rotations", "integrations", "sync_actions", "alerts"])
@pytest.mark.usefixtures("hurried_site")
def test_a_list_is_taken_for_empty_only_if_the_owner_of_the_token_sees_a_team(
    name: str, teams: list[dict[str, str]]
) -> None:
    """JSM filters schedules, integrations and alerts by right, too, and then gives an empty list."""
    site = RandomSite(1)
    for path in ("/v1/schedules", "/v1/integrations", "/v1/syncs", "/v1/alerts"):
        site.rows[path] = []
    site.rows["/v1/teams"] = teams
    kept = Sync(site, name, "jec_channels", generation=2, **{**CONFIG, "start_date": None})
    assert kept.ended(name) == ("COMPLETE" if teams else "INCOMPLETE")
    assert ("the owner of the token sees no team" in kept.failed().get(name, "")) is not bool(teams)
    assert kept.ended("jec_channels") == "COMPLETE"


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        pytest.param("escalations", {}, id="the list is empty"),
        pytest.param("syncs", {}, id="only JSM has the table"),
        pytest.param("team_logs", {"/v2/teams/t1/logs": 403}, id="one of several parents is refused"),
        pytest.param("integration_actions", {"/v2/integrations/[^/]+/actions": 403}, id="there may be no such lists"),
    ],
)
def test_a_table_is_replaced_by_what_there_is(name: str, refused: Mapping[str, int | Refused]) -> None:
    assert Sync(account_with(refused), name, "alerts", generation=2).ended(name) == "COMPLETE"
