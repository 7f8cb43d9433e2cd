from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

import pytest

from source_opsgenie.engine.prefetch import prefetch


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as made:
        yield made


def test_results_come_in_the_items_order(pool: ThreadPoolExecutor) -> None:
    gate = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            gate.wait()
        else:
            gate.set()
        return item * 10

    assert list(prefetch(pool, range(50), work, lambda: 4)) == [(item, item * 10) for item in range(50)]


def test_no_more_than_the_depth_is_taken_ahead(pool: ThreadPoolExecutor) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in count():
            taken.append(item)
            yield item

    results = prefetch(pool, items(), lambda item: item, lambda: 3)
    assert [item for item, _ in islice(results, 10)] == list(range(10))
    assert len(taken) <= 10 + 3
    results.close()


def test_an_error_comes_at_its_items_turn(pool: ThreadPoolExecutor) -> None:
    def work(item: int) -> int:
        return 10 // (3 - item)

    results = prefetch(pool, range(9), work, lambda: 4)
    assert [item for item, _ in islice(results, 3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
