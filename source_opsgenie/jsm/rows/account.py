"""Translates services, maintenance, and the audit log of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.jsm.rows.fields import renamed, with_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from source_opsgenie.http.body import Row

_ROLES = {"responder": "responders", "stakeholder": "stakeholders"}
_PEOPLE = {"users": "individuals"}


def service(row: Row, *_: object) -> Row:
    """Translate a service of JSM's register."""
    made = renamed(row, {"owner": "teamId"})
    if made.get("teamId") == "":
        made["teamId"] = None
    return made


def service_audience_template(service: Row) -> Row:
    """Return a service's responders and stakeholders as its audience, because JSM has no audience templates."""
    involved = {column: service[name] for column, name in _ROLES.items() if name in service}
    audience = {
        column: renamed(people, _PEOPLE) if isinstance(people, dict) else people for column, people in involved.items()
    }
    return {"service_id": service.get("id"), **audience}


def maintenance(row: Row, *_: object) -> Row:
    """Translate a maintenance period."""
    made = dict(row)
    if row.get("time") is None:
        time = {name: made.pop(name) for name in ("startDate", "endDate") if name in row}
        if time:
            made["time"] = time
    return made


def audit_logs(rows: Iterable[Row]) -> Iterator[Row]:
    """Translate the lines of the audit log of one span of time. They have no key, so the connector makes one."""
    lines = (renamed(row, {"summary": "message"}) for row in rows)
    return with_keys(lines, "id", "created", ("category", "level", "message", "details"))
