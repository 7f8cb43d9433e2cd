"""How long a throttled call waits before it is tried again."""

from __future__ import annotations

import requests

# "Rate Limiting": the period of the limit that was hit, in seconds to wait (1 or 60), not a time of day.
PERIOD_HEADER = "X-RateLimit-Period-In-Sec"

FIRST_WAIT = 1.0  # seconds; doubles from one failure to the next
LONGEST_WAIT = 60.0  # seconds; also Opsgenie's longest limit period


def is_throttled(outcome: requests.Response | Exception | None) -> bool:
    """Tell whether a rate limit refused the call."""
    return isinstance(outcome, requests.Response) and outcome.status_code == requests.codes.too_many_requests


def throttle_wait(outcome: requests.Response | Exception | None, attempt: int) -> float:
    """Give the seconds to wait after a 429: the limit's period, or exponential where the header is missing."""
    period = period_of(outcome) if isinstance(outcome, requests.Response) else None
    return exponential(attempt) if period is None else period


def period_of(response: requests.Response) -> float | None:
    """Read the limit's period in seconds; None when the header is missing or no sensible number."""
    try:
        period = float(response.headers[PERIOD_HEADER])
    except (KeyError, ValueError):
        return None
    return period if 0 < period <= LONGEST_WAIT else None


def exponential(attempt: int) -> float:
    """Give 1, 2, 4, ... seconds for the first, second, third, ... attempt, at most the longest wait."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 10)))
