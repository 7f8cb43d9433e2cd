"""Lets a few threads work ahead, and keeps the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def prefetch(
    pool: Executor, items: Iterable[Item], work: Callable[[Item], Result], depth: Callable[[], int]
) -> Generator[tuple[Item, Result]]:
    """Yield each item with its result, in the items' order, with at most `depth()` items under way, which is 1 or more.

    It keeps `depth()` results in memory, however many items there are. An error of `work` is raised when its item is
    due: results before it have been yielded, and work after it is cancelled. An error of `items` is raised after the
    results of all items before it.
    """
    under_way: deque[tuple[Item, Future[Result]]] = deque()
    error: Exception | None = None
    remaining = iter(items)
    try:
        while True:
            try:
                item = next(remaining)
            except StopIteration:
                break
            except Exception as raised:  # noqa: BLE001 - it is raised again below
                error = raised
                break
            under_way.append((item, pool.submit(work, item)))
            while len(under_way) >= depth():
                first, future = under_way.popleft()
                yield first, future.result()
        while under_way:
            first, future = under_way.popleft()
            yield first, future.result()
        if error is not None:
            raise error
    finally:
        for _, future in under_way:
            future.cancel()
