"""The chart of alerts by source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.answers import NO_SOURCE
from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MAX_ROWS, height_of, only_shown, stacked_axes, stacked_bars
from archive.report.formatting import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Source
    from archive.report.palette import Palette


@dataclass(frozen=True)
class NoisiestSources(Chart):
    """The number of alerts by source, and how many of them nobody acknowledged."""

    sources: Sequence[Source]

    name = "noisiest-sources"
    title = "The noisiest sources"
    needs = ("alerts",)
    nothing = "No alerts"

    @property
    def is_empty(self) -> bool:
        """Return whether there are no alerts."""
        return not self.sources

    @property
    def shown(self) -> list[Source]:
        """Return the sources that are drawn, which are the noisiest."""
        return list(self.sources[:MAX_ROWS])

    @property
    def sentence(self) -> str:
        """Return a sentence about the noisiest source and about alerts that nobody acknowledged."""
        first = self.sources[0]
        alerts = sum(each.alerts for each in self.sources)
        never = sum(each.never_acknowledged for each in self.sources)
        return (
            f"{percent(first.alerts, alerts)} of these alerts "
            f"{'have no source' if first.name == NO_SOURCE else f'come from {first.name}'}. "
            f"{percent(never, alerts)} of these alerts were never acknowledged."
            + only_shown(len(self.shown), "noisiest", len(self.sources))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each source."""
        rows: Rows = [
            (
                each.name,
                f"{each.alerts:,}",
                f"{each.never_acknowledged:,}",
                percent(each.never_acknowledged, each.alerts),
            )
            for each in self.sources
        ]
        return ("Source", "Alerts", "Never acknowledged", "Share never acknowledged"), rows

    @property
    def height(self) -> int:
        """Return a height with space for each source."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Return bars with the acknowledged alerts first, then the others."""
        return stacked_bars(
            [each.name for each in self.shown],
            self.legend(palette),
            [each.alerts - each.never_acknowledged for each in self.shown],
            [each.never_acknowledged for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Return axes with the noisiest source at the top."""
        return stacked_axes([each.name for each in self.shown], self.shown[0].alerts)
