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
    assert len(taken) == 10 + 3 - 1  # the last result is one of three
    results.close()


def test_an_error_comes_at_its_items_turn(pool: ThreadPoolExecutor) -> None:
    def work(item: int) -> int:
        return 10 // (3 - item)

    results = prefetch(pool, range(9), work, lambda: 4)
    assert [item for item, _ in islice(results, 3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_an_error_of_the_items_comes_after_the_results_of_those_before(pool: ThreadPoolExecutor) -> None:
    def items() -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("no more")

    found: list[tuple[int, int]] = []
    with pytest.raises(ValueError, match="no more"):
        found.extend(prefetch(pool, items(), lambda item: item * 10, lambda: 4))  # what came before the error is kept
    assert found == [(1, 10), (2, 20)]


def test_work_that_nobody_waits_for_any_more_is_not_begun() -> None:
    closed = threading.Event()
    done: list[int] = []

    def work(item: int) -> None:
        if item:
            closed.wait()
        done.append(item)

    with ThreadPoolExecutor(1) as single:
        results = prefetch(single, range(9), work, lambda: 4)
        next(results)
        results.close()
        closed.set()
    assert set(done) <= {0, 1}  # the worker may have begun one
