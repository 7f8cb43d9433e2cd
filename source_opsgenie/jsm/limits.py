"""The APIs of a site, whose rate limits are not published."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from source_opsgenie.http.retry import answered_at, retry_after
from source_opsgenie.http.timestamps import MILLIS, to_millis

if TYPE_CHECKING:
    import requests

RESET_HEADER = "X-RateLimit-Reset"

LONGEST_PERIOD = 3600.0  # seconds; a longer pause may be a mistake, so no more than this is waited


class Api(str, Enum):
    """The APIs that are called. Whether they share limits is not known; each has a limiter of its own."""

    OPERATIONS = "operations"
    JIRA = "jira"
    SERVICES = "services"
    TEAMS = "teams"

    __str__ = str.__str__  # the log uses the word


def period_of(response: requests.Response) -> float | None:
    """Return how many seconds a 429 asks to wait, by `Retry-After` or by the time at which the limit is reset.

    Neither is documented for JSM Operations; both are for Jira.
    """
    wait = retry_after(response) or _until_reset(response)
    return None if wait is None else min(wait, LONGEST_PERIOD)


def _until_reset(response: requests.Response) -> float | None:
    reset = to_millis(response.headers.get(RESET_HEADER)) or 0
    seconds = reset / MILLIS - answered_at(response).timestamp()
    return seconds if seconds > 0 else None
