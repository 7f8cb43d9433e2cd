"""Whether it is getting better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import NOTHING, duration_axis, positive
from archive.report.words import duration, month, percent, several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Month
    from archive.report.palette import Palette


@dataclass(frozen=True)
class AcknowledgeByMonth(Chart):
    """The share of acknowledged alerts above, how long these waited below, month by month."""

    months: Sequence[Month]

    name = "acknowledge-by-month"
    title = "Is it getting better?"
    needs = "alerts"
    place = " wide"

    @property
    def is_empty(self) -> bool:
        """Whether there is no alert."""
        return not self.months

    @property
    def sentence(self) -> str:
        """Put the newest month beside the one before; the newest may still change."""
        told = ", ".join(map(self._told, reversed(self.months[-2:])))
        return (
            f"How many of a month's alerts were acknowledged, and the time within which half of these were. {told}. "
            "Alerts of the newest month may yet be acknowledged."
        )

    def _told(self, each: Month) -> str:
        half = "" if each.median is None else f", half of these within {duration(each.median)}"
        return (
            f"{month(each.first)}: {percent(each.acknowledged, each.alerts)} of {several(each.alerts, 'alert')}{half}"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a month."""
        rows: Rows = [
            (
                month(each.first),
                f"{each.alerts:,}",
                f"{each.acknowledged:,}",
                percent(each.acknowledged, each.alerts),
                NOTHING if each.median is None else duration(each.median),
            )
            for each in self.months
        ]
        return ("Month", "Alerts", "Acknowledged", "Share", "Median"), rows

    @property
    def height(self) -> int:
        """Room for two drawings."""
        return 340

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the two drawings."""
        return {"share of alerts that were acknowledged": palette.main, "median time of these": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the shares as bars, the times as a line."""
        firsts = [each.first.isoformat() for each in self.months]
        return [
            {
                "type": "bar",
                "x": firsts,
                "y": [each.acknowledged / each.alerts for each in self.months],
                "marker": {"color": palette.main, "line": {"width": 0}},
                "customdata": [
                    [month(each.first), f"{each.acknowledged:,} of {several(each.alerts, 'alert')}"]
                    for each in self.months
                ],
                "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} acknowledged<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": firsts,
                "y": [None if each.median is None else positive(each.median) for each in self.months],
                "yaxis": "y2",
                "line": {"color": palette.second, "width": 2},
                "marker": {"color": palette.second, "size": 8},
                "customdata": [
                    [month(each.first), NOTHING if each.median is None else duration(each.median)]
                    for each in self.months
                ],
                "hovertemplate": "%{customdata[0]}<br>half within %{customdata[1]}<extra></extra>",
            },
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put one drawing above the other, over the same months."""
        medians = [each.median for each in self.months if each.median is not None]
        return {
            "bargap": 0.3,
            "xaxis": {"type": "date", "showgrid": False, "tickformat": "%b\n%Y", "tickangle": 0, "anchor": "y2"},
            "yaxis": {"domain": [0.56, 1], "range": [0, 1], "tickformat": ".0%", "nticks": 4},
            "yaxis2": {"domain": [0, 0.44], **(duration_axis(medians) if medians else {"visible": False})},
        }
