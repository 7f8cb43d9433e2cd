"""What the documentation takes from the code is current."""

from __future__ import annotations

import importlib.util
import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest

from source_opsgenie import catalog
from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.records.base import Record
from source_opsgenie.streams.sub_stream import SubStream
from unit_tests.messages import BLANK, FEWEST_WORDS, explained, texts

ROOT = Path(__file__).parents[1]
QUOTED = '"{}"'.format  # of a name in SQL
CONFIG = Config.parse({"api_token": "no-key-at-all"})
STREAMS = create_streams(context_of(CONFIG, threading.Event()))
CATALOG = catalog.streams_of(CONFIG, threading.Event())  # with those that only JSM Operations has


def load(path: str) -> ModuleType:
    """Import a module that belongs to no package."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


ERD = load("docs/erd.py")


def test_the_pages_made_from_the_code_are_current() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run `make docs`"  # noqa: S603 - our own program


def test_the_page_of_streams_has_every_stream_of_the_catalog_and_says_why_it_is_read_in_full() -> None:
    table, _, reasons = (ROOT / "docs" / "streams.md").read_text().partition("\n## Why some streams are read in full")
    assert re.findall(r"^\| \[(\w+)\]", table, re.MULTILINE) == [stream.name for stream in CATALOG]
    listed = [name for names in re.findall(r"^- (.*?): ", reasons, re.MULTILINE) for name in names.split(", ")]
    assert sorted(listed) == sorted(stream.name for stream in CATALOG if not stream.supports_incremental)


def test_the_set_up_page_names_every_incremental_stream_that_is_not_below_alerts_or_incidents() -> None:
    row = re.search(r"^\| Incremental, .*", (ROOT / "docs" / "opsgenie.md").read_text(), re.MULTILINE)
    assert row is not None
    incremental = {stream.name for stream in CATALOG if stream.supports_incremental}
    below = {name for name in incremental if name.startswith(("alert_", "incident_"))}
    assert set(re.findall(r"`(\w+)`", row[0])) == incremental - below


def test_the_diagrams_show_every_stream_and_no_other() -> None:
    drawn = re.findall(r"^    (\w+)(?: \{)?$", ERD.page(STREAMS), re.MULTILINE)
    assert sorted(drawn) == sorted(2 * [stream.name for stream in STREAMS])  # in its group, and in the whole


def test_the_diagrams_lead_to_streams_that_exist_and_to_every_parent() -> None:
    names = {stream.name for stream in STREAMS}
    for stream in STREAMS:
        references = {(reference.column, reference.target) for reference in ERD.references(stream)}
        assert {target for _, target in references} <= names
        if isinstance(stream, SubStream):
            keys = {column for column, field in stream.parent_columns.items() if field == "id"}
            assert {(column, stream.parent.name) for column in keys} <= references


def test_the_queries_of_columns_do_not_repeat_a_row_whose_reference_has_an_id_that_is_not_unique() -> None:
    by_name = {stream.name: stream for stream in CATALOG}
    text = "\n".join(page.read_text() for page in (ROOT / "docs" / "columns").glob("*.md"))
    asked = 0
    for join in re.finditer(r"^LEFT JOIN (?P<target>\w+) ON .*$", text, re.MULTILINE):
        stream = by_name[re.findall(r"^FROM (\w+)$", text[: join.start()], re.MULTILINE)[-1]]
        target = by_name[join["target"]]
        parents = {*target.primary_key} & {*stream.get_json_schema()["properties"]} - {"id"}
        if not parents:
            continue  # nothing in the row could tell
        asked += 1
        with closing(sqlite3.connect(":memory:")) as database:
            for table, rows in ((stream, ["own"]), (target, ["own", "other"])):
                columns = [*table.get_json_schema()["properties"]]
                database.execute(f"CREATE TABLE {table.name} ({', '.join(map(QUOTED, columns))})")
                for parent in rows:
                    row = [parent if name in parents else "same id" for name in columns]
                    database.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - our own names
            count = f"SELECT count(*) FROM {stream.name} {join[0]}"  # noqa: S608 - our own names
            assert database.execute(count).fetchone() == (1,), join[0]
    assert asked


def test_an_id_that_nobody_explains_is_not_drawn() -> None:
    class Stray(Record):
        """A row with an id of something unknown."""

        colour_id: str | None = None

    stream = STREAMS[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(stream), "record", Stray)
        with pytest.raises(LookupError, match="colour_id"):
            ERD.references(stream)


PAGES = sorted(
    page
    for folder in ("", "archive", "docs", "examples")
    for page in (ROOT / folder).glob("**/*.md" if folder else "*.md")
    if "output" not in page.parts
)


# That the page explains every message that is given out is seen where they are: `integration_tests/connector.py`.
@pytest.mark.parametrize("message", explained())
def test_every_message_that_the_page_explains_is_one_of_the_code(message: str) -> None:
    # The code puts messages together from clauses, and serves another API as well: it has a value for Opsgenie's name.
    for clause in re.split(rf"[,:;.()]|{BLANK}|Opsgenie", message):
        words = clause.strip(" '")
        assert len(words.split()) < FEWEST_WORDS or any(words in text for text in texts()), words


README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_readme_begins_with_what_it_is_for_a_picture_and_the_two_commands() -> None:
    first = README.partition("```sh\n")[2].partition("```")[0]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]
    top = README.partition("\n## ")[0]
    assert top.index("copies everything") < top.index("](docs/report.png)") < top.index("```sh\nmake demo")
    picture = (ROOT / "docs" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000


def test_the_readme_names_every_stream_once_and_marks_the_incremental_ones() -> None:
    cells = [line.split("|")[2] for line in section("Streams").splitlines() if line.startswith("|")][2:]
    named = [name.strip() for cell in cells for name in cell.split(",")]
    marked = {stream.name: f"**{stream.name}**" if stream.supports_incremental else stream.name for stream in STREAMS}
    assert sorted(named) == sorted(marked.values())


def test_the_readme_alone_says_how_many_streams_there_are() -> None:
    made = ("streams.md", "CHANGELOG.md")  # from the code, and of a time
    pages = [page for page in PAGES if page.name not in made]
    counts = {
        page.relative_to(ROOT).as_posix(): re.findall(
            rf"\b(\d+ streams, and \d+ more after the move|{len(STREAMS)} streams)\b", page.read_text()
        )
        for page in pages
    }
    counts = {name: found for name, found in counts.items() if found}
    more = len(streams_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event())) - len(STREAMS)
    assert counts == {"README.md": [f"{len(STREAMS)} streams, and {more} more after the move"]}


def test_the_readme_explains_every_key_of_the_configuration() -> None:
    assert re.findall(r"^\| `(\w+)`", section("Configuration"), re.MULTILINE) == list(Config.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", page.read_text()):
        path = (page.parent / target).resolve()
        assert path.exists()


def test_links_to_a_part_of_a_page_lead_to_a_title() -> None:
    for page in PAGES:
        for target, part in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]*)\)", page.read_text()):
            leads_to = page.parent / target if target else page
            titles = re.findall(r"^#+ (.*)$", leads_to.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert part in slugs


def test_every_test_that_a_page_names_exists() -> None:
    tests = {path.name for folder in ("unit_tests", "integration_tests") for path in (ROOT / folder).glob("test_*.py")}
    for page in PAGES:
        named = re.findall(r"\b(test_\w+\.py)\b", page.read_text())
        assert set(named) <= tests, page
