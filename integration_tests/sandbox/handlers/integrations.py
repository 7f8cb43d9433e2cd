"""Integrations, action channels, heartbeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration_tests.sandbox import text
from integration_tests.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from integration_tests.sandbox.call import Body, Call


def integrations(call: Call) -> Body:
    return {"data": call.account.configuration.integrations.integrations(), "code": 200}


def _found(row: Any) -> Any:  # noqa: ANN401 - a row
    if row is None:
        raise Refusal(404, "Integration not found")
    return row


def integration(call: Call) -> Body:
    return {"data": _found(call.account.configuration.integrations.integration(call.at["integrationId"]))}


def integration_actions(call: Call) -> Body:
    return {"data": _found(call.account.configuration.integrations.actions(call.at["integrationId"]))}


def action_channels(call: Call) -> Body:
    """Answer in the form that the settings say: no source shows this list."""
    form = call.settings.action_channels
    if form.isdigit():
        raise Refusal(int(form), text.NO_HANDLER)
    rows = call.account.configuration.integrations.channels(call.query.get("teamId", ""))
    return {"data": rows if form == "array" else {"channels": rows}}


def heartbeats(call: Call) -> Body:
    return {"data": {"heartbeats": call.account.configuration.heartbeats.heartbeats()}}


def heartbeat_ping(call: Call) -> Body:
    call.blame("heartbeat ping")
    return {"result": "PONG - Heartbeat received"}
