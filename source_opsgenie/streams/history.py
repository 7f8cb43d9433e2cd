"""The streams of alerts and incidents: history first, then what changed.

The first syncs read history by creation time (the backfill), later ones what has changed since. If more has changed
than fits into memory, changes are read by creation time, too. This is a sweep: a backfill that skips every row
that did not change.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from airbyte_cdk.models import AirbyteMessage, SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.body import Row, decode
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError, RefusedError, config_error
from source_opsgenie.http.paging import Page, Paging, Params
from source_opsgenie.http.retry import COUNT
from source_opsgenie.scan import changes, scan
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.resumed import Resumed
from source_opsgenie.streams.skips import refused_midway
from source_opsgenie.streams.state import SyncState

CLOSED = "closed"

# What child streams need of a parent. Nothing else is kept, because thousands of parents may be waiting.
NEEDED_BELOW = ("id", "status", scan.CREATED, scan.UPDATED)

# A backfill emits a STATE at least this often.
RECORDS_BETWEEN_STATES = 1000

FEWER_NOW = (
    "the list had %d rows before it was read, and has %d now; %d were read. Unless the others were deleted meanwhile, "
    "the key or the owner of the token has lost rights: after they have been restored, refresh the streams that read "
    "this list, and retain their records."
)


class HistoryStream(Resumed):
    """A list that is read by creation time and by change. Its child streams share an instance of their own.

    Attributes:
        takes_query: whether the user's query narrows it.
        query_advice: what the user should do if the API refuses that query.
        rereads_open: whether what is below a row that is not closed is read at every sync, changed or not.
        most_changes: how many changes are kept in memory; more than that are read by a sweep.
    """

    takes_query: ClassVar[bool] = False
    query_advice: ClassVar[str] = ""
    rereads_open: ClassVar[bool] = False
    most_changes: ClassVar[int] = 20_000
    cursor_field: ClassVar[str] = scan.UPDATED
    state_checkpoint_interval: ClassVar[int] = RECORDS_BETWEEN_STATES

    _has_counts = True  # whether the API says how many rows there are, as far as is known
    # What child streams share if all rows must be listed: the changed rows, with the time since which they changed.
    _shared_changes: tuple[int, scan.Batch | None] | None = None

    # What a sync needs of the list.

    @property
    def query(self) -> str | None:
        """Return the user's query, if it applies to this list."""
        return self.context.config.alert_query if self.takes_query else None

    @property
    def start(self) -> int | None:
        """Return the start date in epoch milliseconds."""
        return self.context.config.start_millis

    def newest_change(self) -> int | None:
        """Return the time of the newest change, by the API's own clock; None for an empty list."""
        newest = scan.Query(sort=scan.UPDATED, descending=True, created_from=self.start or 0)
        return scan.newest_of(self.ask(newest).rows)

    def expected(self, progress: SyncState) -> int | None:
        """Return how many rows a state's range has; the API is asked once for all streams with the same range."""
        query = scan.Query(created_from=progress.created_from, created_before=progress.until)
        return self.context.once.of((self.list_path, query), lambda: self.count(query))

    def backfill(self, progress: SyncState) -> Iterator[scan.Batch]:
        """Read history from where it was left. With a user's query, the numbers are not compared: see `verify`."""
        expected, read = self.expected(progress), 0
        batches = scan.backfill(
            self.ask, progress.created_from, progress.until, self.count, expected, indexed_before=self.indexed_before
        )
        for batch in self.unless_emptied(batches, had_rows=bool(expected or progress.changes_from)):
            read += len(batch.rows)
            yield batch
        if expected is None or read >= expected or self.query is not None:
            return
        counted = self.count(scan.Query(created_from=progress.created_from, created_before=progress.until))
        if counted is not None and counted < expected:
            self.warn_once(FEWER_NOW % (expected, counted, read))

    def unless_emptied(self, found: Iterable[scan.Batch], *, had_rows: bool = False) -> Iterator[scan.Batch]:
        """Yield what a scan finds, unless the list has turned empty: JSM gives a caller without rights no error.

        Raises:
            ApiError: the scan failed, or it ended because the list has no rows any more.
        """
        is_at_rows = False
        for batch in self.guarded(found):
            is_at_rows = bool(batch.rows)
            had_rows = had_rows or is_at_rows
            yield batch
        if had_rows and not is_at_rows and self.is_empty():
            raise config_error(
                f"{self.name}: the list had rows when the stream began, and has none now. Unless all were deleted, the "
                "key or the owner of the token has lost the right to read it: restore the right, and the next sync "
                "continues from the last state. If they were deleted, refresh the stream, and retain its records."
            )

    def is_empty(self) -> bool:
        """Return whether the list has no row at all, whatever the user's query and start date.

        Raises:
            ApiError: the list is refused now, or the call failed for good.
        """
        query = scan.Query()
        asked = {**super().query_params(query), **self.client.backend.search(query, None)}
        try:
            return not self.page({}, self.pager.smallest(asked)).rows
        except RefusedError as error:
            raise refused_midway(error).named(self.name) from error

    def count(self, query: scan.Query) -> int | None:
        """Return how many rows a query finds; None, and without further calls, if the API does not say."""
        if not self._has_counts:
            return None
        try:
            number = self.ask_count(query)
        except (RefusedError, ApiError):
            number = None
        self._has_counts = number is not None
        return number

    def ask_count(self, query: scan.Query) -> int | None:
        """Ask how many rows a query finds: by default, the total that comes with a page."""
        return self.ask_total(self.list_path, self.pager.smallest(self.query_params(query)), self.pager)

    def ask_total(self, path: str, asked: Params, paging: Paging) -> int | None:
        """Make a call for a number. It only informs, so it must not hold the stream up for long."""
        answer = self.call(path, asked, paging.rows_of, COUNT)
        self.metrics.calls += 1
        return paging.total_of(decode(answer))

    @property
    @abstractmethod
    def sorts_by_change(self) -> bool:
        """Return whether the API sorts the list by change, so that not all rows need to be listed."""

    def changes(self, since: int, *, with_open: bool = False) -> Iterator[scan.Batch]:
        """Read all rows changed at `since` or later and, if all are listed, those that are not closed if asked for."""
        return self.sorted_changes(since) if self.sorts_by_change else self.listed_changes(since, with_open=with_open)

    def sorted_changes(self, since: int) -> Iterator[scan.Batch]:
        """Read the newest change first; list all rows if they do not come in that order, or not all of them."""
        try:
            yield from self.unless_emptied(changes.changes(self.ask, since, self.start or 0, count=self.count))
        except changes.ShortError:
            yield from self.listed_changes(since)
        except changes.UnsortedError:
            self.logger.warning(
                "%s: %s does not give the rows in the order of their change, so all of them are listed.",
                self.name,
                self.client.backend.name,
            )
            yield from self.listed_changes(since)

    def listed_changes(self, since: int, *, with_open: bool = False) -> Iterator[scan.Batch]:
        """List all rows and yield those that changed: without a sort by change, but with a call for each 100 rows."""
        # The time is capped when it is read, because the API's clock moves on during the sync.
        newest, compared = self.context.clock.not_in_future(self.newest_change()), 0
        came, total = 0, None  # the total of the first page, if it has one, saves the call that counts
        batches = scan.backfill(self.ask, self.start or 0, count=self.count, indexed_before=self.indexed_before)
        for batch in self.unless_emptied(batches, had_rows=newest is not None):
            total = self.total if total is None else total
            came += len(batch.rows)
            compared += self.compared_in(batch)
            yield scan.Batch([row for row in batch.rows if is_due(row, since, with_open=with_open)], newest)
        is_whole = (total is not None and came >= total) or self.verify(SyncState(start=self.start), compared)
        yield scan.Batch([], newest, is_short=not is_whole)

    def changed_parents(self, since: int) -> scan.Batch | None:
        """Return what child streams need of each changed row, oldest change first; None if too many have changed.

        If all rows must be listed, the child streams share one listing. What changes after it is read by the next sync.
        """
        if self.sorts_by_change:
            return self._changed_parents(since)
        if self._shared_changes is None or (self._shared_changes[1] is not None and self._shared_changes[0] > since):
            self._shared_changes = (since, self._changed_parents(since))
        shared = self._shared_changes[1]
        if shared is None:
            return None
        return replace(shared, rows=[row for row in shared.rows if is_due(row, since, with_open=self.rereads_open)])

    def _changed_parents(self, since: int) -> scan.Batch | None:
        newest: int | None = None
        is_short = False
        changed: dict[str, Parent] = {}
        for batch in self.changes(since, with_open=self.rereads_open):
            changed.update((scan.identity(row), brief(row)) for row in batch.rows)
            newest = self.context.clock.not_in_future(batch.reached) if newest is None else newest
            is_short = batch.is_short
            if len(changed) > self.most_changes:
                return None
        return scan.Batch(sorted(changed.values(), key=scan.updated_at), newest, is_short=is_short)

    def sample(self) -> Iterator[Row]:
        """Yield a row from the middle of history and the newest row."""
        newest = self.ask(scan.Query(descending=True)).rows[:1]
        oldest = self.ask(scan.Query(created_from=self.start or 0)).rows[:1]
        created = scan.times_of([*oldest, *newest], scan.CREATED)
        if created:
            yield from self.ask(scan.Query(created_from=(created[0] + created[-1]) // 2)).rows[:1]
        yield from newest

    def query_params(self, query: scan.Query) -> Params:
        """Return the parameters of a query of a scan."""
        return {**super().query_params(query), **self.client.backend.search(query, self.query)}

    def ask(self, query: scan.Query) -> Page:
        """Answer a query of a scan with one call; if the user's query may be why it fails, say so."""
        try:
            return super().ask(query)
        except ApiError as error:
            if self.query is not None and error.status in NOT_ACCEPTED_STATUSES:
                raise config_error(f"{error.message} {self.query_advice}") from error
            raise

    def smallest_params(self) -> Params:
        """Add a query, as a sync does: older documents require one for incidents."""
        return self.pager.smallest(self.query_params(scan.Query()))

    # The stream itself.

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit history, or what changed since the last sync."""
        is_backfill_due = self.begin(sync_mode)
        if is_backfill_due:
            continues_earlier = self.progress.continues_earlier
            yield from self._emit_backfill()
            if not continues_earlier:
                return
        newest, delivered, is_short = None, 0, False
        self.metrics.expect(f"changed {self.name}", None)
        for batch in self.changes(self.since_of(self.progress)):
            # Before the rows, because other streams are answered while the destination takes them.
            newest = self.context.clock.not_in_future(batch.reached) if newest is None else newest
            yield from map(self.cleaned, batch.rows)
            self.note_older(batch.rows, self.progress)
            self.metrics.add(len(batch.rows), len(batch.rows))
            delivered += len(batch.rows)
            is_short = batch.is_short
            if delivered > self.most_changes:
                self.proceed(self.begin_sweep(self.progress))
                yield from self._emit_backfill()
                return
        progress, newest = self.progress.after_changes(newest, is_short=is_short)
        self.proceed(self.count_older(progress.changed(newest)))

    def _emit_backfill(self) -> Iterator[Row | AirbyteMessage]:
        at_start, compared = self.progress, 0
        self.announce_backfill(1 / (self.pager.limit or 1), at_start)
        if at_start.changed_since is None:  # otherwise, fewer rows come than are listed
            yield from self.estimated()
        for batch in self.backfill(at_start):
            rows = [row for row in batch.rows if is_due(row, at_start.changed_since)]
            yield from map(self.cleaned, rows)
            self.note_older(rows, at_start)
            compared += self.compared_in(batch)
            self.metrics.add(len(rows), len(batch.rows))
            self.proceed(self.progress.reached(batch.reached))
        self.verify(at_start, compared)
        self.proceed(self.count_older(self.progress.finished()))


def is_due(row: Row, since: int | None, *, with_open: bool = False) -> bool:
    """Return whether a row changed at `since` or later (any row if it is None) or, if asked for, is not closed."""
    return since is None or scan.updated_at(row) >= since or (with_open and row.get("status") != CLOSED)


def brief(row: Row) -> Parent:
    """Return what child streams need of a parent."""
    return {name: row[name] for name in NEEDED_BELOW if name in row}
