"""Writes the pages in the folder that explain it to people who open it years later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive import set_aside
from archive.files import FILES, FOLDER, TABLES, FilesSummary
from archive.origin import Origin
from archive.paths import write_text
from archive.plain import markdown
from archive.report.formatting import SANDBOX
from archive.selection import TIMELINES
from archive.verification import Verification
from archive.views import comment_of, described, description_of, joined_views
from source_opsgenie.streams.base import ApiStream

SHARED = Path(__file__).parents[1] / "examples" / "sql"
OWN = Path(__file__).parent / "sql" / "questions"


@dataclass(frozen=True)
class Question:
    """A question that a copy can answer.

    Attributes:
        text: the question.
        path: the file of the query.
        needs: the streams without which there is no answer.
    """

    text: str
    path: Path
    needs: frozenset[str]

    @property
    def sql(self) -> str:
        """Return the query."""
        return self.path.read_text(encoding="utf-8").strip()


def _question(text: str, path: Path, *needs: str) -> Question:
    return Question(text, path, frozenset(needs))


OF_TEAMS = _question("Who changed what in the teams?", OWN / "changes.sql", "team_logs")

# Instead of the changes to teams: JSM logs all changes in one place.
OF_JSM = _question("Who changed what?", OWN / "audit.sql", "audit_logs")

QUESTIONS = (
    _question("What happened to one alert?", OWN / "alert.sql", "alerts"),
    _question("Who was on call at a moment?", OWN / "on_call.sql", TIMELINES, "users"),
    _question("Which alerts contain a word?", OWN / "words.sql", "alerts"),
    _question(
        "How long do alerts wait, by team, priority and month?", SHARED / "time_to_acknowledge_and_close.sql", "alerts"
    ),
    _question("Which alerts did nobody acknowledge?", SHARED / "unacknowledged_alerts.sql", "alerts"),
    _question("Which sources create the most alerts?", SHARED / "noisiest_sources.sql", "alerts"),
    _question(
        "Who is paged outside working hours, and at night?",
        SHARED / "pages_outside_working_hours.sql",
        *("alert_recipients", "users"),
    ),
    _question("How many hours was each user on call in each month?", SHARED / "on_call_hours.sql", TIMELINES, "users"),
    _question("What happened in each incident, in order?", SHARED / "incident_timelines.sql", "incidents"),
)

# The tables and views that a query reads.
READ_FROM = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)")

INTRODUCTION = """\
This folder is a copy of an account, made through its API. You can use it without a network, an account or a key. It
contains names, addresses and telephone numbers: keep it where only authorized people can read it.
"""

CONTENTS = """\
## Contents

| | |
| --- | --- |
| `report.html` | a report with charts: open it in a browser |
| `opsgenie.duckdb` | all tables, for queries in SQL |
| `parquet/` | the tables and views that have rows, one file each, for any other tool |
"""
CSV_ROW = """\
| `csv/` | the same for a spreadsheet: UTF-8, times in UTC to the second; `csv/alerts.csv` has names instead of ids |
"""
REST = """\
| `columns.md` | a description of each table and each column |
| `verification.md`, `verification.json` | the numbers of rows, the API's own counts, what was skipped and why |
| `SHA256SUMS` | the hash of each file: `sha256sum --check --quiet SHA256SUMS` finds changes and damage |
"""
FILES_ROW = f"""\
| `files/` | the files attached to alerts, and log files: the table `{FILES.name}` has path, size and hash of each |
"""
SET_ASIDE_ROW = """\
| `set_aside.jsonl` | values that do not fit their column, one a line, with the key of their row |
"""

OPENING = """\

Files whose names begin with a dot belong to the program that made the folder, which needs them to update it.

## How to open it

`opsgenie.duckdb` is a file of [DuckDB](https://duckdb.org), a free database that runs without a server:

```sh
duckdb -readonly opsgenie.duckdb
```

or in Python, after `pip install duckdb`:

```python
import duckdb

database = duckdb.connect("opsgenie.duckdb", read_only=True)
database.sql("SELECT * FROM alert_story LIMIT 20").show()
```

Each stream is a view, with the API's names and with times that have a time zone. The tables below the views are in the
schema `account`. `DESCRIBE alerts` lists the columns, and `columns.md` describes them. Lists and objects are JSON: read
a field with `(report ->> 'ackTime')`. Keep the parentheses: in DuckDB, `->>` binds less tightly than `=`.
"""


COLUMNS_HEAD = ("| column | type | description |", "| --- | --- | --- |")


def questions(origin: Origin, absent: frozenset[str]) -> list[Question]:
    """Return the questions that a copy without some streams can answer."""
    every = (*QUESTIONS, OF_TEAMS if origin.is_opsgenie else OF_JSM)
    return [question for question in every if not question.needs & absent]


def tables_in(sql: str) -> set[str]:
    """Return the streams that a query reads, also through the views that join streams."""
    named = set(READ_FROM.findall(sql))
    views = joined_views()
    return named.union(*(tables_in(views[name]) for name in named & views.keys()))


def readme(
    origin: Origin, verification: Verification, title: str, *, has_csv: bool, has_files: bool, has_set_aside: bool
) -> str:
    """Return the page that describes the folder."""
    when = f"The last run was from {verification.period}."
    lines = [
        f"# {markdown(title)}",
        "",
        *([f"**{SANDBOX}**", ""] if verification.is_sandbox else []),
        f"Copied from {verification.endpoint}. {when} {markdown(verification.verdict)}",
        "",
    ]
    lines += [f"- {markdown(notice)}" for notice in verification.notices]
    lines += [""] if verification.notices else []
    lines += [INTRODUCTION, "## What is not here", ""]
    lines += [*(f"- {markdown(absence)}" for absence in verification.absences), ""]
    rows = [(CSV_ROW, has_csv), (FILES_ROW, has_files), (REST, True), (SET_ASIDE_ROW, has_set_aside)]
    table = CONTENTS + "".join(row for row, is_there in rows if is_there)
    lines += [table + OPENING, "Further views join the streams:", "", "| view | description |", "| --- | --- |"]
    lines += [f"| `{name}` | {comment_of(sql)} |" for name, sql in joined_views().items()]
    lines += ["", *(_of_files(verification.files) if has_files else [])]
    answered = questions(origin, verification.absent)
    lines += ["## Questions", ""] if answered else []
    for question in answered:
        lines += [f"### {question.text}", ""]
        missing = sorted(tables_in(question.sql) & verification.absent)
        if missing:
            lines += [f"The answer is incomplete, because this copy has no rows of {', '.join(missing)}.", ""]
        lines += ["```sql", f"{question.sql};", "```", ""]
    return "\n".join(lines)


def _of_files(files: FilesSummary) -> list[str]:
    """Return the section about files."""
    return [
        "## Files",
        "",
        f"The path of a file in the folder `{FOLDER}` consists of its stream, the ids of its row and its name:",
        "",
        "- `alert_attachments/<alert id>/<attachment id>/<file name>`",
        "- `log_files/<file name>`",
        "",
        "`_` replaces characters that some systems do not allow in a file name. A changed name contains a hash.",
        "",
        "| table | description |",
        "| --- | --- |",
        *(f"| `{own.name}` | {own.description} |" for own in TABLES),
        "",
        *(f"- {markdown(note)}" for note in files.notes()),
        "",
    ]


def columns(streams: Iterable[ApiStream], *, is_sandbox: bool) -> str:
    """Return the page that describes all columns."""
    lines = [
        "# Tables and columns",
        "",
        *([f"**{SANDBOX}**", ""] if is_sandbox else []),
        "A field nested in a column is written with a dot, and `[]` stands for each entry of a list.",
        "",
    ]
    for stream in streams:
        lines += [f"## {stream.name}", "", markdown(description_of(stream)), ""]
        lines += [f"Key: {', '.join(stream.primary_key)}.", "", *COLUMNS_HEAD, *_rows(stream), ""]
    for own in TABLES:
        lines += [f"## {own.name}", "", own.description, "", f"Key: {', '.join(own.key)}.", "", *COLUMNS_HEAD]
        lines += [f"| `{name}` | {kind} | {description} |" for name, (kind, description) in own.columns.items()]
        lines.append("")
    return "\n".join(lines)


def _rows(stream: ApiStream) -> Iterator[str]:
    for path, kind, description in described(stream.get_json_schema()["properties"]):
        yield f"| `{path}` | {kind} | {markdown(description)} |"


def write(folder: Path, origin: Origin, verification: Verification, title: str, *, has_csv: bool) -> None:
    """Write both pages into the folder."""
    has_set_aside = (folder / set_aside.FILE).exists()
    has_files = (folder / FOLDER).exists()
    page = readme(origin, verification, title, has_csv=has_csv, has_files=has_files, has_set_aside=has_set_aside)
    tables = columns(origin.streams, is_sandbox=origin.is_sandbox)
    write_text(folder / "README.md", page)
    write_text(folder / "columns.md", tables)
