"""Parts that several charts share: stacked bars, axes of names and durations, heights, and a note on omitted rows."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

from archive.report.formatting import DAY, MARKS, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTHING = "-"
MAX_ROWS = 15
ROW_HEIGHT = 30  # pixels of a bar and the gap below it
MARGIN_HEIGHT = 60  # pixels of the axis and the margins


def height_of(rows: int) -> int:
    """Return the height of a chart with a number of rows, in pixels."""
    return MARGIN_HEIGHT + ROW_HEIGHT * rows


def only_shown(shown: int, which: str, total: int) -> str:
    """Return a sentence that says which rows are drawn; an empty text if all are. The table has all rows."""
    return f" The chart shows the {shown} {which} of {total:,}." if shown < total else ""


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


def stacked_bars(names: Sequence[str], legend: Mapping[str, str], *parts: Sequence[int]) -> list[dict[str, Any]]:
    """Return a bar for each name, stacked from the parts that the legend names."""
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
    """Return the axes of stacked bars, the first name at the top."""
    return {
        "barmode": "stack",
        "bargap": 0.35,
        "xaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 6},
        "yaxis": names_axis(names),
    }


def duration_axis(ends: Sequence[float]) -> dict[str, Any]:
    """Return a logarithmic axis of durations, because they range from seconds to weeks."""
    low, high = (math.log10(on_log_axis(end(ends))) + margin for end, margin in ((min, -0.25), (max, 0.25)))
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
