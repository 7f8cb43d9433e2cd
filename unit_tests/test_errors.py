from __future__ import annotations

import json

import pytest
import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers import ResponseAction

from source_opsgenie.api.endpoints import EU_HOST, Endpoint
from source_opsgenie.api.errors import OpsgenieErrorHandler, refusal
from source_opsgenie.api.network import CallNotSentError

ENDPOINT = Endpoint.parse("api.opsgenie.com")
HANDLER = OpsgenieErrorHandler(ENDPOINT)


def response(status: int, body: object = None, path: str = "/v2/teams") -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.request = requests.Request("GET", f"https://api.opsgenie.com{path}").prepare()
    made._content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return made


@pytest.mark.parametrize(
    ("status", "action"),
    [
        (200, ResponseAction.SUCCESS),
        (302, ResponseAction.FAIL),
        (400, ResponseAction.FAIL),
        (401, ResponseAction.FAIL),
        (402, ResponseAction.IGNORE),
        (403, ResponseAction.IGNORE),
        (404, ResponseAction.IGNORE),
        (410, ResponseAction.IGNORE),
        (422, ResponseAction.FAIL),
        (429, ResponseAction.RETRY),
        (500, ResponseAction.RETRY),
        (503, ResponseAction.RETRY),
    ],
)
def test_what_each_status_leads_to(status: int, action: ResponseAction) -> None:
    assert HANDLER.interpret_response(response(status)).response_action == action


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>", b'{"data": [', b"[]", b'"x"'])
def test_a_200_that_is_no_envelope_is_asked_again(body: bytes) -> None:
    resolution = HANDLER.interpret_response(response(200, body))
    assert resolution.response_action == ResponseAction.RETRY
    assert resolution.failure_type == FailureType.transient_error


@pytest.mark.parametrize(
    "error", [requests.ConnectionError(), requests.ReadTimeout(), requests.exceptions.ChunkedEncodingError(), None]
)
def test_a_failure_of_the_network_is_tried_again(error: Exception | None) -> None:
    assert HANDLER.interpret_response(error).response_action == ResponseAction.RETRY


def test_a_call_that_cannot_be_sent_is_not_tried_again() -> None:
    error = requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support.")
    resolution = HANDLER.interpret_response(CallNotSentError(error))
    assert resolution.response_action == ResponseAction.FAIL
    assert resolution.failure_type == FailureType.config_error
    assert str(resolution.error_message).startswith("No connection to Opsgenie: SOCKS proxies are not supported")


def test_a_wrong_key_names_the_other_region() -> None:
    resolution = HANDLER.interpret_response(response(401, {"message": "Could not authenticate"}))
    assert resolution.failure_type == FailureType.config_error
    assert EU_HOST in str(resolution.error_message)


def test_a_malformed_key_is_a_configuration_error() -> None:
    resolution = HANDLER.interpret_response(response(422, {"message": "Key format is not valid!"}))
    assert resolution.failure_type == FailureType.config_error
    assert "format of a key" in str(resolution.error_message)


def test_a_refused_query_quotes_opsgenie() -> None:
    told = {"message": "Time is accepted in following formats", "requestId": "r-1", "errors": {"query": "wrong"}}
    message = str(HANDLER.interpret_response(response(422, told)).error_message)
    assert all(word in message for word in ("Time is accepted", "query: wrong", "r-1", "/v2/teams"))


def test_the_users_query_is_no_part_of_a_message() -> None:
    message = str(HANDLER.interpret_response(response(422, {}, "/v2/alerts?query=secret")).error_message)
    assert "secret" not in message


def test_only_a_sort_that_opsgenie_may_not_know_is_refused_softly() -> None:
    handler = OpsgenieErrorHandler(ENDPOINT, unsure_sort="updatedAt")
    unknown = response(422, {}, "/v1/incidents?sort=updatedAt&limit=100")
    assert handler.interpret_response(unknown).response_action == ResponseAction.IGNORE
    assert handler.interpret_response(response(422, {}, "/v1/incidents?sort=createdAt")).response_action == (
        ResponseAction.FAIL
    )
    assert HANDLER.interpret_response(unknown).response_action == ResponseAction.FAIL


@pytest.mark.parametrize(
    ("status", "told", "word"),
    [
        (402, "", "plan"),
        (403, "API Key is not granted with configuration access", "Configuration Access"),
        (403, "Team API Keys are not authorized", "team's key"),
        (404, "", "any more"),
        (410, "", "retired"),
    ],
)
def test_a_refusal_names_what_is_missing(status: int, told: str, word: str) -> None:
    assert word in refusal(response(status, {"message": told}))
