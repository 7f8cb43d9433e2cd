"""Few calls: largest pages, one call a child page, small parent lists once a sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tests.least import least_calls

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_tests.connector import Connector
    from integration_tests.sandbox.client import Sandbox

SHARED_LISTS = ("/v2/users", "/v2/teams", "/v2/schedules", "/v1/services", "/v2/integrations")


def test_a_full_sync_takes_hardly_more_calls_than_it_must(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=1_500, incidents=150)
    connector = connect(account)
    streams = connector.catalog().values()
    account.reset_stats()
    outcome = connector.read(streams)
    assert outcome.code == 0, outcome.errors
    stats = account.stats()
    assert stats["violations"] == []
    assert stats["total"] <= 1.02 * least_calls(account)
    for path in SHARED_LISTS:
        assert stats["calls"][path] == 1
    assert stats["calls"]["/v2/users/{userId}/notification-rules"] == len(list(account.truth("users")))
    assert "/v2/users/{userId}/notification-rules/{ruleId}/steps" not in stats["calls"]
    assert "/v2/schedules/{scheduleId}/rotations" not in stats["calls"]


def test_a_later_sync_lists_the_incidents_once_for_themselves_and_once_for_all_below_them(
    own_sandbox: Callable[..., Sandbox], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=10, incidents=150)
    connector = connect(account)
    streams = [stream for name, stream in connector.catalog().items() if name.startswith("incident")]
    first = connector.read(streams, "incremental")
    account.reset_stats()
    later = connector.read(streams, "incremental", first.last_states)
    assert later.code == 0, later.errors
    pages, asking_for_the_newest = 2, 1
    assert account.stats()["calls"]["/v1/incidents"] == 2 * (pages + asking_for_the_newest)
