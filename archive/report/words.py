"""Numbers, times and names as a reader likes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800

# Marks on an axis of durations, in seconds.
MARKS = {
    1: "1 s",
    10: "10 s",
    MINUTE: "1 min",
    10 * MINUTE: "10 min",
    HOUR: "1 h",
    6 * HOUR: "6 h",
    DAY: "1 day",
    WEEK: "1 week",
    4 * WEEK: "4 weeks",
    52 * WEEK: "1 year",
}

LONGEST_NAME = 26


def duration(seconds: float) -> str:
    """Write a duration in its largest two units: "3 h 34 min"."""
    left = round(seconds)
    if left < MINUTE:
        return f"{left} s"
    for large, small, units in ((WEEK, DAY, ("w", "d")), (DAY, HOUR, ("d", "h")), (HOUR, MINUTE, ("h", "min"))):
        if left >= large:
            whole, rest = divmod(left, large)
            return f"{whole} {units[0]}" + (f" {rest // small} {units[1]}" if rest >= small else "")
    return f"{left // MINUTE} min"


def day(when: date | datetime) -> str:
    """Write a day: "2 Nov 2025"."""
    return f"{when.day} {when:%b %Y}"


def week_of(monday: date) -> str:
    """Write a week: "2 to 8 Nov 2025"."""
    sunday = monday + timedelta(days=6)
    first = str(monday.day) if monday.month == sunday.month else f"{monday.day} {monday:%b}"
    return f"{first} to {day(sunday)}"


def percent(part: float, whole: float) -> str:
    """Write a share: "43 %"."""
    return f"{100 * part / whole:.0f} %" if whole else "none"


def short(name: str) -> str:
    """Cut a name that would leave a chart no room."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def several(count: int, one: str, more: str | None = None) -> str:
    """Write a number with what it counts."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
