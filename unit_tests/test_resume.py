"""A sync that was killed goes on from each state that it gave out, and nothing is lost. Against a simulated account."""

from __future__ import annotations

from typing import Any

import pytest
from airbyte_cdk.models import SyncMode

from unit_tests.simulated import HOUR, MINUTE, MOST_ROWS, NOW, SECOND, Sync
from unit_tests.test_cursors import ALERTS, INCIDENTS, filled

FULL = SyncMode.full_refresh


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(SyncMode))
@pytest.mark.parametrize(
    ("name", "column", "path", "count"),
    [
        ("alerts", "id", ALERTS, 2150),
        ("alert_notes", "alert_id", ALERTS, 250),
        ("incidents", "id", INCIDENTS, 2150),
        ("incident_notes", "incident_id", INCIDENTS, 250),
    ],
)
def test_a_sync_that_was_killed_goes_on_from_each_of_its_states(
    name: str, column: str, path: str, count: int, mode: SyncMode
) -> None:
    account = filled(path, count)
    whole = Sync(account, name, mode=mode)
    assert len(whole.rows(name)) == count
    assert len(whole.checkpoints) >= 3
    for number, (place, state) in enumerate(whole.checkpoints):
        # What was delivered before has changed by the time that the sync goes on.
        account.now += HOUR
        account.change(f"{number:04}", account.now - MINUTE)
        changed = {f"{each:04}" for each in range(number + 1)}
        rest = Sync(account, name, mode=mode, state=[state])
        delivered = {row[column] for row in whole.rows(name, place)}
        assert delivered | rest.ids(name, column) == {f"{each:04}" for each in range(count)}
        if mode == SyncMode.incremental or 0 < len(delivered) < count:
            assert changed <= rest.ids(name, column)
        # It does go on: no more than a page comes again, but for a full refresh that was complete.
        again = delivered & rest.ids(name, column)
        assert len(again) <= MOST_ROWS + number or (mode == FULL and len(delivered) == count)
        settled = Sync(account, name, state=rest.states)
        assert settled.ids(name, column) == {f"{number:04}"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("alert_notes", 250),
        *(
            pytest.param(name, count, marks=pytest.mark.slow)
            for name, count in (("alerts", 400), ("incidents", 400), ("incident_notes", 250))
        ),
    ],
)
def test_changes_that_were_killed_are_gone_on_with_from_each_state(name: str, count: int) -> None:
    path = ALERTS if name.startswith("alert") else INCIDENTS
    column = {"alert_notes": "alert_id", "incident_notes": "incident_id"}.get(name, "id")
    account = filled(path, count)
    first = Sync(account, name)
    account.now += HOUR
    changed = {f"{number:04}" for number in range(count - 50)}
    for identity in changed:
        account.change(identity, account.now - HOUR + int(identity) * SECOND)
    second = Sync(account, name, state=first.states)
    assert second.ids(name, column) == changed | {f"{count - 1:04}"}
    assert len(second.checkpoints) >= (3 if column != "id" else 1)
    for place, state in second.checkpoints:
        rest = Sync(account, name, state=[state])
        delivered = {row[column] for row in second.rows(name, place)}
        assert delivered | rest.ids(name, column) >= changed
        assert len(delivered & rest.ids(name, column)) <= 1  # what shares the cursor's moment


@pytest.mark.parametrize("value", [5, "x"])
@pytest.mark.parametrize("internal", ["_limit", "_page_size"])
def test_internal_fields_of_the_cdk_end_no_slice_early(internal: str, value: Any) -> None:
    account = filled(ALERTS, 25)
    for _ in range(3):  # a note each
        for number in range(25):
            account.change(f"{number:04}", NOW - HOUR)
    sync = Sync(account, "alert_notes", **{internal: value})
    assert len(sync.rows("alert_notes")) == 25 * 4
    assert sync.ended("alert_notes") == "COMPLETE"
