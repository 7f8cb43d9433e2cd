"""Copies all streams of an account into a database, through PyAirbyte: the first time all there is, then what changed.

Runs in PyAirbyte's own environment, and takes from the project only what `examples/load.py` does for PostgreSQL. Reads
from stdin: `{"connector": path, "config": {...}, "database": {"kind": "duckdb" or "postgres", ...}}`; what follows the
kind are the arguments of PyAirbyte's cache.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import airbyte

sys.path.insert(0, str(Path(__file__).parents[2]))
from examples.load import write_exactly


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
