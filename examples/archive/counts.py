"""Compares the archive with what Opsgenie itself counts, and looks into a difference until it is explained or not."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.api.paging import MAX_PAGE
from source_opsgenie.api.timestamps import from_millis
from source_opsgenie.streams import walk
from source_opsgenie.streams.alerts import Alerts
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.incidents import Incidents
from source_opsgenie.streams.users import Users

if TYPE_CHECKING:
    from examples.archive.run import Run
    from examples.archive.store import Store
    from source_opsgenie.config import Config
    from source_opsgenie.streams.walked import WalkedStream

MILLIS = 1000

# Calls that may be spent on a difference; a handful of rows deleted from a million takes about twenty each.
MOST_QUESTIONS = 200

# Ids named in the report; more would make it unreadable.
NAMED = 5


@dataclass(frozen=True)
class Compared:
    """A stream beside Opsgenie's count.

    Attributes:
        rows: the rows that the count is about.
        counted: what Opsgenie counts.
        why: what explains a difference, or what is known of it; empty without one.
        explained: whether nothing is missing.
    """

    rows: int
    counted: int
    why: str = ""
    explained: bool = True

    @property
    def difference(self) -> int:
        """How many rows the archive has beyond Opsgenie's count."""
        return self.rows - self.counted


class _UnsureError(Exception):
    """The difference cannot be looked into any further; the text says why."""


class Counts:
    """Asks Opsgenie by the connector's own means: its pacing, its retries, its words."""

    def __init__(self, config: Config, store: Store, run: Run) -> None:
        self._context = Context.of(config, threading.Event())
        self._store = store
        self._run = run

    def compare(self, stream: str) -> Compared | None:
        """Compare a stream; None where Opsgenie gives no count."""
        if stream == Alerts(self._context).name:
            return self._walked(Alerts(self._context))
        if stream == Incidents(self._context).name:
            return self._walked(Incidents(self._context))
        if stream == Users(self._context).name:
            return self._users()
        return None

    def _users(self) -> Compared | None:
        """Compare with the users of this run: the archive keeps those of earlier runs that are gone since."""
        users = Users(self._context)
        page = users.page({}, {**users.first_params({}), "limit": "1"})
        counted = page.body.get("totalCount") if isinstance(page.body, dict) else None
        if not isinstance(counted, int):
            return None
        rows = self._store.look(users.name, users.primary_key, self._run.since).read
        return _without_explanation(rows, counted)

    def _walked(self, stream: WalkedStream) -> Compared | None:
        """Compare with everything created before the run began, or before the newest row, whichever is later."""
        newest = self._store.newest(stream.name)
        until = max(int(self._run.since.timestamp() * MILLIS), -1 if newest is None else newest + 1)
        return _Walk(stream, self._store).compare(stream.start or 0, until)


class _Walk:
    """Halves the time in which the archive and Opsgenie differ, down to lists short enough to be compared by id."""

    def __init__(self, stream: WalkedStream, store: Store) -> None:
        self._stream = stream
        self._store = store
        self._questions = 0
        self._gone: list[str] = []
        self._missing: list[str] = []

    def compare(self, start: int, until: int) -> Compared | None:
        counted = self._count(start, until)
        if counted is None:
            return None
        rows = self._rows(start, until)
        if rows == counted:
            return Compared(rows, counted)
        try:
            self._look_into(start, until, rows - counted)
        except _UnsureError as unsure:
            return Compared(rows, counted, str(unsure), explained=False)
        return Compared(rows, counted, self._words(), explained=not self._missing)

    def _look_into(self, start: int, until: int, difference: int) -> None:
        counted = self._count(start, until)
        if counted is None or until - start <= 1 or max(counted, self._rows(start, until)) <= MAX_PAGE:
            self._compare_ids(start, until, difference)
            return
        middle = self._store.middle(self._stream.name, start, until)
        if not start < middle < until:
            middle = (start + until) // 2
        left, right = self._difference(start, middle), self._difference(middle, until)
        if left + right != difference:
            raise _UnsureError("Opsgenie's counts of two parts and of the whole do not agree.")
        if left:
            self._look_into(start, middle, left)
        if right:
            self._look_into(middle, until, right)

    def _compare_ids(self, start: int, until: int, difference: int) -> None:
        query = walk.Query(created_from=start, created_before=until)
        listed = {str(row["id"]) for row in self._stream.ask(query).rows}
        kept = set(self._store.ids(self._stream.name, start, until))
        if len(kept) - len(listed) != difference:
            raise _UnsureError(
                f"Opsgenie's count of the rows created from {from_millis(start)} to {from_millis(until)} is not that "
                "of its own list."
            )
        self._gone += sorted(kept - listed)
        self._missing += sorted(listed - kept)

    def _difference(self, start: int, until: int) -> int:
        counted = self._count(start, until)
        if counted is None:
            raise _UnsureError("Opsgenie stopped counting.")
        return self._rows(start, until) - counted

    def _count(self, start: int, until: int) -> int | None:
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            raise _UnsureError(f"It was not found in {MOST_QUESTIONS} questions.")
        return self._stream.count(walk.Query(created_from=start, created_before=until))

    def _rows(self, start: int, until: int) -> int:
        return self._store.created(self._stream.name, start, until)

    def _words(self) -> str:
        parts = []
        if self._gone:
            parts.append(f"{len(self._gone)} rows are no longer found in Opsgenie: {_some(self._gone)}.")
        if self._missing:
            parts.append(f"{len(self._missing)} rows are missing here: {_some(self._missing)}.")
        return " ".join(parts)


def _without_explanation(rows: int, counted: int) -> Compared:
    if rows == counted:
        return Compared(rows, counted)
    return Compared(rows, counted, "Nothing is known of the difference.", explained=False)


def _some(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more
