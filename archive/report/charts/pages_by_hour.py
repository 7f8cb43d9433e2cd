"""The chart of pages by day of the week and hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.report.answers import DAYS, HOURS, Hours
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import whole_steps
from archive.report.formatting import percent, quantity
from archive.report.palette import Palette


@dataclass(frozen=True)
class PagesByHour(Chart):
    """The number of pages by day of the week and hour."""

    hours: Hours
    outside: int

    name = "pages-by-hour"
    title = "When people are paged"
    needs = ("alert_recipients",)
    nothing = "Nobody was paged for alerts"

    @property
    def is_empty(self) -> bool:
        """Return whether nobody was paged."""
        return not self.total

    @property
    def cells(self) -> Sequence[Sequence[int]]:
        """Return the numbers of pages, by day and hour."""
        return self.hours.cells

    @property
    def clock(self) -> str:
        """Return a clause about the time zone of the hours."""
        if self.hours.in_utc == self.total:
            return "in UTC, because the time zones of the people who were paged are unknown"
        local = "in the time zone of the person who was paged"
        if self.hours.in_utc:
            pages = quantity(self.hours.in_utc, "page")
            return f"{local}, except for {pages} that are counted in UTC because the time zone is unknown"
        return local

    @property
    def total(self) -> int:
        """Return the number of pages."""
        return sum(map(sum, self.cells))

    @property
    def sentence(self) -> str:
        """Return a sentence about the share of pages outside working hours."""
        return (
            f"{percent(self.outside, self.total)} of {quantity(self.total, 'page')} came outside working hours, which "
            f"are Monday to Friday, 9:00 to 18:00 (the frame). Hours are {self.clock}."
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each hour."""
        rows = [(f"{hour:02}:00", *(f"{day[hour]:,}" for day in self.cells)) for hour in range(HOURS)]
        return ("Hour", *DAYS), rows

    def traces(self, palette: Palette) -> list[Any]:
        """Return a heat map with a cell for each hour."""
        return [
            {
                "type": "heatmap",
                "z": [list(row) for row in self.cells],
                "x": list(range(HOURS)),
                "y": list(DAYS),
                "colorscale": [list(stop) for stop in palette.heat],
                "zmin": 0,
                "zmax": max(map(max, self.cells)),
                "xgap": 2,
                "ygap": 2,
                "colorbar": {
                    "thickness": 8,
                    "outlinewidth": 0,
                    "len": 0.9,
                    "tick0": 0,
                    "dtick": whole_steps(max(map(max, self.cells)), 4),
                    "tickformat": ",d",
                    "xpad": 6,
                    "ypad": 0,
                    "ticks": "",
                },
                "hovertemplate": "%{y}, %{x}:00 to %{x}:59<br>pages: %{z}<extra></extra>",
            }
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return axes with Monday at the top, and a frame around working hours."""
        marks = list(range(0, HOURS, 3))
        return {
            "xaxis": {
                "tickvals": marks,
                "ticktext": [f"{hour:02}" for hour in marks],  # short enough for a phone
                "showgrid": False,
                "tickangle": 0,
            },
            "yaxis": {"autorange": "reversed", "showgrid": False},
            "shapes": [
                {
                    "type": "rect",
                    "x0": 8.5,
                    "x1": 17.5,
                    "y0": -0.5,
                    "y1": 4.5,
                    "line": {"color": palette.second, "width": 2},
                }
            ],
        }
