"""Reads the timelines of schedules month by month, and keeps in the state how far it has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, ClassVar

from airbyte_cdk.models import FailureType, SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.body import Row, objects_of
from source_opsgenie.http.errors import ApiError, RefusedError, system_error
from source_opsgenie.http.paging import Value
from source_opsgenie.http.timestamps import (
    FARTHEST_ZONE,
    HOUR,
    LAST_MILLIS,
    MILLIS,
    MINUTE,
    cursor_to_millis,
    from_millis,
    to_millis,
)
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.checkpointed import START, Checkpointed, owed_since
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.skips import StreamSkippedError
from source_opsgenie.streams.sub_stream import Outcome, SubStream

END_DATE = "endDate"

# The state's key for the time up to which periods were read before the account moved. Recipients have other ids since
# then, and are part of the key, so an older period that is read again does not replace its row.
MOVED_AT = "movedAt"

GAP = (
    "periods that ended from %s to %s are missing, because %s no longer shows them. While %s still answers, read the "
    "whole stream from there, with a second source and a prefix of its own."
)

# The state's key for when the last answers begin, by schedule. An answer may cut a period that began before it, so the
# next sync asks for the same range again. Only answers that begin at the moment asked for need that: if the API chooses
# the moment, such as the beginning of a month, it chooses the same one again.
RANGES = "ranges"

# Noon of the first day: whether the API answers with the month that a moment is in, by the schedule's own time zone, or
# with the month that begins with that day or moment, is not documented. Asked like this, an answer usually continues
# the one before, in either case and in every time zone.
NOON = 12 * HOUR

# How much time an interval of one month covers is not documented either. The shortest interval of the API is a day, and
# a month may have to be read from the last day of the one before.
MOST_ANSWERS = 40


def month_of(moment: int) -> date:
    """Return the month of a moment in epoch milliseconds: the date of its first day, in UTC."""
    return datetime.fromtimestamp(moment / MILLIS, timezone.utc).date().replace(day=1)


def month_after(month: date) -> date:
    """Return the month after another."""
    return (month + timedelta(days=31)).replace(day=1)


def month_start(month: date) -> int:
    """Return the moment at which a month begins in UTC, in epoch milliseconds."""
    return int(datetime(month.year, month.month, 1, tzinfo=timezone.utc).timestamp() * MILLIS)


def earliest_month_start(month: date) -> int:
    """Return the moment, in epoch milliseconds, at which a month begins in the time zone where it begins first."""
    return month_start(month) - FARTHEST_ZONE


class MonthlyTimelines(Checkpointed, SubStream):
    """The on-call periods that have ended, of each schedule and each of its layers: one row for each period.

    Each answer covers a range of time. Ranges may overlap, so periods that ended before the end of the previous range
    were read already. A period is emitted with the range in which it ends. So it is emitted once, whether or not the
    API cuts periods at the ends of a range. A period that has not ended may still change, so it is emitted after it has
    ended.

    Attributes:
        beyond_reach: a warning that months before the `{first}` that the API shows are not read.
    """

    record = records.ScheduleTimeline
    primary_key: ClassVar[list[str]] = ["schedule_id", "layer", "rotation_id", "startDate", "endDate", "recipient_id"]
    parameters: ClassVar[Mapping[str, Value]] = {"interval": "1", "intervalUnit": "months"}
    cursor_field = END_DATE
    # A schedule that was not listed may have been hidden from the key or the owner of the token: it is read from the
    # start date.
    listed_as = "schedules"
    beyond_reach: ClassVar[str] = ""

    def __init__(self, context: Context, parent: ApiStream) -> None:
        super().__init__(context, parent)
        self.now = 0
        self._since = self._until = 0  # the times between which the periods that are read ended
        self._due: int | None = None  # the time from which no earlier sync has read periods; None in a first sync
        self.month = date.min  # of the slice
        # The schedules, by id, of which it reads what earlier syncs did not. Meanwhile, the state's time does not move.
        self._only: Collection[str] | None = None
        self._is_cut = False  # whether the start date leaves out periods of a schedule that is owed
        self._left: set[str] = set()  # schedules that are not asked for again in this sync, by id
        # Up to when the periods of each schedule were read, by id: in this month, and in the one before it.
        self._reached: dict[str, int] = {}
        self._reached_before: dict[str, int] = {}
        self._begins: dict[str, list[int]] = {}  # when answers of this sync and the last one begin, see `RANGES`

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the last month read."""
        times = {name: cursor_to_millis(state.get(name)) for name in (START, END_DATE, MOVED_AT)}
        if self.has_moved:
            times[MOVED_AT] = times[END_DATE]
        ranges = None if self.has_moved else state.get(RANGES)
        begins = {name: to_millis(time) for name, time in ranges.items()} if isinstance(ranges, dict) else {}
        self._begins = {name: [begin] for name, begin in begins.items() if begin is not None}
        # Without a time, the next sync reads all months anyway.
        self.keep({name: from_millis(time) for name, time in times.items() if time is not None})

    def completed_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Add when the last answers begin that the next sync will have to ask for again."""
        since = (to_millis(state.get(END_DATE)) or 0) - self.context.config.lookback_millis
        known = {name: self._begin_before(since, name) for name in self.listed_before or ()}
        ranges = {name: from_millis(begin) for name, begin in sorted(known.items()) if begin is not None}
        return {**super().completed_state(state), **({RANGES: ranges} if ranges else {})}

    def _begin_before(self, moment: int, schedule: str) -> int | None:
        """Return when the last answer for a schedule begins that begins at a moment or before; None if none does."""
        return max((begin for begin in self._begins.get(schedule, ()) if begin <= moment), default=None)

    def stream_slices(self, sync_mode: SyncMode, *_: object, **__: object) -> Iterable[Mapping[str, Any]]:
        """Yield the months from the start date, or from the last state, to now by the API's own clock."""
        listed = {self.name_of(schedule) for schedule in self.parents()}
        try:
            self.skips.inherit(self.parent.skips)
        except StreamSkippedError:
            return
        self.now = self.context.clock.sync_start()
        start = self._start()
        cursor = to_millis(self._state.get(END_DATE))
        if cursor is None:
            self.listed_before = listed
            yield from self._months(start, self.now)
        else:
            moved = min(to_millis(self._state.get(MOVED_AT)) or 0, cursor)
            self.forget_deleted(listed)
            self.owe_new(listed, from_millis(moved) if moved > start else None)
            self._is_cut = any(owed_since(since, cursor) <= start for since in self.owed.values())
            yield from self._catch_up(start, cursor, listed)
            self._due = self._wanted(cursor)
            yield from self._months(self._wanted(max(cursor - self.context.config.lookback_millis, moved)), self.now)
        self.skips.report()

    def _catch_up(self, start: int, cursor: int, listed: set[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the months that earlier syncs did not read, of owed schedules or from an earlier start date."""
        start_before = to_millis(self._state.get(START))
        if start_before is not None and start < start_before:
            self.log_earlier_start(start_before)
            self.owed = dict.fromkeys(self.owed, from_millis(start))
        times = {name: owed_since(since, cursor) for name, since in self.owed.items()}
        for since in sorted({*times.values()}):
            self._only = {name for name, time in times.items() if time == since}
            yield from self._months(self._wanted(since or start), cursor)
        if start_before is not None and start < start_before:
            self._only = listed - times.keys()
            yield from self._months(start, min(start_before, self.now))
        self._only = None

    def _start(self) -> int:
        """Return the start date; without one, the beginning of the month a year ago."""
        start = self.context.config.start_millis
        if start is not None:
            return start
        now = month_of(self.now)
        return month_start(now.replace(year=now.year - 1))

    def _wanted(self, since: int) -> int:
        """Return a time to continue from, however long ago it is, or the start date if the user has set a later one."""
        return max(since, self.context.config.start_millis or 0)

    def _months(self, since: int, until: int) -> Iterator[Mapping[str, Any]]:
        """Yield the months in which periods may have ended between two times; none in the future."""
        first = self.first_month()
        if first is not None and since < month_start(first):
            since = month_start(first)
            self.warn_once(self.beyond_reach.format(first=f"{first:%Y-%m}"))
        self._since, self._until = since, until
        self._reached = {}
        # A schedule's month may begin this much earlier or later, by its time zone.
        month = max(month_of(since - FARTHEST_ZONE), first or date.min)
        while self.skips.because is None and month <= month_of(until + FARTHEST_ZONE):
            yield {"month": f"{month:%Y-%m}"}
            month = month_after(month)

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit the periods of all schedules that ended in a month, and then move the state on.

        Raises:
            ApiError: the list of schedules cannot be read.
        """
        self.month = date.fromisoformat(f"{stream_slice['month']}-01")
        self._reached_before, self._reached = self._reached, {}
        for schedule, outcome in self.prefetch(self._schedules(), self.outcome_of):
            yield from map(self.cleaned, self.settle(schedule, outcome))
        if self.may_move_on():
            self._proceed()

    def _schedules(self) -> Iterator[Parent]:
        """Yield the schedules that are due.

        One that failed in a month is asked for later months all the same, because that month may fail for good. After a
        second error that may pass, it is left to the next sync. One that was refused is skipped.
        """
        for schedule in self.parents():
            identity = self.name_of(schedule)
            if identity not in self._left and (self._only is None or identity in self._only):
                yield schedule

    def _proceed(self) -> None:
        """Move the state on to where all periods have been read, with the schedules that are owed."""
        times = {name: self._state[name] for name in (START, END_DATE, MOVED_AT) if name in self._state}
        if self._reached and self._only is None:
            reached = max(min(self.now, *self._reached.values()), to_millis(self._state.get(END_DATE)) or 0)
            times |= {START: from_millis(self._read_from()), END_DATE: from_millis(reached)}
        self.keep(times)

    def _read_from(self) -> int:
        """Return the time from which on all periods were read: the start date, or that of an earlier sync.

        Periods that have ended do not change. So if the start date is set to a later day, and then to the old one
        again, those in between are not read again, unless the later day left a gap after the last sync, or left out
        periods of a schedule that was owed or is listed anew.
        """
        start, start_before = self._start(), to_millis(self._state.get(START))
        reached = to_millis(self._state.get(END_DATE))
        if start_before is None or reached is None or self._is_cut:
            return start
        return start_before if start_before < start <= reached else start

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a schedule's periods, or note why they are missing: what failed is owed to the next sync."""
        identity = self.name_of(parent)
        has_failed = identity in self.skips.failed
        rows = super().settle(parent, outcome)
        if isinstance(outcome, RefusedError):
            self._left.add(identity)
            self.owed.pop(identity, None)
        elif isinstance(outcome, ApiError):
            if has_failed and outcome.failure_type == FailureType.transient_error:
                self._left.add(identity)
            since = max(self._since, earliest_month_start(self.month))
            self.note_owed(identity, from_millis(since), outcome)
        elif self._only is None and identity not in self.skips.failed:
            self.owed.pop(identity, None)
        return rows

    def shape(self, row: Row, parent: Parent) -> Row:
        """Add the schedule's name, and who is on call, for the key."""
        own = super().shape(row, parent)
        return {"schedule_name": parent.get("name"), "recipient_id": _recipient_id(own), **own}

    # What the API decides.

    def first_month(self) -> date | None:
        """Return the first month that the API still shows; None if it shows all."""
        return None

    def moment_of(self, month: date) -> int:
        """Return the moment to ask for a month."""
        return month_start(month) + NOON

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Return one schedule's periods that ended in the month of the slice, and are due.

        The API chooses the range of its answer, it seems by the schedule's time zone. It is asked again from the end of
        a range that is shorter than the month, and from the end of the month before if the range begins later.

        Raises:
            RefusedError: the timeline is refused.
            ApiError: a call failed for good, or its answer leaves out what was asked for.
        """
        month, name = self.month, self.name_of(parent)
        reached = self._reached_before.get(name)
        asked = self._first_moment(name) if reached is None else max(self.moment_of(month), reached)
        enough = min(earliest_month_start(month_after(month)), self._until)
        rows: list[Row] = []
        begins: list[int] = []
        answers = 0
        while reached is None or reached < enough:
            begin, end, periods = self._answer(parent, asked)
            answers += 1
            begins += [begin] if begin == asked else []
            if reached is None:
                reached = begin
                self._warn_of_gap(begin)
            elif reached < min(begin, asked):
                asked = reached
                continue
            if begin > asked or end <= reached or answers > MOST_ANSWERS:
                raise system_error(
                    f"{self.name}: the API was asked for the time from {from_millis(asked)} on and answered with "
                    f"{from_millis(begin)} to {from_millis(end)}, so the timeline of {month:%Y-%m} cannot be read "
                    "completely."
                )
            after, until = max(reached, self._since), min(end, self._until)
            rows += [row for row in periods if after < (to_millis(row.get(END_DATE)) or end) <= until]
            asked = reached = end
        self._reached[name] = reached
        self._begins[name] = [*self._begins.get(name, ()), *begins]
        return iter(rows)

    def _first_moment(self, schedule: str) -> int:
        """Return the first moment to ask for: where the last answer of an earlier sync began, or in the month."""
        begin, first = self._begin_before(self._since, schedule), self.first_month() or date.min
        month = date.min if begin is None else month_of(begin)
        is_near = first < month and self.month in {month, month_after(month)}  # a state may name any moment
        return begin if begin is not None and is_near else self.moment_of(self.month)

    def _warn_of_gap(self, begin: int) -> None:
        """Warn of periods that no sync has read, if the first answer of this one begins too late."""
        if self._due is not None and self.month == self.first_month() and self._due < begin:
            backend = self.client.backend
            self.warn_once(GAP % (from_millis(self._due), from_millis(begin), backend.name, backend.predecessor))

    def _answer(self, schedule: Parent, moment: int) -> tuple[int, int, list[Row]]:
        """Ask for a timeline; return its range and its periods. An answer without a range counts as the month."""
        answered: Row = {}
        rows: list[Row] = []
        for page in self.pages(schedule, {**self.first_params(schedule), "date": from_millis(moment)}):
            (answered,) = self.client.backend.single.rows_of(page.body)
            rows += page.rows
        begin = to_millis(answered.get("startDate")) or earliest_month_start(self.month)
        end = to_millis(answered.get("endDate")) or month_start(month_after(self.month))
        # Whether 23:59:59.999 stands for midnight is not documented.
        return begin, min(end + -end % MINUTE, LAST_MILLIS), rows


def _recipient_id(period: Row) -> str:
    """Return the ids of who is on call: a past period may have several recipients, or none."""
    for recipients in ([period.get("recipient")], period.get("flattenedRecipients")):
        ids = [str(each["id"]) for each in objects_of(recipients) if each.get("id") is not None]
        if ids:
            return ",".join(ids)
    return ""
