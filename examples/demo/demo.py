"""Demonstrates the connector: copies a sandbox account into DuckDB with PyAirbyte, and prints the rows and calls.

Run it with `make demo`. The first run copies everything. Before each later run the account changes a little, and only
the changes are copied. Before the third run the account moves to JSM Operations, and the same tables are filled from
there. Each run ends with a report on the copy. `rm -r examples/demo/output` removes the copy.
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
SCHEMA = "account"  # not the name of the file: DuckDB would take one for the other
REPORT = OUTPUT / "report.html"
RUNS = OUTPUT / "runs"
MOVES_AT = 3  # the run before which the account moves to JSM Operations

# The address of `make sandbox`. It accepts the keys of the demo's account, because both use the same seed.
STANDING_SANDBOX = "http://127.0.0.1:8642"

sys.path.insert(0, str(ROOT))

# Disables PyAirbyte's telemetry, and its search for the connector in a registry.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1", "NO_COLOR": "1"}


@dataclass(frozen=True)
class Line:
    """A line of the printed table. `calls` is None where calls are not counted by stream."""

    stream: str
    rows: int
    new: int
    calls: int | None


def main() -> int:
    """Copy the account, and print and draw the results."""
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
        print(f"Run {run} of the demo: {description_of(run)} It takes about a minute.", flush=True)
        account.reset_stats()
        copied, seconds = copy(account.jsm_config() if has_moved else opsgenie, folder)
        calls = account.calls()
        table = lines(copied, None if has_moved else calls)
        report(table)
        write_report(DATABASE, REPORT, About(is_sandbox=True))
    print(f"\nThe rows are in {DATABASE.relative_to(ROOT)}, in the schema {SCHEMA}.")
    print(f"To read without PyAirbyte, start `make sandbox` in another terminal, and run:\n  {command}")
    print(next_step(run))
    rows, new = sum(line.rows for line in table), sum(line.new for line in table)
    print(f"\nIn {seconds:.0f} seconds, {sum(calls.values()):,} calls read {new:,} rows; the copy now has {rows:,}.")
    print(f"Open the report on the copy in a browser: {REPORT}")
    return 0


def description_of(run: int) -> str:
    """Return what a run demonstrates."""
    if run == 1:
        return "PyAirbyte copies a made-up account into DuckDB. A sandbox on this machine takes the place of Opsgenie."
    if run == MOVES_AT:
        return "the account has moved to JSM Operations, and the same tables are filled from there."
    source = "Opsgenie" if run < MOVES_AT else "JSM Operations"
    return f"the account has changed a little in {source}, and only the changes are copied."


def next_step(run: int) -> str:
    """Return what to do after a run."""
    if run < MOVES_AT:
        return f"Run `make demo` again to see the next step: {description_of(run + 1)}"
    output = OUTPUT.relative_to(ROOT)
    return f"This was the last step. More runs copy more changes; `rm -r {output}` begins the demo again."


def write_inputs(config: dict[str, Any]) -> str:
    """Write the input files of `read`, and return its command line."""
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
    """Read all streams with PyAirbyte; return the rows and the rows of this run by stream, and the seconds taken.

    `folder` holds rows until they are written.
    """
    import airbyte  # noqa: PLC0415 - slow, and prints warnings

    from archive.copying import write_faster  # noqa: PLC0415 - found by the path above

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
    write_faster(cache)
    source.read(cache)
    seconds = time.time() - began
    tables = {row[0] for row in query(cache, "SELECT table_name FROM information_schema.tables")}
    counted = {}
    for stream in source.get_selected_streams():
        if stream in tables:
            newer = f"_airbyte_extracted_at >= to_timestamp({began})"
            sql = f'SELECT count(*), count(*) FILTER (WHERE {newer}) FROM {SCHEMA}."{stream}"'  # noqa: S608 - own names
            counted[stream] = query(cache, sql)[0]
    cache.get_sql_engine().dispose()  # the report opens the file itself
    return counted, seconds


def query(cache: Any, sql: str) -> list[Any]:
    """Run a query, and return its rows."""
    with cache.get_sql_engine().connect() as connection:
        return list(connection.exec_driver_sql(sql).fetchall())


def lines(copied: dict[str, tuple[int, int]], calls: dict[str, int] | None) -> list[Line]:
    """Return the table: the rows of each stream, and the calls to its endpoint in Opsgenie."""
    if calls is None:
        return [Line(stream, *counted, None) for stream, counted in copied.items()]
    facts = subprocess.run(  # noqa: S603 - our own program
        [CONNECTOR_ENVIRONMENT / "python", ROOT / "docs" / "generate.py", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    endpoints = {fact["stream"]: anonymous(fact["endpoint"]) for fact in json.loads(facts.stdout)}
    by_endpoint: dict[str, int] = {}
    for template, count in calls.items():
        by_endpoint[anonymous(template)] = by_endpoint.get(anonymous(template), 0) + count
    return [
        Line(stream, *copied.get(stream, (0, 0)), by_endpoint.get(endpoint, 0))
        for stream, endpoint in endpoints.items()
    ]


def anonymous(template: str) -> str:
    """Remove the names of parameters from a path, which differ between the connector and the sandbox."""
    return re.sub(r"\{[^}]*\}", "{}", template).rstrip("/")


def report(table: list[Line]) -> None:
    """Print the table."""
    are_calls_counted = table[0].calls is not None
    print(f"\n{'stream':<30}{'rows':>8}{'this run':>13}" + (f"{'calls':>8}" if are_calls_counted else ""))
    for line in table:
        calls = "" if line.calls is None else f"{line.calls:>8,}"
        print(f"{line.stream:<30}{line.rows:>8,}{line.new:>13,}{calls}")
    if not are_calls_counted:
        print("\nCalls to JSM Operations are counted in total only,")
        print("because the demo knows the endpoint of each stream in Opsgenie only.")
        return
    print("\nCalls are counted by endpoint. Those to a list include the check and reading the list for child streams.")
    print("Calls for a single object are included in the total below only. PyAirbyte counts five more streams,")
    print("which only JSM Operations has.")


if __name__ == "__main__":
    sys.exit(main())
