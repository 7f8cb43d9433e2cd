"""Remembers in the DuckDB file which streams a run has completed, besides the progress file.

A database that was restored from a backup is older than that file, and lacks what the run has read since.
"""

from __future__ import annotations

import json

from archive.run import Run
from archive.store import SCHEMA, Store

TABLE = "_archive_saved_streams"


def remember(store: Store, run: Run) -> None:
    """Remember the streams that a run has completed."""
    store.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{TABLE} (run VARCHAR PRIMARY KEY, streams VARCHAR)")
    store.insert_pairs(f"{SCHEMA}.{TABLE}", {run.started: json.dumps(sorted(run.complete))})


def of_run(store: Store, run: Run) -> set[str]:
    """Return the streams that a run has completed, as far as the database knows."""
    known = dict(store.rows(f"SELECT run, streams FROM {SCHEMA}.{TABLE}")) if store.columns(TABLE) else {}
    return set(json.loads(known.get(run.started, "[]")))
