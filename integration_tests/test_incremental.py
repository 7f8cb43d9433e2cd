"""Later syncs: what changed since, and nothing else; small states that a killed sync can go on from."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.scan.scan import updated_at

LARGEST_STATE = 2048
STREAMS = ("alerts", "alert_logs", "alert_notes", "incidents", "incident_logs", "team_logs")


def test_a_second_sync_delivers_what_changed(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox()
    connector = connect(account, lookback_window="PT0S")
    catalog = connector.catalog()
    chosen = [catalog[name] for name in STREAMS]
    first = connector.read(chosen, "incremental", [])
    assert first.code == 0, first.errors

    ids = [first.records["alerts"][index]["id"] for index in (3, 50, -1)]
    account.mutate([{"op": "note", "id": identity, "advance_ms": 60_000} for identity in ids])
    account.mutate([{"op": "create", "advance_ms": 60_000}])
    account.reset_stats()
    second = connector.read(chosen, "incremental", first.last_states)

    assert second.code == 0, second.errors
    changed = {row["id"] for row in second.records["alerts"]}
    assert set(ids) < changed
    truth = {row["id"]: row for row in account.truth("alerts")}
    assert all(row == truth[row["id"]] for row in second.records["alerts"])
    created = set(truth) - {row["id"] for row in first.records["alerts"]}
    assert len(created) == 1
    # Nothing else comes again, but what shares the cursor's own moment.
    assert changed - set(ids) - created <= {first_newest(first.records["alerts"])}
    assert {row["alert_id"] for row in second.records["alert_notes"]} >= set(ids)
    assert set(account.calls()) & {"/v2/alerts/{alertId}/logs"}
    assert account.calls()["/v2/alerts/{alertId}/logs"] == len(changed)
    assert account.calls()["/v2/alerts"] == 3  # one page for each of alerts, alert_logs and alert_notes


def test_notes_that_do_not_change_their_alert_are_missed_with_a_warning_and_read_with_a_longer_lookback(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(settings={"notes_move_updated_at": False})
    connector = connect(account)
    chosen = [connector.catalog()["alert_notes"]]

    def note_on(index: int) -> str:
        (row, _) = account.mutate(
            [{"op": "note", "index": index, "advance_ms": 3_600_000}, {"op": "create", "advance_ms": 3_600_000}]
        )
        return str(row["id"])

    def notes(rows: list[dict[str, str]]) -> set[tuple[str, str]]:
        return {(row["alert_id"], row["offset"]) for row in rows}

    early = note_on(0)
    first = connector.read(chosen, "incremental", [])
    (warning,) = first.warnings
    assert early in warning
    assert "'lookback_window'" in warning
    late = note_on(1)
    second = connector.read(chosen, "incremental", first.last_states)
    assert late not in {row["alert_id"] for row in second.records["alert_notes"]}
    longer = connect(account, lookback_window="P365D").read(chosen, "incremental", second.last_states)
    due = {place for place in notes(list(account.truth("alert_notes"))) if place[0] in {early, late}}
    assert due <= notes(longer.records["alert_notes"])


def first_newest(rows: list[dict[str, str]]) -> str:
    return max(rows, key=updated_at)["id"]


def test_states_are_small_and_frequent(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog["alert_logs"]], "incremental", [])
    assert max(len(json.dumps(state)) for state in outcome.states) < LARGEST_STATE
    of_logs = [s for s in outcome.states if s["stream"]["stream_descriptor"]["name"] == "alert_logs"]
    assert len(of_logs) >= 300 // 200


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("alerts", {"alerts": 2300}),
        ("alert_logs", {"alerts": 450}),
        ("incidents", {"incidents": 2300}),
        ("incident_timeline_entries", {"incidents": 120}),
    ],
)
def test_a_sync_goes_on_from_every_state_it_gave_out(
    name: str, sizes: dict[str, int], own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(**sizes)
    connector = connect(account)
    stream = connector.catalog()[name]
    whole = connector.read([stream], "incremental", [])
    truth = {json.dumps(row, sort_keys=True) for row in account.truth(name)}
    before: set[str] = set()
    states = 0
    for message in whole.messages:
        if message["type"] == "RECORD":
            before.add(json.dumps(message["record"]["data"], sort_keys=True))
        if message["type"] == "STATE":
            states += 1
            rest = connector.read([stream], "incremental", [message["state"]])
            after = {json.dumps(row, sort_keys=True) for row in rest.records[name]}
            assert before | after == truth
    assert states > 1


def test_the_state_of_older_connectors_is_accepted(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    catalog = connector.catalog()
    state = [
        {
            "type": "STREAM",
            "stream": {
                "stream_descriptor": {"name": "alerts"},
                "stream_state": {"updatedAt": "2026-06-01T00:00:00.000Z"},
            },
        }
    ]
    outcome = connector.read([catalog["alerts"]], "incremental", state)
    rows = list(sandbox.truth("alerts"))
    due = {row["id"] for row in rows if row["updatedAt"] >= "2026-06-01"}
    got = {row["id"] for row in outcome.records["alerts"]}
    assert due <= got
    assert len(got) < len(rows)


def test_full_refresh_reads_all_whatever_state_is_given(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    stream = connector.catalog()["alerts"]
    first = connector.read([stream], "incremental", [])
    again = connector.read([stream], "full_refresh", first.last_states)
    assert len(again.records["alerts"]) == len(first.records["alerts"]) == len(list(sandbox.truth("alerts")))


@pytest.mark.parametrize(("start", "later"), [(None, None), ("1990-01-01", "1980-01-01"), ("2999-01-01", "2999-01-01")])
def test_no_query_names_a_time_in_a_form_that_opsgenie_is_not_known_to_take(
    start: str | None,
    later: str | None,
    sandbox: Sandbox,
    connect: Callable[..., Connector],
) -> None:
    connector = connect(sandbox, start_date=start)
    catalog = connector.catalog()
    streams = [catalog[name] for name in ("alerts", "incidents")]
    first = connector.read(streams, "incremental", [])
    assert first.code == 0, first.errors
    assert len(first.records["alerts"]) == (0 if start == "2999-01-01" else len(list(sandbox.truth("alerts"))))
    second = connect(sandbox, start_date=later).read(streams, "incremental", first.last_states)
    assert second.code == 0, second.errors


def test_the_start_date_moved_back_reads_only_the_gap(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    late = connect(sandbox, start_date="2026-06-01T00:00:00Z", lookback_window="PT0S")
    stream = late.catalog()["alerts"]
    first = late.read([stream], "incremental", [])
    second = connect(sandbox, start_date="2026-03-01T00:00:00Z", lookback_window="PT0S").read(
        [stream], "incremental", first.last_states
    )
    rows = list(sandbox.truth("alerts"))
    gap = {row["id"] for row in rows if "2026-03-01" <= row["createdAt"] < "2026-06-01"}
    assert gap
    assert gap <= {row["id"] for row in second.records["alerts"]}
    assert len(second.records["alerts"]) - len(gap) <= 1  # the newest change of the first sync shares the cursor
