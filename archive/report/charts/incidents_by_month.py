"""The chart of incidents by month and priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archive.report.answers import PRIORITIES, Headline, IncidentMonth, Period
from archive.report.charts.alerts_by_week import NO_PRIORITY
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import counts_axis, month_in, slots_axis
from archive.report.formatting import NOTHING, duration, quantity
from archive.report.palette import Palette


@dataclass(frozen=True)
class IncidentsByMonth(Chart):
    """The number of incidents per month, stacked by priority; `period` is None for all of time."""

    months: Sequence[IncidentMonth]
    headline: Headline
    period: Period | None

    name = "incidents-by-month"
    title = "Incidents per month, by priority"
    needs = ("incidents",)
    nothing = "No incidents"

    @property
    def is_empty(self) -> bool:
        """Return whether there are no incidents."""
        return not any(map(sum, (each.incidents for each in self.months)))

    @property
    def sentence(self) -> str:
        """Return a sentence about the duration of the impact."""
        impact = "The impact of no incident has ended."
        if self.headline.impact_median is not None:
            times, median = self.headline.impact_times, duration(self.headline.impact_median)
            lasted = f"it lasted {median}" if times == 1 else f"half of those {times:,} lasted no longer than {median}"
            impact = f"The impact of {times:,} of them has ended; {lasted}."
        return (
            f"{quantity(self.headline.incidents, 'incident')}, {self.headline.incidents_open:,} of them still open. "
            f"{impact} The impact lasts from impactStartDate to impactEndDate."
        )

    def _impact(self, each: IncidentMonth) -> str:
        if each.median is None:
            return "the impact of none has ended"
        return f"median impact of {quantity(each.times, 'incident')}: {duration(each.median)}"

    @property
    def priorities(self) -> dict[str, int]:
        """Return the places of the priorities that occur, the most urgent first."""
        return {
            name: place
            for place, name in enumerate((*PRIORITIES, NO_PRIORITY))
            if any(each.incidents[place] for each in self.months)
        }

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each month."""
        rows: Rows = [
            (
                month_in(each.first, self.period),
                f"{sum(each.incidents):,}",
                *(f"{each.incidents[place]:,}" for place in self.priorities.values()),
                NOTHING if each.median is None else duration(each.median),
                f"{each.times:,}",
            )
            for each in self.months
        ]
        return ("Month", "Incidents", *self.priorities, "Median impact", "Incidents in the median"), rows

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the priorities."""
        return {name: palette.priorities[place] for name, place in self.priorities.items()}

    def traces(self, palette: Palette) -> list[Any]:
        """Return the bars, with the most urgent at the bottom."""
        return [
            {
                "type": "bar",
                "x": list(range(len(self.months))),
                "y": [each.incidents[place] for each in self.months],
                "name": name,
                "marker": {"color": palette.priorities[place], "line": {"width": 0}},
                "customdata": [[month_in(each.first, self.period), self._impact(each)] for each in self.months],
                "hovertemplate": "%{customdata[0]}<br>%{y} " + name + "<br>%{customdata[1]}<extra></extra>",
            }
            for name, place in self.priorities.items()
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return an axis of months with stacked bars."""
        labels = [f"{each.first:%b}" for each in self.months]
        return {
            "barmode": "stack",
            "bargap": 0.3,
            "xaxis": slots_axis(labels, [each.first.year for each in self.months]),
            "yaxis": counts_axis(max(sum(each.incidents) for each in self.months)),
        }
