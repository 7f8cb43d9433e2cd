"""Loads the lines of log files, which are JSON, into a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

from archive import set_aside
from archive.own_table import OwnTable
from archive.paths import LINES
from archive.set_aside import SetAside
from archive.store import Store, escaped

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

# Why a line is not loaded.
NOT_JSON = "it is not JSON"
TOO_LARGE = "a number in it is too large"
HALF_CHARACTER = "it has half of a character"  # a lone surrogate
TOO_DEEP = "it is nested too deeply"
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
                value = None if why == TOO_LONG else text
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
        content = json.loads(text, parse_constant=_not_json)
        json.dumps(content, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError:
        return NOT_JSON
    except UnicodeEncodeError:
        return HALF_CHARACTER
    except RecursionError:
        return TOO_DEEP
    except ValueError:  # an infinite number was read, or one with more digits than Python reads
        return TOO_LARGE
    return ""


def _not_json(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads."""
    raise json.JSONDecodeError(NOT_JSON, constant, 0)
