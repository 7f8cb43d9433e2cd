"""The scan of what changed: newest change first, down to a given time.

A row that changes during the scan moves to the front and pushes others back: those are read twice, and the row itself
is left to the next scan, which begins before its new change. A deleted row pulls others forward: pages overlap, so the
scan notices the gap and steps back. Sorting by `updatedAt` is documented; filtering by it is not, and is never used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, takewhile

from source_opsgenie.http.body import Row
from source_opsgenie.http.timestamps import MINUTE
from source_opsgenie.scan.scan import (
    CREATED,
    MOST_PASSES,
    QUIET_PASSES,
    RESULT_WINDOW,
    UPDATED,
    Batch,
    Count,
    Fetch,
    OffsetScan,
    Query,
    ResultWindowError,
    ScanError,
    fetched,
    identity,
    newest_of,
    times_of,
    updated_at,
)

# Milliseconds. A row that changes while its page is made may show its new time at its old place. If a row is in the
# wrong place though its last change is older than this, the list is not sorted by change at all.
INDEX_LAG = MINUTE


class UnsortedError(Exception):
    """A list that is not in the order of change that was asked for."""


class ShortError(Exception):
    """A list that ends before the time down to which changes are read, with fewer rows than the API counts."""


def changes(
    fetch: Fetch,
    since: int,
    created_from: int = 0,
    result_window: int = RESULT_WINDOW,
    count: Count = lambda _: None,
) -> Iterator[Batch]:
    """Yield every row changed at `since` or later, each change once, newest first within the result window.

    If the result window ends before `since`, the rows are halved by creation time, each half is read in the same way,
    and halved again if need be.

    A worked example: 30,000 rows have changed since the last sync. The scan reads almost 20,000 of them, newest change
    first, and the next page would lie beyond the result window. Half of the rows read were created before 1 May. So the
    scan reads the rows created before 1 May, and then those created from 1 May on, each newest change first. Rows that
    it has read before are not delivered again.

    Args:
        since: the time down to which changes are read.
        created_from: only rows created at this time or later.
        result_window: how many rows of a list the API shows.
        count: asked only if all rows are due.

    Raises:
        UnsortedError: the rows are not in the order of their change, so the scan could stop too early.
        ShortError: all rows of the list are due, but there are fewer than the API counts.
        ScanError: more rows were created in one millisecond than one query returns.
    """
    seen: dict[str, int] = {}
    newest: int | None = None
    parts: list[tuple[int, int | None]] = [(created_from, None)]
    while parts:
        low, high = parts.pop()
        listed: dict[str, int] = {}
        try:
            query = Query(sort=UPDATED, descending=True, created_from=low, created_before=high)
            for rows in _newest_first(fetch, since, query, result_window, seen):
                if newest is None:
                    newest = newest_of(rows)
                yield Batch(_due(rows, since, seen), newest)
                listed.update((identity(row), updated_at(row)) for row in rows)
            if min(listed.values(), default=since) >= since and (count(query) or 0) > len(listed):
                raise ShortError
        except ResultWindowError as reached:
            if high is not None and reached.middle >= high:
                raise ScanError("the list contains rows that were created later than asked for") from None
            if not low < reached.middle:
                raise ScanError("more rows were created in one millisecond than one query returns") from None
            parts += [(reached.middle, high), (low, reached.middle)]


def _due(rows: list[Row], since: int, seen: dict[str, int]) -> list[Row]:
    """Return the rows of a page that are due and were not delivered with this very change; note each one's change."""
    due = []
    for row in rows:
        name, updated = identity(row), updated_at(row)
        if updated >= since and seen.get(name) != updated:
            due.append(row)
        seen[name] = updated
    return due


def _newest_first(
    fetch: Fetch, since: int, query: Query, result_window: int, seen: dict[str, int]
) -> Iterator[list[Row]]:
    """Yield page by page, down to changes older than `since`.

    If more rows than a page share the time of their change, a pass may miss some, because their order may differ from
    page to page. Then passes are repeated until QUIET_PASSES of them have brought nothing new.
    """
    quiet = 0
    newest: int | None = None
    for _ in range(MOST_PASSES):
        quiet += 1
        dense = False
        for rows, is_dense in _pages_newest_first(fetch, since, query, result_window):
            newest = newest_of(rows) if newest is None else newest
            if any(identity(row) not in seen and updated_at(row) <= (newest or 0) for row in rows):
                quiet = 0  # what changed since the scan began does not count: it is left to the next one
            yield rows
            dense = dense or is_dense
        if not dense or quiet >= QUIET_PASSES:
            return
    raise ScanError("more rows than fit on a page changed at the same time, and their order keeps changing")


def _pages_newest_first(fetch: Fetch, since: int, query: Query, result_window: int) -> Iterator[tuple[list[Row], bool]]:
    """Yield the rows of each page of one pass, and whether it is dense: see below.

    A page *joins* the one before if its first row changed later than the last row of that page: then no row can be
    missing between them. If it does not join, rows before it were deleted, and the scan steps back.

    A worked example, with pages of four rows, each named after the time of its change:

    * The first page is `9 8 7 6`. Its *tail*, the time at which it ends, is 6. Three rows at its head are newer than
      that, so the *step* to the next page is 2: that page is to begin with `7`, the last row newer than the tail.
    * The page at offset 2 is `7 6 5 4`. 7 is newer than 6, so it joins, and only 5 and 4 are new.
    * Had two of the first rows been deleted meanwhile, the page at offset 2 would be `5 4 3 2`, and a row between 6
      and 5 could be missing. 5 is not newer than 6, so the scan steps back by 2 to offset 0, where `7 6 5 4` joins.
    * A page `9 6 6 6` is *dense*: only one row is newer than its tail, so no step leads to a row that could prove the
      join. The next page then begins with the last row of this one, without proof, and `_newest_first` repeats the
      pass.
    * If the list ends before two rows that are not due, its end is asked for once more: an answer that was cut off on
      its way, or that an index gave too early, looks like a last page.
    """
    last: int | None = None
    dense = False
    step = 1
    created: list[int] = []
    scan = OffsetScan()
    newest: int | None = None
    ended_at: Query | None = None
    while True:
        page = fetched(fetch, query)
        joins = bool(page.rows) and (last is None or updated_at(page.rows[0]) > last or dense)
        if query.offset and not joins:
            query = scan.one_back(query, page, step)
            continue
        newest = newest_of(page.rows) if newest is None else newest
        _require_newest_first(page.rows, newest)
        scan.take(page)
        created += times_of(page.rows, CREATED)
        times = times_of(page.rows, UPDATED)
        last = times[-1] if times else updated_at({})  # that of the last row, not the oldest
        # One row may be sorted by a change that it does not show yet, so it takes two rows to end the scan.
        is_behind = max(times[-2:], default=since) < since
        # Only rows at the head count: a row without a time of change counts as new, wherever it is sorted.
        step = _newer_at_the_head(page.rows, last) - 1
        dense = step < 1
        if dense:
            step = max(1, len(page.rows) - 1)
        yield page.rows, dense and page.next is not None
        is_at_the_end = scan.is_at_the_end(query, page)
        if is_behind or (is_at_the_end and query == ended_at):
            return
        if is_at_the_end:
            ended_at = query
            scan.doubt_the_end()
            continue
        query = replace(query, offset=query.offset + step)
        if not page.fits(query.offset, result_window):
            raise ResultWindowError(sorted(created)[len(created) // 2] if created else query.created_from)


def _require_newest_first(rows: list[Row], newest: int | None) -> None:
    """Raise an error if a row follows one that changed earlier, and no recent change explains it."""
    for earlier, later in pairwise(times_of(rows, UPDATED)):
        if earlier < later < (newest or 0) - INDEX_LAG:
            raise UnsortedError


def _newer_at_the_head(rows: list[Row], moment: int) -> int:
    """Count the rows at the beginning of a page that changed after a moment."""
    return len(list(takewhile(lambda row: updated_at(row) > moment, rows)))
