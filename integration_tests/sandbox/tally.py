"""What the clients did, counted."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEPT_REQUESTS = 10_000
KEPT_VIOLATIONS = 1_000


class Tally:
    """Counts since the last reset."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.domains: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.throttled: dict[str, list[float]] = {}
        self.other_calls: Counter[str] = Counter()
        self.violations: deque[str] = deque(maxlen=KEPT_VIOLATIONS)
        self.keys_seen_elsewhere = 0
        self.most_at_once: Counter[str] = Counter()
        self.requests: deque[str] = deque(maxlen=KEPT_REQUESTS)
        self.different: set[str] = set()
        self._open: Counter[str] = Counter()

    @contextmanager
    def under_way(self, *names: str) -> Iterator[None]:
        """Count calls that are answered at the same time."""
        for name in names:
            self._open[name] += 1
            self.most_at_once[name] = max(self.most_at_once[name], self._open[name])
        try:
            yield
        finally:
            for name in names:
                self._open[name] -= 1

    def blame(self, request: str, violation: str) -> None:
        """Record what a careful client would not do, and the request that did it."""
        self.violations.append(f"{violation}: {request}")

    def shown(self) -> dict[str, Any]:
        """Return all counts."""
        return {
            "calls": self.calls,
            "domains": self.domains,
            "total": sum(self.calls.values()),
            "different": len(self.different),  # as many would do if nothing were asked twice
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "max_concurrency": self.most_at_once["all"],
            "max_concurrency_by_domain": {name: most for name, most in self.most_at_once.items() if name != "all"},
            "throttled_at": self.throttled,
            "other_calls": self.other_calls,
            "violations": list(self.violations),
            "keys_seen_elsewhere": self.keys_seen_elsewhere,
        }
