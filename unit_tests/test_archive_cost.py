from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from archive import cost
from source_opsgenie.config import Config
from source_opsgenie.http.rate_limiter import RateLimiter
from source_opsgenie.http.rolling_window import Limit
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from unit_tests.test_docs import STREAMS

BY_NAME = {stream.name: stream for stream in STREAMS}


@pytest.fixture(autouse=True)
def limits() -> Iterator[None]:
    """480 calls a minute of each kind, without asking anybody."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RateLimiter, "prepare", lambda _: None)
        patch.setattr(RateLimiter, "tightest", Limit(480, 60.0))
        yield


@pytest.mark.parametrize(
    ("stream", "calls"),
    [
        ("alerts", 980),
        ("alert_logs", 98_000),
        ("incident_notes", 120),
        ("contacts", 45),
        ("team_roles", 1),
        ("teams", 1),
    ],
)
def test_calls_follow_from_the_numbers_that_opsgenie_tells(stream: str, calls: int) -> None:
    counts = {"alerts": 98_000, "incidents": 120, "users": 45}
    assert cost.calls_of(BY_NAME[stream], counts) == calls


def test_the_time_is_that_of_the_slowest_kind_of_call() -> None:
    streams = [BY_NAME[name] for name in ("alerts", "alert_logs", "alert_notes", "users")]
    assert cost.describe(streams, {"alerts": 98_000, "incidents": 120, "users": 45}) == (
        "The account has 98,000 alerts, 120 incidents, 45 users. This run takes about 196,981 calls in about "
        "6 h 48 min, most of it for 196,000 calls of the domain 'alert' at 480 a minute."
    )


def test_what_is_not_told_is_said_not_to_be_counted() -> None:
    told = cost.describe([BY_NAME["alerts"], BY_NAME["incidents"]], {"alerts": 300, "incidents": None, "users": 4})
    assert "Opsgenie does not say how many incidents there are, so the calls for them are not included." in told
    assert told.endswith("and a minute or less.")


def test_an_earlier_start_date_is_said_to_take_further_calls() -> None:
    """Its months of on-call timelines alone may be thousands of calls, which are not in the number."""
    config = Config.parse({"api_token": "no-key-at-all", "start_date": "2012-01-01"})
    streams = create_streams(context_of(config, threading.Event()))
    told = cost.describe(streams, {"alerts": 300}, read=["schedule_timelines"])
    assert told.endswith(" since the last run, and rows that an earlier start_date adds, takes further calls.")
    assert "earlier" not in cost.describe(streams, {"alerts": 300})


def test_of_streams_that_were_read_before_only_changes_are_left() -> None:
    streams = [BY_NAME[name] for name in ("alerts", "alert_logs", "users", "contacts")]
    counts = {"alerts": 98_000, "users": 45}
    told = cost.describe(streams, counts, subject="The key sees", read=["alerts", "alert_logs"])
    assert told == (
        "The key sees 98,000 alerts, 45 users. This run takes about 48 calls and a minute or less. Reading "
        "what has changed since the last run takes further calls."
    )
    timelines = [BY_NAME["schedule_timelines"]]
    assert cost.describe(timelines, {}).endswith(" one for each schedule and month of history.")
    rules = [BY_NAME["users"], BY_NAME["notification_rules"]]
    assert cost.describe(rules, {"users": 45}).endswith(" notification_rules takes further calls: one for each row.")
    assert "each row" not in cost.describe(streams, counts)
    assert "month" not in cost.describe(timelines, {}, read=["schedule_timelines"])
    assert "changed" not in cost.describe(streams, counts)
    assert "about 1 call and" in cost.describe([BY_NAME["teams"]], {})
    assert cost.describe([BY_NAME["teams"]], {"alerts": 1, "users": 0}).startswith("The account has 1 alert, 0 users. ")
