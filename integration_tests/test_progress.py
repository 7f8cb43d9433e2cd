"""What a user sees of a long sync: what it will cost, how far it is, how many rows to expect."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.client import Sandbox

ALERTS = 900
# What the account tells; the fast clock of the connector counts other minutes than the sandbox would.
TOLD = {"limits_told": {"alert": [[100, 60]], "search": [[600, 60]]}}


def estimates(outcome: Outcome) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for message in outcome.of_type("TRACE"):
        if message["trace"]["type"] == "ESTIMATE":
            estimate = message["trace"]["estimate"]
            assert estimate["type"] == "STREAM"
            found.setdefault(estimate["name"], []).append(estimate["row_estimate"])
    return found


@pytest.fixture
def account(own_sandbox: Callable[..., Sandbox]) -> Sandbox:
    return own_sandbox(alerts=ALERTS, settings=TOLD)


def test_a_long_sync_tells_what_it_costs_and_how_far_it_is(
    account: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    outcome = connect(account).hurried.read([catalog["alert_notes"]])
    assert outcome.code == 0, outcome.errors
    before = outcome.logs.index(
        "alert_notes: about 900 alerts to read, in about 900 calls; at 80 calls a minute (limit 100, "
        "using 80%) that takes about 11 min."
    )
    line = re.compile(
        r"alert_notes: (\d+) of about 900 alerts, \d+ calls a minute \(limit 100, using 80%\)(, about .+ left)?"
    )
    at = [(number, line.fullmatch(text)) for number, text in enumerate(outcome.logs)]
    standing = [(number, match) for number, match in at if match]
    assert standing, outcome.logs
    assert before < standing[0][0]
    gone_through = [int(match.group(1)) for _, match in standing]
    assert gone_through == sorted(gone_through)
    assert gone_through[-1] <= ALERTS
    assert any("left" in match.group(0) for _, match in standing)


def test_a_short_sync_says_nothing_of_it(
    sandbox: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    outcome = connect(sandbox).read([catalog["alerts"]])
    assert not any(" to read, in about " in line for line in outcome.logs)


def test_airbyte_is_told_how_many_rows_to_expect(
    account: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    streams = [catalog[name] for name in ("alerts", "alert_details", "alert_notes", "incidents")]
    account.settings(limits_told={})
    account.reset_stats()
    outcome = connect(account).read(streams, "incremental", [])
    told = estimates(outcome)
    assert told["alerts"] == [ALERTS]
    assert told["alert_details"] == [ALERTS]
    assert told["incidents"] == [len(list(account.truth("incidents")))]
    notes = len(outcome.records["alert_notes"])
    assert 0.8 * notes < told["alert_notes"][-1] < 1.25 * notes
    # Once for all streams over alerts that begin at the same place, once to compare at the end, and once for the next.
    assert account.calls()["/v2/alerts/count"] == 3
    account.reset_stats()
    later = connect(account).read(streams, "incremental", outcome.last_states)
    assert later.code == 0, later.errors
    # What changed is known when it is found: only what is older is counted, from before the last sync and this one.
    assert account.calls()["/v2/alerts/count"] <= 2


def test_a_key_that_may_not_count_costs_nothing_else(
    account: Sandbox, connect: Callable[..., Connector], catalog: dict[str, Any]
) -> None:
    account.settings(limits_told={}, refusals={"/v2/alerts/count": [403, 1]})
    outcome = connect(account).read([catalog["alerts"]])
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["alerts"]) == ALERTS
    assert estimates(outcome) == {}
