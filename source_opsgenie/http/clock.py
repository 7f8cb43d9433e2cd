"""Opsgenie's own clock: that of the machine may be wrong by days."""

from __future__ import annotations

import threading
import time
from datetime import timezone
from email.utils import parsedate_to_datetime

MILLIS = 1000

# By so much, in milliseconds, the clocks of Opsgenie's own machines may differ.
CLOCKS_DIFFER = 60 * MILLIS

# By so much, in milliseconds, a machine's clock may be behind: one that shows local time as UTC is behind by hours. TLS
# certificates would not be valid by a clock that is wrong by months. A cursor is compared with that clock only where no
# answer tells its time, which HTTP asks of every server.
MACHINE_DIFFERS = 24 * 3600 * MILLIS

# No answer was given before Opsgenie began or will be long after its end: such a date is none.
_SENSIBLE_YEARS = range(2010, 2100)


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
        moment = _read(date)
        if moment is None:
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

    def is_future(self, moment: int) -> bool:
        """Tell whether a time has not come yet; by the machine's clock as long as no answer told its time."""
        if self._latest is None:
            return moment > int(time.time() * MILLIS) + MACHINE_DIFFERS
        return moment > self._latest + CLOCKS_DIFFER


def _read(date: str | None) -> int | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except (ValueError, OverflowError, TypeError, IndexError):
        return None  # numbers that no date holds overflow
    if moment.year not in _SENSIBLE_YEARS:
        return None
    if moment.tzinfo is None:  # written as -0000, which is UTC, too
        moment = moment.replace(tzinfo=timezone.utc)
    return int(moment.timestamp() * MILLIS)
