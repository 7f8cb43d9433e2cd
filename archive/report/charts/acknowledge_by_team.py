"""The chart of times to acknowledge by team."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MAX_ROWS, NOTHING, duration_axis, height_of, names_axis, on_log_axis, only_shown
from archive.report.formatting import duration, percent, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Waiting
    from archive.report.palette import Palette


@dataclass(frozen=True)
class Timed:
    """A team with times to acknowledge; its name includes the share of acknowledged alerts."""

    name: str
    median: float
    ninetieth: float


@dataclass(frozen=True)
class AcknowledgeByTeam(Chart):
    """The median and the 90th percentile of the time to acknowledge, by team."""

    teams: Sequence[Waiting]

    name = "acknowledge-by-team"
    title = "Time to acknowledge, by team"
    needs = "alerts and teams"

    @property
    def is_empty(self) -> bool:
        """Return whether no alert has a time to acknowledge."""
        return not self.timed

    @property
    def timed(self) -> list[Timed]:
        """Return the teams with times to acknowledge, the slowest first."""
        return [
            Timed(f"{each.team} ({percent(each.acknowledged, each.alerts)})", each.median, each.ninetieth)
            for each in self.teams
            if each.median is not None and each.ninetieth is not None
        ]

    @property
    def shown(self) -> list[Timed]:
        """Return the teams that are drawn, which are the slowest."""
        return self.timed[:MAX_ROWS]

    @property
    def sentence(self) -> str:
        """Return a sentence about the slowest and the fastest team."""
        slowest, fastest = self.timed[0], self.timed[-1]
        untimed = len(self.teams) - len(self.timed)
        if len(self.timed) > 1:
            medians = (
                f"The median is {duration(slowest.median)} for the slowest team, {slowest.name}, and "
                f"{duration(fastest.median)} for the fastest, {fastest.name}."
            )
        else:
            medians = f"The median is {duration(slowest.median)} for {slowest.name}."
        return (
            "The times cover acknowledged alerts only; the share of acknowledged alerts follows each team's name. "
            + medians
            + only_shown(len(self.shown), "slowest", len(self.timed))
            + (f" {quantity(untimed, 'more team has', 'more teams have')} no times to acknowledge." if untimed else "")
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each team."""
        rows: Rows = [
            (
                each.team,
                f"{each.alerts:,}",
                f"{each.acknowledged:,}",
                percent(each.acknowledged, each.alerts),
                *(NOTHING if time is None else duration(time) for time in (each.median, each.ninetieth)),
            )
            for each in self.teams
        ]
        return ("Team", "Alerts", "Acknowledged", "Share", "Median", "90th percentile"), rows

    @property
    def height(self) -> int:
        """Return a height with space for each team."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two points."""
        return {"median": palette.main, "90th percentile": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Return a line from the median to the 90th percentile of each team, with a point at each end."""
        places = list(range(len(self.shown)))
        lines_x: list[float | None] = []
        lines_y: list[int | None] = []
        for place, each in zip(places, self.shown, strict=True):
            lines_x += [on_log_axis(each.median), on_log_axis(each.ninetieth), None]
            lines_y += [place, place, None]
        between = {
            "type": "scatter",
            "x": lines_x,
            "y": lines_y,
            "mode": "lines",
            "line": {"color": palette.rest, "width": 4},
            "hoverinfo": "skip",
        }
        dots = [
            {
                "type": "scatter",
                "x": [on_log_axis(value) for value in values],
                "y": places,
                "mode": "markers",
                "name": name,
                "marker": {"color": colour, "size": 12, "symbol": symbol},
                "customdata": [
                    [html.escape(each.name), duration(value)] for each, value in zip(self.shown, values, strict=True)
                ],
                "hovertemplate": "%{customdata[0]}<br>" + name + ": %{customdata[1]}<extra></extra>",
            }
            for (name, colour), values, symbol in zip(
                self.legend(palette).items(),
                ([each.median for each in self.shown], [each.ninetieth for each in self.shown]),
                ("circle", "diamond"),
                strict=True,
            )
        ]
        return [between, *dots]

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Return a logarithmic axis of durations, and an axis of teams."""
        ends = [end for each in self.shown for end in (each.median, each.ninetieth)]
        return {"xaxis": duration_axis(ends), "yaxis": names_axis([each.name for each in self.shown])}
