"""Opsgenie's rate limits: by account and domain, a second and a minute at once, over a rolling window."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

from integration_tests.sandbox import text
from integration_tests.sandbox.refusal import Refusal

DOMAINS = ("alert", "search", "incident", "configuration", "heartbeat", "schedule-oncalls")
# What is shown for a domain without a limit: more than anyone can reach.
UNLIMITED = [(60_000_000, 60), (1_000_000, 1)]
FREE = {"X-RateLimit-State": "OK", "X-RateLimit-Reason": "ACCOUNT"}


class Bucket:
    """At most so many calls in any stretch of so many seconds."""

    def __init__(self, limit: int, period: int) -> None:
        self.limit = limit
        self.period = period
        self.calls: deque[float] = deque()

    def is_full(self, now: float) -> bool:
        """Return whether one more call would be too many."""
        while self.calls and self.calls[0] <= now - self.period:
            self.calls.popleft()
        return len(self.calls) >= self.limit


class Limits:
    """The buckets of the account."""

    def __init__(self, limits: dict[str, list[tuple[int, int]]], *, headers: bool) -> None:
        self.limits = limits
        self.headers = headers
        self.throttled: Counter[str] = Counter()
        self._buckets = {domain: [Bucket(*each) for each in pairs] for domain, pairs in limits.items()}

    def spend(self, domain: str) -> None:
        """Count a call; refuse it when any of the domain's buckets is full."""
        buckets = self._buckets.get(domain, ())
        now = time.monotonic()
        for bucket in buckets:
            if bucket.is_full(now):
                self.throttled[f"{domain}/{bucket.period}"] += 1
                raise Refusal(429, text.THROTTLED, headers=self._throttle_headers(bucket.period))
        for bucket in buckets:
            bucket.calls.append(now)

    def rate(self, domain: str) -> float:
        """Return the calls a second that the tightest of a domain's limits allows."""
        return min((bucket.limit / bucket.period for bucket in self._buckets.get(domain, ())), default=0.0)

    def _throttle_headers(self, period: int) -> dict[str, str]:
        if not self.headers:
            return {}
        return {
            "X-RateLimit-State": "THROTTLED",
            "X-RateLimit-Reason": "ACCOUNT",
            "X-RateLimit-Period-In-Sec": str(period),
        }

    def shown(self, instead: dict[str, list[tuple[int, int]]]) -> list[dict[str, Any]]:
        """Return what /v2/request-limits/ tells about them, or what it is to tell instead."""
        told = {**self.limits, **instead}
        return [
            {
                "domain": domain,
                "limits": [
                    {"limit": limit, "periodInSeconds": period} for limit, period in told.get(domain, UNLIMITED)
                ],
            }
            for domain in DOMAINS
        ]
