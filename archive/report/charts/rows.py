"""Charts with a row a name: their axis, their height, and what is said of the names left out."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from archive.report.words import short

if TYPE_CHECKING:
    from collections.abc import Sequence

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
