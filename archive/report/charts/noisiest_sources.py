"""The chart of alerts by source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.report.answers import NO_SOURCE, Source
from archive.report.charts.chart import Rows
from archive.report.charts.rows import only_shown
from archive.report.charts.stacked_bars import StackedBars
from archive.report.formatting import percent


@dataclass(frozen=True)
class NoisiestSources(StackedBars):
    """The number of alerts by source, and how many of them nobody acknowledged."""

    sources: Sequence[Source]

    name = "noisiest-sources"
    title = "The noisiest sources"
    needs = ("alerts",)
    nothing = "No alerts"
    is_wide = False

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """Return the acknowledged alerts and the other ones of each source."""
        return [(each.name, each.alerts - each.never_acknowledged, each.never_acknowledged) for each in self.sources]

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
