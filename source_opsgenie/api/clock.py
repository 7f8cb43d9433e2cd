"""Opsgenie's own clock: that of the machine may be wrong by days."""

from __future__ import annotations

import threading
from email.utils import parsedate_to_datetime

MILLIS = 1000


class Clock:
    """The time of the sync's first answer by Opsgenie's clock, the HTTP `Date`, in whole seconds.

    What is written later may have been missed by the lists that were read before: no cursor may pass it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._earliest: int | None = None

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
            self._earliest = moment if self._earliest is None else min(self._earliest, moment)

    def cap(self, moment: int | None) -> int | None:
        """Give a cursor that passes over nothing: no later than the first answer, or none if that told no time."""
        if self._earliest is None or moment is None:
            return None
        return min(moment, self._earliest)
