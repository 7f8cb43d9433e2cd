"""Nothing that a GET can list is left behind: a sync asks every endpoint of Opsgenie, or leaves it out for a reason.

`facts/answers.json` lists every GET of Opsgenie's REST API with an answer as its documentation shows it: null for those
of which it shows none, and a field that is documented without an example is null in the answer. A sync of all streams
is given these answers, so a column that is missing, or of another type than the API's field, is found. (The values are
invented; the limits are such that the sync need not wait.)
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import requests_mock
from airbyte_cdk.models import AirbyteStreamStatus, SyncMode
from jsonschema import Draft7Validator

from unit_tests.random_account import NOW
from unit_tests.schemas import undeclared
from unit_tests.test_docs import STREAMS
from unit_tests.test_fuzz_connector import Sync

ANSWERS: dict[str, Any] = json.loads((Path(__file__).parent / "facts" / "answers.json").read_text())
LOG_FILES = "/v2/logs/list/{marker}"
TIMELINE = "/v2/schedules/{scheduleId}/timeline"
ALL_TIME = {"startDate": "2020-01-01T00:00:00Z", "endDate": "2030-01-01T00:00:00Z"}

LISTED = "the list, or the parent's single object, gives the same record"
REASONS = {
    "/v1/incidents/requests/{requestId}": "tells the outcome of a write",
    "/v2/alerts/requests/{requestId}": "tells the outcome of a write",
    "/v1/incidents/{incidentId}": LISTED,
    "/v1/policies": "the retired predecessor of /v2/policies",
    "/v1/policies/{policyId}": "the retired predecessor of /v2/policies",
    "/v2/alerts/{identifier}/attachments/{attachmentId}": "the address of a file, asked for only if files are included",
    "/v2/deployments/search": "no official source documents a list",
    "/v2/escalations/{identifier}": LISTED,
    "/v2/forwarding-rules/{identifier}": LISTED,
    "/v2/heartbeats/{name}": LISTED,
    "/v2/heartbeats/{name}/ping": "it is no reading: it is the sign of life itself",
    "/v2/logs/download/{filename}": "the address of a file, asked for only if files are included",
    "/v2/postmortem/{postmortemId}": "no list tells the ids of postmortems",
    "/v2/schedules/on-calls/{identifier}.ics": "the calendar form of schedule_timelines",
    "/v2/schedules/{identifier}": LISTED,
    "/v2/schedules/{identifier}.ics": "the calendar form of schedule_timelines",
    "/v2/schedules/{scheduleId}/on-calls": "on_calls holds all schedules at once",
    "/v2/schedules/{scheduleId}/rotations": LISTED,
    "/v2/schedules/{identifier}/overrides/{alias}": LISTED,
    "/v2/schedules/{identifier}/rotations/{id}": LISTED,
    "/v2/teams/{identifier}/roles/{teamRoleIdentifier}": LISTED,
    "/v2/teams/{identifier}/routing-rules/{id}": LISTED,
    "/v2/users/saved-searches": "searches for users, seen in one client library only",
    "/v2/users/{userId}": "contacts is the same with one field more",
    "/v2/users/{identifier}/contacts/{contactId}": LISTED,
    "/v2/users/{userId}/forwarding-rules": "forwarding_rules holds those of all users at once",
    "/v2/users/{userId}/notification-rules/{ruleId}/steps": LISTED,
    "/v2/users/{identifier}/notification-rules/{ruleId}/steps/{id}": LISTED,
}
SERVED = [path for path in ANSWERS if path not in REASONS]
PATTERNS = [(path, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)))) for path in ANSWERS]


class Copied:
    """A sync of all streams from the documentation's own answers."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        with requests_mock.Mocker() as mocker:
            mocker.get(requests_mock.ANY, json=self._answer)
            self.sync = Sync(SyncMode.full_refresh)
        self.records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for name, lines in self.sync.records.items():
            self.records[name] = [json.loads(line) for line in lines]

    def _answer(self, request: Any, context: Any) -> dict[str, Any]:
        path = urlsplit(request.url).path.rstrip("/")
        found = path if path in ANSWERS else next((each for each, form in PATTERNS if form.fullmatch(path)), path)
        is_further = found in self.asked and found == LOG_FILES  # its page always leads to another
        self.asked.add(found)
        context.headers["Date"] = NOW
        if is_further:
            return {"data": []}
        if ANSWERS.get(found) is None:
            context.status_code = 404
            return {"message": "No such endpoint"}
        answer: dict[str, Any] = ANSWERS[found]
        if found.endswith("}") and isinstance(answer["data"], dict) and "id" in answer["data"]:
            answer = {**answer, "data": {**answer["data"], "id": unquote(path.rpartition("/")[2])}}  # as asked for
        # The documented one is of a week, whatever is asked for.
        return {**answer, "data": {**answer["data"], **ALL_TIME}} if found == TIMELINE else answer


@pytest.fixture(scope="module")
def copied() -> Copied:
    return Copied()


@pytest.mark.slow
def test_every_endpoint_is_asked_or_left_out_for_a_reason(copied: Copied) -> None:
    assert copied.asked == set(SERVED)


def test_nothing_is_excused_that_does_not_exist() -> None:
    assert set(REASONS) <= set(ANSWERS)


@pytest.mark.parametrize("name", [stream.name for stream in STREAMS])
def test_every_field_of_the_answers_is_declared_and_of_its_type(name: str, copied: Copied) -> None:
    (stream,) = [each for each in STREAMS if each.name == name]
    schema = dict(stream.get_json_schema())
    assert copied.sync.statuses[name] == AirbyteStreamStatus.COMPLETE, copied.sync.errors
    assert copied.records[name]
    for record in copied.records[name]:
        assert undeclared(schema, record) == []
        Draft7Validator(schema).validate(record)
