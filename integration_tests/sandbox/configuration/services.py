"""Services and what belongs to each of them, and the account's incident templates."""

from __future__ import annotations

from integration_tests.sandbox.configuration.parts import CONDITIONS, STAKEHOLDER_PROPERTIES, References, Row
from integration_tests.sandbox.noise import Draw, uuid

INCIDENT_PROPERTIES: Row = {
    "message": "Card payments degraded",
    "description": "Opened by rule",
    "tags": ["auto"],
    "details": {"region": "{{details.region}}"},
    "priority": "P2",
    "stakeholderProperties": STAKEHOLDER_PROPERTIES,
}


class Services:
    """All services; the first one belongs to no team."""

    def __init__(self, seed: int, references: References, *, templates: int) -> None:
        self.seed = seed
        self.references = references
        self._rows = {row["id"]: row for row in map(self._service, range(len(references.services)))}
        self.templates = [self._template(at) for at in range(templates)]

    def _service(self, index: int) -> Row:
        reference = self.references.services[index]
        return {
            **reference,
            "description": "" if index % 2 else "Card authorisation",
            "teamId": None if index == 0 else self.references.team(index - 1)["id"],
            "tags": ["tier1"] if index % 3 == 0 else [],
            "isExternal": index % 4 == 3,
            **({"visibility": "TEAM_MEMBERS"} if index % 5 == 0 else {}),
            "links": {
                "web": f"https://example.app.opsgenie.com/service/{reference['id']}/status",
                "api": f"https://api.opsgenie.com/v1/services/{reference['id']}",
            },
        }

    def _template(self, at: int) -> Row:
        return {
            "id": uuid(self.seed, "incident template", at),
            "name": f"Outage {at}",
            "message": "Payments are down",
            "description": "Use for full outages",
            "tags": ["payments"],
            "details": {"severity": "critical"},
            "priority": "P1",
            "impactedServices": [each["id"] for each in self.references.services[:2]],
            "stakeholderProperties": STAKEHOLDER_PROPERTIES,
        }

    def services(self) -> list[Row]:
        """Return every service."""
        return list(self._rows.values())

    def service(self, service_id: str) -> Row | None:
        """Return one service."""
        return self._rows.get(service_id)

    def incident_rules(self, service_id: str) -> list[Row]:
        """Return the rules that open incidents on a service."""
        count = Draw(self.seed, "incident rules", service_id).below(4)
        return [
            {
                "id": uuid(self.seed, "incident rule", service_id, at),
                "order": at,
                "conditionMatchType": "match-all-conditions" if at else "match-all",
                "conditions": CONDITIONS if at else [],
                "incidentProperties": INCIDENT_PROPERTIES,
            }
            for at in range(count)
        ]

    def incident_templates(self, service_id: str) -> list[Row]:
        """Return the older templates of a service."""
        count = Draw(self.seed, "service templates", service_id).below(3)
        return [
            {
                "id": uuid(self.seed, "service template", service_id, at),
                "name": f"Gateway down {at}",
                "incidentProperties": INCIDENT_PROPERTIES,
            }
            for at in range(count)
        ]

    def audience_template(self, service_id: str) -> Row:
        """Return who has to do with a service's incidents."""
        draw = Draw(self.seed, "audience", service_id)
        return {
            "responder": {
                "teams": [self.references.team(draw.below(9))["id"]],
                "individuals": [self.references.user(draw.below(9))["id"]],
            },
            "stakeholder": {
                "individuals": [self.references.user(draw.below(9))["id"]],
                "conditionMatchType": "match-any-condition",
                "conditions": [
                    {"matchField": "country", "value": "ES"},
                    {"matchField": "customProperty", "key": "costCenter", "value": "4711"},
                ],
            },
        }
