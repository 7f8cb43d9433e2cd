"""The fork servers of a test run, one for each program; all pytest workers share them, and are forks themselves."""

from __future__ import annotations

import atexit
import os
import sys
from functools import cache
from pathlib import Path

from integration_tests.fork_server import ForkServer, StartedServer

ROOT = Path(__file__).parents[1]
DEMO_PYTHON = ROOT / ".venv-demo" / "bin" / "python"  # `make` sets it up before the tests

CONNECTOR = "source_opsgenie"
# The connector on a clock that runs three hundred times as fast.
HURRIED = "integration_tests.hurried"
SANDBOX = "integration_tests.sandbox"
ARCHIVE = "archive"
# Asks a DuckDB file. It needs no PyAirbyte, and a fork of a smaller process takes half of the time.
ASK = "integration_tests.ask"
# One of the processes of pytest-xdist.
WORKER = "integration_tests.worker"

IN_DEMO = {ARCHIVE, ASK}  # the programs that run in PyAirbyte's environment

# What a server imports, by the module that its forks run.
CDK = "airbyte_cdk.entrypoint"
MADE_ONCE = "integration_tests.made_once"
IMPORTED = {
    CONNECTOR: (CDK, "source_opsgenie.run", MADE_ONCE),
    HURRIED: (CDK, HURRIED, MADE_ONCE),
    SANDBOX: (f"{SANDBOX}.__main__",),
    ARCHIVE: ("integration_tests.archive_program",),
    ASK: ("duckdb",),
    WORKER: (CDK,),
}


@cache
def fork_server(module: str) -> ForkServer:
    """Return the server for a module: the one that the parent process has started, or a new one."""
    variable = f"FORKS_OF_{module.upper().replace('.', '_')}"
    address = os.environ.get(variable)
    if address:
        return ForkServer(Path(address))
    python = DEMO_PYTHON if module in IN_DEMO else sys.executable
    environment = {}
    if module == ARCHIVE:
        environment["CONNECTOR"] = str(fork_server(CONNECTOR).launcher("source-opsgenie", CONNECTOR))
    server = StartedServer(*IMPORTED[module], python=python, environment=environment)
    atexit.register(server.close)
    os.environ[variable] = str(server.address)
    return server
