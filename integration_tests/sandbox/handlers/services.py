"""Services and incident templates."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox import paging
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.handlers.scope import require, seen
from integration_tests.sandbox.refusal import Refusal

# What services can be sorted by; the times are not in the rows, and their order is that of creation.
SORTS = ("name", "createdAt", "insertedAt", "updatedAt", "isExternal")


def services(call: Call) -> Body:
    sort = call.choice("sort", SORTS, "name")
    rows = seen(call, call.account.configuration.services.services())
    if sort in ("name", "isExternal"):
        rows = sorted(rows, key=lambda row: row[sort])
    return paging.by_offset(call, rows[::-1] if call.is_descending() else rows, _same)


def _same(row: Any) -> Any:
    return row


def _service(call: Call) -> str:
    service_id = call.at["serviceId"]
    row = call.account.configuration.services.service(service_id)
    if row is None:
        raise Refusal(404, "Service not found")
    require(call, row)
    return service_id


def incident_rules(call: Call) -> Body:
    return {"data": call.account.configuration.services.incident_rules(_service(call))}


def service_incident_templates(call: Call) -> Body:
    return {"data": call.account.configuration.services.incident_templates(_service(call))}


def audience_template(call: Call) -> Body:
    return {"data": call.account.configuration.services.audience_template(_service(call))}


def incident_templates(call: Call) -> Body:
    templates = call.account.configuration.services.templates
    if call.settings.incident_templates == "unpaged":
        return {"data": {"incidentTemplates": templates}}
    size, offset = call.size(paging.MOST), call.number("offset", 0, 0)
    last = max(0, len(templates) - 1) // size * size
    links = {"first": call.link(limit=size, offset=0), "last": call.link(limit=size, offset=last)}
    if offset + size < len(templates):
        links["next"] = call.link(limit=size, offset=offset + size)
    return {"data": {"incidentTemplates": templates[offset : offset + size]}, "paging": links}
