"""What several charts have: an axis of names or of durations, a height, and what is said of the names left out."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from archive.report.words import DAY, MARKS, short

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = "-"
MOST_ROWS = 15
ROW = 30  # pixels for a bar and the gap below it
AROUND = 60  # pixels for axis and margins


def height_of(rows: int) -> int:
    """Give the pixels that a chart of so many rows takes."""
    return AROUND + ROW * rows


def drawn(shown: int, which: str, there_are: int) -> str:
    """Say that a chart leaves some out; its table has them all."""
    return f" Drawn are the {shown} {which} of {there_are:,}." if shown < there_are else ""


def names_axis(names: Sequence[str]) -> dict[str, Any]:
    """Make an axis of names, the first on top. Plotly takes tags in a name for its own, and equal names for one."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [html.escape(short(name)) + " " for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
    }


def duration_axis(ends: Sequence[float]) -> dict[str, Any]:
    """Make an axis that shows seconds and weeks: each mark is several times the one before."""
    low, high = (math.log10(positive(end(ends))) + room for end, room in ((min, -0.25), (max, 0.25)))
    marks = [seconds for seconds in MARKS if low <= math.log10(seconds) <= high]
    return {
        "type": "log",
        "range": [low, high],
        "tickvals": marks,
        "ticktext": [MARKS[each] for each in marks],
        "tickangle": 0,
        "minor": {"showgrid": False},
    }


def positive(seconds: float) -> float:
    """Keep a duration on a logarithmic axis, which has no zero; at most the length of ages."""
    return min(max(seconds, 1.0), 3650.0 * DAY)
