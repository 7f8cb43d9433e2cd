"""The chart of hours on call by person."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from archive.report.answers import OnCall
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import counts_axis, height_of, names_axis, only_shown
from archive.report.formatting import day, percent, quantity
from archive.report.palette import Palette

MAX_PEOPLE = 24


@dataclass(frozen=True)
class OnCallHours(Chart):
    """The hours that each person was on call."""

    people: Sequence[OnCall]
    days: tuple[date, date] | None

    name = "on-call-hours"
    title = "Hours on call, by person"
    needs = ("schedule_timelines", "users")
    nothing = "Nobody was on call"

    @property
    def is_empty(self) -> bool:
        """Return whether nobody was on call."""
        return not self.people

    @property
    def shown(self) -> list[OnCall]:
        """Return the people who are drawn, which are those with the most hours."""
        return list(self.people[:MAX_PEOPLE])

    @property
    def sentence(self) -> str:
        """Return a sentence about the person with the most hours."""
        most = self.people[0]
        total = sum(each.hours for each in self.people)
        between = "" if self.days is None else " from {} to {}".format(*map(day, self.days))
        return (
            f"{most.person} was on call for {most.hours:,.0f} hours{between}, "
            f"which is {percent(most.hours, total)} of the hours of {quantity(len(self.people), 'person', 'people')}. "
            "A period of a whole team counts for each of its members in this copy. People who left the account before "
            "it was copied are left out." + only_shown(len(self.shown), "people with the most", len(self.people))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each person."""
        rows: Rows = [(each.person, f"{each.hours:,.0f}", f"{each.overrides:,.0f}") for each in self.people]
        return ("Person", "Hours on call", "Hours of overrides"), rows

    @property
    def height(self) -> int:
        """Return a height with space for each person."""
        return height_of(len(self.shown))

    def traces(self, palette: Palette) -> list[Any]:
        """Return a bar for each person."""
        return [
            {
                "type": "bar",
                "x": [each.hours for each in self.shown],
                "y": list(range(len(self.shown))),
                "orientation": "h",
                "marker": {"color": palette.main, "line": {"width": 0}},
                "customdata": [[html.escape(each.person), f"{each.overrides:,.0f}"] for each in self.shown],
                "hovertemplate": "%{customdata[0]}<br>%{x:,.0f} hours<br>%{customdata[1]} hours taken over by overrides"
                "<extra></extra>",
            }
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return axes with the person with the most hours at the top."""
        return {
            "bargap": 0.35,
            "xaxis": counts_axis(self.people[0].hours, 5),
            "yaxis": names_axis([each.person for each in self.shown]),
        }
