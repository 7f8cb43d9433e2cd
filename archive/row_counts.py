"""Remembers in the DuckDB file how many rows each table has, so that the next run notices if some are gone from it.

The archive itself removes only duplicates, and before it counts. Rows that are gone would not be read again if they are
older than the state.
"""

from __future__ import annotations

from collections.abc import Iterable

from archive.paths import DATABASE
from archive.report.formatting import quantity
from archive.store import SCHEMA, Store

TABLE = "_archive_row_counts"

LOST = (
    "%s: %s that the table had at the end of the last run %s missing now. "
    f"Restore {DATABASE} from a backup, or copy the account again into another folder (OUTPUT)."
)


def remember(store: Store, streams: Iterable[str]) -> None:
    """Remember the numbers of rows."""
    store.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{TABLE} (stream VARCHAR PRIMARY KEY, rows BIGINT)")
    counts = {name: store.count(name) for name in streams}
    store.insert_pairs(f"{SCHEMA}.{TABLE}", counts)


def losses(store: Store) -> list[str]:
    """Return a warning for each table that has fewer rows than at the end of the last run."""
    return [
        LOST % (name, quantity(lost, "row"), "is" if lost == 1 else "are")
        for name, lost in ((name, rows - store.count(name)) for name, rows in _known(store))
        if lost > 0
    ]


def unchanged(store: Store) -> set[str]:
    """Return the tables that have as many rows as at the end of the last run."""
    return {name for name, rows in _known(store) if store.count(name) == rows}


def _known(store: Store) -> list[tuple[str, int]]:
    if not store.columns(TABLE):
        return []
    return store.rows(f"SELECT stream, rows FROM {SCHEMA}.{TABLE} ORDER BY stream")
