"""Opsgenie's own clock: that of the machine may be wrong by days."""

from __future__ import annotations

import threading
from email.utils import parsedate_to_datetime

MILLIS = 1000

# By so much, in milliseconds, the clocks of Opsgenie's own machines may differ.
CLOCKS_DIFFER = 60 * MILLIS


class Clock:
    """The times of the sync's first and latest answers by Opsgenie's clock, the HTTP `Date`, in whole seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._earliest: int | None = None
        self._latest: int | None = None

    @property
    def earliest(self) -> int | None:
        """The time of the first answer in epoch milliseconds; None if no answer told its time."""
        return self._earliest

    def note(self, date: str | None) -> None:
        """Take note of an answer's date; one that cannot be read says nothing."""
        try:
            moment = int(parsedate_to_datetime(date or "").timestamp() * MILLIS)
        except ValueError:
            return
        with self._lock:
            self._earliest = min(moment, self._earliest or moment)
            self._latest = max(moment, self._latest or moment)

    def cap(self, moment: int | None) -> int | None:
        """Give a cursor that passes over nothing: no later than the first answer, or none if that told no time.

        What is written later may have been missed by the lists that were read before.
        """
        if self._earliest is None or moment is None:
            return None
        return min(moment, self._earliest)

    def past(self, moment: int | None) -> int | None:
        """Give a time that has come; for one in the future, that of the latest answer."""
        if self._latest is None or moment is None or moment <= self._latest + CLOCKS_DIFFER:
            return moment
        return self._latest
