"""Copies all streams of an account into a database, through PyAirbyte: the first time all there is, then what changed.

Runs in PyAirbyte's own environment, and takes from the project only what `examples/load.py` does for PostgreSQL. Its
argument is `{"connector": path, "config": {...}, "database": {"kind": "duckdb" or "postgres", ...}, "folder": path}`.
What follows the kind are the arguments of PyAirbyte's cache; PyAirbyte leaves files in the folder.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import airbyte

from archive.copying import write_faster
from examples.load import write_exactly


def main() -> None:
    """Do what the argument asks for."""
    asked = json.loads(sys.argv[1])
    os.chdir(asked["folder"])
    kind = asked["database"].pop("kind")
    if kind == "postgres":
        write_exactly()
    source = airbyte.get_source(
        "source-opsgenie", config=asked["config"], local_executable=Path(asked["connector"]), install_if_missing=False
    )
    source.select_all_streams()
    caches = {"duckdb": airbyte.caches.DuckDBCache, "postgres": airbyte.caches.PostgresCache}
    with caches[kind](**asked["database"]) as cache:
        if kind == "duckdb":
            write_faster(cache)
        source.read(cache)


if __name__ == "__main__":
    main()
