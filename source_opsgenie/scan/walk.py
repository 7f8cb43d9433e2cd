"""The walks that lose nothing, whatever happens to the rows while they go on.

Only documented features are used: filter and sort by `createdAt`, sort by `updatedAt`. Three walks:

* `backfill` reads history, oldest first. Each page asks for rows created at or after the last one seen, at offset 0,
  so the 20,000-row window is never met, and a row that appears, changes or goes away pushes no other out of sight:
  `createdAt` never changes.
* `listing` reads lists that have no time to cut them by, from both ends, by pages that overlap.
* `changes`, in a module of its own, reads what changed, newest change first.

Nothing here knows HTTP: a walk gets a function that answers a `Query` with a `Page`. Times are epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from source_opsgenie.http.timestamps import to_millis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = dict[str, Any]

# "offset + limit must be lower than 20000" (text of the 422 beyond it).
WINDOW = 20_000

# Passes over the rows of one millisecond: so many without a new row, where Opsgenie does not count them; at most.
QUIET_PASSES = 2
MOST_PASSES = 50

# Pages one after another without a row that is new. Rows that come in at the front push a page's worth back, rows that
# go away make the walk step back; but so many say that the answers make no sense, or that the offset is not heeded.
MOST_FRUITLESS_PAGES = 100

CREATED = "createdAt"
UPDATED = "updatedAt"


@dataclass(frozen=True)
class Query:
    """One page's worth of a question.

    Attributes:
        sort: field that orders the rows, `createdAt` or `updatedAt`.
        descending: newest first.
        offset: rows to pass over.
        created_from: only rows created at this time or later.
        created_before: only rows created earlier than this; None: no bound.
    """

    sort: str = CREATED
    descending: bool = False
    offset: int = 0
    created_from: int = 0
    created_before: int | None = None


@dataclass(frozen=True)
class Page:
    """One answer.

    Attributes:
        rows: as received.
        more: whether the list may go on behind them.
        total: how many rows the list has, where it tells.
        limit: how many rows were asked for; what is no record is not among `rows`.
    """

    rows: list[Row]
    more: bool
    total: int | None = None
    limit: int = 0

    def fits(self, offset: int, window: int) -> bool:
        """Tell whether a page like this one may be asked for at an offset."""
        return offset + max(self.limit, len(self.rows)) < window


@dataclass
class Batch:
    """Rows not delivered before in this walk, and the time that the walk has then reached.

    For a backfill it is the creation time up to which all rows are delivered. For a walk over changes it is the
    newest change when the walk began: with the walk complete, nothing up to then is owed any more.
    """

    rows: list[Row]
    reached: int | None = None


class WalkError(ValueError):
    """The API's answers do not lead on; its text is a clause for the user."""


class WindowReachedError(Exception):
    """The newest-first walk has come to the window's end; carries the creation time that halves what it saw."""

    def __init__(self, middle: int) -> None:
        self.middle = middle
        super().__init__()


def backfill(
    fetch: Callable[[Query], Page],
    start: int,
    until: int | None = None,
    count: Callable[[Query], int | None] = lambda _: None,
) -> Iterator[Batch]:
    """Deliver every row created from `start` on (and before `until`), oldest first, each once.

    `count` tells how many rows a query has, None if that cannot be told.

    Raises:
        WalkError: a full page came that does not go beyond the one before, or holds no creation times.
    """
    reached, seen = start, set[str]()
    while True:
        page = fetched(fetch, Query(created_from=reached, created_before=until))
        new = [row for row in page.rows if identity(row) not in seen]
        times = [time for time in (to_millis(row.get(CREATED)) for row in page.rows) if time is not None]
        if times != sorted(times):
            raise WalkError("a page is not in the order asked for (by createdAt)")
        if not page.more:
            yield Batch(new, max(times, default=reached))
            return
        last = max(times, default=None)
        if last is None or last < reached or min(times) < last == reached:
            raise WalkError("a page does not lead beyond the one before")
        if min(times) < last:
            yield Batch(new, last)
            reached, seen = last, _ids_created_at(last, page.rows)
        else:
            # A whole page, and maybe more, was created in one millisecond. What it holds beyond that page is not
            # delivered yet: `reached` stays there until it is.
            yield Batch(new, last)
            known = seen if last == reached else set[str]()
            try:
                yield from _millisecond(fetch, last, known | _ids_created_at(last, page.rows), count)
            except WindowReachedError:
                raise WalkError("more rows than the window holds were created in one millisecond") from None
            reached, seen = last + 1, set()


def _millisecond(
    fetch: Callable[[Query], Page], moment: int, seen: set[str], count: Callable[[Query], int | None]
) -> Iterator[Batch]:
    """Deliver the rows of one millisecond by offset, pass by pass, until none can be missing.

    The order of rows that share a time is promised nowhere, and may differ from page to page: a pass may step over
    some. They are complete when as many were met as Opsgenie counts, with the same count before and after; where it
    does not count, when passes bring nothing new.

    Raises:
        WalkError: they never are.
        WindowReachedError: they are more than the window holds.
    """
    query = Query(created_from=moment, created_before=moment + 1)
    expected = count(query)
    met: set[str] = set()
    quiet = 0
    for _ in range(MOST_PASSES):
        quiet += 1
        for page in _overlapping(fetch, query, WINDOW):
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
    raise WalkError("the rows of one millisecond, more than a page, do not come to rest")


def listing(fetch: Callable[[Query], Page], sort: str, window: int = WINDOW) -> Iterator[list[Row]]:
    """Deliver every row of a list that has no time to cut it by, each once: from its beginning as far as the window
    reaches. If that is not all, or if the list tells of more rows than came, then from its end up to what is known:
    rows renamed between two pages may have hidden others.

    Raises:
        WalkError: the list is longer than two windows.
    """
    seen: set[str] = set()
    for descending in (False, True):
        total = 0
        try:
            for page in _overlapping(fetch, Query(sort=sort, descending=descending), window):
                new = [row for row in page.rows if identity(row) not in seen]
                seen.update(map(identity, new))
                total = page.total or 0
                yield new
                if descending and not new and len(seen) >= total:
                    return
        except WindowReachedError:
            continue
        if descending or len(seen) >= total:
            return
    raise WalkError(f"it is longer than the {2 * window:,} rows that Opsgenie lets anybody see of it")


def _overlapping(fetch: Callable[[Query], Page], query: Query, window: int) -> Iterator[Page]:
    """Walk by offset, each page beginning with the last row of the one before.

    A page that begins with none that is known tells that rows ahead have gone, and that others may have slipped past
    between two pages: the walk steps back until it meets what it knows.

    Raises:
        WindowReachedError: the next page would reach beyond the window.
        WalkError: a page cannot be read, or pages bring nothing new again and again.
    """
    progress = OffsetScan()
    step = 1
    while True:
        page = fetched(fetch, query)
        if query.offset and not progress.knows_any_of(page):
            query = progress.one_back(query, page, step)
            continue
        progress.take(page)
        yield page
        if progress.is_at_the_end(query, page):
            return
        step = max(1, len(page.rows) - 1)
        query = replace(query, offset=query.offset + step)
        if not page.fits(query.offset, window):
            raise WindowReachedError(0)


class OffsetScan:
    """What one walk by offset has met: the rows known, and an offset at which there was nothing."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._fruitless = 0
        self._nothing_at: int | None = None

    def knows_any_of(self, page: Page) -> bool:
        """Tell whether a page joins what was read."""
        return any(identity(row) in self._known for row in page.rows)

    def take(self, page: Page) -> None:
        """Note a page's rows; raise `WalkError` when for too long none was new."""
        before = len(self._known)
        self._known.update(map(identity, page.rows))
        self._count(fruitless=len(self._known) == before)

    def one_back(self, query: Query, page: Page, step: int) -> Query:
        """Give the question one step before a page that does not join; raise `WalkError` when none has for too long."""
        if not page.rows:
            self._nothing_at = query.offset  # though the page before said that there was more
        self._count(fruitless=True)
        return replace(query, offset=max(0, query.offset - step))

    def _count(self, *, fruitless: bool) -> None:
        self._fruitless = self._fruitless + 1 if fruitless else 0
        if self._fruitless >= MOST_FRUITLESS_PAGES:
            raise WalkError("page after page brings nothing new, or does not join the one before")

    def is_at_the_end(self, query: Query, page: Page) -> bool:
        """Tell whether nothing follows: as the page says, or as the walk has found out beyond it."""
        if not page.more:
            return True
        return self._nothing_at is not None and query.offset + len(page.rows) <= self._nothing_at


def _ids_created_at(moment: int, rows: list[Row]) -> set[str]:
    return {identity(row) for row in rows if to_millis(row.get(CREATED)) == moment}


def identity(row: Row) -> str:
    """Tell a row from others: by its id, or where that cannot, by all that it holds."""
    told = row.get("id")
    return told if isinstance(told, str) and told else repr(row)


def fetched(fetch: Callable[[Query], Page], query: Query) -> Page:
    """Ask.

    Raises:
        WalkError: the list goes on behind a page of which nothing can be read: there is no row to go on from.
    """
    page = fetch(query)
    if page.more and not page.rows:
        raise WalkError("a whole page holds nothing that is a row")
    return page


def updated_at(row: Row) -> int:
    """Give the time of a row's last change; a row that tells none counts as always changed."""
    updated = to_millis(row.get(UPDATED))
    return 2**63 - 1 if updated is None else updated


def newest_of(rows: list[Row]) -> int | None:
    """Give the newest change among rows; None when none tells one."""
    times = (to_millis(row.get(UPDATED)) for row in rows)
    return max((time for time in times if time is not None), default=None)
