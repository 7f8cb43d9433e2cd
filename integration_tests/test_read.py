"""A full read of every stream: every row and field of the account, once, with unique keys and true to the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Outcome
from integration_tests.rows import counted
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.jsm import catalog as jsm
from source_opsgenie.opsgenie import catalog as opsgenie
from source_opsgenie.streams.catalog import name_of
from unit_tests.schemas import undeclared

STREAMS = tuple(map(name_of, opsgenie.STREAMS))


@pytest.fixture(scope="module")
def full_read(
    shared_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], Outcome, dict[str, Any]]:
    from integration_tests.connector import Connector  # noqa: PLC0415 - pytest rewrites it first

    shared_sandbox.reset_stats()
    connector = Connector(
        tmp_path_factory.mktemp("full"), {"api_token": shared_sandbox.key("full"), "endpoint": shared_sandbox.url}
    )
    catalog = connector.catalog()
    return catalog, connector.read(catalog.values()), shared_sandbox.stats()


def key_of(stream: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(path[0]) for path in stream["source_defined_primary_key"])


def test_every_stream_is_discovered(full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]) -> None:
    catalog, _, _ = full_read
    assert {*STREAMS, *map(name_of, jsm.STREAMS)} == set(catalog)


def test_the_read_succeeds(full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]) -> None:
    catalog, outcome, _ = full_read
    assert outcome.code == 0, outcome.errors
    assert outcome.errors == []
    assert [line for line in outcome.logs if "primary key" in line] == []
    assert {name: statuses[0] for name, statuses in outcome.statuses.items()} == dict.fromkeys(catalog, "STARTED")
    assert {name: statuses[-1] for name, statuses in outcome.statuses.items()} == dict.fromkeys(catalog, "COMPLETE")


def test_the_states_of_each_stream_count_its_rows(full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]) -> None:
    catalog, outcome, _ = full_read
    told = dict.fromkeys(catalog, 0)
    for state in outcome.states:
        assert state["type"] == "STREAM"
        assert state["sourceStats"]["recordCount"] >= 0
        told[state["stream"]["stream_descriptor"]["name"]] += int(state["sourceStats"]["recordCount"])
    assert {state["stream"]["stream_descriptor"]["name"] for state in outcome.states} == set(catalog)
    assert told == {name: len(outcome.records[name]) for name in catalog}


@pytest.mark.parametrize("name", STREAMS)
def test_every_row_and_field_arrives_once(
    name: str, shared_sandbox: Sandbox, full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]
) -> None:
    _, outcome, _ = full_read
    truth = counted(shared_sandbox.truth(name))
    assert truth, "the account has none: the test would prove nothing"
    assert counted(outcome.records[name]) == truth


@pytest.mark.parametrize("name", STREAMS)
def test_keys_are_unique_and_declared(name: str, full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]) -> None:
    catalog, outcome, _ = full_read
    stream = catalog[name]
    keys = [key_of(stream, row) for row in outcome.records[name]]
    assert len(set(keys)) == len(keys)
    assert None not in {part for key in keys for part in key}, "a destination finds no row by a key that is null"
    properties = stream["json_schema"]["properties"]
    assert all(path[0] in properties for path in stream["source_defined_primary_key"])
    assert all(column in properties for column in stream.get("default_cursor_field", []))


@pytest.mark.parametrize("name", STREAMS)
def test_rows_are_valid_and_wholly_declared(
    name: str, full_read: tuple[dict[str, Any], Outcome, dict[str, Any]]
) -> None:
    catalog, outcome, _ = full_read
    schema = catalog[name]["json_schema"]
    validator = Draft7Validator(schema)
    for row in outcome.records[name]:
        assert [error.message for error in validator.iter_errors(row)] == []
        assert undeclared(schema, row) == []


def test_calls_are_few_and_none_is_out_of_place(
    full_read: tuple[dict[str, Any], Outcome, dict[str, Any]],
) -> None:
    _, outcome, stats = full_read
    calls = stats["calls"]
    assert stats["violations"] == []
    assert calls["/v2/users"] == 1
    assert calls["/v2/teams"] == 1
    assert calls["/v2/request-limits/"] == 2  # once to learn the limits, once for the stream
    assert calls["/v2/alerts/{alertId}/recipients"] == len(outcome.records["alerts"])
    assert calls["/v2/teams/{teamId}/roles"] == len(outcome.records["teams"])


def test_children_are_read_though_their_parent_is_read_too(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    """The CDK's own substreams read their parent as a stream: where its state says that it is done, they get no row."""
    connector = connect(sandbox)
    catalog = connector.catalog()
    outcome = connector.read([catalog["alerts"], catalog["alert_recipients"]], "incremental", [])
    assert len(outcome.records["alert_recipients"]) == len(list(sandbox.truth("alert_recipients")))
