"""Who is on call, and how long."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import drawn, height_of, names_axis
from archive.report.words import day, percent, several

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from archive.report.answers import OnCall
    from archive.report.palette import Palette

MOST_PEOPLE = 24  # the chart is as tall as two others


@dataclass(frozen=True)
class OnCallHours(Chart):
    """Who is on call, and how long."""

    people: Sequence[OnCall]
    period: tuple[datetime, datetime] | None

    name = "on-call-hours"
    title = "Hours on call, by person"
    needs = "schedule_timelines, users and team_members"
    place = " tall"

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever on call."""
        return not self.people

    @property
    def shown(self) -> list[OnCall]:
        """The people that are drawn: those with the most hours."""
        return list(self.people[:MOST_PEOPLE])

    @property
    def sentence(self) -> str:
        """Name who bears the most, and what part of it."""
        most = self.people[0]
        total = sum(each.hours for each in self.people)
        between = "" if self.period is None else " from {} to {}".format(*map(day, self.period))
        return (
            f"{most.person} was on call for {most.hours:,.0f} hours{between}, "
            f"{percent(most.hours, total)} of what {several(len(self.people), 'person', 'people')} bore together."
            + drawn(len(self.shown), "longest", len(self.people))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a person."""
        rows: Rows = [(each.person, f"{each.hours:,.0f}", f"{each.overrides:,.0f}") for each in self.people]
        return ("Person", "Hours on call", "Hours of overrides"), rows

    @property
    def height(self) -> int:
        """Room for each person."""
        return height_of(len(self.shown))

    def traces(self, palette: Palette) -> list[Any]:
        """Draw a bar a person."""
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

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the longest on top."""
        return {
            "bargap": 0.35,
            "xaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 5},
            "yaxis": names_axis([each.person for each in self.shown]),
        }
