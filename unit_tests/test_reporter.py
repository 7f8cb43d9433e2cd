"""A line a minute for each running stream, and for no other."""

from __future__ import annotations

import threading

import pytest

from source_opsgenie.config import Config
from source_opsgenie.engine.progress import Reporter
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.streams.base import ApiStream


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def streams() -> dict[str, ApiStream]:
    context = context_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event())
    return {stream.name: stream for stream in create_streams(context)}


def test_running_streams_are_spoken_of_once_a_minute(streams: dict[str, ApiStream]) -> None:
    clock = Clock()
    reporter = Reporter(list(streams.values()), clock)
    reporter.started("alerts")
    reporter.started("teams")
    assert list(reporter.lines()) == []
    clock.now = 59
    assert list(reporter.lines()) == []
    streams["alerts"].metrics.expect("alerts", 1_000)
    streams["alerts"].metrics.add(100, 100)
    streams["alerts"].metrics.calls = 30
    clock.now = 60
    alerts, teams = reporter.lines()
    assert alerts == "alerts: 100 of about 1,000 alerts, 30 calls a minute (no limit known yet), about 9 min left"
    assert teams.startswith("teams: 0 calls so far")
    assert list(reporter.lines()) == []


def test_the_speed_is_that_since_the_last_line(streams: dict[str, ApiStream]) -> None:
    clock = Clock()
    reporter = Reporter(list(streams.values()), clock)
    reporter.started("alerts")
    streams["alerts"].metrics.expect("alerts", 1_000)
    streams["alerts"].metrics.add(100, 100)
    clock.now = 60
    list(reporter.lines())
    streams["alerts"].metrics.add(300, 300)
    clock.now = 120
    (line,) = reporter.lines()
    assert line.endswith("about 2 min left")


def test_a_stream_that_has_ended_or_does_not_exist_is_silent(streams: dict[str, ApiStream]) -> None:
    clock = Clock()
    reporter = Reporter(list(streams.values()), clock)
    reporter.started("alerts")
    reporter.started("fleas")
    reporter.ended("alerts")
    reporter.ended("ants")
    clock.now = 600
    assert list(reporter.lines()) == []
