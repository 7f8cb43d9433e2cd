"""How long the alerts of each team wait."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MOST_ROWS, drawn, height_of, names_axis
from archive.report.words import DAY, MARKS, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Waiting
    from archive.report.palette import Palette


@dataclass(frozen=True)
class AcknowledgeByTeam(Chart):
    """How long the alerts of each team wait."""

    teams: Sequence[Waiting]

    name = "acknowledge-by-team"
    title = "Time to acknowledge, by team"
    needs = "alerts and teams"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever acknowledged."""
        return not self.teams

    @property
    def shown(self) -> list[Waiting]:
        """The teams that are drawn: the slowest ones."""
        return list(self.teams[:MOST_ROWS])

    @property
    def sentence(self) -> str:
        """Name the slowest and the fastest."""
        slowest, fastest = self.teams[0], self.teams[-1]
        if len(self.teams) == 1:
            return f"{slowest.team} takes half of its alerts within {duration(slowest.median)}."
        return (
            f"Half of the alerts of {fastest.team} are taken within {duration(fastest.median)}, of {slowest.team} "
            f"within {duration(slowest.median)}." + drawn(len(self.shown), "slowest", len(self.teams))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a team."""
        rows: Rows = [
            (each.team, f"{each.acknowledged:,}", duration(each.median), duration(each.ninetieth))
            for each in self.teams
        ]
        return ("Team", "Acknowledged", "Median", "90th percentile"), rows

    @property
    def height(self) -> int:
        """Room for each team."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Give the two dots."""
        return {"median": palette.main, "90th percentile": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw a line from the median to the 90th percentile, with a dot at either end."""
        import plotly.graph_objects as go  # noqa: PLC0415

        places = list(range(len(self.shown)))
        lines_x: list[float | None] = []
        lines_y: list[int | None] = []
        for place, each in zip(places, self.shown, strict=True):
            lines_x += [positive(each.median), positive(each.ninetieth), None]
            lines_y += [place, place, None]
        between = go.Scatter(
            x=lines_x,
            y=lines_y,
            mode="lines",
            line={"color": palette.rest, "width": 4},
            hoverinfo="skip",
        )
        dots = [
            go.Scatter(
                x=[positive(value) for value in values],
                y=places,
                mode="markers",
                name=name,
                marker={"color": colour, "size": 12, "symbol": symbol},
                customdata=[
                    [html.escape(each.team), duration(value)] for each, value in zip(self.shown, values, strict=True)
                ],
                hovertemplate="%{customdata[0]}<br>" + name + ": %{customdata[1]}<extra></extra>",
            )
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
        ends = [positive(end) for each in self.shown for end in (each.median, each.ninetieth)]
        low, high = math.log10(min(ends)) - 0.25, math.log10(max(ends)) + 0.25
        marks = [seconds for seconds in MARKS if low <= math.log10(seconds) <= high]
        return {
            "xaxis": {
                "type": "log",
                "range": [low, high],
                "tickvals": marks,
                "ticktext": [MARKS[each] for each in marks],
                "tickangle": 0,
                "minor": {"showgrid": False},
            },
            "yaxis": names_axis([each.team for each in self.shown]),
        }


def positive(seconds: float) -> float:
    """Keep a duration on a logarithmic axis, which has no zero; at most the length of ages."""
    return min(max(seconds, 1.0), 3650.0 * DAY)
