"""Streams of alerts and incidents, and their child streams: history first, then what changed.

The first syncs read history by creation time (the backfill), later ones what has changed since. If more has changed
than fits into memory, changes are read by creation time, too. This is a sweep: a backfill that skips every row
that did not change.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, cast

from airbyte_cdk.models import AirbyteMessage, SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.engine.progress import cost, estimate
from source_opsgenie.http.body import Body, Row, decode
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError, RefusedError, config_error
from source_opsgenie.http.paging import Page, Paging, Params
from source_opsgenie.http.retry import ONE_OF_MANY_FAILED
from source_opsgenie.http.timestamps import from_millis, to_millis
from source_opsgenie.scan import changes, scan
from source_opsgenie.scan.changes import INDEX_LAG
from source_opsgenie.streams.base import ONE_BY_ID, Parent
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.skips import StreamSkippedError, refused_midway
from source_opsgenie.streams.state import BACKFILL, SyncState, hash_of
from source_opsgenie.streams.sub_stream import Outcome, SubStream

CLOSED = "closed"

# What child streams need of a parent. Nothing else is kept, because thousands of parents may be waiting.
NEEDED_BELOW = ("id", "status", scan.CREATED, scan.UPDATED)

NEWS = 0.1  # a new estimate is sent if it differs from the last one by more than this fraction

# A backfill emits a STATE at least this often.
RECORDS_BETWEEN_STATES = 1000
PARENTS_BETWEEN_STATES = 100

# Changes kept in memory. More than that are read by a sweep.
MOST_CHANGES = 20_000

SWEEP = "%s: more than %d %s may have changed. All are listed by creation time, and those that changed are read."
FEWER_READ = (
    "%s: %s counts %d %s created from %s to %s, but only %d were read. To read them again, refresh the stream, and "
    "retain its records."
)
OLDER_STATE = (
    "%s: the state is that of another connector, such as Airbyte's own, which reads at most %d %s, but %s counts %d "
    "%s. To read those that are missing, refresh the stream, and retain its records."
)
APPEARED = (
    "%s: %s counts at least %d %s from before %s that it did not count in the last sync. This sync does not read them, "
    "because they have not changed since: probably the key or the owner of the token had no right to see them then. To "
    "read them, refresh the stream, and retain its records."
)
LATE_ROW = (
    "%s: a row of %s is from %s, but the 'updatedAt' of the %s is %s, so %s does not count such a row as a change. "
    "A later sync misses such a row if it is added after the time that 'lookback_window' covers. To read such rows, "
    "make 'lookback_window' longer (at most P365D), or refresh the stream, and retain its records."
)
FEWER_NOW = (
    "the list had %d rows before it was read, and has %d now; %d were read. Unless the others were deleted meanwhile, "
    "the key or the owner of the token has lost rights: after they have been restored, refresh the streams that read "
    "this list, and retain their records."
)


class _Resumed(Checkpointed):
    """A stream whose state has a phase: the backfill, or the changes after it. A full refresh goes on from it, too.

    Attributes:
        source: the list that is read by creation time and by change: the stream itself, or its parent.
        progress: how far the stream has come.
    """

    resumes_full_refresh = True

    _older = 0  # the rows read by this sync that were created before the last one began

    def __init__(self, context: Context, *parent: Any) -> None:
        super().__init__(context, *parent)
        self.source = cast("HistoryStream", parent[0] if parent else self)
        self.progress = SyncState()
        self._told = 0  # the rows in the last estimate for Airbyte

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the times before which the state counts rows as read."""
        progress = SyncState.load(state)
        return [None] if progress is None else progress.cursors

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Continue in the phase of the state."""
        self.proceed(SyncState.load(state) or SyncState())

    @classmethod
    def is_unfinished(cls, state: Mapping[str, Any]) -> bool:
        """Return whether a backfill or a sweep was not finished, or objects are owed."""
        progress = SyncState.load(state) or SyncState()
        return super().is_unfinished(state) or (progress.changes_from is not None and not progress.done)

    def proceed(self, progress: SyncState) -> None:
        """Move on, and keep the new state."""
        self.progress = progress
        self.keep(progress.dump())

    def begin(self, sync_mode: SyncMode) -> bool:
        """Fit the state to the configuration and the mode; return whether a backfill is due."""
        before, query_hash = self.progress, hash_of(self.source.query)
        is_full = sync_mode == SyncMode.full_refresh
        generation = self.generation if is_full else None
        if is_full and (self.has_moved or not before.is_part_of(generation)):
            before, self.owed = SyncState(), {}  # one that another API began would lack the rows of this one
        elif before.query_hash != query_hash and before.changes_from is not None:
            self.logger.warning(
                "%s: 'alert_query' has changed since the last sync, so the stream starts from the beginning.",
                self.name,
            )
            before, self.owed = SyncState(), {}
        progress = before.starting(self.source.start)
        if before.start is not None and before.done and not progress.done:
            self.log_earlier_start(before.start)
        progress = replace(
            progress,
            query_hash=query_hash,
            full_refresh=is_full,
            generation=generation,
            counted=None if self.has_moved else progress.counted,  # the other API may have other rows
        )
        if progress.done and BACKFILL not in self.given:
            self._warn_of_older_state()
        if not progress.done and progress.changes_from is None:
            progress = progress.changed(self.context.clock.not_in_future(self.source.newest_change()))
        self.proceed(progress)
        return not progress.done

    def _warn_of_older_state(self) -> None:
        """Warn if the account has more rows than an older connector, which stops where a list ends, can have read."""
        counted = self.source.expected(SyncState(start=self.source.start))
        if counted is not None and counted > scan.RESULT_WINDOW:
            api, source = self.client.backend.name, self.source.name
            self.logger.warning(OLDER_STATE, self.name, scan.RESULT_WINDOW, source, api, counted, source)

    def swept(self, progress: SyncState) -> SyncState:
        """Return the progress at the beginning of a sweep, because there are too many changes to keep in memory.

        Later changes are read after it.
        """
        self.logger.info(SWEEP, self.name, MOST_CHANGES, self.source.name)
        return progress.sweeping(self.since_of(progress), self.context.clock.not_in_future(self.source.newest_change()))

    def since_of(self, progress: SyncState) -> int:
        """Return the time from which changes are due at some progress, less the lookback."""
        return (progress.changes_from or 0) - self.context.config.lookback_millis

    def announce_backfill(self, calls_each: float, progress: SyncState) -> None:
        """Find out how much a backfill reads, and log beforehand what a long one will cost."""
        expected = self.source.expected(progress)
        self.metrics.expect(self.source.name, expected)
        if expected is None:
            return
        self.client.limiter.prepare()
        line = cost(self.name, self.metrics, math.ceil(expected * calls_each), self.client.limiter)
        if line:
            self.logger.info(line)

    @property
    def compared_before(self) -> int:
        """Return the time before which compared rows were created: later ones may be indexed after the scan."""
        return self.context.clock.begun() - INDEX_LAG

    def compared_in(self, batch: scan.Batch) -> int:
        """Count the rows of a batch that are compared: of most batches all, so that no row's time is parsed."""
        before = self.compared_before
        if batch.reached is not None and batch.reached < before:
            return len(batch.rows)
        return created_before(before, batch.rows)

    def verify(self, begun: SyncState, read: int) -> bool:
        """Compare how many rows of the list were read with how many the API counts now; return whether none is missing.

        Deletions explain a lower count. If the count is higher, rows were missed or indexed late. With a user's query
        nothing is compared: rows may begin to match it at any time.
        """
        if self.source.query is not None:
            return True
        start, end = begun.created_from, min(self.compared_before, begun.until or self.compared_before)
        counted = self.source.count(scan.Query(created_from=start, created_before=end))
        if counted is None or counted <= read:
            return True
        api, span = self.client.backend.name, (from_millis(start), from_millis(end))
        self.logger.warning(FEWER_READ, self.name, api, counted, self.source.name, *span, read)
        return False

    def note_older(self, rows: Iterable[Row], progress: SyncState) -> None:
        """Count the rows that were created before the last sync began, and are read by this one."""
        if progress.counted_before is not None:
            self._older += created_before(progress.counted_before, rows)

    def count_older(self, progress: SyncState) -> SyncState:
        """Note how many rows from before this sync the API counts; warn if more are from before the last one than then.

        They were probably hidden then, and are read only if they have changed since. With a user's query nothing is
        counted: see `verify`. A count of zero is not noted, because it may be what a caller without rights gets.
        """
        if self.source.query is not None:
            return progress
        if progress.counted is not None and progress.counted_before is not None:
            now = self.source.expected(SyncState(start=progress.start, until=progress.counted_before))
            unread = (now or 0) - progress.counted - self._older
            if unread > 0:
                api, moment = self.client.backend.name, from_millis(progress.counted_before)
                self.logger.warning(APPEARED, self.name, api, unread, self.source.name, moment)
        before = self.compared_before
        counted = self.source.expected(SyncState(start=progress.start, until=before))
        return replace(progress, counted=counted, counted_before=before) if counted else progress

    def estimated(self) -> Iterator[AirbyteMessage]:
        """Tell Airbyte how many rows to expect, if the number has changed enough."""
        rows = self.metrics.row_estimate
        if rows is not None and not self._told * (1 - NEWS) <= rows <= self._told * (1 + NEWS):
            self._told = rows
            yield estimate(self.name, rows)


class HistoryStream(_Resumed):
    """A list that is read by creation time and by change. Its child streams share an instance of their own.

    Attributes:
        takes_query: whether the user's query narrows it.
        query_advice: what the user should do if the API refuses that query.
        rereads_open: whether what is below a row that is not closed is read at every sync, changed or not.
    """

    takes_query: ClassVar[bool] = False
    query_advice: ClassVar[str] = ""
    rereads_open: ClassVar[bool] = False
    cursor_field: ClassVar[str] = scan.UPDATED
    state_checkpoint_interval: ClassVar[int] = RECORDS_BETWEEN_STATES

    _counts = True  # whether the API says how many rows there are, as far as is known
    _listed: tuple[int, scan.Batch | None] | None = None  # the changed rows, with the time since which they changed

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
            self.ask,
            progress.created_from,
            progress.until,
            self.count,
            expected,
            compared_before=self.compared_before,
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
        if not self._counts:
            return None
        try:
            number = self.ask_count(query)
        except (RefusedError, ApiError):
            number = None
        self._counts = number is not None
        return number

    def ask_count(self, query: scan.Query) -> int | None:
        """Ask how many rows a query finds: by default, the total that comes with a page."""
        asked = self.pager.smallest(self.query_params(query))
        return self.pager.total_of(self.ask_briefly(self.list_path, asked, self.pager))

    def ask_briefly(self, path: str, asked: Params, paging: Paging) -> Body:
        """Make a call for a number. It only informs, so it must not hold the stream up for more than a few attempts."""
        answer = self.call(path, asked, paging.rows_of, ONE_OF_MANY_FAILED)
        self.metrics.calls += 1
        return decode(answer)

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
        newest, listed = self.context.clock.not_in_future(self.newest_change()), 0
        came, total = 0, None  # the total of the first page, if it has one, saves the call that counts
        batches = scan.backfill(self.ask, self.start or 0, count=self.count, compared_before=self.compared_before)
        for batch in self.unless_emptied(batches, had_rows=newest is not None):
            total = self.total if total is None else total
            came += len(batch.rows)
            listed += self.compared_in(batch)
            yield scan.Batch([row for row in batch.rows if is_due(row, since, with_open=with_open)], newest)
        is_whole = (total is not None and came >= total) or self.verify(SyncState(start=self.start), listed)
        yield scan.Batch([], newest, is_short=not is_whole)

    def changed_parents(self, since: int) -> scan.Batch | None:
        """Return what child streams need of each changed row, oldest change first; None if too many have changed.

        If all rows must be listed, the child streams share one listing. What changes after it is read by the next sync.
        """
        if self.sorts_by_change:
            return self._changed_parents(since)
        if self._listed is None or (self._listed[1] is not None and self._listed[0] > since):
            self._listed = (since, self._changed_parents(since))
        listed = self._listed[1]
        if listed is None:
            return None
        return replace(listed, rows=[row for row in listed.rows if is_due(row, since, with_open=self.rereads_open)])

    def _changed_parents(self, since: int) -> scan.Batch | None:
        newest: int | None = None
        is_short = False
        changed: dict[str, Parent] = {}
        for batch in self.changes(since, with_open=self.rereads_open):
            changed.update((scan.identity(row), brief(row)) for row in batch.rows)
            newest = self.context.clock.not_in_future(batch.reached) if newest is None else newest
            is_short = batch.is_short
            if len(changed) > MOST_CHANGES:
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

    # The stream itself.

    def read_slice(self, sync_mode: SyncMode, part: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit history, or what changed since the last sync."""
        with suppress(StreamSkippedError):
            yield from self._due(sync_mode)

    def _due(self, sync_mode: SyncMode) -> Iterator[Row | AirbyteMessage]:
        if self.begin(sync_mode):
            continues_earlier = self.progress.continues_earlier
            yield from self._backfilled()
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
            if delivered > MOST_CHANGES:
                self.proceed(self.swept(self.progress))
                yield from self._backfilled()
                return
        progress, newest = self.progress.after_changes(newest, is_short=is_short)
        self.proceed(self.count_older(progress.changed(newest)))

    def _backfilled(self) -> Iterator[Row | AirbyteMessage]:
        begun, listed = self.progress, 0
        self.announce_backfill(1 / (self.pager.limit or 1), begun)
        yield from self.estimated()
        for batch in self.backfill(begun):
            rows = [row for row in batch.rows if is_due(row, begun.changed_since)]
            yield from map(self.cleaned, rows)
            self.note_older(rows, begun)
            listed += self.compared_in(batch)
            self.metrics.add(len(rows), len(batch.rows))
            self.proceed(self.progress.reached(batch.reached))
        self.verify(begun, listed)
        self.proceed(self.count_older(self.progress.finished()))


class HistorySubStream(_Resumed, SubStream):
    """A child stream of alerts or incidents: of all of them at first, then of those that changed, oldest first."""

    parent_stream: ClassVar[type[HistoryStream]]

    parent: HistoryStream

    _results: Iterator[tuple[Parent | SyncState, Outcome]] = iter(())
    _ended = False
    _had_late_row = False

    def stream_slices(self, sync_mode: SyncMode, *_: object, **__: object) -> Iterable[Mapping[str, Any]]:
        """Yield a slice for each hundred parents or so.

        One scan goes through all slices and decides, while they are read, what is in each. So the calls for the next
        slice can begin before all calls of this one have been answered.
        """
        self._results = self.prefetch(self._work(sync_mode), self._result_of)
        self._ended = False
        number = 0
        while not self._ended:
            number += 1
            yield {"part": number}
        yield from self.failures_slice()

    def read_slice(self, sync_mode: SyncMode, part: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit the rows of a slice's parents, and then move the state on.

        Raises:
            ApiError: a parent's list cannot be read, or the list of parents.
        """
        try:
            for item, outcome in self._results:
                if isinstance(item, SyncState):
                    if self.may_move_on():
                        self.proceed(item)
                    yield from self.estimated()
                    return
                rows = self.settled(item, outcome)
                yield from map(self.cleaned, rows)
                self.metrics.add(len(rows))
        except StreamSkippedError:
            with suppress(StreamSkippedError):
                self.skips.inherit(self.parent.skips)
        except ApiError as error:
            raise error.named(self.name) from error  # it may be the parents' list that failed
        self.skips.report()
        self._ended = True

    def settled(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a parent's rows, or note why they are missing: what failed is owed to the next sync."""
        rows = super().settled(parent, outcome)
        error = outcome if isinstance(outcome, ApiError) else None
        identity = self.name_of(parent)
        if identity not in self.owed:  # the state of one that is owed may have an older `updatedAt`
            self._warn_of_late_row(parent, rows)
        if error is None:
            self.skips.failed.pop(identity, None)  # one that is owed and has changed is asked for twice
        self.note_owed(identity, parent.get(scan.UPDATED), error)
        return rows

    def _warn_of_late_row(self, parent: Parent, rows: list[Row]) -> None:
        """Warn of the first row that came after its parent's last change, because later syncs may miss such rows.

        Whether a row changes its parent's `updatedAt` is not documented. Only rows from before the sync are compared,
        because later ones may be newer than the list of parents. Single objects are no rows below a parent.
        """
        is_read_anyway = self.progress.full_refresh or (self.parent.rereads_open and parent.get("status") != CLOSED)
        if self._had_late_row or is_read_anyway or self.list_path.endswith(ONE_BY_ID):
            return
        updated, overlap = scan.updated_at(parent), max(self.context.config.lookback_millis, INDEX_LAG)
        times = scan.times_of(rows, self.cursor_field)
        late = next((moment for moment in times if updated + overlap < moment < self.compared_before), None)
        if late is not None:
            self._had_late_row = True
            kind, api = self.parent.name.removesuffix("s"), self.client.backend.name
            owner, moments = f"{kind} {self.name_of(parent)}", (from_millis(late), kind, from_millis(updated))
            self.logger.warning(LATE_ROW, self.name, owner, *moments, api)

    def kept(self, row: Row) -> Parent:
        """Return what the stream needs of a parent."""
        return brief(row)

    def sample(self) -> list[Parent]:
        """Return a parent from the middle of history and the newest one."""
        return [brief(row) for row in self.parent.sample()]

    def _result_of(self, item: Parent | SyncState) -> Outcome:
        return [] if isinstance(item, SyncState) else self.outcome_of(item)

    def _work(self, sync_mode: SyncMode) -> Iterator[Parent | SyncState]:
        """Yield the parents to read and, between them, the progress once all parents before it have been read."""
        backfill = self.begin(sync_mode)
        progress = self.progress
        if self.owed:
            yield from [{"id": identity, scan.UPDATED: updated} for identity, updated in self.owed.items()]
            yield progress
        if backfill:
            continues_earlier = progress.continues_earlier
            progress = yield from self._backfilled(progress)
            if not continues_earlier:
                return
        yield from self._changed(progress)

    def _backfilled(self, progress: SyncState) -> Generator[Parent | SyncState, None, SyncState]:
        self.announce_backfill(1, progress)
        begun, listed = progress, 0
        for batch in self.parent.backfill(begun):
            listed += self.compared_in(batch)
            for row in batch.rows:
                if is_due(row, begun.changed_since, with_open=self.parent.rereads_open):
                    self.note_older([row], begun)
                    yield self.kept(row)
            progress = progress.reached(batch.reached)
            yield progress
        expected = self.parent.expected(begun)
        if expected is not None and listed < expected:
            self.verify(begun, listed)
        progress = self.count_older(progress.finished())
        yield progress
        return progress

    def _changed(self, progress: SyncState) -> Iterator[Parent | SyncState]:
        since = self.since_of(progress)
        due = self.parent.changed_parents(since)
        if due is None:
            yield from self._backfilled(self.swept(progress))
            return
        changed = due.rows
        progress, newest = progress.after_changes(due.reached, is_short=due.is_short)
        self.note_older(changed, progress)
        progress = self.count_older(progress)
        yield progress
        self.metrics.expect(self.parent.name, len(changed))
        for first in range(0, len(changed), PARENTS_BETWEEN_STATES):
            parents = changed[first : first + PARENTS_BETWEEN_STATES]
            yield from parents
            if newest is not None:
                # Not beyond the newest change when the scan began: it does not have later ones.
                progress = progress.changed(min(newest, scan.updated_at(parents[-1])))
            yield progress


def is_due(row: Row, since: int | None, *, with_open: bool = False) -> bool:
    """Return whether a row changed at `since` or later (any row if it is None) or, if asked for, is not closed."""
    return since is None or scan.updated_at(row) >= since or (with_open and row.get("status") != CLOSED)


def created_before(moment: int, rows: Iterable[Row]) -> int:
    """Count the rows that were created before a moment; those without a time count, too."""
    return sum((to_millis(row.get(scan.CREATED)) or 0) < moment for row in rows)


def brief(row: Row) -> Parent:
    """Return what child streams need of a parent."""
    return {name: row[name] for name in NEEDED_BELOW if name in row}
