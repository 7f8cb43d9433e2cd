"""Formats numbers, times and names for readers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86_400, 604_800

SANDBOX = "SANDBOX: the account is made up. None of this data is real."

# The ticks of a duration axis, in seconds.
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

# The larger unit of a duration, and the smaller unit that it is rounded to.
UNITS = ((WEEK, DAY, "w", "d"), (DAY, HOUR, "d", "h"), (HOUR, MINUTE, "h", "min"))

LONGEST_NAME = 26

NOTHING = "-"

# A median of fewer values says little, so the report marks it, and ranks nothing by it.
FEW = 10


def duration(seconds: float) -> str:
    """Format a duration in its two largest units, rounded: "3 h 34 min"."""
    if round(seconds) < MINUTE:
        return f"{round(seconds)} s"
    finer = [*(small for _, small, *_ in UNITS[1:]), MINUTE]
    for (large, small, *names), finest in zip(UNITS, finer, strict=True):
        if round(seconds / finest) * finest >= large:
            whole, rest = divmod(round(seconds / small) * small, large)
            return f"{whole} {names[0]}" + (f" {rest // small} {names[1]}" if rest else "")
    return f"{round(seconds / MINUTE)} min"


def day(when: date | datetime) -> str:
    """Format a date: "2 Nov 2025"."""
    return f"{when.day} {when:%b %Y}"


def minute(when: datetime) -> str:
    """Format a time in UTC: "2 Nov 2025, 07:41 UTC"."""
    return f"{day(when)}, {when:%H:%M} UTC"


def month(when: date | datetime) -> str:
    """Format a month: "Nov 2025"."""
    return f"{when:%b %Y}"


def week_of(monday: date) -> str:
    """Format a week: "2 to 8 Nov 2025"."""
    sunday = monday + timedelta(days=6)
    first = str(monday.day) if monday.month == sunday.month else f"{monday.day} {monday:%b}"
    return f"{first} to {day(sunday)}"


def percent(part: float, whole: float) -> str:
    """Format a share: "43 %". Only nothing is "0 %" and only everything is "100 %", however they would be rounded."""
    if not whole:
        return NOTHING
    share = 100 * part / whole
    if share > 0 and round(share) == 0:
        return "under 1 %"
    if share < 100 and round(share) == 100:  # noqa: PLR2004 - of percent
        return "over 99 %"
    return f"{share:.0f} %"


def short(name: str, note: str = "") -> str:
    """Shorten a name that would leave too little space for the chart; a note follows it in parentheses."""
    note = f" ({note})" if note else ""
    longest = LONGEST_NAME - len(note)
    return (name if len(name) <= longest else name[: longest - 1].rstrip() + "…") + note


def listed(items: Sequence[str], most: int = 20) -> str:
    """Return the first items, and the number of the others."""
    more = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def quantity(count: int, one: str, more: str | None = None) -> str:
    """Format a number with a noun: "1 alert", "1,200 alerts"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
