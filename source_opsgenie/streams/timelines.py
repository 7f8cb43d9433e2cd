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
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.base import FAILURES, ApiStream, SubStream
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.owed import OWED, Owed, owed_in
from source_opsgenie.streams.schedules import SCHEDULE_ID, Schedules
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from source_opsgenie.api.body import Body
    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import Parent, Row
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


class ScheduleTimelines(Checkpointed, SubStream):
    """Every period of every schedule that has ended: a row each, in each of its layers.

    A period belongs to the month in which it ends: so it comes once, whether Opsgenie cuts periods at the ends of a
    month or not. One that has not ended yet may still change, and comes once it has.
    """

    parent_stream: ClassVar[type[ApiStream]] = Schedules
    list_path = "v2/schedules/{id}/timeline"
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

    def __init__(self, context: Context, parent: ApiStream) -> None:
        super().__init__(context, parent)
        self._state: MutableMapping[str, Any] = {}
        self._owed = Owed(self.name)
        self._since = 0
        self._now = 0
        self._month = Month(1, 1)
        self._is_catching_up = False  # on what earlier syncs left out: the state's time stays where it is
        self._only: frozenset[str] | None = None  # of the schedules, by id; None: all
        self._refused: set[str] = set()  # each is told once, for however many months it is asked
        self._noting_ends = threading.Lock()
        self._ends: list[int] = []

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the time up to which all periods that ended were read.

        A start date that cannot be read makes the state unusable, because what was never read before it would count as
        read.
        """
        ended = cursor_to_millis(state.get(END))
        unreadable = START in state and cursor_to_millis(state[START]) is None
        return [ended, None] if unreadable else [ended]

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the last month read."""
        times = {name: cursor_to_millis(state.get(name)) for name in (START, END)}
        self._owed.load(owed_in(state))
        self._keep({name: from_millis(time) for name, time in times.items() if time is not None})

    def _keep(self, times: Mapping[str, Any]) -> None:
        owed = self._owed.dump()
        self.keep({**times, **({OWED: owed} if owed else {})} if times or owed else {})

    def stream_slices(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any] | None]:
        """Yield the months, from the start date or the last sync's state to now, by the API's own clock."""
        with suppress(StreamSkippedError):
            for _ in self.parents():
                break
        if self.skips.because is not None:
            return
        self._now = self.context.clock.earliest or int(time.time() * MILLIS)
        start = self._start()
        cursor = to_millis(self._state.get(END)) if sync_mode == SyncMode.incremental else None
        if cursor is None:
            self._state = {}
            self._owed.load({})
            yield from self._months(start, self._now)
        else:
            yield from self._catch_up(start, cursor)
            lookback = int(self.context.config.lookback.total_seconds() * MILLIS)
            yield from self._months(max(start, cursor - lookback), self._now)
        self.skips.report()
        yield from self.failures_slice()

    def _catch_up(self, start: int, cursor: int) -> Iterator[Mapping[str, Any]]:
        """Yield the months that earlier syncs left out: of owed schedules, and from a start date that moved back."""
        self._is_catching_up = True
        for since, schedules in _by_time(self._owed.dump()):
            self._only = schedules
            yield from self._months(max(start, since), cursor)
        self._only = None
        begun = to_millis(self._state.get(START))
        if begun is not None and start < begun:
            yield from self._months(start, min(begun, self._now))
        self._is_catching_up = False

    def _start(self) -> int:
        """Return the time that the user wants timelines from."""
        start = self.context.config.start
        if start is not None:
            return int(start.timestamp() * MILLIS)
        now = Month.of(self._now)
        return Month(now.year - 1, now.month).instant()

    def _months(self, since: int, until: int) -> Iterator[Mapping[str, Any]]:
        """Yield the months in which periods may have ended from one time to another; none, if it lies in the future."""
        self._since = since
        # By so much may a schedule's month begin earlier or later.
        month = Month.of(since - FARTHEST_ZONE)
        while self.skips.because is None and month <= Month.of(until + FARTHEST_ZONE):
            yield {"month": f"{month.year}-{month.month:02}"}
            month = month.next

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any]]:
        """Emit the periods of all schedules that ended in a month; only then is the state that of the month.

        Raises:
            ApiError: the list of schedules cannot be read, or the timelines of some; those are owed to the next sync.
        """
        if FAILURES in (stream_slice or {}):
            self.skips.raise_failures()
        year, _, number = (stream_slice or {})["month"].partition("-")
        self._month = Month(int(year), int(number))
        self._ends = []
        with suppress(StreamSkippedError):
            for schedule, outcome in self.prefetch(self._schedules(), partial(self._ended_in, self._month)):
                yield from map(self.cleaned, self.settled(schedule, outcome))
            if self.skips.allow_state:
                self._proceed()

    def _schedules(self) -> Iterator[Parent]:
        """Yield the schedules that are due; one that failed in an earlier month of this sync is owed from there on."""
        for schedule in self.parents():
            identity = str(schedule.get("id"))
            if identity not in self.skips.failed and (self._only is None or identity in self._only):
                yield schedule

    def _proceed(self) -> None:
        """Move the state on to where all periods have been read, with the schedules that are owed."""
        times = {name: self._state[name] for name in (START, END) if name in self._state}
        if self._ends and not self._is_catching_up:
            reached = max(min([self._now, *self._ends]), to_millis(self._state.get(END)) or 0)
            times = {START: from_millis(self._start()), END: from_millis(reached)}
        self._keep(times)

    def settled(self, parent: Parent, outcome: list[Row] | RefusedError | ApiError) -> list[Row]:
        """Return a schedule's periods, or note why there are none: what failed is owed to the next sync."""
        identity = str(parent.get("id"))
        if isinstance(outcome, RefusedError) and identity in self._refused:
            return []
        rows = super().settled(parent, outcome)
        if isinstance(outcome, RefusedError):
            self._refused.add(identity)
        if isinstance(outcome, ApiError):
            since = max(self._since, self._month.instant() - FARTHEST_ZONE)
            self._owed.settle(identity, from_millis(since), outcome)
        elif not self._is_catching_up and identity not in self.skips.failed:
            self._owed.settle(identity, None, None)
        return rows

    def _ended_in(self, month: Month, schedule: Parent) -> list[Row] | RefusedError | ApiError:
        """Read one schedule's periods that ended in a month, and are due."""
        try:
            return self._periods_of(month, schedule)
        except (RefusedError, ApiError) as error:
            return error

    def _periods_of(self, month: Month, schedule: Parent) -> list[Row]:
        asked = {**self.first_params(schedule), "date": from_millis(month.instant(HOUR_ASKED))}
        rows: list[Row] = []
        for page in self.pages(schedule, asked):
            # Opsgenie answers with a range of its own choice, it seems by the schedule's time zone.
            answered = page.body["data"]
            begin = to_millis(answered.get("startDate")) or month.instant()
            end = to_millis(answered.get("endDate")) or month.next.instant()
            with self._noting_ends:
                self._ends.append(end)
            after, until = max(begin, self._since), min(end, self._now)
            rows += [row for row in page.rows if after < (to_millis(row.get(END)) or end) <= until]
        return rows


def _by_time(owed: Mapping[str, str | None]) -> list[tuple[int, frozenset[str]]]:
    """Return the schedules owed, together those that are owed from the same time on."""
    times = sorted({to_millis(since) or 0 for since in owed.values()})
    return [
        (time, frozenset(name for name, since in owed.items() if (to_millis(since) or 0) == time)) for time in times
    ]
