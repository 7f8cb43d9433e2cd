"""Asks a DuckDB file, in the environment that has duckdb: `python -m integration_tests.ask FILE SQL...`."""

from __future__ import annotations

import json
import sys

import duckdb

if __name__ == "__main__":
    database, *queries = sys.argv[1:]
    with duckdb.connect(database) as connection:
        answers = [connection.execute(sql).fetchall() for sql in queries]
    sys.stdout.write(json.dumps(answers, default=str))
