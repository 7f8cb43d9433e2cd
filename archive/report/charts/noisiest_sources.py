"""Where the alerts come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.answers import NO_SOURCE
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MOST_ROWS, drawn, height_of, stacked_axes, stacked_bars
from archive.report.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Source
    from archive.report.palette import Palette


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
        return list(self.sources[:MOST_ROWS])

    @property
    def sentence(self) -> str:
        """Name the source of most alerts, and how many nobody took."""
        first = self.sources[0]
        alerts = sum(each.alerts for each in self.sources)
        never = sum(each.never_acknowledged for each in self.sources)
        return (
            f"{percent(first.alerts, alerts)} of all alerts "
            f"{'name no source' if first.name == NO_SOURCE else f'come from {first.name}'}. "
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
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the alerts that somebody took, then those that nobody did."""
        return stacked_bars(
            [each.name for each in self.shown],
            self.legend(palette),
            [each.alerts - each.never_acknowledged for each in self.shown],
            [each.never_acknowledged for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the noisiest on top."""
        return stacked_axes([each.name for each in self.shown])
