"""Nothing lost: beyond the window, under churn, after a kill at any moment, in every mode."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tests.connector import Connector, Message, Outcome
from integration_tests.rows import canonical, counted
from integration_tests.sandbox import text
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.refusal import is_refused

Row = dict[str, Any]
WINDOW = 20_000
PAGE = 100
LARGEST_STATE = 2048
NOTES = "/v2/alerts/{alertId}/notes"
MANY = 20  # objects that a message names; after as many that failed, a further one is given up sooner
LOOKBACK = 5 * 60 * text.SECOND


def assert_each_once(rows: list[Row], truth: Iterable[Row]) -> None:
    assert counted(rows) == counted(truth)


def state_of(name: str, state: Row) -> list[Message]:
    return [{"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}]


def by_stream(outcome: Outcome) -> Row:
    """Return the last states; lanes finish in any order."""
    states = [state["stream"] for state in outcome.last_states]
    return {state["stream_descriptor"]["name"]: state["stream_state"] for state in states}


# Beyond the window


# Alerts and incidents are listed in one way, users and services in another.
@pytest.mark.parametrize(
    ("name", "rows", "window"),
    [
        ("alerts", 41_000, "refuse"),  # the third window
        ("alerts", 21_000, "silent"),
        ("incidents", 21_000, "refuse"),
        ("users", 21_000, "refuse"),
        ("users", 21_000, "silent"),
        ("services", 21_000, "silent"),
    ],
)
def test_a_list_longer_than_the_window(
    name: str,
    rows: int,
    window: str,
    own_sandbox: Callable[..., Sandbox],
    connect: Callable[..., Connector],
) -> None:
    account = own_sandbox(settings={"window": window}, **{name: rows})
    connector = connect(account)
    outcome = connector.read([connector.catalog()[name]])
    assert outcome.code == 0, outcome.errors
    assert_each_once(outcome.records[name], account.truth(name))
    assert account.stats()["violations"] == []


def test_a_burst_of_alerts_in_one_millisecond(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=2_000, burst=250)
    connector = connect(account)
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog["alert_notes"]])
    assert_each_once(outcome.records["alerts"], account.truth("alerts"))
    assert_each_once(outcome.records["alert_notes"], account.truth("alert_notes"))


# Changes


ALERT_STREAMS = ("alerts", "alert_logs", "alert_notes", "alert_recipients")


def test_one_percent_of_changes_is_all_that_comes_again(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    """What a filter on updatedAt would do does not matter: none is sent."""
    account = own_sandbox(alerts=8_000)
    connector = connect(account, lookback_window="PT0S")
    catalog = connector.catalog()
    synced = [state for name in ALERT_STREAMS for state in state_of(name, {"updatedAt": account.now})]
    changed = account.mutate([{"op": "note", "index": index, "advance_ms": 10} for index in range(50, 8_000, 100)])
    account.reset_stats()
    outcome = connector.read([catalog[name] for name in ALERT_STREAMS], "incremental", synced)
    assert outcome.code == 0, outcome.errors
    ids = {row["id"] for row in changed}
    assert len(ids) == 80
    assert_each_once(outcome.records["alerts"], (row for row in account.truth("alerts") if row["id"] in ids))
    for name in ALERT_STREAMS[1:]:
        assert_each_once(outcome.records[name], (row for row in account.truth(name) if row["alert_id"] in ids))
    pages = {name: Counter(row["alert_id"] for row in outcome.records[name]) for name in ALERT_STREAMS[1:]}
    children = sum(max(1, -(-count[each] // 100)) for name, count in pages.items() for each in ids)
    children -= sum(max(0, -(-count // 100) - 1) for count in pages["alert_recipients"].values())
    least = 1 + 1 + children
    assert account.stats()["total"] <= 1.05 * least
    assert not any("updatedAt%20" in request or "updatedAt+" in request for request in account.requests(10_000))


def test_more_changes_than_the_window_holds(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=21_000)
    connector = connect(account, lookback_window="PT0S")
    rows = list(account.truth("alerts"))
    cursor = sorted(row["updatedAt"] for row in rows)[500]
    outcome = connector.read([connector.catalog()["alerts"]], "incremental", state_of("alerts", {"updatedAt": cursor}))
    assert outcome.code == 0, outcome.errors
    due = {row["id"] for row in rows if row["updatedAt"] >= cursor}
    assert len(due) > WINDOW
    assert due <= {row["id"] for row in outcome.records["alerts"]}
    assert account.stats()["violations"] == []


def test_what_hangs_below_changes_is_read_before_the_last_of_many_changes_is_known(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    """Memory for the changes is bounded: they are read in parts."""
    account = own_sandbox(alerts=36_000)
    connector = connect(account)
    # The first call for notes ends the sync: what was listed by then was held in memory.
    account.settings(fault={"name": "revoked", "on": ["/v2/alerts/{alertId}/notes", "/v2/account"]})
    state = state_of("alert_notes", {"updatedAt": "2020-01-01T00:00:00Z"})
    outcome = connector.read([connector.catalog()["alert_notes"]], "incremental", state)
    assert outcome.code == 1
    assert account.calls()["/v2/alerts"] < len(list(account.truth("alerts"))) / PAGE


def test_rules_of_users_come_before_the_last_user_is_asked_for(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox, num_workers=1)
    rules = "/v2/users/{userId}/notification-rules"
    sandbox.settings(fault={"name": "revoked", "on": [rules], "after": 8})
    outcome = connector.read([connector.catalog()["notification_rules"]])
    assert outcome.code == 1
    assert outcome.records["notification_rules"]


def test_changes_are_found_though_the_list_is_not_sorted_by_them(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=2_000, settings={"alerts_sort_updated_at": "ignored"})
    connector = connect(account)
    catalog = connector.catalog()
    streams = [catalog["alerts"], catalog["alert_notes"]]
    synced = [state for name in ("alerts", "alert_notes") for state in state_of(name, {"updatedAt": account.now})]
    changed = account.mutate([{"op": "note", "index": index, "advance_ms": 60_000} for index in (3, 900, 1_990)])
    outcome = connector.read(streams, "incremental", synced)
    assert outcome.code == 0, outcome.errors
    due = {row["id"] for row in changed}
    assert due <= {row["id"] for row in outcome.records["alerts"]}
    assert due <= {row["alert_id"] for row in outcome.records["alert_notes"]}
    assert any("so all of them are listed" in line for line in outcome.logs)


# Churn and kills


def upserted(tables: dict[str, dict[Any, Row]], catalog: dict[str, Any], outcome: Outcome) -> None:
    """Do what a destination does: the last row of a key stays."""
    for name, rows in outcome.records.items():
        key = [path[0] for path in catalog[name]["source_defined_primary_key"]]
        for row in rows:
            tables.setdefault(name, {})[tuple(row[column] for column in key)] = row


STREAMS = ("alerts", "alert_details", "alert_notes", "incidents", "incident_logs", "incident_notes")


@given(seed=st.integers(1, 10**6), kills=st.lists(st.integers(30, 1_500), max_size=3), rate=st.sampled_from([0.2, 1.5]))
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_histories_and_kills_end_equal_to_the_truth(
    tmp_path: Path, seed: int, kills: list[int], rate: float
) -> None:
    with Sandbox("small", seed=seed, alerts=260, incidents=30) as account:
        connector = Connector(tmp_path, {"api_token": account.key(), "endpoint": account.url})
        catalog = connector.catalog()
        streams = [catalog[name] for name in STREAMS]
        tables: dict[str, dict[Any, Row]] = {}
        states: dict[str, Message] = {}
        account.settings(churn={"alerts": rate, "incidents": rate / 10})
        for kill in kills:
            outcome = connector.killed(streams, "incremental", list(states.values()), kill)
            upserted(tables, catalog, outcome)
            states |= {state["stream"]["stream_descriptor"]["name"]: state for state in outcome.last_states}
        account.settings(churn={})
        last = connector.read(streams, "incremental", list(states.values()))
        assert last.code == 0, last.errors
        upserted(tables, catalog, last)
        # What changed while the last sync ran is delivered by the one after it; here, nothing did.
        for name in STREAMS:
            rows = {canonical(row) for row in tables.get(name, {}).values()}
            missing = [row for row in account.truth(name) if canonical(row) not in rows]
            assert missing == [], name


def test_what_changes_during_a_sync_comes_with_the_next(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=300)
    connector = connect(account)
    catalog = connector.catalog()
    streams = [catalog[name] for name in STREAMS]
    before = {row["id"] for row in account.truth("alerts")}
    account.settings(churn={"alerts": 1, "incidents": 0.1})
    first = connector.read(streams, "incremental", [])
    account.settings(churn={})
    deleted = {entry["id"] for entry in account.journal() if entry["op"] == "delete"}
    assert before - deleted <= {row["id"] for row in first.records["alerts"]}
    second = connector.read(streams, "incremental", first.last_states)
    tables: dict[str, dict[Any, Row]] = {}
    upserted(tables, catalog, first)
    upserted(tables, catalog, second)
    for name in STREAMS:
        rows = {canonical(row) for row in tables[name].values()}
        assert [row for row in account.truth(name) if canonical(row) not in rows] == [], name


@pytest.mark.parametrize(("name", "after"), [("alerts", 2_500), ("alert_logs", 900), ("incident_logs", 1_200)])
def test_a_killed_sync_goes_on_with_little_repeated(
    name: str, after: int, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=3_000 if name == "alerts" else 900, incidents=400)
    connector = connect(account)
    stream = connector.catalog()[name]
    first = connector.killed([stream], "incremental", [], after)
    assert first.code != 0
    assert first.last_states, "the test would prove nothing"
    assert all(len(json.dumps(state)) < LARGEST_STATE for state in first.states)
    rest = connector.read([stream], "incremental", first.last_states)
    got = Counter(map(canonical, first.records[name] + rest.records[name]))
    truth = set(map(canonical, account.truth(name)))
    assert set(got) == truth
    repeated = [json.loads(row) for row, times in got.items() if times > 1]
    if name == "alerts":
        assert len(repeated) <= 1_100  # a state's worth, and the page under way
    else:
        assert len({row.get("alert_id", row.get("incident_id")) for row in repeated}) <= 200


@pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
def test_what_changed_since_a_sync_was_killed_comes_with_the_one_that_goes_on(
    mode: str, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=1_500)
    connector = connect(account)
    catalog = connector.catalog()
    streams = {"alerts": 1_200, "alert_notes": 400}
    for name, lines in streams.items():
        first = connector.killed([catalog[name]], mode, [], lines)
        assert first.last_states, "the test would prove nothing"
        (changed,) = account.mutate([{"op": "note", "index": 3, "advance_ms": 600_000}])
        rest = connector.read([catalog[name]], mode, first.last_states)
        assert rest.code == 0, rest.errors
        column = "id" if name == "alerts" else "alert_id"
        assert changed["id"] in {row[column] for row in rest.records[name]}, name
        assert len(rest.records[name]) < len(list(account.truth(name)))


# Every mode


def test_a_query_that_changes_starts_over(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, alert_query="priority: P1")
    stream = connector.catalog()["alerts"]
    first = connector.read([stream], "incremental", [])
    wanted = [row for row in sandbox.truth("alerts") if row["priority"] == "P1"]
    assert_each_once(first.records["alerts"], wanted)
    other = connect(sandbox, alert_query="priority: P2").read([stream], "incremental", first.last_states)
    assert_each_once(other.records["alerts"], (row for row in sandbox.truth("alerts") if row["priority"] == "P2"))
    assert any("'alert_query' has changed" in line for line in other.logs)


def test_a_stream_added_later_is_read_from_its_beginning(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    first = connector.read([catalog["alerts"]], "incremental", [])
    later = connector.read([catalog["alerts"], catalog["alert_notes"]], "incremental", first.last_states)
    assert_each_once(later.records["alert_notes"], sandbox.truth("alert_notes"))
    assert len(later.records["alerts"]) < len(first.records["alerts"])


SHIFT = """
import os, time
_shift = float(os.environ["CLOCK_SHIFT"])
_time = time.time
time.time = lambda: _time() + _shift
"""


@pytest.mark.parametrize("days", [-400, 400])
def test_the_clock_of_the_machine_does_not_matter(
    days: int, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector], tmp_path: Path
) -> None:
    account = own_sandbox()
    connector = connect(account)
    catalog = connector.catalog()
    names = ("alerts", "alert_notes", "incidents", "team_logs", "schedule_timelines", "log_files")
    (tmp_path / "sitecustomize.py").write_text(SHIFT)
    wrong = {"PYTHONPATH": str(tmp_path), "CLOCK_SHIFT": str(days * 86_400)}
    streams = [catalog[name] for name in names]
    right = connector.read(streams, "incremental", [])
    shifted = connector.read(streams, "incremental", [], environment=wrong)
    for name in names:
        assert_each_once(shifted.records[name], right.records[name])
    assert by_stream(shifted) == by_stream(right)


@pytest.mark.parametrize("status", [422, 500])
def test_a_parent_that_fails_is_owed_and_costs_no_other(
    status: int, own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=450, settings={"refusals": {NOTES: [status, 75]}})
    connector = connect(account).hurried
    stream = connector.catalog()["alert_notes"]
    alerts = {row["id"]: row for row in account.truth("alerts")}
    failing = {each for each in alerts if is_refused(NOTES.replace("{alertId}", each), 75)}
    notes = list(account.truth("alert_notes"))
    owed = [row for row in notes if row["alert_id"] in failing]
    assert 0 < len(failing) <= MANY
    assert owed, "the test would prove nothing"

    failed = connector.read([stream], "incremental", [])
    assert failed.code == 1
    assert failed.statuses["alert_notes"][-1] == "INCOMPLETE"
    assert_each_once(failed.records["alert_notes"], [row for row in notes if row not in owed])
    assert_named(failed, failing)
    assert set(by_stream(failed)["alert_notes"]["owed"]) == failing

    # The next sync asks for those again, and for what changed at last; all else was delivered.
    newest = max(text.millis(row["updatedAt"]) for row in alerts.values())
    changed = [each for each, row in alerts.items() if text.millis(row["updatedAt"]) >= newest - LOOKBACK]
    latest = [row for row in notes if row["alert_id"] in changed]
    account.reset_stats()
    again = connector.read([stream], "incremental", failed.last_states)
    assert_named(again, failing)
    assert_each_once(again.records["alert_notes"], [row for row in latest if row not in owed])
    if status < 500:
        assert account.calls()[NOTES] == len(failing) + len(changed)

    account.settings(refusals={})
    rest = connector.read([stream], "incremental", again.last_states)
    assert rest.code == 0, rest.errors
    assert set(map(canonical, rest.records["alert_notes"])) == set(map(canonical, owed + latest))
    assert "owed" not in by_stream(rest)["alert_notes"]


def assert_named(outcome: Outcome, failing: set[str]) -> None:
    (error,) = [each for each in outcome.errors if each.startswith("alert_notes: ")]
    assert f"alert_notes: {len(failing)} objects could not be read: " in error
    assert "All others were read or skipped." in error
    assert all(identity in error for identity in failing)


def test_many_parents_that_fail_for_ever_block_nothing_that_follows(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=450, settings={"refusals": {NOTES: [500, 10]}})
    connector = connect(account).hurried
    stream = connector.catalog()["alert_notes"]
    alerts = [row["id"] for row in account.truth("alerts")]
    failing = {each for each in alerts if is_refused(NOTES.replace("{alertId}", each), 10)}
    assert len(failing) > MANY
    failed = connector.read([stream], "incremental", [])
    assert failed.code == 1
    assert failed.statuses["alert_notes"][-1] == "INCOMPLETE"
    assert f"alert_notes: {len(failing)} objects could not be read: " in failed.errors[0]
    assert_each_once(
        failed.records["alert_notes"], [row for row in account.truth("alert_notes") if row["alert_id"] not in failing]
    )
    assert set(by_stream(failed)["alert_notes"]["owed"]) == failing
    account.settings(refusals={})
    rest = connector.read([stream], "incremental", failed.last_states)
    assert rest.code == 0, rest.errors
    rows = {canonical(row) for row in failed.records["alert_notes"] + rest.records["alert_notes"]}
    assert rows == set(map(canonical, account.truth("alert_notes")))
    assert len(rest.records["alert_notes"]) < len(rows)


def test_a_count_that_churn_cannot_explain_is_told(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox()
    connector = connect(account)
    stream = connector.catalog()["alerts"]
    account.reset_stats()
    count = len(list(account.truth("alerts")))
    quiet = connector.read([stream])
    assert account.calls()["/v2/alerts/count"] == 3  # to tell what is coming, to compare, and for the next sync
    assert not any("Opsgenie counts" in line for line in quiet.logs)
    account.settings(miscount=7)
    told = connector.read([stream])
    (line,) = [line for line in told.logs if "Opsgenie counts" in line]
    assert f"{count + 7} alerts" in line
    assert f"only {count} were read" in line
    account.settings(miscount=0, refusals={"/v2/alerts/count": [403, 1]})
    assert connector.read([stream]).code == 0
