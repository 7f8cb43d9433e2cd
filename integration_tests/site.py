"""The migrated account of the sandbox, asked without the connector."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import requests

from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.jsm.document import OPERATIONS

Row = dict[str, Any]
Asked = Iterator[tuple[str, str, Row]]

USERS = "/rest/api/3/users/search"
ONE = {"size": 50}
MONTH = {"intervalUnit": "months", "expand": ["base", "forwarding", "override"]}


def header(account: Sandbox, kind: str) -> dict[str, str]:
    credential = account.credential(kind)
    if "email" not in credential:
        return {"Authorization": f"Bearer {credential['token']}"}
    pair = f"{credential['email']}:{credential['token']}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def ask(
    account: Sandbox, path: str, kind: str = "classic", method: str = "GET", body: Row | None = None, /, **query: object
) -> requests.Response:
    address = f"{account.url}{path}{'&' if '?' in path else '?'}{urlencode(query, doseq=True)}".rstrip("?&")
    return requests.request(method, address, headers=header(account, kind), json=body, timeout=30)


def classic(account: Sandbox, path: str) -> str:
    return f"{OPERATIONS}/{account.ready['jsm']['cloud_id']}/v1{path}"


def scoped(account: Sandbox, path: str) -> str:
    return f"/ex/jira/{account.ready['jsm']['cloud_id']}{OPERATIONS}/v1{path}"


def organisation(account: Sandbox, path: str = "/teams") -> str:
    return f"/public/teams/v1/org/{account.ready['jsm']['organization_id']}{path}"


def get(account: Sandbox, path: str, /, **query: object) -> Any:
    answer = ask(account, classic(account, path), **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def whole(account: Sandbox, path: str, size: int = 100, /, **query: object) -> list[Any]:
    """Read a list by the query of its links."""
    name = {"/logs": "limit"}.get(path, "size")
    given: Row = {name: size, **query}
    rows: list[Any] = []
    while True:
        answer = get(account, path, **given)
        rows += answer["values"]
        following = (answer.get("links") or {}).get("next")
        if not following:
            return rows
        assert answer["values"]
        given = dict(parse_qsl(urlsplit(following).query, keep_blank_values=True))


def paths_asked(account: Sandbox) -> Asked:
    """Return every read endpoint, with paths of it and queries."""
    window = {"startTime": "2026-10-01T00:00:00Z", "endTime": "2026-10-20T00:00:00Z", "limit": 1000}
    alerts = [row["id"] for row in account.jsm_truth("alerts")]
    below = {row["alert_id"] for row in account.jsm_truth("alert_attachments")}
    for alert in alerts[:8]:
        yield "/v1/alerts/{id}", f"/alerts/{alert}", {}
        yield "/v1/alerts/{id}/notes", f"/alerts/{alert}/notes", ONE
        yield "/v1/alerts/{id}/logs", f"/alerts/{alert}/logs", ONE
    for alert in sorted(below)[:3]:
        yield "/v1/alerts/{alertId}/attachments", f"/alerts/{alert}/attachments", ONE
        first = get(account, f"/alerts/{alert}/attachments", **ONE)["values"][0]["id"]
        yield "/v1/alerts/{alertId}/attachments/{id}", f"/alerts/{alert}/attachments/{first}", {}
    still = next(row for row in account.jsm_truth("alerts") if row["status"] == "open")
    yield "/v1/alerts/alias", "/alerts/alias", {"alias": still["alias"]}
    for path, query in (
        *(("alerts", {**ONE, "size": 100}), ("alerts/policies", ONE), ("teams", {}), ("maintenances", ONE)),
        *(("schedules", {**ONE, "expand": "rotation"}), ("integrations", ONE), ("roles", ONE), ("logs", window)),
        *(("forwarding-rules", {**ONE, "showAll": "true"}), ("notification-rules", ONE), ("users/contacts", ONE)),
        *(("syncs", ONE), ("jec/channels", ONE)),
    ):
        yield f"/v1/{path}", f"/{path}", query
    singles = {
        "alerts/policies": "{policyId}",
        "maintenances": "{id}",
        "schedules": "{id}",
        "integrations": "{id}",
        "roles": "{identifier}",
        "forwarding-rules": "{id}",
        "notification-rules": "{id}",
        "users/contacts": "{id}",
        "syncs": "{id}",
        "jec/channels": "{id}",
    }
    for path, name in singles.items():
        for row in whole(account, f"/{path}", 50)[:20]:
            yield f"/v1/{path}/{name}", f"/{path}/{row['id']}", {}
    for further in (_below_teams, _below_schedules, _below_integrations, _below_rules_and_syncs):
        yield from further(account)


def _below_teams(account: Sandbox) -> Asked:
    for team in [row["teamId"] for row in get(account, "/teams")["platformTeams"]]:
        below = f"/teams/{team}"
        yield "/v1/teams/{teamId}/roles", f"{below}/roles", {}
        for role in get(account, f"{below}/roles"):
            yield "/v1/teams/{teamId}/roles/{identifier}", f"{below}/roles/{role['id']}", {}
        for kind in ("routing-rules", "escalations", "heartbeats", "maintenances"):
            yield f"/v1/teams/{{teamId}}/{kind}", f"{below}/{kind}", ONE
            for row in whole(account, f"{below}/{kind}", 50) if kind != "heartbeats" else []:
                yield f"/v1/teams/{{teamId}}/{kind}/{{id}}", f"{below}/{kind}/{row['id']}", {}
        for kind in ("alert", "notification"):
            yield "/v1/teams/{teamId}/policies", f"{below}/policies", {**ONE, "type": kind}
            for row in whole(account, f"{below}/policies", 50, type=kind):
                yield "/v1/teams/{teamId}/policies/{policyId}", f"{below}/policies/{row['id']}", {}


def _below_schedules(account: Sandbox) -> Asked:
    for schedule in [row["id"] for row in whole(account, "/schedules", 50)]:
        below = f"/schedules/{schedule}"
        timeline = "/v1/schedules/{scheduleId}/timeline"
        yield timeline, f"{below}/timeline", MONTH
        yield timeline, f"{below}/timeline", {**MONTH, "date": "2026-04-15T00:00:00Z"}
        for kind in ("on-calls", "next-on-calls"):
            for query in ({}, {"flat": "true"}):
                yield f"/v1/schedules/{{scheduleId}}/{kind}", f"{below}/{kind}", query
        for kind, key in (("rotations", "id"), ("overrides", "alias")):
            yield f"/v1/schedules/{{scheduleId}}/{kind}", f"{below}/{kind}", ONE
            for row in whole(account, f"{below}/{kind}", 50):
                single = f"{below}/{kind}/{quote(row[key], safe='')}"
                yield f"/v1/schedules/{{scheduleId}}/{kind}/{{{key}}}", single, {}


def _below_integrations(account: Sandbox) -> Asked:
    for row in whole(account, "/integrations", 50):
        below = f"/integrations/{row['id']}"
        yield "/v1/integrations/{integrationId}/actions", f"{below}/actions", ONE
        for action in whole(account, f"{below}/actions", 50):
            yield "/v1/integrations/{integrationId}/actions/{id}", f"{below}/actions/{action['id']}", {}
        if "outgoing" in get(account, below)["directions"]:
            path = "/outgoing/alert-filter/main"
            yield f"/v1/integrations/{{integrationId}}{path}", below + path, {}


def _below_rules_and_syncs(account: Sandbox) -> Asked:
    for row in whole(account, "/notification-rules", 50):
        below = f"/notification-rules/{row['id']}/steps"
        yield "/v1/notification-rules/{ruleId}/steps", below, ONE
        for step in row["steps"]:
            yield "/v1/notification-rules/{ruleId}/steps/{id}", f"{below}/{step['id']}", {}
    for row in whole(account, "/syncs", 20):
        actions, groups = (f"/syncs/{row['id']}/{kind}" for kind in ("actions", "action-groups"))
        yield "/v1/syncs/{syncId}/actions", actions, {}
        yield "/v1/syncs/{syncId}/action-groups", groups, {}
        for each in whole(account, actions, 20):
            yield "/v1/syncs/{syncId}/actions/{id}", f"{actions}/{each['id']}", {}
        for each in get(account, groups):
            yield "/v1/syncs/{syncId}/action-groups/{id}", f"{groups}/{each['id']}", {}
