from __future__ import annotations

import pytest

from source_opsgenie.http.rolling_window import Call, Limit, RollingWindow

FASTEST = 0.1


def filled(limit: Limit, calls: int, took: float | None = FASTEST) -> RollingWindow:
    """A window with so many calls, all made at second 0."""
    return RollingWindow(limit, [Call(0.0, took) for _ in range(calls)])


def widen(window: RollingWindow, at: float, took: float = FASTEST) -> None:
    """Make a call that is let pass."""
    call = Call(at, took)
    window.add(call)
    window.widen(call, FASTEST)


def test_a_full_window_has_a_place_when_the_first_call_leaves() -> None:
    window = filled(Limit(3, 60.0), 3)
    assert window.wait(10.0, FASTEST) == 50.0
    assert window.wait(60.0, FASTEST) == 0.0


def test_calls_are_spaced_in_the_first_period_only_though_a_call_was_made_before() -> None:
    window = filled(Limit(60, 60.0), 1)
    for moment in (0.5, 30.0):
        window.add(Call(moment, FASTEST))
    assert window.wait(30.0, FASTEST) == 1.0
    window.wait(61.0, FASTEST)
    window.add(Call(61.0, FASTEST))
    assert window.wait(61.0, FASTEST) == 0.0


def test_a_call_under_way_leaves_later_the_longer_it_takes() -> None:
    window = filled(Limit(1, 60.0), 1, took=None)
    assert window.wait(2.0, FASTEST) == 58.0 + 1.9
    assert window.wait(30.0, FASTEST) == 30.0 + 5.0  # it failed, or will


@pytest.mark.parametrize(
    ("limit", "capacity"),
    [
        (Limit(100, 60.0), 40),
        (Limit(80, 60.0, account_calls=100), 40),  # two fifths of the account's, whatever our share
        (Limit(10, 60.0, account_calls=100), 10),
        (Limit(1, 1.0), 1),
    ],
)
def test_two_fifths_of_the_account_are_taken_to_be_free_at_first(limit: Limit, capacity: int) -> None:
    assert RollingWindow(limit).capacity == capacity


def test_calls_within_the_capacity_are_spread() -> None:
    window = RollingWindow(Limit(100, 60.0))
    window.add(Call(1000.0))
    window.add(Call(1000.0))  # one may be made up for
    assert window.wait_for_capacity(1000.0, FASTEST) == pytest.approx(60.0 / 2 / 40)


def test_beyond_the_capacity_a_call_waits_for_another_to_leave() -> None:
    window = filled(Limit(100, 60.0), 40)
    assert window.wait(10.0, FASTEST) == 0.0  # the limit is far away
    assert window.wait_for_capacity(10.0, FASTEST) == 50.0


def test_a_window_known_to_be_free_waits_for_its_limit_only() -> None:
    window = filled(Limit(100, 60.0), 99)
    widen(window, at=1.0)
    assert window.capacity == 100
    assert window.wait_for_capacity(0.0, FASTEST) == 0.0


def test_capacity_narrows_to_what_was_answered_and_a_little_less() -> None:
    window = RollingWindow(
        Limit(100, 60.0),
        [
            *(Call(0.0, FASTEST) for _ in range(30)),
            *(Call(0.0) for _ in range(5)),
            *(Call(0.0, FASTEST, rejected=True) for _ in range(5)),
        ],
    )
    assert window.pace == 1.0
    window.narrow()
    assert window.capacity == 27
    assert window.pace == 0.27
    for _ in range(60):
        widen(window, at=1.0)
    assert window.pace == 1.0


@pytest.mark.parametrize(("limit", "answered"), [(100, 97), (1, 1)])
def test_once_the_whole_limit_is_free_again_no_rejected_call_makes_probes_rare(limit: int, answered: int) -> None:
    """Another limit of the same calls may still need them."""
    window = filled(Limit(limit, 60.0), answered)
    window.narrow()
    assert window.capacity == max(1, int(min(answered, 0.4 * limit) * 0.9))
    for _ in range(limit - answered):
        widen(window, at=1.0)
    assert window.capacity == limit
    assert window.wait_for_probe(Call(1.0, FASTEST), 2.0) == 0.0


def test_what_may_have_left_before_a_probe_arrived_proves_no_capacity() -> None:
    window = filled(Limit(100, 60.0), 50, took=2.0)  # they stay until 61.9
    assert window.wait(61.0, FASTEST) == 0.0
    widen(window, at=61.0)
    assert window.capacity == 40


def test_what_counted_when_a_probe_arrived_proves_capacity_even_if_it_has_left_since() -> None:
    window = filled(Limit(100, 60.0), 50)
    probe = Call(59.9, 0.2)
    window.add(probe)
    window.wait(60.2, FASTEST)  # the fifty leave
    window.widen(probe, fastest=0.2)
    assert window.capacity == 51


def test_near_the_last_rejected_call_probes_are_a_period_apart() -> None:
    window = filled(Limit(1000, 60.0), 100)
    assert window.wait_for_probe(Call(0.0, 0.5), 10.0) == 0.0
    window.narrow()
    assert (window.last_rejected, window.capacity) == (100, 100)  # a tenth of the limit
    assert window.wait_for_probe(Call(0.0, 0.5), 10.0) == 50.5
    assert window.wait_for_probe(Call(0.0), 10.0) == 50.0  # under way
    assert window.wait_for_probe(None, 10.0) == 0.0


def test_near_the_last_rejected_call_a_probe_goes_alone_if_it_can() -> None:
    window = filled(Limit(1000, 60.0), 100)
    window.narrow()
    window.add(Call(69.0))  # under way
    assert window.wait_for_probe(Call(20.0, 0.5), 70.0) == 10.5
    assert window.wait_for_probe(Call(0.0, 0.5), 70.0) > 0
    assert window.wait_for_probe(Call(0.0, 0.5), 80.0) <= 0  # that one has failed, as it seems
    window.add(Call(119.0))
    assert window.wait_for_probe(Call(0.0, 0.5), 120.4) > 0
    assert window.wait_for_probe(Call(0.0, 0.5), 120.6) <= 0  # for two periods there was always one under way


def test_probes_near_the_last_rejected_call_are_for_what_is_beyond_the_capacity_only() -> None:
    window = filled(Limit(1000, 60.0), 100)
    window.narrow()
    window.wait(60.0, FASTEST)  # all leave: the next call is within the capacity, if not at once
    assert window.wait_for_probe(None, 60.0) == 60.0


@pytest.mark.parametrize(("rejected", "rare"), [(10, (9, 11)), (20, (19, 21)), (100, (95, 105)), (800, (790, 810))])
def test_near_is_a_twentieth_and_at_most_ten_calls(rejected: int, rare: tuple[int, int]) -> None:
    window = filled(Limit(1000, 60.0), 1000)
    window.last_rejected = rejected
    found = []
    for capacity in range(1000):
        window.capacity = capacity
        if window.wait_for_probe(Call(0.0, 0.5), 10.0) > 0:
            found.append(capacity + 1)
    assert (found[0], found[-1]) == rare


@pytest.mark.parametrize(("limit", "left"), [(100, 10), (5, 1)])
def test_a_tenth_and_a_call_stay_whatever_is_rejected(limit: int, left: int) -> None:
    window = RollingWindow(Limit(limit, 60.0))
    window.narrow()
    assert window.capacity == left
