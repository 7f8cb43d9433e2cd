"""Shows the connector at work: copies a sandbox account into DuckDB through PyAirbyte, and prints what it took.

Run it by `make demo`. The first run copies everything; each later run finds the account changed a little and copies
what changed. Before the third run, the account moves to JSM Operations, and the same tables go on from there. It ends
with a picture of the copy. `rm -r examples/demo/output` forgets the copy.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OUTPUT = Path(__file__).parent / "output"
CONNECTOR_ENVIRONMENT = ROOT / ".venv" / "bin"
DATABASE = OUTPUT / "opsgenie.duckdb"
SCHEMA = "account"  # not the name of the file: DuckDB could not tell them apart
REPORT = OUTPUT / "report.html"
RUNS = OUTPUT / "runs"
MOVES_AT = 3  # the run before which the account moves to JSM Operations

# Where `make sandbox` listens; its keys are those of the demo's account, for both are made from the same seed.
STANDING_SANDBOX = "http://127.0.0.1:8642"

sys.path.insert(0, str(ROOT))

# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Line:
    """A line of the report. The calls are None where they are not counted by stream."""

    stream: str
    rows: int
    new: int
    calls: int | None


def main() -> int:
    """Copy the account, and report."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    from archive.report.page import About, write_report  # noqa: PLC0415
    from examples.load import private_folder  # noqa: PLC0415
    from integration_tests.sandbox.changing_account import changing_account  # noqa: PLC0415 - found by the path above

    OUTPUT.mkdir(parents=True, exist_ok=True)
    with (
        private_folder() as folder,
        changing_account(RUNS, CONNECTOR_ENVIRONMENT / "python", MOVES_AT) as (account, run),
    ):
        has_moved = run >= MOVES_AT
        opsgenie = {"api_token": account.key("full"), "endpoint": account.url}
        command = write_inputs({**opsgenie, "endpoint": STANDING_SANDBOX})
        print(f"Run {run} of the demo: {what_it_does(run)} It takes about half a minute.", flush=True)
        account.reset_stats()
        copied, seconds = copy(account.jsm_config() if has_moved else opsgenie, folder)
        calls = account.calls()
        table = lines(copied, None if has_moved else calls)
        report(table)
        write_report(DATABASE, REPORT, About(is_sandbox=True))
    print(f"\nThe rows are in {DATABASE.relative_to(ROOT)}, in the schema {SCHEMA}.")
    print(f"The same without PyAirbyte, while `make sandbox` runs in another terminal:\n  {command}")
    if run < MOVES_AT:
        print(f"Run `make demo` again: {what_it_does(run + 1)}")
    rows, new = sum(line.rows for line in table), sum(line.new for line in table)
    print(f"\nIn {seconds:.0f} seconds, {sum(calls.values()):,} calls brought {new:,} rows; the copy now has {rows:,}.")
    print(f"The report that was drawn from them: {REPORT}. Open it in a browser.")
    return 0


def what_it_does(run: int) -> str:
    """Say what a run shows."""
    if run == 1:
        return "a made-up account, which a sandbox on this machine serves, is copied into DuckDB through PyAirbyte."
    if run < MOVES_AT:
        return "the account has changed a little, and only that is copied."
    return "the account has moved to JSM Operations, and the same tables go on from there."


def write_inputs(config: dict[str, Any]) -> str:
    """Write the files of a plain read, and give its command line."""
    configuration = OUTPUT / "config.json"
    configuration.touch(mode=0o600)
    configuration.write_text(json.dumps(config, indent=2))
    discovered = subprocess.run(  # noqa: S603 - our own program
        [CONNECTOR_ENVIRONMENT / "source-opsgenie", "discover", "--config", configuration],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    messages = [json.loads(line) for line in discovered.stdout.splitlines()]
    (catalog,) = [message["catalog"] for message in messages if message["type"] == "CATALOG"]
    streams = [
        {"stream": stream, "sync_mode": stream["supported_sync_modes"][-1], "destination_sync_mode": "append"}
        for stream in catalog["streams"]
    ]
    (OUTPUT / "catalog.json").write_text(json.dumps({"streams": streams}))
    folder = OUTPUT.relative_to(ROOT)
    return f".venv/bin/source-opsgenie read --config {folder}/config.json --catalog {folder}/catalog.json"


def copy(config: dict[str, Any], folder: Path) -> tuple[dict[str, tuple[int, int]], float]:
    """Check, discover and read all streams through PyAirbyte; give rows, and rows of this run, by stream.

    `folder` takes the rows on their way.
    """
    import airbyte  # noqa: PLC0415 - slow, and prints warnings

    began = time.time()
    source = airbyte.get_source(
        "source-opsgenie",
        config=config,
        local_executable=CONNECTOR_ENVIRONMENT / "source-opsgenie",
        install_if_missing=False,
    )
    source.check()
    source.select_all_streams()
    cache = airbyte.caches.DuckDBCache(db_path=DATABASE, schema_name=SCHEMA, cache_dir=folder / "rows")
    source.read(cache)
    seconds = time.time() - began
    tables = {row[0] for row in query(cache, "SELECT table_name FROM information_schema.tables")}
    counted = {}
    for stream in source.get_selected_streams():
        if stream in tables:
            newer = f"_airbyte_extracted_at >= to_timestamp({began})"
            sql = f'SELECT count(*), count(*) FILTER (WHERE {newer}) FROM {SCHEMA}."{stream}"'  # noqa: S608 - own names
            counted[stream] = query(cache, sql)[0]
    cache.get_sql_engine().dispose()  # the report opens the file in its own way
    return counted, seconds


def query(cache: Any, sql: str) -> list[Any]:  # noqa: ANN401 - PyAirbyte's cache
    """Ask the database."""
    with cache.get_sql_engine().connect() as connection:
        return list(connection.exec_driver_sql(sql).fetchall())


def lines(copied: dict[str, tuple[int, int]], calls: dict[str, int] | None) -> list[Line]:
    """Join the rows of each stream with the calls to its endpoint in Opsgenie."""
    if calls is None:
        return [Line(stream, *counted, None) for stream, counted in copied.items()]
    told = subprocess.run(  # noqa: S603 - our own program
        [CONNECTOR_ENVIRONMENT / "python", ROOT / "docs" / "generate.py", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    endpoints = {fact["stream"]: anonymous(fact["endpoint"]) for fact in json.loads(told.stdout)}
    by_endpoint: dict[str, int] = {}
    for template, count in calls.items():
        by_endpoint[anonymous(template)] = by_endpoint.get(anonymous(template), 0) + count
    return [
        Line(stream, *copied.get(stream, (0, 0)), by_endpoint.get(endpoint, 0))
        for stream, endpoint in endpoints.items()
    ]


def anonymous(template: str) -> str:
    """Make the templates of the connector and of the sandbox comparable."""
    return re.sub(r"\{[^}]*\}", "{}", template).rstrip("/")


def report(table: list[Line]) -> None:
    """Print a line for each stream."""
    print(f"\n{'stream':<30}{'rows':>8}{'of this run':>13}{'calls':>8}")
    for line in table:
        print(f"{line.stream:<30}{line.rows:>8,}{line.new:>13,}{'' if line.calls is None else f'{line.calls:,}':>8}")
    if table[0].calls is None:
        return
    print("\nCalls are counted by endpoint. Those of a list include the check, and reading it for its child streams.")
    print("Those that fetch a single object of a list are in the sum below only. PyAirbyte counts five streams more:")
    print("those that only JSM Operations has.")


if __name__ == "__main__":
    sys.exit(main())
