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
