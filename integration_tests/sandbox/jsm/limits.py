"""Rate limits, of which JSM tells nothing: by API, over a rolling window, with whichever headers the settings say."""

from __future__ import annotations

import math
import time
from collections import Counter

from integration_tests.sandbox.limits import Bucket
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.text import SECOND, stamp

TOO_MANY = "Too many requests"


class JsmLimits:
    """The buckets of the site."""

    def __init__(self, limits: dict[str, list[tuple[int, int]]], headers: str) -> None:
        self.headers = headers
        self.throttled: Counter[str] = Counter()
        self._buckets = {api: [Bucket(*each) for each in pairs] for api, pairs in limits.items()}

    def spend(self, api: str, moment: int) -> dict[str, str]:
        """Count a call, and return what the answer tells of the limits; refuse it when any bucket is full."""
        now = time.monotonic()
        buckets = self._buckets.get(api, [])
        for bucket in buckets:
            if bucket.is_full(now):
                self.throttled[f"{api}/{bucket.period}"] += 1
                wait = math.ceil(bucket.calls[0] + bucket.period - now)
                raise Refusal(429, TOO_MANY, headers=self._refused(bucket, moment, max(1, wait)))
        for bucket in buckets:
            bucket.calls.append(now)
        return self._left(min(buckets, key=_room)) if buckets else {}

    def _refused(self, bucket: Bucket, moment: int, wait: int) -> dict[str, str]:
        told = {"Retry-After": str(wait)} if self.headers in ("both", "retry-after") else {}
        left = self._left(bucket)
        if left:
            # By the clock of the account, as the header Date.
            left |= {"X-RateLimit-Reset": stamp(moment + wait * SECOND), "RateLimit-Reason": "jsm-burst-based"}
        return told | left

    def _left(self, bucket: Bucket) -> dict[str, str]:
        if self.headers not in ("both", "x-ratelimit"):
            return {}
        return {"X-RateLimit-Limit": str(bucket.limit), "X-RateLimit-Remaining": str(_room(bucket))}


def _room(bucket: Bucket) -> int:
    return bucket.limit - len(bucket.calls)
