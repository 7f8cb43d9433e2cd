"""The report: one file that draws itself in a real browser, by day and by night, on a desk and on a phone."""

from __future__ import annotations

import base64
import gzip
import json
import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import pytest

from archive.report.formatting import day, duration, month, percent
from integration_tests.archive import BRIEF, ROOT, Archive, asked, ran
from integration_tests.browser import Screen, Seen, browser, installed, look

EXAMPLES = ROOT / "examples" / "sql"
# The queries that know the team of an alert.
OF_TEAMS = ("time_to_acknowledge_and_close", "unacknowledged_alerts")

SCREENS = {
    "desk by day": Screen(1280, 900),
    "desk by night": Screen(1280, 900, scheme="dark"),
    "phone by day": Screen(390, 844, is_phone=True),
    "phone by night": Screen(390, 844, scheme="dark", is_phone=True),
}
CHARTS = (
    *("alerts-by-week", "acknowledge-by-month", "acknowledge-by-priority", "noisy-alerts", "pages-by-hour"),
    *("acknowledge-by-team", "noisiest-sources", "on-call-hours", "load-by-person", "incidents-by-month"),
)

# What a page may load from elsewhere, and by which attribute.
LOADING = {"src", "href", "srcset", "data", "poster", "action"}

WIDTHS = "[document.documentElement.scrollWidth, window.innerWidth]"
GROUNDS = "[document.body, ...document.querySelectorAll('.chart')].map((e) => getComputedStyle(e).backgroundColor)"
INKS = "[...document.querySelectorAll('.chart text')].map((e) => getComputedStyle(e).fill)"
# Shapes that have an extent, and whether the drawing stays inside its place.
DRAWN = """Object.fromEntries([...document.querySelectorAll('.drawing')].map((place) => {
  const shapes = [...place.querySelectorAll('.bars path, .scatterlayer .point, .heatmaplayer image')];
  const seen = shapes.filter((shape) => shape.getBoundingClientRect().width > 0);
  const svg = place.querySelector('.main-svg').getBoundingClientRect();
  return [place.id, [seen.length, svg.width <= place.getBoundingClientRect().width + 1]];
}))"""
# The labels of the axes of each chart, and of the scale of its colours.
TICKS = """Object.fromEntries([...document.querySelectorAll('.drawing')].map((place) => [place.id, Object.fromEntries(
  [['x', '.xtick'], ['y', '.ytick'], ['y2', '.y2tick'], ['colours', '.cbaxis']].map(([name, ticks]) => [
    name, [...place.querySelectorAll(`${ticks} text`)].map((e) => [...e.childNodes].map((n) => n.textContent).join(' '))
  ]))]))"""
# Waits until the page shows the chosen team and period, which takes it a moment at first.
SHOWN = """new Promise((done) => {
  const wait = () => document.querySelector("#tiles dd").textContent === "%s" ? done() : requestAnimationFrame(wait);
  wait();
})"""
# The choice, the address, and the address after another choice.
ADDRESS = """(() => {
  const chosen = [team.value, since.value, location.hash];
  team.selectedIndex = 0;
  team.dispatchEvent(new Event("change", {bubbles: true}));
  return [...chosen, location.hash];
})()"""
# Chooses the second team and the second period; gives their names, and what is shown of them.
CHOSEN = """new Promise((done) => {
  const chosen = ["team", "since"].map((name) => document.getElementById(name));
  const shown = new MutationObserver(() => requestAnimationFrame(() => requestAnimationFrame(() => done(
    [...chosen.map((each) => each.value), document.getElementById("tiles").innerHTML]))));
  shown.observe(document.getElementById("charts"), {childList: true});
  chosen[1].selectedIndex = 1;
  chosen[0].selectedIndex = 1;
  chosen[0].dispatchEvent(new Event("change", {bubbles: true}));
})"""


def luminance(colour: str) -> float:
    """How bright a colour of a stylesheet is, 0 to 1."""
    red, green, blue = (int(part) / 255 for part in re.findall(r"\d+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Page(HTMLParser):
    """What a page loads, and its words."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.policy = ""
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag != "a":  # it loads nothing before a reader follows it
            self.loaded += [f"{tag} {attributes[name]}" for name in LOADING & set(attributes)]
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"] or ""


def first(report: Path) -> str:
    """Return what a page shows at first, without its scripts."""
    return re.sub(r"<script>.*?</script>", "", report.read_text(), flags=re.DOTALL)


def tables_of(text: str) -> dict[str, list[list[str]]]:
    """Return the cells of each chart's table."""
    found = re.findall(r'<div class="drawing" id="([\w-]+)".*?<tbody>(.*?)</tbody>', text, re.DOTALL)
    return {name: [re.findall(r"<td>(.*?)</td>", row) for row in body.splitlines() if row] for name, body in found}


def views_of(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Unpack what a page shows of each team in each period."""
    packed = re.search(r'const packed = "(.*?)"', text)
    assert packed is not None
    views: dict[str, dict[str, dict[str, str]]] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return views


def figures_of(report: Path) -> dict[str, Any]:
    """Return the figures that a page draws at first."""
    found = re.search(r"let figures = (.*);\n", report.read_text())
    assert found is not None
    figures: dict[str, Any] = json.loads(found[1])
    return figures


@dataclass(frozen=True)
class Part:
    """A team and a period that a reader can choose, as this test works them out.

    Attributes:
        begins: the first day.
        last: the last day, which is that of the newest alert.
        is_period: whether it is a number of days, not all of time.
    """

    team: str
    label: str
    view: dict[str, str]
    of_team: str
    begins: date
    last: date
    is_period: bool

    @property
    def ends(self) -> date:
        return self.last + timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.ends - self.begins).days

    @property
    def of_period(self) -> str:
        return f"createdat >= DATE '{self.begins}' AND createdat < DATE '{self.ends}'" if self.is_period else "true"

    @property
    def mondays(self) -> list[date]:
        monday = self.begins - timedelta(days=self.begins.weekday())
        return [monday + timedelta(weeks=number) for number in range((self.last - monday).days // 7 + 1)]

    @property
    def months(self) -> list[str]:
        """The names of the months, with the number of days where they are not whole."""
        days = [self.begins + timedelta(days=number) for number in range(self.days)]
        counted = Counter((each.year, each.month) for each in days)
        lengths = {each: monthrange(*each)[1] for each in counted}
        return [
            month(date(*each, 1)) + ("" if count == lengths[each] else f" ({count} of {lengths[each]} days)")
            for each, count in counted.items()
        ]


def parts_of(archive: Archive) -> Iterator[Part]:
    """Yield all that a reader can choose."""
    teams, ((oldest, newest),) = archive.ask(
        "SELECT name, id FROM account.teams", "SELECT min(createdat)::DATE, max(createdat)::DATE FROM account.alerts"
    )
    ids = {"(no team)": "", **dict(teams)}
    begun, last = map(date.fromisoformat, (oldest, newest))
    for team, periods in views_of(archive.report.read_text()).items():
        of_team = f"coalesce(ownerteamid, '') = '{ids[team]}'" if team in ids else "true"
        for label, view in periods.items():
            days = re.match(r"(\d+) days, from (.*) to (.*)$", label)
            begins = last - timedelta(days=int(days[1]) - 1) if days else begun
            assert days is None or days.groups()[1:] == (day(begins), day(last))
            yield Part(team, label, view, of_team, begins, last, days is not None)


@pytest.fixture(scope="module", params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> Screen:
    screen: Screen = request.param
    return screen


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the browser, and give its address."""
    if installed() is None:
        pytest.skip("Chromium is not installed: the report is not looked at. `.ci/run` installs it.")
    with browser(tmp_path_factory.mktemp("profile")) as address:
        yield address


@pytest.fixture(scope="module")
def seen(screen: Screen, whole_archive: Archive, chromium: str) -> Seen:
    return look(whole_archive.report, screen, chromium, DRAWN, WIDTHS, GROUNDS, INKS, CHOSEN, DRAWN, WIDTHS, INKS)


def report_on(database: Path, report: Path, *further: str) -> str:
    """Write the report on a copy, of all teams and all of time; give what the page shows at first."""
    ran(BRIEF, "archive.report", str(database), str(report), *further)
    return first(report)


class TestFile:
    def test_it_loads_nothing_from_elsewhere(self, whole_archive: Archive) -> None:
        page = Page(whole_archive.report)
        assert page.loaded == []
        assert page.policy.startswith("default-src 'none';")

    def test_its_figures_are_those_of_the_account(self, whole_archive: Archive) -> None:
        text = whole_archive.report.read_text()
        alerts = list(whole_archive.account.truth("alerts"))
        taken = sum(1 for row in alerts if row["acknowledged"] or "ackTime" in row.get("report", {}))
        incidents = list(whole_archive.account.truth("incidents"))
        still_open = sum(1 for row in incidents if row["status"] == "open")
        pages = sum(1 for _ in whole_archive.account.truth("alert_recipients"))
        assert f"<dt>Alerts</dt><dd>{len(alerts)}</dd>" in text
        assert f"{taken} of {len(alerts)} alerts" in text
        assert f"<dt>Incidents</dt><dd>{len(incidents)}</dd>" in text
        assert f"{still_open} of them still open" in text
        assert f"of {pages} pages" in text

    def test_its_tables_add_up_to_the_account(self, whole_archive: Archive) -> None:
        tables = tables_of(whole_archive.report.read_text())
        alerts = list(whole_archive.account.truth("alerts"))
        pages = sum(1 for _ in whole_archive.account.truth("alert_recipients"))
        taken = sum(1 for row in alerts if row["acknowledged"] or "ackTime" in row.get("report", {}))
        assert sum(int(row[-1]) for row in tables["alerts-by-week"]) == len(alerts)
        assert sum(int(cell) for row in tables["pages-by-hour"] for cell in row[1:]) == pages
        assert sum(int(row[1]) for row in tables["load-by-person"]) == pages
        for name in ("acknowledge-by-team", "acknowledge-by-month"):
            assert sum(int(row[1]) for row in tables[name]) == len(alerts)
            assert sum(int(row[2]) for row in tables[name]) == taken
        for name in ("noisiest-sources", "noisy-alerts"):
            assert sum(int(row[1]) for row in tables[name]) == len(alerts)

    def test_medians_say_which_alerts_they_are_about(self, whole_archive: Archive) -> None:
        text = whole_archive.report.read_text()
        alerts = list(whole_archive.account.truth("alerts"))
        times = [row["report"]["ackTime"] for row in alerts if "ackTime" in row.get("report", {})]
        assert 0 < len(times) < len(alerts)
        assert f"<dd>{duration(median(times) / 1000)}</dd>" in text
        assert f"of acknowledged alerts only ({len(times)} of {len(alerts)})" in text
        closed = [row["report"] for row in alerts if row["status"] == "closed" and row.get("report")]
        waits = [report.get("ackTime", report.get("closeTime")) for report in closed]
        counted = [wait for wait in waits if wait is not None]
        assert (
            f"these alerts is {duration(sum(counted) / len(counted) / 1000)}, from {len(counted)} closed alerts."
            in text
        )

    def test_a_median_of_fewer_than_all_acknowledged_alerts_says_so_and_noisy_alerts_lead_to_the_newest_of_them(
        self, whole_archive: Archive, tmp_path: Path
    ) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        acknowledged = "SELECT id FROM account.alerts WHERE acknowledged AND (report ->> 'ackTime') IS NOT NULL"
        forget = f"UPDATE account.alerts SET report = NULL WHERE id = ({acknowledged} LIMIT 1)"  # noqa: S608 - own names
        rows, *_ = asked(copy, acknowledged, forget)
        assert rows
        web = "https://app.eu.opsgenie.com"
        shown = report_on(copy, report, web)
        assert report.stat().st_mode & 0o077 == 0  # it has the names of people
        assert "only of acknowledged alerts whose time is reported (" in shown
        assert "only of acknowledged alerts" not in first(whole_archive.report)

        # Noisy alerts lead to the newest of them.
        newest: dict[str, str] = {}
        for row in sorted(whole_archive.account.truth("alerts"), key=lambda row: str(row["createdAt"])):
            newest[row["message"]] = row["id"]
        linked = dict(re.findall(rf'<a href="{web}/alert/detail/([^"/]+)/details" rel="noreferrer">(.*?)</a>', shown))
        assert {unescape(message): identity for identity, message in linked.items()} == newest
        assert "<a " not in first(whole_archive.report)  # the sandbox has no web application

    def test_hours_on_call_say_in_which_time(self, whole_archive: Archive) -> None:
        ((begin, end),) = whole_archive.ask(
            "SELECT min(startdate), max(enddate) FROM account.schedule_timelines WHERE layer = 'final'"
        )[0]
        days = [day(datetime.fromisoformat(str(each))) for each in (begin, end)]
        assert re.search(rf"was on call for [\d,]+ hours from {days[0]} to {days[1]}, ", first(whole_archive.report))

    def test_what_it_shows_of_a_team_and_a_period_is_what_sql_says(self, whole_archive: Archive) -> None:
        text = whole_archive.report.read_text()
        parts = list(parts_of(whole_archive))
        assert len(parts) == sum(len(periods) for periods in views_of(text).values())
        for part in parts:
            view, named = part.view, (part.team, part.label)
            where = f"FROM account.alerts WHERE {part.of_team} AND {part.of_period}"
            of_alerts = f"alert_id IN (SELECT id FROM account.alerts WHERE {part.of_team})"  # noqa: S608 - own names
            (counts,), pages, by_month, priorities = whole_archive.ask(
                f"SELECT count(*), count(report ->> 'ackTime') {where}",
                f"SELECT count(*) FROM account.alert_recipients WHERE {part.of_period} AND {of_alerts}",  # noqa: S608
                f"""SELECT strftime(createdat, '%b %Y'), count(*), count(*) FILTER (WHERE acknowledged
                OR (report ->> 'ackTime') IS NOT NULL), count(report ->> 'ackTime') {where} GROUP BY ALL""",
                f"""SELECT priority, count(*),
                count(*) FILTER (WHERE acknowledged OR (report ->> 'ackTime') IS NOT NULL),
                median((report ->> 'ackTime')::DOUBLE), quantile_cont((report ->> 'ackTime')::DOUBLE, 0.9)
                {where} GROUP BY ALL ORDER BY priority""",
            )
            tables = tables_of(view["charts"])
            assert f"<dt>Alerts</dt><dd>{counts[0]}</dd>" in view["tiles"], named
            assert f"{7 * counts[0] / part.days:.1f} a week, in {part.days} days" in view["tiles"], named
            assert (f"({counts[1]} of {counts[0]})" in view["tiles"]) == (counts[1] > 0), named
            assert sum(int(cell) for row in tables.get("pages-by-hour", []) for cell in row[1:]) == pages[0][0], named
            if counts[0]:
                weeks = tables["alerts-by-week"]
                assert [row[0] for row in weeks] == list(map(day, part.mondays)), named
                assert sum(int(row[-1]) for row in weeks) == counts[0], named
                months = {name: tuple(map(str, rest)) for name, *rest in by_month}
                expected = [(name, *months.get(name.split(" (")[0], ("0", "0", "0"))) for name in part.months]
                found = tables["acknowledge-by-month"]
                assert [(row[0], row[1], row[2], row[5]) for row in found] == expected, named
            if counts[1]:
                assert tables["acknowledge-by-priority"] == [
                    [name, str(alerts), str(taken), percent(taken, alerts)]
                    + ["-" if each is None else duration(each / 1000) for each in times]
                    for name, alerts, taken, *times in priorities
                ], named

    def test_incidents_of_a_month_are_what_sql_says(self, whole_archive: Archive) -> None:
        for part in parts_of(whole_archive):
            where = f"FROM account.incidents WHERE {part.of_team.replace('teamid', 'team')} AND {part.of_period}"
            impact = "median(epoch(impactenddate - impactstartdate)), count(impactenddate - impactstartdate)"
            ((total, still_open, *whole),), by_month = whole_archive.ask(
                f"SELECT count(*), count(*) FILTER (WHERE status = 'open'), {impact} {where}",
                f"""SELECT strftime(createdat, '%b %Y'), count(*), count(*) FILTER (WHERE priority = 'P1'), {impact}
                {where} GROUP BY ALL""",
            )
            found = tables_of(part.view["charts"]).get("incidents-by-month", [])
            assert sum(int(row[1]) for row in found) == total, (part.team, part.label)
            if not total:
                continue
            assert f"{total} incident{'s' * (total > 1)}, {still_open} of them still open." in part.view["charts"]
            if whole[1]:
                half = f"half of those {whole[1]} lasted no longer than"
                lasted = "it lasted" if whole[1] == 1 else half
                assert f"has ended; {lasted} {duration(whole[0])}." in part.view["charts"]
            months = {name: rest for name, *rest in by_month}
            for name, row in zip(part.months, found, strict=True):
                assert row[0] == (name if part.is_period else name.split(" (")[0]), (part.team, part.label)
                count, urgent, middle, times = months.get(name.split(" (")[0], (0, 0, None, 0))
                said = [str(count), "-" if middle is None else duration(middle), str(times)]
                assert [row[1], *row[-2:]] == said, (part.team, part.label, name)
                assert urgent == 0 or row[2] == str(urgent)

    def test_hours_on_call_are_those_of_the_period(self, whole_archive: Archive) -> None:
        for part in parts_of(whole_archive):
            said = re.search(r"was on call for [\d,]+ hours from (.*?) to (.*?), which", part.view["charts"])
            rows = tables_of(part.view["charts"]).get("on-call-hours")
            begins, ends = (part.begins, part.ends) if part.is_period else (date(2000, 1, 1), date(2100, 1, 1))
            of_team = part.of_team.replace("ownerteamid", "ownerteam ->> 'id'")
            ((since, until, hours),) = whole_archive.ask(
                f"""SELECT min(greatest(startdate, '{begins}')), max(least(enddate, '{ends}')), max(hours) FROM (
                SELECT *, sum(epoch(least(enddate, '{ends}') - greatest(startdate, '{begins}')))
                OVER (PARTITION BY schedule_id, recipient_id) / 3600 AS hours
                FROM account.schedule_timelines WHERE layer = 'final' AND enddate > '{begins}' AND startdate < '{ends}'
                AND schedule_id IN (SELECT id FROM account.schedules WHERE {of_team}))"""  # noqa: S608 - own names
            )[0]
            assert (said is None) == (rows is None) == (since is None), (part.team, part.label)
            if said is None or rows is None:
                continue
            ended = datetime.fromisoformat(until) - timedelta(microseconds=1)
            assert list(said.groups()) == [day(datetime.fromisoformat(since)), day(ended)], (part.team, part.label)
            longest = max(float(row[1].replace(",", "")) for row in rows)
            assert longest >= int(hours)
            assert not part.is_period or longest <= 24 * part.days, (part.team, part.label)

    def test_teams_can_be_chosen_in_alphabetical_order_and_those_without_one_last(self, whole_archive: Archive) -> None:
        names = [name for (name,) in whole_archive.ask("SELECT name FROM account.teams")[0]]
        views = views_of(whole_archive.report.read_text())
        assert list(views) == ["All teams", *sorted(names, key=str.casefold), "(no team)"]

    def test_months_are_compared_if_they_are_complete(self, whole_archive: Archive, tmp_path: Path) -> None:
        """The newest alert is created on the first day of another month."""
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        later = "date_trunc('month', createdat) + INTERVAL '1 month 1 hour'"
        newest = "(SELECT id FROM account.alerts ORDER BY createdat DESC LIMIT 1)"
        (_, rows) = asked(
            copy,
            f"UPDATE account.alerts SET createdat = {later} WHERE id = {newest}",  # noqa: S608 - own names
            """SELECT date_trunc('month', createdat) AS month, count(*),
            count(*) FILTER (WHERE acknowledged OR (report ->> 'ackTime') IS NOT NULL), count(report ->> 'ackTime'),
            median((report ->> 'ackTime')::DOUBLE) / 1000 FROM account.alerts GROUP BY ALL ORDER BY ALL DESC""",
        )
        report_on(copy, report)
        (running, *_), *complete = rows
        compared = []
        for at, alerts, taken, times, middle in complete[:2]:
            share = f"{taken} of {alerts} alerts acknowledged ({percent(taken, alerts)})"
            median_of = f"half of those {times} within {duration(middle)}" if times >= 10 else "too few for a median"
            compared.append(f"{month(date.fromisoformat(at[:10]))}: {share}, {median_of}")
        assert f"The last two complete months: {'; '.join(compared)}." in first(report)
        table = tables_of(first(report))["acknowledge-by-month"]
        assert table[-1][0] == f"{month(date.fromisoformat(running[:10]))} (1 of 30 days)"
        figure = figures_of(report)["acknowledge-by-month"]["light"]["data"]
        bars, points = figure[0]["marker"]["color"], figure[2]["marker"]["color"]
        # The first month begins with the first alert.
        assert bars == [bars[0], *[bars[1]] * (len(bars) - 2), bars[0]]
        assert bars[0] != bars[1]
        few = [int(row[-1]) < 10 or "days" in row[0] for row in table]
        assert [colour == points[0] for colour in points] == few
        assert {True, False} == set(few)

    def test_an_empty_owner_is_none_so_the_first_responding_team_counts(
        self, whole_archive: Archive, tmp_path: Path
    ) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        before = tables_of(first(whole_archive.report))["acknowledge-by-team"]
        queries = [(EXAMPLES / f"{name}.sql").read_text() for name in OF_TEAMS]
        view = "SELECT team, count(*) FROM alerts_with_names GROUP BY ALL ORDER BY ALL"
        expected = asked(copy, view, "USE account", *queries)
        asked(copy, "UPDATE account.alerts SET ownerteamid = ''")
        assert asked(copy, view, "USE account", *queries) == expected
        asked(copy, "UPDATE account.alerts SET priority = ''")
        shown = report_on(copy, report)
        assert len(before) > 3
        tables = tables_of(shown)
        assert tables["acknowledge-by-team"] == before
        assert all(row[1:-1] == [row[-1]] for row in tables["alerts-by-week"])  # an empty priority is none, too

    def test_a_team_with_two_ids_is_one_wherever_it_is_chosen(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        half = "WHERE hash(id) % 2 = 0"
        asked(
            copy,
            "INSERT INTO account.teams BY NAME SELECT 'og-' || id AS id, name FROM account.teams",
            f"UPDATE account.alerts SET ownerteamid = 'og-' || ownerteamid {half} AND ownerteamid <> ''",  # noqa: S608 - own names
            f"UPDATE account.incidents SET ownerteam = 'og-' || ownerteam {half} AND ownerteam <> ''",  # noqa: S608 - own names
            "UPDATE account.schedules SET ownerteam = json_object('id', 'og-' || (ownerteam ->> 'id')) "  # noqa: S608 - own names
            f"{half} AND (ownerteam ->> 'id') <> ''",
        )
        ran("archive.report", str(copy), str(report))
        before, after = (views_of(page.read_text()) for page in (whole_archive.report, report))
        assert after.keys() == before.keys()
        for team, periods in before.items():
            assert tables_of(after[team]["All time"]["charts"]) == tables_of(periods["All time"]["charts"])

    def test_the_rules_say_how_many_rows_they_concern(self, whole_archive: Archive) -> None:
        text = first(whole_archive.report)
        alerts = [row.get("teams", []) for row in whole_archive.account.truth("alerts")]
        states = [row["state"] for row in whole_archive.account.truth("alert_recipients")]
        shared, inactive = sum(len(teams) > 1 for teams in alerts), states.count("notactive")
        assert 0 < shared < len(alerts)
        assert 0 < inactive < len(states)
        assert f"{shared} of {len(alerts)} alerts have several responding teams, and count for one of them only" in text
        assert f"{inactive} of {len(states)} recipients took no action (state notactive), and count as paged" in text
        assert "A period of a whole team counts for each of its members in this copy." in text
        assert text.count("The scale of the times is logarithmic.</p>") == 3

    def test_shares_say_of_what(self, whole_archive: Archive) -> None:
        heads = re.findall(r'<th scope="col">(.*?)</th>', first(whole_archive.report))
        assert "Share" not in heads
        assert heads.count("Share acknowledged") == 3
        assert heads.count("Share never acknowledged") == 2

    def test_teams_are_compared_only_by_enough_alerts(self, whole_archive: Archive) -> None:
        rows = whole_archive.ask(
            """SELECT name, count(*), count(report ->> 'ackTime'), median((report ->> 'ackTime')::DOUBLE) / 1000,
            count(*) FILTER (WHERE acknowledged OR (report ->> 'ackTime') IS NOT NULL) FROM account.alerts
            LEFT JOIN account.teams ON teams.id = ownerteamid GROUP BY ALL ORDER BY 4 DESC"""
        )[0]
        enough = [row for row in rows if row[0] and row[2] >= 10]
        assert 1 < len(enough) < len(rows)
        text = unescape(first(whole_archive.report))
        for name, alerts, times, middle, taken in (enough[0], enough[-1]):
            share = f"{percent(taken, alerts)} of {alerts} were acknowledged"
            said = f"{duration(middle)} for {name} ({times} acknowledged alerts; {share})"
            assert said in text
        assert "fastest" not in text

    def test_the_noisiest_message_is_named(self, whole_archive: Archive) -> None:
        ((message, alerts, never),) = whole_archive.ask(
            """SELECT message, count(*), count(*) FILTER (WHERE NOT acknowledged AND (report ->> 'ackTime') IS NULL)
            FROM account.alerts GROUP BY ALL ORDER BY 2 DESC, sum("count") DESC LIMIT 1"""
        )[0]
        text = unescape(first(whole_archive.report))
        assert f"The most frequent message is “{message}”, with {alerts} of 200 alerts" in text
        assert f"{percent(never, alerts)} of these were never acknowledged" in text

    def test_where_there_is_nothing_it_says_of_what(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        (teams, (newest,), *_) = asked(
            copy,
            "SELECT name, id FROM account.teams WHERE id NOT IN (SELECT ownerteam ->> 'id' FROM account.schedules "
            "WHERE ownerteam IS NOT NULL)",
            "SELECT max(createdat) FROM account.alerts",
        )
        (name, identity), *_ = teams
        asked(
            copy,
            f"DELETE FROM account.alerts WHERE ownerteamid = '{identity}' "  # noqa: S608 - own names
            f"AND createdat > TIMESTAMP '{newest[0]}' - INTERVAL '40 days'",
        )
        ran("archive.report", str(copy), str(report))
        periods = views_of(report.read_text())[name]
        (view,) = (each for label, each in periods.items() if label.startswith("30 days"))
        assert "No schedule belongs to this team." in periods["All time"]["charts"]
        assert view["charts"].count("<p>No alerts of this team in this period.</p>") == 4
        assert "there are no rows" not in view["charts"]
        assert '<dd>0</dd><dd class="note">0.0 a week, in 30 days</dd>' in view["tiles"]
        assert '<dt>Acknowledged</dt><dd>-</dd><dd class="note">no alerts</dd>' in view["tiles"]
        asked(copy, "DROP TABLE account.alert_recipients")
        assert "<p>There is nothing to draw, because there are no rows of alert_recipients.</p>" in report_on(
            copy, report
        )

    def test_the_command_says_what_it_needs(self, whole_archive: Archive, tmp_path: Path) -> None:
        report = str(tmp_path / "report.html")
        assert "Usage: python -m archive.report opsgenie.duckdb report.html" in ran("archive.report", code=2)
        empty = tmp_path / "empty.duckdb"
        asked(empty, "CREATE TABLE other (id INTEGER)")
        for database in (tmp_path / "none.duckdb", whole_archive.report, empty):
            printed = ran("archive.report", str(database), report, code=1)
            assert printed.startswith(f"The report on {database} was not written: ")
            assert printed.count("\n") == 1
        assert not (tmp_path / "report.html").exists()

    def test_without_users_the_hours_are_said_to_be_of_utc(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        assert "in the time zone of the person who was paged" in first(whole_archive.report)
        asked(copy, "DROP TABLE account.users")
        shown = report_on(copy, report)
        assert "in the time zone of the person" not in shown
        assert "in UTC, because the time zones of the people who were paged are unknown" in shown
        assert "The copy has no users" in shown

    def test_one_odd_value_costs_nothing_but_itself(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        ((alert,), *_), ((user,), *_) = asked(
            copy, "SELECT id FROM account.alerts", "SELECT user_id FROM account.alert_recipients"
        )
        asked(
            copy,
            f"UPDATE account.alerts SET createdat = '0001-01-01' WHERE id = '{alert}'",  # noqa: S608 - own names
            """UPDATE account.alerts SET report = '{"ackTime": "soon"}' """ + f"WHERE id = '{alert}'",  # noqa: S608 - own names
            f"UPDATE account.alerts SET message = 'often', count = {2**63 - 1} "  # noqa: S608 - own names
            "WHERE id IN (SELECT id FROM account.alerts ORDER BY id LIMIT 2)",
            f"UPDATE account.users SET timezone = 'Mars/Olympus' WHERE id = '{user}'",  # noqa: S608 - own names
            f"UPDATE account.users SET fullname = 'a' || chr(27) || '[2J' || chr(8238) WHERE id = '{user}'",  # noqa: S608 - own names
            "UPDATE account.team_members SET user_id = NULL",
            "UPDATE account.incidents SET impactenddate = impactstartdate - INTERVAL '1 day'",
        )
        ran("archive.report", str(copy), str(report))
        alerts = sum(1 for _ in whole_archive.account.truth("alerts"))
        assert f"<dt>Alerts</dt><dd>{alerts}</dd>" in first(report)
        assert "that are counted in UTC because the time zone is unknown" in first(report)
        assert any(row[0] == "(unknown)" for row in tables_of(first(report))["on-call-hours"])
        assert "The impact of no incident has ended." in first(report)
        assert not {"\x1b", "\u202e"} & set(first(report))

    def test_a_time_of_a_report_that_is_an_error_counts_as_null(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        odd = ['"NaN"', '"Infinity"', '"-Infinity"', '"soon"', "-1", "9.3e15", "1e300", '{"ms": 1}', "[]"]
        (alerts,) = asked(copy, "SELECT id FROM account.alerts ORDER BY id")
        queries = [(EXAMPLES / f"{name}.sql").read_text() for name in OF_TEAMS]
        longest = (
            'SELECT max(epoch_ms(happened_at) - epoch_ms("createdAt")) FROM alert_story JOIN alerts ON id = alert_id',
            "SELECT max(seconds_to_acknowledge), max(seconds_to_close) FROM alerts_with_names",
        )
        unchanged = asked(
            copy,
            "UPDATE account.alerts SET acknowledged = true, report = '{}' "  # noqa: S608 - own names
            f"WHERE id IN (SELECT id FROM account.alerts ORDER BY id LIMIT {len(odd)})",
            *longest,
            "USE account",
            *queries,
        )[1:]
        before = tables_of(report_on(copy, report))
        updates = [
            f"""UPDATE account.alerts SET report = '{{"ackTime": {value}, "closeTime": {value}}}' WHERE id = '{each}'"""  # noqa: S608 - own names
            for value, (each,) in zip(odd, alerts, strict=False)
        ]
        assert asked(copy, *updates, *longest, "USE account", *queries)[len(odd) :] == unchanged
        assert tables_of(report_on(copy, report)) == before

    def test_a_sandbox_is_called_one(self, whole_archive: Archive) -> None:
        assert "<h1>SANDBOX: " in first(whole_archive.report)

    def test_words_from_the_account_stay_words(
        self, whole_archive: Archive, tmp_path: Path, request: pytest.FixtureRequest
    ) -> None:
        """A team, a user or a source may be called anything."""
        copy = tmp_path / "copy.duckdb"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        asked(
            copy,
            "UPDATE account.alerts SET source = '</script><img src=x onerror=alert(1)>' WHERE source = 'prometheus'",
            "UPDATE account.users SET fullname = '<b>' || fullname",
        )
        report = tmp_path / "report.html"
        ran("archive.report", str(copy), str(report))
        assert Page(report).loaded == []
        assert "&lt;b&gt;" in report.read_text()
        if installed() is not None:
            (drawn,) = look(report, SCREENS["desk by day"], request.getfixturevalue("chromium"), DRAWN).answers
            assert set(drawn) == set(CHARTS)


class TestLook:
    def test_every_chart_is_drawn_inside_its_place(self, seen: Seen) -> None:
        drawn = seen.answers[0]
        assert list(drawn) == [*CHARTS]
        assert all(shapes > 0 and fits for shapes, fits in drawn.values()), drawn
        assert drawn["alerts-by-week"][0] > 50

    def test_nothing_is_asked_of_a_network_and_nothing_goes_wrong(self, seen: Seen, whole_archive: Archive) -> None:
        elsewhere = [url for url in seen.requested if not url.startswith("data:")]
        assert elsewhere == [whole_archive.report.as_uri()]
        assert seen.complaints == []

    def test_it_does_not_scroll_sideways(self, seen: Seen, screen: Screen) -> None:
        assert seen.answers[1] == [screen.width, screen.width]

    def test_it_is_as_bright_or_dark_as_the_reader_wants(self, seen: Seen, screen: Screen) -> None:
        grounds = [luminance(colour) for colour in seen.answers[2]]
        inks = [luminance(colour) for colour in seen.answers[3]]
        assert len(inks) > 20
        if screen.scheme == "dark":
            assert max(grounds) < 0.2
            assert min(inks) > 0.5
        else:
            assert min(grounds) > 0.9
            assert max(inks) < 0.5

    def test_a_choice_of_team_and_period_shows_theirs(self, seen: Seen, screen: Screen, whole_archive: Archive) -> None:
        team, label, shown = seen.answers[4]
        assert team != "All teams"
        assert label != "All time"
        view = views_of(whole_archive.report.read_text())[team][label]
        assert unescape(shown) == unescape(view["tiles"])
        drawn = seen.answers[5]
        assert set(drawn) == set(tables_of(view["charts"]))
        assert all(shapes > 0 and fits for shapes, fits in drawn.values()), drawn
        assert seen.answers[6] == [screen.width, screen.width]
        inks = [luminance(colour) for colour in seen.answers[7]]
        assert min(inks) > 0.5 if screen.scheme == "dark" else max(inks) < 0.5

    @pytest.mark.parametrize("name", ["desk by day", "phone by night"])
    def test_the_address_leads_to_a_choice_whose_axes_have_whole_labels(
        self, name: str, whole_archive: Archive, chromium: str
    ) -> None:
        """Of few alerts: the steps of the axes could be fractions, and the months and weeks are few."""
        part = min(
            (each for each in parts_of(whole_archive) if each.label.startswith("30 days") and each.team != "(no team)"),
            key=lambda each: ("no alert has such a time" in each.view["tiles"], counted_in(each)),
        )
        questions = (SHOWN % counted_in(part), TICKS, ADDRESS)
        fragment = f"#{urlencode({'team': part.team, 'period': '30 days'})}"
        seen = look(whole_archive.report, SCREENS[name], chromium, *questions, fragment=fragment)
        _, ticks, address = seen.answers
        assert address == [part.team, part.label, fragment, "#team=All+teams&period=30+days"]
        counts = [
            ticks[name][axis]
            for name, axis in (
                *(("alerts-by-week", "y"), ("noisy-alerts", "x"), ("noisiest-sources", "x")),
                *(("load-by-person", "x"), ("pages-by-hour", "colours")),
            )
        ]
        for labels in counts:
            steps = {int(later) - int(earlier) for earlier, later in pairwise(labels)}
            assert len(steps) == 1, labels
            assert min(steps) > 0, labels
        months = [each.split()[0] for each in part.months]
        assert [each.split()[0] for each in ticks["acknowledge-by-month"]["x"]] == months
        assert len(ticks["acknowledge-by-month"]["y2"]) > 1
        labels = [" ".join(each.split()[:2]) for each in ticks["alerts-by-week"]["x"]]
        assert labels == [f"{each.day} {each:%b}" for each in part.mondays]


def counted_in(part: Part) -> int:
    """Return the number of alerts that the page shows."""
    found = re.search(r"<dt>Alerts</dt><dd>(\d+)</dd>", part.view["tiles"])
    assert found is not None
    return int(found[1])
