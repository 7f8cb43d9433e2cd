"""Removes duplicate rows, also from tables with rows of both Opsgenie and JSM Operations, because the account moved.

Of the rows with the same key, the latest is kept. A row whose key contains a null is identified by its content. The
rows of five tables may have other keys in JSM, so a row that was read from both APIs is recognized by its content, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.store import Store, content_of, names
from source_opsgenie.opsgenie.catalog import STREAMS
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.catalog import name_of

FORMER_KEYS = {name_of(kind): kind.primary_key for kind in STREAMS}


@dataclass(frozen=True)
class Rekeyed:
    """How to recognize rows of a table whose keys differ between the APIs.

    Attributes:
        is_of_jsm: an SQL condition that is true for rows of JSM only.
        content: the columns that are equal in a row of Opsgenie and the same row of JSM.
    """

    is_of_jsm: str
    content: tuple[str, ...]


# Notes and attachments probably have the same ids in JSM as in Opsgenie, but Atlassian does not document that.
REKEYED = {
    # The connector makes the keys of log lines, see source_opsgenie/jsm/rows/fields.py.
    "alert_logs": Rekeyed(
        """regexp_full_match("offset", '\\d+-[0-9a-f]{16}-\\d+')""", ("alert_id", "createdat", "type", "owner", "log")
    ),
    "alert_notes": Rekeyed('"id" IS NOT NULL', ("alert_id", "createdat", "owner", "note")),
    "alert_attachments": Rekeyed('"insertedat" IS NOT NULL', ("alert_id", "name")),
    "heartbeats": Rekeyed('"team_id" IS NOT NULL', ("name",)),
    "integration_actions": Rekeyed('"id" IS NOT NULL', ("integration_id", "type", "name")),
}


def key_of(stream: ApiStream, store: Store) -> str:
    """Return what identifies a row, as an SQL list: the columns of its key or, if one is null, its whole content.

    If the key in JSM has a column that the one in Opsgenie lacks, that column is null in rows of Opsgenie. Such a row
    is identified by its Opsgenie key.
    """
    key, former = stream.primary_key, FORMER_KEYS.get(stream.name, stream.primary_key)
    added = [column for column in key if column not in former]
    is_identified, dropped = has_all(key), []
    if added:
        is_identified += f" OR {has_all(former)}"
        is_of_opsgenie = " OR ".join(f"{names([column])} IS NULL" for column in added)
        dropped = [f"CASE WHEN {is_of_opsgenie} THEN {names([column])} END" for column in former if column not in key]
    content = f"CASE WHEN NOT ({is_identified}) THEN row({content_of(store.columns(stream.name))}) END"
    return ", ".join([names(key), *dropped, content])


def has_all(columns: Sequence[str]) -> str:
    """Return an SQL condition that is true for rows in which none of these columns is null."""
    return f"({' AND '.join(f'{names([column])} IS NOT NULL' for column in columns)})"


def remove_duplicates(store: Store, stream: ApiStream, since: datetime) -> None:
    """Keep the latest row of each key, and JSM's row of those that were read from both APIs.

    `since` is when the current run began to read the stream.
    """
    store.keep_latest(stream.name, key_of(stream, store), None if stream.supports_incremental else since)
    rekeyed = REKEYED.get(stream.name)
    if rekeyed is not None:
        store.remove_older_copies(stream.name, rekeyed.is_of_jsm, names(rekeyed.content))
