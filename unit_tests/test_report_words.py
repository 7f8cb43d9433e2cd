from __future__ import annotations

from datetime import date

import pytest

from archive.report.words import duration, percent, short, week_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (12_858, "3 h 34 min"),
        (86_399, "23 h 59 min"),
        (198_752, "2 d 7 h"),
        (604_800, "1 w"),
        (700_000, "1 w 1 d"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("monday", "words"),
    [
        (date(2026, 3, 9), "9 to 15 Mar 2026"),
        (date(2026, 3, 30), "30 Mar to 5 Apr 2026"),
        (date(2025, 12, 29), "29 Dec to 4 Jan 2026"),
    ],
)
def test_weeks(monday: date, words: str) -> None:
    assert week_of(monday) == words


def test_shares() -> None:
    assert percent(1, 3) == "33 %"
    assert percent(0, 0) == "none"


def test_names_that_are_too_long() -> None:
    assert short("platform") == "platform"
    assert len(short("a" * 60)) == 26
