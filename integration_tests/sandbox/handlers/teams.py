"""Teams, what belongs to each of them, and policies."""

from __future__ import annotations

from integration_tests.sandbox import paging, text
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.refusal import Refusal


def teams(call: Call) -> Body:
    rows = call.account.configuration.teams.teams()
    return {"data": [row for row in rows if call.team in (None, row["id"])], "expandable": ["member"]}


def _team(call: Call, kind_parameter: str = "identifierType") -> str:
    kind = call.choice(kind_parameter, ("id", "name"), "id")
    team_id = call.account.configuration.teams.team_id(call.at["teamId"], kind)
    if team_id is None:
        raise Refusal(404, "Team not found")
    if call.team not in (None, team_id):
        raise Refusal(403, text.TEAM_KEY, code=40301)
    return team_id


def team(call: Call) -> Body:
    return {"data": call.account.configuration.teams.team(_team(call))}


def team_roles(call: Call) -> Body:
    return {"data": call.account.configuration.teams.team_roles(_team(call, "teamIdentifierType"))}


def team_routing_rules(call: Call) -> Body:
    return {"data": call.account.configuration.teams.team_routing_rules(_team(call, "teamIdentifierType"))}


def team_logs(call: Call) -> Body:
    return paging.team_logs(call, call.account.configuration.teams.team_logs(_team(call)))


def _owner(call: Call) -> str | None:
    """Return the team that policies are asked for; a team's key may not leave it out."""
    owner = call.query.get("teamId")
    if call.team is not None and owner is None and call.settings.policies_without_team != "403":
        raise Refusal(int(call.settings.policies_without_team), "teamId cannot be null")
    if call.team is not None and owner != call.team:
        raise Refusal(403, text.TEAM_KEY, code=40301)
    return owner


def alert_policies(call: Call) -> Body:
    return {"data": call.account.configuration.policies.listed("alert", _owner(call))}


def notification_policies(call: Call) -> Body:
    owner = _owner(call)
    if owner is None:
        raise Refusal(422, "teamId must be given")
    return {"data": call.account.configuration.policies.listed("notification", owner)}


def legacy_policies(_call: Call) -> Body:
    raise Refusal(410, "This feature is deprecated")


def policy(call: Call) -> Body:
    row = call.account.configuration.policies.single(call.at["policyId"], _owner(call))
    if row is None:
        raise Refusal(404, "Policy not found")
    return {"data": row}
