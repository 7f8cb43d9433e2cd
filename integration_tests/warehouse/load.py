"""Copies all streams of an account into a database, through PyAirbyte: the first time all there is, then what changed.

Runs in PyAirbyte's own environment, and uses nothing of this package. Reads from stdin:
`{"connector": path, "config": {...}, "database": {"kind": "duckdb" or "postgres", ...}}`; what follows the kind are the
arguments of PyAirbyte's cache.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import airbyte
import pandas as pd
from airbyte.types import CONVERSION_MAP
from psycopg2.extensions import register_adapter
from psycopg2.extras import Json
from sqlalchemy import TIMESTAMP


class Moment(TIMESTAMP):  # type: ignore[misc]  # its package is not where types are checked
    """A timestamp that says its time zone where PyAirbyte writes a type into the words that create a table."""

    def __str__(self) -> str:
        """Return the type's name in SQL."""
        return "TIMESTAMP WITH TIME ZONE"


def write_exactly() -> None:
    """Make PyAirbyte write into PostgreSQL what the schema declares; its way into DuckDB needs nothing of this.

    - It lets pandas guess the types of values from their looks. Texts of 19 digits, such as the offsets of notes, would
      be rounded, so that different rows get the same key; epoch milliseconds in a column named `date` become a date,
      which the table refuses.
    - It leaves values of a column of several types, such as `fromuser`, to a driver that does not know JSON.
    - It creates columns for timestamps without their time zone.
    """
    pd.read_json = partial(pd.read_json, dtype=False, convert_dates=False)
    register_adapter(dict, Json)
    register_adapter(list, Json)
    CONVERSION_MAP["timestamp_with_timezone"] = Moment(timezone=True)


def main() -> None:
    """Do what is asked on stdin."""
    asked = json.load(sys.stdin)
    kind = asked["database"].pop("kind")
    if kind == "postgres":
        write_exactly()
    source = airbyte.get_source(
        "source-opsgenie", config=asked["config"], local_executable=Path(asked["connector"]), install_if_missing=False
    )
    source.select_all_streams()
    caches = {"duckdb": airbyte.caches.DuckDBCache, "postgres": airbyte.caches.PostgresCache}
    with caches[kind](**asked["database"]) as cache:
        source.read(cache)


if __name__ == "__main__":
    main()
