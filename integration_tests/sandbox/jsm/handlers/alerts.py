"""Alerts and their child lists."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tests.sandbox.collection import INDEX_MASK
from integration_tests.sandbox.jsm import paging
from integration_tests.sandbox.jsm.call import Answer, JsmCall
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.storage import ATTACHMENT


def alerts(call: JsmCall) -> Answer:
    size, offset = call.given["size"], call.given["offset"]
    if offset + size >= call.jsm.window_size:
        call.blame("beyond the window")
        raise Refusal(422, f"Sum of offset and size should be lower than {call.jsm.window_size}")
    for name in ("from", "to"):
        if name in call.given:
            call.blame(f"{name}, which has no unit")
    keys = _selected(call)
    page = paging.by_offset(call, keys, lambda key: call.account.alerts.listed(key & INDEX_MASK, call.jsm))
    return page | {"count": len(keys) + call.settings.miscount}


def _selected(call: JsmCall) -> Sequence[int]:
    sort, rows = call.given["sort"], call.account.account.alerts
    if sort == "updatedAt" and call.jsm.sort_updated_at.isdigit():
        raise Refusal(int(call.jsm.sort_updated_at), "sort must be one of the documented ones")
    if sort == "updatedAt" and call.jsm.sort_updated_at == "ignored":
        sort = "insertedAt"
    if not call.teams:
        return []
    descending = call.given["order"] == "desc"
    keys = rows.select(
        call.given.get("query", ""),
        sort if sort in ("updatedAt", "lastOccurredAt") else "createdAt",
        descending=descending,
        team=_only_team(call),
        updated_at_filter=call.jsm.query_updated_at,
    )
    if sort == "priority":
        return sorted(keys, key=lambda key: str(rows.row(key & INDEX_MASK)["priority"]), reverse=descending)
    return keys


def _only_team(call: JsmCall) -> str | None:
    """Return the only team whose alerts the caller sees, by Opsgenie's id."""
    return None if call.credential.is_admin else call.account.teams.opsgenie_ids[call.teams[0]]


def _alert(call: JsmCall) -> int:
    """Return the alert of a path. It takes the id only, no short one."""
    identifier = call.at.get("id") if "alertId" not in call.at else call.at["alertId"]
    index = call.account.ids.alert_index(str(identifier), _only_team(call)) if call.teams else None
    if index is None:
        raise Refusal(404, f"Alert with id [{identifier}] does not exist")
    return index


def alert(call: JsmCall) -> Answer:
    return call.account.alerts.single(_alert(call), call.jsm)


def alert_by_alias(call: JsmCall) -> Answer:
    """Find an open alert only."""
    rows = call.account.account.alerts
    index = rows.find(call.given["alias"], "alias", _only_team(call)) if call.teams else None
    if index is None or rows.row(index)["status"] == "closed":
        raise Refusal(404, f"Alert with alias [{call.given['alias']}] does not exist")
    return call.account.alerts.single(index, call.jsm)


def alert_logs(call: JsmCall) -> Answer:
    return paging.by_key(call, call.account.alerts.logs(_alert(call)))


def alert_notes(call: JsmCall) -> Answer:
    return paging.by_key(call, call.account.alerts.notes(_alert(call)))


def alert_attachments(call: JsmCall) -> Answer:
    if call.jsm.attachments.isdigit():
        raise Refusal(int(call.jsm.attachments), "You're not authorized to see attachments")
    return paging.by_key(call, call.account.alerts.attachments(_alert(call)))


def alert_attachment(call: JsmCall) -> Answer:
    if call.jsm.attachments.isdigit():
        raise Refusal(int(call.jsm.attachments), "You're not authorized to see attachments")
    index = _alert(call)
    if all(key != call.at["id"] for key, _ in call.account.alerts.attachments(index)):
        raise Refusal(404, "Attachment not found")
    return {"url": call.file(ATTACHMENT.format(alert=index, id=call.at["id"]))}


def request_status(_call: JsmCall) -> Answer:
    raise Refusal(404, "Request not found")
