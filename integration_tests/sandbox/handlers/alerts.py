"""Alerts, their child lists, and saved searches."""

from __future__ import annotations

from integration_tests.sandbox import paging
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.collection import INDEX_MASK
from integration_tests.sandbox.handlers.selection import select
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.storage import ATTACHMENT


def alerts(call: Call) -> Body:
    rows = call.account.alerts
    sort = call.choice("sort", ("createdAt", "updatedAt", *rows.sorts), "createdAt")
    if sort == "updatedAt" and call.settings.alerts_sort_updated_at == "ignored":
        sort = "createdAt"
    return paging.by_offset(call, select(call, rows, sort), lambda key: rows.row(key & INDEX_MASK))


def alert_count(call: Call) -> Body:
    return {"data": {"count": len(select(call, call.account.alerts, "createdAt")) + call.settings.miscount}}


def _alert(call: Call) -> int:
    kind = call.choice("identifierType", ("id", "alias", "tiny"), "id")
    index = call.account.alerts.find(call.at["alertId"], kind, call.team)
    if index is None:
        raise Refusal(404, f"Alert with id [{call.at['alertId']}] does not exist")
    return index


def alert(call: Call) -> Body:
    return {"data": call.account.alerts.detail(_alert(call))}


def alert_recipients(call: Call) -> Body:
    return {"data": call.account.alerts.recipients(_alert(call))}


def alert_logs(call: Call) -> Body:
    return paging.by_record(call, call.account.alerts.logs(_alert(call)))


def alert_notes(call: Call) -> Body:
    return paging.by_record(call, call.account.alerts.notes(_alert(call)))


def alert_attachments(call: Call) -> Body:
    renamed = {"name": call.settings.attachment_name} if call.settings.attachment_name else {}
    return {"data": [row | renamed for row in call.account.alerts.attachments(_alert(call))]}


def alert_attachment(call: Call) -> Body:
    index, identity = _alert(call), call.at["attachmentId"]
    for row in call.account.alerts.attachments(index):
        if str(row["id"]) == identity:
            url = call.file(ATTACHMENT.format(alert=index, id=identity))
            return {"data": {"name": call.settings.attachment_name or row["name"], "url": url}}
    raise Refusal(404, "Attachment not found")


def saved_searches(call: Call) -> Body:
    return {"data": [{name: row[name] for name in ("id", "name")} for row in call.account.alerts.saved_searches()]}


def saved_search(call: Call) -> Body:
    kind = call.choice("identifierType", ("id", "name"), "id")
    for row in call.account.alerts.saved_searches():
        if row[kind] == call.at["searchId"]:
            return {"data": row}
    raise Refusal(404, "Saved search not found")
