"""The sandbox answers as JSM Operations does once its account has moved there, and refuses what JSM refuses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import requests

from integration_tests.sandbox.client import ROOT, Sandbox
from integration_tests.sandbox.jsm.document import DOCUMENT, OPERATIONS, PARAMETERS
from integration_tests.sandbox.jsm.routes import ROUTES
from integration_tests.sandbox.sizes import PROFILES
from integration_tests.sandbox.text import millis
from integration_tests.site import USERS, ask, classic, get, organisation, scoped, whole

Row = dict[str, Any]

SCOPE = {"code": 401, "message": "Unauthorized; scope does not match"}
UNAUTHORIZED = {"code": 401, "message": "Unauthorized"}


# The migration


def test_before_the_migration_there_is_a_site_without_operations(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox()
    told = requests.get(f"{account.url}/_edge/tenant_info", timeout=30).json()
    assert told == {"cloudId": account.ready["jsm"]["cloud_id"]}
    assert ask(account, USERS, maxResults=1000).status_code == 200
    answer = ask(account, classic(account, "/teams"))
    assert (answer.status_code, answer.json()["code"]) == (403, 40301)
    assert answer.json()["message"] == "Account does not have access to Opsgenie."
    account.migrate()
    assert ask(account, classic(account, "/teams")).status_code == 200


def test_what_happens_after_the_migration_happens_in_jsm_only(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox()
    account.mutate([{"op": "create"}])
    before = list(account.truth("alerts"))
    account.migrate()
    account.mutate([{"op": "create"}, {"op": "close", "index": 0}, {"op": "note", "index": 0}])
    assert list(account.truth("alerts")) == before
    key = {"Authorization": f"GenieKey {account.key()}"}
    address = f"{account.url}/v2/alerts/{before[0]['id']}"
    assert requests.get(address, headers=key, timeout=30).json()["data"]["updatedAt"] == before[0]["updatedAt"]
    rows = {row["id"]: row for row in whole(account, "/alerts")}
    assert len(rows) == len(before) + 1
    assert rows[before[0]["id"]]["status"] == "closed"
    lines = whole(account, "/logs", 1000, startTime="2026-11-01T00:00:00Z", endTime="2026-11-02T00:00:00Z")
    assert [line["message"] for line in lines if line["category"] == "Alerts"][-3:] == [
        "create happened",
        "close happened",
        "note happened",
    ]


@pytest.mark.parametrize("status", [401, 403])
def test_opsgenie_can_be_turned_off(status: int, site: Sandbox) -> None:
    address, key = f"{site.url}/v2/teams", {"Authorization": f"GenieKey {site.key()}"}
    assert requests.get(address, headers=key, timeout=30).status_code == 200
    site.settings(jsm={"opsgenie": str(status)})
    assert requests.get(address, headers=key, timeout=30).status_code == status


def test_ids_of_users_change_and_others_are_kept(site: Sandbox) -> None:
    for stream in ("alerts", "teams", "schedules", "escalations"):
        assert {row["id"] for row in site.truth(stream)} == {row["id"] for row in site.jsm_truth(stream)}, stream
    assert not {row["id"] for row in site.truth("users")} & {row["id"] for row in site.jsm_truth("users")}


def test_all_ids_change_where_set(site: Sandbox) -> None:
    site.settings(jsm={"ids": "changed"})
    for stream in ("alerts", "teams", "schedules", "escalations", "integrations", "alert_policies"):
        opsgenie, moved = ({row["id"] for row in rows(stream)} for rows in (site.truth, site.jsm_truth))
        assert len(opsgenie) == len(moved), stream
        assert not opsgenie & moved, stream
    first = next(site.jsm_truth("alerts"))["id"]
    assert get(site, f"/alerts/{first}")["id"] == first
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    assert whole(site, f"/teams/{team}/routing-rules")


def test_it_tells_a_person_both_faces_and_how_to_read_them(site: Sandbox) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "integration_tests.sandbox"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        words = first + process.stdout.read()
    assert process.returncode == 0
    (address,) = set(re.findall(r"listens at (http://127.0.0.1:\d+) ", words))
    opsgenie, moved = (json.loads(line) for line in words.splitlines() if line.startswith("  {"))
    assert opsgenie == {"api_token": site.ready["keys"]["full"], "endpoint": address}
    assert moved["api_token"] == site.ready["jsm"]["credentials"]["classic"]["token"]
    assert moved["jira_service_management"]["site"] == address
    assert re.search(r"curl --request POST http://127.0.0.1:\d+/migrate\n", words)
    assert "300 alerts, 40 incidents" in words
    # What each key and token is good for is said behind it.
    keys = [*site.ready["keys"].values(), *(each["token"] for each in site.ready["jsm"]["credentials"].values())]
    for key in keys:
        assert re.search(rf"^  {key}  (\S+@\S+  |-  )?\w[^@]{{8,}}$", words, re.MULTILINE), key


def test_a_port_that_is_taken_is_a_sentence_with_a_remedy(site: Sandbox) -> None:
    port = site.url.rpartition(":")[2]
    command = [sys.executable, "-m", "integration_tests.sandbox", "--port", port]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own module
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"Port {port} is taken")
    assert sentence.endswith(f"make sandbox PORT={int(port) + 1}")


def test_its_help_says_how_large_the_profiles_are() -> None:
    command = [sys.executable, "-m", "integration_tests.sandbox", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own module
    for name, size in PROFILES.items():
        assert re.search(rf"^  {name}: {size.alerts:,} alerts, {size.incidents:,} incidents", done.stdout, re.MULTILINE)


# Who may call


@pytest.mark.parametrize("kind", ["classic", "team", "no_teams"])
def test_a_token_without_scopes_works_on_the_classic_base_only(kind: str, site: Sandbox) -> None:
    assert ask(site, classic(site, "/teams"), kind).status_code == 200
    refused = ask(site, scoped(site, "/teams"), kind)
    assert (refused.status_code, refused.json()) == (401, SCOPE)
    assert ask(site, USERS, kind, maxResults=1000).status_code == 200


@pytest.mark.parametrize("kind", ["scoped", "oauth"])
def test_a_token_with_scopes_works_below_ex_jira_only(kind: str, site: Sandbox) -> None:
    assert ask(site, scoped(site, "/teams"), kind).status_code == 200
    refused = ask(site, classic(site, "/teams"), kind)
    assert (refused.status_code, refused.json()) == (401, SCOPE)
    assert ask(site, USERS, kind, maxResults=1000).json() == UNAUTHORIZED
    users = f"/ex/jira/{site.ready['jsm']['cloud_id']}{USERS}"
    assert ask(site, users, kind, maxResults=1000).status_code == 200
    # Neither may use what takes API tokens of an account only.
    assert ask(site, organisation(site), kind, siteId=site.ready["jsm"]["cloud_id"], size=300).json() == SCOPE


@pytest.mark.parametrize(
    ("kind", "path", "status"),
    [
        ("scoped_alerts", "/alerts?size=1", 200),
        ("scoped_alerts", "/teams", 401),
        ("scoped_alerts", "/alerts/policies?size=1", 401),
        ("scoped_config", "/teams", 200),
        ("scoped_config", "/alerts/policies?size=1", 200),
        ("scoped_config", "/alerts?size=1", 401),
    ],
)
def test_a_scope_that_is_missing_is_missed(kind: str, path: str, status: int, site: Sandbox) -> None:
    answer = ask(site, scoped(site, path), kind)
    assert answer.status_code == status
    assert status == 200 or answer.json() == SCOPE


@pytest.mark.parametrize("kind", ["expired", "genie"])
@pytest.mark.parametrize("base", [classic, scoped])
def test_what_is_no_token_here_is_refused_without_a_word_of_scopes(
    kind: str, base: Callable[[Sandbox, str], str], site: Sandbox
) -> None:
    answer = ask(site, base(site, "/alerts?size=1"), kind)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    "authorization", [None, "GenieKey {genie}", "Bearer {classic}", "Basic bm9uc2Vuc2U=", "Basic =", "Basic {oauth}"]
)
def test_other_headers_are_refused(authorization: str | None, site: Sandbox) -> None:
    tokens = {kind: each["token"] for kind, each in site.ready["jsm"]["credentials"].items()}
    headers = {"Authorization": authorization.format(**tokens)} if authorization else {}
    answer = requests.get(site.url + classic(site, "/teams"), headers=headers, timeout=30)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_a_token_goes_with_the_address_of_its_owner(site: Sandbox) -> None:
    credential = site.credential()
    answer = requests.get(
        site.url + classic(site, "/teams"), auth=("somebody@example.com", credential["token"]), timeout=30
    )
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


def test_somebody_without_access_to_operations_is_told_so_on_every_path(site: Sandbox) -> None:
    for path in ("/alerts?size=1", "/teams", "/schedules?size=1"):
        answer = ask(site, classic(site, path), "no_operations")
        assert (answer.status_code, answer.json()["code"]) == (403, 40301)
    assert ask(site, "/rest/api/3/myself", "no_operations").json()["displayName"] == "Carl Clerk"


def test_somebody_who_sees_no_team_gets_empty_lists(site: Sandbox) -> None:
    assert ask(site, classic(site, "/teams"), "no_teams").json() == {"platformTeams": []}
    for path in ("alerts", "schedules", "integrations", "syncs", "maintenances"):
        answer = ask(site, classic(site, f"/{path}"), "no_teams", size=20)
        assert answer.status_code == 200
        assert answer.json()["values"] == [], path


def test_somebody_of_one_team_sees_what_is_the_teams(site: Sandbox) -> None:
    (team,) = ask(site, classic(site, "/teams"), "team").json()["platformTeams"]
    schedules = ask(site, classic(site, "/schedules"), "team", size=50).json()["values"]
    assert {row["teamId"] for row in schedules} == {team["teamId"]}
    assert len(schedules) < len(whole(site, "/schedules", 50))
    alerts = ask(site, classic(site, "/alerts"), "team", size=100).json()
    assert 0 < alerts["count"] < len(list(site.jsm_truth("alerts")))
    assert all(team["teamId"] in [each["id"] for each in row["responders"]] for row in alerts["values"])
    other = get(site, "/teams")["platformTeams"][1]["teamId"]
    assert ask(site, classic(site, f"/teams/{other}/escalations"), "team", size=100).status_code == 403


def test_who_is_no_admin_is_refused_where_one_is_needed(site: Sandbox) -> None:
    window = {"startTime": "2026-10-01T00:00:00Z", "endTime": "2026-10-02T00:00:00Z", "limit": 1000}
    assert ask(site, classic(site, "/logs"), "team", **window).json() == UNAUTHORIZED
    roles = ask(site, classic(site, "/roles"), "team", size=100)
    assert (roles.status_code, roles.json()["errors"][0]["code"]) == (403, "FORBIDDEN_OPERATION")
    user = next(site.jsm_truth("users"))["id"]
    contacts = classic(site, "/users/contacts")
    assert ask(site, contacts, "team", targetAccountId=user, size=100).status_code == 403
    assert ask(site, contacts, "team", size=100).status_code == 200


def test_rules_are_shown_to_their_owner_and_forwardings_to_those_who_ask_for_all(site: Sandbox) -> None:
    caller = ask(site, "/rest/api/3/myself").json()["accountId"]
    assert {row["user_id"] for row in site.jsm_truth("notification_rules")} == {caller}
    assert len(whole(site, "/notification-rules")) == len(list(site.jsm_truth("notification_rules")))
    assert {row["fromUserId"] for row in whole(site, "/forwarding-rules")} == {caller}
    assert len(whole(site, "/forwarding-rules", 100, showAll="true")) == len(list(site.truth("forwarding_rules"))) > 1


# What is not documented


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/alerts", {"size": 10, "limit": 10}, 400),
        ("/alerts", {"size": 10, "sort": "tinyId"}, 422),
        ("/teams", {"size": 10}, 400),
        ("/logs", {"startTime": "2026-10-01T00:00:00Z", "limit": 1000}, 400),
        ("/teams/{team}/policies", {"size": 50}, 400),
        ("/teams/{team}/heartbeats/all", {}, 404),
        ("/users", {}, 404),
        ("/saved-searches", {}, 404),
    ],
)
def test_a_request_that_the_document_does_not_know_is_refused_and_recorded(
    path: str, query: Row, status: int, site: Sandbox
) -> None:
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    assert site.stats()["violations"] == []
    assert ask(site, classic(site, path.format(team=team)), **query).status_code == status
    assert len(site.stats()["violations"]) == 1


def test_another_site_is_not_found(site: Sandbox) -> None:
    assert ask(site, f"{OPERATIONS}/11111111-2222-4333-8444-555555555555/v1/teams").status_code == 404


def test_only_reading_is_allowed_and_the_sign_of_life_is_recorded(site: Sandbox) -> None:
    assert ask(site, classic(site, "/alerts"), "classic", "POST", {}).status_code == 405
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    assert ask(site, classic(site, f"/teams/{team}/heartbeats/ping"), name="x").status_code == 200
    channel = whole(site, "/jec/channels", 20)[0]["id"]
    assert "apiKey" in get(site, f"/jec/channels/{channel}")
    assert [each.split(":")[0] for each in site.stats()["violations"]] == [
        "POST request",
        "heartbeat ping",
        "the key of a channel",
    ]


def test_every_read_endpoint_of_the_document_has_its_route() -> None:
    assert {OPERATIONS + path for path in DOCUMENT["paths"]} <= {each.name for each in ROUTES["operations"]}
    assert {each.name for routes in ROUTES.values() for each in routes} == set(PARAMETERS)


# Pages


@pytest.mark.parametrize(
    ("path", "most"),
    [("/alerts", 100), ("/schedules", 50), ("/roles", 100), ("/forwarding-rules", 100), ("/integrations", 100)],
)
def test_a_page_larger_than_the_greatest_is_refused_or_cut(path: str, most: int, site: Sandbox) -> None:
    assert ask(site, classic(site, path), size=most).status_code == 200
    assert ask(site, classic(site, path), size=most + 1).status_code == 422
    site.settings(jsm={"oversize": "clamp"})
    assert len(get(site, path, size=most + 1)["values"]) <= most


def test_pages_may_be_shorter_than_asked_for_and_those_of_users_are_cut(site: Sandbox) -> None:
    site.settings(jsm={"short_pages": 2})
    assert len(get(site, "/integrations", size=100)["values"]) == 2
    assert len(ask(site, USERS, maxResults=5000).json()) == 2


def test_the_window_of_alerts_ends(site: Sandbox) -> None:
    site.settings(jsm={"window_size": 200})
    assert ask(site, classic(site, "/alerts"), size=100, offset=99).status_code == 200
    assert ask(site, classic(site, "/alerts"), size=100, offset=100).status_code == 422


FORMS = {
    "v1": "/v1/{path}",
    "api": "/api/{cloud}/v1/{path}",
    "bare": "/{path}",
    "url": "url",
    "absolute": "https://api.atlassian.invalid/jsm/ops/api/{cloud}/v1/{path}",
}


def next_link(account: Sandbox, path: str, /, **query: object) -> str:
    link: str = get(account, path, **query)["links"]["next"]
    return link.partition("?")[0]


def test_links_have_the_form_of_their_endpoint(site: Sandbox) -> None:
    site.settings(jsm={"short_pages": 1, "attachments": "answered"})
    alert = max((row["alert_id"] for row in site.jsm_truth("alert_attachments")), key=str)
    counts: dict[str, int] = {}
    for row in site.jsm_truth("alert_attachments"):
        counts[row["alert_id"]] = counts.get(row["alert_id"], 0) + 1
    alert = max(counts, key=lambda each: counts[each])
    window = {"startTime": "2026-06-01T00:00:00Z", "endTime": "2026-10-02T00:00:00Z", "limit": 1000}
    cloud = site.ready["jsm"]["cloud_id"]
    assert next_link(site, "/alerts", size=1) == "/v1/alerts"
    assert next_link(site, f"/alerts/{alert}/attachments", size=1) == f"/api/{cloud}/v1/alerts/{alert}/attachments"
    assert next_link(site, "/logs", **window) == "/logs"
    assert next_link(site, "/users/contacts", size=1) == "url"


@pytest.mark.parametrize("form", FORMS)
def test_links_have_one_form_where_set(form: str, site: Sandbox) -> None:
    site.settings(jsm={"next_link": form})
    cloud = site.ready["jsm"]["cloud_id"]
    for path in ("alerts", "forwarding-rules"):
        link = next_link(site, f"/{path}", size=1, **({"showAll": "true"} if path != "alerts" else {}))
        assert link == FORMS[form].format(cloud=cloud, path=path)


@pytest.mark.parametrize(
    ("form", "shown"), [("absent", None), ("empty", {}), ("null", {"next": None}), ("documented", {})]
)
def test_the_last_page_ends_as_set(form: str, shown: Row | None, site: Sandbox) -> None:
    site.settings(jsm={"last_link": form})
    assert get(site, "/roles", size=100).get("links") == shown


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize(
    ("path", "stream", "query"),
    [
        ("/alerts", "alerts", {}),
        ("/forwarding-rules", "forwarding_rules", {"showAll": "true"}),
        ("/integrations", "integrations", {}),
        ("/syncs", "syncs", {}),
        ("/jec/channels", "jec_channels", {}),
        ("/roles", "custom_user_roles", {}),
        ("/notification-rules", "notification_rules", {}),
    ],
)
def test_links_lead_through_a_whole_list(size: int, path: str, stream: str, query: Row, site: Sandbox) -> None:
    site.settings(jsm={"short_pages": 2, "oversize": "clamp"})
    rows = whole(site, path, size, **query)
    assert [row["id"] for row in rows if "id" in row] != []
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in site.jsm_truth(stream))


@pytest.mark.parametrize("kind", ["logs", "notes"])
def test_what_hangs_below_an_alert_is_paged_by_the_last_one_and_no_offset(kind: str, site: Sandbox) -> None:
    below: dict[str, int] = {}
    for row in site.jsm_truth(f"alert_{kind}"):
        below[row["alert_id"]] = below.get(row["alert_id"], 0) + 1
    alert, count = max(below.items(), key=lambda item: item[1])
    assert count > 100
    path = f"/alerts/{alert}/{kind}"
    rows = whole(site, path)
    assert len(rows) == count
    assert site.stats()["violations"] == []
    assert get(site, path, size=100, offset=100)["values"] == rows[:100]
    assert ["offset, which is ignored" in each for each in site.stats()["violations"]] == [True]


def test_services_teams_and_members_are_paged_in_their_own_ways(site: Sandbox) -> None:
    site.settings(jsm={"short_pages": 2})
    cloud = site.ready["jsm"]["cloud_id"]
    services: list[Row] = []
    while True:
        answer = ask(site, f"/jsm/api/{cloud}/v1/services/", size=20, offset=len(services)).json()
        services += answer["services"]
        if not answer["pagination"]["hasNext"]:
            break
    assert len(services) == answer["pagination"]["totalCount"] == len(list(site.truth("services")))

    teams: list[Row] = []
    query: Row = {"siteId": cloud, "size": 300}
    while True:
        answer = ask(site, organisation(site), **query).json()
        teams += answer["entities"]
        if answer["cursor"] is None:
            break
        query["cursor"] = answer["cursor"]
    assert len(teams) == len(list(site.truth("teams"))) + 1  # and one without Operations

    for path in (organisation(site), "/gateway/api" + organisation(site)):
        members: list[Row] = []
        for team in teams:
            body: Row = {"first": 50}
            while True:
                answer = ask(site, f"{path}/{team['teamId']}/members", "classic", "POST", body, siteId=cloud).json()
                members += answer["results"]
                if not answer["pageInfo"]["hasNextPage"]:
                    break
                body["after"] = answer["pageInfo"]["endCursor"]
        assert len(members) == len(list(site.truth("team_members")))
    assert site.stats()["violations"] == []


def test_the_teams_api_wants_the_site_and_the_organisation(site: Sandbox) -> None:
    cloud = site.ready["jsm"]["cloud_id"]
    assert ask(site, organisation(site), size=300).status_code == 400
    assert ask(site, "/public/teams/v1/org/elsewhere/teams", siteId=cloud, size=300).status_code == 404
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    body = {"first": 51}
    answer = ask(site, organisation(site, f"/teams/{team}/members"), "classic", "POST", body, siteId=cloud)
    assert answer.status_code == 400


# Alerts


def order(account: Sandbox, /, **query: object) -> list[str]:
    return [row["id"] for row in whole(account, "/alerts", 100, **query)]


def by(account: Sandbox, name: str) -> list[str]:
    return [row["id"] for row in sorted(account.jsm_truth("alerts"), key=lambda row: millis(row[name]))]


def test_alerts_come_in_the_order_of_their_making(site: Sandbox) -> None:
    newest = order(site)
    assert newest == order(site, sort="createdAt", order="desc") == order(site, sort="insertedAt")
    assert newest[::-1] == order(site, order="asc")
    stamps = {row["id"]: millis(row["createdAt"]) for row in site.jsm_truth("alerts")}
    assert [stamps[each] for each in newest] == sorted(stamps.values(), reverse=True)
    priorities = {row["id"]: row["priority"] for row in site.jsm_truth("alerts")}
    assert [priorities[each] for each in order(site, sort="priority", order="asc")] == sorted(priorities.values())


def test_a_sort_by_update_is_ignored_honoured_or_refused(site: Sandbox) -> None:
    asked = {"sort": "updatedAt", "order": "desc"}
    assert order(site, **asked) == order(site)
    site.settings(jsm={"sort_updated_at": "honoured"})
    updated = {row["id"]: millis(row["updatedAt"]) for row in site.jsm_truth("alerts")}
    assert [updated[each] for each in order(site, **asked)] == sorted(updated.values(), reverse=True)
    assert order(site, **asked) != order(site)
    for status in (400, 422):
        site.settings(jsm={"sort_updated_at": str(status)})
        assert ask(site, classic(site, "/alerts"), size=100, **asked).status_code == status
    assert site.stats()["violations"] == []


def test_queries_and_counts(site: Sandbox) -> None:
    rows = list(site.jsm_truth("alerts"))
    middle = millis(rows[len(rows) // 2]["createdAt"])
    answer = get(site, "/alerts", size=100, query=f"createdAt >= {middle}")
    assert answer["count"] == sum(millis(row["createdAt"]) >= middle for row in rows)
    still = {row["id"] for row in whole(site, "/alerts", 100, query="NOT status: closed")}
    assert still == {row["id"] for row in rows if row["status"] == "open"}
    assert ask(site, classic(site, "/alerts"), size=100, query="updatedAt >= 5").status_code == 422


def test_words_of_an_alert(site: Sandbox) -> None:
    rows = {row["id"]: row for row in whole(site, "/alerts")}
    assert {row["status"] for row in rows.values()} == {"open", "acked", "snoozed", "closed"}
    truth = {row["id"]: row for row in site.jsm_truth("alerts")}
    assert {row["status"] for row in truth.values()} == {"open", "closed"}
    assert {key: row["jsm_status"] for key, row in truth.items()} == {key: row["status"] for key, row in rows.items()}
    site.settings(jsm={"alert_status": "two"})
    assert {row["status"] for row in whole(site, "/alerts")} == {"open", "closed"}


def test_the_list_of_alerts_is_full_thin_or_sparse(site: Sandbox) -> None:
    full = whole(site, "/alerts")
    assert all({"description", "extraProperties", "entity", "actions"} <= row.keys() for row in full)
    assert get(site, f"/alerts/{full[0]['id']}") == full[0]
    site.settings(jsm={"alert_list": "thin"})
    thin = whole(site, "/alerts")
    assert not any({"description", "extraProperties"} & row.keys() for row in thin)
    assert get(site, f"/alerts/{full[0]['id']}") == full[0]
    site.settings(jsm={"alert_list": "sparse"})
    sparse = whole(site, "/alerts")
    assert {"extraProperties" in row for row in sparse} == {True, False}
    assert all(row["extraProperties"] for row in sparse if "extraProperties" in row)


def test_an_alert_is_found_by_its_id_or_while_open_by_its_alias(site: Sandbox) -> None:
    rows = whole(site, "/alerts")
    assert ask(site, classic(site, f"/alerts/{rows[0]['tinyId']}")).status_code == 404
    assert set(ask(site, classic(site, "/alerts/nothing")).json()) == {"message", "took", "requestId"}
    for row in rows[:20]:
        answer = ask(site, classic(site, "/alerts/alias"), alias=row["alias"])
        assert answer.status_code == (404 if row["status"] == "closed" else 200)


@pytest.mark.parametrize("status", [401, 403])
def test_attachments_are_refused_or_answered(status: int, site: Sandbox) -> None:
    alert = next(site.jsm_truth("alert_attachments"))["alert_id"]
    path = f"/alerts/{alert}/attachments"
    site.settings(jsm={"attachments": str(status)})
    assert ask(site, classic(site, path), size=100).status_code == status
    site.settings(jsm={"attachments": "answered"})
    assert get(site, path, size=100)["values"]
    assert ask(site, scoped(site, path), "scoped", size=100).json() == SCOPE


# Schedules


def test_rotations_come_when_asked_for_in_the_right_form(site: Sandbox) -> None:
    assert all("rotations" not in row for row in whole(site, "/schedules", 50))
    assert all("rotations" in row for row in whole(site, "/schedules", 50, expand="rotation"))


@pytest.mark.parametrize("form", ["repeated", "commas"])
def test_timelines_are_expanded_in_one_form(form: str, site: Sandbox) -> None:
    site.settings(jsm={"expand": form})
    schedule = next(site.jsm_truth("schedules"))["id"]
    for given in (["base", "forwarding", "override"], "base,forwarding,override"):
        answer = get(site, f"/schedules/{schedule}/timeline", intervalUnit="months", expand=given)
        has_all = {"baseTimeline", "forwardingTimeline", "overrideTimeline"} <= answer.keys()
        assert has_all == ((form == "repeated") == isinstance(given, list))


def test_a_timeline_reaches_a_year_back(site: Sandbox) -> None:
    schedule = next(site.jsm_truth("schedules"))["id"]
    path = classic(site, f"/schedules/{schedule}/timeline")
    assert ask(site, path, date="2025-11-15T00:00:00Z", intervalUnit="months").status_code == 200
    assert ask(site, path, date="2025-10-15T00:00:00Z", intervalUnit="months").status_code == 422


def test_past_overrides_are_gone(site: Sandbox) -> None:
    assert 0 < len(list(site.jsm_truth("schedule_overrides"))) < len(list(site.truth("schedule_overrides")))


def test_who_is_on_call_nested_and_flat(site: Sandbox) -> None:
    for schedule in [row["id"] for row in site.jsm_truth("schedules")]:
        nested = get(site, f"/schedules/{schedule}/on-calls")
        flat = get(site, f"/schedules/{schedule}/on-calls", flat="true")
        assert (set(nested), set(flat)) == ({"onCallParticipants"}, {"onCallUsers"})
        following = get(site, f"/schedules/{schedule}/next-on-calls", flat="true")
        assert set(following) == {"nextOnCallUsers"}


# Audit logs, syncs, plans


def test_audit_logs_are_read_by_window(site: Sandbox) -> None:
    window = {"startTime": "2026-05-01T00:00:00Z", "endTime": "2026-11-02T00:00:00Z"}
    site.settings(jsm={"short_pages": 250})
    lines = whole(site, "/logs", 1000, **window)
    truth = list(site.jsm_truth("audit_logs"))
    assert lines == truth
    assert len(lines) > 500
    oldest = millis(lines[0]["created"])
    assert oldest >= millis(site.now) - 180 * 86_400_000
    moment = lines[10]["created"]
    for ends, found in (("none", 0), ("start", 1), ("both", 1)):
        site.settings(jsm={"audit_ends": ends})
        assert (len(whole(site, "/logs", 1000, startTime=moment, endTime=moment)) > 0) == bool(found)
    site.settings(jsm={"audit_text": "summary"})
    assert "summary" in whole(site, "/logs", 1000, **window)[0]
    levels = whole(site, "/logs", 1000, **window, level="ERROR", category="API,SYNC")
    assert {(row["level"], row["category"]) for row in levels} == {("Error", "API"), ("Error", "Syncs")}


def test_envelopes_that_break_the_rule(site: Sandbox) -> None:
    sync = next(site.jsm_truth("syncs"))["id"]
    assert isinstance(get(site, f"/syncs/{sync}/action-groups"), list)
    site.settings(jsm={"action_groups": "values"})
    assert set(get(site, f"/syncs/{sync}/action-groups")) == {"values"}
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    assert isinstance(get(site, f"/teams/{team}/roles"), list)
    site.settings(jsm={"teams": "array"})
    assert get(site, "/teams")[0]["teamId"] == team
    site.settings(jsm={"steps_in_list": False})
    assert not any("steps" in row for row in whole(site, "/notification-rules"))


def test_a_lesser_plan_has_neither_heartbeats_nor_forwarding_rules(site: Sandbox) -> None:
    site.settings(plan="Essentials")
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    for path in (f"/teams/{team}/heartbeats", "/forwarding-rules"):
        assert ask(site, classic(site, path), size=100).status_code == 402


# Limits


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ("both", {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}),
        ("retry-after", {"Retry-After"}),
        ("x-ratelimit", {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}),
        ("none", set()),
    ],
)
def test_limits_hold_by_api_and_are_told_as_set(headers: str, shown: set[str], site: Sandbox) -> None:
    site.settings(jsm={"limits": {"operations": [[2, 60]]}, "throttle_headers": headers})
    answers = [ask(site, classic(site, "/teams")) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    told = {name for name in answers[-1].headers if name == "Retry-After" or name.startswith("X-RateLimit")}
    assert told == shown
    assert ask(site, USERS, maxResults=10).status_code == 200
    assert site.stats()["throttled"] == {"operations/60": 1}


# Settings and faults


def test_a_site_that_is_none_answers_with_404_or_a_page(site: Sandbox) -> None:
    address = f"{site.url}/_edge/tenant_info"
    site.settings(refusals={"/_edge/tenant_info": [404, 1]})
    assert requests.get(address, timeout=30).status_code == 404
    site.settings(refusals={}, fault={"name": "html", "on": ["/_edge/tenant_info"]})
    assert requests.get(address, timeout=30).text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("changes", [{"nothing": 1}, {"ids": "lost"}, {"limits": {"search": [[1, 1]]}}])
def test_settings_that_do_not_exist_are_refused(changes: Row, site: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"jsm|API"):
        site.settings(jsm=changes)


def test_paths_are_refused_as_set(site: Sandbox) -> None:
    site.settings(refusals={f"{OPERATIONS}/v1/teams/{{teamId}}/roles": [404, 1]})
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    answer = ask(site, classic(site, f"/teams/{team}/roles"))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("path", "template", "key"),
    [
        ("/alerts?size=100", "/v1/alerts", "values"),
        ("/teams", "/v1/teams", "platformTeams"),
        ("/roles?size=100", "/v1/roles", "values"),
    ],
)
def test_faults_spoil_the_envelope_that_there_is(path: str, template: str, key: str, site: Sandbox) -> None:
    for name, left in (("data null", {key: None}), ("data text", {key: "sorry"}), ("no data", {})):
        site.settings(fault={"name": name, "on": [OPERATIONS + template]})
        answer = get(site, path)
        assert {each: answer[each] for each in (key,) if each in answer} == left


def test_faults_of_links_and_limits(site: Sandbox) -> None:
    template = f"{OPERATIONS}/v1/roles"
    site.settings(fault={"name": "link to itself", "on": [template]})
    assert "size=100" in get(site, "/roles", size=100)["links"]["next"]
    site.settings(fault={"name": "link without end", "on": [template]})
    assert "offset=1" in get(site, "/roles", size=100)["links"]["next"]
    site.settings(fault={"name": "429", "on": [template]})
    refused = ask(site, classic(site, "/roles"), size=100)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")


def test_odd_rows_stand_in_whatever_envelope(site: Sandbox) -> None:
    team = get(site, "/teams")["platformTeams"][0]["teamId"]
    odd = dict.fromkeys((f"{OPERATIONS}/v1/teams", f"{OPERATIONS}/v1/teams/{{teamId}}/roles", USERS), '"odd"')
    site.settings(odd=odd)
    assert get(site, "/teams")["platformTeams"][0] == "odd"
    assert get(site, f"/teams/{team}/roles")[0] == "odd"
    assert ask(site, USERS, maxResults=10).json()[0] == "odd"


def test_changes_go_on_in_the_migrated_account(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(migrated=True, settings={"churn": {"alerts": 2}})
    before = list(account.truth("alerts"))
    for _ in range(5):
        get(account, "/alerts", size=100)
    assert len(account.journal()) == 10
    assert list(account.truth("alerts")) == before
    account.settings(churn={})
    assert {row["id"] for row in whole(account, "/alerts")} == {row["id"] for row in account.jsm_truth("alerts")}
