"""The API's own clock, because this machine's clock may be wrong by days."""

from __future__ import annotations

import threading
import time

from source_opsgenie.http.timestamps import DAY, MILLIS, MINUTE, from_http_date

# The clocks of the API's own machines may differ by this many milliseconds.
CLOCKS_DIFFER = MINUTE

# How far this machine's clock may be behind, in milliseconds (one that shows local time as UTC is hours behind). A
# clock that is wrong by months would make TLS fail. It is used only if no answer had a `Date`, which HTTP asks of every
# server.
MACHINE_DIFFERS = DAY

# A date outside these years cannot be that of an answer.
_SENSIBLE_YEARS = range(2010, 2100)


class Clock:
    """The times of the sync's first and latest answers, by the HTTP header `Date`, in whole seconds.

    Attributes:
        earliest: the time of the first answer in epoch milliseconds; None if no answer had a date.
        latest: the time of the latest answer, likewise.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.earliest: int | None = None
        self.latest: int | None = None

    def note(self, date: str | None) -> None:
        """Note an answer's date; one that cannot be read is ignored."""
        moment = from_http_date(date)
        if moment is None or moment.year not in _SENSIBLE_YEARS:
            return
        millis = int(moment.timestamp() * MILLIS)
        with self._lock:
            self.earliest = min(millis, self.earliest or millis)
            self.latest = max(millis, self.latest or millis)

    def sync_start(self) -> int:
        """Return the time of the first answer, or this machine's time if no answer had a date."""
        return self.earliest or int(time.time() * MILLIS)

    def cap(self, moment: int | None) -> int | None:
        """Return a cursor no later than the first answer; None if no answer had a date.

        Lists that were read early in the sync lack what was written later, so the cursor must not pass over it.
        """
        if self.earliest is None or moment is None:
            return None
        return min(moment, self.earliest)

    def not_in_future(self, moment: int | None) -> int | None:
        """Return a moment as it is, or the time of the latest answer if the moment is in the future.

        A change with a wrong date must not hide later ones. If no answer had a date, this machine's time counts.
        """
        latest = self.latest or int(time.time() * MILLIS)
        return moment if moment is None or moment <= latest + CLOCKS_DIFFER else latest

    def is_future(self, moment: int) -> bool:
        """Return whether a moment is in the future; by this machine's clock if no answer had a date."""
        if self.latest is None:
            return moment > int(time.time() * MILLIS) + MACHINE_DIFFERS
        return moment > self.latest + CLOCKS_DIFFER
