"""Integrations, action channels, heartbeats."""

from __future__ import annotations

from integration_tests.sandbox import text
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.handlers.scope import require, seen
from integration_tests.sandbox.refusal import Refusal


def integrations(call: Call) -> Body:
    wanted = {name: call.query[name] for name in ("type", "teamId") if name in call.query}
    if "teamName" in call.query:
        names = call.account.configuration.teams
        wanted["teamId"] = names.team_id(call.query["teamName"], "name") or ""
    if call.team is not None and "teamId" in wanted:
        raise Refusal(403, text.TEAM_KEY, code=40301)
    rows = seen(call, call.account.configuration.integrations.integrations())
    return {"data": [row for row in rows if wanted.items() <= row.items()], "code": 200}


def _integration(call: Call) -> str:
    integration_id = call.at["integrationId"]
    row = call.account.configuration.integrations.listed(integration_id)
    if row is None:
        raise Refusal(404, "Integration not found")
    require(call, row)
    return integration_id


def integration(call: Call) -> Body:
    integrations, integration_id = call.account.configuration.integrations, _integration(call)
    row = integrations.integration(integration_id)
    if row is None:
        raise Refusal(403, text.NOT_OF_THIS_TYPE.format((integrations.listed(integration_id) or {})["type"]))
    return {"data": row}


def integration_actions(call: Call) -> Body:
    integrations, integration_id = call.account.configuration.integrations, _integration(call)
    row, status = integrations.listed(integration_id), call.settings.plain_integrations
    if status.isdigit() and not (row and row["advanced"]):
        raise Refusal(int(status), "The integration is not advanced")
    return {"data": integrations.actions(integration_id)}


def action_channels(call: Call) -> Body:
    """Answer in the form that the settings say: no source shows this list."""
    form = call.settings.action_channels
    if form.isdigit():
        raise Refusal(int(form), text.NO_HANDLER)
    owner = call.query.get("teamId", "")
    if call.team not in (None, owner):
        raise Refusal(403, text.TEAM_KEY, code=40301)
    rows = call.account.configuration.integrations.channels(owner)
    forms = {"channels": {"channels": rows}, "two lists": {"actionChannels": rows, "links": []}}
    return {"data": forms.get(form, rows)}


def heartbeats(call: Call) -> Body:
    return {"data": {"heartbeats": seen(call, call.account.configuration.heartbeats.heartbeats())}}


def heartbeat_ping(call: Call) -> Body:
    call.blame("heartbeat ping")
    return {"result": "PONG - Heartbeat received"}
