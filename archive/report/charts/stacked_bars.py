"""The base class of the charts of horizontal bars with two parts."""

from __future__ import annotations

import html
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from archive.report.charts.chart import Chart
from archive.report.charts.rows import MAX_ROWS, counts_axis, height_of, names_axis
from archive.report.palette import Palette


@dataclass(frozen=True)
class StackedBars(Chart):
    """A bar for each row, stacked from two parts; the longest bar is at the top."""

    @property
    @abstractmethod
    def bars(self) -> list[tuple[str, int, int]]:
        """Return the name and the counts of the two parts of each bar, the longest bar first."""

    @property
    def shown(self) -> list[tuple[str, int, int]]:
        """Return the bars that are drawn, which are the longest."""
        return self.bars[:MAX_ROWS]

    @property
    def is_empty(self) -> bool:
        """Return whether there is no bar."""
        return not self.bars

    @property
    def height(self) -> int:
        """Return a height with space for each bar."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Return the first parts of all bars, and then the second ones."""
        names, *counts = zip(*self.shown, strict=True)
        return [
            {
                "type": "bar",
                "x": list(of_part),
                "y": list(range(len(names))),
                "name": part,
                "orientation": "h",
                "marker": {"color": colour, "line": {"width": 0}},
                "customdata": [html.escape(name) for name in names],
                "hovertemplate": "%{customdata}<br>%{x:,d} " + part + "<extra></extra>",
            }
            for (part, colour), of_part in zip(self.legend(palette).items(), counts, strict=True)
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return an axis of counts, and an axis of names with the first at the top."""
        _, first, second = self.shown[0]
        return {
            "barmode": "stack",
            "bargap": 0.35,
            "xaxis": counts_axis(first + second),
            "yaxis": names_axis([name for name, *_ in self.shown]),
        }
