"""A read of the migrated account: every row and field of each table, once, with unique keys and true to the schema."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector
from unit_tests.schemas import undeclared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from integration_tests.connector import Outcome
    from integration_tests.sandbox.client import Sandbox

    Row = dict[str, Any]

OF_TEAMS = (
    "team_roles",
    "team_routing_rules",
    "alert_policies",
    "notification_policies",
    "escalations",
    "heartbeats",
    "maintenance",
)
OF_SCHEDULES = (
    "schedules",
    "schedule_rotations",
    "schedule_overrides",
    "on_calls",
    "next_on_calls",
)
OWN = ("syncs", "sync_actions", "sync_action_groups", "jec_channels")
PAGED = (
    "teams",
    *OF_TEAMS,
    *OF_SCHEDULES,
    "forwarding_rules",
    "integrations",
    "integration_actions",
    "custom_user_roles",
    *OWN,
)
STREAMS = (*PAGED, "schedule_timelines")
ADMIN = "Give the owner the role of an admin"


def connector_of(folder: Path, account: Sandbox, kind: str = "classic", **further: object) -> Connector:
    return Connector(folder, {**account.jsm_config(kind), **further})


def read(connector: Connector, names: Iterable[str], mode: str = "full_refresh", state: Any = None) -> Outcome:  # noqa: ANN401 - as the protocol has it
    catalog = connector.catalog()
    return connector.read([catalog[name] for name in names], mode, state)


def canonical(row: Mapping[str, Any]) -> bytes:
    """Make rows comparable. The CDK leaves out a column that is null, which is the same to a destination."""
    row = {name: value for name, value in row.items() if value is not None}
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def counted(rows: Iterable[Mapping[str, Any]]) -> Counter[bytes]:
    return Counter(map(canonical, rows))


def assert_whole(account: Sandbox, outcome: Outcome, names: Iterable[str]) -> None:
    """Assert that the tables are those of the account, and that no call was out of place."""
    assert outcome.code == 0, outcome.errors
    for name in names:
        assert counted(outcome.records[name]) == counted(account.jsm_truth(name)), name
        assert outcome.statuses[name][-1] == "COMPLETE", name
    assert account.stats()["violations"] == []


@pytest.fixture(scope="module", params=["classic", "scoped"])
def whole_read(
    request: pytest.FixtureRequest, shared_site: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Outcome, dict[str, Any]]:
    shared_site.reset_stats()
    connector = connector_of(tmp_path_factory.mktemp("site"), shared_site, request.param)
    outcome = read(connector, STREAMS)
    return connector.catalog(), outcome, shared_site.stats()


def test_the_read_succeeds(whole_read: tuple[dict[str, Any], Outcome, dict[str, Any]]) -> None:
    _, outcome, stats = whole_read
    assert outcome.code == 0, outcome.errors
    assert outcome.warnings == []
    assert stats["violations"] == []
    assert {name: outcome.statuses[name][-1] for name in STREAMS} == dict.fromkeys(STREAMS, "COMPLETE")


@pytest.mark.parametrize("name", STREAMS)
def test_every_row_and_field_arrives_once(
    name: str, shared_site: Sandbox, whole_read: tuple[dict[str, Any], Outcome, dict[str, Any]]
) -> None:
    _, outcome, _ = whole_read
    truth = counted(shared_site.jsm_truth(name))
    assert truth, "the account has none: the test would prove nothing"
    assert counted(outcome.records[name]) == truth


@pytest.mark.parametrize("name", STREAMS)
def test_keys_are_unique_and_rows_true_to_the_schema(
    name: str, whole_read: tuple[dict[str, Any], Outcome, dict[str, Any]]
) -> None:
    catalog, outcome, _ = whole_read
    columns = [path[0] for path in catalog[name]["source_defined_primary_key"]]
    keys = [tuple(row[column] for column in columns) for row in outcome.records[name]]
    assert len(set(keys)) == len(keys)
    schema = catalog[name]["json_schema"]
    validator = Draft7Validator(schema)
    for row in outcome.records[name]:
        assert [error.message for error in validator.iter_errors(row)] == []
        assert undeclared(schema, row) == []
