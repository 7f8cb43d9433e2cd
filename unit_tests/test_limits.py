from __future__ import annotations

import logging
import math
import threading
from contextlib import suppress
from typing import Any

import pytest
import requests
import requests_mock

from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.limiter import StoppedError
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.rolling_window import Limit
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.opsgenie import limits
from source_opsgenie.opsgenie.backend import OpsgenieBackend
from source_opsgenie.opsgenie.endpoint import US_HOST, Endpoint
from source_opsgenie.opsgenie.limits import FALLBACK_LIMITS, Domain, limiters_of, read_limits

LIMITS_URL = "https://api.opsgenie.com/v2/request-limits/"


class Request:
    """Stands for a prepared request: it only has to take an attribute."""


def test_limits_are_a_share_of_those_told() -> None:
    told = [{"domain": "search", "limits": [{"limit": 120, "periodInSeconds": 60}, {"limit": 1, "periodInSeconds": 1}]}]
    assert read_limits(told, 80) == {"search": (Limit(96, 60.0), Limit(1, 1.0))}


def test_the_limits_of_a_domain_that_is_listed_twice_all_count() -> None:
    told = [
        {"domain": "search", "limits": [{"limit": 10, "periodInSeconds": 60}]},
        {"domain": "search", "limits": [{"limit": 5, "periodInSeconds": 1}]},
    ]
    assert read_limits(told, 80) == {"search": (Limit(8, 60.0), Limit(4, 1.0))}


@pytest.mark.parametrize(
    "told",
    [
        *(None, {}, "x", [None], [{"domain": "a"}]),
        *(
            [{"domain": "a", "limits": [limit]}]
            for limit in (
                None,
                {"limit": 0, "periodInSeconds": 60},
                {"limit": 9, "periodInSeconds": 0},
                {"limit": "9", "periodInSeconds": 60},
                {"limit": 1, "periodInSeconds": 86_401},
            )
        ),
    ],
)
def test_limits_that_make_no_sense_are_left_out(told: object) -> None:
    assert read_limits(told, 80) == {}


def limiters(stop: threading.Event | None = None) -> dict[Domain, RateLimiter]:
    return limiters_of(client(Clock()), 50, stop or threading.Event())


def client(clock: Clock) -> Client:
    backend = OpsgenieBackend(Endpoint.parse(US_HOST), "a-key-of-some-length")
    return Client(backend, BoundedAdapter(), clock)


@pytest.mark.parametrize("name", ["schedule-oncalls", "SCHEDULE_ONCALLS", "schedule-on-calls", "scheduleOnCalls"])
def test_a_domain_is_known_by_its_name_however_it_is_written(name: str, requests_mock: requests_mock.Mocker) -> None:
    told = [{"domain": name, "limits": [{"limit": 10, "periodInSeconds": 60}]}]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": told}})
    limiter = limiters()[Domain.SCHEDULE_ONCALLS]
    limiter.acquire_call(Request())
    assert limiter.limits == (Limit(5, 60.0),)


def test_limits_are_asked_for_once_and_not_before_the_first_call(requests_mock: requests_mock.Mocker) -> None:
    rows = [{"domain": "SEARCH", "limits": [{"limit": 600, "periodInSeconds": 60}]}]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": rows}})
    asked = limiters()
    search, alert = asked[Domain.SEARCH], asked[Domain.ALERT]
    assert requests_mock.call_count == 0
    search.acquire_call(Request())
    alert.acquire_call(Request())
    assert requests_mock.call_count == 1
    assert search.limits == (Limit(300, 60.0),)
    assert alert.limits == FALLBACK_LIMITS


def test_the_call_that_asks_for_the_limits_counts_against_those_of_its_own_domain(
    requests_mock: requests_mock.Mocker,
) -> None:
    limit = [{"limit": 2, "periodInSeconds": 3600}]  # a share of 50 % leaves one call
    rows = [{"domain": domain, "limits": limit} for domain in ("configuration", "alert")]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": rows}})
    stop = threading.Event()
    stop.set()  # so that a wait is an error
    pacers = limiters(stop)
    pacers[Domain.ALERT].acquire_call(Request())
    with pytest.raises(StoppedError):
        pacers[Domain.CONFIGURATION].acquire_call(Request())


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
    reply: dict[str, Any],
    waits: list[float],
    requests_mock: requests_mock.Mocker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    requests_mock.get(LIMITS_URL, **reply)
    caplog.set_level(logging.INFO, "airbyte")
    all_limiters = limiters()
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    pacer = all_limiters[Domain.SEARCH]
    pacer.prepare()
    assert pacer.limits == FALLBACK_LIMITS
    assert [math.floor(took) for took in slept if took] == [wait + 1 for wait in waits]  # the CDK adds a second
    (line,) = [line for line in caplog.messages if "rate limits could not be read" in line]
    assert "at most 74 calls a minute" in line
    assert "()" not in line  # the reason is in brackets
    assert "gave up" not in line


def test_limits_are_not_named_if_no_call_can_be_answered(
    requests_mock: requests_mock.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    """The call that waits for the limits meets the same error, and reports it."""
    requests_mock.get(LIMITS_URL, status_code=401)
    requests_mock.get("https://api.opsgenie.com/v2/account", status_code=401)
    caplog.set_level(logging.INFO, "airbyte")
    pacer = limiters()[Domain.SEARCH]
    pacer.prepare()
    assert pacer.limits == FALLBACK_LIMITS
    assert not [line for line in caplog.messages if "rate limits" in line]


def test_limits_that_come_late_are_kept(requests_mock: requests_mock.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"domain": "search", "limits": [{"limit": 800, "periodInSeconds": 60}]}]
    requests_mock.get(LIMITS_URL, [{"status_code": 503}, {"json": {"data": {"rateLimits": rows}}}])
    all_limiters = limiters()
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(limits, "wait_unless_stopped", lambda *_: None)
    all_limiters[Domain.SEARCH].prepare()
    assert all_limiters[Domain.SEARCH].limits == (Limit(400, 60.0),)


def test_a_sync_told_to_stop_waits_no_more(requests_mock: requests_mock.Mocker) -> None:
    requests_mock.get(LIMITS_URL, status_code=403)
    stop = threading.Event()
    pacer = limiters(stop)[Domain.SEARCH]
    for _ in range(2):
        pacer.acquire_call(Request())
    stop.set()
    with pytest.raises(StoppedError):
        pacer.acquire_call(Request())


@pytest.mark.parametrize("status", [200, 403, 404])
def test_the_answer_tells_opsgenies_time_whatever_its_status(status: int, requests_mock: requests_mock.Mocker) -> None:
    headers = {"Date": "Tue, 24 Nov 2026 23:00:00 GMT"}
    requests_mock.get(LIMITS_URL, status_code=status, headers=headers, json={"data": {"rateLimits": []}})
    clock = Clock()
    limiters_of(client(clock), 50, threading.Event())[Domain.SEARCH].prepare()
    assert clock.earliest == 1_795_561_200_000


@pytest.mark.parametrize(("limit", "named"), [((2, 3600), True), ((1, 90), True), ((2, 120), False), ((9, 60), False)])
def test_a_limit_of_less_than_a_call_a_minute_is_named_before_it_is_waited_for(
    limit: tuple[int, int],
    named: bool,
    requests_mock: requests_mock.Mocker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls, period = limit
    rows = [{"domain": "alert", "limits": [{"limit": 2 * calls, "periodInSeconds": period}]}]
    requests_mock.get(LIMITS_URL, json={"data": {"rateLimits": rows}})
    caplog.set_level("INFO", "airbyte")
    all_pacers = limiters()

    class WaitedError(Exception):
        """Ends the wait."""

    def wait(*_: object) -> None:
        raise WaitedError

    monkeypatch.setattr(limits, "wait_unless_stopped", wait)
    with suppress(WaitedError):
        for _ in range(calls + 1):
            all_pacers[Domain.ALERT].acquire_call(Request())
    lines = [line for line in caplog.messages if "domain 'alert'" in line]
    assert len(lines) == named
    for line in lines:
        assert f"allows {2 * calls} calls in {-(-period // 60)} minutes" in line
        assert f"may make {calls}" in line
        assert "next call waits for" in line
