"""Counts how far a stream has come in the current sync, for the user only: no decision depends on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Metrics:
    """The counts of one stream, updated by page or by parent, not by record.

    Attributes:
        unit: the objects that the stream reads one by one, e.g. `alerts` or `teams`; empty for a plain list.
        expected: how many of them there are; None if that is not known.
        done: how many of them have been read.
        rows: rows delivered.
        calls: calls answered.
    """

    unit: str = ""
    expected: int | None = None
    done: int = 0
    rows: int = 0
    calls: int = 0

    def expect(self, unit: str, expected: int | None) -> None:
        """Start counting anew, before a number of objects is read."""
        self.unit, self.expected, self.done, self.rows = unit, expected, 0, 0

    def add(self, rows: int, done: int = 1) -> None:
        """Note how many objects were read, and how many rows they gave."""
        self.done += done
        self.rows += rows

    @property
    def row_estimate(self) -> int | None:
        """Return how many rows to expect if the rest is like what was read; None if that is not known."""
        if self.expected is None or not self.done:
            return self.expected
        return round(self.rows * max(self.expected, self.done) / self.done)
