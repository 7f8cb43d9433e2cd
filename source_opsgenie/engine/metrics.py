"""How far a stream has come in the sync that runs: for its users' eyes only, nothing is decided by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Metrics:
    """Counts of one stream. A page or a parent at a time: a record costs nothing.

    Attributes:
        unit: what the stream goes through, e.g. `alerts` or `teams`; empty where it is but a list.
        expected: how many of them there are, as far as that is known.
        done: how many of them have been gone through.
        rows: rows delivered.
        calls: calls answered.
    """

    unit: str = ""
    expected: int | None = None
    done: int = 0
    rows: int = 0
    calls: int = 0

    def expect(self, unit: str, expected: int | None) -> None:
        """Begin to go through so many of something."""
        self.unit, self.expected, self.done, self.rows = unit, expected, 0, 0

    def add(self, rows: int, done: int = 1) -> None:
        """Note what was gone through, and the rows that it gave."""
        self.done += done
        self.rows += rows

    @property
    def row_estimate(self) -> int | None:
        """How many rows there will be, if those to come are like those so far; None if nothing tells."""
        if self.expected is None or not self.done:
            return self.expected
        return round(self.rows * max(self.expected, self.done) / self.done)
