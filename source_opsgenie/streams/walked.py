"""Streams over alerts and incidents and over what hangs below each of them: their history first, later what changed."""

from __future__ import annotations

import math
from abc import ABC
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.models import SyncMode

from source_opsgenie.api.errors import OpsgenieError
from source_opsgenie.api.paging import MAX_PAGE
from source_opsgenie.api.timestamps import from_millis
from source_opsgenie.streams import walk
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.lists import Child
from source_opsgenie.streams.outlook import cost, estimate
from source_opsgenie.streams.progress import Progress
from source_opsgenie.streams.refusals import StreamRefusedError
from source_opsgenie.streams.walkable import MILLIS, WalkedList, brief

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import timedelta

    from airbyte_cdk.models import AirbyteMessage
    from airbyte_cdk.sources.streams.core import StreamData

    from source_opsgenie.streams.base import Parent, Row
    from source_opsgenie.streams.context import Context

NEWS = 0.1  # an estimate that differs by this part from the one told is worth telling

# STATE at least so often in a backfill.
RECORDS_BETWEEN_STATES = 1000
PARENTS_BETWEEN_STATES = 100


class _Walked(Checkpointed, ABC):
    """What the parent's stream and its children's streams share: progress as state, and the two phases of a sync."""

    source_list: WalkedList

    _progress = Progress()
    _told = 0  # rows that Airbyte was told to expect

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Give the times of both phases."""
        progress = Progress.load(state)
        return [None] if progress is None else progress.cursors

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on in the phase that the state is of."""
        self._proceed(Progress.load(state) or self._fresh(full_refresh=False))

    def _proceed(self, progress: Progress) -> None:
        self._progress = progress
        self._state = self.signed(progress.dump())

    def _fresh(self, *, full_refresh: bool) -> Progress:
        return Progress.fresh(start=self.source_list.start, query=self.source_list.query, full_refresh=full_refresh)

    def _begin(self, sync_mode: SyncMode) -> bool:
        """Fit the state to the configuration and the mode; tell whether a backfill is to be done."""
        progress = self._progress
        fresh = self._fresh(full_refresh=sync_mode == SyncMode.full_refresh)
        if sync_mode == SyncMode.full_refresh and (progress.done or not progress.full_refresh):
            progress = fresh
        elif progress.query != fresh.query and progress.changes_from is not None:
            self.logger.warning(
                "%s: 'alert_query' has changed since the last sync: reading from the beginning.", self.name
            )
            progress = fresh
        progress = replace(progress.starting(fresh.start), query=fresh.query, full_refresh=fresh.full_refresh)
        if not progress.done and progress.changes_from is None:
            progress = progress.changed(self._reached(self.source_list.newest_change()))
        self._proceed(progress)
        return not progress.done

    def _expect(self, progress: Progress, calls_each: float) -> None:
        """Find out how much a backfill goes through, and say beforehand what a long one will cost."""
        expected = self.source_list.expected(progress)
        self.headway.expect(self.source_list.name, expected)
        if expected is None:
            return
        self.pacer.prepare()
        line = cost(self.name, self.headway, math.ceil(expected * calls_each), self.pacer)
        if line:
            self.logger.info(line)

    def _estimate(self) -> Iterator[AirbyteMessage]:
        """Tell Airbyte how many rows to expect, where that is news."""
        rows = self.headway.row_estimate
        if rows is not None and not self._told * (1 - NEWS) <= rows <= self._told * (1 + NEWS):
            self._told = rows
            yield estimate(self.name, rows)

    def _reached(self, moment: int | None) -> int | None:
        """Give a cursor that Opsgenie's clock has reached: a change in the future must not hide those to come."""
        return self.context.clock.past(moment)

    def _since(self, progress: Progress) -> int:
        lookback: timedelta = self.context.config.lookback
        return (progress.changes_from or 0) - int(lookback.total_seconds() * MILLIS)


class WalkedStream(WalkedList, _Walked, ABC):
    """Alerts and incidents themselves: their history first, later what changed."""

    cursor_field: ClassVar[str] = walk.UPDATED
    state_checkpoint_interval: ClassVar[int] = RECORDS_BETWEEN_STATES

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.source_list = self
        self._proceed(self._fresh(full_refresh=False))

    def read_records(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[StreamData]:
        """Deliver history, or what changed since the last sync."""
        with suppress(StreamRefusedError):
            yield from self._due(sync_mode)

    def _due(self, sync_mode: SyncMode) -> Iterator[Row | AirbyteMessage]:
        if self._begin(sync_mode):
            begun, delivered = self._progress, 0
            self._expect(begun, 1 / MAX_PAGE)
            yield from self._estimate()
            for batch in self.backfill(begun):
                yield from batch.rows
                delivered += len(batch.rows)
                self.headway.add(len(batch.rows), len(batch.rows))
                self._proceed(self._progress.reached(batch.reached))
            self._verify(begun, delivered)
            self._proceed(self._progress.finished())
            if not begun.goes_on:
                return
        newest: int | None = None
        self.headway.expect(f"changed {self.name}", None)
        for batch in self.changes(self._since(self._progress)):
            yield from batch.rows
            self.headway.add(len(batch.rows), len(batch.rows))
            newest = batch.reached
        self._proceed(self._progress.changed(self._reached(newest)))

    def _verify(self, begun: Progress, delivered: int) -> None:
        """Compare what a backfill delivered with what Opsgenie counts in the range read.

        Fewer than delivered are explained by deletions. More were lost, or came into sight late, for what is created
        meanwhile lies beyond the range. With a query of the user's, rows may come into sight at any time, and nothing
        is said.
        """
        reached = self._progress.created_to
        if reached is None or self.query is not None:
            return
        start = begun.created_from
        counted = self.count(walk.Query(created_from=start, created_before=reached + 1))
        if counted is not None and counted > delivered:
            self.logger.warning(
                "%s: Opsgenie counts %d rows created from %s to %s, and %d were delivered. A full refresh of the "
                "stream reads them again.",
                self.name,
                counted,
                from_millis(start),
                from_millis(reached),
                delivered,
            )


class WalkedChild(Child, _Walked, ABC):
    """A list below each alert or incident: of all of them at first, later of those that changed, oldest change first.

    Attributes:
        id_column: the column that names the parent; None where the rows bear its id themselves.
        change_column: for rows without a time of their own, the column that takes the parent's last change.
        rereads_open: read the rows of parents that are not closed at every sync, changed or not.
    """

    id_column: ClassVar[str | None]
    change_column: ClassVar[str | None] = None
    gives_up = True
    rereads_open: ClassVar[bool] = False

    def __init__(self, context: Context, parent: WalkedList) -> None:
        super().__init__(context, parent)
        self.source_list = parent
        self._proceed(self._fresh(full_refresh=False))
        self._results: Iterator[tuple[Parent | Progress, list[Row]]] = iter(())
        self._ended = False

    @property
    def parent_columns(self) -> Mapping[str, str]:  # type: ignore[override] # derived from the two facts above
        """The columns taken from the parent."""
        columns = {self.id_column: "id", self.change_column: walk.UPDATED}
        return {column: name for column, name in columns.items() if column is not None}

    @property
    def asks_by(self) -> Iterable[str]:
        """The parent's fields that a call needs."""
        return ("id",)

    def stream_slices(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any] | None]:
        """Yield a number for each hundred parents or so.

        What is in a slice is found out while it is read, by one walk through all of them: so the calls for the
        parents of the next slice are under way before those of this one have all been answered.
        """
        self._results = self.ahead(self._work(sync_mode), self._result_of)
        self._ended = False
        number = 0
        while not self._ended:
            number += 1
            yield {"part": number}

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[StreamData]:
        """Deliver the rows of a slice's parents; only then is the state that of the slice."""
        try:
            for item, rows in self._results:
                if isinstance(item, Progress):
                    if self.refusals.allow_state:
                        self._proceed(item)
                    yield from self._estimate()
                    return
                yield from rows
                self.headway.add(len(rows))
        except StreamRefusedError:
            self.refusals.inherit(self.above.refusals)
        except OpsgenieError as error:
            raise self.named(error) from error  # it may be the parents' list that failed
        self.refusals.report()
        self._ended = True

    def _result_of(self, item: Parent | Progress) -> list[Row]:
        return [] if isinstance(item, Progress) else self.all_rows_of(item)

    def _work(self, sync_mode: SyncMode) -> Iterator[Parent | Progress]:
        """Give the parents to read, and between them the progress that is made once all before it are read."""
        backfill = self._begin(sync_mode)
        progress = self._progress
        if backfill:
            goes_on = progress.goes_on
            self._expect(progress, 1)
            for batch in self.source_list.backfill(progress):
                yield from map(brief, batch.rows)
                progress = progress.reached(batch.reached)
                yield progress
            progress = progress.finished()
            yield progress
            if not goes_on:
                return
        yield from self._changed(progress)

    def _changed(self, progress: Progress) -> Iterator[Parent | Progress]:
        due = self.source_list.changed_parents(self._since(progress), with_open=self.rereads_open)
        changed, newest = due.rows, due.reached
        self.headway.expect(self.source_list.name, len(changed))
        for first in range(0, len(changed), PARENTS_BETWEEN_STATES):
            parents = changed[first : first + PARENTS_BETWEEN_STATES]
            yield from parents
            if newest is not None:
                # Not beyond the newest change when the walk began: others may have come behind the walk's back since.
                progress = progress.changed(self._reached(min(newest, walk.updated_at(parents[-1]))))
            yield progress
