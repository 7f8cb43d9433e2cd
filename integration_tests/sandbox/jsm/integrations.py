"""Integrations and their actions. Secrets are in the rows, as the API has them."""

from __future__ import annotations

from zlib import crc32

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.configuration.integrations import BY_TYPE
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.parts import chosen
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.text import millis

SUMMARY = ("id", "name", "type", "enabled", "teamId")
OUTGOING = ("Webhook", "Slack")
BOTH_WAYS = "Jira"
# What Opsgenie tells and JSM does not, or tells in another place or by another name.
NOT_IN_PROPERTIES = ("feature-type", "callback-type", "bidirectional-callback-type", "alertFilter", "forwardingEnabled")
# The key of an API integration is told once, when it is made.
TOLD_ONCE = "apiKey"
FIELDS = (
    *("user", "note", "alias", "source", "message", "description", "entity", "priority", "responders", "tags"),
    "extraProperties",
    "alertActions",
)
RENAMED = {"alertActions": "actions", "extraProperties": "details"}
PAYLOAD = {
    "ignoreAlertActionsFromPayload": "keepActionsFromPayload",
    "ignoreRespondersFromPayload": "keepRespondersFromPayload",
    "ignoreTagsFromPayload": "keepTagsFromPayload",
    "ignoreExtraPropertiesFromPayload": "keepExtraPropertiesFromPayload",
}
FIRST_ACTION = 1_791_000_000_000_000_000
ACTION_SUMMARY = ("id", "name", "type", "direction", "domain", "groupType")


class Integrations:
    """All integrations. The list leaves most of an integration out."""

    def __init__(self, configuration: Configuration, ids: Ids) -> None:
        self.ids = ids
        self._its = configuration
        self._opsgenie_ids = ids.back(row["id"] for row in configuration.references.integrations)
        self._rows = {row["id"]: row for row in map(self._row, configuration.integrations.integrations())}
        self._actions = {row["id"]: self._actions_of(row) for row in self._rows.values()}

    def _row(self, listed: Row) -> Row:
        kind = listed["type"]
        row = chosen(listed, "name", "type", "enabled", "advanced") | {"id": self.ids.thing(listed["id"])}
        if "teamId" in listed:
            row["teamId"] = self.ids.thing(listed["teamId"])
        directions = ["outgoing"] if kind in OUTGOING else ["incoming", *(["outgoing"] if kind == BOTH_WAYS else [])]
        return row | {
            "maintenanceSources": self._maintenances(listed["id"]),
            "directions": directions,
            "domains": ["alert"],
            "typeSpecificProperties": _properties(kind),
        }

    def _maintenances(self, opsgenie_id: str) -> list[Row]:
        organisation = self._its.organisation
        full = [organisation.maintenance(row["id"]) or {} for row in organisation.maintenances("all")]
        return [
            {
                "maintenanceId": self.ids.thing(row["id"]),
                "enabled": rule["state"] == "enabled",
                "interval": {
                    f"{name}TimeMillis": millis(row["time"][f"{name}Date"])
                    for name in ("start", "end")
                    if f"{name}Date" in row["time"]
                },
            }
            for row in full
            for rule in row["rules"]
            if rule["entity"]["id"] == opsgenie_id
        ]

    def listed(self) -> list[Row]:
        """Return every integration, as listed."""
        return [chosen(row, *SUMMARY) for row in self._rows.values()]

    def single(self, integration_id: str) -> Row | None:
        """Return one integration in full."""
        return self._rows.get(integration_id)

    def alert_filter(self, integration_id: str) -> Row | None:
        """Return what an outgoing integration lets through; others have no filter."""
        row = self._rows.get(integration_id)
        if row is None or "outgoing" not in row["directions"]:
            return None
        given = BY_TYPE.get(row["type"], {}).get("alertFilter", {"conditionMatchType": "match-all", "conditions": []})
        without_order = [
            {name: value for name, value in each.items() if name != "order"} for each in given["conditions"]
        ]
        return {"conditionMatchType": given["conditionMatchType"], "conditions": without_order}

    # Actions

    def actions(self, integration_id: str) -> list[Row]:
        """Return the actions of an integration, as listed."""
        rows = self._actions.get(integration_id, [])
        return [
            chosen(row, *ACTION_SUMMARY)
            | ({"actionMappingType": row["actionMapping"]["type"]} if "actionMapping" in row else {})
            for row in rows
        ]

    def action(self, integration_id: str, action_id: str) -> Row | None:
        """Return one action in full."""
        return next((row for row in self._actions.get(integration_id, []) if row["id"] == action_id), None)

    def _actions_of(self, integration: Row) -> list[Row]:
        given = self._its.integrations.actions(self._opsgenie_ids[integration["id"]]) or {}
        rows = [each for kind in given.values() if isinstance(kind, list) for each in kind]
        # Two of the same type, order and name are two all the same.
        made = [self._action(f"{integration['id']} {at}", row) for at, row in enumerate(rows)]
        if integration["type"] == BOTH_WAYS:
            made.append(
                {
                    "id": _action_id(f"{integration['id']} forwarding"),
                    "type": "create",
                    "name": "Create Issue",
                    "domain": "alert",
                    "direction": "outgoing",
                    "actionMapping": {"type": "createIssue", "parameter": {"issueType": "Bug"}},
                    "groupType": "forwarding",
                    "extraField": "a",
                    "filter": {"conditionsEmpty": True, "conditionMatchType": "match-all", "conditions": []},
                    "typeSpecificProperties": {},
                    "fieldMappings": {},
                }
            )
        return made

    def _action(self, key: str, row: Row) -> Row:
        fields = {RENAMED.get(name, name): row[name] for name in FIELDS if name in row}
        if "responders" in fields:
            fields["responders"] = [self.ids.reference(each) for each in fields["responders"]]
        properties: Row = {kept: not row[ignored] for ignored, kept in PAYLOAD.items() if ignored in row}
        if "appendAttachments" in row:
            properties["appendAttachments"] = row["appendAttachments"]
        conditions = [each | {"systemCondition": False} for each in row["filter"].get("conditions", [])]
        return {
            **{name: row[name] for name in ("type", "name")},
            "id": _action_id(key),
            "domain": "alert",
            "direction": "incoming",
            "filter": {
                "conditionsEmpty": not conditions,
                "conditionMatchType": row["filter"]["conditionMatchType"],
                "conditions": conditions,
            },
            "typeSpecificProperties": properties,
            "fieldMappings": fields,
        }


def _action_id(key: str) -> str:
    return str(FIRST_ACTION + crc32(key.encode()))


def _properties(kind: str) -> Row:
    given = BY_TYPE.get(kind, {})
    properties: Row = {"suppressNotifications": False}
    properties |= {
        name: value
        for name, value in given.items()
        if name not in NOT_IN_PROPERTIES and not (kind == "API" and name == TOLD_ONCE)
    }
    if "forwardingEnabled" in given:
        properties["forwardingActionGroupEnabled"] = given["forwardingEnabled"]
    return properties
