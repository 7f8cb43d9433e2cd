"""The chart of acknowledged alerts and median times by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.report.answers import Month, Period
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import duration_axis, is_complete, month_in, on_log_axis, slots_axis
from archive.report.formatting import FEW, NOTHING, duration, month, percent, quantity
from archive.report.palette import Palette


@dataclass(frozen=True)
class AcknowledgeByMonth(Chart):
    """The share of acknowledged alerts by month, and below it their median time to acknowledge."""

    months: Sequence[Month]
    period: Period | None

    name = "acknowledge-by-month"
    title = "Is it getting better?"
    needs = ("alerts",)
    nothing = "No alerts"

    @property
    def is_empty(self) -> bool:
        """Return whether there are no alerts."""
        return not any(each.alerts for each in self.months)

    @property
    def complete(self) -> list[Month]:
        """Return the months of which the period includes every day."""
        return [each for each in self.months if is_complete(each.first, self.period)]

    @property
    def sentence(self) -> str:
        """Return a comparison of the last two complete months."""
        last = self.complete[-2:]
        if len(last) == 2:  # noqa: PLR2004 - to compare one with the other
            compared = f"The last two complete months: {'; '.join(map(self._describe, reversed(last)))}."
        else:
            compared = "There are no two complete months to compare."
        cut = len(self.complete) < len(self.months)
        return (
            f"{compared} Alerts of the newest month may still be acknowledged."
            + (" A faint bar is a month of which the period includes only some days." if cut else "")
            + f" A hollow point is a median of such a month, or of fewer than {FEW} alerts."
            + " The scale of the times is logarithmic."
        )

    def _describe(self, each: Month) -> str:
        name = month(each.first)
        if not each.alerts:
            return f"{name}: no alerts"
        share = percent(each.acknowledged, each.alerts)
        acknowledged = f"{name}: {each.acknowledged:,} of {quantity(each.alerts, 'alert')} acknowledged ({share})"
        if each.median is None:
            return acknowledged
        if each.times < FEW:
            return f"{acknowledged}, too few for a median"
        of_which = "of those" if each.times == each.acknowledged else "of those whose time is reported, which are"
        return f"{acknowledged}, half {of_which} {each.times:,} within {duration(each.median)}"

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each month."""
        rows: Rows = [
            (
                month_in(each.first, self.period),
                f"{each.alerts:,}",
                f"{each.acknowledged:,}",
                percent(each.acknowledged, each.alerts),
                NOTHING if each.median is None else duration(each.median),
                f"{each.times:,}",
            )
            for each in self.months
        ]
        return ("Month", "Alerts", "Acknowledged", "Share acknowledged", "Median", "Alerts in the median"), rows

    @property
    def height(self) -> int:
        """Return the height of two drawings."""
        return 340

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two drawings."""
        return {"share of acknowledged alerts": palette.main, "median time to acknowledge": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Return the shares as bars and the times as a line; what says less is faint or hollow."""
        places = list(range(len(self.months)))
        complete = set(self.complete)
        firm = [each in complete and each.times >= FEW for each in self.months]
        medians = [None if each.median is None else on_log_axis(each.median) for each in self.months]
        return [
            {
                "type": "bar",
                "x": places,
                "y": [each.acknowledged / each.alerts if each.alerts else None for each in self.months],
                "marker": {
                    "color": [palette.main if each in complete else palette.rest for each in self.months],
                    "line": {"width": 0},
                },
                "customdata": [
                    [month_in(each.first, self.period), f"{each.acknowledged:,} of {quantity(each.alerts, 'alert')}"]
                    for each in self.months
                ],
                "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} acknowledged<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "lines",
                "x": places,
                "y": [value if each in complete else None for each, value in zip(self.months, medians, strict=True)],
                "yaxis": "y2",
                "line": {"color": palette.second, "width": 2},
                "hoverinfo": "skip",
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": places,
                "y": medians,
                "yaxis": "y2",
                "marker": {
                    "color": [palette.second if each else palette.card for each in firm],
                    "size": 9,
                    "line": {"color": palette.second, "width": 2},
                },
                "customdata": [
                    [
                        month_in(each.first, self.period),
                        NOTHING if each.median is None else duration(each.median),
                        quantity(each.times, "acknowledged alert"),
                    ]
                    for each in self.months
                ],
                "hovertemplate": "%{customdata[0]}<br>half of %{customdata[2]} within %{customdata[1]}<extra></extra>",
            },
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return axes for one drawing above the other, with the same months."""
        medians = [each.median for each in self.months if each.median is not None]
        labels = [f"{each.first:%b}" for each in self.months]
        return {
            "bargap": 0.3,
            "xaxis": {**slots_axis(labels, [each.first.year for each in self.months]), "anchor": "y2"},
            "yaxis": {"domain": [0.56, 1], "range": [0, 1], "tickformat": ".0%", "nticks": 4},
            "yaxis2": {"domain": [0, 0.44], **(duration_axis(medians) if medians else {"visible": False})},
        }
