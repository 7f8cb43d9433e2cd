"""Tables that the archive fills itself, besides those that PyAirbyte fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.store import SCHEMA, Store, quoted


@dataclass(frozen=True)
class OwnTable:
    """A table that the archive fills itself; a view has the same name and shows its columns.

    Attributes:
        name: the name of the view.
        description: what the table contains.
        columns: the type and the description of each column.
        key: the columns of the primary key.
        internal: the types of further columns, which the view does not show.
    """

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]
    key: tuple[str, ...]
    internal: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        """Return the name of the table in SQL."""
        return f"{SCHEMA}._archive_{self.name}"

    def create(self, store: Store) -> None:
        """Create the table if it does not exist."""
        kinds = {name: kind for name, (kind, _) in self.columns.items()} | dict(self.internal)
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
        store.execute(f"CREATE TABLE IF NOT EXISTS {self.table} ({columns}, PRIMARY KEY ({', '.join(self.key)}))")

    def count(self, store: Store) -> int:
        """Count the rows."""
        return int(store.rows(f"SELECT count(*) FROM {self.table}")[0][0])
