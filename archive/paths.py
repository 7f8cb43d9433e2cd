"""Paths of the connector, of the default folders, and of the archive's own files inside a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONNECTOR_ENVIRONMENT = ROOT / ".venv" / "bin"
CONNECTOR = CONNECTOR_ENVIRONMENT / "source-opsgenie"

# The folders that are used if the user names none.
OUTPUT = ROOT / "opsgenie-archive"
SANDBOX_OUTPUT = Path(__file__).parent / "output"

DATABASE = "opsgenie.duckdb"
VERIFICATION = ("verification.md", "verification.json")
REPORT = "report.html"
SUMS = "SHA256SUMS"

LOCK = ".lock"  # locked during a run, and never removed
OWNER = ".account.json"  # the account that the folder belongs to
SANDBOX_CONFIG = ".sandbox.json"
PROGRESS = ".progress.json"  # the progress of the run
WARNINGS = ".warnings.jsonl"  # the warnings of the run
WORK = ".work"  # temporary files of a run
LINES = ".log_lines.jsonl"  # the lines of a log file while they are loaded


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces a file at the end, so that the file is never incomplete."""
    path = file.with_name(f".{file.name}")
    yield path
    path.replace(file)


def write_text(file: Path, text: str) -> None:
    """Write a text to a file in one step, so that the file is never incomplete."""
    with replacing(file) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
