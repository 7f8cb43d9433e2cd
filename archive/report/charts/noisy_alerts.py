"""Which alerts are noisy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MOST_ROWS, height_of, stacked_axes, stacked_bars
from archive.report.words import percent, several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Noisy
    from archive.report.palette import Palette

# What an alert's id is made of: nothing else goes into an address.
ID = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True)
class NoisyAlerts(Chart):
    """The messages of most alerts; `web` is the address of Opsgenie's web application, None where there is none."""

    alerts: Sequence[Noisy]
    all_alerts: int
    web: str | None

    name = "noisy-alerts"
    title = "Noisy alerts"
    needs = "alerts"
    place = " wide"
    is_table = True

    @property
    def is_empty(self) -> bool:
        """Whether there is no alert."""
        return not self.alerts

    @property
    def shown(self) -> list[Noisy]:
        """The messages that are drawn: the most frequent ones."""
        return list(self.alerts[:MOST_ROWS])

    @property
    def sentence(self) -> str:
        """Say what part of all alerts the most frequent messages are."""
        part = sum(each.alerts for each in self.shown)
        listed = f"; the table lists {len(self.alerts)}" if len(self.alerts) < self.alerts[0].messages else ""
        links = " Each message in the table leads to its newest alert in Opsgenie." if self.web else ""
        if len(self.shown) == self.alerts[0].messages:
            return f"{several(self.all_alerts, 'alert')}, with {several(len(self.shown), 'message')} in all.{links}"
        return (
            f"{percent(part, self.all_alerts)} of {several(self.all_alerts, 'alert')} have one of these "
            f"{several(len(self.shown), 'message')}, of {self.alerts[0].messages:,} in all{listed}.{links}"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a message."""
        rows: Rows = [
            (
                each.message,
                f"{each.alerts:,}",
                f"{each.occurrences:,}",
                f"{each.never_acknowledged:,}",
                percent(each.never_acknowledged, each.alerts),
            )
            for each in self.alerts
        ]
        return ("Message", "Alerts", "Occurrences", "Never acknowledged", "Share"), rows

    @property
    def links(self) -> list[str | None]:
        """The newest alert of each message."""
        return [
            f"{self.web}/alert/detail/{each.newest}/details"
            if self.web and each.newest and ID.fullmatch(each.newest)
            else None
            for each in self.alerts
        ]

    @property
    def height(self) -> int:
        """Room for each message."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the alerts that somebody acknowledged, then those that nobody did."""
        return stacked_bars(
            [each.message for each in self.shown],
            self.legend(palette),
            [each.alerts - each.never_acknowledged for each in self.shown],
            [each.never_acknowledged for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the most frequent on top."""
        return stacked_axes([each.message for each in self.shown])
