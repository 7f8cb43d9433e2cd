from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from archive.plain import markdown, plain
from archive.report.formatting import duration, minute, percent, short, week_of


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (89, "1 min"),
        (91, "2 min"),
        (3569, "59 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (12_858, "3 h 34 min"),
        (12_898, "3 h 35 min"),
        (84_700, "23 h 32 min"),
        (86_399, "1 d"),
        (565_200, "6 d 13 h"),
        (198_752, "2 d 7 h"),
        (203_000, "2 d 8 h"),
        (603_900, "1 w"),
        (604_800, "1 w"),
        (700_000, "1 w 1 d"),
        (1_209_000, "2 w"),
    ],
)
def test_durations_are_rounded(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_times_of_runs_are_written_without_seconds() -> None:
    assert minute(datetime(2026, 3, 9, 7, 4, 59, 999_000, tzinfo=timezone.utc)) == "9 Mar 2026, 07:04 UTC"


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


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [
        (1, 3, "33 %"),
        (0, 0, "-"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 1000, "under 1 %"),
        (999, 1000, "over 99 %"),
    ],
)
def test_shares_say_all_and_nothing_only_where_it_is_so(part: int, whole: int, words: str) -> None:
    assert percent(part, whole) == words


def test_names_that_are_too_long() -> None:
    assert short("platform") == "platform"
    assert len(short("a" * 60)) == 26
    assert short("platform", "3 of 9") == "platform (3 of 9)"
    assert len(short("a" * 60, "3 of 9")) == 26
    assert short("a" * 60, "3 of 9").endswith("… (3 of 9)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", "\ufffd[2Jgone"),
        ("a\r\nb\tc", "a  b c"),
        ("\u202etxt.exe", "\ufffdtxt.exe"),
        ("line\u2028break", "line break"),
        ("日本 Zoë 👩\u200d🚒", "日本 Zoë 👩\u200d🚒"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_a_terminal_would_obey_is_not_shown_raw(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_what_markdown_would_obey_is_not_shown_raw() -> None:
    assert markdown("<b>|x| [a](b) `c`\n# d") == r"\<b\>\|x\| \[a\](b) \`c\` \# d"
