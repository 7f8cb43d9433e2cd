"""The lines of the log files, which are JSON, as a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archive import set_aside
from archive.own_table import OwnTable
from archive.set_aside import SetAside
from archive.store import literal

if TYPE_CHECKING:
    from pathlib import Path

    from archive.store import Store

OF = "log_files"  # the stream

LOG_LINES = OwnTable(
    name="log_lines",
    holds="The lines of the log files.",
    columns={
        "filename": ("VARCHAR", "Name of the log file."),
        "line": ("BIGINT", "Number of the line in its file, from 1."),
        "content": ("JSON", "What the line says."),
    },
    key=("filename", "line"),
)

# Bytes. Longer ones stay in their file.
LONGEST_LINE = 2**24

NOT_JSON = "it is not JSON"
TOO_LONG = f"the line has more than {LONGEST_LINE // 2**20} MB"

BATCH = 1000  # values that are set aside at once


def load(store: Store, file: Path, filename: str, aside: Path) -> None:
    """Put the lines of a log file into the table, in place of those that it had there; odd ones go into a file."""
    store.execute(f"DELETE FROM {LOG_LINES.table} WHERE filename = ?", filename)  # noqa: S608 - our own names
    lines = aside.with_name(f".{LOG_LINES.name}.jsonl")
    odd: list[SetAside] = []
    with file.open("rb") as given, lines.open("w", encoding="utf-8") as taken:
        for number, line in enumerate(given, 1):
            text = line.decode(errors="replace").removeprefix("\ufeff").strip()
            why = why_odd(line, text) if text else ""
            if why:
                kept = text if why == NOT_JSON else None
                odd.append(SetAside(LOG_LINES.name, {"filename": filename, "line": number}, "content", kept, why))
                if len(odd) == BATCH:
                    set_aside.write(aside, odd)
                    odd = []
            elif text:
                taken.write(f'{{"line": {number}, "content": {text}}}\n')
    set_aside.write(aside, odd)
    sql = (
        f"INSERT INTO {LOG_LINES.table} SELECT ?, line, content FROM read_json('{literal(lines)}', "  # noqa: S608 - our own names
        f"format = 'newline_delimited', columns = {{line: 'BIGINT', content: 'JSON'}}, "
        f"maximum_object_size = {2 * LONGEST_LINE})"
    )
    store.execute(sql, filename)
    lines.unlink()


def why_odd(line: bytes, text: str) -> str:
    """Say why a line cannot be in the table; an empty text if it can."""
    if len(line) > LONGEST_LINE:
        return TOO_LONG
    try:
        # What Python reads and no other program does is refused as it is written.
        json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return NOT_JSON
    return ""
