"""The base class of the charts of times to acknowledge."""

from __future__ import annotations

import html
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from archive.report.answers import Waiting
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MAX_ROWS, duration_axis, height_of, names_axis, on_log_axis, only_shown
from archive.report.formatting import FEW, NOTHING, duration, percent, quantity, short
from archive.report.palette import Palette


@dataclass(frozen=True)
class Timed:
    """A row that is drawn; its label includes how many of its alerts the times cover."""

    label: str
    median: float
    ninetieth: float


@dataclass(frozen=True)
class WaitingChart(Chart):
    """The median and the 90th percentile of the time to acknowledge, for groups of alerts.

    Attributes:
        head: the head of the table's first column.
        plural: what the groups are.
        none: the name of the alerts that belong to no group.
        shown_first: which groups are drawn if there are too many.
    """

    groups: Sequence[Waiting]

    head: ClassVar[str]
    plural: ClassVar[str]
    none: ClassVar[str]
    shown_first: ClassVar[str]
    needs = ("alerts",)
    nothing = "No time to acknowledge is reported for alerts"

    @property
    def is_empty(self) -> bool:
        """Return whether no alert has a time to acknowledge."""
        return not self.timed

    @property
    def timed(self) -> list[Timed]:
        """Return the groups with times to acknowledge, in the order of all groups."""
        return [
            Timed(short(each.name, f"{each.times:,} of {each.alerts:,}"), each.median, each.ninetieth)
            for each in self.groups
            if each.median is not None and each.ninetieth is not None
        ]

    @property
    def shown(self) -> list[Timed]:
        """Return the groups that are drawn."""
        return self.timed[:MAX_ROWS]

    @abstractmethod
    def compare(self, first: Waiting, last: Waiting) -> str:
        """Return a comparison of the first and the last group that have enough times."""

    @property
    def _comparison(self) -> str:
        comparable = [each for each in self.groups if each.times >= FEW and each.name != self.none]
        if len(self.groups) == 1:
            return f"The median is {self.described(self.groups[0])}."
        if len(comparable) < 2:  # noqa: PLR2004 - to compare one with the other
            return f"There are no two {self.plural} with {FEW} acknowledged alerts to compare."
        return self.compare(comparable[0], comparable[-1])

    @property
    def sentence(self) -> str:
        """Return a comparison of the groups, and what the figures cover."""
        return (
            f"{self._comparison} The times cover acknowledged alerts only: their number and that of all alerts follow "
            "the name. The scale of the times is logarithmic."
            + only_shown(len(self.shown), self.shown_first, len(self.timed))
        )

    def described(self, each: Waiting) -> str:
        """Return a median and the number of alerts behind it; only for a group that has a median."""
        share = percent(each.acknowledged, each.alerts)
        return (
            f"{duration(each.median or 0)} for {each.name} ({quantity(each.times, 'acknowledged alert')}; "
            f"{share} of {each.alerts:,} were acknowledged)"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each group."""
        rows: Rows = [
            (
                each.name,
                f"{each.alerts:,}",
                f"{each.acknowledged:,}",
                percent(each.acknowledged, each.alerts),
                *(NOTHING if time is None else duration(time) for time in (each.median, each.ninetieth)),
            )
            for each in self.groups
        ]
        return (self.head, "Alerts", "Acknowledged", "Share acknowledged", "Median", "90th percentile"), rows

    @property
    def height(self) -> int:
        """Return a height with space for each group."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two points."""
        return {"median": palette.main, "90th percentile": palette.second}

    def traces(self, palette: Palette) -> list[Any]:
        """Return a line from the median to the 90th percentile of each group, with a point at each end."""
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
                    [html.escape(each.label), duration(value)] for each, value in zip(self.shown, values, strict=True)
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

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return a logarithmic axis of durations, and an axis of names."""
        ends = [end for each in self.shown for end in (each.median, each.ninetieth)]
        return {"xaxis": duration_axis(ends), "yaxis": names_axis([each.label for each in self.shown])}
