"""All streams through PyAirbyte into DuckDB and PostgreSQL, twice: whole tables, then what changed merged into them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from integration_tests.copies import NO_POSTGRES, Copies, column, listed
from integration_tests.warehouse import Database, Row
from source_opsgenie.http.timestamps import to_millis

TIMESTAMP = {"duckdb": "TIMESTAMP", "postgres": "timestamp with time zone"}

# What a database says of a table's constraints.
CONSTRAINED = """
SELECT constraints.table_name, columns.column_name
FROM information_schema.table_constraints AS constraints
JOIN information_schema.key_column_usage AS columns
    ON columns.constraint_name = constraints.constraint_name AND columns.table_name = constraints.table_name
WHERE constraints.constraint_type = 'PRIMARY KEY' AND constraints.table_schema = current_schema()
ORDER BY constraints.table_name, columns.ordinal_position
"""
COLUMNS = """
SELECT table_name, column_name, data_type
FROM information_schema.columns
WHERE table_schema = current_schema()
"""


def moments(schema: Mapping[str, Any]) -> list[str]:
    """Return the properties that are declared as timestamps."""
    return [name for name, declared in schema["properties"].items() if "airbyte_type" in declared]


def comparable(stream: Mapping[str, Any], row: Row, *, is_copy: bool) -> str:
    """Write a row so that the account's and the copy's are equal: by the columns' names, timestamps as times."""
    schema = stream["json_schema"]
    told: Row = {}
    for name, declared in schema["properties"].items():
        value = row.get(column(name) if is_copy else name)
        # Objects come as the text of a JSON column from some drivers, and out of columns of several types from all.
        if is_copy and isinstance(value, str) and {"object", "array"} & set(declared["type"]):
            value = parsed(value)
        if "number" in declared["type"] and value is not None:
            value = float(value)
        told[name] = to_millis(value) if name in moments(schema) and value is not None else value
    return json.dumps(told, sort_keys=True)


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_a_full_sync_fills_every_table(copies: Copies, database: Database) -> None:
    truth = {name: len(rows) for name, rows in copies.first_truth.items()}
    assert {name for name, rows in truth.items() if rows} == copies.filled
    assert copies.first_counts[database.kind] == truth


def test_a_second_sync_brings_every_table_up_to_date(copies: Copies, database: Database) -> None:
    truth = {name: len(rows) for name, rows in copies.second_truth.items()}
    assert copies.counts(database) == truth
    assert truth["alerts"] == len(copies.first_truth["alerts"]) + 2
    assert truth["schedule_timelines"] > len(copies.first_truth["schedule_timelines"])


def test_every_value_of_every_row_arrives(copies: Copies, database: Database) -> None:
    answers = database.ask(*(f'SELECT * FROM "{name}"' for name in copies.catalog))  # noqa: S608 - streams
    for (name, stream), rows in zip(copies.catalog.items(), answers, strict=True):
        copied = sorted(comparable(stream, row, is_copy=True) for row in rows)
        assert copied == sorted(comparable(stream, row, is_copy=False) for row in copies.second_truth[name]), name


def test_the_second_sync_reads_only_what_changed(copies: Copies) -> None:
    """Seven alerts; and those that changed within the lookback before the state."""
    calls = copies.second_calls
    for below in ("logs", "notes", "recipients", "attachments"):
        assert 7 <= calls[f"/v2/alerts/{{alertId}}/{below}"] / len(copies.databases) < 20


def test_timestamps_are_timestamps(copies: Copies, database: Database) -> None:
    (columns,) = database.ask(COLUMNS)
    types = {(column["table_name"], column["column_name"]): column["data_type"] for column in columns}
    declared = [(name, moment) for name, stream in copies.catalog.items() for moment in moments(stream["json_schema"])]
    assert len(declared) > 30
    assert {types[name, column(moment)] for name, moment in declared} == {TIMESTAMP[database.kind]}


def test_declared_keys_name_one_row_each(copies: Copies, database: Database) -> None:
    counts = (f'SELECT count(DISTINCT ({listed(copies.key(name))})) AS n FROM "{name}"' for name in copies.catalog)  # noqa: S608 - streams
    keys = {name: rows[0]["n"] for name, rows in zip(copies.catalog, database.ask(*counts), strict=True)}
    assert keys == copies.counts(database)


def test_declared_keys_are_primary_keys(copies: Copies) -> None:
    """PyAirbyte makes none. Made by hand after the first sync, all of them outlast the second, which merges."""
    if "postgres" not in copies.databases:
        pytest.skip(NO_POSTGRES)
    assert primary_keys(copies) == {name: copies.key(name) for name in copies.catalog}


def primary_keys(copies: Copies) -> dict[str, list[str]]:
    (rows,) = copies.databases["postgres"].ask(CONSTRAINED)
    keys: dict[str, list[str]] = {}
    for row in rows:
        if row["table_name"] in copies.catalog:
            keys.setdefault(row["table_name"], []).append(row["column_name"])
    return keys
