"""What every stream has from its base: timeouts, waiting, refusals, loops, the key's way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from airbyte_cdk.models import SyncMode

from source_opsgenie.api.transport import TIMEOUT
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.catalog import all_streams
from source_opsgenie.streams.context import Context

if TYPE_CHECKING:
    import requests_mock

    from source_opsgenie.streams.base import ApiStream

HOST = "https://api.opsgenie.com"
KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
NO_LIMITS = {
    "data": {
        "rateLimits": [
            {"domain": domain, "limits": [{"limit": 10**6, "periodInSeconds": 1}]}
            for domain in ("search", "alert", "incident", "configuration", "heartbeat", "schedule-oncalls")
        ]
    }
}


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    requests_mock.get(f"{HOST}/v2/request-limits/", json=NO_LIMITS)
    context = Context.of(Config.parse({"api_token": KEY}), threading.Event())
    return {stream.name: stream for stream in all_streams(context)}


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect what would be slept, and let the clock go on by it."""
    taken: list[float] = []
    monotonic = time.monotonic
    monkeypatch.setattr("time.sleep", taken.append)
    monkeypatch.setattr("time.monotonic", lambda: monotonic() + sum(taken))
    return taken


def rows(stream: ApiStream) -> list[Any]:
    return list(stream.read_records(SyncMode.full_refresh))


def test_every_call_is_bounded_in_time_and_signed(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": []})
    assert rows(streams["escalations"]) == []
    request = requests_mock.last_request
    assert request is not None
    timeout: Any = request.timeout
    assert timeout == TIMEOUT
    assert request.headers["Authorization"] == f"GenieKey {KEY}"


def test_a_429_is_waited_for_as_long_as_its_header_says(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    throttled = {"status_code": 429, "headers": {"X-RateLimit-Period-In-Sec": "1"}}
    requests_mock.get(f"{HOST}/v2/escalations", [throttled, throttled, {"json": {"data": [{"id": "1"}]}}])
    assert rows(streams["escalations"]) == [{"id": "1"}]
    assert sum(naps) >= 2


def test_a_failure_is_tried_again_and_then_named(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", status_code=503)
    with pytest.raises(ApiError, match=r"^escalations: gave up after \d+ attempts"):
        rows(streams["escalations"])
    assert 500 < sum(naps) <= 600  # about ten minutes


def test_a_redirect_is_an_error(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", status_code=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(ApiError, match="redirects"):
        rows(streams["escalations"])
    assert all(request.hostname == "api.opsgenie.com" for request in requests_mock.request_history)


def test_a_link_to_another_host_is_an_error(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": "https://evil.example/?offset=100"}}
    requests_mock.get(f"{HOST}/v2/escalations", json=first)
    with pytest.raises(ApiError, match="not Opsgenie's"):
        rows(streams["escalations"])
    assert all(request.hostname == "api.opsgenie.com" for request in requests_mock.request_history)


def test_a_link_over_plain_http_is_followed_over_https(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": "http://api.opsgenie.com/v2/escalations?offset=100"}}
    requests_mock.get(f"{HOST}/v2/escalations", [{"json": first}, {"json": {"data": [{"id": "100"}]}}])
    assert len(rows(streams["escalations"])) == 2
    assert requests_mock.last_request is not None
    assert requests_mock.last_request.qs["offset"] == ["100"]
    assert all(request.scheme == "https" for request in requests_mock.request_history)


def test_a_list_that_leads_in_a_circle_is_an_error(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    def page(offset: int) -> dict[str, Any]:
        return {"json": {"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/escalations?offset={offset}"}}}

    requests_mock.get(f"{HOST}/v2/escalations", [page(1), page(2), page(1)])
    with pytest.raises(ApiError, match="already read"):
        rows(streams["escalations"])


def test_a_refusal_in_the_middle_of_a_list_is_no_quiet_end(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/escalations?offset=1"}}
    requests_mock.get(f"{HOST}/v2/escalations", [{"json": first}, {"status_code": 403}])
    with pytest.raises(ApiError, match="refused after it had begun"):
        rows(streams["escalations"])


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": "x"}])
def test_an_answer_of_another_shape_is_an_error(
    body: dict[str, Any], streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json=body)
    with pytest.raises(ApiError, match=r"^escalations: gave up .* answers /v2/escalations with an answer"):
        rows(streams["escalations"])
    assert naps


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": "x"}])
def test_an_answer_of_another_shape_that_comes_once_is_asked_for_again(
    body: dict[str, Any], streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", [{"json": body}, {"json": {"data": [{"id": "1"}]}}])
    assert rows(streams["escalations"]) == [{"id": "1"}]
    assert naps


def test_a_row_that_is_no_object_is_left_out_alone(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": [{"id": "1"}, "odd", {"id": "2"}]})
    assert rows(streams["escalations"]) == [{"id": "1"}, {"id": "2"}]
    assert "not an object was skipped" in caplog.text


def test_a_child_of_a_list_that_fails_names_itself(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", status_code=401, json={"message": "Could not authenticate"})
    with pytest.raises(ApiError, match=r"^team_roles: "):
        rows(streams["team_roles"])


def test_names_in_paths_are_quoted(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{HOST}/v2/teams", json={"data": [{"id": "a b/c"}]})
    requests_mock.get(f"{HOST}/v2/teams/a%20b%2Fc/roles", json={"data": [{"id": "r"}]})
    assert rows(streams["team_roles"]) == [{"team_id": "a b/c", "id": "r"}]


def test_templates_whose_offset_is_ignored_come_once(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    templates = [{"id": str(number)} for number in range(100)]
    requests_mock.get(f"{HOST}/v1/incident-templates", json={"data": {"incidentTemplates": templates}})
    assert rows(streams["custom_incident_templates"]) == templates


@pytest.mark.parametrize("name", ["alerts", "team_roles", "log_files"])
def test_each_schema_is_what_destinations_take(name: str, streams: dict[str, ApiStream]) -> None:
    text = str(streams[name].get_json_schema())
    assert "$ref" not in text
    assert "anyOf" not in text


def test_every_property_is_nullable_described_and_open(streams: dict[str, ApiStream]) -> None:
    def check(schema: Any) -> None:  # noqa: ANN401 - a schema
        assert schema["type"][0] == "null"
        if "object" in schema["type"]:
            assert schema.get("additionalProperties", True) is True
            for inner in schema.get("properties", {}).values():
                check(inner)
        if "items" in schema:
            check(schema["items"])
        if schema.get("format") == "date-time":
            assert schema["airbyte_type"] == "timestamp_with_timezone"

    for stream in streams.values():
        schema = stream.get_json_schema()
        assert schema["additionalProperties"] is True
        for name, prop in schema["properties"].items():
            check(prop)
            assert prop.get("description"), f"{stream.name}.{name}"
        assert set(stream.primary_key) <= set(schema["properties"])
        if stream.supports_incremental:
            assert stream.cursor_field in schema["properties"]
