"""The child streams of alerts and incidents."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.scan import scan
from source_opsgenie.scan.changes import INDEX_LAG
from source_opsgenie.streams.base import ONE_BY_ID, Parent
from source_opsgenie.streams.history import CLOSED, HistoryStream, brief, is_due
from source_opsgenie.streams.resumed import Resumed
from source_opsgenie.streams.skips import StreamSkippedError
from source_opsgenie.streams.state import SyncState
from source_opsgenie.streams.sub_stream import Outcome, SubStream

# A STATE is emitted at least this often while the changed parents are read.
PARENTS_BETWEEN_STATES = 100

LATE_ROW = (
    "a row of %s is from %s, but the 'updatedAt' of the %s is %s, so %s does not count such a row as a change. "
    "A later sync misses such a row if it is added after the time that 'lookback_window' covers. To read such rows, "
    "make 'lookback_window' longer (at most P365D), or refresh the stream, and retain its records."
)


class HistorySubStream(Resumed, SubStream):
    """A child stream of alerts or incidents: of all of them at first, then of those that changed, oldest first."""

    parent_stream: ClassVar[type[HistoryStream]]

    parent: HistoryStream

    _results: Iterator[tuple[Parent | SyncState, Outcome]] = iter(())
    _ended = False

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

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
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
                rows = self.settle(item, outcome)
                yield from map(self.cleaned, rows)
                self.metrics.add(len(rows))
        except StreamSkippedError:
            with suppress(StreamSkippedError):
                self.skips.inherit(self.parent.skips)
        except ApiError as error:
            raise error.named(self.name) from error  # it may be the parents' list that failed
        self.skips.report()
        self._ended = True

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a parent's rows, or note why they are missing: what failed is owed to the next sync."""
        rows = super().settle(parent, outcome)
        error = outcome if isinstance(outcome, ApiError) else None
        identity = self.name_of(parent)
        if identity not in self.owed:  # the state of one that is owed may have an older `updatedAt`
            self._warn_of_late_row(parent, rows)
        if error is None:
            self.skips.failed.pop(identity, None)  # one that is owed may have failed earlier in this sync
        self.note_owed(identity, parent.get(scan.UPDATED), error)
        return rows

    def _warn_of_late_row(self, parent: Parent, rows: list[Row]) -> None:
        """Warn of the first row that came after its parent's last change, because later syncs may miss such rows.

        Whether a row changes its parent's `updatedAt` is not documented. Only rows from before the sync are compared,
        because later ones may be newer than the list of parents; the parent's own single object is not compared.
        """
        is_read_anyway = self.progress.full_refresh or (self.parent.rereads_open and parent.get("status") != CLOSED)
        if is_read_anyway or self.list_path.endswith(ONE_BY_ID):
            return
        updated, overlap = scan.updated_at(parent), max(self.context.config.lookback_millis, INDEX_LAG)
        times = scan.times_of(rows, self.cursor_field)
        late = next((moment for moment in times if updated + overlap < moment < self.indexed_before), None)
        if late is not None:
            kind, api = self.parent.name.removesuffix("s"), self.client.backend.name
            owner, moments = f"{kind} {self.name_of(parent)}", (from_millis(late), kind, from_millis(updated))
            self.warn_once(LATE_ROW, owner, *moments, api)

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
        is_backfill_due = self.begin(sync_mode)
        progress = self.progress
        if self.owed:
            yield from [{"id": identity, scan.UPDATED: updated} for identity, updated in self.owed.items()]
            yield progress
        if is_backfill_due:
            continues_earlier = progress.continues_earlier
            progress = yield from self._backfill_items(progress)
            if not continues_earlier:
                return
        yield from self._changed(progress)

    def _backfill_items(self, progress: SyncState) -> Generator[Parent | SyncState, None, SyncState]:
        if progress.changed_since is None:
            self.announce_backfill(1, progress)
        else:  # how many of all parents have changed is known at the end only
            self.metrics.expect(f"changed {self.parent.name}", None)
        at_start, compared = progress, 0
        for batch in self.parent.backfill(at_start):
            compared += self.compared_in(batch)
            for row in batch.rows:
                if is_due(row, at_start.changed_since, with_open=self.parent.rereads_open):
                    self.note_older([row], at_start)
                    yield self.kept(row)
            progress = progress.reached(batch.reached)
            yield progress
        expected = self.parent.expected(at_start)
        if expected is not None and compared < expected:
            self.verify(at_start, compared)
        progress = self.count_older(progress.finished())
        yield progress
        return progress

    def _changed(self, progress: SyncState) -> Iterator[Parent | SyncState]:
        since = self.since_of(progress)
        due = self.parent.changed_parents(since)
        if due is None:
            yield from self._backfill_items(self.begin_sweep(progress))
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
