"""Remembers in the DuckDB file how the last read of each table from Opsgenie ended.

After the move, the tables that JSM Operations does not have are never read again. So what they lack stays missing, and
the verification has to say so in every later run, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archive.store import SCHEMA, Store

TABLE = "_archive_last_read"

INTERRUPTED = "The last run that read it has not ended."

GONE = "The database that had its rows is gone."

NOT_COMPLETE = (
    "The last read from Opsgenie did not complete this table: %s While Opsgenie still answers, copy the account from "
    "there into another folder (OUTPUT)."
)


def begin(store: Store) -> None:
    """Create the table before the first read from Opsgenie; an archive of an earlier version has none."""
    store.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{TABLE} (stream VARCHAR PRIMARY KEY, lacks VARCHAR)")


def note_unfinished(store: Store, streams: Sequence[str]) -> None:
    """Note that a run begins to read these tables; until it ends, they may lack rows."""
    sql = (
        f"INSERT INTO {SCHEMA}.{TABLE} SELECT unnest(?), ? ON CONFLICT DO UPDATE SET lacks = excluded.lacks "
        "WHERE lacks = ''"
    )
    store.execute(sql, [*streams], INTERRUPTED)


def remember(store: Store, lacks: Mapping[str, str]) -> None:
    """Remember what each table that was read from Opsgenie lacks; an empty text if it lacks nothing."""
    store.insert_pairs(f"{SCHEMA}.{TABLE}", lacks)


def remember_gone(store: Store, streams: Sequence[str]) -> None:
    """Remember that the rows of these tables are lost: the database is new, but the folder is not."""
    with store.transaction():
        begin(store)
        remember(store, dict.fromkeys(streams, GONE))


def lacking(store: Store, stream: str) -> str:
    """Return why a table that cannot be read any more is not complete; an empty text if nothing says so."""
    if not store.columns(TABLE):
        return ""
    known = dict(store.rows(f"SELECT stream, lacks FROM {SCHEMA}.{TABLE}"))
    lacks = known.get(stream, INTERRUPTED if store.count(stream) else "")
    return NOT_COMPLETE % lacks if lacks else ""
