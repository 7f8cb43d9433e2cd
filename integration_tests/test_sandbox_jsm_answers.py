"""The answers for the migrated account are as Atlassian's document and its examples say.

Its truth says what Opsgenie said, where the meaning is the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from integration_tests.sandbox import jsm
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.jsm.document import DOCUMENT, OPERATIONS
from integration_tests.site import USERS, ask, get, organisation, paths_asked, whole

Row = dict[str, Any]

SAMPLES: dict[str, Any] = json.loads((Path(jsm.__file__).parent / "samples.json").read_text())

# The sandbox knows no request whose status could be asked for.
NEVER_ANSWERED = {"/v1/alerts/requests/{id}", "/v1/teams/{teamId}/requests/{requestId}"}
# Where the document contradicts its own examples, and says so in a note, what the example has is right, too.
ALSO_RIGHT: dict[str, Row] = {
    "AuditLogResponse": {"summary": {"type": "string"}},
    "Sync": {"description": {"type": "string"}, "typeSpecificProperties": {"type": "object"}},
    "OnCallParticipant": {"nextOnCallParticipants": {"type": "array"}},
}
WITH_UNIT = ("delayAction", "deduplicationAction")


def strict_document() -> Row:
    """Return the document as a JSON schema that takes no field it does not have."""
    document: Row = json.loads(json.dumps(DOCUMENT))
    schemas = document["components"]["schemas"]
    schemas["ExtraProperties"]["additionalProperties"] = True
    for name in ("GetGlobalAlertPolicy", "TeamAlertPolicyDto"):
        schemas[name]["properties"]["responders"]["items"] = {}
    for name in WITH_UNIT:
        action = schemas["TeamNotificationPolicyDto"]["properties"][name]
        action["properties"]["durationFormat"] = {"type": "string"}
    for name, further in ALSO_RIGHT.items():
        schemas[name]["properties"] |= further
    _tighten(document)
    return document


def _tighten(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _tighten(each)
    if not isinstance(node, dict):
        return
    if node.pop("nullable", False):
        node["type"] = [node["type"], "null"]
    if isinstance(node.get("properties"), dict) and "additionalProperties" not in node:
        node["additionalProperties"] = False
    for each in node.values():
        _tighten(each)


def test_every_answer_is_as_the_document_says(site: Sandbox) -> None:
    site.settings(jsm={"attachments": "answered", "oversize": "clamp"})
    document = strict_document()
    answered: set[str] = set()
    for template, path, query in paths_asked(site):
        schema = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
        answer = get(site, path, **query)
        assert not [f"{path}: {error.json_path} {error.message}" for error in validator.iter_errors(answer)]
        answered.add(template)
    assert answered == set(DOCUMENT["paths"]) - NEVER_ANSWERED


FREE = (
    "extraProperties",
    "typeSpecificProperties",
    "fieldMappings",
    "properties",
    "avatarUrls",
    "details",
    "parameter",
)


NESTED = ".onCallParticipants[]"


def shape(value: Any, path: str = "") -> set[tuple[str, str]]:
    """Return every place in a value, with the type of what is there; elements of a list share their place.

    So do participants inside one another.
    """
    path = path.replace(f"{NESTED}{NESTED}", NESTED)
    if isinstance(value, list):
        return {(path, "list")}.union(*(shape(each, f"{path}[]") for each in value))
    if isinstance(value, dict) and path.rpartition(".")[2] not in FREE:
        return {(path, "object")}.union(*(shape(each, f"{path}.{name}") for name, each in value.items()))
    kind = "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    return {(path, kind)}


def neighbours(account: Sandbox) -> dict[str, Any]:
    cloud = account.ready["jsm"]["cloud_id"]
    team = get(account, "/teams")["platformTeams"][0]["teamId"]
    members = organisation(account, f"/teams/{team}/members")
    return {
        "services": ask(account, f"/jsm/api/{cloud}/v1/services/", size=20).json(),
        "jira_users": ask(account, USERS, maxResults=1000).json(),
        "platform_teams": ask(account, organisation(account), siteId=cloud, size=300).json(),
        "platform_team_members": ask(account, members, "classic", "POST", {"first": 50}, siteId=cloud).json(),
        "tenant_info": requests.get(f"{account.url}/_edge/tenant_info", timeout=30).json(),
    }


def test_answers_of_the_other_apis_have_the_shape_of_their_examples(site: Sandbox) -> None:
    for name, answer in neighbours(site).items():
        assert shape(answer) <= shape(SAMPLES[name]["answer"]), name


def test_answers_have_what_their_examples_have(site: Sandbox) -> None:
    site.settings(jsm={"attachments": "answered", "oversize": "clamp"})
    shapes: dict[str, set[tuple[str, str]]] = {}
    for template, path, query in paths_asked(site):
        shapes.setdefault(OPERATIONS + template, set()).update(shape(get(site, path, **query)))
    for name, sample in SAMPLES.items():
        if sample["endpoint"] in shapes:
            # Links are tried elsewhere: not every list has a second page here.
            expected = {(place, kind) for place, kind in shape(sample["answer"]) if not place.startswith(".links")}
            missing = expected - shapes[sample["endpoint"]]
            assert not missing, name


# The truth


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def test_a_column_that_keeps_its_meaning_keeps_its_value(site: Sandbox) -> None:
    same = {
        "alerts": (
            *("tinyId", "alias", "message", "acknowledged", "count", "createdAt", "updatedAt", "lastOccurredAt"),
            *("status", "isSeen", "owner", "priority", "snoozed", "source", "tags", "teams"),
        ),
        "alert_details": ("actions", "entity", "description"),
        "team_roles": ("name", "rights"),
        "custom_user_roles": ("name", "extendedRole", "grantedRights", "disallowedRights"),
        "escalations": ("name", "description", "repeat"),
        "schedules": ("name", "description", "timezone", "enabled", "ownerTeam"),
        "team_routing_rules": ("name", "isDefault", "order", "timezone"),
        "maintenance": ("status", "description"),
        "integrations": ("name", "type", "enabled", "teamId", "advanced"),
        # Not the order of policies: only the list tells that of a team's, and without a fraction.
        "alert_policies": ("name", "enabled", "message", "description", "continue", "tags"),
        "notification_policies": ("name", "enabled", "suppress"),
        "teams": ("name", "description"),
    }
    for stream, names in same.items():
        opsgenie, moved = ({row["id"]: row for row in rows(stream)} for rows in (site.truth, site.jsm_truth))
        assert opsgenie.keys() == moved.keys(), stream
        for key, row in opsgenie.items():
            kept = {name: row[name] for name in names if row.get(name) is not None}
            assert {name: moved[key].get(name) for name in kept} == kept, stream


def test_the_report_of_an_alert_is_the_same_in_milliseconds(site: Sandbox) -> None:
    times = ("ackTime", "closeTime")
    moved = {row["id"]: row.get("report", {}) for row in site.jsm_truth("alerts")}
    opsgenie = {
        row["id"]: {name: row["report"][name] for name in times if name in row.get("report", {})}
        for row in site.truth("alerts")
    }
    assert moved == opsgenie


def test_no_user_of_opsgenie_is_named_by_id(site: Sandbox) -> None:
    users = {row["id"] for row in site.truth("users")}
    for stream in ("alerts", "schedules", "on_calls", "next_on_calls", "escalations", "team_members", "services"):
        assert not users & {each for row in site.jsm_truth(stream) for each in texts(row)}, stream


def test_keys_of_the_truth_are_unique(site: Sandbox) -> None:
    keys = {
        "alerts": ("id",),
        "alert_notes": ("alert_id", "offset"),
        "contacts": ("user_id", "id"),
        "team_members": ("team_id", "user_id"),
        "team_roles": ("team_id", "id"),
        "heartbeats": ("team_id", "name"),
        "escalations": ("id",),
        "maintenance": ("id",),
        "alert_policies": ("id",),
        "integration_actions": ("integration_id", "id"),
        "schedule_overrides": ("schedule_id", "alias"),
        "sync_actions": ("sync_id", "id"),
        "sync_action_groups": ("sync_id", "id"),
        "notification_rule_steps": ("user_id", "rule_id", "id"),
    }
    for stream, names in keys.items():
        rows = [tuple(row[name] for name in names) for row in site.jsm_truth(stream)]
        assert rows, stream
        assert len(rows) == len(set(rows)), stream
    heartbeats = [row["name"] for row in site.jsm_truth("heartbeats")]
    assert len(heartbeats) > len(set(heartbeats))


def test_secrets_are_in_the_answers_and_not_in_the_truth(site: Sandbox) -> None:
    seen = "".join(get(site, f"/integrations/{row['id']}").__repr__() for row in whole(site, "/integrations"))
    assert "s3cr3t" in seen
    for stream in ("integrations", "integration_actions", "syncs", "sync_actions"):
        rows = json.dumps(list(site.jsm_truth(stream)))
        assert "s3cr3t" not in rows
        assert "integration" not in stream or stream == "integration_actions" or "***" in rows


@pytest.mark.parametrize("stream", ["saved_searches", "account", "incident_timeline_entries", "user_schedules"])
def test_there_is_no_truth_of_what_jsm_does_not_have(stream: str, site: Sandbox) -> None:
    assert list(site.truth(stream))
    with pytest.raises(ValueError, match="The sandbox knows no stream"):
        list(site.jsm_truth(stream))
