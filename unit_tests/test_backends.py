"""What the error answers of each API mean, in words."""

from __future__ import annotations

import json

import pytest
import requests

from source_opsgenie.jsm.backend import JsmBackend
from source_opsgenie.jsm.site import Api, Site
from source_opsgenie.opsgenie.backend import IF_MOVED, OpsgenieBackend
from source_opsgenie.opsgenie.endpoint import EU_HOST, US_HOST, Endpoint

OPSGENIE = OpsgenieBackend(Endpoint.parse(US_HOST), "a-key")
OPERATIONS = JsmBackend(Api.OPERATIONS, Site.parse("acme"), None, str)
TEAMS = JsmBackend(Api.TEAMS, Site.parse("acme"), None, str)
CONFIGURATION = "API Key is not granted with configuration access"


def response(status: int, body: object = None, path: str = "/v2/teams") -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.request = requests.Request("GET", f"https://api.opsgenie.com{path}").prepare()
    made._content = json.dumps(body or {}).encode()
    return made


def test_a_wrong_key_names_the_other_region() -> None:
    error = OPSGENIE.failure(response(401, {"message": "Could not authenticate"}))
    assert error.failure_type.value == "config_error"
    assert EU_HOST in str(error.message)
    assert error.concerns_all


def test_a_wrong_key_for_a_proxy_names_no_region() -> None:
    error = OpsgenieBackend(Endpoint.parse("proxy.example.com"), "a-key").failure(response(401))
    assert "A key works only on the host of its own region." in str(error.message)
    assert "None" not in str(error.message)


def test_a_request_has_an_id_in_its_header_too() -> None:
    answer = response(422, {"message": "no"})
    answer.headers["X-Request-ID"] = "r-2"
    assert str(OPSGENIE.failure(answer).message).endswith('"no" (request r-2).')


def test_a_malformed_key_is_a_configuration_error() -> None:
    error = OPSGENIE.failure(response(422, {"message": "Key format is not valid!"}))
    assert error.failure_type.value == "config_error"
    assert error.concerns_all
    assert "'jira_service_management'" in str(error.message)  # it may be a token of Atlassian's


@pytest.mark.parametrize("status", [400, 405, 406, 409, 416, 422])
def test_what_one_object_is_refused_for_concerns_that_one(status: int) -> None:
    error = OPSGENIE.failure(response(status, {"message": "no"}))
    assert not error.concerns_all
    assert error.status == status


def test_a_refused_query_quotes_opsgenie_but_not_the_user() -> None:
    told = {"message": "Time is accepted in following formats", "requestId": "r-1", "errors": {"query": "wrong"}}
    message = str(OPSGENIE.failure(response(422, told, "/v2/alerts?query=secret")).message)
    assert all(word in message for word in ("Time is accepted", "query: wrong", "r-1", "/v2/alerts"))
    assert "secret" not in message


@pytest.mark.parametrize(
    ("status", "body", "word", "holds_for_all"),
    [
        (402, {}, "plan", True),
        (403, {"message": CONFIGURATION, "code": 40301}, "lacks Configuration Access", True),
        (403, {"message": "Team API Keys are not authorized", "code": 40301}, "team's key", False),
        (403, {"message": "type not supported"}, "the type of the object does not include it", False),
        (403, {"message": "You are not authorized to use policies!"}, "the account's plan", False),
        (403, {"message": "not supported", "code": 40302}, "does not support", False),
        (404, {}, "any more", False),
        (410, {}, "retired", True),
        (422, {}, "does not accept", False),
    ],
)
def test_a_refusal_names_what_is_missing_and_whether_it_holds_for_all(
    status: int, body: object, word: str, holds_for_all: bool
) -> None:
    refusal = OPSGENIE.refusal(response(status, body))
    assert word in refusal.why
    assert refusal.holds_for_all is holds_for_all


@pytest.mark.parametrize(
    ("body", "word", "holds_for_all"),
    [
        ({"code": 40301, "message": "Account does not have access to Opsgenie."}, "has no JSM Operations", True),
        ({"code": 40301, "message": "User is not authorized for this team"}, "has no right", False),
        ({"code": 40301}, "has no right", False),
        ({"message": "Account does not have access to Opsgenie."}, "has no right", False),
    ],
)
def test_a_missing_right_for_one_object_of_jsm_says_nothing_of_the_others(
    body: object, word: str, holds_for_all: bool
) -> None:
    refusal = OPERATIONS.refusal(response(403, body))
    assert word in refusal.why
    assert refusal.holds_for_all is holds_for_all


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": 5, "errors": ["a", {"title": "b"}, {}, 1, None], "errorMessages": ["c"]}, '"a b c"'),
        ({"errors": {"size": "too large", "offset": None}, "errorMessages": 5}, '"size: too large."'),
        ({"errors": [], "error": "Not Found"}, '"Not Found"'),
        ({"title": "Bad Request", "detail": "No such size."}, '"No such size."'),
        ({"errors": 5, "errorMessages": 5, "error": {"a": "b"}}, ""),
        ({"message": "No message available", "error": "Not Found"}, '"No message available"'),
    ],
)
def test_the_words_of_jsm_are_found_in_every_form_and_no_other_form_is_a_fault(body: object, message: str) -> None:
    assert OPERATIONS.message_of(response(400, body)) == message


@pytest.mark.parametrize(("status", "is_refused"), [(401, True), (400, False)])
def test_only_a_401_of_jsm_says_that_the_token_lacks_a_scope(status: int, *, is_refused: bool) -> None:
    assert OPERATIONS.is_refusal(response(status, {"message": "Scope does not match"})) is is_refused


def test_a_token_that_jsm_operations_does_not_accept_is_no_refusal_and_concerns_all_calls() -> None:
    unauthorized = response(401, {"message": "Unauthorized"})
    assert not OPERATIONS.is_refusal(unauthorized)
    assert OPERATIONS.failure(unauthorized).concerns_all
    assert [TEAMS.is_refusal(each) for each in (response(403), response(500))] == [True, False]
    assert TEAMS.is_refusal(unauthorized)  # which tokens it accepts is not documented
    assert [OPERATIONS.is_refusal(response(status)) for status in (402, 403, 404, 500)] == [True, True, True, False]


def test_a_missing_scope_and_a_missing_plan_of_jsm_hold_for_all_objects() -> None:
    refusals = [
        OPERATIONS.refusal(response(401, {"message": "Scope does not match"})),
        OPERATIONS.refusal(response(402)),
    ]
    assert [refusal.holds_for_all for refusal in refusals] == [True, True]
    assert "the token lacks the scope for it" in refusals[0].why
    without_words = TEAMS.refusal(response(401))
    assert ("has no right" in without_words.why, without_words.holds_for_all) == (True, False)


def test_what_the_teams_api_does_not_have_may_be_the_organization() -> None:
    why = TEAMS.refusal(response(404)).why
    assert why == "the Atlassian Teams API does not have it (any more): check 'organization_id'"
    for refusal in (OPERATIONS.refusal(response(404)), TEAMS.refusal(response(410))):
        assert "organization_id" not in refusal.why


def test_what_is_gone_from_the_teams_api_is_one_team() -> None:
    """A deleted team answers 410, says a pull request of jira.js (449)."""
    refusal = TEAMS.refusal(response(410))
    assert refusal.why == "the Atlassian Teams API does not have it (any more)"
    assert not refusal.holds_for_all
    assert OPERATIONS.refusal(response(410)).holds_for_all


@pytest.mark.parametrize(
    ("url", "host", "field"),
    [
        ("https://acme.atlassian.net/_edge/tenant_info", "acme.atlassian.net", "'site'"),
        ("https://api.atlassian.com/jsm/ops/api/1/v1/alerts", "api.atlassian.com", "proxy"),
    ],
)
def test_a_redirect_names_the_host_that_was_called_and_what_leads_there(url: str, host: str, field: str) -> None:
    redirect = response(302)
    redirect.request = requests.Request("GET", url).prepare()
    error = OPERATIONS.failure(redirect)
    assert str(error.message).startswith(f"{host} redirects to another address")
    assert field in str(error.message)
    assert IF_MOVED not in str(error.message)
    assert error.concerns_all


def test_a_call_that_is_not_supported_is_not_told_as_a_missing_right() -> None:
    why = OPSGENIE.refusal(response(403, {"code": 40302, "message": "not supported"})).why
    assert "no right" not in why
    assert why.startswith('Opsgenie says "not supported')
