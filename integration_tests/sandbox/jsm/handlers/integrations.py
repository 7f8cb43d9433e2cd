"""Integrations, syncs, the channels of Jira Edge Connector."""

from __future__ import annotations

from integration_tests.sandbox.configuration.integrations import SECRET
from integration_tests.sandbox.jsm import paging
from integration_tests.sandbox.jsm.call import Answer, JsmCall, found
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal


def _filtered(call: JsmCall, rows: list[Row], names: dict[str, str]) -> list[Row]:
    wanted = {column: call.given[name] for name, column in names.items() if name in call.given}
    return [row for row in rows if wanted.items() <= row.items()]


def _visible(call: JsmCall, row: Row | None, what: str) -> Row:
    row = found(row, what)
    if not call.seen([row]):
        raise Refusal(403, f"You're not authorized to see this {what.lower()}")
    return row


def integrations(call: JsmCall) -> Answer:
    rows = call.account.integrations.listed()
    return paging.seen_by_offset(call, _filtered(call, rows, {name: name for name in ("type", "teamId", "name")}))


def _integration(call: JsmCall, name: str = "integrationId") -> Row:
    return _visible(call, call.account.integrations.single(call.at[name]), "Integration")


def integration(call: JsmCall) -> Answer:
    return _integration(call, "id")


def alert_filter(call: JsmCall) -> Answer:
    return found(call.account.integrations.alert_filter(_integration(call)["id"]), "Alert filter")


def integration_actions(call: JsmCall) -> Answer:
    rows = call.account.integrations.actions(_integration(call)["id"])
    names = {name: name for name in ("type", "direction", "domain", "name")}
    return paging.by_offset(call, _filtered(call, rows, names))


def integration_action(call: JsmCall) -> Answer:
    return found(call.account.integrations.action(_integration(call)["id"], call.at["id"]), "Action")


def syncs(call: JsmCall) -> Answer:
    rows = call.account.syncs.listed()
    return paging.seen_by_offset(call, _filtered(call, rows, {name: name for name in ("type", "teamId")}))


def _sync(call: JsmCall, name: str = "syncId") -> Row:
    return _visible(call, call.account.syncs.single(call.at[name]), "Sync")


def sync(call: JsmCall) -> Answer:
    return _sync(call, "id")


def sync_actions(call: JsmCall) -> Answer:
    rows = call.account.syncs.actions(_sync(call)["id"])
    names = {name: name for name in ("type", "direction", "name")} | {"groupId": "actionGroupId"}
    return paging.by_offset(call, _filtered(call, rows, names))


def sync_action(call: JsmCall) -> Answer:
    return found(call.account.syncs.action(_sync(call)["id"], call.at["id"]), "Action")


def sync_action_groups(call: JsmCall) -> Answer:
    rows = _filtered(call, call.account.syncs.groups(_sync(call)["id"]), {"type": "type"})
    return rows if call.jsm.action_groups == "array" else {"values": rows}


def sync_action_group(call: JsmCall) -> Answer:
    return found(call.account.syncs.group(_sync(call)["id"], call.at["id"]), "Action group")


def channels(call: JsmCall) -> Answer:
    rows = call.account.channels if call.credential.is_admin else []
    return paging.by_offset(call, _filtered(call, rows, {"ownerDomain": "ownerDomain"}))


def channel(call: JsmCall) -> Answer:
    call.blame("the key of a channel")
    rows = call.account.channels if call.credential.is_admin else []
    row = found(next((row for row in rows if row["id"] == call.at["id"]), None), "Channel")
    return row | {"apiKey": f"{SECRET}-channel"}
