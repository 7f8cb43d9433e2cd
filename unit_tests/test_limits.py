from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from source_opsgenie.api.auth import GenieKey
from source_opsgenie.api.endpoints import Endpoint
from source_opsgenie.api.limits import FALLBACK_LIMITS, CallGivenUpError, Domain, Limit, Pacer, Pacers, read_limits
from source_opsgenie.api.transport import BoundedAdapter

if TYPE_CHECKING:
    import requests_mock

LIMITS_URL = "https://api.opsgenie.com/v2/request-limits/"


class Time:
    """A clock that runs only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


class Request:
    """Stands for a prepared request: it only has to take an attribute."""


def answer(status: int, headers: dict[str, str] | None = None) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers or {})
    return response


def call(pacer: Pacer, time: Time, status: int = 200, took: float = 0.0, **headers: str) -> float:
    """Make a call; give the time at which it was let pass."""
    request = Request()
    pacer.acquire_call(request)
    sent = time.now
    time.now += took
    pacer.update_from_response(request, answer(status, {name.replace("_", "-"): v for name, v in headers.items()}))
    return sent


def made(*limits: Limit) -> tuple[Pacer, Time]:
    time = Time()
    return Pacer(lambda: (limits, ()), time.clock, time.sleep), time


def most_in_any(sent: list[float], period: float) -> int:
    return max(sum(1 for other in sent if moment <= other < moment + period) for moment in sent)


def test_calls_never_exceed_any_of_the_limits() -> None:
    pacer, time = made(Limit(5, 1.0), Limit(20, 60.0))
    sent = [call(pacer, time) for _ in range(70)]
    assert most_in_any(sent, 1.0) == 5
    assert most_in_any(sent, 60.0) == 20
    assert sent[-1] - sent[0] < 60 * (70 / 20)  # and not slower than they allow


def test_a_call_that_was_slow_to_arrive_keeps_its_place_longer() -> None:
    pacer, time = made(Limit(2, 10.0))
    call(pacer, time, took=0.1)
    late = call(pacer, time, took=3.0)  # it may have arrived 2.9 seconds later than the first one did
    call(pacer, time, took=0.1)
    assert call(pacer, time, took=0.1) >= late + 10.0 + 2.8


def test_after_a_429_all_wait_for_the_period_and_go_on_more_slowly() -> None:
    pacer, time = made(Limit(10, 1.0))
    refused = call(pacer, time, 429, X_RateLimit_Period_In_Sec="60")
    assert call(pacer, time) >= refused + 60
    assert pacer.pace == 0.5
    for _ in range(500):
        call(pacer, time)
    assert pacer.pace == 1.0


def test_a_429_sent_before_the_pause_slows_down_once_only() -> None:
    pacer, _ = made(Limit(10, 1.0))
    first, second = Request(), Request()
    pacer.acquire_call(first)
    pacer.acquire_call(second)
    for request in (first, second):
        pacer.update_from_response(request, answer(429, {"X-RateLimit-Period-In-Sec": "1"}))
    assert pacer.pace == 0.5


def test_a_429_without_a_header_pauses_for_a_minute() -> None:
    pacer, time = made(Limit(10, 1.0))
    refused = call(pacer, time, 429)
    assert call(pacer, time) >= refused + 60


def test_calls_in_flight_follow_rate_and_latency() -> None:
    pacer, time = made(Limit(20, 1.0))
    assert pacer.calls_in_flight == 2
    for _ in range(50):
        call(pacer, time, took=0.5)
    assert 10 <= pacer.calls_in_flight <= 20


def test_limits_are_a_share_of_those_told() -> None:
    told = [{"domain": "search", "limits": [{"limit": 120, "periodInSeconds": 60}, {"limit": 1, "periodInSeconds": 1}]}]
    assert read_limits(told, 80) == {"search": (Limit(96, 60.0), Limit(1, 1.0))}


@pytest.mark.parametrize(
    "told",
    [None, {}, "x", [None], [{"domain": "a"}], [{"domain": "a", "limits": [{"limit": 0, "periodInSeconds": 60}]}]],
)
def test_limits_that_make_no_sense_are_left_out(told: object) -> None:
    assert read_limits(told, 80) == {}


def pacers(stop: threading.Event | None = None) -> Pacers:
    endpoint = Endpoint.parse("api.opsgenie.com")
    return Pacers(endpoint, GenieKey("key", endpoint), 50, BoundedAdapter(), stop or threading.Event())


def test_limits_are_asked_for_once_and_not_before_the_first_call(requests_mock: requests_mock.Mocker) -> None:
    rows = [{"domain": "SEARCH", "limits": [{"limit": 600, "periodInSeconds": 60}]}]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": rows}})
    asked = pacers()
    search, alert = asked.of(Domain.SEARCH), asked.of(Domain.ALERT)
    assert requests_mock.call_count == 0
    search.acquire_call(Request())
    alert.acquire_call(Request())
    assert requests_mock.call_count == 1
    assert search.limits == (Limit(300, 60.0),)
    assert alert.limits == FALLBACK_LIMITS


def test_the_call_that_asks_for_the_limits_counts_against_them(requests_mock: requests_mock.Mocker) -> None:
    rows = [{"domain": "configuration", "limits": [{"limit": 4, "periodInSeconds": 3600}]}]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": rows}})
    stop = threading.Event()
    pacer = pacers(stop).of(Domain.CONFIGURATION)
    pacer.acquire_call(Request())
    stop.set()
    with pytest.raises(CallGivenUpError):
        pacer.acquire_call(Request())  # a share of 50 % leaves two calls: the one that asked, and one


@pytest.mark.parametrize(
    ("reply", "waits"),
    [
        ({"status_code": 403}, []),
        ({"status_code": 503}, [1.0, 2.0]),
        ({"status_code": 429, "headers": {"X-RateLimit-Period-In-Sec": "60"}}, [60.0, 60.0]),
        ({"text": "<html>"}, [1.0, 2.0]),
        ({"exc": requests.ConnectionError}, [1.0, 2.0]),
    ],
    ids=["refused", "error", "throttled", "web page", "no connection"],
)
def test_limits_that_cannot_be_read_fall_back(
    reply: dict[str, Any], waits: list[float], requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests_mock.get(LIMITS_URL, **reply)
    all_pacers = pacers()
    slept: list[float] = []
    monkeypatch.setattr(all_pacers, "_sleep", slept.append)
    pacer = all_pacers.of(Domain.SEARCH)
    pacer.prepare()
    assert pacer.limits == FALLBACK_LIMITS
    assert slept == waits


def test_limits_that_come_late_are_kept(requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"domain": "search", "limits": [{"limit": 800, "periodInSeconds": 60}]}]
    requests_mock.get(LIMITS_URL, [{"status_code": 503}, {"json": {"data": {"rateLimits": rows}}}])
    all_pacers = pacers()
    monkeypatch.setattr(all_pacers, "_sleep", lambda _: None)
    all_pacers.of(Domain.SEARCH).prepare()
    assert all_pacers.of(Domain.SEARCH).limits == (Limit(400, 60.0),)


def test_a_sync_told_to_stop_waits_no_more(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(LIMITS_URL, status_code=403)
    stop = threading.Event()
    pacer = pacers(stop).of(Domain.SEARCH)
    for _ in range(2):
        pacer.acquire_call(Request())
    stop.set()
    with pytest.raises(CallGivenUpError):
        pacer.acquire_call(Request())
