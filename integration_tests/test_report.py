"""The report: one file that draws itself in a real browser, by day and by night, on a desk and on a phone."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import datetime
from html import unescape
from html.parser import HTMLParser
from statistics import median
from typing import TYPE_CHECKING

import pytest

from archive.report.formatting import day, duration
from integration_tests.archive import Archive, asked, ran
from integration_tests.browser import CHROMIUM, Screen, Seen, look

if TYPE_CHECKING:
    from pathlib import Path

SCREENS = {
    "desk by day": Screen(1280, 900),
    "desk by night": Screen(1280, 900, scheme="dark"),
    "phone by day": Screen(390, 844, is_phone=True),
    "phone by night": Screen(390, 844, scheme="dark", is_phone=True),
}
CHARTS = (
    *("alerts-by-week", "acknowledge-by-month", "noisy-alerts", "pages-by-hour", "acknowledge-by-team"),
    *("on-call-hours", "noisiest-sources", "load-by-person"),
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


@pytest.fixture(scope="module", params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> Screen:
    screen: Screen = request.param
    return screen


@pytest.fixture(scope="module")
def seen(screen: Screen, whole_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the report is not looked at. `.ci/run` installs it.")
    profile = tmp_path_factory.mktemp("profile")
    return look(whole_archive.report, screen, profile, DRAWN, WIDTHS, GROUNDS, INKS, CHOSEN, DRAWN, WIDTHS, INKS)


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

    def test_a_median_of_fewer_than_all_acknowledged_alerts_says_so(
        self, whole_archive: Archive, tmp_path: Path
    ) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        acknowledged = "SELECT id FROM account.alerts WHERE acknowledged AND (report ->> 'ackTime') IS NOT NULL"
        forget = f"UPDATE account.alerts SET report = NULL WHERE id = ({acknowledged} LIMIT 1)"  # noqa: S608 - own names
        rows, *_ = asked(copy, acknowledged, forget)
        assert rows
        ran("archive.report", str(copy), str(report))
        assert "only of acknowledged alerts whose time is reported (" in first(report)
        assert "only of acknowledged alerts" not in first(whole_archive.report)

    def test_hours_on_call_say_in_which_time(self, whole_archive: Archive) -> None:
        ((begin, end),) = whole_archive.ask(
            "SELECT min(startdate), max(enddate) FROM account.schedule_timelines WHERE layer = 'final'"
        )[0]
        days = [day(datetime.fromisoformat(str(each))) for each in (begin, end)]
        assert re.search(rf"was on call for [\d,]+ hours from {days[0]} to {days[1]}, ", first(whole_archive.report))

    def test_what_it_shows_of_a_team_and_a_period_is_what_sql_says(self, whole_archive: Archive) -> None:
        views = views_of(whole_archive.report.read_text())
        teams = dict(whole_archive.ask("SELECT name, id FROM account.teams")[0])
        assert set(views) == {"All teams", *teams}
        ((newest,),) = whole_archive.ask("SELECT max(createdat) FROM account.alerts")[0:1][0]
        for team, periods in views.items():
            for label, view in periods.items():
                days = re.search(r"^(\d+) days", label)
                of_team = f"ownerteamid = '{teams[team]}'" if team in teams else "true"
                of_period = f"createdat >= TIMESTAMP '{newest}' - INTERVAL '{days[1]} days'" if days else "true"
                where = f"FROM account.alerts WHERE {of_team} AND {of_period}"
                (counts,), hours = whole_archive.ask(
                    f"SELECT count(*), count(report ->> 'ackTime') {where}",
                    "SELECT count(*) FROM account.alert_recipients WHERE "  # noqa: S608 - own names
                    f"{of_period} AND alert_id IN (SELECT id FROM account.alerts WHERE {of_team})",
                )
                tables = tables_of(view["charts"])
                assert f"<dt>Alerts</dt><dd>{counts[0]}</dd>" in view["tiles"], (team, label)
                assert sum(int(row[-1]) for row in tables.get("alerts-by-week", [])) == counts[0]
                assert sum(int(cell) for row in tables.get("pages-by-hour", []) for cell in row[1:]) == hours[0][0]
                assert (f"({counts[1]} of {counts[0]})" in view["tiles"]) == (counts[1] > 0)

    def test_noisy_alerts_lead_to_the_newest_of_them(self, whole_archive: Archive, tmp_path: Path) -> None:
        report = tmp_path / "report.html"
        database = whole_archive.output / "opsgenie.duckdb"
        web = "https://app.eu.opsgenie.com"
        ran("archive.report", str(database), str(report), web)
        newest: dict[str, str] = {}
        for row in sorted(whole_archive.account.truth("alerts"), key=lambda row: str(row["createdAt"])):
            newest[row["message"]] = row["id"]
        linked = dict(
            re.findall(rf'<a href="{web}/alert/detail/([^"/]+)/details" rel="noreferrer">(.*?)</a>', first(report))
        )
        assert {unescape(message): identity for identity, message in linked.items()} == newest
        assert "<a " not in first(whole_archive.report)  # the sandbox has no web application

    def test_without_users_the_hours_are_said_to_be_of_utc(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy, report = tmp_path / "copy.duckdb", tmp_path / "report.html"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        assert "in the time zone of the person who was paged" in first(whole_archive.report)
        asked(copy, "DROP TABLE account.users")
        ran("archive.report", str(copy), str(report))
        assert "in the time zone of the person" not in first(report)
        assert "in UTC, because the time zones of the people who were paged are unknown" in first(report)
        assert "The copy has no users" in first(report)

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
            f"UPDATE account.users SET timezone = 'Mars/Olympus' WHERE id = '{user}'",  # noqa: S608 - own names
            f"UPDATE account.users SET fullname = 'a' || chr(27) || '[2J' || chr(8238) WHERE id = '{user}'",  # noqa: S608 - own names
        )
        ran("archive.report", str(copy), str(report))
        alerts = sum(1 for _ in whole_archive.account.truth("alerts"))
        assert f"<dt>Alerts</dt><dd>{alerts}</dd>" in first(report)
        assert "that are counted in UTC because the time zone is unknown" in first(report)
        assert not {"\x1b", "\u202e"} & set(first(report))

    def test_a_sandbox_is_called_one(self, whole_archive: Archive) -> None:
        assert "<h1>SANDBOX: " in first(whole_archive.report)

    def test_words_from_the_account_stay_words(self, whole_archive: Archive, tmp_path: Path) -> None:
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
        if CHROMIUM is not None:
            (drawn,) = look(report, SCREENS["desk by day"], tmp_path / "profile", DRAWN).answers
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
