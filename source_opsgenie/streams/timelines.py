"""Who was on call, when: the timelines of all schedules, month by month."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.models import SyncMode

from source_opsgenie.api.body import UnusableBodyError, data_at
from source_opsgenie.api.paging import NoPaging, Paging
from source_opsgenie.api.timestamps import FARTHEST_ZONE, cursor_to_millis, from_millis, to_millis
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.lists import Child
from source_opsgenie.streams.refusals import StreamRefusedError
from source_opsgenie.streams.schedules import SCHEDULE_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from source_opsgenie.api.body import Body
    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import OpsgenieStream, Parent, Row
    from source_opsgenie.streams.context import Context

END = "endDate"
START = "startDate"
MILLIS = 1000
LAYERS = ("final", "base", "override", "forwarding")

# Noon of the first day: whether Opsgenie answers with the month that a moment is in, by the schedule's own time zone,
# or with the month that begins with that day or moment, is not documented. From here on each of them follows on the
# one before, in every time zone.
HOUR_ASKED = 12


class _Periods(NoPaging):
    """One object, in which periods are nested three deep: timelines, rotations, periods."""

    def rows_of(self, body: Body) -> list[Any]:
        """Give the periods, with the names of what they are nested in."""
        data = data_at(body, "data")
        if not isinstance(data, dict):
            raise UnusableBodyError("an answer whose 'data' is not an object")
        return [period for layer in LAYERS for period in _periods(data, layer)]


def _periods(data: Row, layer: str) -> Iterator[Any]:
    schedule = data.get("_parent")
    for rotation in _listed(data.get(f"{layer}Timeline"), "rotations"):
        for period in _listed(rotation, "periods"):
            if not isinstance(period, dict):
                yield period
                continue
            yield {
                "schedule_name": schedule.get("name") if isinstance(schedule, dict) else None,
                "layer": layer,
                "rotation_id": rotation.get("id") or "",
                "rotation_name": rotation.get("name"),
                "rotation_order": rotation.get("order"),
                "recipient_id": _recipient_id(period),
                **period,
            }


def _listed(holder: Any, name: str) -> list[Any]:  # noqa: ANN401 - as received
    """Give a list inside an object. What should be either and is not is handed on, to be warned of as a row."""
    value = holder.get(name) if isinstance(holder, dict) else holder
    if value is None:
        return []
    return value if isinstance(value, list) and isinstance(holder, dict) else [value]


def _recipient_id(period: Row) -> str:
    """Name who is on call, for the key: a period of the past may have several recipients, or none at all."""
    several = period.get("flattenedRecipients")
    recipients = [period["recipient"]] if period.get("recipient") else several if isinstance(several, list) else []
    return ",".join(str(each.get("id") if isinstance(each, dict) else each) for each in recipients)


@dataclass(frozen=True, order=True)
class Month:
    """A month of the calendar, UTC."""

    year: int
    month: int

    @classmethod
    def of(cls, moment: int) -> Month:
        """Give the month that a moment is in, in epoch milliseconds."""
        date = datetime.fromtimestamp(moment / MILLIS, timezone.utc)
        return cls(date.year, date.month)

    @property
    def next(self) -> Month:
        """The month behind it."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def instant(self, hour: int = 0) -> int:
        """Give an hour of its first day, in epoch milliseconds."""
        return int(datetime(self.year, self.month, 1, hour, tzinfo=timezone.utc).timestamp() * MILLIS)


class ScheduleTimelines(Checkpointed, Child):
    """Every period of every schedule that has ended: a row each, in each of its layers.

    A period belongs to the month in which it ends: so it comes once, whether Opsgenie cuts periods at the ends of a
    month or not. One that has not ended yet may still change, and comes once it has.
    """

    location = "v2/schedules/{id}/timeline"
    record: ClassVar[type[Record]] = records.ScheduleTimeline
    paging: ClassVar[Paging] = _Periods()
    primary_key: ClassVar[list[str]] = ["schedule_id", "layer", "rotation_id", "startDate", "endDate", "recipient_id"]
    parent_columns: ClassVar[Mapping[str, str]] = SCHEDULE_ID
    parameters: ClassVar[Mapping[str, str]] = {
        "expand": "base,forwarding,override",
        "interval": "1",
        "intervalUnit": "months",
    }
    cursor_field: ClassVar[str] = END

    def __init__(self, context: Context, parent: OpsgenieStream) -> None:
        super().__init__(context, parent)
        self._state: MutableMapping[str, Any] = {}
        self._since = 0
        self._now = 0
        self._filling_gap = False
        self._noting_ends = threading.Lock()
        self._ends: list[int] = []

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Give the time up to which all periods that ended were read.

        A start date that cannot be read counts as a cursor that is none: what was never read before it would be taken
        for read.
        """
        ended = cursor_to_millis(state.get(END))
        unreadable = START in state and cursor_to_millis(state[START]) is None
        return [ended, None] if unreadable else [ended]

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the last month read."""
        times = {name: cursor_to_millis(state.get(name)) for name in (START, END)}
        self._state = self.signed({name: from_millis(time) for name, time in times.items() if time is not None})

    def stream_slices(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any] | None]:
        """Give the months, from the start date or the last sync's state to now, by Opsgenie's own clock."""
        with suppress(StreamRefusedError):
            for _ in self.parents():
                break
        if self.refusals.left_out_because is not None:
            return
        self._now = self.context.clock.earliest or int(time.time() * MILLIS)
        start = self._start()
        cursor = to_millis(self._state.get(END)) if sync_mode == SyncMode.incremental else None
        if cursor is None:
            self._state = {}
            yield from self._months(start, self._now)
        else:
            begun = to_millis(self._state.get(START))
            if begun is not None and start < begun:
                self._filling_gap = True  # it was moved back: what is before the months read is read first
                yield from self._months(start, min(begun, self._now))
                self._filling_gap = False
            lookback = int(self.context.config.lookback.total_seconds() * MILLIS)
            yield from self._months(max(start, cursor - lookback), self._now)
        self.refusals.report()

    def _start(self) -> int:
        """Give the time that the user wants timelines from."""
        start = self.context.config.start
        if start is not None:
            return int(start.timestamp() * MILLIS)
        now = Month.of(self._now)
        return Month(now.year - 1, now.month).instant()

    def _months(self, since: int, until: int) -> Iterator[Mapping[str, Any]]:
        """Give the months in which periods may have ended from one time to another; none, if it lies in the future."""
        self._since = since
        # By so much may a schedule's month begin earlier or later.
        month = Month.of(since - FARTHEST_ZONE)
        while self.refusals.left_out_because is None and month <= Month.of(until + FARTHEST_ZONE):
            yield {"month": f"{month.year}-{month.month:02}"}
            month = month.next

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any]]:
        """Deliver the periods of all schedules that ended in a month; only then is the state that of the month."""
        year, _, number = (stream_slice or {})["month"].partition("-")
        month = Month(int(year), int(number))
        self._ends = []
        with suppress(StreamRefusedError):
            for _, rows in self.ahead(self.parents(), partial(self._ended_in, month)):
                yield from rows
            if self._ends and self.refusals.allow_state and not self._filling_gap:
                reached = max(min([self._now, *self._ends]), to_millis(self._state.get(END)) or 0)
                self._state = self.signed({START: from_millis(self._start()), END: from_millis(reached)})

    def _ended_in(self, month: Month, schedule: Parent) -> list[Row]:
        """Read one schedule's periods that ended in a month, and are due."""
        asked = {**self.first_params(schedule), "date": from_millis(month.instant(HOUR_ASKED))}
        rows: list[Row] = []
        for page in self.pages(schedule, asked):
            # Opsgenie answers with a window of its own choice, it seems by the schedule's time zone.
            window = page.body["data"]
            begin = to_millis(window.get("startDate")) or month.instant()
            end = to_millis(window.get("endDate")) or month.next.instant()
            with self._noting_ends:
                self._ends.append(end)
            after, until = max(begin, self._since), min(end, self._now)
            rows += [row for row in page.rows if after < (to_millis(row.get(END)) or end) <= until]
        return rows
