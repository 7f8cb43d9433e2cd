"""Parts that several charts share: stacked bars, axes of names and durations, heights, a note on omitted rows."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from archive.report.words import DAY, MARKS, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING = "-"
MOST_ROWS = 15
ROW = 30  # pixels for a bar and the gap below it
AROUND = 60  # pixels for axis and margins


def height_of(rows: int) -> int:
    """Return the pixels that a chart of so many rows takes."""
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


def stacked_bars(names: Sequence[str], legend: Mapping[str, str], *parts: Sequence[int]) -> list[dict[str, Any]]:
    """Draw a bar for each name, of the parts that a legend names with their colours."""
    return [
        {
            "type": "bar",
            "x": counts,
            "y": list(range(len(names))),
            "name": part,
            "orientation": "h",
            "marker": {"color": colour, "line": {"width": 0}},
            "customdata": [html.escape(name) for name in names],
            "hovertemplate": "%{customdata}<br>%{x:,d} " + part + "<extra></extra>",
        }
        for (part, colour), counts in zip(legend.items(), parts, strict=True)
    ]


def stacked_axes(names: Sequence[str]) -> dict[str, Any]:
    """Make the axes of such bars, the first name on top."""
    return {
        "barmode": "stack",
        "bargap": 0.35,
        "xaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 6},
        "yaxis": names_axis(names),
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
