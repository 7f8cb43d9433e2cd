"""Scans that miss no row, whatever happens to the rows meanwhile.

Only documented features are used: filter and sort by `createdAt`, sort by `updatedAt`. There are three scans:

* `backfill` reads history, oldest first. Each page asks for the rows created at or after the last one seen, at offset
  0. So the scan never reaches the end of the result window, and a row that appears, changes or is deleted hides no
  other, because `createdAt` never changes.
* `listing` reads a list without such a time, from both ends, by pages that overlap.
* `changes`, in a module of its own, reads what changed, newest change first.

A scan gets a function that answers a `Query` with a `Page`. Times are epoch milliseconds.

The *result window* is the part of a list that the API shows: a page beyond it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from source_opsgenie.http.body import Row
from source_opsgenie.http.paging import Page
from source_opsgenie.http.timestamps import to_millis

# "offset + limit must be lower than 20000" (text of the 422 beyond it).
RESULT_WINDOW = 20_000

# If there is no count, stop after QUIET_PASSES passes without a new row; in any case, stop after MOST_PASSES. If the
# second half of those brought nothing new, the count is wrong.
QUIET_PASSES = 2
MOST_PASSES = 50

# Pages in a row without a new row. Some are normal: new rows at the front push others back, and deleted rows make the
# scan step back. So many mean that the answers make no sense, or that the API ignores the offset.
MOST_FRUITLESS_PAGES = 100

NO_ROW = "a page contains no row to continue from"

CREATED = "createdAt"
UPDATED = "updatedAt"


@dataclass(frozen=True)
class Query:
    """What one page asks for.

    Attributes:
        sort: field that orders the rows, `createdAt` or `updatedAt`.
        descending: newest first.
        offset: how many rows to skip.
        created_from: only rows created at this time or later.
        created_before: only rows created earlier than this; None if there is no bound.
    """

    sort: str = CREATED
    descending: bool = False
    offset: int = 0
    created_from: int = 0
    created_before: int | None = None


Fetch = Callable[[Query], Page]  # returns the page that answers a query
Count = Callable[[Query], int | None]  # returns how many rows a query finds; None if the API does not say


@dataclass
class Batch:
    """New rows of a scan, and the time that the scan has reached with them.

    For a backfill that is the creation time up to which all rows are delivered. For a scan of changes it is the newest
    change when the scan began: once the scan is complete, no change up to then is missing, unless the list is short: it
    has fewer rows than the API counts.
    """

    rows: list[Row]
    reached: int | None = None
    is_short: bool = False


class ScanError(ValueError):
    """A scan that cannot be completed; the text is a clause for the user."""


@dataclass(eq=False)
class ResultWindowError(Exception):
    """A scan that reached the end of the result window.

    Attributes:
        middle: the creation time that halves the rows seen, for a scan of changes.
    """

    middle: int = 0


def backfill(
    fetch: Fetch,
    start: int,
    until: int | None = None,
    count: Count = lambda _: None,
    expected: int | None = None,
    *,
    indexed_before: int = 0,
) -> Iterator[Batch]:
    """Yield every row created from `start` on (and before `until`), oldest first, each once.

    A worked example, with pages of three rows, each named after the time of its creation:

    * rows from 0 on: `1 2 3`. All are new; the scan has reached 3.
    * rows from 3 on: `3 5a 5b`. `3` is known, two are new; it has reached 5.
    * rows from 5 on: `5a 5b 5c`. One is new. The whole page has one time, so there may be more of that time than a page
      holds: `_millisecond` reads all of them, and then the scan continues behind them.
    * rows from 6 on: `7`. It is new. No page follows, so the list ends here.

    If the list ends before as many rows as expected have come, its end is asked for again until nothing new comes: an
    answer that was cut off on its way, or that an index gave too early, looks like a last page. If the number is not
    known, the end is asked for until it brings no row that was created before `indexed_before`, and at most
    QUIET_PASSES times after that, because rows may be created faster than they are read.

    Args:
        start: the first creation time.
        until: the creation time to stop before; None to read to the end.
        expected: how many rows there were before the scan; without it, the first page's own total counts.
        indexed_before: the creation time before which all rows were in the index when the sync began.

    Raises:
        ScanError: a full page has no creation times, or does not lead beyond the page before.
    """
    reached, seen = start, set[str]()
    delivered = ends = 0
    while True:
        page = fetched(fetch, Query(created_from=reached, created_before=until))
        new = [row for row in page.rows if identity(row) not in seen]
        times = times_of(page.rows, CREATED)
        if times != sorted(times):
            raise ScanError("a page is not in the order asked for (by createdAt)")
        last = max(times, default=None)
        if expected is None:
            expected = page.total
        delivered += len(new)
        if page.next is None:
            reached = max(times, default=reached)
            yield Batch(new, reached)
            is_complete = ends >= QUIET_PASSES if expected is None else delivered >= expected
            if is_complete or (ends and not new):
                return
            is_earlier = any(time < indexed_before for time in times_of(new, CREATED))
            ends = 1 if is_earlier else ends + 1
            seen |= set(map(identity, new))
            continue
        if last is None or last < reached or min(times) < last == reached:
            raise ScanError("a page does not lead beyond the one before")
        yield Batch(new, last)
        if min(times) < last:
            reached, seen = last, _ids_created_at(last, page.rows)
        else:
            # At least a whole page was created in one millisecond. `reached` stays at it until all of its rows are
            # delivered.
            try:
                for batch in _millisecond(fetch, last, seen | _ids_created_at(last, page.rows), count):
                    delivered += len(batch.rows)
                    yield batch
            except ResultWindowError:
                raise ScanError("more rows were created in one millisecond than one query returns") from None
            reached, seen = last + 1, set()


def _millisecond(fetch: Fetch, moment: int, seen: set[str], count: Count) -> Iterator[Batch]:
    """Yield the rows of one millisecond by offset, pass by pass, until none can be missing.

    No source promises the order of rows that share a time. It may differ from page to page, so a pass may miss some.
    The rows are complete when as many were read as the API counts, with the same count before and after; without a
    count, when passes bring nothing new. A count that is never reached, though all passes bring the same rows, is wrong
    for good, and must not keep the scan from going on.

    A worked example, with the rows `a b c d` and pages of two that overlap by one row. The API counts 4.

    * The first pass reads `a b`, then `b c`, then, because the order has changed, `c a`: three rows. The API still
      counts 4, so one is missing.
    * The second pass reads `c d`, then `d a`, then `a b`: `d` is new, and all four have been read. Done.

    Had the count changed meanwhile, the rows would be counted anew from the next pass on.
    """
    query = Query(created_from=moment, created_before=moment + 1)
    expected = count(query)
    met: set[str] = set()
    quiet = 0
    for _ in range(MOST_PASSES):
        quiet += 1
        for page in _overlapping(fetch, query, RESULT_WINDOW):
            met.update(map(identity, page.rows))
            new = [row for row in page.rows if identity(row) not in seen]
            if new:
                quiet = 0
                seen.update(map(identity, new))
                yield Batch(new, moment)
        counted = count(query)
        if quiet >= QUIET_PASSES if counted is None else counted == expected and len(met) >= counted:
            return
        if counted != expected:
            expected = counted
            met.clear()
    if quiet >= MOST_PASSES // 2:
        return
    raise ScanError("more rows than fit on a page were created in the same millisecond, and their order keeps changing")


def listing(fetch: Fetch, sort: str, result_window: int = RESULT_WINDOW) -> Iterator[list[Row]]:
    """Yield every row of a list without a time to filter by, each once, from both ends.

    A worked example, with users sorted by name:

    * 5,000 users: the scan reads from the beginning to the end. If the list says that it has more rows than were read,
      because a user was renamed between two pages and hid another, it also reads from the end until all are known.
    * 5,000 services, whose list does not say how many there are: the scan reads from both ends, because one that is
      renamed to the front may otherwise slip by. A single page needs no second reading.
    * 25,000 users: the scan reads from the beginning to the end of the result window, which holds almost 20,000 rows.
      Then it sorts the list the other way round, and reads from the end until a page has only known rows.
    * More than 40,000 users: the two parts do not meet, and the middle cannot be read. That is an error.

    Raises:
        ScanError: the list is longer than two result windows, or it had rows at first and has none any more.
    """
    seen: set[str] = set()
    is_whole = False
    for descending in (False, True):
        pages = 0
        total: int | None = None
        try:
            for page in _overlapping(fetch, Query(sort=sort, descending=descending), result_window):
                if seen and not page.rows:
                    raise ScanError(NO_ROW)
                new = [row for row in page.rows if identity(row) not in seen]
                seen.update(map(identity, new))
                pages += 1
                if page.total is not None:
                    total = max(total or 0, page.total)
                yield new
                is_known = not is_whole if total is None else len(seen) >= total
                if descending and not new and is_known:
                    return
        except ResultWindowError:
            continue
        is_whole = True
        if pages == 1 or (total is not None and len(seen) >= total):
            return
    if not is_whole:
        raise ScanError(f"the list is longer than the {2 * result_window:,} rows that the API returns")


def _overlapping(fetch: Fetch, query: Query, result_window: int) -> Iterator[Page]:
    """Yield pages by offset, each of which begins with the last row of the page before.

    If a page has no known row, rows before it were deleted, and others may have moved past unseen. The scan then steps
    back until a page has a known row.
    """
    scan = OffsetScan()
    step = 1
    while True:
        page = fetched(fetch, query)
        if query.offset and not scan.knows_any_of(page):
            query = scan.one_back(query, page, step)
            continue
        scan.take(page)
        yield page
        if scan.is_at_the_end(query, page):
            return
        step = max(1, len(page.rows) - 1)
        query = replace(query, offset=query.offset + step)
        if not page.fits(query.offset, result_window):
            raise ResultWindowError


class OffsetScan:
    """Remembers the rows that a scan by offset has read, and an offset at which there were none."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._fruitless = 0
        self._nothing_at: int | None = None

    def knows_any_of(self, page: Page) -> bool:
        """Return whether a page has a row that was read before."""
        return any(identity(row) in self._known for row in page.rows)

    def take(self, page: Page) -> None:
        """Note the rows of a page.

        Raises:
            ScanError: too many pages have brought nothing new.
        """
        before = len(self._known)
        self._known.update(map(identity, page.rows))
        self._count(fruitless=len(self._known) == before)

    def one_back(self, query: Query, page: Page, step: int) -> Query:
        """Return the query one step before a page that does not join the one read before.

        Raises:
            ScanError: too many pages have brought nothing new.
        """
        if not page.rows:
            self._nothing_at = query.offset  # although the page before said that there was more
        self._count(fruitless=True)
        return replace(query, offset=max(0, query.offset - step))

    def _count(self, *, fruitless: bool) -> None:
        self._fruitless = self._fruitless + 1 if fruitless else 0
        if self._fruitless >= MOST_FRUITLESS_PAGES:
            raise ScanError("page after page brings nothing new, or does not join the one before")

    def doubt_the_end(self) -> None:
        """Forget that there were no rows at an offset, because an answer may have been wrong."""
        self._nothing_at = None

    def is_at_the_end(self, query: Query, page: Page) -> bool:
        """Return whether nothing follows, as the page says or as the scan has found out."""
        if page.next is None:
            return True
        return self._nothing_at is not None and query.offset + len(page.rows) <= self._nothing_at


def _ids_created_at(moment: int, rows: list[Row]) -> set[str]:
    return {identity(row) for row in rows if to_millis(row.get(CREATED)) == moment}


def identity(row: Row) -> str:
    """Return what distinguishes a row from others: its id or, without one, all of its content."""
    given = row.get("id")
    return given if isinstance(given, str) and given else repr(row)


def fetched(fetch: Fetch, query: Query) -> Page:
    """Fetch the page that answers a query.

    Raises:
        ScanError: the list continues, but the page has no row to continue from.
    """
    page = fetch(query)
    if page.next is not None and not page.rows:
        raise ScanError(NO_ROW)
    return page


def updated_at(row: Row) -> int:
    """Return the time of a row's last change; a row without one counts as changed."""
    updated = to_millis(row.get(UPDATED))
    return 2**63 - 1 if updated is None else updated


def newest_of(rows: list[Row]) -> int | None:
    """Return the time of the newest change among rows; None if no row has one."""
    return max(times_of(rows, UPDATED), default=None)


def times_of(rows: list[Row], field: str) -> list[int]:
    """Return the times that rows have in a field."""
    return [time for time in (to_millis(row.get(field)) for row in rows) if time is not None]
