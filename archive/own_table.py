"""Tables that the archive makes itself, beside those that PyAirbyte fills."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive.store import SCHEMA, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.store import Store


@dataclass(frozen=True)
class OwnTable:
    """A table of the archive's own, which a view of the same name shows.

    Attributes:
        holds: what the table holds.
        columns: type of each column, and what it holds.
        key: the columns by which a row is told from all others.
        remembered: further columns that the view does not have, with their types.
    """

    name: str
    holds: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...]
    remembered: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Its name in SQL."""
        return f"{SCHEMA}._archive_{self.name}"

    def prepare(self, store: Store) -> None:
        """Make it, unless it is there."""
        kinds = {name: kind for name, (kind, _) in self.columns.items()} | dict(self.remembered)
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
        store.execute(f"CREATE TABLE IF NOT EXISTS {self.table} ({columns}, PRIMARY KEY ({', '.join(self.key)}))")

    def count(self, store: Store) -> int:
        """Count its rows."""
        return int(store.rows(f"SELECT count(*) FROM {self.table}")[0][0])  # noqa: S608 - our own names
