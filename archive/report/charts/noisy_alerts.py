"""The chart of the most frequent messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from archive.report.answers import Noisy
from archive.report.charts.chart import Rows
from archive.report.charts.stacked_bars import StackedBars
from archive.report.formatting import percent, quantity

# Only an id of these characters is written into an address.
ID = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True)
class NoisyAlerts(StackedBars):
    """The most frequent messages of alerts; `web` is the address of Opsgenie's web application, None if unknown."""

    alerts: Sequence[Noisy]
    all_alerts: int
    web: str | None

    name = "noisy-alerts"
    title = "Noisy alerts"
    needs = ("alerts",)
    nothing = "No alerts"
    is_table = True

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """Return the acknowledged alerts and the other ones of each message."""
        return [(each.message, each.alerts - each.never_acknowledged, each.never_acknowledged) for each in self.alerts]

    @property
    def sentence(self) -> str:
        """Return a sentence about the share of alerts that have these messages."""
        part = sum(each.alerts for each in self.alerts[: len(self.shown)])
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
