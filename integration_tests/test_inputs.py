"""Catalog and state as people have them in files, given to the connector's process."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.client import Sandbox

SINCE = "2026-10-01T00:00:00Z"
STATE = {"updatedAt": SINCE}
BYTE_ORDER_MARK = "\ufeff"


def read(connector: Connector, **files: str) -> Outcome:
    """Read alerts with some files replaced."""
    line = connector.read_line([connector.catalog()["alerts"]], "incremental", [])
    for name, content in files.items():
        (connector.folder / f"{name}.json").write_text(content, encoding="utf-8")
    return connector.run(*line)


def due(account: Sandbox) -> set[str]:
    rows = list(account.truth("alerts"))
    found = {row["id"] for row in rows if row["updatedAt"] >= SINCE}
    assert 0 < len(found) < len(rows)
    return found


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(BYTE_ORDER_MARK + json.dumps({"alerts": STATE}), id="by the stream's name"),
        pytest.param(json.dumps([{"streamDescriptor": {"name": "alerts"}, "streamState": STATE}]), id="the web page's"),
    ],
)
def test_a_state_that_is_clear_is_taken(state: str, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    outcome = read(connect(sandbox, lookback_window="PT0S"), state=state)
    assert outcome.code == 0, outcome.errors
    assert {row["id"] for row in outcome.records["alerts"]} == due(sandbox)


def test_what_discover_prints_is_a_catalog(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    """Its streams are read incrementally where they can be: without a state that is all of history, too."""
    connector = connect(sandbox, lookback_window="PT0S")
    stream = {**connector.catalog()["alerts"], "x": 1}
    printed = json.dumps({"type": "CATALOG", "catalog": {"streams": [stream]}})
    outcome = read(connector, catalog=BYTE_ORDER_MARK + printed, state=json.dumps({"alerts": STATE}))
    assert outcome.code == 0, outcome.errors
    assert {row["id"] for row in outcome.records["alerts"]} == due(sandbox)


@pytest.mark.parametrize("name", ["state", "catalog"])
@pytest.mark.parametrize("content", ["", "7"], ids=["empty", "number"])
def test_a_file_that_holds_something_else_is_named(
    name: str, content: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    outcome = read(connector, **{name: content})
    assert outcome.code == 1
    (error,) = outcome.errors
    assert error.startswith(f"The {name} file {connector.folder / name}.json does not contain a ")
    assert "expected" in error
    assert outcome.records == {}


@pytest.mark.parametrize("name", ["state", "catalog"])
def test_a_file_that_is_missing_is_named(name: str, sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    line = connector.read_line([connector.catalog()["alerts"]], "incremental", [])
    path = connector.folder / f"{name}.json"
    path.unlink()
    outcome = connector.run(*line)
    assert outcome.code == 1
    assert outcome.errors == [f"The {name} file {path} cannot be read: No such file or directory."]


def test_a_configuration_with_a_byte_order_mark_is_taken(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    outcome = read(connector, config=BYTE_ORDER_MARK + json.dumps(connector.config))
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["alerts"]) == len(list(sandbox.truth("alerts")))
