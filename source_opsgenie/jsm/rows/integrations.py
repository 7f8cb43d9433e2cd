"""Translates integrations, their actions, syncs and heartbeats.

Secrets are masked before values are copied from the settings, which depend on the integration's type.
"""

from __future__ import annotations

from collections.abc import Iterable

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.rows.fields import changed, fill, is_id_text, lower_case, renamed
from source_opsgenie.jsm.rows.names import Names
from source_opsgenie.records.base import Record, json_schema
from source_opsgenie.records.integrations import Integration, IntegrationAction
from source_opsgenie.records.masking import masked

SETTINGS = "typeSpecificProperties"

# Opsgenie's columns of settings, which are copied from JSM's map if it has them under the same name. Atlassian's
# documents show only a few of them: suppressNotifications, addAlertDescription, addAlertDetails, url, headers and
# emailUsername.
LIFTED = (
    *("suppressNotifications", "ignoreRespondersFromPayload", "ignoreTeamsFromPayload", "ignoreRecipientsFromPayload"),
    *("ignoreTagsFromPayload", "ignoreExtraPropertiesFromPayload", "responders", "recipients", "priority"),
    *("customPriority", "tags", "extraProperties", "assignedTeam", "emailAddress", "emailUsername"),
    *("allowReadAccess", "allowWriteAccess", "allowDeleteAccess", "allowConfigurationAccess", "isDefaultIntegration"),
    *("alertActions", "sendAlertActions", "forwardingEnabled", "forwardingActionMappings", "updatesEnabled"),
    *("updatesActionMappings", "addAlertDescription", "addAlertDetails", "sendViaOEC", "username", "subdomain"),
    *("region", "topicArn", "channel", "projectKey", "issueTypeName", "url", "webhookUrl", "headers", "apiKey"),
    *("token", "password"),
)
MAPPINGS = ("user", "note", "alias", "source", "message", "description", "entity", "priority", "responders", "tags")
RENAMED_MAPPINGS = {"actions": "alertActions", "details": "extraProperties"}
_NEGATED = {
    "keepActionsFromPayload": "ignoreAlertActionsFromPayload",
    "keepRespondersFromPayload": "ignoreRespondersFromPayload",
    "keepTagsFromPayload": "ignoreTagsFromPayload",
    "keepExtraPropertiesFromPayload": "ignoreExtraPropertiesFromPayload",
}
_TYPES: dict[str, type] = {"string": str, "boolean": bool, "object": dict, "array": list}  # of these columns


def integration(row: Row, names: Names, *_: object) -> Row:
    """Translate an integration."""
    made: Row = masked(row)
    if is_id_text(row.get("teamId")):
        fill(made, ownerTeam=names.reference("team", row["teamId"]))
    fill(made, isGlobal=row.get("teamId") in (None, ""))
    if "advanced" in made:
        fill(made, isAdvanced=made["advanced"])
    _lift(Integration, LIFTED, made.get(SETTINGS), made)
    return made


def integration_action(row: Row, *_: object) -> Row:
    """Translate an action of an integration."""
    made: Row = masked(row)
    mappings, settings = made.get("fieldMappings"), made.get(SETTINGS)
    if isinstance(mappings, dict):
        columns = (*MAPPINGS, *RENAMED_MAPPINGS.values())
        _lift(IntegrationAction, columns, renamed(mappings, RENAMED_MAPPINGS), made)
    if isinstance(settings, dict):
        ignored = {new: not settings[old] for old, new in _NEGATED.items() if isinstance(settings.get(old), bool)}
        _lift(IntegrationAction, ["appendAttachments"], settings, made)
        fill(made, **ignored)
    return made


def _lift(record: type[Record], columns: Iterable[str], settings: object, row: Row) -> None:
    """Fill columns of a row from a map with the same names, if the values are of the columns' types."""
    if not isinstance(settings, dict):
        return
    properties = json_schema(record)["properties"]
    for column in columns:
        if row.get(column) is None and settings.get(column) is not None and _fits(settings[column], properties[column]):
            row[column] = settings[column]


def _fits(value: object, schema: Row) -> bool:
    """Return whether a value is of a column's type, down to the items of a list and the fields of an object."""
    if not isinstance(value, _TYPES[schema["type"][1]]):
        return False
    if isinstance(value, list):
        return all(_fits(item, schema["items"]) for item in value)
    known = schema.get("properties", {})
    inner = value if isinstance(value, dict) else {}
    return all(inner[name] is None or _fits(inner[name], known[name]) for name in inner.keys() & known.keys())


def sync(row: Row, *_: object) -> Row:
    """Translate a sync, whose settings have another name in Atlassian's example than in its schema."""
    return renamed(masked(row), {SETTINGS: "properties"})


def heartbeat(row: Row, names: Names, *_: object) -> Row:
    """Translate a heartbeat of a team."""
    made = changed(row, intervalUnit=lower_case)
    if row.get("status") in ("Responsive", "Unresponsive"):
        fill(made, expired=row["status"] == "Unresponsive")
    if is_id_text(row.get("ownerTeamId")) and row.get("ownerTeam") is None:
        made["ownerTeam"] = names.reference("team", made.pop("ownerTeamId"))
    return made
