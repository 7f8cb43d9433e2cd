"""Writes the page of the report: figures at the top and charts below, in one file."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template
from typing import Any

from archive.paths import write_text
from archive.plain import plain
from archive.report.answers import NO_TEAM, Answers, Headline, Part, Period, Rules
from archive.report.charts.acknowledge_by_month import AcknowledgeByMonth
from archive.report.charts.acknowledge_by_priority import AcknowledgeByPriority
from archive.report.charts.acknowledge_by_team import AcknowledgeByTeam
from archive.report.charts.alerts_by_week import AlertsByWeek
from archive.report.charts.chart import Chart
from archive.report.charts.incidents_by_month import IncidentsByMonth
from archive.report.charts.load_by_person import LoadByPerson
from archive.report.charts.noisiest_sources import NoisiestSources
from archive.report.charts.noisy_alerts import NoisyAlerts
from archive.report.charts.on_call_hours import OnCallHours
from archive.report.charts.pages_by_hour import PagesByHour
from archive.report.formatting import NOTHING, SANDBOX, day, duration, percent, quantity
from archive.report.palette import DARK, LIGHT

TEMPLATE = Path(__file__).with_name("page.html")

NOTE = (
    "Periods are whole days in UTC, and weeks begin on Monday. Times to acknowledge and to close are taken from the "
    "API's report on each alert. Alerts that nobody acknowledged have no time to acknowledge, so the share of "
    "acknowledged alerts is shown as well. Hours on call come from the final timelines. An hour counts once for a "
    "person, even if several schedules name that person at the time."
)
PRIVATE = (
    "This file works offline and loads nothing from a server. It contains names of people: protect it accordingly."
)
TEAM_RULE = (
    "An alert counts for one team: the owning team or, if the API does not name one, the first responding team. "
)
PAGE_RULE = (
    "A page is one person becoming a recipient of one alert. The API does not say whether a notification reached the "
    "person. "
)

# Opsgenie's rule is that of Atlassian's page "How are global reports calculated".
MTTA = (
    "Opsgenie's own reports show another figure, the mean time to acknowledge (MTTA). It is a mean, which a few long "
    "waits increase, over closed alerts only. An alert that was closed without being acknowledged counts with the time "
    "until it was closed. Calculated in this way, "
)

# The most teams that a reader can choose from: more would make the page too large to send by mail.
MAX_TEAMS = 20
PERIODS = (365, 90, 30)  # days
DAYS_OF_WEEK = 7

NOT_HERE = "not in this copy"
NOT_READ = "not read to the end by the last run"


@dataclass(frozen=True)
class About:
    """Facts about a copy that its rows do not contain.

    Attributes:
        title: the title of the page; empty for the name of the account.
        verdict: whether the copy is complete, and of what; empty if it was not verified.
        notices: sentences that a reader must know first, about what is missing and why.
        web: the address of Opsgenie's web application, for links to alerts; None if there is none.
        absent: the streams that could not be read and have no rows.
        outdated: the streams that have rows, but that the last run has not read to the end.
        is_sandbox: whether the account is made up.
    """

    title: str = ""
    verdict: str = ""
    notices: Sequence[str] = ()
    web: str | None = None
    absent: frozenset[str] = frozenset()
    outdated: frozenset[str] = frozenset()
    is_sandbox: bool = False


@dataclass(frozen=True)
class View:
    """The contents of the page for a part of the account."""

    headline: Headline
    tiles: str
    charts: str
    mtta: str
    figures: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """Return the data with which the page's script replaces the contents."""
        return {
            "period": period(self.headline),
            "tiles": self.tiles,
            "charts": self.charts,
            "mtta": self.mtta,
            "figures": self.figures,
        }


def write_report(database: Path, page: Path, about: About) -> None:
    """Write the report on a DuckDB file that PyAirbyte has filled."""
    with Answers(database) as answers:
        about = replace(about, absent=about.absent | answers.missing)
        whole = view(answers, Part(), about)
        views = {
            team: {
                label: (whole if part == Part() else view(answers, part, about)).data for label, part in periods.items()
            }
            for team, periods in list(parts(answers))
        }
        answers.narrow(Part())
        notes = (NOTE, *rules(answers.rules()), PRIVATE)
        teams = len(answers.teams())
        if teams > MAX_TEAMS:
            notes = (f"You can select the {MAX_TEAMS} teams with the most alerts, of {teams:,}.", *notes)
        missing = sorted(answers.missing)
    text = compose(whole, views, about, missing, notes)
    write_text(page, text)


def parts(answers: Answers) -> Iterator[tuple[str, dict[str, Part]]]:
    """Yield the parts that a reader can select: the teams with the most alerts, and periods until the newest alert."""
    whole = answers.whole
    if whole is None:
        return
    answers.narrow(Part())
    periods: dict[str, Period | None] = {"All time": None}
    for days in PERIODS:
        begins = whole.ends - timedelta(days=days)
        if begins > whole.begins:
            label = f"{days} days, from {day(begins)} to {day(whole.last_day)}"
            periods[label] = Period(begins, whole.ends)
    teams: dict[str, str | None] = {"All teams": None}
    # In alphabetical order, those without a team last.
    for team in sorted(answers.teams()[:MAX_TEAMS], key=lambda team: (team.id == NO_TEAM, team.name.casefold())):
        teams[team.name if team.name not in teams else f"{team.name} ({team.id})"] = team.id
    for name, team_id in teams.items():
        yield name, {label: Part(team_id, period) for label, period in periods.items()}


def view(answers: Answers, part: Part, about: About) -> View:
    """Return the contents of the page for a part of the account."""
    answers.narrow(part)
    headline = answers.headline()
    paged = answers.paged()
    pages = PagesByHour(answers.pages(), sum(each.outside for each in paged))
    charts: list[Chart] = [
        AlertsByWeek(answers.weeks(), answers.period),
        AcknowledgeByMonth(answers.months(), answers.period),
        AcknowledgeByPriority(answers.by_priority()),
        NoisyAlerts(answers.noisy(), headline.alerts, about.web),
        pages,
        AcknowledgeByTeam(answers.by_team()),
        NoisiestSources(answers.sources()),
        OnCallHours(answers.on_call(), answers.on_call_days()),
        LoadByPerson(paged, pages.clock),
        IncidentsByMonth(answers.incidents(), headline, part.period),
    ]
    return View(
        headline,
        "\n".join(tile(*each) for each in tiles(headline, answers.period, pages, about)),
        "\n".join(section(chart, nothing(chart, answers, about)) for chart in charts),
        mtta(headline),
        {chart.name: schemes(chart) for chart in charts if not chart.is_empty},
    )


def nothing(chart: Chart, answers: Answers, about: About) -> str:
    """Return why there is nothing to draw, if there is not."""
    unfilled = [stream for stream in chart.needs if stream not in answers.filled]
    if unfilled:
        return f"There is nothing to draw, because there are no rows of {' and '.join(unfilled)}."
    outdated = [stream for stream in chart.needs if stream in about.outdated]
    if outdated:
        streams = " and ".join(outdated)
        return f"There is nothing to draw, but the last run did not read {streams} to the end, so rows may be missing."
    part = answers.part
    if isinstance(chart, OnCallHours) and part.team is not None and not answers.has_schedules():
        return "No schedule is without a team." if part.team == NO_TEAM else "No schedule belongs to this team."
    of_team = {None: "", NO_TEAM: " without a team"}.get(part.team, " of this team")
    return f"{chart.nothing}{of_team}{' in this period' if part.period else ''}."


def rules(counted: Rules) -> Iterator[str]:
    """Yield the rules that decide what counts, with the number of rows that they concern."""
    if counted.shared_alerts:
        alerts = f"{counted.shared_alerts:,} of {quantity(counted.alerts, 'alert')}"
        yield f"{TEAM_RULE}In this copy, {alerts} have several responding teams, and count for one of them only."
    else:
        yield TEAM_RULE
    if counted.inactive_recipients:
        recipients = f"{counted.inactive_recipients:,} of {quantity(counted.recipients, 'recipient')}"
        yield f"{PAGE_RULE}In this copy, {recipients} took no action (state notactive), and count as paged as well."
    elif counted.recipients:
        yield PAGE_RULE


def compose(
    whole: View, views: dict[str, dict[str, Any]], about: About, missing: Sequence[str], notes: Sequence[str]
) -> str:
    """Return the page."""
    from plotly.offline import get_plotlyjs  # noqa: PLC0415 - in the demo environment only

    heading = plain(about.title) or f"Opsgenie account {whole.headline.account or ''}".rstrip()
    if about.is_sandbox:
        heading = f"SANDBOX: {heading}"
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(heading),
        heading=html.escape(heading),
        period=html.escape(period(whole.headline)),
        made=html.escape(f"Made on {day(datetime.now(timezone.utc))}."),
        notices=notice_list(about, missing),
        teams=options(views),
        periods=options(next(iter(views.values()), {})),
        tiles=whole.tiles,
        charts=whole.charts,
        mtta=html.escape(whole.mtta),
        notes="\n".join(f"<p>{html.escape(note)}</p>" for note in notes),
        plotly=get_plotlyjs(),
        figures=script(whole.figures),
        views=packed(views),
    )


def notice_list(about: About, missing: Sequence[str]) -> str:
    """Return the notices as HTML."""
    notices = [plain(notice) for notice in about.notices]
    if missing and not notices:
        notices = [f"The copy has no {', '.join(missing)}: charts that need them are empty or incomplete."]
    if about.verdict:
        notices.insert(0, plain(about.verdict))
    if about.is_sandbox:
        notices.insert(0, SANDBOX)
    if not notices:
        return ""
    items = "".join(f"<li>{html.escape(notice)}</li>" for notice in notices)
    return f'<ul class="notices" aria-label="Notices">{items}</ul>'


def options(labels: Iterable[str]) -> str:
    """Return the options of a select element as HTML."""
    # With a value, because a browser takes the text as the value, and removes blanks from it.
    return "".join(f'<option value="{html.escape(label)}">{html.escape(label)}</option>' for label in labels)


def packed(value: object) -> str:
    """Compress data; the page's script decompresses it when the reader first selects something."""
    return base64.b64encode(gzip.compress(json.dumps(value).encode(), mtime=0)).decode()


def period(headline: Headline) -> str:
    """Return the number of alerts and their period, as text."""
    if headline.first is None or headline.last is None:
        return "No alerts"
    return f"{quantity(headline.alerts, 'alert')}, created from {day(headline.first)} to {day(headline.last)}"


def mtta(headline: Headline) -> str:
    """Return the note about Opsgenie's MTTA, which differs from the figures of the page."""
    if headline.opsgenie_mtta is None:
        return f"{MTTA}there is no MTTA for these alerts, because no closed alert has such a time."
    alerts = quantity(headline.opsgenie_mtta_alerts, "closed alert")
    return f"{MTTA}the MTTA of these alerts is {duration(headline.opsgenie_mtta)}, from {alerts}."


def tiles(
    headline: Headline, covered: Period | None, pages: PagesByHour, about: About
) -> Iterable[tuple[str, str, str]]:
    """Yield the figures at the top of the page: label, figure and note."""
    alerts = f"{headline.alerts:,}"
    yield "Alerts", f"{headline.alerts:,}", a_week(headline, covered)
    yield (
        "Acknowledged",
        percent(headline.acknowledged, headline.alerts),
        f"{headline.acknowledged:,} of {quantity(headline.alerts, 'alert')}" if headline.alerts else "no alerts",
    )
    yield (
        "Median time to acknowledge",
        *median_tile(
            f"{acknowledged_with_a_time(headline)} ({headline.acknowledge_times:,} of {alerts})",
            headline.acknowledge_median,
            headline.acknowledge_ninetieth,
        ),
    )
    yield (
        "Median time to close",
        *median_tile(
            f"of alerts whose time to close is reported ({headline.close_times:,} of {alerts})",
            headline.close_median,
            headline.close_ninetieth,
        ),
    )
    paged = "Pages outside working hours"
    if "alert_recipients" in about.absent:
        yield paged, NOTHING, NOT_HERE
    elif "alert_recipients" in about.outdated and not pages.total:
        yield paged, NOTHING, NOT_READ
    else:
        of_pages = f"of {quantity(pages.total, 'page')}" if pages.total else "no pages"
        yield paged, percent(pages.outside, pages.total), of_pages
    if "incidents" in about.absent:
        yield "Incidents", NOTHING, NOT_HERE
    elif "incidents" in about.outdated and not headline.incidents:
        yield "Incidents", NOTHING, NOT_READ
    else:
        yield "Incidents", f"{headline.incidents:,}", f"{headline.incidents_open:,} of them still open"


def a_week(headline: Headline, covered: Period | None) -> str:
    """Return the number of alerts a week of the period, as text."""
    if covered is None:
        return "in this copy"
    if covered.days < DAYS_OF_WEEK:
        return f"in {quantity(covered.days, 'day')}"
    return f"{DAYS_OF_WEEK * headline.alerts / covered.days:,.1f} a week, in {covered.days:,} days"


def acknowledged_with_a_time(headline: Headline) -> str:
    """Return which alerts the median time to acknowledge covers."""
    if headline.acknowledge_times == headline.acknowledged:
        return "of acknowledged alerts only"
    return "only of acknowledged alerts whose time is reported"


def median_tile(which: str, median: float | None, ninetieth: float | None) -> tuple[str, str]:
    """Return the figure and the note for a median; `which` says which alerts it covers."""
    if median is None or ninetieth is None:
        return NOTHING, "no alert has such a time"
    return duration(median), f"{which}; nine in ten of those within {duration(ninetieth)}"


def tile(label: str, figure: str, note: str) -> str:
    """Return a figure as HTML."""
    label, figure, note = map(html.escape, (label, figure, note))
    return f'<div class="tile"><dt>{label}</dt><dd>{figure}</dd><dd class="note">{note}</dd></div>'


def section(chart: Chart, nothing_to_draw: str) -> str:
    """Return the section of a chart as HTML; the second text takes its place if there is nothing to draw."""
    begin = f'<section class="chart{" wide" if chart.is_wide else ""}"><h2>{html.escape(chart.title)}</h2>'
    if chart.is_empty:
        return f"{begin}<p>{html.escape(nothing_to_draw)}</p></section>"
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
    """Yield the cells of a row as HTML; the first cell is a link if there is an address."""
    for place, cell in enumerate(row):
        text = html.escape(cell)
        if link and place == 0:
            text = f'<a href="{html.escape(link)}" rel="noreferrer">{text}</a>'
        yield f"<td>{text}</td>"


def legend(chart: Chart) -> str:
    """Return the legend of a chart as HTML, with colours for both colour schemes."""
    night = chart.legend(DARK)
    entries = [
        f'<li><i style="background: light-dark({colour}, {night[name]})"></i>{html.escape(name)}</li>'
        for name, colour in chart.legend(LIGHT).items()
    ]
    return f'<ul class="legend">{"".join(entries)}</ul>\n' if entries else ""


def schemes(chart: Chart) -> dict[str, Any]:
    """Return the figure of a chart in both colour schemes."""
    return {name: chart.figure(palette) for name, palette in (("light", LIGHT), ("dark", DARK))}


def script(value: object) -> str:
    """Return data as JSON inside a script element, where no text may close the element."""
    return json.dumps(value).replace("<", "\\u003c")
