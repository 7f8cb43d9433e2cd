"""Schedule timelines: who is on call from when to when, computed from rotations, overrides and forwarding rules."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integration_tests.sandbox.configuration.callees import Callees, named
from integration_tests.sandbox.configuration.parts import Row, typed
from integration_tests.sandbox.configuration.people import People
from integration_tests.sandbox.configuration.schedules import Schedules
from integration_tests.sandbox.text import DAY, HOUR, SECOND, millis, stamp

SHIFTS = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY}
INTERVAL_UNITS = ("days", "weeks", "months")
EXPANDABLE = ("base", "forwarding", "override")
MONTHS_IN_YEAR = 12


@dataclass(frozen=True)
class Asked:
    """A request for a timeline, and how the API takes it: neither its window nor what it does there is documented."""

    date: int
    interval: int = 1
    unit: str = "weeks"
    expand: tuple[str, ...] = ()
    months: str = "calendar"  # of the calendar, of 30 days, or no longer than a week
    begins: str = "unit"  # with the week or month that the date is in, with its day, or with the very moment
    is_cut: bool = False  # whether periods end with the window

    def window(self, time_zone: str) -> tuple[int, int]:
        """Return its first and its last moment, by the calendar of a time zone."""
        if self.unit == "months" and self.months == "30 days":
            return replace(self, unit="days", interval=30 * self.interval).window(time_zone)
        if self.unit == "months" and self.months == "week":
            return replace(self, unit="weeks", interval=1).window(time_zone)
        start = datetime.fromtimestamp(self.date // SECOND, ZoneInfo(time_zone))
        if self.begins != "moment":
            start = start.replace(hour=0, minute=0, second=0)
        if self.begins == "unit" and self.unit == "weeks":
            start -= timedelta(days=start.weekday())
        elif self.begins == "unit" and self.unit == "months":
            start = start.replace(day=1)
        if self.unit == "months":
            years, month = divmod(start.month - 1 + self.interval, MONTHS_IN_YEAR)
            year, month = start.year + years, month + 1
            end = start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
        else:
            end = start + timedelta(**{self.unit: self.interval})
        return int(start.timestamp()) * SECOND, int(end.timestamp()) * SECOND


@dataclass(frozen=True)
class Period:
    """A time in which one participant is on call."""

    start: int
    end: int
    kind: str
    recipient: Row
    forwarded_from: Row | None = None

    def meets(self, start: int, end: int) -> bool:
        """Return whether any of it lies between two moments."""
        return self.start < end and start < self.end

    def inside(self, start: int, end: int) -> Period:
        """Return what of it lies between two moments."""
        return replace(self, start=max(self.start, start), end=min(self.end, end))


def laid_over(under: list[Period], over: Period) -> list[Period]:
    """Return the periods with another one laid over them; what it covers of them is cut away."""
    pieces = [over]
    for period in under:
        if not period.meets(over.start, over.end):
            pieces.append(period)
            continue
        if period.start < over.start:
            pieces.append(replace(period, end=over.start))
        if over.end < period.end:
            pieces.append(replace(period, start=over.end))
    return sorted(pieces, key=lambda period: period.start)


class Timelines:
    """All timelines.

    Shifts are of equal length: neither daylight saving nor a rotation's time restriction changes them here.
    """

    def __init__(self, schedules: Schedules, people: People, callees: Callees) -> None:
        self.schedules = schedules
        self.people = people
        self.callees = callees

    def schedule_timeline(self, schedule_id: str, asked: Asked, now: int) -> Row | None:
        """Return a schedule's timeline, as seen at a moment."""
        schedule = self.schedules.schedule(schedule_id)
        if schedule is None:
            return None
        start, end = asked.window(schedule["timezone"])
        row: Row = {"_parent": self.schedules.parent(schedule_id), "startDate": stamp(start), "endDate": stamp(end)}
        if schedule["description"]:  # in one client's type only, so not on every timeline
            row["description"] = schedule["description"]
            row |= {"ownerTeam": schedule["ownerTeam"]} if "ownerTeam" in schedule else {}
        layers: dict[str, Callable[[str, Row, int, int], list[Period]]] = {
            "final": self.final,
            "base": self._base,
            "override": self._overrides,
            "forwarding": self._forwarding,
        }
        for name, layer in layers.items():
            if name != "final" and name not in asked.expand:
                continue
            rotations = []
            for at, rotation in enumerate(schedule["rotations"]):
                periods = layer(schedule_id, rotation, start, end)
                if asked.is_cut:
                    periods = [period.inside(start, end) for period in periods]
                rotations.append(self._rotation(name, at, rotation, periods, now))
            row[f"{name}Timeline"] = {"rotations": rotations}
        return row

    def _rotation(self, layer: str, at: int, rotation: Row, periods: list[Period], now: int) -> Row:
        return {
            "id": rotation["id"],
            "name": rotation["name"],
            "order": None if at > 1 else float(at + 1),
            "periods": [self._row(layer, at, period, now) for period in periods],
        }

    def _row(self, layer: str, at: int, period: Period, now: int) -> Row:
        row: Row = {"startDate": stamp(period.start), "endDate": stamp(period.end), "type": period.kind}
        recipient, forwarded_from = named(period.recipient), period.forwarded_from
        if layer != "final" or period.end > now or period.kind == "override":
            row["recipient"] = recipient
            if forwarded_from:
                # Text in the specification, an object elsewhere: both are to be expected.
                row["fromUser"] = forwarded_from["username"] if at % 2 else named(typed("user", forwarded_from))
            return row
        row["type"] = "historical"
        if forwarded_from is None:
            return row | {"flattenedRecipients": self.callees.users(period.recipient)}
        forwarded = recipient | {"forwardedFrom": forwarded_from["username"]}
        return row | {"recipient": forwarded, "flattenedRecipients": [forwarded]}

    # The layers: the periods of one rotation that meet a time, oldest first.

    def final(self, schedule_id: str, rotation: Row, start: int, end: int) -> list[Period]:
        """Return who is really on call."""
        periods = self._with_overrides(schedule_id, rotation, start, end)
        for forwarding in self._forwardings(periods):
            periods = laid_over(periods, forwarding)
        return [period for period in periods if period.meets(start, end)]

    def _base(self, _: str, rotation: Row, start: int, end: int) -> list[Period]:
        first = millis(rotation["startDate"])
        last = millis(rotation["endDate"]) if "endDate" in rotation else end
        shift = SHIFTS[rotation["type"]] * rotation["length"]
        participants = rotation["participants"]
        periods = []
        for turn in range(max(0, (start - first) // shift), max(0, -((first - min(end, last)) // shift))):
            begins = first + turn * shift
            ends = min(begins + shift, last) if "endDate" in rotation else begins + shift
            periods.append(Period(begins, ends, "default", participants[turn % len(participants)]))
        return [period for period in periods if period.meets(start, end)]

    def _overrides(self, schedule_id: str, rotation: Row, start: int, end: int) -> list[Period]:
        overrides = self.schedules.schedule_overrides(schedule_id) or []
        periods = [
            Period(millis(each["startDate"]), millis(each["endDate"]), "override", each["user"])
            for each in overrides
            if not each.get("rotations") or rotation["id"] in [named_one["id"] for named_one in each["rotations"]]
        ]
        return [period for period in periods if period.meets(start, end)]

    def _forwarding(self, schedule_id: str, rotation: Row, start: int, end: int) -> list[Period]:
        periods = self._forwardings(self._with_overrides(schedule_id, rotation, start, end))
        return [period for period in periods if period.meets(start, end)]

    def _with_overrides(self, schedule_id: str, rotation: Row, start: int, end: int) -> list[Period]:
        periods = self._base(schedule_id, rotation, start, end)
        # What happens beyond the window must not make a period that reaches into it look different.
        start = min([start, *(period.start for period in periods)])
        end = max([end, *(period.end for period in periods)])
        for override in self._overrides(schedule_id, rotation, start, end):
            periods = laid_over(periods, override)
        return periods

    def _forwardings(self, periods: list[Period]) -> list[Period]:
        forwardings = []
        for period in periods:
            rules = self.people.user_forwarding_rules(period.recipient.get("id", "")) or []
            for rule in rules:
                starts, ends = max(period.start, millis(rule["startDate"])), min(period.end, millis(rule["endDate"]))
                if starts < ends:
                    recipient = typed("user", rule["toUser"])
                    forwardings.append(Period(starts, ends, "forwarding", recipient, rule["fromUser"]))
        return forwardings
