"""The pages in an archive's folder that explain it to people who open it years later."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archive import set_aside
from archive.files import FILES, FOLDER, TABLES
from archive.plain import markdown
from archive.verification import SANDBOX
from archive.views import comment_of, described, holds, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archive.files import Found
    from archive.origin import Origin
    from archive.verification import Verification
    from source_opsgenie.streams.base import ApiStream

SHARED = Path(__file__).parents[1] / "examples" / "sql"
OWN = Path(__file__).parent / "sql" / "questions"

QUESTIONS = {
    "What happened to one alert?": OWN / "alert.sql",
    "Who was on call at a moment?": OWN / "on_call.sql",
    "Which alerts speak of something?": OWN / "words.sql",
    "How long do alerts wait, by team, priority and month?": SHARED / "time_to_acknowledge_and_close.sql",
    "Which alerts did nobody acknowledge?": SHARED / "unacknowledged_alerts.sql",
    "What makes the most alerts?": SHARED / "noisiest_sources.sql",
    "Who is called outside working hours, and at night?": SHARED / "pages_outside_working_hours.sql",
    "How many hours was each user on call in each month?": SHARED / "on_call_hours.sql",
    "What happened in each incident, in order?": SHARED / "incident_timelines.sql",
    "Who changed what in the teams?": OWN / "changes.sql",
}

# JSM has one log of changes for all.
OF_JSM = {"Who changed what?": OWN / "audit.sql"}

INTRODUCTION = """\
This folder is a copy of an account, made through its API. It needs nothing but itself: no network, no
account, no key. It holds names, addresses and telephone numbers: keep it where only those see it who should.

## What is here

| | |
| --- | --- |
| `report.html` | a picture of the account: open it in a browser |
| `opsgenie.duckdb` | everything, to be asked in SQL |
| `parquet/` | the same tables, a file each, for any other tool |
"""
CSV_ROW = """\
| `csv/` | the same for a spreadsheet: UTF-8, times in UTC; `csv/alerts.csv` has names in the place of ids |
"""
REST = """\
| `columns.md` | what each table and each column holds |
| `verification.md`, `verification.json` | how many rows there are, what the API counted, what is skipped and why |
"""
FILES_ROW = f"""\
| `files/` | the files attached to alerts, and log files: the table `{FILES.name}` has path, size and hash of each |
"""
SET_ASIDE_ROW = """\
| `set_aside.jsonl` | values that fitted into no column, a line each, with the key of their row |
"""

OPENING = """\

Files whose names begin with a dot are notes of the program that made the folder; it goes on with them.

## How to open it

`opsgenie.duckdb` is a file of [DuckDB](https://duckdb.org), a free database that is one program without a server:

```sh
duckdb -readonly opsgenie.duckdb
```

or in Python, after `pip install duckdb`:

```python
import duckdb

database = duckdb.connect("opsgenie.duckdb", read_only=True)
database.sql("SELECT * FROM alert_story LIMIT 20").show()
```

Each stream is a view, with the names of the API and times with their zone. Its rows are in the schema
`account`, as they were loaded. `DESCRIBE alerts` lists the columns, `columns.md` explains them. What is a list or an
object inside is JSON: `(report ->> 'ackTime')`, with the parentheses, which DuckDB needs before an operator.
"""


def questions(origin: Origin) -> dict[str, Path]:
    """Return ten questions that the copy can answer."""
    if origin.is_opsgenie:
        return QUESTIONS
    return {question: path for question, path in QUESTIONS.items() if path.stem != "changes"} | OF_JSM


def readme(
    origin: Origin, verification: Verification, title: str, *, has_csv: bool, has_files: bool, has_set_aside: bool
) -> str:
    """Write the page that comes first."""
    when = f"The last run lasted from {verification.period}."
    lines = [
        f"# {markdown(title)}",
        "",
        *([f"**{SANDBOX}**", ""] if verification.is_sandbox else []),
        f"Copied from {verification.endpoint}. {when} {markdown(verification.verdict)}",
        "",
    ]
    lines += [f"- {markdown(notice)}" for notice in verification.notices]
    lines += [""] if verification.notices else []
    rows = [(CSV_ROW, has_csv), (FILES_ROW, has_files), (REST, True), (SET_ASIDE_ROW, has_set_aside)]
    table = INTRODUCTION + "".join(row for row, is_there in rows if is_there)
    lines += [table + OPENING, "Views that join what belongs together:", "", "| view | holds |", "| --- | --- |"]
    lines += [f"| `{name}` | {comment_of(sql)} |" for name, sql in joined().items()]
    lines += ["", *(_of_files(verification.files) if has_files else []), "## Ten questions", ""]
    for question, path in questions(origin).items():
        lines += [f"### {question}", "", "```sql", path.read_text(encoding="utf-8").strip() + ";", "```", ""]
    return "\n".join(lines)


def _of_files(found: Found) -> list[str]:
    """Explain the files."""
    return [
        "## Files",
        "",
        f"A file is named by its stream and the ids of its row, below the folder `{FOLDER}`:",
        "",
        "- `alert_attachments/<alert id>/<attachment id>/<file name>`",
        "- `log_files/<file name>`",
        "",
        "Signs that some systems do not allow in a name became `_`, and such a name has a hash at its end.",
        "",
        "| table | holds |",
        "| --- | --- |",
        *(f"| `{own.name}` | {own.holds} |" for own in TABLES),
        "",
        *(f"- {markdown(note)}" for note in found.notes()),
        "",
    ]


def columns(streams: Iterable[ApiStream], *, is_sandbox: bool) -> str:
    """Write the page of all columns."""
    lines = [
        "# Tables and columns",
        "",
        *([f"**{SANDBOX}**", ""] if is_sandbox else []),
        "A column inside another one is written with a dot, and `[]` stands for each entry of a list.",
        "",
    ]
    for stream in streams:
        lines += [f"## {stream.name}", "", markdown(holds(stream)), "", f"Key: {', '.join(stream.primary_key)}.", ""]
        lines += ["| column | type | holds |", "| --- | --- | --- |", *_rows(stream), ""]
    for own in TABLES:
        lines += [f"## {own.name}", "", own.holds, "", f"Key: {', '.join(own.key)}.", ""]
        lines += ["| column | type | holds |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {kind} | {words} |" for name, (kind, words) in own.columns.items()]
        lines.append("")
    return "\n".join(lines)


def _rows(stream: ApiStream) -> Iterator[str]:
    for path, kind, words in described(stream.get_json_schema()["properties"]):
        yield f"| `{path}` | {kind} | {markdown(words)} |"


def write(folder: Path, origin: Origin, verification: Verification, title: str, *, has_csv: bool) -> None:
    """Write both pages into an archive's folder."""
    has_set_aside = (folder / set_aside.FILE).exists()
    has_files = (folder / FOLDER).exists()
    page = readme(origin, verification, title, has_csv=has_csv, has_files=has_files, has_set_aside=has_set_aside)
    (folder / "README.md").write_text(page, encoding="utf-8")
    tables = columns(origin.streams, is_sandbox=origin.is_sandbox)
    (folder / "columns.md").write_text(tables, encoding="utf-8")
