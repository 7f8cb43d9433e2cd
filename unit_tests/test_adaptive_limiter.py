"""A limit that nobody tells is found, used and kept to."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from source_opsgenie.http.adaptive_limiter import LEAST_RATE, AdaptiveLimiter
from source_opsgenie.http.limiter import StoppedError, wait_unless_stopped
from source_opsgenie.jsm.backend import JsmBackend
from unit_tests.test_rate_limiter import Request, Time, answer

MINUTE = 60.0

period_of = JsmBackend.period_of


class Server:
    """Refuses what is more than its limit in any period, and says how long to wait, or nothing."""

    def __init__(self, time: Time, limit: int, period: float, *, tells: bool = True, latency: float = 0.15) -> None:
        self.time = time
        self.limit = limit
        self.period = period
        self.tells = tells
        self.latency = latency
        self.passed: list[float] = []
        self.rejected: list[float] = []
        self._counted: deque[float] = deque()

    def ask(self, limiter: AdaptiveLimiter, done: Callable[[], None]) -> None:
        """Make one call; it is answered later."""
        request = Request()
        limiter.acquire_call(request)
        status, headers = self._judge()

        def back() -> None:
            limiter.update_from_response(request, answer(status, headers))
            done()

        self.time.at(self.time.now + self.latency, back)

    def _judge(self) -> tuple[int, dict[str, str]]:
        now = self.time.now
        while self._counted and self._counted[0] <= now - self.period:
            self._counted.popleft()
        if len(self._counted) < self.limit:
            self._counted.append(now)
            self.passed.append(now)
            return 200, {}
        self.rejected.append(now)
        wait = self._counted[0] + self.period - now
        return 429, {"Retry-After": str(int(wait) + 1)} if self.tells else {}


def limiter_on(time: Time, share: int = 100) -> AdaptiveLimiter:
    return AdaptiveLimiter("The API", period_of, share, time.clock, time.sleep)


def read(server: Server, limiter: AdaptiveLimiter, seconds: float, workers: int = 10) -> None:
    """Keep as many calls under way as there are workers, or as the limiter asks for."""
    under_way, time = 0, server.time

    def done() -> None:
        nonlocal under_way
        under_way -= 1

    end = time.now + seconds
    while time.now < end:
        if under_way < min(workers, limiter.calls_in_flight):
            under_way += 1
            server.ask(limiter, done)
        else:
            time.sleep_until_something_happens()


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("limit", [60, 600, 1200])
def test_most_of_a_limit_is_used(limit: int, tells: bool) -> None:
    time = Time()
    server = Server(time, limit, MINUTE, tells=tells)
    read(server, limiter_on(time), 20 * MINUTE)
    assert len(server.passed) >= 0.77 * limit * 20


@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize(("limit", "period"), [(10, 1.0), (25, 3.0), (100, 10.0)])
def test_most_of_a_limit_over_a_few_seconds_is_used_soon(limit: int, period: float, tells: bool) -> None:
    time = Time()
    server = Server(time, limit, period, tells=tells)
    read(server, limiter_on(time), 3 * MINUTE)
    assert len(server.passed) >= 0.7 * limit * 3 * MINUTE / period


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize(("limit", "period"), [(600, MINUTE), (60, MINUTE), (10, 1.0), (100, 10.0)])
def test_rejected_calls_are_rare(limit: int, period: float, tells: bool) -> None:
    time = Time()
    server = Server(time, limit, period, tells=tells)
    read(server, limiter_on(time), 20 * MINUTE)
    assert 0 < len(server.rejected) <= 20 * 8  # a minute


def test_a_fast_server_without_a_limit_is_asked_fast() -> None:
    time = Time()
    server = Server(time, 10**9, MINUTE)
    read(server, limiter_on(time), 2 * MINUTE)
    assert server.rejected == []
    assert len([moment for moment in server.passed if moment > time.now - 10]) >= 400


def test_the_first_calls_are_few() -> None:
    time = Time()
    server = Server(time, 10**9, MINUTE)
    begun = time.now
    read(server, limiter_on(time), 1.0)
    assert len([moment for moment in server.passed if moment < begun + 1]) <= 4


@pytest.mark.parametrize("status", [408, 500, 503])
def test_an_outage_does_not_speed_calls_up(status: int) -> None:
    """The answer may be a gateway's, which no limit has let pass."""
    time = Time()
    limiter = limiter_on(time)
    before = limiter.rate
    for _ in range(100):
        request = Request()
        limiter.acquire_call(request)
        limiter.update_from_response(request, answer(status))
    assert limiter.rate == before


def test_a_429_halves_the_rate() -> None:
    time = Time()
    limiter = limiter_on(time)
    read(Server(time, 10**9, MINUTE), limiter, 30.0)
    before = limiter.rate
    request = Request()
    limiter.acquire_call(request)
    limiter.update_from_response(request, answer(429))
    assert limiter.rate == before / 2


def test_a_limit_is_known_once_it_was_met_and_is_what_the_rate_soon_goes_back_to() -> None:
    time = Time()
    limiter = limiter_on(time)
    read(Server(time, 10**9, MINUTE), limiter, 30.0)
    limits = [limiter.tightest]
    request = Request()
    limiter.acquire_call(request)
    limiter.update_from_response(request, answer(429))
    limits.append(limiter.tightest)
    unknown, met = limits
    assert unknown is None
    assert met is not None
    assert limiter.rate < met.calls_a_minute / 60 < 2 * limiter.rate


def test_each_429_of_a_server_that_refuses_all_slows_down_further() -> None:
    time = Time()
    limiter = limiter_on(time)
    moments = []
    for _ in range(20):
        request = Request()
        limiter.acquire_call(request)
        moments.append(time.now)
        limiter.update_from_response(request, answer(429))
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert [round(wait) for wait in waits[:5]] == [5, 10, 20, 40, 60]  # no answer says how long
    assert waits[-1] >= 1 / LEAST_RATE - 1


@pytest.mark.parametrize(("headers", "wait"), [({"Retry-After": "30"}, 30), ({}, 5), ({"Retry-After": "x"}, 5)])
def test_all_calls_pause_as_long_as_an_answer_asks(headers: dict[str, str], wait: float) -> None:
    time = Time()
    limiter = limiter_on(time)
    request = Request()
    limiter.acquire_call(request)
    refused = time.now
    limiter.update_from_response(request, answer(429, headers))
    limiter.acquire_call(Request())
    assert time.now >= refused + wait


@pytest.mark.parametrize(
    ("headers", "period"),
    [
        ({"Retry-After": "3600"}, 3600),
        ({"Retry-After": "7200"}, 3600),
        ({"Retry-After": "inf"}, 3600),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "Retry-After": "Tue, 24 Nov 2026 14:00:00 GMT"}, 3600),
        ({"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "X-RateLimit-Reset": "2026-11-24T14:00:00Z"}, 3600),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
    ],
)
def test_of_a_very_long_pause_an_hour_is_waited(headers: dict[str, str], period: float | None) -> None:
    assert period_of(answer(429, headers)) == period


@pytest.mark.parametrize(
    ("reset", "period"),
    [
        ("2026-11-24T12:00:30Z", 30),
        ("1795521630", 30),
        ("1795521630000", 30),
        ("30", None),  # it tells no moment
        ("60.5", None),
        ("May", None),
    ],
)
def test_the_time_at_which_a_limit_is_reset_may_have_any_form_of_a_moment(reset: str, period: float | None) -> None:
    headers = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT", "X-RateLimit-Reset": reset}
    assert period_of(answer(429, headers)) == period


def test_of_several_429s_the_longest_pause_is_kept() -> None:
    time = Time()
    limiter = limiter_on(time)
    requests = [Request() for _ in range(3)]
    for request in requests:
        limiter.acquire_call(request)
    rejected = time.now
    for request, wait in zip(requests, ("2", "60", "1"), strict=True):
        limiter.update_from_response(request, answer(429, {"Retry-After": wait}))
    limiter.acquire_call(Request())
    assert time.now >= rejected + 60


def test_calls_that_were_under_way_slow_down_once_only() -> None:
    time = Time()
    limiter = limiter_on(time)
    requests = [Request() for _ in range(3)]
    for request in requests:
        limiter.acquire_call(request)
    for request in requests:
        limiter.update_from_response(request, answer(429, {"Retry-After": "10"}))
    alone = limiter_on(Time())
    single = Request()
    alone.acquire_call(single)
    alone.update_from_response(single, answer(429, {"Retry-After": "10"}))
    assert limiter.rate >= alone.rate


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize("share", [50, 80])
@pytest.mark.parametrize(("limit", "period"), [(600, MINUTE), (1200, MINUTE), (10, 1.0), (100, 10.0)])
def test_only_a_share_of_a_limit_that_was_met_is_used(limit: int, period: float, share: int, tells: bool) -> None:
    time = Time()
    server = Server(time, limit, period, tells=tells)
    read(server, limiter_on(time, share), 30 * MINUTE)
    recent = [moment for moment in server.passed if moment > time.now - 20 * MINUTE]
    assert (share / 100 - 0.15) <= len(recent) / (limit * 20 * MINUTE / period) <= (share / 100 + 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
@pytest.mark.parametrize(("limit", "period"), [(600, MINUTE), (10, 1.0), (100, 10.0)])
def test_a_limit_that_is_known_is_rarely_met_again(limit: int, period: float, tells: bool) -> None:
    time = Time()
    server = Server(time, limit, period, tells=tells)
    limiter = limiter_on(time)
    read(server, limiter, 10 * MINUTE)
    met = len(server.rejected)
    read(server, limiter, 50 * MINUTE)
    assert len(server.rejected) - met <= 50 / 4


@pytest.mark.slow
def test_a_limit_that_was_raised_is_found_in_the_end() -> None:
    time = Time()
    server = Server(time, 600, MINUTE)
    limiter = limiter_on(time)
    read(server, limiter, 10 * MINUTE)
    server.limit = 1200
    read(server, limiter, 120 * MINUTE)
    assert len([moment for moment in server.passed if moment > time.now - MINUTE]) >= 0.9 * 1200


@pytest.mark.parametrize("before", [0, 10], ids=["no limit was met before", "a limit was met before"])
def test_a_429_after_a_lull_says_little_of_the_limit(before: int) -> None:
    """While a destination takes nothing, hardly a call is made, and other clients may use the limit up."""
    time = Time()
    server = Server(time, 600, MINUTE)
    limiter = limiter_on(time)
    read(server, limiter, before * MINUTE or 10)
    time.sleep(3 * MINUTE)
    server.limit = 0
    request = Request()
    limiter.acquire_call(request)
    limiter.update_from_response(request, answer(429, {"Retry-After": "30"}))
    server.limit = 600
    passed = len(server.passed)
    read(server, limiter, 10 * MINUTE)
    assert len(server.passed) - passed >= 0.6 * 600 * 10


@pytest.mark.slow
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
def test_a_limit_that_others_used_up_for_a_while_is_used_again(tells: bool) -> None:
    time = Time()
    server = Server(time, 600, MINUTE, tells=tells)
    limiter = limiter_on(time)
    read(server, limiter, 10 * MINUTE)
    server.limit = 2
    read(server, limiter, 10 * MINUTE)
    server.limit = 600
    read(server, limiter, 90 * MINUTE)
    assert limiter.rate >= 0.8 * 600 / MINUTE


def test_waiting_ends_when_the_sync_is_told_to_stop() -> None:
    stop = threading.Event()
    limiter = AdaptiveLimiter("The API", period_of, sleep=partial(wait_unless_stopped, stop))
    request = Request()
    limiter.acquire_call(request)
    limiter.update_from_response(request, answer(429, {"Retry-After": "3600"}))
    stop.set()
    with pytest.raises(StoppedError):
        limiter.acquire_call(Request())
