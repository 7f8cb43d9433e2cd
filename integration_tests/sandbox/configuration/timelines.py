"""Schedule timelines: who is on call from when to when, computed from rotations, overrides and forwarding rules."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from integration_tests.sandbox.configuration.callees import Callees, named
from integration_tests.sandbox.configuration.parts import Row, typed
from integration_tests.sandbox.text import DAY, HOUR, SECOND, millis, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from integration_tests.sandbox.configuration.people import People
    from integration_tests.sandbox.configuration.schedules import Schedules

SHIFTS = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY}
INTERVAL_UNITS = ("days", "weeks", "months")
EXPANDABLE = ("base", "forwarding", "override")
MONTHS_IN_YEAR = 12


@dataclass(frozen=True)
class Period:
    """A time in which one participant is on call."""

    start: int
    end: int
    kind: str
    recipient: Row
    forwarded_from: Row | None = None

    def meets(self, start: int, end: int) -> bool:
        """Tell whether any of it lies between two moments."""
        return self.start < end and start < self.end


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
    """All timelines. A period is never cut at the borders of the time asked for.

    Shifts are of equal length: neither daylight saving nor a rotation's time restriction changes them here.
    """

    def __init__(self, schedules: Schedules, people: People, callees: Callees, now: int) -> None:
        self.schedules = schedules
        self.people = people
        self.callees = callees
        self.now = now

    def schedule_timeline(
        self,
        schedule_id: str,
        date: int | None = None,
        interval: int = 1,
        interval_unit: str = "weeks",
        expand: Collection[str] = (),
    ) -> Row | None:
        """Return the timeline that begins on the day of `date`, a day of the schedule's own time zone."""
        schedule = self.schedules.schedule(schedule_id)
        if schedule is None:
            return None
        start, end = window(schedule["timezone"], self.now if date is None else date, interval, interval_unit)
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
            if name == "final" or name in expand:
                row[f"{name}Timeline"] = {
                    "rotations": [
                        self._rotation(name, at, rotation, layer(schedule_id, rotation, start, end))
                        for at, rotation in enumerate(schedule["rotations"])
                    ]
                }
        return row

    def _rotation(self, layer: str, at: int, rotation: Row, periods: list[Period]) -> Row:
        return {
            "id": rotation["id"],
            "name": rotation["name"],
            "order": None if at > 1 else float(at + 1),
            "periods": [self._row(layer, at, period) for period in periods],
        }

    def _row(self, layer: str, at: int, period: Period) -> Row:
        row: Row = {"startDate": stamp(period.start), "endDate": stamp(period.end), "type": period.kind}
        recipient, forwarded_from = named(period.recipient), period.forwarded_from
        if layer != "final" or period.end > self.now or period.kind == "override":
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


def window(time_zone: str, date: int, interval: int, interval_unit: str) -> tuple[int, int]:
    """Return the first and the last moment of a timeline: it begins with a day of the time zone."""
    zone = ZoneInfo(time_zone)
    start = datetime.fromtimestamp(date // SECOND, zone).replace(hour=0, minute=0, second=0)
    if interval_unit == "months":
        years, month = divmod(start.month - 1 + interval, MONTHS_IN_YEAR)
        year, month = start.year + years, month + 1
        end = start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))
    else:
        end = start + timedelta(**{interval_unit: interval})
    return int(start.timestamp()) * SECOND, int(end.timestamp()) * SECOND
