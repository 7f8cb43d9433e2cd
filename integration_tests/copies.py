"""An account and its copies: synced in full into each database, changed, and synced again."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from integration_tests.connector import Connector
from integration_tests.postgres import Postgres, programs
from integration_tests.sandbox.client import Sandbox
from integration_tests.warehouse import Database, Row, load
from source_opsgenie.opsgenie.catalog import STREAMS
from source_opsgenie.streams.catalog import name_of

KINDS = ("duckdb", "postgres")
NO_POSTGRES = "There is no PostgreSQL server here (Debian's package postgresql), or no user to run it as."

HOUR = 3_600_000
ALERTS = 150  # at the beginning
REPORT = {"ackTime": 5 * HOUR, "acknowledgedBy": "user1@example.com"}

# Seven alerts are new or change. Two days go by at the end: in them an override ends that began in another month.
CHANGES: list[dict[str, Any]] = [
    {"op": "create", "target": "alerts", "advance_ms": HOUR},
    {"op": "create", "target": "alerts", "advance_ms": 1},
    {"op": "update", "target": "alerts", "index": 7},
    {"op": "update", "target": "alerts", "index": ALERTS, "fields": {"acknowledged": True, "report": REPORT}},
    # The mark and the report need not agree: one was taken back, the other is not told.
    {"op": "update", "target": "alerts", "index": 30, "fields": {"acknowledged": False, "report": REPORT}},
    {"op": "update", "target": "alerts", "index": 31, "fields": {"acknowledged": True, "report": {}}},
    {"op": "note", "target": "alerts", "index": 42},
    {"op": "close", "target": "alerts", "index": ALERTS - 1},
    {"op": "create", "target": "incidents", "advance_ms": HOUR},
    {"op": "note", "target": "incidents", "index": 3},
    {"op": "update", "target": "incidents", "index": 20},
    {"op": "close", "target": "incidents", "index": 39},
    {"op": "wait", "advance_ms": 48 * HOUR},
]


class Copies:
    """The copies, and what was seen on the way."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.account = stack.enter_context(Sandbox("small", alerts=ALERTS))
        config = {"api_token": self.account.key("full"), "endpoint": self.account.url}
        self.catalog = Connector(folder, config).catalog()
        # The tables of what only JSM Operations has are there too, and empty.
        self.filled = set(map(name_of, STREAMS))
        # The file is not named like the schema: DuckDB could not tell them apart.
        self.databases = {"duckdb": Database("duckdb", {"db_path": str(folder / "copy.duckdb")})}
        server = programs()
        if server:
            self.databases["postgres"] = Database("postgres", stack.enter_context(Postgres(server)).connection)

        load(self.account, self.databases.values(), folder)
        self.first_truth = self.truth()
        self.first_counts = {kind: self.counts(database) for kind, database in self.databases.items()}
        if server:
            self.add_primary_keys()

        self.account.mutate(CHANGES)
        self.account.reset_stats()
        load(self.account, self.databases.values(), folder)
        self.second_calls = self.account.calls()
        self.second_truth = self.truth()

    def truth(self) -> dict[str, list[Row]]:
        """Return what a complete copy holds now."""
        return {name: list(self.account.truth(name)) if name in self.filled else [] for name in self.catalog}

    def counts(self, database: Database) -> dict[str, int]:
        """Count the rows of each table."""
        answers = database.ask(*(f'SELECT count(*) AS n FROM "{name}"' for name in self.catalog))  # noqa: S608 - streams
        return {name: rows[0]["n"] for name, rows in zip(self.catalog, answers, strict=True)}

    def key(self, stream: str) -> list[str]:
        """Return the columns of a stream's declared key."""
        return [column(path[0]) for path in self.catalog[stream]["source_defined_primary_key"]]

    def add_primary_keys(self) -> None:
        """Make the declared keys the primary keys of the tables, which PyAirbyte does not."""
        self.databases["postgres"].ask(
            *(f'ALTER TABLE "{name}" ADD PRIMARY KEY ({listed(self.key(name))})' for name in self.catalog)
        )


def column(name: str) -> str:
    """Return what PyAirbyte calls the column of a property."""
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def listed(columns: list[str]) -> str:
    """Return columns as SQL lists them."""
    return ", ".join(f'"{each}"' for each in columns)
