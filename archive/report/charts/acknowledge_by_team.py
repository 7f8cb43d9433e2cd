"""The chart of times to acknowledge by team."""

from __future__ import annotations

from dataclasses import dataclass

from archive.report.answers import Waiting
from archive.report.charts.waiting import WaitingChart
from archive.report.formatting import FEW


@dataclass(frozen=True)
class AcknowledgeByTeam(WaitingChart):
    """The median and the 90th percentile of the time to acknowledge, by team; the longest median first."""

    name = "acknowledge-by-team"
    title = "Time to acknowledge, by team"
    head = "Team"
    plural = "teams"
    none = "(no team)"
    shown_first = "with the longest medians"
    is_wide = False

    def compare(self, first: Waiting, last: Waiting) -> str:
        """Return the longest and the shortest median."""
        return (
            f"Among teams with at least {FEW} acknowledged alerts, the longest median is {self.described(first)}, "
            f"and the shortest is {self.described(last)}."
        )
