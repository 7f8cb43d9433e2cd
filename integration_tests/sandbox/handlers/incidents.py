"""Incidents and their child lists."""

from __future__ import annotations

from integration_tests.sandbox import paging
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.collection import INDEX_MASK
from integration_tests.sandbox.handlers.selection import select
from integration_tests.sandbox.refusal import Refusal


def incidents(call: Call) -> Body:
    rows = call.account.incidents
    sorts = ["createdAt", "insertedAt", *rows.sorts]
    by_update = call.settings.incidents_sort_updated_at
    if by_update == "400" and call.query.get("sort") == "updatedAt":
        raise Refusal(400, "sort is not valid")
    if by_update != "422":
        sorts.append("updatedAt")
    sort = call.choice("sort", tuple(sorts), "insertedAt")
    if sort == "updatedAt" and by_update == "ignored":
        sort = "createdAt"
    found = select(call, rows, sort)
    total = {"totalCount": len(found)} if call.settings.incidents_total_count else {}
    return total | paging.by_offset(call, found, lambda key: rows.row(key & INDEX_MASK))


def _incident(call: Call) -> int:
    kind = call.choice("identifierType", ("id", "tiny"), "id")
    index = call.account.incidents.find(call.at["incidentId"], kind, call.team)
    if index is None:
        raise Refusal(404, f"Incident with id [{call.at['incidentId']}] does not exist")
    return index


def incident(call: Call) -> Body:
    return {"data": call.account.incidents.row(_incident(call))}


def incident_logs(call: Call) -> Body:
    return paging.by_record(call, call.account.incidents.logs(_incident(call)))


def incident_timeline(call: Call) -> Body:
    sharing_ids = call.settings.timeline_ids == "shared"
    return paging.timeline(call, call.account.incidents.entries(_incident(call), sharing_ids=sharing_ids))


def incident_notes(call: Call) -> Body:
    return paging.by_record(call, call.account.incidents.notes(_incident(call)))


def responder_alerts(call: Call) -> Body:
    return paging.bare_ids(call, call.account.incidents.responder_alerts(_incident(call)))


def associated_alerts(call: Call) -> Body:
    return paging.bare_ids(call, call.account.incidents.associated_alerts(_incident(call)))
