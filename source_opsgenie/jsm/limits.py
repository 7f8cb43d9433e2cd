"""The APIs of a site, whose rate limits nobody tells."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

from source_opsgenie.http.timestamps import to_millis

if TYPE_CHECKING:
    import requests

RESET_HEADER = "X-RateLimit-Reset"

LONGEST_PERIOD = 3600.0  # seconds; a longer pause is taken for a mistake

MILLIS = 1000


class Api(str, Enum):
    """What is called. Whether their limits are shared is not known; each has a limiter of its own."""

    OPERATIONS = "operations"
    JIRA = "jira"
    SERVICES = "services"
    TEAMS = "teams"

    def __str__(self) -> str:
        """Return the word that the log uses as the name of a lane."""
        return self.value


def period_of(response: requests.Response) -> float | None:
    """Read from a 429 how many seconds to wait: `Retry-After`, or the time at which the limit is reset.

    Neither is documented for JSM Operations; both are for Jira.
    """
    now = _time_of(response.headers.get("Date")) or datetime.now(timezone.utc)
    for wait in (_retry_after(response, now), _until_reset(response, now)):
        if wait is not None and 0 < wait <= LONGEST_PERIOD:
            return wait
    return None


def _retry_after(response: requests.Response, now: datetime) -> float | None:
    told = response.headers.get("Retry-After", "")
    try:
        return float(told)
    except ValueError:
        moment = _time_of(told)
        return None if moment is None else (moment - now).total_seconds()


def _until_reset(response: requests.Response, now: datetime) -> float | None:
    reset = to_millis(response.headers.get(RESET_HEADER))
    return None if reset is None else reset / MILLIS - now.timestamp()


def _time_of(told: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)
