"""Nothing that a GET can list is left behind: every endpoint of Opsgenie is a stream, or is left out for a reason.

`facts/endpoints.json` lists every GET of Opsgenie's REST API, with the fields of its rows where the API lists rows.
"""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from source_opsgenie.config import Config
from source_opsgenie.streams.catalog import all_streams
from source_opsgenie.streams.context import Context

ENDPOINTS: dict[str, list[str]] = json.loads((Path(__file__).parent / "facts" / "endpoints.json").read_text())

LISTED = "the list, or the parent's single object, gives the same record"
REASONS = {
    "/v1/incidents/requests/{id}": "tells the outcome of a write",
    "/v2/alerts/requests/{id}": "tells the outcome of a write",
    "/v1/incidents/{incidentId}": LISTED,
    "/v1/policies": "the retired predecessor of /v2/policies",
    "/v1/policies/{policyId}": "the retired predecessor of /v2/policies",
    "/v2/alerts/count": "a number, used to verify a backfill",
    "/v2/alerts/{identifier}/attachments/{attachmentId}": "an address that lives for minutes",
    "/v2/deployments/search": "no official source documents a list",
    "/v2/escalations/{identifier}": LISTED,
    "/v2/forwarding-rules/{identifier}": LISTED,
    "/v2/heartbeats/{name}": LISTED,
    "/v2/heartbeats/{name}/ping": "it is no reading: it is the sign of life itself",
    "/v2/logs/download/{filename}": "an address that lives for minutes",
    "/v2/postmortem/{postmortemId}": "no list tells the ids of postmortems",
    "/v2/schedules/on-calls/{identifier}.ics": "the calendar form of schedule_timelines",
    "/v2/schedules/{identifier}": LISTED,
    "/v2/schedules/{identifier}.ics": "the calendar form of schedule_timelines",
    "/v2/schedules/{scheduleId}/on-calls": "on_calls holds all schedules at once",
    "/v2/schedules/{identifier}/overrides/{alias}": LISTED,
    "/v2/schedules/{identifier}/rotations/{id}": LISTED,
    "/v2/teams/{identifier}/roles/{teamRoleIdentifier}": LISTED,
    "/v2/teams/{identifier}/routing-rules/{id}": LISTED,
    "/v2/users/saved-searches": "searches for users, seen in one client library only",
    "/v2/users/{userId}": "contacts is the same with one field more",
    "/v2/users/{identifier}/contacts/{contactId}": LISTED,
    "/v2/users/{userId}/forwarding-rules": "forwarding_rules holds those of all users at once",
    "/v2/users/{identifier}/notification-rules/{ruleId}/steps/{id}": LISTED,
}

# Rows of a timeline are its periods; members of a team are a stream of their own; a single policy is of one of two
# kinds, which are two streams.
RESHAPED = {"/v2/schedules/{scheduleId}/timeline", "/v2/teams", "/v2/policies/{policyId}"}


def shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).strip("/")


STREAMS = all_streams(Context.of(Config.parse({"api_token": "no-key-at-all"}), threading.Event()))
SERVED = {shape(stream.list_path): stream for stream in STREAMS}
SERVED_SINGLY = {shape(stream.detail_path): stream for stream in STREAMS if stream.detail_path is not None}
EXCLUDED = {shape(path): why for path, why in REASONS.items()}


@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_get_is_a_stream_or_left_out_for_a_reason(path: str) -> None:
    served = shape(path) in SERVED or shape(path) in SERVED_SINGLY
    assert served != (shape(path) in EXCLUDED)


def test_nothing_is_excused_that_does_not_exist() -> None:
    assert set(EXCLUDED) <= {shape(path) for path in ENDPOINTS}


def test_every_stream_reads_an_endpoint_that_exists() -> None:
    known = {shape(path) for path in ENDPOINTS}
    assert {*SERVED, *SERVED_SINGLY} <= known


@pytest.mark.parametrize(
    "path",
    [path for path, fields in ENDPOINTS.items() if fields and path not in RESHAPED and shape(path) not in EXCLUDED],
)
def test_every_documented_field_is_declared(path: str) -> None:
    stream = SERVED.get(shape(path)) or SERVED_SINGLY[shape(path)]
    declared = stream.get_json_schema()["properties"]
    assert [field for field in ENDPOINTS[path] if field not in declared] == []


def test_a_single_policy_is_declared_by_the_two_streams_together() -> None:
    streams = [stream for stream in STREAMS if stream.name in {"alert_policies", "notification_policies"}]
    declared = {name for stream in streams for name in stream.get_json_schema()["properties"]}
    assert set(ENDPOINTS["/v2/policies/{policyId}"]) <= declared
