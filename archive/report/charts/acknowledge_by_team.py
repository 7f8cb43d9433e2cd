"""How many alerts of each team are acknowledged, and how long these wait."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MOST_ROWS, NOTHING, drawn, duration_axis, height_of, names_axis, positive
from archive.report.words import duration, percent, several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Waiting
    from archive.report.palette import Palette


@dataclass(frozen=True)
class Timed:
    """A team with alerts that were acknowledged, named with their share."""

    name: str
    median: float
    ninetieth: float


@dataclass(frozen=True)
class AcknowledgeByTeam(Chart):
    """How many alerts of each team are acknowledged, and how long these wait."""

    teams: Sequence[Waiting]

    name = "acknowledge-by-team"
    title = "Time to acknowledge, by team"
    needs = "alerts and teams"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever acknowledged."""
        return not self.timed

    @property
    def timed(self) -> list[Timed]:
        """The teams with alerts that were acknowledged, the slowest first."""
        return [
            Timed(f"{each.team} ({percent(each.acknowledged, each.alerts)})", each.median, each.ninetieth)
            for each in self.teams
            if each.median is not None and each.ninetieth is not None
        ]

    @property
    def shown(self) -> list[Timed]:
        """The teams that are drawn: the slowest ones."""
        return self.timed[:MOST_ROWS]

    @property
    def sentence(self) -> str:
        """Name the slowest and the fastest, and say which alerts the times are about."""
        slowest, fastest = self.timed[0], self.timed[-1]
        never = len(self.teams) - len(self.timed)
        return (
            f"The times are those of acknowledged alerts only; the share of a team's alerts that were acknowledged "
            f"stands behind its name. Half of them were acknowledged within {duration(slowest.median)} in "
            + (f"the slowest team, {slowest.name}, and " if len(self.timed) > 1 else f"{slowest.name}.")
            + (f"within {duration(fastest.median)} in the fastest, {fastest.name}." if len(self.timed) > 1 else "")
            + drawn(len(self.shown), "slowest", len(self.timed))
            + (f" {several(never, 'team')} with alerts never acknowledged one." if never else "")
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a team."""
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
        """Room for each team."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the two dots."""
        return {"median": palette.main, "90th percentile": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw a line from the median to the 90th percentile, with a dot at either end."""
        places = list(range(len(self.shown)))
        lines_x: list[float | None] = []
        lines_y: list[int | None] = []
        for place, each in zip(places, self.shown, strict=True):
            lines_x += [positive(each.median), positive(each.ninetieth), None]
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
                "x": [positive(value) for value in values],
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
        """Show seconds and weeks on one axis: each mark is several times the one before."""
        ends = [end for each in self.shown for end in (each.median, each.ninetieth)]
        return {"xaxis": duration_axis(ends), "yaxis": names_axis([each.name for each in self.shown])}
