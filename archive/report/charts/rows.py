"""Parts that several charts share: axes, heights, and a note on omitted rows."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from archive.report.answers import Period
from archive.report.formatting import DAY, MARKS, month, short

MAX_ROWS = 15
ROW_HEIGHT = 30  # pixels of a bar and the gap below it
MARGIN_HEIGHT = 60  # pixels of the axis and the margins
FEWEST_SLOTS = 4  # of an axis of months or weeks, so that a single bar does not fill the chart


def height_of(rows: int) -> int:
    """Return the height of a chart with a number of rows, in pixels."""
    return MARGIN_HEIGHT + ROW_HEIGHT * rows


def only_shown(shown: int, which: str, total: int) -> str:
    """Return a sentence that says which rows are drawn; an empty text if all are. The table has all rows."""
    return f" The chart shows the {shown} {which} of {total:,}." if shown < total else ""


def whole_steps(largest: float, most: int) -> int:
    """Return the step of an axis of counts: a whole number, so that no tick is a fraction that is rounded."""
    steps = (digit * int(10**power) for power in range(18) for digit in (1, 2, 5))
    return next(step for step in steps if step * most >= largest)


def counts_axis(largest: float, most: int = 6) -> dict[str, Any]:
    """Return an axis of counts from zero."""
    return {"rangemode": "tozero", "tickformat": ",d", "tick0": 0, "dtick": whole_steps(largest, most)}


def slots_axis(labels: Sequence[str], years: Sequence[int], most: int = 7) -> dict[str, Any]:
    """Return an axis of months or weeks, which are numbered from zero.

    Only as many have a label as a phone has space for. The year stands below the first label, and where it changes.
    """
    places = range(0, len(labels), -(-len(labels) // most) or 1)
    before = [None, *(years[place] for place in places)]
    beside = max(FEWEST_SLOTS - len(labels), 0) / 2
    return {
        "tickvals": list(places),
        "ticktext": [
            labels[place] if years[place] == year else f"{labels[place]}<br>{years[place]}"
            for place, year in zip(places, before, strict=False)
        ],
        "range": [-0.5 - beside, len(labels) - 0.5 + beside],
        "tickangle": 0,
        "showgrid": False,
    }


def is_complete(first: date, period: Period | None) -> bool:
    """Return whether a period includes every day of a month; without a period it does."""
    days, length = _days_of_month(first, period)
    return days == length


def month_in(first: date, period: Period | None) -> str:
    """Return the name of a month, with the number of days if the period does not include every day."""
    days, length = _days_of_month(first, period)
    return month(first) if days == length else f"{month(first)} ({days} of {length} days)"


def _days_of_month(first: date, period: Period | None) -> tuple[int, int]:
    """Return how many days of a month a period includes, and how many the month has."""
    following = (first + timedelta(days=31)).replace(day=1)
    length = (following - first).days
    return length if period is None else period.days_within(first, following), length


def names_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return an axis of names, the first at the top.

    Names are escaped, because Plotly interprets tags in them. They label numbers, because Plotly merges equal names.
    """
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [html.escape(short(name)) + " " for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
    }


def duration_axis(ends: Sequence[float]) -> dict[str, Any]:
    """Return a logarithmic axis of durations, because they range from seconds to weeks."""
    low, high = (math.log10(on_log_axis(end(ends))) + margin for end, margin in ((min, -0.25), (max, 0.25)))
    # At least the marks on both sides, because a single one is no scale.
    low = min(low, max(math.log10(mark) for mark in MARKS if mark <= on_log_axis(min(ends))))
    high = max(high, min(math.log10(mark) for mark in (*MARKS, 3650 * DAY) if mark >= on_log_axis(max(ends))))
    marks = [seconds for seconds in MARKS if low <= math.log10(seconds) <= high]
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": marks,
        "ticktext": [MARKS[each] for each in marks],
        "tickangle": 0,
        "minor": {"showgrid": False},
    }


def on_log_axis(seconds: float) -> float:
    """Limit a duration to what a logarithmic axis can show: from a second, because it has no zero, to ten years."""
    return min(max(seconds, 1.0), 3650.0 * DAY)
