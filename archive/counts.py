"""Compares the rows of the archive with the API's own counts, and searches for the rows that make a difference."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from archive.cost import LARGE_PARENTS
from archive.moved import key_of
from archive.origin import OPSGENIE
from archive.report.formatting import listed, quantity
from archive.run import Run
from archive.store import GONE, Store
from source_opsgenie.http.errors import ApiError, RefusedError, transient_error
from source_opsgenie.http.timestamps import MILLIS, from_millis, to_millis
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.skips import StreamSkippedError

LONGEST_MONTH = timedelta(days=31)

# The most calls that a comparison may make. It takes one a month, and about ten for each place with a difference.
MAX_CALLS = 500

# Lists whose answers contain the length of the whole list: users in Opsgenie, services in JSM.
LISTS_WITH_TOTAL = frozenset({"users", "services"})

# What to do about missing rows. They are older than the state, and an incremental read starts from the state.
TO_GET_MISSING = (
    "Further runs do not read them. If the key can see more now than in earlier runs, copy the account again into "
    "another folder (OUTPUT)."
)

# The most ids that a message names.
MAX_NAMED = 5


@dataclass(frozen=True)
class Comparison:
    """The rows of a stream compared with the API's count.

    Attributes:
        rows: the rows in the archive that the count covers.
        counted: the API's count.
        why: an explanation of the difference, or what is known about it; empty if there is none.
        explained: whether no row is missing.
        gone: the number of rows that are known to be gone from the API.
    """

    rows: int
    counted: int
    why: str = ""
    explained: bool = True
    gone: int = 0

    @property
    def difference(self) -> int:
        """Return how many more rows the archive has than the API counts."""
        return self.rows - self.counted


class _InconclusiveError(Exception):
    """Raised when the cause of a difference cannot be found; its text says why."""


class _CallsUsedUpError(_InconclusiveError):
    """Raised when a comparison has made as many calls as it may. What it has found so far is true."""


class Counts:
    """Gets the API's counts through the connector's streams, with their rate limits and retries."""

    def __init__(self, streams: Iterable[ApiStream], store: Store, run: Run) -> None:
        self._streams = {stream.name: stream for stream in streams}
        self._store = store
        self._run = run

    def compare(self, name: str) -> Comparison | None:
        """Compare a stream with the API's count; None if there is no such count.

        Raises:
            ApiError: a call failed for good.
            RefusedError: a call is refused.
            StreamSkippedError: the list is refused.
        """
        stream = self._streams[name]
        if isinstance(stream, HistoryStream):
            return self._compare_history(stream)
        return self._compare_list(stream) if name in LISTS_WITH_TOTAL else None

    def totals(self) -> dict[str, int | None]:
        """Return the numbers of alerts, incidents and users in the account; None where the API gives no count."""
        found: dict[str, int | None] = {}
        for name in LARGE_PARENTS:
            if name in self._streams:
                found[name] = None
                with suppress(ApiError, RefusedError, StreamSkippedError):
                    found[name] = self._total(self._streams[name])
        return found

    def older(self, names: Iterable[str]) -> dict[str, int | None]:
        """Return how many rows of alerts and incidents the start date leaves out; None where the API gives no count."""
        streams = [self._streams[name] for name in names if name in self._streams]
        return {
            stream.name: stream.count(scan.Query(created_before=stream.start))
            for stream in streams
            if isinstance(stream, HistoryStream) and stream.start
        }

    @property
    def _started(self) -> int:
        """Return when the run started: by the API's clock if it is known, because this machine's may be wrong."""
        return self._run.api_started or int(self._run.since.timestamp() * MILLIS)

    def _total(self, stream: ApiStream) -> int | None:
        if isinstance(stream, HistoryStream):
            return stream.count(scan.Query(created_from=stream.start or 0))
        if not stream.pager.total:
            return None
        return stream.pager.total_of(stream.page({}, stream.pager.smallest(stream.first_params({}))).body)

    def _compare_list(self, stream: ApiStream) -> Comparison | None:
        """Compare the rows that this run read; the older rows that the archive keeps are gone from the API.

        The list may have been read days before it is counted. So if the numbers differ, it is listed again.
        """
        counted = self._total(stream)
        if counted is None:
            return None
        since = self._run.read_since(stream.name)
        table = self._store.summarize(stream.name, key_of(stream, self._store), since)
        kept = table.rows - table.read
        if table.read == counted:
            return Comparison(table.rows, counted, gone=kept)
        api = stream.client.backend.name
        rows = (row for row in stream.list_rows() if row.get("id") is not None)
        created = {str(row["id"]): to_millis(row.get(scan.CREATED)) for row in rows}
        read = self._store.ids_read(stream.name, since)
        gone = read - created.keys()
        new = created.keys() - read
        added = {each for each in new if (created[each] or 0) >= self._started}
        missing = new - added
        parts = []
        if len(created) != counted:
            parts.append(f"{api} counts {quantity(counted, 'row')}, but lists {len(created):,}.")
        if gone:
            it_is = "it is" if len(gone) == 1 else "they are"
            parts.append(f"{api} stopped listing {quantity(len(gone), 'row')} during the run; {it_is} kept.")
        if added:
            were = quantity(len(added), "row was", "rows were")
            parts.append(f"{were} added during the run: the next run reads {'it' if len(added) == 1 else 'them'}.")
        if missing:
            are = quantity(len(missing), f"row that {api} lists is", f"rows that {api} lists are")
            ids = listed(sorted(missing), MAX_NAMED)
            parts.append(f"{are} not in the archive: {ids}. The next run reads the whole list again.")
        is_explained = len(created) == counted and not missing
        return Comparison(table.rows, counted, " ".join(parts), is_explained, kept + len(gone))

    def _compare_history(self, stream: HistoryStream) -> Comparison | None:
        """Compare the rows created before the run started, by the API's clock.

        Of those created later, older ones may appear in the API after newer ones were read: the next run compares them.
        If the API did not tell the time, the clock of this machine may be behind, so the newest row counts, too.
        """
        span = self._store.span(stream.name)
        until = self._started
        start = stream.start or 0
        if span is None:
            return _HistoryComparison(stream, self._store).compare([start, until])
        if self._run.api_started is None:
            until = max(until, span[1] + 1)
        bounds = [start, *months(max(start, span[0]), until), until]
        return _HistoryComparison(stream, self._store).compare(bounds)


def count_of(stream: HistoryStream, query: scan.Query) -> int | None:
    """Return how many rows a query finds; None if the API gives no such count.

    A sync can do without a count. A verification must not confuse a count that it did not get with one that does not
    exist, so it asks again, in a way that says why.

    Raises:
        ApiError: the call failed for good.
        RefusedError: the call is refused.
    """
    counted = stream.count(query)
    if counted is None:
        counted = stream.page({}, stream.pager.smallest(stream.query_params(query))).total
    if counted is None and type(stream).ask_count is not HistoryStream.ask_count:  # a path of its own counts its rows
        raise transient_error(f"{stream.client.backend.name} refused the call for it, or did not answer it.")
    return counted


def months(start: int, until: int) -> list[int]:
    """Return the first moments of the months (UTC) within a range of epoch milliseconds, without its two ends."""
    begun = datetime.fromtimestamp(start / MILLIS, timezone.utc).replace(day=1, hour=0, minute=0, second=0)
    found: list[int] = []
    while True:
        begun = (begun + LONGEST_MONTH).replace(day=1)
        moment = int(begun.timestamp()) * MILLIS
        if moment >= until:
            return found
        found.append(moment)


class _HistoryComparison:
    """Compares month by month, and halves a period that differs until it is short enough to compare ids.

    It compares by month because a missing row and a row that is gone from the API cancel each other out in one count.
    """

    def __init__(self, stream: HistoryStream, store: Store) -> None:
        self._stream = stream
        self._store = store
        self._api = stream.client.backend.name
        self._calls = 0
        self._gone: set[str] = set()  # at first also those that are known; at the end, only the newly found
        self._back: set[str] = set()  # rows that were gone, or did not match an earlier query
        self._missing: set[str] = set()

    def compare(self, bounds: list[int]) -> Comparison | None:
        """Compare the periods between the bounds."""
        start, until = bounds[0], bounds[-1]
        counted = self._count(start, until)
        if counted is None:
            return None
        rows = self._store.count_created(self._stream.name, start, until)
        unfinished = ""
        try:
            self._search(bounds, rows - len(self._store.gone(self._stream.name, start, until)) - counted)
        except _CallsUsedUpError as error:
            unfinished = str(error)
        except _InconclusiveError as error:
            return Comparison(rows, counted, str(error), explained=False)
        self._remember(start, until)
        gone = len(self._store.gone(self._stream.name, start, until))
        why = " ".join(filter(None, [unfinished, self._explanation(gone)]))
        return Comparison(rows, counted, why, explained=not (self._missing or unfinished), gone=gone)

    def _remember(self, start: int, until: int) -> None:
        """Remember the rows that are gone, so that the next comparison need not search for them again."""
        self._gone -= self._store.gone(self._stream.name, start, until)
        self._store.mark_gone(self._stream.name, self._gone)
        if self._back:
            sql = f"DELETE FROM {GONE} WHERE stream = ? AND id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
            self._store.execute(sql, self._stream.name, sorted(self._back))

    def _search(self, bounds: list[int], difference: int) -> None:
        """Search the periods that differ; their differences must add up to that of the whole."""
        parts = [(start, until, self._counted(start, until)) for start, until in pairwise(bounds)]
        differences = [self._difference(*part) for part in parts]
        if sum(differences) != difference:
            raise _InconclusiveError(f"{self._api} counts more or fewer rows in a period than in its parts together.")
        for part, its_difference in zip(parts, differences, strict=True):
            if its_difference:
                self._search_period(*part, its_difference)

    def _search_period(self, start: int, until: int, counted: int, difference: int) -> None:
        rows = self._store.ids(self._stream.name, start, until)
        if until - start <= 1 or counted <= (self._stream.pager.limit or 1):
            self._compare_ids(start, until, counted, difference, rows)
        else:
            middle = self._store.middle(self._stream.name, start, until)
            if not start < middle < until:
                middle = (start + until) // 2
            self._search([start, middle, until], difference)

    def _compare_ids(self, start: int, until: int, counted: int, difference: int, rows: set[str]) -> None:
        query = scan.Query(created_from=start, created_before=until)
        listed: set[str] = set()
        # Usually one page, but it may have fewer rows than were asked for.
        for page in self._stream.pages({}, self._stream.query_params(query)):
            listed |= {str(row.get("id")) for row in page.rows}
            if len(listed) > counted:
                break
        known = self._store.gone(self._stream.name, start, until)
        if len(rows - known) - len(listed) != difference:
            raise _InconclusiveError(
                f"{self._api} counts more or fewer rows created from {from_millis(start)} to {from_millis(until)} than "
                "it lists."
            )
        self._gone |= rows - listed
        self._back |= known & listed
        # A row whose creation time was set aside is in the table, but in no period.
        self._missing |= self._store.missing(self._stream.name, listed - rows)

    def _difference(self, start: int, until: int, counted: int) -> int:
        """Return how many more rows there are than the API counts, without those known to be gone."""
        name = self._stream.name
        return self._store.count_created(name, start, until) - len(self._store.gone(name, start, until)) - counted

    def _counted(self, start: int, until: int) -> int:
        counted = self._count(start, until)
        if counted is None:
            raise _InconclusiveError(f"{self._api} stopped giving counts.")
        return counted

    def _count(self, start: int, until: int) -> int | None:
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise _CallsUsedUpError(
                f"The search for the difference ended after {MAX_CALLS} calls, so more rows may be missing."
            )
        return count_of(self._stream, scan.Query(created_from=start, created_before=until))

    def _explanation(self, gone: int) -> str:
        parts = []
        if gone:
            new = f"; found by this run: {listed(sorted(self._gone), MAX_NAMED)}" if self._gone else ""
            parts.append(gone_rows(gone, self._api, has_query=self._stream.query is not None, new=new))
        if self._missing:
            are = quantity(len(self._missing), "row is", "rows are")
            parts.append(f"{are} missing in the archive: {listed(sorted(self._missing), MAX_NAMED)}. {TO_GET_MISSING}")
        return " ".join(parts)


def gone_rows(count: int, api: str, *, has_query: bool = False, new: str = "") -> str:
    """Return a sentence about rows that the API does not list any more."""
    query = ", or not matched by the alert_query" if has_query else ""
    key = "key" if api == OPSGENIE else "token"
    are = "it is" if count == 1 else "they are"
    return (
        f"{api} does not list {quantity(count, 'row')} any more (deleted, or not visible to this {key}{query}); {are} "
        f"kept{new}."
    )
