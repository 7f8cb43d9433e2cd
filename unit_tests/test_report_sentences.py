"""Sentences of the report about few values."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from archive.report.answers import DAYS, HOURS, Answers, Headline, Hours, IncidentMonth, Week
from archive.report.charts.alerts_by_week import AlertsByWeek
from archive.report.charts.incidents_by_month import IncidentsByMonth
from archive.report.charts.pages_by_hour import PagesByHour
from archive.report.page import About, nothing, options, tiles

MONDAY = date(2026, 3, 2)
NOTHING: Headline = Headline(**dict.fromkeys((each.name for each in fields(Headline)), cast("Any", 0)))


@pytest.mark.parametrize(
    ("alerts", "ending"),
    [
        ([5], "with 5 alerts."),
        ([1, 9000], "with 9,000 alerts."),
        ([1, 2, 9000], "with 9,000 alerts; half of the 3 weeks had 2 or fewer."),
        ([1, 1200, 1300, 9000], "with 9,000 alerts; half of the 4 weeks had 1,200 or fewer."),
        ([0, 0, 7], "with 7 alerts; half of the 3 weeks had none."),
    ],
)
def test_the_usual_week_is_named_only_if_there_are_some(alerts: list[int], ending: str) -> None:
    weeks = [Week(MONDAY + timedelta(weeks=place), Counter(P1=count)) for place, count in enumerate(alerts)]
    assert AlertsByWeek(weeks, None).sentence.endswith(f"2026, {ending}")


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (1, "The impact of 1 of them has ended; it lasted 1 min."),
        (2, "The impact of 2 of them has ended; half of those 2 lasted no longer than 1 min."),
    ],
)
def test_one_impact_has_no_half(times: int, said: str) -> None:
    headline = replace(NOTHING, incidents=times, impact_times=times, impact_median=60.0)
    assert said in IncidentsByMonth([IncidentMonth(MONDAY, [times], times, 60.0)], headline, None).sentence


@pytest.mark.parametrize("outdated", [frozenset(), frozenset({"incidents", "alert_recipients"})])
def test_nothing_is_not_said_to_be_none_where_only_earlier_runs_have_read(outdated: frozenset[str]) -> None:
    about = About(outdated=outdated)
    pages = PagesByHour(Hours([[0] * HOURS for _ in DAYS], 0), 0)
    figures = {label: (figure, note) for label, figure, note in tiles(NOTHING, None, pages, about)}
    answers = Answers(Path("opsgenie.duckdb"))
    answers.filled = {"incidents"}
    told = nothing(IncidentsByMonth([], NOTHING, None), answers, about)
    if outdated:
        assert (
            figures["Incidents"]
            == figures["Pages outside working hours"]
            == ("-", "not read to the end by the last run")
        )
        assert told == (
            "There is nothing to draw, but the last run did not read incidents to the end, so rows may be missing."
        )
    else:
        assert figures["Incidents"] == ("0", "0 of them still open")
        assert told == "No incidents."


def test_a_choice_has_its_name_as_it_is_because_browsers_remove_blanks_from_texts() -> None:
    name = ' data  platform "A&B" '
    quoted = " data  platform &quot;A&amp;B&quot; "
    assert options([name, "ops"]) == f'<option value="{quoted}">{quoted}</option><option value="ops">ops</option>'
