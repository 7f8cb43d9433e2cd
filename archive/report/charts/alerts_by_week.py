"""The chart of alerts by week and priority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from archive.report.answers import PRIORITIES, Period, Week
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import counts_axis, slots_axis
from archive.report.formatting import day, quantity, week_of
from archive.report.palette import Palette

NO_PRIORITY = "none"
WEEK = timedelta(weeks=1)

# The fewest weeks of which a median is given.
FEWEST_WEEKS = 3


@dataclass(frozen=True)
class AlertsByWeek(Chart):
    """The number of alerts per week, stacked by priority."""

    weeks: Sequence[Week]
    period: Period | None

    name = "alerts-by-week"
    title = "Alerts per week, by priority"
    needs = ("alerts",)
    nothing = "No alerts"

    @property
    def is_empty(self) -> bool:
        """Return whether there are no alerts."""
        return not self._totals or not self._totals[-1]

    @property
    def _totals(self) -> list[int]:
        return sorted(week.alerts.total() for week in self.weeks)

    @property
    def sentence(self) -> str:
        """Return a sentence about the busiest week and the median week."""
        totals = self._totals
        busiest = max(self.weeks, key=lambda week: week.alerts.total())
        half = ""
        if len(totals) >= FEWEST_WEEKS:
            usual = totals[(len(totals) - 1) // 2]
            half = f"; half of the {len(totals):,} weeks had {f'{usual:,} or fewer' if usual else 'none'}"
        return f"The busiest week was {week_of(busiest.monday)}, with {quantity(totals[-1], 'alert')}{half}.{self._cut}"

    @property
    def _cut(self) -> str:
        """Return a sentence about weeks that lie only partly in the period."""
        if self.period is None:
            return ""
        ends = [
            f"{quantity(days, 'day')} of the {name} week"
            for name, week in (("first", self.weeks[0]), ("last", self.weeks[-1]))
            if (days := self.period.days_within(week.monday, week.monday + WEEK)) < WEEK.days
        ]
        return f" The period includes only {' and '.join(ends)}." if ends else ""

    @property
    def priorities(self) -> list[str]:
        """Return the priorities that occur, the most urgent first."""
        occurring = {priority for week in self.weeks for priority, count in week.alerts.items() if count}
        return [each for each in (*PRIORITIES, NO_PRIORITY) if each in occurring]

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each week."""
        rows = [
            (day(week.monday), *(f"{week.alerts[each]:,}" for each in self.priorities), f"{week.alerts.total():,}")
            for week in self.weeks
        ]
        return ("Week from", *self.priorities, "All"), rows

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the priorities."""
        colours = dict(zip((*PRIORITIES, NO_PRIORITY), palette.priorities, strict=True))
        return {each: colours[each] for each in self.priorities}

    def traces(self, palette: Palette) -> list[Any]:
        """Return the bars, with the most urgent at the bottom, where their heights are easiest to compare."""
        colours = self.legend(palette)
        return [
            {
                "type": "bar",
                "x": list(range(len(self.weeks))),
                "y": [week.alerts[each] for week in self.weeks],
                "name": each,
                "marker": {"color": colours[each], "line": {"width": 0}},
                "customdata": [week_of(week.monday) for week in self.weeks],
                "hovertemplate": "%{customdata}<br>%{y} " + each + "<extra></extra>",
            }
            for each in self.priorities
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return a time axis with stacked bars."""
        return {
            "barmode": "stack",
            "bargap": 0.18,
            "xaxis": slots_axis(
                [f"{week.monday.day} {week.monday:%b}" for week in self.weeks],
                [week.monday.year for week in self.weeks],
                most=6,
            ),
            "yaxis": counts_axis(self._totals[-1]),
        }
