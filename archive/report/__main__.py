"""Write the report of a copy: `python -m archive.report opsgenie.duckdb report.html`."""

from __future__ import annotations

import sys
from pathlib import Path

from archive.report.page import write_report

if __name__ == "__main__":
    write_report(Path(sys.argv[1]), Path(sys.argv[2]))
