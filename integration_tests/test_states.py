"""A state is judged when it is read: what cannot be true is told in one line, and nothing is passed over by it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from integration_tests.connector import Connector, Message, Outcome
from integration_tests.rows import counted
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_read import STREAMS

Row = dict[str, Any]

FUTURE = "2999-01-01T00:00:00.000Z"
NOT_USED = "it is not used, and the stream starts from the beginning"
WALKED = {"updatedAt": FUTURE, "createdAt": FUTURE, "backfill": "done"}
SMALL = {
    "team_logs": {"createdDate": FUTURE},
    "schedule_timelines": {"endDate": FUTURE, "startDate": "2025-11-01T00:00:00.000Z"},
    "log_files": {"marker": "2999-01-01-00-00-00_000"},
}


def is_complete(outcome: Outcome, name: str, account: Sandbox) -> bool:
    return counted(outcome.records[name]) == counted(account.truth(name))


def states_of(states: dict[str, Row]) -> list[Message]:
    return [
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}
        for name, state in states.items()
    ]


def given_out(outcome: Outcome) -> dict[str, Row]:
    states = (state["stream"] for state in outcome.last_states)
    return {state["stream_descriptor"]["name"]: state["stream_state"] for state in states}


def warnings(outcome: Outcome, name: str) -> list[str]:
    return [
        message["log"]["message"]
        for message in outcome.of_type("LOG")
        if message["log"]["level"] == "WARN" and message["log"]["message"].startswith(f"{name}: ")
    ]


def assert_not_used(outcome: Outcome, account: Sandbox, names: Iterable[str], because: str) -> None:
    assert outcome.code == 0, outcome.errors
    for name in names:
        (line,) = warnings(outcome, name)
        assert because in line
        assert NOT_USED in line
        assert is_complete(outcome, name, account), name


def assert_used(outcome: Outcome, names: Iterable[str]) -> None:
    assert outcome.code == 0, outcome.errors
    assert [line for name in names for line in warnings(outcome, name)] == []


# By the clock


def test_a_cursor_in_the_future_hides_nothing_in_any_stream(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    streams = {name: catalog[name] for name in STREAMS if "incremental" in catalog[name]["supported_sync_modes"]}
    states = {name: SMALL.get(name, WALKED) for name in streams}
    assert set(SMALL) < set(states)
    outcome = connector.read(streams.values(), "incremental", states_of(states))
    assert_not_used(outcome, sandbox, streams, "in the future")
    assert "2999" not in json.dumps(outcome.states)
    later = connector.read(streams.values(), "incremental", outcome.last_states)
    assert_used(later, streams)


@pytest.mark.parametrize("name", ["alerts", "alert_notes", "incidents"])
def test_a_backfill_under_way_that_stands_in_the_future_is_not_done(
    name: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    state = {"updatedAt": "2026-10-01T00:00:00.000Z", "createdAt": FUTURE, "backfill": "running"}
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()[name]], "incremental", states_of({name: state}))
    assert_not_used(outcome, sandbox, [name], "in the future")


@pytest.mark.parametrize("visible", [True, False], ids=["limits told", "limits refused"])
def test_the_clock_is_opsgenies_whatever_that_of_the_machine(
    visible: bool, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    """The sandbox's clock stands at noon of 1 November 2026, whatever the day of the test."""
    sandbox.settings(request_limits_visible=visible)
    connector = connect(sandbox, lookback_window="PT0S")
    stream = connector.catalog()["alerts"]
    state = {"updatedAt": "2026-11-01T12:00:30.000Z"}  # clocks of Opsgenie's own machines may differ by as much
    close = connector.read([stream], "incremental", states_of({"alerts": state}))
    assert_used(close, ["alerts"])
    assert close.records["alerts"] == []
    state = {"updatedAt": "2026-11-01T12:01:30.000Z"}
    beyond = connector.read([stream], "incremental", states_of({"alerts": state}))
    assert_not_used(beyond, sandbox, ["alerts"], "in the future")


# By the account


NAMES = ("alerts", "incident_logs", "team_logs", "log_files")


@pytest.fixture
def first(sandbox: Sandbox, connect: Callable[..., Connector]) -> Outcome:
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()[name] for name in NAMES], "incremental", [])
    assert outcome.code == 0, outcome.errors
    return outcome


def test_a_state_of_another_account_is_not_used(
    first: Outcome, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(account_name="another")
    connector = connect(sandbox)
    streams = [connector.catalog()[name] for name in NAMES]
    outcome = connector.read(streams, "incremental", first.last_states)
    assert_not_used(outcome, sandbox, NAMES, "belongs to another account, host or site of Opsgenie")
    assert_used(connector.read(streams, "incremental", outcome.last_states), NAMES)


def test_a_state_of_another_host_is_not_used(
    first: Outcome, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(seed=2)
    connector = connect(account, endpoint=account.url.replace("127.0.0.1", "localhost"))
    outcome = connector.read([connector.catalog()[name] for name in NAMES], "incremental", first.last_states)
    assert_not_used(outcome, account, NAMES, "belongs to another account, host or site of Opsgenie")


def test_a_new_key_goes_on_whatever_it_may_read(
    first: Outcome, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    """A key that may not read the account cannot tell it; what an earlier one told is kept for a later one."""
    lesser = connect(sandbox, "no_config")
    stream = lesser.catalog()["alerts"]
    second = lesser.read([stream], "incremental", first.last_states)
    assert_used(second, ["alerts"])
    assert len(second.records["alerts"]) < len(first.records["alerts"])
    assert given_out(second)["alerts"]["account"] == f"{given_out(first)['alerts']['account']}:carried"
    sandbox.settings(account_name="another")
    third = connect(sandbox).read([stream], "incremental", second.last_states)
    assert_not_used(third, sandbox, ["alerts"], "belongs to another account, host or site of Opsgenie")


def test_a_state_of_a_key_that_could_not_tell_the_account_is_gone_on_from(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    lesser = connect(sandbox, "no_config")
    stream = lesser.catalog()["alerts"]
    first = lesser.read([stream], "incremental", [])
    second = connect(sandbox).read([stream], "incremental", first.last_states)
    assert_used(second, ["alerts"])
    assert len(second.records["alerts"]) < len(first.records["alerts"])


def test_a_state_names_its_account_by_hashes_only(first: Outcome, sandbox: Sandbox) -> None:
    states = given_out(first)
    assert set(states) == set(NAMES)
    (account,) = {state["account"] for state in states.values()}
    assert account.startswith("opsgenie:")
    assert "example" not in json.dumps(states)
    assert sandbox.url.partition("//")[2] not in json.dumps(states)


def test_the_account_is_asked_for_once_a_sync_and_by_streams_with_a_state_only(
    first: Outcome, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    assert set(given_out(first)) == set(NAMES)
    assert sandbox.calls()["/v2/account"] == 1
    connector = connect(sandbox)
    catalog = connector.catalog()
    sandbox.reset_stats()
    assert connector.read([catalog["teams"], catalog["team_roles"], catalog["users"]]).code == 0
    assert "/v2/account" not in sandbox.calls()


# By its form


@pytest.mark.parametrize("time", [1_790_000_000, "1790000000", 1_790_000_000_000, "1790000000000", 1.79e9])
def test_epoch_numbers_of_older_connectors_are_cursors(
    time: float | str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    states = {
        "alerts": {"updatedAt": time},
        "team_logs": {"createdDate": time},
        "schedule_timelines": {"endDate": time},
    }
    written = {"alerts": "updatedAt", "team_logs": "createdDate", "schedule_timelines": "endDate"}
    since = "2026-09-21T14:13:20"
    connector = connect(sandbox, lookback_window="PT0S")
    catalog = connector.catalog()
    outcome = connector.read([catalog[name] for name in states], "incremental", states_of(states))
    assert_used(outcome, states)
    for name, column in written.items():
        due = [row for row in sandbox.truth(name) if row[column] >= since]
        assert counted(outcome.records[name]) == counted(due), name
        assert 0 < len(due) < len(list(sandbox.truth(name))), name


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("alerts", {"updatedAt": "2026-10-01T00:00:00Z", "createdAt": "May", "backfill": "running"}),
        ("alerts", {"updatedAt": "2026-10-01T00:00:00Z", "backfill": "almost"}),
        ("incidents", {"updatedAt": "2026-10-01T00:00:00Z", "startDate": "2020-99-01", "backfill": "done"}),
        ("alerts", {"updatedAt": "2026-10-01T00:00:00Z", "backfill": ["done"]}),
        ("alert_notes", {"updatedAt": "2026-10-01T00:00:00Z", "backfill": "done", "owed": ["a1"]}),
        ("team_logs", {"createdDate": "2026-10-01T00:00:00Z", "owed": "t1"}),
        ("team_logs", {"createdDate": "soon"}),
        ("team_logs", {"createdDate": "May"}),
        ("team_logs", {"createdDate": True}),
        ("schedule_timelines", {"endDate": "10 pm"}),
        ("schedule_timelines", {"endDate": "2026-10-01T00:00:00Z", "startDate": "?"}),
        ("log_files", {"marker": "zzz"}),
        ("log_files", {"marker": "2026-13-01-00-00-00"}),
        ("log_files", {"marker": "1790000000"}),
    ],
)
def test_a_state_that_cannot_be_read_is_told(
    name: str, state: Row, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    outcome = connector.read([connector.catalog()[name]], "incremental", states_of({name: state}))
    assert_not_used(outcome, sandbox, [name], "the given state cannot be read")


def test_a_marker_that_opsgenie_refuses_costs_no_file(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    stream = connector.catalog()["log_files"]
    state = states_of({"log_files": {"marker": "2026-10-01-00-00-00_123"}})
    sandbox.settings(fault={"name": "422", "on": ["/v2/logs/list/{marker}"], "times": 1})
    outcome = connector.read([stream], "incremental", state)
    assert_not_used(outcome, sandbox, ["log_files"], "no answer for the marker")


def test_a_plan_without_log_files_says_nothing_of_the_marker(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(plan="Standard")
    connector = connect(sandbox)
    catalog = connector.catalog()
    state = states_of({"log_files": {"marker": "2026-10-01-00-00-00_123"}})
    outcome = connector.read([catalog["log_files"], catalog["team_logs"]], "incremental", state)
    assert outcome.code == 0, outcome.errors
    (line,) = warnings(outcome, "log_files")
    assert "the account's plan does not include it" in line
    assert given_out(outcome)["log_files"]["marker"] == "2026-10-01-00-00-00_123"


def test_a_state_for_a_stream_that_does_not_exist_is_told(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    state = states_of({"fleas": {"updatedAt": FUTURE}, "alerts": {"updatedAt": "2026-10-01T00:00:00Z"}})
    outcome = connector.read([connector.catalog()["alerts"]], "incremental", state)
    assert outcome.code == 0, outcome.errors
    assert "The state names streams that do not exist, and is not used for them: fleas." in outcome.logs


# The time that an answer tells


@pytest.mark.parametrize(
    "date",
    [
        "Tue, 24 Nov 99999999999999999999 23:00:00 GMT",
        "Tue, 24 Nov 2026 23:00:00 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "soon",
    ],
)
def test_a_date_that_cannot_be_read_says_nothing(
    date: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    sandbox.settings(date=date)
    connector = connect(sandbox, start_date="2026-08-01T00:00:00Z")
    catalog = connector.catalog()
    outcome = connector.read([catalog[name] for name in ("teams", "alerts", "schedule_timelines")], "incremental", [])
    assert outcome.code == 0, outcome.errors
    assert is_complete(outcome, "teams", sandbox)
    assert outcome.records["alerts"]
    assert {row["endDate"][:7] for row in outcome.records["schedule_timelines"]} >= {"2026-08", "2026-10"}
