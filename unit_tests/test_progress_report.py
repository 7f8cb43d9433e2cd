"""What is still to come, in words."""

from __future__ import annotations

import re

import pytest
from airbyte_cdk.models import AirbyteMessageSerializer

from source_opsgenie.engine.progress import Metrics, cost, describe_limit, duration, estimate, standing
from source_opsgenie.http.adaptive_limiter import AdaptiveLimiter
from source_opsgenie.http.limiter import Limiter
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.rolling_window import Limit
from unit_tests.test_rate_limiter import Request, answer


def paced(*limits: Limit) -> RateLimiter:
    pacer = RateLimiter(lambda: (limits, ()), lambda _: None)
    pacer.prepare()
    return pacer


def figures(line: str) -> list[str]:
    """Return the figures of a line, whatever words they stand in."""
    return re.findall(r"[\d,]*\d%?", line)


EIGHTY_PERCENT = Limit(480, 60.0, 600)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (40, "40 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (720, "12 min"),
        (3_599, "1 h 0 min"),
        (10_680, "2 h 58 min"),
        (7_199, "2 h 0 min"),
        (86_400 * 2, "48 h 0 min"),
        (86_400 * 5, "5 days"),
    ],
)
def test_a_time_is_written_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_stream_tells_how_far_it_is() -> None:
    metrics = Metrics("alerts", expected=98_000, done=12_400, calls=12_500)
    line = standing("alert_logs", metrics, 480.2, 8.0, paced(EIGHTY_PERCENT))
    assert line.startswith("alert_logs: ")
    assert figures(line) == ["12,400", "98,000", "480", "600", "80%", "2", "58"]
    assert "left" in line


def test_a_stream_that_knows_no_number_tells_what_it_has() -> None:
    by_calls = standing("users", Metrics(calls=3), 4, 0, paced(EIGHTY_PERCENT))
    assert figures(by_calls) == ["3", "4", "600", "80%"]
    by_rows = standing("alerts", Metrics("alerts", done=200), 3, 1, paced())
    assert figures(by_rows) == ["200", "3"]
    assert "left" not in by_calls + by_rows


def test_a_stream_that_stands_still_does_not_tell_how_long_it_will_take() -> None:
    assert "left" not in standing("a", Metrics("alerts", expected=10, done=2), 0, 0, paced())


def test_more_than_expected_is_no_time_left() -> None:
    metrics = Metrics("alerts", expected=10, done=12)
    assert figures(standing("a", metrics, 1, 1, paced())) == ["12", "12", "1", "0"]


def test_the_tightest_limit_is_the_one_that_is_named() -> None:
    assert figures(describe_limit(paced(Limit(10, 1.0, 20), EIGHTY_PERCENT))) == ["600", "80%"]
    assert figures(describe_limit(paced(Limit(2, 1.0), Limit(74, 60.0)))) == ["74"]


def test_a_long_backfill_is_told_beforehand_and_a_short_one_is_not() -> None:
    metrics = Metrics("alerts", expected=98_000)
    told = cost("alert_logs", metrics, 98_100, paced(EIGHTY_PERCENT))
    assert told is not None
    assert told.startswith("alert_logs: ")
    assert figures(told) == ["98,000", "98,100", "480", "600", "80%", "3", "24"]
    assert cost("alerts", metrics, 480, paced(EIGHTY_PERCENT)) is None
    assert cost("alerts", metrics, 480, paced()) is None


def test_no_time_is_told_beforehand_if_the_limits_are_not_published() -> None:
    limiter = AdaptiveLimiter("JSM Operations", lambda _: None)
    told = cost("alert_logs", Metrics("alerts", expected=98_000), 98_100, limiter)
    assert told is not None
    assert figures(told) == ["98,000", "98,100"]
    assert "time cannot be estimated" in told
    assert cost("alert_logs", Metrics("alerts", expected=120), 120, limiter) is None
    assert describe_limit(limiter) == "no limit known yet"


@pytest.mark.parametrize("limiter", [paced(EIGHTY_PERCENT), AdaptiveLimiter("JSM Operations", lambda _: None)])
def test_a_call_that_was_just_rejected_does_not_lengthen_the_time_told(limiter: Limiter) -> None:
    requests = [Request() for _ in range(20)]
    for request in requests:
        limiter.acquire_call(request)
        limiter.update_from_response(request, answer(200))
    limiter.acquire_call(request)
    limiter.update_from_response(request, answer(429))
    told, tightest = cost("alert_logs", Metrics("alerts", expected=98_000), 98_100, limiter), limiter.tightest
    assert told is not None
    assert tightest is not None
    assert f"at {tightest.calls_a_minute:,.0f} calls a minute" in told
    assert tightest.calls_a_minute > limiter.rate * 60


def test_rows_are_estimated_by_those_so_far() -> None:
    assert Metrics().row_estimate is None
    metrics = Metrics()
    metrics.expect("alerts", 1_000)
    assert metrics.row_estimate == 1_000
    metrics.add(rows=7)
    metrics.add(rows=3)
    assert metrics.row_estimate == 5_000
    metrics.add(rows=0, done=2_000)
    assert metrics.row_estimate == 10


def test_an_estimate_is_a_message_of_the_protocol() -> None:
    dumped = AirbyteMessageSerializer.dump(estimate("alerts", 12))
    assert dumped["trace"]["type"] == "ESTIMATE"
    assert dumped["trace"]["estimate"] == {"name": "alerts", "type": "STREAM", "row_estimate": 12}
