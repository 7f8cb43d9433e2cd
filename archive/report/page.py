"""The page: figures on top, charts below, all in one file."""

from __future__ import annotations

import base64
import gzip
import html
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from archive.plain import plain
from archive.report.answers import Answers, Choice
from archive.report.charts import (
    AcknowledgeByMonth,
    AcknowledgeByTeam,
    AlertsByWeek,
    Chart,
    LoadByPerson,
    NoisiestSources,
    NoisyAlerts,
    OnCallHours,
    PagesByHour,
)
from archive.report.palette import DARK, LIGHT
from archive.report.words import day, duration, percent, several

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archive.report.answers import Headline

TEMPLATE = Path(__file__).with_name("page.html")

NOTES = (
    (
        "Weeks begin on Monday, in UTC. A page is one person being notified of one alert. Times to acknowledge and to "
        "close are those that the API gives with an alert; alerts that nobody acknowledged are not in them, which "
        "is why the share of acknowledged alerts stands beside each. Hours on call are those of the final timelines, "
        "counted once a person, however many schedules call at that time."
    ),
    (
        "This file is complete in itself: it asks no server for anything. It holds names of people; keep it as you "
        "would keep the account."
    ),
)

# How Opsgenie counts, by Atlassian's page "How are global reports calculated".
MTTA = (
    "Opsgenie's own reports show another figure, the mean time to acknowledge (MTTA): a mean, which a few long waits "
    "raise, over closed alerts only, where an alert that was closed without an acknowledgement counts with the time "
    "until it was closed. By that rule "
)

# What the page can be narrowed to: more teams would make it too large to be sent by mail.
MOST_TEAMS = 20
PERIODS = (365, 90, 30)  # days

NOTHING = "-"
NOT_HERE = "not in this copy"


@dataclass(frozen=True)
class About:
    """What the rows themselves do not tell of a copy.

    Attributes:
        title: what is copied; empty for the name of the account.
        notices: what a reader has to know first, in sentences: what is missing, and why.
        web: address of Opsgenie's web application, for links to alerts; None where there is none.
        absent: the streams that could not be read, and of which the copy has nothing.
        is_sandbox: whether the account is made up.
    """

    title: str = ""
    notices: Sequence[str] = ()
    web: str | None = None
    absent: frozenset[str] = frozenset()
    is_sandbox: bool = False


@dataclass(frozen=True)
class View:
    """What is shown of a part of the account."""

    headline: Headline
    tiles: str
    charts: str
    mtta: str
    figures: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script puts in the place of what is shown."""
        return {
            "period": period(self.headline),
            "tiles": self.tiles,
            "charts": self.charts,
            "mtta": self.mtta,
            "figures": self.figures,
        }


def write_report(database: Path, page: Path, about: About | None = None) -> None:
    """Write the page of a DuckDB file that PyAirbyte has filled."""
    about = about or About()
    with Answers(database) as answers:
        about = replace(about, absent=about.absent | answers.missing)
        whole = view(answers, Choice(), about)
        choices = list(chosen(answers, whole.headline))
        others = {
            name: {each: view(answers, choice, about).data for each, choice in of.items()} for name, of in choices
        }
        missing = sorted(answers.missing)
    text = composed(whole, others, about, missing)
    unfinished = page.with_name(f".{page.name}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(page)


def chosen(answers: Answers, whole: Headline) -> Iterator[tuple[str, dict[str, Choice]]]:
    """Yield what a reader can choose: the teams with the most alerts, and periods that end with the newest alert."""
    if whole.last is None or whole.first is None:
        return
    answers.narrow(Choice())
    begins: dict[str, datetime | None] = {"All of time": None}
    for days in PERIODS:
        begin = whole.last - timedelta(days=days)
        if begin > whole.first:
            begins[f"{days} days, from {day(begin)} to {day(whole.last)}"] = begin
    teams: dict[str, str | None] = {"All teams": None}
    for team in answers.teams()[:MOST_TEAMS]:
        teams[team.name if team.name not in teams else f"{team.name} ({team.id})"] = team.id
    for name, team_id in teams.items():
        yield name, {label: Choice(team_id, begin) for label, begin in begins.items()}


def view(answers: Answers, choice: Choice, about: About) -> View:
    """Answer everything for a part of the account."""
    answers.narrow(choice)
    headline = answers.headline()
    paged = answers.paged()
    pages = PagesByHour(answers.pages(), sum(each.outside for each in paged))
    charts: list[Chart] = [
        AlertsByWeek(answers.weeks()),
        AcknowledgeByMonth(answers.months()),
        NoisyAlerts(answers.noisy(), headline.alerts, about.web),
        pages,
        AcknowledgeByTeam(answers.waiting()),
        OnCallHours(answers.on_call(), answers.on_call_period()),
        NoisiestSources(answers.sources()),
        LoadByPerson(paged, pages.clock),
    ]
    return View(
        headline,
        "\n".join(tile(*each) for each in tiles(headline, pages, about.absent)),
        "\n".join(section(chart) for chart in charts),
        mtta(headline),
        {chart.name: schemes(chart) for chart in charts if not chart.is_empty},
    )


def composed(whole: View, others: dict[str, dict[str, Any]], about: About, missing: Sequence[str]) -> str:
    """Compose the page."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - in the demo environment only

    heading = plain(about.title) or f"Opsgenie account {whole.headline.account or ''}".rstrip()
    if about.is_sandbox:
        heading = f"SANDBOX: {heading}"
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(heading),
        heading=html.escape(heading),
        period=html.escape(period(whole.headline)),
        made=html.escape(f"Made on {day(datetime.now(timezone.utc))}."),
        notices=noticed(about, missing),
        teams=options(others),
        periods=options(next(iter(others.values()), {})),
        tiles=whole.tiles,
        charts=whole.charts,
        mtta=html.escape(whole.mtta),
        notes="\n".join(f"<p>{html.escape(note)}</p>" for note in NOTES),
        plotly=get_plotlyjs(),
        figures=script(whole.figures),
        others=packed(others),
    )


def noticed(about: About, missing: Sequence[str]) -> str:
    """Write what a reader has to know first."""
    notices = [plain(notice) for notice in about.notices]
    if missing and not notices:
        notices = [f"The copy has no {', '.join(missing)}: what is made of these is not shown, or not complete."]
    if about.is_sandbox:
        notices.insert(0, "SANDBOX: the account is made up. None of this is of a real account.")
    if not notices:
        return ""
    items = "".join(f"<li>{html.escape(notice)}</li>" for notice in notices)
    return f'<ul class="notices" aria-label="To know first">{items}</ul>'


def options(labels: Iterable[str]) -> str:
    """Write the entries of a choice."""
    return "".join(f"<option>{html.escape(label)}</option>" for label in labels)


def packed(value: object) -> str:
    """Pack data that a script unpacks when a reader asks for it."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def period(headline: Headline) -> str:
    """Say what time the page is about."""
    if headline.first is None or headline.last is None:
        return "No alerts"
    return f"{several(headline.alerts, 'alert')}, created from {day(headline.first)} to {day(headline.last)}"


def mtta(headline: Headline) -> str:
    """Say why Opsgenie's own figure is another one."""
    if headline.opsgenie_mtta is None:
        return f"{MTTA}there is none here, because no alert is closed."
    alerts = several(headline.opsgenie_mtta_alerts, "closed alert")
    return f"{MTTA}it is {duration(headline.opsgenie_mtta)} here, over {alerts}."


def tiles(headline: Headline, pages: PagesByHour, absent: frozenset[str]) -> Iterable[tuple[str, str, str]]:
    """Yield the figures on top: label, figure, note."""
    alerts = f"{headline.alerts:,}"
    yield "Alerts", f"{headline.alerts:,}", a_week(headline)
    yield (
        "Acknowledged",
        percent(headline.acknowledged, headline.alerts),
        f"{headline.acknowledged:,} of {several(headline.alerts, 'alert')}",
    )
    yield (
        "Median time to acknowledge",
        *waited(
            f"{acknowledged_with_a_time(headline)} ({headline.acknowledge_times:,} of {alerts})",
            headline.acknowledge_median,
            headline.acknowledge_ninetieth,
        ),
    )
    yield (
        "Median time to close",
        *waited(
            f"of closed alerts only ({headline.close_times:,} of {alerts})",
            headline.close_median,
            headline.close_ninetieth,
        ),
    )
    paged = "Pages outside working hours"
    if "alert_recipients" in absent:
        yield paged, NOTHING, NOT_HERE
    else:
        yield paged, percent(pages.outside, pages.total), f"of {several(pages.total, 'page')}"
    if "incidents" in absent:
        yield "Incidents", NOTHING, NOT_HERE
    else:
        yield "Incidents", f"{headline.incidents:,}", f"{headline.incidents_open:,} of them still open"


def a_week(headline: Headline) -> str:
    """Say how many alerts there are a week."""
    if headline.first is None or headline.last is None:
        return "in this copy"
    weeks = (headline.last - headline.first).days / 7
    return f"{headline.alerts / weeks:,.1f} a week" if weeks >= 1 else "in less than a week"


def acknowledged_with_a_time(headline: Headline) -> str:
    """Say which alerts the time to acknowledge is about."""
    if headline.acknowledge_times == headline.acknowledged:
        return "of acknowledged alerts only"
    return "only of acknowledged alerts whose time is reported"


def waited(which: str, median: float | None, ninetieth: float | None) -> tuple[str, str]:
    """Write a median, which alerts it is about, and what holds for nine in ten of them."""
    if median is None or ninetieth is None:
        return NOTHING, "no alert has such a time"
    return duration(median), f"{which}; nine in ten within {duration(ninetieth)}"


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
    links = [*chart.links, *[None] * len(rows)]
    body = "\n".join(f"<tr>{''.join(cells(row, link))}</tr>" for row, link in zip(rows, links, strict=False))
    table = (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'
    )
    if not chart.is_table:
        table = f"<details><summary>As a table</summary>{table}</details>"
    return (
        f"{begin}<p>{html.escape(chart.sentence)}</p>\n{legend(chart)}"
        f'<div class="drawing" id="{chart.name}" role="img" aria-label="{html.escape(chart.sentence)}" '
        f'style="height: {chart.height}px"></div>\n'
        f"{table}</section>"
    )


def cells(row: Sequence[str], link: str | None) -> Iterator[str]:
    """Write the cells of a row; the first leads somewhere, if there is an address."""
    for place, cell in enumerate(row):
        text = html.escape(cell)
        if link and place == 0:
            text = f'<a href="{html.escape(link)}" rel="noreferrer">{text}</a>'
        yield f"<td>{text}</td>"


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
    return {name: chart.figure(palette) for name, palette in (("light", LIGHT), ("dark", DARK))}


def script(value: object) -> str:
    """Write data where a script stands: nothing in it may end the script."""
    return json.dumps(value).replace("<", "\\u003c")
