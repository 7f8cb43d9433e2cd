"""The databases that PyAirbyte fills, from the tests' side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from integration_tests.sandbox.client import Sandbox

Row = dict[str, Any]

ROOT = Path(__file__).parents[2]
# PyAirbyte needs other versions of some packages than the connector has: `make` sets up an environment for it.
PYTHON = ROOT / ".venv-demo" / "bin" / "python"
CONNECTOR = Path(sys.executable).with_name("source-opsgenie")
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
        answers: list[list[Row]] = json.loads(_run("ask.py", asked, ROOT))
        return answers


def load(account: Sandbox, databases: Iterable[Database], folder: Path) -> None:
    """Bring each of the databases up to date with an account, side by side."""

    def into(database: Database) -> None:
        asked = {
            "connector": str(CONNECTOR),
            "config": {"api_token": account.key("full"), "endpoint": account.url},
            "database": database.described,
        }
        # PyAirbyte leaves files where it runs.
        own_folder = folder / database.kind
        own_folder.mkdir(exist_ok=True)
        _run("load.py", asked, own_folder)

    with ThreadPoolExecutor() as pool:
        list(pool.map(into, databases))


def _run(script: str, asked: Row, folder: Path) -> str:
    if not PYTHON.exists():
        raise RuntimeError("PyAirbyte is missing: `make .venv-demo/ready` installs it, as `make test` does.")
    done = subprocess.run(  # noqa: S603 - our own script
        [PYTHON, Path(__file__).with_name(script)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **QUIETLY},
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-5_000:]
    return done.stdout
