"""The report: one file that draws itself in a real browser, by day and by night, on a desk and on a phone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from integration_tests.archive import PYTHON, Archive, asked, ended
from integration_tests.browser import CHROMIUM, Screen, Seen, look

if TYPE_CHECKING:
    from pathlib import Path

SCREENS = {
    "desk by day": Screen(1280, 900),
    "desk by night": Screen(1280, 900, scheme="dark"),
    "phone by day": Screen(390, 844, is_phone=True),
    "phone by night": Screen(390, 844, scheme="dark", is_phone=True),
}
CHARTS = ("alerts-by-week", "pages-by-hour", "acknowledge-by-team", "on-call-hours", "noisiest-sources")

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
        self.loaded += [f"{tag} {attributes[name]}" for name in LOADING & set(attributes)]
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"] or ""


@pytest.fixture(scope="module", params=list(SCREENS.values()), ids=list(SCREENS))
def screen(request: pytest.FixtureRequest) -> Screen:
    screen: Screen = request.param
    return screen


@pytest.fixture(scope="module")
def seen(screen: Screen, whole_archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the report is not looked at. `.ci/run` installs it.")
    return look(whole_archive.report, screen, tmp_path_factory.mktemp("profile"), DRAWN, WIDTHS, GROUNDS, INKS)


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
        tables = re.findall(r"<tbody>(.*?)</tbody>", whole_archive.report.read_text(), re.DOTALL)
        rows = [[re.findall(r"<td>(.*?)</td>", row) for row in table.splitlines() if row] for table in tables]
        weeks, hours, teams, _, sources = rows
        alerts = list(whole_archive.account.truth("alerts"))
        assert sum(int(row[-1]) for row in weeks) == len(alerts)
        assert sum(int(cell) for row in hours for cell in row[1:]) == sum(
            1 for _ in whole_archive.account.truth("alert_recipients")
        )
        assert sum(int(row[1]) for row in teams) == sum(1 for row in alerts if "ackTime" in row.get("report", {}))
        assert sum(int(row[1]) for row in sources) == len(alerts)

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
        ended([str(PYTHON), "-m", "archive.report", str(copy), str(report)], 0)
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
