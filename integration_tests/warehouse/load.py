"""Copies all streams of an account into databases, through PyAirbyte.

Runs in PyAirbyte's own environment, and uses nothing of this package. Reads from stdin:
`{"connector": path, "config": {...}, "databases": [{"kind": "duckdb" or "postgres", ...}, ...]}`; what follows the kind
are the arguments of PyAirbyte's cache.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1", "NO_COLOR": "1"}
warnings.filterwarnings("ignore", category=FutureWarning)

import airbyte  # noqa: E402 - it reads the environment when imported
import pandas  # noqa: E402
from airbyte.types import CONVERSION_MAP  # noqa: E402
from psycopg2.extensions import register_adapter  # noqa: E402
from psycopg2.extras import Json  # noqa: E402
from sqlalchemy import TIMESTAMP  # noqa: E402


class Moment(TIMESTAMP):
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
    pandas.read_json = partial(pandas.read_json, dtype=False, convert_dates=False)
    register_adapter(dict, Json)
    register_adapter(list, Json)
    CONVERSION_MAP["timestamp_with_timezone"] = Moment(timezone=True)


def load(connector: str, config: dict[str, Any], database: dict[str, Any]) -> None:
    """Bring a database up to date: the first time with all there is, then with what changed."""
    kind, options = database.pop("kind"), database
    if kind == "postgres":
        write_exactly()
    source = airbyte.get_source(
        "source-opsgenie", config=config, local_executable=Path(connector), install_if_missing=False
    )
    source.select_all_streams()
    caches = {"duckdb": airbyte.caches.DuckDBCache, "postgres": airbyte.caches.PostgresCache}
    with caches[kind](**options) as cache:
        source.read(cache)


def main() -> None:
    """Do what is asked on stdin."""
    asked = json.load(sys.stdin)
    for database in asked["databases"]:
        load(asked["connector"], asked["config"], database)


main()
