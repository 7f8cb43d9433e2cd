"""Loads the lines of log files, which are JSON, into a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from archive import set_aside
from archive.own_table import OwnTable
from archive.paths import LINES
from archive.set_aside import SetAside
from archive.store import escaped

if TYPE_CHECKING:
    from pathlib import Path

    from archive.store import Store

STREAM = "log_files"

LOG_LINES = OwnTable(
    name="log_lines",
    description="The lines of the log files.",
    columns={
        "filename": ("VARCHAR", "Name of the log file."),
        "line": ("BIGINT", "Number of the line in its file, from 1."),
        "content": ("JSON", "Content of the line."),
    },
    key=("filename", "line"),
)

# In bytes. A longer line is not loaded.
LONGEST_LINE = 2**24

NOT_JSON = "it is not JSON"
TOO_LONG = f"the line has more than {LONGEST_LINE // 2**20} MB"

BATCH = 1000  # values that are set aside together


def load(store: Store, file: Path, filename: str, aside: Path) -> None:
    """Load the lines of a log file into the table, and replace older ones; set lines that cannot be loaded aside."""
    store.execute(f"DELETE FROM {LOG_LINES.table} WHERE filename = ?", filename)
    lines = aside.with_name(LINES)
    misfits: list[SetAside] = []
    with file.open("rb") as source, lines.open("w", encoding="utf-8") as target:
        for number, line in enumerate(source, 1):
            text = line.decode(errors="replace").removeprefix("\ufeff").strip()
            why = why_not_loaded(line, text) if text else ""
            if why:
                value = text if why == NOT_JSON else None
                misfits.append(SetAside(LOG_LINES.name, {"filename": filename, "line": number}, "content", value, why))
                if len(misfits) == BATCH:
                    set_aside.write(aside, misfits)
                    misfits = []
            elif text:
                # As a text, because DuckDB writes the numbers of a JSON object anew, with fewer digits.
                target.write(json.dumps({"line": number, "content": text}, ensure_ascii=False) + "\n")
    set_aside.write(aside, misfits)
    sql = (
        f"INSERT INTO {LOG_LINES.table} SELECT ?, line, content FROM read_json('{escaped(lines)}', "
        f"format = 'newline_delimited', columns = {{line: 'BIGINT', content: 'VARCHAR'}}, "
        f"maximum_object_size = {2 * LONGEST_LINE})"
    )
    store.execute(sql, filename)
    lines.unlink()


def why_not_loaded(line: bytes, text: str) -> str:
    """Return why a line cannot be loaded into the table; an empty text if it can."""
    if len(line) > LONGEST_LINE:
        return TOO_LONG
    try:
        # Python also parses NaN, infinite numbers and lone surrogates, which other programs refuse: writing them fails.
        json.dumps(json.loads(text), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return NOT_JSON
    return ""
