"""Writes the report on a copy: `python -m archive.report opsgenie.duckdb report.html [https://app.opsgenie.com]`."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.report.page import About, write_report

if __name__ == "__main__":
    write_report(Path(sys.argv[1]), Path(sys.argv[2]), About(web=sys.argv[3] if len(sys.argv) > 3 else None))  # noqa: PLR2004 - the program, and two files
