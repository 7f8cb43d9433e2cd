"""Writes the report on a DuckDB file that PyAirbyte has filled."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from archive.plain import plain
from archive.report.page import About, write_report
from archive.store import SCHEMA

USAGE = """\
Usage: python -m archive.report opsgenie.duckdb report.html [https://app.opsgenie.com]

It writes the report on a DuckDB file that PyAirbyte has filled, with the tables in the schema "account". With the
address of Opsgenie's web application the report links to alerts."""


def main(arguments: list[str]) -> int:
    """Write the report; return the exit code."""
    if len(arguments) not in (2, 3):
        print(USAGE, file=sys.stderr)
        return 2
    import duckdb  # noqa: PLC0415 - in the demo environment only

    os.umask(0o077)  # the report has the names of people
    database, page, *web = arguments
    try:
        with duckdb.connect(database, read_only=True) as connection:
            tables = connection.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = ?", [SCHEMA]).fetchall()
        if tables:
            write_report(Path(database), Path(page), About(web=web[0] if web else None))
            return 0
        reason = f'the file has no tables in the schema "{SCHEMA}"'
    except duckdb.Error as error:
        reason = plain(str(error)).rstrip(".")
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
    print(f"The report on {database} was not written: {reason}.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
