"""The base of the streams of alerts and incidents, whose state has two phases: the backfill, and changes after it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from airbyte_cdk.models import AirbyteMessage, SyncMode

from source_opsgenie.engine.progress import cost, estimate
from source_opsgenie.http.body import Row
from source_opsgenie.http.timestamps import from_millis, to_millis
from source_opsgenie.scan import scan
from source_opsgenie.scan.changes import INDEX_LAG
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.state import BACKFILL, SyncState, hash_of

if TYPE_CHECKING:
    from source_opsgenie.streams.history import HistoryStream

NEWS = 0.1  # a new estimate is sent if it differs from the last one by more than this fraction

SWEEP = "%s: more than %d %s may have changed. All are listed by creation time, and those that changed are read."
FEWER_READ = (
    "%s: %s counts %d %s created from %s to %s, but only %d were read. To read them again, refresh the stream, and "
    "retain its records."
)
OLDER_STATE = (
    "%s: the state is that of another connector, such as Airbyte's own, which reads at most %d %s, but %s counts %d "
    "%s. To read those that are missing, refresh the stream, and retain its records."
)
FEWER_SINCE_MOVE = (
    "%s: %s counted %d %s from before %s, but %s counts only %d. Unless the others were deleted, the owner of the "
    "token cannot see all of them, 'site' is not the site that the account moved to, or some did not move. Their "
    "changes cannot be read: check this while %s still answers."
)
APPEARED = (
    "%s: %s counts at least %d %s from before %s that it did not count in the last sync. This sync does not read them, "
    "because they have not changed since: probably the key or the owner of the token had no right to see them then. To "
    "read them, refresh the stream, and retain its records."
)


class Resumed(Checkpointed):
    """A stream whose state has a phase: the backfill, or the changes after it. A full refresh goes on from it, too.

    Attributes:
        history: the list that is read by creation time and by change: the stream itself, or its parent.
        progress: how far the stream has come.
    """

    resumes_full_refresh = True

    _older = 0  # the rows read by this sync that were created before the last one began

    def __init__(self, context: Context, *parent: Any) -> None:
        super().__init__(context, *parent)
        self.history = cast("HistoryStream", parent[0] if parent else self)
        self.progress = SyncState()
        self._estimated_rows = 0  # the rows in the last estimate for Airbyte

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
        before, query_hash = self.progress, hash_of(self.history.query)
        is_full = sync_mode == SyncMode.full_refresh
        generation = self.generation if is_full else None
        if is_full and (self.has_moved or not before.is_part_of(generation)):
            before, self.owed = SyncState(), {}  # one that another API began would lack the rows of this one
        elif before.query_hash != query_hash and before.changes_from is not None:
            self.logger.warning(
                "%s: 'alert_query' has changed since the last sync, so the stream starts from the beginning.", self.name
            )
            before, self.owed = SyncState(), {}
        progress = before.starting(self.history.start)
        if before.start is not None and before.done and not progress.done:
            self.log_earlier_start(before.start)
        if self.has_moved:
            self._compare_with_predecessor(progress)
            progress = replace(progress, counted=None, was_short=False)  # the other API may have other rows
        progress = replace(progress, query_hash=query_hash, full_refresh=is_full, generation=generation)
        if progress.done and BACKFILL not in self.given:
            self._warn_of_older_state()
        if not progress.done and progress.changes_from is None:
            progress = progress.changed(self.context.clock.not_in_future(self.history.newest_change()))
        self.proceed(progress)
        return not progress.done

    def _compare_with_predecessor(self, progress: SyncState) -> None:
        """Warn if the API has fewer of the rows that the other one counted before the move."""
        if self.history.query is not None or progress.counted is None or progress.counted_before is None:
            return
        now = self.history.expected(SyncState(start=progress.start, until=progress.counted_before))
        if now is not None and now < progress.counted:
            api, before, moment = self.client.backend.name, self.client.backend.predecessor, progress.counted_before
            of_before = (before, progress.counted, self.history.name, from_millis(moment))
            self.logger.warning(FEWER_SINCE_MOVE, self.name, *of_before, api, now, before)

    def _warn_of_older_state(self) -> None:
        """Warn if the account has more rows than an older connector, which stops where a list ends, can have read."""
        counted = self.history.expected(SyncState(start=self.history.start))
        if counted is not None and counted > scan.RESULT_WINDOW:
            api, objects = self.client.backend.name, self.history.name
            self.logger.warning(OLDER_STATE, self.name, scan.RESULT_WINDOW, objects, api, counted, objects)

    def begin_sweep(self, progress: SyncState) -> SyncState:
        """Return the progress at the beginning of a sweep, because there are too many changes to keep in memory.

        Later changes are read after it.
        """
        self.logger.info(SWEEP, self.name, self.history.most_changes, self.history.name)
        newest = self.context.clock.not_in_future(self.history.newest_change())
        return progress.sweeping(self.since_of(progress), newest)

    def since_of(self, progress: SyncState) -> int:
        """Return the time from which changes are due at some progress, less the lookback."""
        return (progress.changes_from or 0) - self.context.config.lookback_millis

    def announce_backfill(self, calls_each: float, progress: SyncState) -> None:
        """Find out how much a backfill reads, and log beforehand what a long one will cost."""
        expected = self.history.expected(progress)
        self.metrics.expect(self.history.name, expected)
        if expected is None:
            return
        self.client.limiter.prepare()
        line = cost(self.name, self.metrics, math.ceil(expected * calls_each), self.client.limiter)
        if line:
            self.logger.info(line)

    @property
    def indexed_before(self) -> int:
        """Return the creation time before which rows are compared with a count: a scan may miss later ones."""
        return self.context.clock.sync_start() - INDEX_LAG

    def compared_in(self, batch: scan.Batch) -> int:
        """Count the rows of a batch that were created before `indexed_before`.

        Most batches end before that time: all their rows count, and no row's time is parsed.
        """
        before = self.indexed_before
        if batch.reached is not None and batch.reached < before:
            return len(batch.rows)
        return created_before(before, batch.rows)

    def verify(self, at_start: SyncState, read: int) -> bool:
        """Compare how many rows of the list were read with how many the API counts now; return whether none is missing.

        Deletions explain a lower count. If the count is higher, rows were missed or indexed late. With a user's query
        nothing is compared: rows may begin to match it at any time.
        """
        if self.history.query is not None:
            return True
        start, end = at_start.created_from, min(self.indexed_before, at_start.until or self.indexed_before)
        counted = self.history.count(scan.Query(created_from=start, created_before=end))
        if counted is None or counted <= read:
            return True
        api, span = self.client.backend.name, (from_millis(start), from_millis(end))
        self.logger.warning(FEWER_READ, self.name, api, counted, self.history.name, *span, read)
        return False

    def note_older(self, rows: Iterable[Row], progress: SyncState) -> None:
        """Count the rows that were created before the last sync began, and are read by this one."""
        if progress.counted_before is not None:
            self._older += created_before(progress.counted_before, rows)

    def count_older(self, progress: SyncState) -> SyncState:
        """Note how many rows from before this sync the API counts; warn if its count up to the last sync has grown.

        The further rows were probably hidden then, and are read only if they have changed since. With a user's query
        nothing is counted: see `verify`. A count of zero is not noted, because it may be what a caller without rights
        gets.
        """
        if self.history.query is not None:
            return progress
        if progress.counted is not None and progress.counted_before is not None:
            now = self.history.expected(SyncState(start=progress.start, until=progress.counted_before))
            unread = (now or 0) - progress.counted - self._older
            if unread > 0:
                api, moment = self.client.backend.name, from_millis(progress.counted_before)
                self.logger.warning(APPEARED, self.name, api, unread, self.history.name, moment)
        before = self.indexed_before
        counted = self.history.expected(SyncState(start=progress.start, until=before))
        return replace(progress, counted=counted, counted_before=before) if counted else progress

    def estimated(self) -> Iterator[AirbyteMessage]:
        """Tell Airbyte how many rows to expect, if the number has changed enough."""
        rows = self.metrics.row_estimate
        if rows is not None and not self._estimated_rows * (1 - NEWS) <= rows <= self._estimated_rows * (1 + NEWS):
            self._estimated_rows = rows
            yield estimate(self.name, rows)


def created_before(moment: int, rows: Iterable[Row]) -> int:
    """Count the rows that were created before a moment; those without a time count, too."""
    return sum((to_millis(row.get(scan.CREATED)) or 0) < moment for row in rows)
