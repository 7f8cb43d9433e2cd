"""Rows that are made when asked for: of a large account, only their times and their changes are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, ClassVar

from integration_tests.sandbox import text
from integration_tests.sandbox.noise import NumberedIds
from integration_tests.sandbox.query import FOREVER, Language, Query, Row, Values, parse

YEAR = 365 * text.DAY
# A sort key of the order by updatedAt is `updatedAt << INDEX_BITS | index`: 41 bits of time leave 22 for the index.
INDEX_BITS = 22
INDEX_MASK = 2**INDEX_BITS - 1
KEPT_SELECTIONS = 16
KEPT_ROWS = 1_000  # all of a small account; making a row costs more than sending it


class Collection(ABC):
    """The alerts or the incidents of the account, by the number (index) of their creation."""

    # What the API sorts by, besides the two times.
    sorts: ClassVar[dict[str, Values]]

    def __init__(self, seed: int, ids: NumberedIds, count: int, burst: int, now: int) -> None:
        self.seed = seed
        self.ids = ids
        self.created, self.updated = _times(Random(f"{seed} {type(self).__name__}"), count, burst, now)  # noqa: S311
        self.seeded = count  # rows from here on were created by a change
        self._made: dict[tuple[int, int], Row] = {}
        self._changed: dict[int, Row] = {}
        self._added: dict[tuple[str, int], list[Row]] = {}
        self._gone: list[int] = []
        self._by_update: array[int] | None = None
        self._selections: dict[tuple[Any, ...], Sequence[int]] = {}

    @abstractmethod
    def made(self, index: int) -> Row:
        """Return the row as it was made, before any change."""

    @abstractmethod
    def language(self, updated_at_filter: str) -> Language:
        """Return the fields it can be searched by."""

    @abstractmethod
    def belongs(self, row: Row, team: str) -> bool:
        """Return whether a team's key sees the row."""

    @abstractmethod
    def id(self, index: int) -> str:
        """Return the id of a row."""

    @abstractmethod
    def index(self, identifier: str, kind: str) -> int | None:
        """Return the index that an identifier stands for, deleted or not."""

    def row(self, index: int) -> Row:
        """Return a row as it is now."""
        version = index, self.updated[index]
        row = self._made.get(version)
        if row is None:
            row = self.made(index)
            if len(self._made) < KEPT_ROWS:
                self._made[version] = row
        change = self._changed.get(index)
        return row if change is None else row | change

    def added(self, kind: str, index: int) -> list[Row]:
        """Return what changes added to one of the lists below a row."""
        return self._added.get((kind, index), [])

    def alive(self) -> Iterator[int]:
        """Return the index of each row, oldest first."""
        gone = set(self._gone)
        return (index for index in range(len(self.created)) if index not in gone)

    def find(self, identifier: str, kind: str, team: str | None) -> int | None:
        """Return the index of a row that exists and is seen."""
        index = self.index(identifier, kind)
        if index is None or not 0 <= index < len(self.created) or self._is_gone(index):
            return None
        return None if team and not self.belongs(self.row(index), team) else index

    def _is_gone(self, index: int) -> bool:
        at = bisect_left(self._gone, index)
        return at < len(self._gone) and self._gone[at] == index

    # Reading

    def select(
        self, source: str, sort: str, *, descending: bool, team: str | None, updated_at_filter: str
    ) -> Sequence[int]:
        """Return what a query finds, in order; each is a row's index in its lowest `INDEX_BITS` bits."""
        key = (source, sort, descending, team, updated_at_filter)
        found = self._selections.get(key)
        if found is None:
            query = parse(source, self.language(updated_at_filter))
            found = self._ordered(self._matching(query, sort, team), sort)
            if descending:
                found = found[::-1]
            while len(self._selections) >= KEPT_SELECTIONS:
                del self._selections[next(iter(self._selections))]
            self._selections[key] = found
        return found

    def _matching(self, query: Query, sort: str, team: str | None) -> Sequence[int]:
        first, beyond = bisect_left(self.created, query.since), bisect_left(self.created, query.until)
        whole = query.since == 0 and query.until == FOREVER
        found: Sequence[int]
        if sort == "updatedAt":
            found = order = self._update_order()
            if not whole:
                found = array("q", (key for key in order if first <= key & INDEX_MASK < beyond))
        elif bisect_left(self._gone, first) == bisect_left(self._gone, beyond):
            found = range(first, beyond)
        else:
            gone = set(self._gone)
            found = array("q", (index for index in range(first, beyond) if index not in gone))
        if query.test is None and team is None:
            return found
        return array("q", (key for key in found if self._passes(self.row(key & INDEX_MASK), query, team)))

    def _passes(self, row: Row, query: Query, team: str | None) -> bool:
        return (team is None or self.belongs(row, team)) and (query.test is None or query.test(row))

    def _ordered(self, found: Sequence[int], sort: str) -> Sequence[int]:
        if sort not in self.sorts:
            return found
        values = self.sorts[sort]
        return array(
            "q", sorted(found, key=lambda index: [(str(type(each)), each) for each in values(self.row(index))])
        )

    def _update_order(self) -> array[int]:
        if self._by_update is None:
            gone = set(self._gone)
            keys = (self._update_key(index) for index in range(len(self.updated)) if index not in gone)
            self._by_update = array("q", sorted(keys))
        return self._by_update

    def _update_key(self, index: int) -> int:
        return self.updated[index] << INDEX_BITS | index

    # Changing

    def create(self, now: int, values: Row) -> int:
        """Add a row, created now."""
        self.created.append(now)
        self.updated.append(now)
        index = len(self.created) - 1
        if values:
            self._changed[index] = dict(values)
        if self._by_update is not None:
            insort(self._by_update, self._update_key(index))
        self._selections.clear()
        return index

    def change(self, index: int, values: Row, now: int | None) -> None:
        """Change fields of a row, and its updatedAt when a time is given."""
        self._changed[index] = self._changed.get(index, {}) | values
        if now is not None:
            self._drop_update_key(index)
            self.updated[index] = now
            if self._by_update is not None:
                insort(self._by_update, self._update_key(index))
        self._selections.clear()

    def add(self, kind: str, index: int, row: Row) -> None:
        """Add to one of the lists below a row."""
        self._added.setdefault((kind, index), []).append(row)

    def delete(self, index: int) -> None:
        """Take a row away."""
        self._drop_update_key(index)
        insort(self._gone, index)
        self._selections.clear()

    def _drop_update_key(self, index: int) -> None:
        if self._by_update is not None:
            del self._by_update[bisect_left(self._by_update, self._update_key(index))]


def _times(random: Random, count: int, burst: int, now: int) -> tuple[array[int], array[int]]:
    """Return when rows were created, oldest first, and when they were changed last."""
    grains = (text.SECOND, 100, 10, 1)  # so that 0, 1, 2 and 3 fraction digits all occur
    oldest, youngest = now - YEAR, now - 2 * text.HOUR
    draws = (oldest + int(random.random() * (youngest - oldest)) for _ in range(count))
    created = array("q", sorted(moment - moment % grains[at % 4] for at, moment in enumerate(draws)))
    start = count // 3
    beyond = min(start + burst, count)
    for index in range(start, beyond):
        created[index] = created[beyond - 1]
    # Most rows are done with soon, a few are changed days later. What is below them is from their first hour.
    latest = now - text.HOUR
    changed = (moment + text.HOUR + int(random.random() ** 4 * 7 * text.DAY) for moment in created)
    updated = array("q", (min(latest, moment) for moment in changed))
    return created, updated
