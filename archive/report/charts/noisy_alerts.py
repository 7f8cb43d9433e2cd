"""The chart of the most frequent messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MAX_ROWS, height_of, stacked_axes, stacked_bars
from archive.report.formatting import percent, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Noisy
    from archive.report.palette import Palette

# Only an id of these characters is written into an address.
ID = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True)
class NoisyAlerts(Chart):
    """The most frequent messages of alerts; `web` is the address of Opsgenie's web application, None if unknown."""

    alerts: Sequence[Noisy]
    all_alerts: int
    web: str | None

    name = "noisy-alerts"
    title = "Noisy alerts"
    needs = ("alerts",)
    nothing = "No alerts"
    css_class = " wide"
    is_table = True

    @property
    def is_empty(self) -> bool:
        """Return whether there are no alerts."""
        return not self.alerts

    @property
    def shown(self) -> list[Noisy]:
        """Return the messages that are drawn, which are the most frequent."""
        return list(self.alerts[:MAX_ROWS])

    @property
    def sentence(self) -> str:
        """Return a sentence about the share of alerts that have these messages."""
        part = sum(each.alerts for each in self.shown)
        messages = self.alerts[0].messages
        listed = f" The table lists the {len(self.alerts)} most frequent ones." if len(self.alerts) < messages else ""
        links = " Each message in the table links to its newest alert in Opsgenie." if self.web else ""
        worst = self.alerts[0]
        noisiest = (
            f"The most frequent message is “{worst.message}”, with {worst.alerts:,} of "
            f"{quantity(self.all_alerts, 'alert')} ({percent(worst.alerts, self.all_alerts)}). "
            f"{percent(worst.never_acknowledged, worst.alerts)} of these were never acknowledged."
        )
        if len(self.shown) == messages:
            return f"{noisiest} The alerts have {quantity(messages, 'distinct message')}.{links}"
        return (
            f"{noisiest} {percent(part, self.all_alerts)} of these alerts have one of the "
            f"{len(self.shown)} most frequent messages; there are {messages:,} distinct messages.{listed}{links}"
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each message."""
        rows: Rows = [
            (
                each.message,
                f"{each.alerts:,}",
                f"{each.never_acknowledged:,}",
                percent(each.never_acknowledged, each.alerts),
                f"{each.occurrences:,}",
            )
            for each in self.alerts
        ]
        return ("Message", "Alerts", "Never acknowledged", "Share never acknowledged", "Occurrences"), rows

    @property
    def links(self) -> list[str | None]:
        """Return the address of the newest alert of each message."""
        return [
            f"{self.web}/alert/detail/{each.newest}/details"
            if self.web and each.newest and ID.fullmatch(each.newest)
            else None
            for each in self.alerts
        ]

    @property
    def height(self) -> int:
        """Return a height with space for each message."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two parts of a bar."""
        return {"acknowledged": palette.main, "never acknowledged": palette.rest}

    def traces(self, palette: Palette) -> list[Any]:
        """Return bars with the acknowledged alerts first, then the others."""
        return stacked_bars(
            [each.message for each in self.shown],
            self.legend(palette),
            [each.alerts - each.never_acknowledged for each in self.shown],
            [each.never_acknowledged for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Return axes with the most frequent message at the top."""
        return stacked_axes([each.message for each in self.shown], self.shown[0].alerts)
