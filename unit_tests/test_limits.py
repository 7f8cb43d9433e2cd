from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from source_opsgenie.api.clock import Clock
from source_opsgenie.api.limits import FALLBACK_LIMITS, CallGivenUpError, Domain, Pacers, read_limits
from source_opsgenie.api.transport import BoundedAdapter
from source_opsgenie.api.window import Limit
from source_opsgenie.config import Config
from source_opsgenie.http.client import Client, Unlimited
from source_opsgenie.http.retry import CircuitBreaker
from source_opsgenie.opsgenie.backend import backend_of

if TYPE_CHECKING:
    import requests_mock

LIMITS_URL = "https://api.opsgenie.com/v2/request-limits/"


class Request:
    """Stands for a prepared request: it only has to take an attribute."""


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
    return Pacers(client(Clock()), 50, stop or threading.Event())


def client(clock: Clock) -> Client:
    backend = backend_of(Config.parse({"api_token": "a-key-of-some-length"}))
    return Client(backend, Unlimited(), BoundedAdapter(), clock, CircuitBreaker())


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
    monkeypatch.setattr("time.sleep", slept.append)
    pacer = all_pacers.of(Domain.SEARCH)
    pacer.prepare()
    assert pacer.limits == FALLBACK_LIMITS
    slept = [seconds for seconds in slept if seconds]  # the CDK also sleeps for no time at all
    assert len(slept) == len(waits)
    assert all(least <= took for least, took in zip(waits, slept, strict=True))


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


@pytest.mark.parametrize("status", [200, 403, 404])
def test_the_answer_tells_opsgenies_time_whatever_its_status(status: int, requests_mock: requests_mock.Mocker) -> None:
    headers = {"Date": "Tue, 24 Nov 2026 23:00:00 GMT"}
    requests_mock.get(LIMITS_URL, status_code=status, headers=headers, json={"data": {"rateLimits": []}})
    clock = Clock()
    Pacers(client(clock), 50, threading.Event()).of(Domain.SEARCH).prepare()
    assert clock.earliest == 1_795_561_200_000
