"""The chart of acknowledged alerts and median times by month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import NOTHING, duration_axis, on_log_axis
from archive.report.formatting import duration, month, percent, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Month
    from archive.report.palette import Palette


@dataclass(frozen=True)
class AcknowledgeByMonth(Chart):
    """The share of acknowledged alerts by month, and below it their median time to acknowledge."""

    months: Sequence[Month]

    name = "acknowledge-by-month"
    title = "Is it getting better?"
    needs = "alerts"
    css_class = " wide"

    @property
    def is_empty(self) -> bool:
        """Return whether there are no alerts."""
        return not self.months

    @property
    def sentence(self) -> str:
        """Return a comparison of the newest month with the one before it."""
        months = "; ".join(map(self._describe, reversed(self.months[-2:])))
        return (
            "The share of each month's alerts that were acknowledged, and their median time to acknowledge. "
            f"{months}. Alerts of the newest month may still be acknowledged."
        )

    def _describe(self, each: Month) -> str:
        half = "" if each.median is None else f", half of them within {duration(each.median)}"
        return (
            f"{month(each.first)}: {percent(each.acknowledged, each.alerts)} of {quantity(each.alerts, 'alert')}{half}"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each month."""
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
        """Return the height of two drawings."""
        return 340

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two drawings."""
        return {"share of acknowledged alerts": palette.main, "median time to acknowledge": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Return the shares as bars, and the times as a line."""
        firsts = [each.first.isoformat() for each in self.months]
        return [
            {
                "type": "bar",
                "x": firsts,
                "y": [each.acknowledged / each.alerts for each in self.months],
                "marker": {"color": palette.main, "line": {"width": 0}},
                "customdata": [
                    [month(each.first), f"{each.acknowledged:,} of {quantity(each.alerts, 'alert')}"]
                    for each in self.months
                ],
                "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} acknowledged<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": firsts,
                "y": [None if each.median is None else on_log_axis(each.median) for each in self.months],
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
        """Return axes for one drawing above the other, with the same months."""
        medians = [each.median for each in self.months if each.median is not None]
        return {
            "bargap": 0.3,
            "xaxis": {"type": "date", "showgrid": False, "tickformat": "%b\n%Y", "tickangle": 0, "anchor": "y2"},
            "yaxis": {"domain": [0.56, 1], "range": [0, 1], "tickformat": ".0%", "nticks": 4},
            "yaxis2": {"domain": [0, 0.44], **(duration_axis(medians) if medians else {"visible": False})},
        }
