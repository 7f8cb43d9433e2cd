from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
import requests

from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.rolling_window import Limit
from source_opsgenie.opsgenie.limits import period_of

BEGIN = 100.0
ROUNDING = 1e-6  # seconds


class Request:
    """Stands for a prepared request: it only has to take an attribute."""


class Time:
    """A clock that runs only while somebody sleeps; what falls due meanwhile happens then."""

    def __init__(self) -> None:
        self.now = BEGIN
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._planned = 0

    def clock(self) -> float:
        return self.now

    def at(self, moment: float, happens: Callable[[], None]) -> None:
        self._planned += 1
        heapq.heappush(self._due, (moment, self._planned, happens))

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            self.now, _, happens = heapq.heappop(self._due)
            happens()
        self.now = until

    def sleep_until_something_happens(self) -> None:
        self.sleep(self._due[0][0] - self.now or 1e-9)


def answer(status: int, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    return response


def call(pacer: RateLimiter, time: Time, status: int = 200, took: float = 0.0, **headers: str) -> float:
    """Make a call; give the time at which it was let pass."""
    request = Request()
    pacer.acquire_call(request)
    sent = time.now
    time.now += took
    pacer.update_from_response(request, answer(status, {name.replace("_", "-"): v for name, v in headers.items()}))
    return sent


def made(*limits: Limit) -> tuple[RateLimiter, Time]:
    time = Time()
    return limiter_on(time, *limits), time


def limiter_on(time: Time, *limits: Limit) -> RateLimiter:
    return RateLimiter(lambda: (limits, ()), period_of, time.clock, time.sleep)


def most_in_any(sent: list[float], period: float) -> int:
    return max((sum(1 for other in sent if moment <= other < moment + period) for moment in sent), default=0)


# One caller.


def test_calls_never_exceed_any_of_the_limits() -> None:
    pacer, time = made(Limit(5, 1.0), Limit(20, 60.0))
    sent = [call(pacer, time) for _ in range(20)]
    time.sleep(50.0)
    sent += [call(pacer, time) for _ in range(70)]
    assert most_in_any(sent, 1.0) == 5
    assert most_in_any(sent, 60.0) == 20
    assert sent[-1] - sent[20] < 60 * (70 / 20)  # and not slower than they allow


def test_the_calls_of_the_first_period_are_evenly_spaced() -> None:
    pacer, time = made(Limit(20, 60.0))
    sent = [call(pacer, time) for _ in range(40)]
    assert [moment - BEGIN for moment in sent] == pytest.approx([3.0 * n for n in range(40)])


def test_the_calls_after_a_pause_are_no_burst() -> None:
    pacer, time = made(Limit(20, 60.0))
    for _ in range(40):
        call(pacer, time)
    time.sleep(1200.0)  # a destination takes nothing, for example
    begun = time.now
    sent = [call(pacer, time) for _ in range(40)]
    assert [moment - begun for moment in sent] == pytest.approx([3.0 * n for n in range(40)])


def test_a_call_that_was_slow_to_arrive_keeps_its_place_longer() -> None:
    pacer, time = made(Limit(2, 10.0))
    call(pacer, time, took=0.1)
    late = call(pacer, time, took=3.0)  # it may have arrived 2.9 seconds later than the first one did
    call(pacer, time, took=0.1)
    assert call(pacer, time, took=0.1) >= late + 10.0 + 2.8


def test_after_a_429_all_wait_for_the_period_and_go_on_more_slowly() -> None:
    pacer, time = made(Limit(10, 1.0))
    for _ in range(5):
        call(pacer, time, took=0.01)
    rejected = call(pacer, time, 429, X_RateLimit_Period_In_Sec="1")
    assert call(pacer, time, took=0.01) >= rejected + 1
    assert pacer.pace == 0.4  # the five that were answered, and a little less
    sent = [call(pacer, time, took=0.01) for _ in range(12)]
    assert most_in_any(sent, 1.0) <= 5


def test_what_others_leave_again_is_used_again() -> None:
    pacer, time = made(Limit(10, 1.0))
    call(pacer, time, 429, X_RateLimit_Period_In_Sec="1")
    for _ in range(100):
        call(pacer, time, took=0.01)
    assert pacer.pace == 1.0


def put_off(pacer: RateLimiter, time: Time) -> int:
    """Return for how many seconds after a 429 and its pause no probe succeeds."""
    rejected = call(pacer, time, 429, X_RateLimit_Period_In_Sec="1")
    narrow = pacer.pace
    while pacer.pace == narrow:
        call(pacer, time, took=0.01)
    return round(time.now - rejected - 1)


def test_each_429_puts_off_the_next_probe_longer() -> None:
    pacer, time = made(Limit(100, 1.0))
    assert [put_off(pacer, time) for _ in range(4)] == [4, 8, 16, 16]


def test_once_the_whole_limit_is_free_again_the_next_429_puts_off_probes_as_the_first_did() -> None:
    pacer, time = made(Limit(10, 1.0))
    held = []
    for _ in range(2):
        held.append(put_off(pacer, time))
        while pacer.pace < 1.0:
            call(pacer, time, took=0.01)
    assert held == [4, 4]


def test_a_429_sent_before_the_pause_slows_down_once_only() -> None:
    pacer, time = made(Limit(100, 1.0))
    for _ in range(20):
        call(pacer, time, took=0.01)
    first, second = Request(), Request()
    pacer.acquire_call(first)
    pacer.acquire_call(second)
    for request in (first, second):
        pacer.update_from_response(request, answer(429, {"X-RateLimit-Period-In-Sec": "1"}))
    assert pacer.pace == 0.18


def test_of_several_429s_the_longest_pause_is_kept() -> None:
    """Calls under way may meet the limit of a second and that of a minute."""
    pacer, time = made(Limit(100, 1.0), Limit(1000, 60.0))
    requests = [Request() for _ in range(3)]
    for request in requests:
        pacer.acquire_call(request)
    rejected = time.now
    for request, period in zip(requests, ("1", "60", "1"), strict=True):
        pacer.update_from_response(request, answer(429, {"X-RateLimit-Period-In-Sec": period}))
    assert call(pacer, time) >= rejected + 60


def test_a_probe_answered_after_a_429_does_not_undo_it() -> None:
    pacer, time = made(Limit(10, 60.0))
    for _ in range(5):
        call(pacer, time)
    rejected, probe = Request(), Request()
    for request in (rejected, probe):
        pacer.acquire_call(request)
        time.sleep(6.0)  # the next one is beyond the capacity, and no other probe is waited for
    pacer.update_from_response(rejected, answer(429, {"X-RateLimit-Period-In-Sec": "60"}))
    narrow = pacer.pace
    pacer.update_from_response(probe, answer(200))
    assert pacer.pace == narrow < 1.0


@pytest.mark.parametrize("status", [408, 500, 503])
def test_a_probe_answered_by_a_failure_does_not_raise_the_capacity(status: int) -> None:
    """The answer may be a gateway's, which no limit has let pass."""
    pacer, time = made(Limit(10, 1.0))
    call(pacer, time, 429, X_RateLimit_Period_In_Sec="1")
    narrow = pacer.pace
    for _ in range(100):
        call(pacer, time, status, took=0.01)
    assert pacer.pace == narrow


@pytest.mark.parametrize(
    ("told", "period"),
    [("60", 60), ("61", 60), ("3600", 60), ("inf", 60), ("0", None), ("-1", None), ("nan", None), ("soon", None)],
)
def test_of_a_very_long_period_a_minute_is_waited(told: str, period: float | None) -> None:
    assert period_of(answer(429, {"X-RateLimit-Period-In-Sec": told})) == period


def test_a_429_without_a_header_pauses_for_a_minute() -> None:
    pacer, time = made(Limit(10, 1.0))
    rejected = call(pacer, time, 429)
    assert call(pacer, time) >= rejected + 60


def test_a_429_narrows_the_limit_that_it_names() -> None:
    pacer, time = made(Limit(10, 1.0), Limit(100, 60.0))
    call(pacer, time, 429, X_RateLimit_Period_In_Sec="60")
    sent = [call(pacer, time, took=0.01) for _ in range(4)]
    assert sent[-1] - sent[0] > 5  # ten a minute are the least
    assert pacer.pace == 0.1


def test_a_probe_that_is_never_answered_is_not_waited_for() -> None:
    pacer, time = made(Limit(10, 60.0))
    for _ in range(5):
        pacer.acquire_call(Request())
    assert time.now < BEGIN + 5 * 5.1


def test_calls_in_flight_follow_rate_and_latency() -> None:
    pacer, time = made(Limit(20, 1.0))
    assert pacer.calls_in_flight == 2
    for _ in range(50):
        call(pacer, time, took=0.5)
    assert 10 <= pacer.calls_in_flight <= 20


# Many callers, and other clients of the account.


class Account:
    """An account whose limit other clients use a part of, evenly, and whose answers take their time."""

    def __init__(self, time: Time, limit: int, period: float, others: float, latency: float = 0.15) -> None:
        self.time = time
        self.limit = limit
        self.period = period
        self.latency = latency
        self.passed: list[float] = []
        self.rejected: list[float] = []
        self._counted: deque[float] = deque()
        if others:
            self._others(period / (limit * others))

    def _others(self, spacing: float) -> None:
        self._count()
        self.time.at(self.time.now + spacing, lambda: self._others(spacing))

    def _count(self) -> bool:
        while self._counted and self._counted[0] <= self.time.now - self.period + ROUNDING:
            self._counted.popleft()
        fits = len(self._counted) < self.limit
        if fits:
            self._counted.append(self.time.now)
        return fits

    def ask(self, pacer: RateLimiter, done: Callable[[], None]) -> None:
        request = Request()
        pacer.acquire_call(request)

        def arrive() -> None:
            fits = self._count()
            (self.passed if fits else self.rejected).append(self.time.now)
            headers = {} if fits else {"X-RateLimit-Period-In-Sec": str(self.period)}
            self.time.at(self.time.now + self.latency / 2, lambda: back(answer(200 if fits else 429, headers)))

        def back(response: requests.Response) -> None:
            pacer.update_from_response(request, response)
            done()

        self.time.at(self.time.now + self.latency / 2, arrive)


def read(account: Account, pacer: RateLimiter, time: Time, seconds: float, workers: int = 10) -> None:
    """Keep as many calls under way as there are workers."""
    under_way = 0

    def done() -> None:
        nonlocal under_way
        under_way -= 1

    end = time.now + seconds
    while time.now < end:
        if under_way < workers:
            under_way += 1
            account.ask(pacer, done)
        else:
            time.sleep_until_something_happens()


@pytest.mark.slow
@pytest.mark.parametrize("others", [0.2, 0.5, 0.6])
@pytest.mark.parametrize(
    ("calls", "period", "periods"), [(74, 60.0, 60), (600, 60.0, 60), (3000, 60.0, 12), (120, 6.0, 60), (300, 6.0, 60)]
)
def test_another_client_costs_at_most_one_429_a_period(others: float, calls: int, period: float, periods: int) -> None:
    time = Time()
    pacer = limiter_on(time, Limit(calls, period))
    account = Account(time, calls, period, others)
    time.sleep(period)  # the other one was there first
    read(account, pacer, time, periods * period)
    assert most_in_any(account.rejected, period) <= 1
    left = periods * calls * (1 - others)
    assert 0.65 * left < len(account.passed) <= left + 1


class UnsteadyAccount(Account):
    """The same, where neither the other clients' calls nor the way to Opsgenie take the same time twice."""

    def __init__(self, time: Time, calls: int, others: float, seed: int) -> None:
        self._chance = Random(seed)  # noqa: S311 - no secret
        super().__init__(time, calls, 60.0, others)

    def _others(self, spacing: float) -> None:
        self._count()
        self.time.at(self.time.now + spacing * self._chance.uniform(0.9, 1.1), lambda: self._others(spacing))

    def ask(self, pacer: RateLimiter, done: Callable[[], None]) -> None:
        self.latency = 0.15 + self._chance.expovariate(200.0)
        super().ask(pacer, done)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("calls", [74, 600])
def test_calls_that_waver_make_no_difference(calls: int, seed: int) -> None:
    time = Time()
    pacer = limiter_on(time, Limit(calls, 60.0))
    account = UnsteadyAccount(time, calls, 0.5, seed)
    time.sleep(60.0)
    read(account, pacer, time, 60 * 60.0)
    assert most_in_any(account.rejected, 60.0) <= 1
    assert len(account.rejected) <= 6  # in an hour
    assert len(account.passed) > 0.8 * 30 * calls


@pytest.mark.slow
@pytest.mark.parametrize(("calls", "minutes"), [(74, 60), (600, 60), (3000, 20)])
def test_an_account_that_nobody_else_uses_is_used_whole_after_a_few_minutes(calls: int, minutes: int) -> None:
    time = Time()
    pacer = limiter_on(time, Limit(calls, 60.0))
    account = Account(time, calls, 60.0, others=0.0)
    read(account, pacer, time, 5 * 60)
    before = len(account.passed)
    read(account, pacer, time, (minutes - 5) * 60)
    assert not account.rejected
    assert len(account.passed) - before > (minutes - 5) * calls * 0.99


class KilledError(Exception):
    """A process was ended while it waited."""


class KillingTime(Time):
    """A clock that ends a process at a given time."""

    killed_at = float("inf")

    def sleep(self, seconds: float) -> None:
        if self.now + seconds > self.killed_at:
            super().sleep(self.killed_at - self.now + ROUNDING)
            raise KilledError
        super().sleep(seconds)


@pytest.mark.parametrize("latency", [0.05, 0.15])
@pytest.mark.parametrize("share", [10, 40, 80])
def test_a_sync_that_is_started_again_and_again_keeps_to_its_share(share: int, latency: float) -> None:
    """Each process knows nothing of the calls of the one before."""
    time, limit = KillingTime(), Limit(6 * share, 60.0, 600)
    account = Account(time, 600, 60.0, others=0.0, latency=latency)
    for _ in range(20):
        time.killed_at = time.now + 6.0
        pacer = limiter_on(time, limit)
        with suppress(KilledError):
            read(account, pacer, time, 60.0)
    assert not account.rejected
    assert most_in_any(account.passed, 60.0) <= limit.calls + 11  # and one for each start
