from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests
import requests_mock

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.http.errors import REFUSAL_STATUSES, ApiError
from source_opsgenie.opsgenie.backend import IF_MOVED
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.check import check_account
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.streams.list_check import DESELECT, ListCall, list_calls
from unit_tests.simulated import Account, Call, Sync

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
CONFIG = Config.parse({"api_token": KEY})
ANSWER = '{"data": {}}'
LISTS = [
    ListCall(
        name, (), "configuration", f"v2/{name}", {"limit": "1"}, lambda answer: answer.status_code in REFUSAL_STATUSES
    )
    for name in ("users", "teams", "schedules")
]


def answer(mock: requests_mock.Mocker, **statuses: int) -> None:
    mock.get("https://api.opsgenie.com/v2/account", text=ANSWER)
    for each in LISTS:
        mock.get(f"https://api.opsgenie.com/v2/{each.stream}", status_code=statuses.get(each.stream, 200), text=ANSWER)


def test_lists_that_answer_are_nothing_to_speak_of(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    assert check_account(CONFIG, LISTS) == []
    assert requests_mock.call_count == 1 + len(LISTS)


def test_a_list_at_which_a_sync_would_fail_is_told(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock, teams=400)
    (sentence,) = check_account(CONFIG, LISTS)
    assert sentence.startswith(
        "teams: the sync will fail for this stream. Opsgenie refused the call /v2/teams (HTTP 400)"
    )


def test_a_list_that_a_sync_would_skip_is_told_with_its_child_streams(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock, users=402, teams=402)
    users, teams = check_account(CONFIG, [LISTS[0], replace(LISTS[1], below=("team_roles", "team_logs"))])
    assert "child streams" not in users
    assert teams.startswith("teams: a sync cannot read this stream, because the account's plan")
    assert teams.endswith(f" Nor can it read the child streams: team_roles, team_logs. {DESELECT}")


def test_a_key_that_is_refused_fails_the_check_with_the_reason(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=401, text='{"message": "No."}')
    with pytest.raises(ApiError, match="api_token"):
        check_account(CONFIG, LISTS)
    assert requests_mock.call_count == 1


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.usefixtures("naps")
def test_a_gateways_page_says_nothing_of_the_key(status: int, requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=status, text="<html>Blocked</html>")
    with pytest.raises(
        ApiError, match=rf"^the connector gave up after 2 attempts, because .* a web page .*HTTP {status}"
    ):
        check_account(CONFIG, LISTS)


@pytest.mark.parametrize("status", [500, 503])
def test_an_error_of_opsgenies_own_says_nothing_of_the_key(status: int, requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock, teams=status)
    (sentence,) = check_account(CONFIG, LISTS)
    assert sentence.endswith("can be read: teams.")
    assert requests_mock.call_count == 1 + len(LISTS)


@pytest.mark.parametrize("status", [200, 404])
def test_a_gateways_text_for_one_list_leaves_only_that_one_unknown(
    status: int, requests_mock: requests_mock.Mocker
) -> None:
    answer(requests_mock)
    requests_mock.get("https://api.opsgenie.com/v2/users", status_code=status, text="404 page not found")
    (sentence,) = check_account(CONFIG, LISTS)
    assert sentence.endswith("can be read: users.")
    assert requests_mock.call_count == 1 + len(LISTS)


def test_a_throttled_check_asks_no_more(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock, users=402, teams=429)
    left_out, unknown = check_account(CONFIG, LISTS)
    assert left_out.startswith("users: a sync cannot read this stream, because the account's plan")
    assert unknown.endswith("can be read: teams, schedules.")
    assert requests_mock.call_count == 3


def test_a_check_whose_host_stops_answering_asks_no_more(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    requests_mock.get("https://api.opsgenie.com/v2/users", exc=requests.ConnectionError("reset"))
    (sentence,) = check_account(CONFIG, LISTS)
    assert sentence.endswith("can be read: users, teams, schedules.")
    assert requests_mock.call_count == 2


def test_a_check_that_is_throttled_for_long_says_so(requests_mock: requests_mock.Mocker, naps: list[float]) -> None:
    answer(requests_mock)
    throttled = {"X-RateLimit-Period-In-Sec": "60"}
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=429, headers=throttled, text="{}")
    with pytest.raises(ApiError, match=r"^Opsgenie throttles this account's calls at the moment"):
        check_account(CONFIG, LISTS)
    assert naps == []


@pytest.mark.parametrize("account", [200, 403])  # 403, as for a team's key
@pytest.mark.parametrize("status", [400, 422])
def test_a_query_that_is_not_understood_fails_the_check(
    account: int, status: int, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=account, text=ANSWER)
    alerts = requests_mock.get("https://api.opsgenie.com/v2/alerts", text=ANSWER)
    config = Config.parse({"api_token": KEY, "alert_query": "tag: x"})
    assert check_account(config) == []
    assert alerts.request_history[-1].qs == {"limit": ["1"], "query": ["tag: x"]}
    requests_mock.get("https://api.opsgenie.com/v2/alerts?query=tag: x", status_code=status, text='{"message": "No."}')
    with pytest.raises(ApiError, match=r"^Opsgenie does not understand 'alert_query'\. .*No\."):
        check_account(config)


@pytest.mark.usefixtures("naps")
def test_a_query_that_is_refused_or_not_answered_is_not_said_to_be_wrong(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    alerts = requests_mock.get("https://api.opsgenie.com/v2/alerts", status_code=403, text='{"message": "No."}')
    config = Config.parse({"api_token": KEY, "alert_query": "tag: x"})
    assert check_account(config) == []
    assert alerts.call_count == 1
    requests_mock.get("https://api.opsgenie.com/v2/alerts", status_code=503)
    with pytest.raises(ApiError, match=r"^the connector gave up after 2 attempts"):
        check_account(config)


@pytest.mark.usefixtures("naps")
def test_a_host_that_answers_with_a_web_page_is_not_opsgenies_api(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get("https://api.opsgenie.com/v2/account", text="<html>Log in</html>")
    with pytest.raises(ApiError, match=r"^api\.opsgenie\.com is not Opsgenie's API, because .*: check 'endpoint'\."):
        check_account(CONFIG)


@pytest.mark.parametrize(
    "ending",
    [
        {"status_code": 404, "text": '{"message": "Not found."}'},
        {"status_code": 410, "text": '{"message": "Gone."}'},
        {"status_code": 410, "text": "<html>Gone</html>"},
        {"status_code": 301, "headers": {"Location": "https://www.atlassian.com/"}},
        {"text": "<html>Opsgenie has ended</html>"},
        {"exc": requests.ConnectionError(socket.gaierror(socket.EAI_NONAME, "no such host"))},
    ],
    ids=["404", "410", "page of a 410", "redirect", "page", "no host"],
)
@pytest.mark.usefixtures("naps")
def test_an_api_that_has_ended_is_told_with_its_successor_and_not_as_a_missing_right(
    ending: dict[str, Any], requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get(re.compile(r"^https://api\.opsgenie\.com/"), **ending)
    with pytest.raises(ApiError) as caught:
        check_account(CONFIG, LISTS)
    message = str(caught.value.message)
    assert message.count(IF_MOVED) == 1
    assert "give it the rights" not in message


@pytest.mark.parametrize("account", [403, 404])
def test_a_host_that_refuses_the_account_and_has_no_alerts_is_not_said_to_lack_the_account(
    account: int, requests_mock: requests_mock.Mocker
) -> None:
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=account, text='{"message": "No."}')
    requests_mock.get("https://api.opsgenie.com/v2/alerts", status_code=404, text='{"message": "No."}')
    with pytest.raises(ApiError, match=r"^Neither the account nor its alerts can be read at api\.opsgenie\.com: "):
        check_account(CONFIG, LISTS)


def test_at_the_deadline_the_check_has_passed_and_asks_no_more(requests_mock: requests_mock.Mocker) -> None:
    answer(requests_mock)
    stalled, go_on = threading.Event(), threading.Event()

    def stall(*_: object) -> str:
        stalled.set()
        go_on.wait(30)
        return "{}"

    requests_mock.get("https://api.opsgenie.com/v2/teams", text=stall)
    others = set(threading.enumerate())
    (sentence,) = check_account(CONFIG, LISTS, deadline=1.0)
    assert sentence.endswith("can be read: teams, schedules.")
    assert stalled.is_set()
    (waiting,) = set(threading.enumerate()) - others
    assert waiting.daemon  # it does not keep the process from ending
    go_on.set()
    waiting.join(30)
    assert "/v2/schedules" not in {request.path for request in requests_mock.request_history}


def test_without_a_verdict_the_deadline_fails_the_check(requests_mock: requests_mock.Mocker) -> None:
    go_on = threading.Event()

    def stall(*_: object) -> str:
        go_on.wait(30)
        return "{}"

    requests_mock.get("https://api.opsgenie.com/v2/account", text=stall)
    with pytest.raises(ApiError, match="does not answer within"):
        check_account(CONFIG, LISTS, deadline=0.1)
    go_on.set()


def test_every_stream_is_asked_about_once_by_the_smallest_page() -> None:
    streams = create_streams(context_of(CONFIG, threading.Event()))
    calls = list_calls(streams_of(CONFIG, threading.Event()))  # with the tables that only the other API has
    named = [name for call in calls for name in (call.stream, *call.below)]
    assert sorted(named) == sorted(stream.name for stream in streams)
    assert all("{" not in call.path for call in calls)
    assert {call.params["limit"] for call in calls if "limit" in call.params} == {"1"}
    assert {call.stream: call.below for call in calls}["integrations"] == ["integration_actions"]


@pytest.mark.parametrize(
    ("name", "path", "accepts"),
    [
        ("incidents", "/v1/incidents", lambda call: "query" in call.query),  # older documents require one
        ("custom_incident_templates", "/v1/incident-templates", lambda call: not call.query),  # no document lists one
    ],
)
def test_a_list_whose_parameters_are_not_certain_is_not_said_to_fail_if_a_sync_reads_it(
    name: str, path: str, accepts: Callable[[Call], bool], requests_mock: requests_mock.Mocker
) -> None:
    account = Account()

    def refuse(call: Call) -> None:
        account.refused = {} if accepts(call) else {path: 422}

    account.before = refuse
    requests_mock.get(re.compile("."), content=account.answer)
    lists = [each for each in list_calls(streams_of(CONFIG, threading.Event())) if each.stream == name]
    assert check_account(CONFIG, lists) == []
    assert Sync(account, name).ended(name) == "COMPLETE"
