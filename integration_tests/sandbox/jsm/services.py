"""The register of services, which is JSM's own: its ids are others, and so is what it tells."""

from __future__ import annotations

from base64 import b64encode

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.query import Row


def services(configuration: Configuration, ids: Ids) -> list[Row]:
    """Return every service."""
    rows = []
    for at, row in enumerate(configuration.services.services()):
        audience = configuration.services.audience_template(row["id"])
        rows.append(
            {
                "id": "b:" + b64encode(f"ari:service/{row['id']}".encode()).decode(),
                "name": row["name"],
                "description": row["description"],
                "tier": 1 + at % 4,
                "type": "SOFTWARE_SERVICES",
                "changeApprovers": {"groups": []},
                "responders": {
                    "users": [ids.person(each) for each in audience["responder"]["individuals"]],
                    "teams": [ids.thing(each) for each in audience["responder"]["teams"]],
                },
                "stakeholders": {"users": [ids.person(each) for each in audience["stakeholder"]["individuals"]]},
                "projects": {"ids": ["10002"]},
                "owner": "" if row["teamId"] is None else ids.thing(row["teamId"]),
            }
        )
    return rows
