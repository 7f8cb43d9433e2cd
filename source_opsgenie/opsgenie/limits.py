"""Keeps the account's rate limits: one limiter for each domain, shared by all streams and threads of the process.

"Rate Limiting": calls are counted by account and by domain, by the second and by the minute at once; a call over the
limit is rejected with 429 or delayed. The limits belong to the whole account, so the connector uses only a share of
them: the customer's own alerts must never be rejected because of the connector. If the limits cannot be read, a fixed
fallback applies instead.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import data_at
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.limiter import wait_unless_stopped
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.retry import QUESTION
from source_opsgenie.http.rolling_window import Call, Limit

if TYPE_CHECKING:
    import requests

    from source_opsgenie.http.body import Body
    from source_opsgenie.http.client import Client

logger = logging.getLogger("airbyte")

REQUEST_LIMITS_PATH = "v2/request-limits/"  # with the closing slash: the only form seen

# "Rate Limiting": the period of the limit that was hit, in seconds to wait (1 or 60), not a time of day.
PERIOD_HEADER = "X-RateLimit-Period-In-Sec"
LONGEST_PERIOD = 60.0

# No sensible limit has more calls, or more seconds; larger values are ignored.
LARGEST_SENSIBLE = 10**9

# Used if the limits cannot be read (a team's key gets 403): slow enough for the smallest plan seen.
FALLBACK_CALLS_PER_MINUTE = 74

MINUTE = 60.0  # seconds
WORTH_A_LINE = 10.0  # seconds of waiting for a limit of less than a call a minute


class Domain(str, Enum):
    """The rate-limit domains, whose calls Opsgenie counts separately ("Rate Limiting")."""

    ALERT = "alert"
    SEARCH = "search"
    INCIDENT = "incident"
    CONFIGURATION = "configuration"
    HEARTBEAT = "heartbeat"
    SCHEDULE_ONCALLS = "schedule-oncalls"

    __str__ = str.__str__  # Opsgenie's word, which the log uses


# By the second as well, because a burst of a minute's calls could exceed an unknown limit by the second.
FALLBACK_LIMITS = (Limit(2, 1.0), Limit(FALLBACK_CALLS_PER_MINUTE, 60.0))


def period_of(response: requests.Response) -> float | None:
    """Return the period, in seconds, of the limit that was hit; None if the header is missing or invalid."""
    try:
        period = float(response.headers[PERIOD_HEADER])
    except (KeyError, ValueError):
        return None
    return min(period, LONGEST_PERIOD) if period > 0 else None


class RateLimiters:
    """The limiters of all domains, made from the account's own limits.

    One call asks for the limits, just before the first call of a sync.
    """

    def __init__(self, client: Client, share: int, stop: threading.Event) -> None:
        self._client = client
        self._share = share
        self._lock = threading.Lock()
        self._limits: dict[str, tuple[Limit, ...]] | None = None
        self._asking: Call | None = None  # the call that asked for the limits
        self._sleep = partial(wait_unless_stopped, stop)
        self._limiters = {
            domain: RateLimiter(partial(self._limits_of, domain), period_of, sleep=partial(self._wait, domain))
            for domain in Domain
        }

    def of(self, domain: Domain) -> RateLimiter:
        """Return the limiter of a domain."""
        return self._limiters[domain]

    def _wait(self, domain: Domain, seconds: float) -> None:
        """Wait for a domain's limit; if its calls may be minutes apart, log that first."""
        limit = self._limiters[domain].tightest
        if limit is not None and limit.calls_a_minute < 1 and seconds >= WORTH_A_LINE:
            logger.info(
                "The account allows %d calls in %d minutes for Opsgenie's domain '%s', of which this sync may make %d: "
                "its next call waits for %d minutes.",
                limit.account_calls,
                math.ceil(limit.period / MINUTE),
                domain,
                limit.calls,
                math.ceil(seconds / MINUTE),
            )
        self._sleep(seconds)

    def _limits_of(self, domain: Domain) -> tuple[tuple[Limit, ...], tuple[Call, ...]]:
        with self._lock:
            if self._limits is None:
                self._asking = Call(time.monotonic())
                self._limits = self._ask()
                self._asking.took = time.monotonic() - self._asking.sent
            spent = (self._asking,) if self._asking and domain is Domain.CONFIGURATION else ()
            return self._limits.get(domain, FALLBACK_LIMITS), spent

    def _ask(self) -> dict[str, tuple[Limit, ...]]:
        """Ask for the limits. The fallback may be a tenth of what the account allows."""
        try:
            answer = self._client.read(REQUEST_LIMITS_PATH, check=_listed_limits, policy=QUESTION)
            return read_limits(_listed_limits(answer.body), self._share)
        except RefusedError as error:
            reason = f"HTTP {error.status}"
        except ApiError as error:
            if error.failure_type == FailureType.config_error:
                return {}  # the call that waits for the limits meets the same error, and reports it
            reason = error.cause or str(error.message)
        logger.info(
            "The account's rate limits could not be read (%s; a team's key cannot read them). The sync makes at most "
            "%d calls a minute for each rate-limit domain.",
            reason,
            FALLBACK_CALLS_PER_MINUTE,
        )
        return {}


def _listed_limits(body: Body) -> Any:
    return data_at(body, "data.rateLimits")


def read_limits(rows: Any, share: int) -> dict[str, tuple[Limit, ...]]:
    """Return a share, in percent, of the limits that `/v2/request-limits/` lists; invalid ones are skipped."""
    limits: dict[str, tuple[Limit, ...]] = {}
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict):
            continue
        listed = row.get("limits")
        found = tuple(
            Limit(max(1, int(item["limit"] * share / 100)), float(item["periodInSeconds"]), int(item["limit"]))
            for item in (listed if isinstance(listed, list) else [])
            if isinstance(item, dict) and _positive(item.get("limit")) and _positive(item.get("periodInSeconds"))
        )
        if found:
            # Only two of the domains' names are confirmed: compare them without regard to case or separators.
            limits[str(row.get("domain")).lower().replace("_", "-")] = found
    return limits


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and 1 / LARGEST_SENSIBLE <= value <= LARGEST_SENSIBLE
