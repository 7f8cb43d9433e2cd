"""The databases that PyAirbyte fills, from the tests' side."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration_tests.forks import ARCHIVE, CONNECTOR, DEMO_PYTHON, fork_server
from integration_tests.sandbox.client import Sandbox

Row = dict[str, Any]

SCHEMA = "account"
# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
QUIETLY = {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1", "NO_COLOR": "1"}
TIMEOUT = 600  # seconds; a test that hangs must end


@dataclass(frozen=True)
class Database:
    """A database; the options are those of PyAirbyte's cache."""

    kind: str
    options: Mapping[str, Any] = field(repr=False)

    @property
    def described(self) -> Row:
        """What the scripts are told of it."""
        return {"kind": self.kind, "schema_name": SCHEMA, **self.options}

    def ask(self, *statements: str) -> list[list[Row]]:
        """Run statements in a session of their own, and give the rows of each."""
        asked = {"database": self.described, "statements": statements}
        answers: list[list[Row]] = json.loads(_run("ask", asked))
        return answers


def load(account: Sandbox, databases: Iterable[Database], folder: Path) -> None:
    """Bring each of the databases up to date with an account, side by side."""
    connector = fork_server(CONNECTOR).launcher("source-opsgenie-of-copies", CONNECTOR)

    def into(database: Database) -> None:
        own_folder = folder / database.kind
        own_folder.mkdir(exist_ok=True)
        asked = {
            "connector": str(connector),
            "config": {"api_token": account.key("full"), "endpoint": account.url},
            "database": database.described,
            "folder": str(own_folder),
        }
        _run("load", asked)

    with ThreadPoolExecutor() as pool:
        list(pool.map(into, databases))


def _run(script: str, asked: Row) -> str:
    if not DEMO_PYTHON.exists():
        raise RuntimeError("PyAirbyte is missing: `make .venv-demo/ready` installs it, as `make test` does.")
    module, environment = f"{__name__}.{script}", {**os.environ, **QUIETLY}
    code, stdout, stderr = fork_server(ARCHIVE).run(module, [json.dumps(asked)], environment, TIMEOUT)
    assert code == 0, stderr[-5_000:]
    return stdout
