"""Lists that the walks of `walk.py` go through: a call for each of a walk's questions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, TypeVar

from source_opsgenie.api.errors import OpsgenieErrorHandler, system_error
from source_opsgenie.api.paging import MAX_PAGE, OffsetPaging, Paging, Params
from source_opsgenie.streams import walk
from source_opsgenie.streams.base import OpsgenieStream
from source_opsgenie.streams.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from source_opsgenie.api.body import Body
    from source_opsgenie.streams.base import Parent, Row
    from source_opsgenie.streams.progress import Progress

MILLIS = 1000
CLOSED = "closed"
NEEDED_BELOW = ("id", "status", walk.UPDATED)

Rows = TypeVar("Rows")


class Walkable(OpsgenieStream, ABC):
    """A list paged by offset, of which a walk asks for the page that it needs, in the order that it needs."""

    paging: ClassVar[Paging] = OffsetPaging(limit=MAX_PAGE)

    def ask(self, query: walk.Query) -> walk.Page:
        """Answer one question of a walk with one call."""
        try:
            page = self.page({}, self.params(query))
        except RefusedError as refused:
            self.refusals.leave_out_stream(refused)
        limit = self.paging.limit or 0
        return walk.Page(page.rows, more=page.next is not None, total=total_of(page.body), limit=limit)

    def params(self, query: walk.Query) -> Params:
        """Give the query parameters of a question."""
        order = "desc" if query.descending else "asc"
        offset = {"offset": str(query.offset)} if query.offset else {}
        return {**self.first_params({}), "sort": query.sort, "order": order, **offset}

    def _guarded(self, found: Iterable[Rows]) -> Iterator[Rows]:
        """Give what a walk finds; where it finds no way on, say so in the stream's name."""
        try:
            yield from found
        except walk.WalkError as error:
            raise system_error(f"{self.name}: cannot be read completely, because {error}.") from error


class Windowed(Walkable, ABC):
    """A list that has no time to cut it by, of which Opsgenie shows no more than a window from either end.

    Attributes:
        sort: the field that orders it.
    """

    sort: ClassVar[str]

    def rows(self) -> Iterator[Row]:
        """Deliver every row, once, though rows may come and go between two pages."""
        for rows in self._guarded(walk.listing(self.ask, self.sort)):
            yield from rows


class WalkedList(Walkable, ABC):
    """A list that can be walked by creation time and by change. Holds no state: each stream has one of its own.

    Attributes:
        takes_query: whether the user's query narrows it.
    """

    takes_query: ClassVar[bool] = False

    @property
    def query(self) -> str | None:
        """The user's query, where it applies."""
        return self.context.config.alert_query if self.takes_query else None

    @property
    def start(self) -> int | None:
        """The start date in epoch milliseconds."""
        start = self.context.config.start
        return None if start is None else int(start.timestamp() * MILLIS)

    def get_error_handler(self) -> OpsgenieErrorHandler:
        """Map answers as Opsgenie means them, where the user's own words are part of the question."""
        return OpsgenieErrorHandler(
            self.context.endpoint,
            self.soft_statuses,
            self.unsure_sort,
            sends_users_query=self.query is not None,
        )

    def newest_change(self) -> int | None:
        """Give the time of the newest change there is, by the API's own clock; None for an empty list."""
        return walk.newest_of(
            self.ask(walk.Query(sort=walk.UPDATED, descending=True, created_from=self.start or 0)).rows
        )

    def expected(self, progress: Progress) -> int | None:
        """Tell how many rows a backfill goes through; asked once for all streams that begin at the same place."""
        query = walk.Query(created_from=progress.created_from, created_before=progress.until)
        return self.context.counts.of((self.location, query), lambda: self.count(query))

    def backfill(self, progress: Progress) -> Iterator[walk.Batch]:
        """Walk through history from where it was left."""
        yield from self._guarded(walk.backfill(self.ask, progress.created_from, progress.until, self.count))

    def count(self, query: walk.Query) -> int | None:  # noqa: ARG002 - only alerts and incidents know how
        """Tell how many rows a question has, None if Opsgenie does not tell."""
        return None

    @abstractmethod
    def changes(self, since: int, *, with_open: bool = False) -> Iterator[walk.Batch]:
        """Walk through all rows changed at `since` or later, and through those not closed if asked for."""

    def changed_parents(self, since: int, *, with_open: bool = False) -> walk.Batch:
        """Give what the children need of each row that `changes` delivers, oldest change first."""
        newest: int | None = None
        changed: list[Parent] = []
        for batch in self.changes(since, with_open=with_open):
            changed += map(brief, batch.rows)
            newest = batch.reached
        return walk.Batch(sorted(changed, key=walk.updated_at), newest)

    def listed_changes(self, since: int, *, with_open: bool = False) -> Iterator[walk.Batch]:
        """List all and keep what changed: right whatever Opsgenie can sort by, and a call for each hundred rows."""
        newest = self.newest_change()
        for batch in self._guarded(walk.backfill(self.ask, self.start or 0, count=self.count)):
            yield walk.Batch([row for row in batch.rows if is_due(row, since, with_open=with_open)], newest)

    def params(self, query: walk.Query) -> Params:
        """Give the query parameters of a question."""
        bounds = [f"createdAt >= {query.created_from}"]
        if query.created_before is not None:
            bounds.append(f"createdAt < {query.created_before}")
        if self.query is not None:
            bounds.insert(0, f"({self.query})")
        return {**super().params(query), "query": " AND ".join(bounds)}


def total_of(body: Body) -> int | None:
    """Give the number of rows that a list says it has, whatever the page; few lists do."""
    total = body.get("totalCount")
    return total if isinstance(total, int) else None


def is_due(row: Row, since: int, *, with_open: bool) -> bool:
    """Tell whether a row changed at `since` or later, or is not closed if that is asked for."""
    return walk.updated_at(row) >= since or (with_open and row.get("status") != CLOSED)


def brief(row: Row) -> Parent:
    """Keep of a parent what its children need: thousands of them may wait for their turn."""
    return {name: row[name] for name in NEEDED_BELOW if name in row}
