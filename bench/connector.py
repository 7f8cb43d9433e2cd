"""The connector's process with a part of it changed, as the benchmark needs it: `python -m bench.connector ...`.

`BENCH_FALLBACK=10` makes a minute of the fallback limits a tenth as long, as the sandbox does with its own.
`BENCH_STOCK=1` runs the same streams as the CDK has them: one after another, a call at a time, no pacing but retries.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from airbyte_cdk.sources import AbstractSource

from source_opsgenie.__main__ import main
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.rolling_window import Limit
from source_opsgenie.opsgenie import limits
from source_opsgenie.source import SourceOpsgenie
from source_opsgenie.streams import base


def shorten_fallback(times: float) -> None:
    """Shorten the period of a minute in the limits that apply where the account does not give its own."""
    calls = limits.FALLBACK_CALLS_PER_MINUTE
    limits.FALLBACK_LIMITS = (Limit(int(2 * times), 1.0), Limit(calls, 60.0 / times))


def as_stock() -> None:
    """Take away lanes, prefetch and pacing."""

    def one_by_one(
        _pool: ThreadPoolExecutor, items: Iterable[Any], work: Callable[[Any], Any], _depth: Callable[[], int]
    ) -> Iterator[tuple[Any, Any]]:
        for item in items:
            yield item, work(item)

    def unpaced(_limiter: RateLimiter, request: Any, block: bool = True, timeout: float | None = None) -> None:
        """Let every call pass."""

    def untold(_limiter: RateLimiter, request: Any, response: Any) -> None:
        """Learn nothing from an answer."""

    setattr(base, "prefetch", one_by_one)  # noqa: B010 - the types are those of a stand-in
    setattr(RateLimiter, "acquire_call", unpaced)  # noqa: B010 - likewise
    setattr(RateLimiter, "update_from_response", untold)  # noqa: B010 - likewise
    setattr(SourceOpsgenie, "read", AbstractSource.read)  # noqa: B010 - likewise


if __name__ == "__main__":
    if "BENCH_FALLBACK" in os.environ:
        shorten_fallback(float(os.environ["BENCH_FALLBACK"]))
    if "BENCH_STOCK" in os.environ:
        as_stock()
    main()
