"""Tables that hold rows of both APIs, because their account has moved from Opsgenie to JSM Operations.

Rows whose ids are the same need nothing: the latest row of each key is kept. But five tables have other keys in JSM.
There, what was read from both is found by what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.store import names
from source_opsgenie.catalog import name_of
from source_opsgenie.opsgenie.catalog import STREAMS

if TYPE_CHECKING:
    from archive.store import Store
    from source_opsgenie.streams.base import ApiStream

FORMER_KEYS = {name_of(kind): kind.primary_key for kind in STREAMS}


@dataclass(frozen=True)
class Double:
    """How a row of Opsgenie is known to be there from JSM, too.

    Attributes:
        is_of_jsm: the condition that tells the rows of JSM from those of Opsgenie.
        content: the columns that are equal.
    """

    is_of_jsm: str
    content: tuple[str, ...]


# That JSM's ids of notes and attachments are those of Opsgenie is likely, but not documented.
DOUBLES = {
    # The connector makes a key for each line, see source_opsgenie/jsm/rows/keys.py.
    "alert_logs": Double(
        """regexp_full_match("offset", '\\d+-[0-9a-f]{16}-\\d+')""", ("alert_id", "createdat", "type", "owner", "log")
    ),
    "alert_notes": Double('"id" IS NOT NULL', ("alert_id", "createdat", "owner", "note")),
    "alert_attachments": Double('"insertedat" IS NOT NULL', ("alert_id", "name")),
    "heartbeats": Double('"team_id" IS NOT NULL', ("name",)),
    "integration_actions": Double('"id" IS NOT NULL', ("integration_id", "type", "name")),
}


def key_of(stream: ApiStream, store: Store) -> str:
    """Name the columns by which a row is told from all others, in SQL.

    Where JSM has another key, a row of Opsgenie lacks a part of it, and is told by the key that it had there.
    """
    key, former = stream.primary_key, FORMER_KEYS.get(stream.name, stream.primary_key)
    added = [column for column in key if column not in former]
    if not added:
        return names(key)
    if not {column.lower() for column in added} <= set(store.columns(stream.name)):
        return names(former)  # nothing was read from JSM yet
    is_of_opsgenie = " OR ".join(f"{names([column])} IS NULL" for column in added)
    dropped = [f"CASE WHEN {is_of_opsgenie} THEN {names([column])} END" for column in former if column not in key]
    return ", ".join([names(key), *dropped])


def settle(store: Store, stream: ApiStream) -> None:
    """Keep the latest of the rows that have one key, and of those that were read from both APIs that of JSM."""
    store.settle(stream.name, key_of(stream, store))
    double = DOUBLES.get(stream.name)
    if double is not None:
        store.unite(stream.name, double.is_of_jsm, names(double.content))
