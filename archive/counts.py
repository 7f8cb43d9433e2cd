"""Compares the archive with what the API itself counts, and looks into a difference until it is explained or not."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

from archive.moved import key_of
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.scan import walk
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.run import Run
    from archive.store import Store
    from source_opsgenie.streams.base import ApiStream

MILLIS = 1000
LONGEST_MONTH = timedelta(days=31)

# Calls that may be spent on a stream: one a month, and about ten for each place where something differs.
MOST_QUESTIONS = 500

# What decides how long a copy takes: below each of these there is a call a row.
DECISIVE = ("alerts", "incidents", "users")

# Lists whose answers tell how long the whole list is: users of Opsgenie, services of JSM.
TELLING = frozenset({"users", "services"})

# Ids named in the report; more would make it unreadable.
NAMED = 5


@dataclass(frozen=True)
class Compared:
    """A stream beside the API's count.

    Attributes:
        rows: the rows that the count is about.
        counted: what the API counts.
        why: what explains a difference, or what is known of it; empty without one.
        explained: whether nothing is missing.
        gone: the rows that the API does not have any more, as far as they are known one by one.
    """

    rows: int
    counted: int
    why: str = ""
    explained: bool = True
    gone: int = 0

    @property
    def difference(self) -> int:
        """How many rows the archive has beyond the API's count."""
        return self.rows - self.counted


class _UnsureError(Exception):
    """The difference cannot be looked into any further; the text says why."""


class Counts:
    """Asks the API by the connector's own means: its pacing, its retries, its words."""

    def __init__(self, streams: Iterable[ApiStream], store: Store, run: Run) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._store = store
        self._run = run

    def compare(self, name: str) -> Compared | None:
        """Compare a stream; None where the API gives no count."""
        stream = self._streams[name]
        if isinstance(stream, HistoryStream):
            return self._walked(stream)
        return self._listed(stream) if name in TELLING else None

    def known(self) -> dict[str, int | None]:
        """Return the numbers of alerts, incidents and users there are; None where the API does not tell."""
        found: dict[str, int | None] = {}
        for name in DECISIVE:
            if name in self._streams:
                found[name] = None
                with suppress(ApiError, RefusedError, StreamSkippedError):
                    found[name] = self._counted(self._streams[name])
        return found

    def _counted(self, stream: ApiStream) -> int | None:
        if isinstance(stream, HistoryStream):
            return stream.count(walk.Query(created_from=stream.start or 0))
        if not stream.pager.words.total:
            return None
        return stream.pager.total_of(stream.page({}, stream.pager.smallest(stream.first_params({}))).body)

    def _listed(self, stream: ApiStream) -> Compared | None:
        """Compare with the rows of this run: the archive keeps those of earlier runs that are gone since."""
        counted = self._counted(stream)
        if counted is None:
            return None
        rows = self._store.look(stream.name, key_of(stream, self._store), self._run.since).read
        return _without_explanation(rows, counted)

    def _walked(self, stream: HistoryStream) -> Compared | None:
        """Compare with everything created before the run began, or before the newest row, whichever is later."""
        span = self._store.span(stream.name)
        until = int(self._run.since.timestamp() * MILLIS)
        start = stream.start or 0
        if span is None:
            return _Walk(stream, self._store).compare([start, until])
        until = max(until, span[1] + 1)
        return _Walk(stream, self._store).compare([start, *months(max(start, span[0]), until), until])


def months(start: int, until: int) -> list[int]:
    """Return the beginnings of the months (UTC) in a range of epoch milliseconds, its ends excluded."""
    begun = datetime.fromtimestamp(start / MILLIS, timezone.utc).replace(day=1, hour=0, minute=0, second=0)
    found: list[int] = []
    while True:
        begun = (begun + LONGEST_MONTH).replace(day=1)
        moment = int(begun.timestamp()) * MILLIS
        if moment >= until:
            return found
        found.append(moment)


class _Walk:
    """Compares month by month, and halves the time of a difference, down to lists short enough to be compared by id.

    By the months, because a row that is missing and one that is gone in the API cancel each other out.
    """

    def __init__(self, stream: HistoryStream, store: Store) -> None:
        self._stream = stream
        self._store = store
        self._api = stream.client.backend.name
        self._questions = 0
        self._gone: set[str] = set()
        self._missing: set[str] = set()

    def compare(self, bounds: list[int]) -> Compared | None:
        """Compare the ranges between the bounds."""
        start, until = bounds[0], bounds[-1]
        counted = self._count(start, until)
        if counted is None:
            return None
        rows = self._store.created(self._stream.name, start, until)
        try:
            self._explain(bounds, rows - len(self._store.gone(self._stream.name, start, until)) - counted)
        except _UnsureError as unsure:
            return Compared(rows, counted, str(unsure), explained=False)
        self._store.mark_gone(self._stream.name, self._gone)
        gone = len(self._store.gone(self._stream.name, start, until))
        return Compared(rows, counted, self._words(gone), explained=not self._missing, gone=gone)

    def _explain(self, bounds: list[int], difference: int) -> None:
        """Look into the parts that differ; together they must differ as the whole does."""
        parts = [(start, until, self._difference(start, until)) for start, until in pairwise(bounds)]
        if sum(part for _, _, part in parts) != difference:
            raise _UnsureError(f"{self._api}'s counts of the parts and of the whole do not agree.")
        for start, until, part in parts:
            if part:
                self._look_into(start, until, part)

    def _look_into(self, start: int, until: int, difference: int) -> None:
        rows = set(self._store.ids(self._stream.name, start, until))
        counted = self._count(start, until)
        if counted == 0:
            self._gone |= rows
        elif counted is None or until - start <= 1 or max(counted, len(rows)) <= (self._stream.pager.limit or 1):
            self._compare_ids(start, until, difference, rows)
        else:
            middle = self._store.middle(self._stream.name, start, until)
            if not start < middle < until:
                middle = (start + until) // 2
            self._explain([start, middle, until], difference)

    def _compare_ids(self, start: int, until: int, difference: int, rows: set[str]) -> None:
        query = walk.Query(created_from=start, created_before=until)
        listed = {str(row["id"]) for row in self._stream.ask(query).rows}
        known = self._store.gone(self._stream.name, start, until)
        if len(rows - known) - len(listed) != difference:
            raise _UnsureError(
                f"{self._api}'s count of what was created from {from_millis(start)} to {from_millis(until)} is not "
                "that of its own list."
            )
        self._gone |= rows - listed
        # A row whose time of creation was set aside is in the table, and in no range.
        self._missing |= self._store.absent(self._stream.name, listed - rows)

    def _difference(self, start: int, until: int) -> int:
        """Return how many rows there are beyond the API's count, without those known to be gone."""
        counted = self._count(start, until)
        if counted is None:
            raise _UnsureError(f"{self._api} stopped counting.")
        name = self._stream.name
        return self._store.created(name, start, until) - len(self._store.gone(name, start, until)) - counted

    def _count(self, start: int, until: int) -> int | None:
        self._questions += 1
        if self._questions > MOST_QUESTIONS:
            raise _UnsureError(f"What differs was not found in {MOST_QUESTIONS} questions.")
        return self._stream.count(walk.Query(created_from=start, created_before=until))

    def _words(self, gone: int) -> str:
        parts = []
        if gone:
            new = f"; of late {_some(self._gone)}" if self._gone else ""
            parts.append(f"{gone:,} rows are kept that are no longer found in {self._api}{new}.")
        if self._missing:
            parts.append(f"{len(self._missing):,} rows are missing here: {_some(self._missing)}.")
        return " ".join(parts)


def _without_explanation(rows: int, counted: int) -> Compared:
    if rows == counted:
        return Compared(rows, counted)
    return Compared(rows, counted, "Nothing is known of the difference.", explained=False)


def _some(ids: set[str]) -> str:
    more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
    return ", ".join(sorted(ids)[:NAMED]) + more
