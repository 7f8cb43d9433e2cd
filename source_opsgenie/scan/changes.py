"""The walk over what changed: newest change first, until older than asked for.

A row that changes meanwhile jumps to the front and pushes others back: they are seen twice, and the row itself is newer
than where the next walk begins. A deleted row pulls others forward: pages overlap, so that a gap is noticed, and the
walk steps back. Sorting by `updatedAt` is documented; filtering by it is not, and is never asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from source_opsgenie.http.timestamps import to_millis
from source_opsgenie.scan.walk import (
    CREATED,
    MOST_PASSES,
    QUIET_PASSES,
    UPDATED,
    WINDOW,
    Batch,
    OffsetScan,
    Page,
    Query,
    Row,
    WalkError,
    WindowReachedError,
    fetched,
    identity,
    newest_of,
    updated_at,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A row that changes while its page is put together may show its new time at its old place. A place that is wrong by a
# time older than this, in milliseconds, says that the rows are not sorted by change at all.
INDEX_LAG = 60_000


class UnsortedError(Exception):
    """Rows that were asked for in the order of their change came in another."""


@dataclass
class _Seen:
    """What a walk over changes has delivered: the time of the change by id."""

    updated: dict[str, int] = field(default_factory=dict)

    def take(self, rows: list[Row], since: int) -> list[Row]:
        """Give those of a page that are due and were not delivered with this very change."""
        due = []
        for row in rows:
            name, updated = identity(row), updated_at(row)
            if updated >= since and self.updated.get(name) != updated:
                due.append(row)
            self.updated[name] = updated
        return due


def changes(
    fetch: Callable[[Query], Page],
    since: int,
    created_from: int = 0,
    window: int = WINDOW,
) -> Iterator[Batch]:
    """Deliver every row changed at `since` or later, each change once, newest first as far as the window reaches.

    Where the window's end comes before `since`, the rows are taken in two halves by creation time, each in the same
    way, and halved again where that is needed.

    Raises:
        UnsortedError: the rows do not come in the order of their change, so that the walk could stop too early.
        WalkError: more rows than the window holds were created in one millisecond.
    """
    seen = _Seen()
    newest: int | None = None
    parts: list[tuple[int, int | None]] = [(created_from, None)]
    while parts:
        low, high = parts.pop()
        try:
            query = Query(sort=UPDATED, descending=True, created_from=low, created_before=high)
            for rows in _newest_first(fetch, since, query, window, seen):
                if newest is None:
                    newest = newest_of(rows)
                yield Batch(seen.take(rows, since), newest)
        except WindowReachedError as reached:
            if high is not None and reached.middle >= high:
                raise WalkError("rows come that were created later than asked for") from None
            if not low < reached.middle:
                raise WalkError("more alerts than the window holds were created in one millisecond") from None
            parts += [(reached.middle, high), (low, reached.middle)]


def _newest_first(
    fetch: Callable[[Query], Page], since: int, query: Query, window: int, seen: _Seen
) -> Iterator[list[Row]]:
    """Give page by page, until changes older than `since`.

    Where more rows than a page share the time of their change, a pass may step over some, for their order may differ
    from page to page: passes follow until some have brought nothing new.
    """
    quiet = 0
    newest: int | None = None
    for _ in range(MOST_PASSES):
        quiet += 1
        dense = False
        for page in _pages_newest_first(fetch, since, query, window):
            newest = newest_of(page.rows) if newest is None else newest
            if any(identity(row) not in seen.updated and updated_at(row) <= (newest or 0) for row in page.rows):
                quiet = 0  # what changed since the walk began is left to the next one
            yield page.rows
            dense = dense or page.dense
        if not dense or quiet >= QUIET_PASSES:
            return
    raise WalkError("the rows of one change, more than a page, do not come to rest")


@dataclass(frozen=True)
class _Step:
    """A page of changes; `dense`: so many share the time of a change that the pages cannot be joined for certain."""

    rows: list[Row]
    dense: bool


def _pages_newest_first(fetch: Callable[[Query], Page], since: int, query: Query, window: int) -> Iterator[_Step]:
    """Give the pages of one pass; raise `WindowReachedError` where the next would reach beyond the window.

    Each page begins with a row that changed later than the last row of the page before: then all that was behind that
    page is in this one or behind it. A page that does not tells that rows ahead have gone: the walk steps back.
    """
    last: int | None = None
    dense = False
    step = 1
    created: list[int] = []
    progress = OffsetScan()
    newest: int | None = None
    while True:
        page = fetched(fetch, query)
        joins = bool(page.rows) and (last is None or updated_at(page.rows[0]) > last or dense)
        if query.offset and not joins:
            query = progress.one_back(query, page, step)
            continue
        newest = newest_of(page.rows) if newest is None else newest
        _require_newest_first(page.rows, newest)
        progress.take(page)
        created += [time for time in (to_millis(row.get(CREATED)) for row in page.rows) if time is not None]
        last = _tail(page.rows, since)
        # Of the rows at the head only: one without a time of its change counts as new, wherever it is sorted to.
        step = _newer_at_the_head(page.rows, last) - 1
        dense = step < 1
        yield _Step(page.rows, dense and page.more)
        if last < since or progress.is_at_the_end(query, page):
            return
        step = max(1, len(page.rows) - 1) if dense else step
        query = replace(query, offset=query.offset + step)
        if not page.fits(query.offset, window):
            raise WindowReachedError(sorted(created)[len(created) // 2] if created else query.created_from)


def _require_newest_first(rows: list[Row], newest: int | None) -> None:
    """Raise `UnsortedError` where a row stands behind one that changed earlier, and no change made just now explains
    it.
    """
    times = [time for time in (to_millis(row.get(UPDATED)) for row in rows) if time is not None]
    for earlier, later in pairwise(times):
        if earlier < later < (newest or 0) - INDEX_LAG:
            raise UnsortedError


def _tail(rows: list[Row], since: int) -> int:
    """Give the time of change at which a page ends. Not its oldest: a row that changed just now may still show its old
    time at its new place, and must not end the walk.
    """
    if not rows:
        return since
    times = [time for time in (to_millis(row.get(UPDATED)) for row in rows) if time is not None]
    return times[-1] if times else updated_at(rows[-1])


def _newer_at_the_head(rows: list[Row], moment: int) -> int:
    for number, row in enumerate(rows):
        if updated_at(row) <= moment:
            return number
    return len(rows)
