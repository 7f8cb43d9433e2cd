"""What every stream has from its base: timeouts, waiting, refusals, loops, the key's way."""

from __future__ import annotations

import re
import threading
from abc import ABCMeta
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams.http import HttpStream
from jsonschema import Draft7Validator

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError, transient_error
from source_opsgenie.jsm.rows.names import NAME_COLUMNS
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.catalog import defined_in
from source_opsgenie.streams.context import Once

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

NAMES = [stream.name for stream in create_streams(context_of(Config.parse({"api_token": KEY}), threading.Event()))]


@pytest.fixture
def streams(requests_mock: requests_mock.Mocker) -> dict[str, ApiStream]:
    requests_mock.get(f"{HOST}/v2/request-limits/", json=NO_LIMITS)
    requests_mock.get(f"{HOST}/v2/account", json={"data": {}})  # asked for to see whether the API answers at all
    context = context_of(Config.parse({"api_token": KEY}), threading.Event())
    return {stream.name: stream for stream in create_streams(context)}


SITE = {"api_token": KEY, "jira_service_management": {"site": "acme.atlassian.net", "email": "ann@example.com"}}


@pytest.mark.parametrize(
    ("config", "selected", "needed"),
    [
        pytest.param({"api_token": KEY}, {"alert_notes", "team_members"}, set(), id="Opsgenie"),
        pytest.param({"api_token": KEY}, {"audit_logs"}, set(), id="Opsgenie, only in JSM"),
        pytest.param(SITE, {"alert_notes", "user_teams"}, set(NAME_COLUMNS), id="JSM"),
        pytest.param(SITE, {"log_files", "team_members"}, set(NAME_COLUMNS), id="JSM, out of reach"),
    ],
)
def test_a_sync_creates_the_streams_that_it_reads_and_the_lists_of_names(
    config: dict[str, Any], selected: set[str], needed: set[str]
) -> None:
    created = streams_of(Config.parse(config), threading.Event(), frozenset(selected))
    assert {stream.name for stream in created} == selected | needed


def rows(stream: ApiStream) -> list[Any]:
    return list(stream.read_records(SyncMode.full_refresh))


def test_every_call_is_signed(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": []})
    assert rows(streams["escalations"]) == []
    request = requests_mock.last_request
    assert request is not None
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
    with pytest.raises(ApiError, match=r"^escalations: the connector gave up after \d+ attempts"):
        rows(streams["escalations"])
    assert 500 < sum(naps) <= 600  # about ten minutes


def test_a_redirect_is_an_error(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", status_code=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(ApiError, match="redirects"):
        rows(streams["escalations"])
    assert all(request.hostname == "api.opsgenie.com" for request in requests_mock.request_history)


def test_the_call_that_shows_whether_opsgenie_answers_follows_no_redirect(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", status_code=503)
    requests_mock.get(f"{HOST}/v2/account", status_code=302, headers={"Location": "https://evil.example/"})
    requests_mock.get("https://evil.example/", json={"data": {}})
    with pytest.raises(ApiError, match=r"^escalations: "):
        rows(streams["escalations"])
    assert naps
    assert {"/v2/account", "/v2/escalations"} <= {request.path for request in requests_mock.request_history}
    assert all(request.hostname == "api.opsgenie.com" for request in requests_mock.request_history)


def test_a_link_to_another_host_is_an_error(streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": "https://evil.example/?offset=100"}}
    requests_mock.get(f"{HOST}/v2/escalations", json=first)
    with pytest.raises(ApiError, match="not Opsgenie's"):
        rows(streams["escalations"])
    assert all(request.hostname == "api.opsgenie.com" for request in requests_mock.request_history)


@pytest.mark.slow
def test_a_link_over_plain_http_is_followed_over_https(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": "http://api.opsgenie.com/v2/escalations?offset=100"}}
    requests_mock.get(f"{HOST}/v2/escalations", [{"json": first}, {"json": {"data": [{"id": "100"}]}}])
    assert len(rows(streams["escalations"])) == 2
    assert requests_mock.last_request is not None
    assert requests_mock.last_request.qs["offset"] == ["100"]
    assert all(request.scheme == "https" for request in requests_mock.request_history)


def test_a_list_of_parents_that_fails_is_asked_for_once(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", status_code=400)
    for name in ("teams", "team_roles", "team_routing_rules"):
        with pytest.raises(ApiError, match=f"^{name}: .*refused the call") as raised:
            rows(streams[name])
        assert raised.value.status == 400
    assert [request.path for request in requests_mock.request_history].count("/v2/teams") == 1


@pytest.mark.parametrize(("keeps_error", "times"), [(True, 1), (False, 3)])
def test_a_question_that_got_an_error_is_asked_again_unless_that_takes_long(keeps_error: bool, times: int) -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("a question")
        try:
            return {"question": "answer"}["answer"]
        except KeyError as error:
            raise transient_error("it has no answer.") from error

    once = Once()
    for _ in range(3):
        with pytest.raises(ApiError, match="no answer") as raised:
            once.of("a question", ask, keeps_error=keeps_error)
        assert (raised.value.__cause__ is None) is keeps_error  # its frames would keep an answer of megabytes
    assert once.of("another", lambda: 1) == 1
    assert asked == ["a question"] * times


def test_a_list_that_leads_in_a_circle_is_an_error(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    def page(offset: int) -> dict[str, Any]:
        return {"json": {"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/escalations?offset={offset}"}}}

    requests_mock.get(f"{HOST}/v2/escalations", [page(1), page(2), page(1)])
    with pytest.raises(ApiError, match="already read"):
        rows(streams["escalations"])


def test_the_rows_of_a_page_that_leads_to_itself_come_before_the_error(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/x"}})
    emitted = streams["escalations"].read_records(SyncMode.full_refresh)
    assert next(iter(emitted)) == {"id": "1"}
    with pytest.raises(ApiError, match=r"^escalations: the list leads back to a page already read"):
        list(emitted)


def test_an_empty_page_that_leads_to_itself_ends_the_list(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": [], "paging": {"next": f"{HOST}/v2/x?offset=1"}})
    assert rows(streams["escalations"]) == []


@pytest.mark.parametrize("query", ["", "?offset=1"])
def test_the_cdks_own_loop_ends_on_a_page_that_leads_to_itself(
    query: str, streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/x{query}"}})
    assert list(HttpStream.read_records(streams["escalations"], SyncMode.full_refresh)) == [{"id": "1"}] * (
        2 if query else 1
    )


def test_a_refusal_in_the_middle_of_a_list_is_no_quiet_end(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    first = {"data": [{"id": "1"}], "paging": {"next": f"{HOST}/v2/escalations?offset=1"}}
    requests_mock.get(f"{HOST}/v2/escalations", [{"json": first}, {"status_code": 403}])
    with pytest.raises(ApiError, match="refused the list after part of it had been read"):
        rows(streams["escalations"])


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": "x"}])
def test_an_answer_of_another_shape_is_an_error(
    body: dict[str, Any], streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, naps: list[float]
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json=body)
    with pytest.raises(ApiError, match=r"^escalations: the connector gave up .* /v2/escalations with an answer"):
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


@pytest.mark.parametrize(("name", "told"), [("teams", "300 rows, but only 2"), ("team_roles", "7 rows, but only 1")])
def test_a_list_that_is_shorter_than_its_count_is_told_once(
    name: str,
    told: str,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", json={"data": [{"id": "a"}, {"id": "b"}], "totalCount": 300})
    requests_mock.get(re.compile(f"{HOST}/v2/teams/[ab]"), json={"data": {}})
    requests_mock.get(re.compile(f"{HOST}/v2/teams/[ab]/roles"), json={"data": [{"id": "r"}], "totalCount": 7})
    assert len(rows(streams[name])) == 2
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [line.split(" came")[0] for line in warned if line.startswith(f"{name}: ")] == [
        f"{name}: Opsgenie counts {told}"
    ]


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


def properties_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of a schema, and the items of every array, at any depth."""
    inner = {f"{path}.{name}": prop for name, prop in schema.get("properties", {}).items()}
    if "items" in schema:
        inner[f"{path}[]"] = schema["items"]
    for name, prop in inner.items():
        yield name, prop
        yield from properties_of(prop, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_property_has_one_type_and_every_array_has_items(name: str, streams: dict[str, ApiStream]) -> None:
    for path, prop in properties_of(dict(streams[name].get_json_schema())):
        null, *types = prop["type"]
        assert (null, len(types)) == ("null", 1), path
        assert ("items" in prop) == (types == ["array"]), path
        assert ("additionalProperties" in prop) == (types == ["object"]), path


@pytest.mark.parametrize("name", NAMES)
def test_every_description_is_a_sentence(name: str, streams: dict[str, ApiStream]) -> None:
    for path, prop in properties_of(dict(streams[name].get_json_schema())):
        if not path.endswith("[]"):
            assert re.fullmatch(r"[A-Z].*[.]", prop.get("description", "")), path


def test_the_order_of_a_policy_may_be_a_fraction(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", json={"data": [{"id": "t"}]})
    requests_mock.get(f"{HOST}/v2/policies/notification", json={"data": [{"id": "p", "order": 1.5}]})
    policy = {"id": "p", "filter": {"type": "match-all", "conditions": [{"field": "tags", "order": 0.5}]}}
    requests_mock.get(f"{HOST}/v2/policies/p", json={"data": policy})
    (row,) = rows(streams["notification_policies"])
    assert row["order"] == 1.5
    assert list(Draft7Validator(streams["notification_policies"].get_json_schema()).iter_errors(row)) == []


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"tier": "1", "größe": 2.50}, '{"tier":"1","größe":2.5}'),
        (["tier"], '["tier"]'),
        ("tier", "tier"),
        ("", ""),
        (0, "0"),
        (False, "false"),
        ([], "[]"),
        ({"n": 2**70}, '{"n":1180591620717411303424}'),
        (None, None),
    ],
)
def test_a_value_of_several_types_is_json_text(
    given: Any,
    text: str | None,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", json={"data": []})
    requests_mock.get(f"{HOST}/v2/policies/alert", json={"data": [{"id": "p"}]})
    requests_mock.get(f"{HOST}/v2/policies/p", json={"data": {"id": "p", "details": given, "tags": ["a"]}})
    assert rows(streams["alert_policies"]) == [{"team_id": None, "id": "p", "details": text, "tags": ["a"]}]


def test_who_forwarded_is_json_text_at_any_depth(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    def forwarded(value: object) -> dict[str, Any]:
        inside = [{"id": "u", "forwardedFrom": value}, "odd", None]
        for _ in range(200):
            inside = [{"id": "e", "onCallParticipants": inside, "other": {"forwardedFrom": [1]}}]
        return {"nextOnCallRecipients": inside, "exactNextOnCallRecipients": "odd"}

    requests_mock.get(f"{HOST}/v2/schedules", json={"data": [{"id": "s"}]})
    origin = [{"id": "u2", "name": "rosa@example.com", "type": "user"}]
    requests_mock.get(f"{HOST}/v2/schedules/s/next-on-calls", json={"data": forwarded(origin)})
    text = '[{"id":"u2","name":"rosa@example.com","type":"user"}]'
    assert rows(streams["next_on_calls"]) == [{"schedule_id": "s", **forwarded(text)}]


def test_who_is_on_call_now_names_who_forwarded_as_an_object(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    participant = {"id": "u", "type": "user", "forwardedFrom": {"id": "u2", "name": "rosa@example.com"}}
    row = {"_parent": {"id": "s"}, "onCallParticipants": [participant]}
    requests_mock.get(f"{HOST}/v2/schedules/on-calls", json={"data": [row]})
    assert rows(streams["on_calls"]) == [{"schedule_id": "s", **row}]
    assert list(Draft7Validator(streams["on_calls"].get_json_schema()).iter_errors(row)) == []


def test_every_property_is_nullable_described_and_open(streams: dict[str, ApiStream]) -> None:
    def check(schema: Any) -> None:
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


def test_steps_name_their_rule_wherever_they_come_from(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    rule = {"id": "r", "name": "New Alert"}
    requests_mock.get(f"{HOST}/v2/users", json={"data": [{"id": "u"}]})
    requests_mock.get(f"{HOST}/v2/users/u/notification-rules", json={"data": [rule, {"id": "r2", "name": "Other"}]})
    steps = [{"id": "1"}, {"_parent": None, "id": "2"}, {"_parent": {"id": "r", "name": "As given"}, "id": "3"}]
    requests_mock.get(f"{HOST}/v2/users/u/notification-rules/r", json={"data": {**rule, "steps": steps}})
    requests_mock.get(f"{HOST}/v2/users/u/notification-rules/r2", status_code=404)
    named = {"data": [{"_parent": {"id": "r2", "name": "Other"}, "id": "4"}]}
    requests_mock.get(f"{HOST}/v2/users/u/notification-rules/r2/steps", json=named)
    assert [(row["rule_id"], row["id"], row["_parent"]) for row in rows(streams["notification_rule_steps"])] == [
        ("r", "1", rule),
        ("r", "2", rule),
        ("r", "3", {"id": "r", "name": "As given"}),
        ("r2", "4", {"id": "r2", "name": "Other"}),
    ]


def test_a_row_without_part_of_its_key_is_emitted_and_told_once(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{HOST}/v2/teams", json={"data": [{"id": "t"}, {"id": "t2"}]})
    members = [{"user": {"username": "a@example.net"}}, {"user": {"id": "u"}}, {"user": {"username": "b@example.net"}}]
    requests_mock.get(f"{HOST}/v2/teams/t", json={"data": {"id": "t", "members": members}})
    requests_mock.get(f"{HOST}/v2/teams/t2", json={"data": {"id": "t2", "members": members}})
    assert len(list(streams["team_members"].read_only_records())) == 6
    (line,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert line.startswith("team_members: ")
    assert "'user_id'" in line


@pytest.mark.parametrize(("row", "told"), [({"id": ""}, 0), ({"id": 0}, 0), ({"id": None}, 1), ({"name": "n"}, 1)])
def test_a_part_of_a_key_that_is_empty_is_there_all_the_same(
    row: dict[str, Any],
    told: int,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(f"{HOST}/v2/escalations", json={"data": [row]})
    assert list(streams["escalations"].read_only_records()) == [row]
    assert len([record for record in caplog.records if "'id'" in record.getMessage()]) == told


def test_only_emitted_rows_are_told_of_as_rows_without_a_key(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    requests_mock.get(f"{HOST}/v2/integrations", json={"data": [{"id": "i", "name": "n"}, {"name": "no id"}]})
    requests_mock.get(f"{HOST}/v2/integrations/i", json={"data": {"name": "the single one does not name its id"}})
    requests_mock.get(f"{HOST}/v2/integrations/i/actions", json={"data": {"create": [{"name": "a", "order": 0}]}})
    assert len(list(streams["integration_actions"].read_only_records())) == 1
    assert "primary key" not in caplog.text
    assert len(list(streams["integrations"].read_only_records())) == 2
    assert caplog.text.count("primary key") == 1


def test_an_action_that_comes_alone_may_be_without_its_list(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(f"{HOST}/v2/integrations", json={"data": [{"id": "i"}]})
    requests_mock.get(f"{HOST}/v2/integrations/i", json={"data": {}})
    kinds = {kind: {"name": kind, "order": 0} for kind in ("create", "close", "acknowledge", "addNote", "ignore")}
    answer = {"_parent": {"id": "i", "name": "n"}, **kinds, "new": [{"name": "n"}], "none": None}
    requests_mock.get(f"{HOST}/v2/integrations/i/actions", json={"data": answer})
    read = [dict(row) for row in rows(streams["integration_actions"])]
    assert [(row["type"], row["name"]) for row in read] == [*((kind, kind) for kind in kinds), ("new", "n")]


@pytest.mark.parametrize(("others", "is_told"), [(None, False), ([], False), (["odd"], True)])
def test_of_actions_only_a_row_of_a_list_can_be_one_that_is_no_object(
    others: Any,
    is_told: bool,
    streams: dict[str, ApiStream],
    requests_mock: requests_mock.Mocker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(f"{HOST}/v2/integrations", json={"data": [{"id": "i"}]})
    requests_mock.get(f"{HOST}/v2/integrations/i", json={"data": {}})
    answer = {"create": [{"name": "c", "order": 0}], "close": others}
    requests_mock.get(f"{HOST}/v2/integrations/i/actions", json={"data": answer})
    assert [row["name"] for row in rows(streams["integration_actions"])] == ["c"]
    assert ("a row that is not an object" in caplog.text) is is_told


def test_actions_of_one_order_and_name_have_keys_of_their_own(
    streams: dict[str, ApiStream], requests_mock: requests_mock.Mocker
) -> None:
    def read(*actions: dict[str, Any]) -> list[dict[str, Any]]:
        requests_mock.get(f"{HOST}/v2/integrations/i/actions", json={"data": {"create": actions, "close": [one]}})
        read = [dict(row) for row in rows(streams["integration_actions"])]
        keys = [[row.get(column) for column in streams["integration_actions"].primary_key] for row in read]
        assert len({str(key) for key in keys}) == len(keys) == len(actions) + 1
        return sorted(read, key=str)

    requests_mock.get(f"{HOST}/v2/integrations", json={"data": [{"id": "i"}]})
    requests_mock.get(f"{HOST}/v2/integrations/i", json={"data": {}})
    one: dict[str, Any] = {"name": "c", "order": 0}
    two = {**one, "filter": {"conditionMatchType": "match-all"}}
    three = {**one, "filter": {"conditions": [{"field": ["odd"]}]}}
    other = {"name": "d", "order": 0}
    assert read(one, two, other, three) == read(three, other, one, two), "an action's key depends on its place"
    assert read(one, one, {"name": ["odd"]}, {"name": ["odd"], "order": {}}) != []


@pytest.mark.parametrize("kind", [type, ABCMeta], ids=["dict", "Mapping"])
def test_what_only_looks_like_a_class_is_no_stream(kind: type) -> None:
    """In Python 3.10, such is the alias of a type, `dict[str, Any]` or `Mapping[str, Any]`."""

    class Alias:
        __class__ = kind

    alias = Alias()
    assert isinstance(alias, kind)
    module = ModuleType("module")
    vars(module)["Row"] = alias
    assert defined_in(module) == ()
