"""The chart of times to acknowledge by priority."""

from __future__ import annotations

from dataclasses import dataclass

from archive.report.answers import Waiting
from archive.report.charts.waiting import WaitingChart


@dataclass(frozen=True)
class AcknowledgeByPriority(WaitingChart):
    """The median and the 90th percentile of the time to acknowledge, by priority; the most urgent first."""

    name = "acknowledge-by-priority"
    title = "Time to acknowledge, by priority"
    head = "Priority"
    plural = "priorities"
    none = "(none)"
    shown_first = "most urgent"
    is_table = True

    def compare(self, first: Waiting, last: Waiting) -> str:
        """Return the medians of the most and the least urgent priority."""
        return f"The median is {self.described(first)}, and {self.described(last)}."
