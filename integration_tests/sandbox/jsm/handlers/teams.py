"""Teams and what is listed below each of them, policies, heartbeats, maintenances."""

from __future__ import annotations

from integration_tests.sandbox.jsm import paging
from integration_tests.sandbox.jsm.call import Answer, JsmCall, found
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal

# Plans without heartbeats and forwarding rules.
LESSER_PLANS = ("Essentials", "Free")


def require_plan(call: JsmCall) -> None:
    """Refuse what the plan does not include."""
    if call.settings.plan in LESSER_PLANS:
        raise Refusal(402, "Your plan does not include this feature")


def teams(call: JsmCall) -> Answer:
    rows = [row for row in call.account.teams.listed if row["teamId"] in call.teams]
    return rows if call.jsm.teams == "array" else {"platformTeams": rows}


def team_request(call: JsmCall) -> Answer:
    call.team()
    raise Refusal(404, "Request not found")


def roles(call: JsmCall) -> Answer:
    return call.account.teams.roles(call.team())


def role(call: JsmCall) -> Answer:
    identifier = call.at["identifier"]
    rows = call.account.teams.roles(call.team())
    return found(next((row for row in rows if identifier in (row["id"], row["name"])), None), "Role")


def _with_id(call: JsmCall, rows: list[Row], what: str) -> Answer:
    return found(next((row for row in rows if row["id"] == call.at["id"]), None), what)


def routing_rules(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.teams.routing_rules(call.team()))


def routing_rule(call: JsmCall) -> Answer:
    return _with_id(call, call.account.teams.routing_rules(call.team()), "Routing rule")


def escalations(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.teams.escalations(call.team()))


def escalation(call: JsmCall) -> Answer:
    return _with_id(call, call.account.teams.escalations(call.team()), "Escalation")


def heartbeats(call: JsmCall) -> Answer:
    require_plan(call)
    rows = call.account.teams.heartbeats(call.team())
    return paging.by_offset(call, [row for row in rows if row["name"] == call.given.get("name", row["name"])])


def heartbeat_ping(call: JsmCall) -> Answer:
    call.blame("heartbeat ping")
    return {"result": "PONG - Heartbeat received"}


# Policies


def global_policies(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.policies.listed("alert", None) if call.credential.is_admin else [])


def global_policy(call: JsmCall) -> Answer:
    call.admin("You're not authorized to see global policies")
    return found(call.account.policies.single(call.at["policyId"], None), "Policy")


def team_policies(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.policies.listed(call.given["type"], call.team()))


def team_policy(call: JsmCall) -> Answer:
    return found(call.account.policies.single(call.at["policyId"], call.team()), "Policy")


# Maintenances


def global_maintenances(call: JsmCall) -> Answer:
    rows = call.account.maintenances.listed(call.given["type"], None)
    return paging.by_offset(call, rows if call.credential.is_admin else [])


def global_maintenance(call: JsmCall) -> Answer:
    call.admin("You're not authorized to see global maintenances")
    return _with_id(call, call.account.maintenances.listed("all", None), "Maintenance")


def team_maintenances(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.maintenances.listed(call.given["type"], call.team()))


def team_maintenance(call: JsmCall) -> Answer:
    return _with_id(call, call.account.maintenances.listed("all", call.team()), "Maintenance")
