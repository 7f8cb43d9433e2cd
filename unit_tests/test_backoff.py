from __future__ import annotations

import threading

import pytest
import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.api.backoff import (
    MAX_FAILURES,
    Outage,
    RateLimitBackoffStrategy,
    exponential,
    period_of,
    throttle_wait,
)
from source_opsgenie.api.endpoints import Endpoint
from source_opsgenie.api.errors import OpsgenieError


def response(status: int, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def strategy() -> RateLimitBackoffStrategy:
    return RateLimitBackoffStrategy("alerts", Endpoint.parse("api.opsgenie.com"))


def test_the_header_is_seconds_to_wait() -> None:
    assert throttle_wait(response(429, X_RateLimit_Period_In_Sec="60"), 1) == 60.0
    assert throttle_wait(response(429, X_RateLimit_Period_In_Sec="1"), 9) == 1.0


@pytest.mark.parametrize("value", ["", "soon", "-1", "0", "1795531306", "nan"])
def test_a_header_that_makes_no_sense_is_none(value: str) -> None:
    assert period_of(response(429, X_RateLimit_Period_In_Sec=value)) is None


def test_without_a_header_the_wait_doubles_up_to_a_minute() -> None:
    assert [throttle_wait(response(429), attempt) for attempt in (1, 2, 3, 7, 1000)] == [1, 2, 4, 60, 60]
    assert exponential(10**6) == 60


def test_a_rate_limit_is_waited_for_without_end() -> None:
    waits = strategy()
    assert [waits.backoff_time(response(429), attempt) for attempt in range(1, 1001)][-1] == 60.0


def test_other_failures_end_with_a_sentence_that_names_the_stream_and_the_cause() -> None:
    waits = strategy()
    for attempt in range(1, MAX_FAILURES + 1):
        waits.backoff_time(response(503), attempt)
    with pytest.raises(OpsgenieError) as raised:
        waits.backoff_time(response(503), MAX_FAILURES + 1)
    assert str(raised.value.message).startswith("alerts: gave up after 16 attempts")
    assert "HTTP 503" in str(raised.value.message)
    assert raised.value.failure_type is not None
    assert raised.value.failure_type.value == "transient_error"


def test_a_wrong_set_up_is_not_waited_for_long() -> None:
    waits = strategy()
    unknown = requests.ConnectionError("NameResolutionError")
    assert [waits.backoff_time(unknown, attempt) for attempt in range(1, 6)] == [1, 2, 4, 8, 16]
    with pytest.raises(OpsgenieError, match=r"alerts: gave up after 6 attempts, because .* \(DNS\)") as raised:
        waits.backoff_time(unknown, 6)
    assert raised.value.failure_type is FailureType.transient_error


def test_an_outage_before_does_not_count_as_a_wrong_set_up() -> None:
    waits = strategy()
    for attempt in range(1, 11):
        waits.backoff_time(response(503), attempt)
    assert waits.backoff_time(requests.ConnectionError("NameResolutionError"), 11) == 60.0


def test_waiting_for_a_limit_is_no_failure() -> None:
    waits = strategy()
    waits.backoff_time(response(429), 1)
    for attempt in range(2, 2 * MAX_FAILURES + 2):
        waits.backoff_time(response(429 if attempt % 2 else 500), attempt)


def test_each_thread_counts_its_own_failures() -> None:
    waits = strategy()
    for attempt in range(1, MAX_FAILURES + 1):
        waits.backoff_time(response(500), attempt)
    other: list[float] = []
    thread = threading.Thread(target=lambda: other.append(waits.backoff_time(response(500), 1)))
    thread.start()
    thread.join()
    assert other == [1.0]


def test_when_opsgenie_is_out_of_reach_no_further_stream_waits_long_for_it() -> None:
    outage = Outage()
    endpoint = Endpoint.parse("api.opsgenie.com")
    first, second = (RateLimitBackoffStrategy(name, endpoint, outage) for name in ("alerts", "teams"))
    for attempt in range(1, MAX_FAILURES + 1):
        first.backoff_time(response(503), attempt)
    with pytest.raises(OpsgenieError):
        first.backoff_time(response(503), MAX_FAILURES + 1)
    assert second.backoff_time(response(503), 1) == 1.0
    with pytest.raises(OpsgenieError, match="teams: gave up after 2 attempts"):
        second.backoff_time(response(503), 2)
    outage.end()
    assert [second.backoff_time(response(503), attempt) for attempt in (1, 2, 3)] == [1.0, 2.0, 4.0]
