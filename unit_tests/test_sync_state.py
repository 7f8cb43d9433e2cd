from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.streams.state import SyncState, hash_of

TIMES = st.none() | st.integers(min_value=0, max_value=4_000_000_000_000)


@given(
    changes_from=TIMES,
    created_to=TIMES,
    done=st.booleans(),
    until=TIMES,
    start=TIMES,
    full_refresh=st.booleans(),
    generation=st.none() | st.integers(min_value=0),
    counted=st.none() | st.integers(min_value=0),
    counted_before=TIMES,
)
def test_a_state_survives_being_written(**values: Any) -> None:
    if values["changes_from"] is None:
        values |= {"done": False, "created_to": None}  # an account without a row: nothing is known yet
    progress = SyncState(**values)
    state = progress.dump()
    assert SyncState.load(state) == progress
    assert len(json.dumps(state)) < 500


def test_the_hash_of_a_query_is_the_one_in_the_states_of_earlier_versions() -> None:
    state = SyncState(query_hash=hash_of("status: open")).dump()
    assert state == {"backfill": "running", "query": "2784af77f76d893a"}


@pytest.mark.parametrize("time", ["2026-06-01T00:00:00Z", "1780272000"], ids=["date", "epoch seconds"])
def test_the_state_of_older_connectors_counts_as_read(time: str) -> None:
    assert SyncState.load({"updatedAt": time}) == SyncState(changes_from=1780272000000, done=True)


@pytest.mark.parametrize("time", [1780272000, 1780272000000, "1780272000000"])
def test_epoch_numbers_are_cursors(time: object) -> None:
    assert SyncState.load({"updatedAt": time}) == SyncState(changes_from=1780272000000, done=True)
    running = {"updatedAt": time, "createdAt": time, "startDate": time, "until": time, "backfill": "running"}
    millis = 1780272000000
    assert SyncState.load(running) == SyncState(changes_from=millis, created_to=millis, start=millis, until=millis)


@pytest.mark.parametrize(
    "state",
    [
        {"createdAt": "May"},
        {"startDate": "?"},
        {"until": [1]},
        {"backfill": "almost"},
        {"backfill": ["running"]},
        {"backfill": {}},
        {"query": 7},
        {"updatedAt": "?"},
        {"updatedAt": None, "createdAt": "2026-06-01T00:00:00Z"},  # changes are due from a time that it does not say
    ],
)
def test_a_state_of_which_a_part_cannot_be_read_is_none(state: dict[str, Any]) -> None:
    assert SyncState.load({"updatedAt": "2026-06-01T00:00:00Z", "backfill": "running", **state}) is None


def test_the_time_of_creation_is_a_cursor_as_long_as_the_backfill_runs() -> None:
    assert SyncState(changes_from=5, created_to=9).cursors == [5, 9]
    assert SyncState(changes_from=5, created_to=9, done=True).cursors == [5]
    assert SyncState().cursors == []


def test_the_time_from_which_a_sweep_reads_is_a_cursor() -> None:
    assert SyncState(changes_from=5, created_to=9, changed_since=7).cursors == [5, 9, 7]


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("start", [None, 3, 7])
def test_rows_that_were_counted_from_another_start_date_are_not_compared(start: int | None, done: bool) -> None:
    progress = SyncState(changes_from=9, start=5, done=done, counted=4, counted_before=8)
    assert progress.starting(5).counted == 4
    moved = progress.starting(start)
    assert (moved.counted, moved.start) == (None, start)
    assert moved == SyncState(changes_from=9, start=5, done=done, counted_before=8).starting(start)
    assert progress.sweeping(1, None).counted is None


@pytest.mark.parametrize("value", ["7", 7.5, [7]])
def test_a_value_that_is_no_number_is_left_out_of_a_state(value: object) -> None:
    state = {"updatedAt": "2026-06-01T00:00:00Z", "backfill": "done"}
    assert SyncState.load({**state, "counted": value, "generation": value}) == SyncState.load(state) is not None


@pytest.mark.parametrize("state", [{}, {"updatedAt": "soon"}, {"updatedAt": None}, {"alerts": {"x": 1}}])
def test_a_state_that_says_nothing_is_none(state: dict[str, Any]) -> None:
    assert SyncState.load(state) is None


def test_nothing_goes_back() -> None:
    progress = SyncState(changes_from=50, created_to=60)
    assert progress.changed(40).changed(None) == progress
    assert progress.reached(40).reached(None) == progress


def test_a_backfill_of_an_empty_account_begins_again() -> None:
    assert not SyncState().finished().done
    assert SyncState(changes_from=1).finished().done


def test_a_sweep_reads_from_the_beginning_what_changed_at_its_time_or_later() -> None:
    sweep = SyncState(changes_from=50, created_to=80, done=True).sweeping(40, 90)
    assert sweep == SyncState(changes_from=90, changed_since=40)


def test_a_start_date_moved_back_leaves_a_gap_to_read() -> None:
    done = SyncState(changes_from=900, created_to=800, done=True, start=500)
    moved = done.starting(200)
    assert (moved.done, moved.until, moved.created_to, moved.start) == (False, 500, None, 200)
    assert moved.finished() == SyncState(changes_from=900, done=True, start=200)
    assert done.starting(None).until == 500


def test_a_start_date_moved_forward_reads_nothing_again() -> None:
    done = SyncState(changes_from=900, created_to=800, done=True, start=200)
    assert done.starting(500) == SyncState(changes_from=900, created_to=800, done=True, start=500)


def test_a_backfill_under_way_starts_over_when_its_start_moves_back() -> None:
    running = SyncState(changes_from=900, created_to=700, start=500)
    assert running.starting(200).created_to is None
    assert running.starting(600).created_to == 700


@pytest.mark.parametrize("generation", [None, 0, 3])
def test_a_full_refresh_does_not_continue_an_incremental_backfill(generation: int | None) -> None:
    """The table that it fills has none of the rows that the incremental sync delivered."""
    assert not SyncState(changes_from=50, created_to=60).is_part_of(generation)
