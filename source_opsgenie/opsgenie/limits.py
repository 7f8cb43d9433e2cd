"""Keeps the account's rate limits: one limiter for each domain, shared by all streams and threads of the process.

"Rate Limiting": calls are counted by account and by domain, by the second and by the minute at once; a call over the
limit is rejected with 429 or delayed. The limits belong to the whole account, so the connector uses only a share of
them: the customer's own alerts must never be rejected because of the connector. If the limits cannot be read, a fixed
fallback applies instead.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from enum import Enum
from functools import partial
from typing import Any

import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import data_at, decode, objects_of
from source_opsgenie.http.client import Client
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.limiter import wait_unless_stopped
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.retry import OPTIONAL_CALL
from source_opsgenie.http.rolling_window import SECONDS_A_MINUTE, Call, Limit
from source_opsgenie.streams.context import Once

logger = logging.getLogger("airbyte")

REQUEST_LIMITS_PATH = "v2/request-limits/"  # with the closing slash: the only form seen

# "Rate Limiting": the period of the limit that was hit, in seconds to wait (1 or 60), not a time of day.
PERIOD_HEADER = "X-RateLimit-Period-In-Sec"
LONGEST_PERIOD = 60.0

_limits_in = partial(data_at, path="data.rateLimits")

# No sensible limit has more calls, or more seconds: those documented are of a second and of a minute. Larger values are
# ignored: a limit by the year would hold the sync up for ever.
LARGEST_LIMIT = 10**9
LONGEST_LIMIT = 86_400  # seconds

# Used if the limits cannot be read (a team's key gets 403): slow enough for the smallest plan seen.
FALLBACK_CALLS_PER_MINUTE = 74

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
FALLBACK_LIMITS = (Limit(2, 1.0), Limit(FALLBACK_CALLS_PER_MINUTE, SECONDS_A_MINUTE))


def period_of(response: requests.Response) -> float | None:
    """Return the period, in seconds, of the limit that was hit; None if the header is missing or invalid."""
    try:
        period = float(response.headers[PERIOD_HEADER])
    except (KeyError, ValueError):
        return None
    return min(period, LONGEST_PERIOD) if period > 0 else None


def limiters_of(client: Client, share: int, stop: threading.Event) -> dict[Domain, RateLimiter]:
    """Return the limiter of each domain, made from the account's own limits.

    One call asks for the limits, just before the first call of a sync.
    """
    once = Once()

    def asked() -> tuple[dict[str, tuple[Limit, ...]], Call]:
        call = Call(time.monotonic())
        limits = _ask(client, share)
        call.took = time.monotonic() - call.sent
        return limits, call

    def learn(domain: Domain) -> tuple[tuple[Limit, ...], tuple[Call, ...]]:
        limits, call = once.of("limits", asked)
        return limits.get(_letters_of(domain), FALLBACK_LIMITS), (call,) if domain is Domain.CONFIGURATION else ()

    def wait(domain: Domain, seconds: float) -> None:
        limit = limiters[domain].tightest
        if limit is not None and limit.calls_a_minute < 1 and seconds >= WORTH_A_LINE:  # calls may be minutes apart
            logger.info(
                "The account allows %d calls in %d minutes for Opsgenie's domain '%s', of which this sync may make %d: "
                "its next call waits for %d minutes.",
                limit.account_calls,
                math.ceil(limit.period / SECONDS_A_MINUTE),
                domain,
                limit.calls,
                math.ceil(seconds / SECONDS_A_MINUTE),
            )
        wait_unless_stopped(stop, seconds)

    limiters = {
        domain: RateLimiter(partial(learn, domain), period_of, sleep=partial(wait, domain)) for domain in Domain
    }
    return limiters


def _ask(client: Client, share: int) -> dict[str, tuple[Limit, ...]]:
    """Ask for the limits. The fallback may be a tenth of what the account allows."""
    try:
        answer = client.read(REQUEST_LIMITS_PATH, check=_limits_in, policy=OPTIONAL_CALL)
        return read_limits(_limits_in(decode(answer)), share)
    except RefusedError as error:
        reason = f"HTTP {error.status}; a team's key cannot read them"
    except ApiError as error:
        if error.failure_type == FailureType.config_error:
            return {}  # the call that waits for the limits meets the same error, and reports it
        reason = error.cause or str(error.message)
    logger.info(
        "The account's rate limits could not be read (%s). The sync makes at most %d calls a minute for each "
        "rate-limit domain.",
        reason,
        FALLBACK_CALLS_PER_MINUTE,
    )
    return {}


def read_limits(rows: Any, share: int) -> dict[str, tuple[Limit, ...]]:
    """Return a share, in percent, of the limits that `/v2/request-limits/` lists; invalid ones are skipped."""
    limits: dict[str, tuple[Limit, ...]] = {}
    for row in objects_of(rows):
        found = tuple(
            Limit(max(1, int(item["limit"] * share / 100)), float(item["periodInSeconds"]), int(item["limit"]))
            for item in objects_of(row.get("limits"))
            if _positive(item.get("limit"), LARGEST_LIMIT) and _positive(item.get("periodInSeconds"), LONGEST_LIMIT)
        )
        if found:
            # Only two of the domains' names are confirmed: compare them without regard to case or separators.
            domain = _letters_of(str(row.get("domain")))
            limits[domain] = limits.get(domain, ()) + found
    return limits


def _letters_of(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _positive(value: object, largest: float) -> bool:
    return isinstance(value, int | float) and 1 / LARGEST_LIMIT <= value <= largest
