"""Where things are: the connector, the folders, and the files in a folder that are the archive's own notes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
CONNECTOR_ENVIRONMENT = ROOT / ".venv" / "bin"
CONNECTOR = CONNECTOR_ENVIRONMENT / "source-opsgenie"

# The folders for the copy, if the user names none.
OUTPUT = ROOT / "opsgenie-archive"
SANDBOX_OUTPUT = Path(__file__).parent / "output"

DATABASE = "opsgenie.duckdb"

LOCK = ".lock"  # held by a run, and left where it is
OWNER = ".account.json"  # whose account the folder holds
PROGRESS = ".progress.json"  # how far the run is
WORK = ".work"  # what a run needs only while it lasts
