"""Translates services, and who is involved in their incidents."""

from __future__ import annotations

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.rows.fields import changed, renamed

_ROLES = {"responder": "responders", "stakeholder": "stakeholders"}
_PEOPLE = {"users": "individuals"}


def service(row: Row, *_: object) -> Row:
    """Translate a service of JSM's register."""
    return changed(renamed(row, {"owner": "teamId"}), teamId=lambda team: None if team == "" else team)


def service_audience_template(service: Row) -> Row:
    """Return a service's responders and stakeholders as its audience, because JSM has no audience templates."""
    involved = {column: service[name] for column, name in _ROLES.items() if name in service}
    audience = {
        column: renamed(people, _PEOPLE) if isinstance(people, dict) else people for column, people in involved.items()
    }
    return {"service_id": service.get("id"), **audience}
