"""The page: figures on top, charts below, all in one file."""

from __future__ import annotations

import html
import json
from datetime import datetime, timezone
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from archive.report.answers import Answers
from archive.report.charts import (
    AcknowledgeByTeam,
    AlertsByWeek,
    Chart,
    NoisiestSources,
    OnCallHours,
    PagesByHour,
)
from archive.report.palette import DARK, LIGHT
from archive.report.words import day, duration, percent, several

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.report.answers import Headline

TEMPLATE = Path(__file__).with_name("page.html")

NOTES = (
    (
        "Weeks begin on Monday, in UTC. A page is one person being notified of one alert. Times to acknowledge and to "
        "close are those that Opsgenie reports with an alert; alerts that nobody acknowledged are not in them. Hours "
        "on call are those of the final timelines, counted once a person, however many schedules call at that time."
    ),
    (
        "This file is complete in itself: it asks no server for anything. It holds names of people; keep it as you "
        "would keep the account."
    ),
)

NOTHING = "-"


def write_report(database: Path, page: Path) -> None:
    """Write the page of a DuckDB file that PyAirbyte has filled."""
    with Answers(database) as answers:
        headline = answers.headline()
        pages = PagesByHour(answers.pages(), answers.outside_working_hours())
        charts = [
            AlertsByWeek(answers.weeks()),
            pages,
            AcknowledgeByTeam(answers.waiting()),
            OnCallHours(answers.on_call()),
            NoisiestSources(answers.sources()),
        ]
    text = composed(tiles(headline, pages), headline, charts)
    unfinished = page.with_name(f".{page.name}")
    unfinished.write_text(text)
    unfinished.replace(page)


def composed(figures: Iterable[tuple[str, str, str]], headline: Headline, charts: list[Chart]) -> str:
    """Compose the page."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - in the demo environment only

    account = headline.account
    heading = f"Opsgenie account {account}" if account else "Opsgenie account"
    return Template(TEMPLATE.read_text()).substitute(
        title=html.escape(heading),
        heading=html.escape(heading),
        period=html.escape(period(headline)),
        tiles="\n".join(tile(*each) for each in figures),
        charts="\n".join(section(chart) for chart in charts),
        notes="\n".join(f"<p>{html.escape(note)}</p>" for note in NOTES),
        plotly=get_plotlyjs(),
        figures=script({chart.name: schemes(chart) for chart in charts if not chart.is_empty}),
    )


def period(headline: Headline) -> str:
    """Say what time the page is about."""
    made = f"made on {day(datetime.now(timezone.utc))}"
    if headline.first is None or headline.last is None:
        return f"No alerts; {made}"
    return f"{several(headline.alerts, 'alert')} from {day(headline.first)} to {day(headline.last)}; {made}"


def tiles(headline: Headline, pages: PagesByHour) -> Iterable[tuple[str, str, str]]:
    """Give the figures on top: label, figure, note."""
    yield "Alerts", f"{headline.alerts:,}", a_week(headline)
    yield (
        "Acknowledged",
        percent(headline.acknowledged, headline.alerts),
        f"{headline.acknowledged:,} of {several(headline.alerts, 'alert')}",
    )
    yield "Median time to acknowledge", *waited(headline.acknowledge_median, headline.acknowledge_ninetieth)
    yield "Median time to close", *waited(headline.close_median, headline.close_ninetieth)
    yield "Pages outside working hours", percent(pages.outside, pages.total), f"of {several(pages.total, 'page')}"
    yield "Incidents", f"{headline.incidents:,}", f"{headline.incidents_open:,} of them still open"


def a_week(headline: Headline) -> str:
    """Say how many alerts there are a week."""
    if headline.first is None or headline.last is None:
        return "in this copy"
    weeks = max((headline.last - headline.first).days / 7, 1)
    return f"{headline.alerts / weeks:,.1f} a week"


def waited(median: float | None, ninetieth: float | None) -> tuple[str, str]:
    """Write a median, and what holds for nine in ten."""
    if median is None or ninetieth is None:
        return NOTHING, "Opsgenie reports none"
    return duration(median), f"nine in ten within {duration(ninetieth)}"


def tile(name: str, figure: str, note: str) -> str:
    """Write a figure."""
    words = [html.escape(each) for each in (name, figure, note)]
    return f'<div class="tile"><dt>{words[0]}</dt><dd>{words[1]}</dd><dd class="note">{words[2]}</dd></div>'


def section(chart: Chart) -> str:
    """Write a chart's place on the page."""
    begin = f'<section class="chart{chart.place}"><h2>{html.escape(chart.title)}</h2>'
    if chart.is_empty:
        return f"{begin}<p>Nothing to draw: this copy has no rows of {html.escape(chart.needs)}.</p></section>"
    heads, rows = chart.table
    head = "".join(f'<th scope="col">{html.escape(each)}</th>' for each in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"{begin}<p>{html.escape(chart.sentence)}</p>\n{legend(chart)}"
        f'<div class="drawing" id="{chart.name}" role="img" aria-label="{html.escape(chart.sentence)}" '
        f'style="height: {chart.height}px"></div>\n'
        f'<details><summary>As a table</summary><div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}\n</tbody></table></div></details></section>"
    )


def legend(chart: Chart) -> str:
    """Write what the colours of a chart mean, in those of the reader's scheme."""
    night = chart.legend(DARK)
    entries = [
        f'<li><i style="background: light-dark({colour}, {night[name]})"></i>{html.escape(name)}</li>'
        for name, colour in chart.legend(LIGHT).items()
    ]
    return f'<ul class="legend">{"".join(entries)}</ul>\n' if entries else ""


def schemes(chart: Chart) -> dict[str, Any]:
    """Draw a chart for the day and for the night."""
    return {name: chart.figure(palette).to_plotly_json() for name, palette in (("light", LIGHT), ("dark", DARK))}


def script(value: object) -> str:
    """Write data where a script stands: nothing in it may end the script."""
    from plotly.utils import PlotlyJSONEncoder  # noqa: PLC0415

    return json.dumps(value, cls=PlotlyJSONEncoder).replace("<", "\\u003c")
