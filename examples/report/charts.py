"""The charts: each is drawn in two schemes from the same answers, and says in a sentence what there is to see."""

from __future__ import annotations

import html
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from examples.report.answers import DAYS, HOURS, PRIORITIES, OnCall, Source, Waiting, Week
from examples.report.words import DAY, MARKS, day, duration, percent, several, short, week_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from examples.report.palette import Palette

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
MOST_BARS = 15
MOST_PEOPLE = 24  # their chart is as tall as two others
BAR = 30  # pixels for a bar and the gap below it
NO_PRIORITY = "none"

Rows = list[tuple[str, ...]]


class Chart(ABC):
    """A chart.

    Attributes:
        name: its id on the page.
        title: its heading.
        needs: the streams that it is made of, for a reader whose copy has no rows of them.
        place: where it stands on a desk: over the whole width, beside two others, or beside one; on a phone all
            stand below each other.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[str]
    place: ClassVar[str] = ""

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What there is to see."""

    @property
    @abstractmethod
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """The same as a table: heads and rows."""

    @property
    def height(self) -> int:
        """Pixels."""
        return 280

    def legend(self, palette: Palette) -> dict[str, str]:  # noqa: ARG002 - some charts need one
        """Give what the colours mean."""
        return {}

    @abstractmethod
    def traces(self, palette: Palette) -> list[Any]:
        """Give what is drawn."""

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002 - some charts need it
        """Give what differs from the common layout."""
        return {}

    def figure(self, palette: Palette) -> Any:  # noqa: ANN401 - Plotly's own
        """Draw it."""
        import plotly.graph_objects as go  # noqa: PLC0415 - in the examples' environment only

        axis = {
            "gridcolor": palette.faint,
            "linecolor": palette.faint,
            "zeroline": False,
            "fixedrange": True,  # a finger that scrolls the page must not move the chart
            "automargin": True,
            "ticks": "",
            "title": None,
        }
        figure = go.Figure(self.traces(palette))
        figure.update_layout(
            template=go.layout.Template(),
            height=self.height,
            margin={"l": 8, "r": 12, "t": 8, "b": 8},
            font={"family": FONT, "size": 13, "color": palette.ink},
            paper_bgcolor="rgba(0,0,0,0)",
            plot_bgcolor="rgba(0,0,0,0)",
            hoverlabel={"bgcolor": palette.card, "bordercolor": palette.ink, "font": {"color": palette.ink}},
            showlegend=False,  # the page has its own, which wraps as text does
            dragmode=False,
            xaxis=axis,
            yaxis=axis,
        )
        figure.update_layout(self.axes(palette))
        return figure


@dataclass(frozen=True)
class AlertsByWeek(Chart):
    """Alerts per week, stacked by priority."""

    weeks: Sequence[Week]

    name = "alerts-by-week"
    title = "Alerts per week, by priority"
    needs = "alerts"
    place = " wide"

    @property
    def is_empty(self) -> bool:
        """Whether there is no alert."""
        return not self.weeks

    @property
    def sentence(self) -> str:
        """Name the busiest week, and what is usual."""
        totals = sorted(week.alerts.total() for week in self.weeks)
        busiest = max(self.weeks, key=lambda week: week.alerts.total())
        usual = totals[len(totals) // 2]
        return (
            f"The busiest week was {week_of(busiest.monday)}, with {several(totals[-1], 'alert')}; "
            f"half of the weeks had {usual} or fewer."
        )

    @property
    def priorities(self) -> list[str]:
        """The priorities that occur, the most urgent first."""
        occurring = {priority for week in self.weeks for priority, count in week.alerts.items() if count}
        return [each for each in (*PRIORITIES, NO_PRIORITY) if each in occurring]

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a week."""
        rows = [
            (day(week.monday), *(f"{week.alerts[each]:,}" for each in self.priorities), f"{week.alerts.total():,}")
            for week in self.weeks
        ]
        return ("Week from", *self.priorities, "All"), rows

    def legend(self, palette: Palette) -> dict[str, str]:
        """Give the colours of the priorities."""
        colours = dict(zip((*PRIORITIES, NO_PRIORITY), palette.priorities, strict=True))
        return {each: colours[each] for each in self.priorities}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the most urgent at the bottom, where their heights can be compared."""
        import plotly.graph_objects as go  # noqa: PLC0415

        colours = self.legend(palette)
        mondays = [week.monday.isoformat() for week in self.weeks]
        return [
            go.Bar(
                x=mondays,
                y=[week.alerts[each] for week in self.weeks],
                name=each,
                marker={"color": colours[each], "line": {"width": 0}},
                customdata=[week_of(week.monday) for week in self.weeks],
                hovertemplate="%{customdata}<br>%{y} " + each + "<extra></extra>",
            )
            for each in self.priorities
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Stack the bars over time."""
        return {
            "barmode": "stack",
            "bargap": 0.18,
            "xaxis": {"type": "date", "showgrid": False, "tickformat": "%b\n%Y", "tickangle": 0},
            "yaxis": {"rangemode": "tozero", "nticks": 6, "tickformat": ",d"},
        }


@dataclass(frozen=True)
class PagesByHour(Chart):
    """When people are paged."""

    cells: Sequence[Sequence[int]]
    outside: int

    name = "pages-by-hour"
    title = "When people are paged"
    needs = "alert_recipients and users"
    place = " wide"

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever paged."""
        return not self.total

    @property
    def total(self) -> int:
        """All pages."""
        return sum(map(sum, self.cells))

    @property
    def sentence(self) -> str:
        """Tell how much of it is outside working hours."""
        return (
            f"{percent(self.outside, self.total)} of {several(self.total, 'page')} came outside working hours, which "
            "are Monday to Friday, 9:00 to 18:00, by the clock of the one who was paged (the frame)."
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row an hour."""
        rows = [(f"{hour:02}:00", *(f"{day[hour]:,}" for day in self.cells)) for hour in range(HOURS)]
        return ("Hour", *DAYS), rows

    def traces(self, palette: Palette) -> list[Any]:
        """Draw a cell an hour."""
        import plotly.graph_objects as go  # noqa: PLC0415

        return [
            go.Heatmap(
                z=[list(row) for row in self.cells],
                x=list(range(HOURS)),
                y=list(DAYS),
                colorscale=[list(stop) for stop in palette.heat],
                zmin=0,
                zmax=max(map(max, self.cells)),
                xgap=2,
                ygap=2,
                colorbar={
                    "thickness": 8,
                    "outlinewidth": 0,
                    "len": 0.9,
                    "nticks": 4,
                    "tickformat": ",d",
                    "xpad": 6,
                    "ypad": 0,
                    "ticks": "",
                },
                hovertemplate="%{y}, %{x}:00 to %{x}:59<br>%{z} pages<extra></extra>",
            )
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Put Monday on top, and a frame around working hours."""
        marks = list(range(0, HOURS, 3))
        return {
            "xaxis": {
                "tickvals": marks,
                "ticktext": [f"{hour:02}" for hour in marks],  # room on a phone
                "showgrid": False,
                "tickangle": 0,
            },
            "yaxis": {"autorange": "reversed", "showgrid": False},
            "shapes": [
                {
                    "type": "rect",
                    "x0": 8.5,
                    "x1": 17.5,
                    "y0": -0.5,
                    "y1": 4.5,
                    "line": {"color": palette.second, "width": 2},
                }
            ],
        }


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
        return list(self.teams[:MOST_BARS])

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
        return 60 + BAR * len(self.shown)

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


@dataclass(frozen=True)
class OnCallHours(Chart):
    """Who is on call, and how long."""

    people: Sequence[OnCall]

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
        return (
            f"{most.person} was on call for {most.hours:,.0f} hours, "
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
        return 60 + BAR * len(self.shown)

    def traces(self, palette: Palette) -> list[Any]:
        """Draw a bar a person."""
        import plotly.graph_objects as go  # noqa: PLC0415

        return [
            go.Bar(
                x=[each.hours for each in self.shown],
                y=list(range(len(self.shown))),
                orientation="h",
                marker={"color": palette.main, "line": {"width": 0}},
                customdata=[[html.escape(each.person), f"{each.overrides:,.0f}"] for each in self.shown],
                hovertemplate="%{customdata[0]}<br>%{x:,.0f} hours<br>%{customdata[1]} hours taken over by overrides"
                "<extra></extra>",
            )
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the longest on top."""
        return {
            "bargap": 0.35,
            "xaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 5},
            "yaxis": names_axis([each.person for each in self.shown]),
        }


@dataclass(frozen=True)
class NoisiestSources(Chart):
    """Where the alerts come from, and how many of them nobody took."""

    sources: Sequence[Source]

    name = "noisiest-sources"
    title = "The noisiest sources"
    needs = "alerts"

    @property
    def is_empty(self) -> bool:
        """Whether there is no alert."""
        return not self.sources

    @property
    def shown(self) -> list[Source]:
        """The sources that are drawn: the noisiest ones."""
        return list(self.sources[:MOST_BARS])

    @property
    def sentence(self) -> str:
        """Name the source of most alerts, and how many nobody took."""
        first = self.sources[0]
        alerts = sum(each.alerts for each in self.sources)
        never = sum(each.never_acknowledged for each in self.sources)
        return (
            f"{percent(first.alerts, alerts)} of all alerts come from {first.name}. "
            f"{percent(never, alerts)} of all were never acknowledged by anybody."
            + drawn(len(self.shown), "noisiest", len(self.sources))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a source."""
        rows: Rows = [
            (
                each.name,
                f"{each.alerts:,}",
                f"{each.never_acknowledged:,}",
                percent(each.never_acknowledged, each.alerts),
            )
            for each in self.sources
        ]
        return ("Source", "Alerts", "Never acknowledged", "Share"), rows

    @property
    def height(self) -> int:
        """Room for each source."""
        return 60 + BAR * len(self.shown)

    def legend(self, palette: Palette) -> dict[str, str]:
        """Give the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the alerts that somebody took, then those that nobody did."""
        import plotly.graph_objects as go  # noqa: PLC0415

        return [
            go.Bar(
                x=counts,
                y=list(range(len(self.shown))),
                name=name,
                orientation="h",
                marker={"color": colour, "line": {"width": 0}},
                customdata=[html.escape(each.name) for each in self.shown],
                hovertemplate="%{customdata}<br>%{x:,d} " + name + "<extra></extra>",
            )
            for (name, colour), counts in zip(
                self.legend(palette).items(),
                (
                    [each.alerts - each.never_acknowledged for each in self.shown],
                    [each.never_acknowledged for each in self.shown],
                ),
                strict=True,
            )
        ]

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the noisiest on top."""
        return {
            "barmode": "stack",
            "bargap": 0.35,
            "xaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 6},
            "yaxis": names_axis([each.name for each in self.shown]),
        }


def drawn(shown: int, which: str, there_are: int) -> str:
    """Say that a chart leaves some out; its table has them all."""
    return f" Drawn are the {shown} {which} of {there_are:,}." if shown < there_are else ""


def names_axis(names: Sequence[str]) -> dict[str, Any]:
    """Make an axis of names, the first on top. Plotly takes tags in a name for its own, and equal names for one."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [html.escape(short(name)) + " " for name in names],
        "range": [len(names) - 0.5, -0.5],
        "showgrid": False,
    }


def positive(seconds: float) -> float:
    """Keep a duration on a logarithmic axis, which has no zero; at most the length of ages."""
    return min(max(seconds, 1.0), 3650.0 * DAY)
