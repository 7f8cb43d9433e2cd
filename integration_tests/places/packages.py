"""An index of packages to install from, and environments to install into."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from integration_tests.connector import Connector
from integration_tests.loopback import LOOPBACK
from integration_tests.places import ROOT, TIMEOUT, Place
from integration_tests.places.stub import Answer, Asked, Stub

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

FACTS = json.loads((ROOT / "unit_tests" / "facts" / "examples.json").read_text())

# Each loads an example as the orchestrator does, and tells what it has.
AIRFLOW = """
import json, runpy
dag = runpy.run_path("examples/airflow/opsgenie.py")["dag"]
print(json.dumps({task.task_id: [task.connection_id, task.deferrable, task.timeout] for task in dag.tasks}))
"""
DAGSTER = """
import json, runpy
from dagster import Definitions
defined = runpy.run_path("examples/dagster/opsgenie.py")["defs"]
Definitions.validate_loadable(defined)
told = defined.get_repository_def()
(hourly,) = told.schedule_defs
selected = hourly.job.selection.resolve(told.asset_graph)
print(json.dumps({
    "assets": sorted(key.to_user_string() for key in told.asset_graph.executable_asset_keys),
    "refreshed": sorted(key.to_user_string() for key in selected),
}))
"""


@cache
def missing() -> str:
    """Say why nothing can be installed here; nothing if it can."""
    asked = pip(sys.executable, "--retries=0", "--timeout=15", "index", "versions", "pip")
    return "There is no index of packages here that pip reaches." if asked.returncode else ""


def pip(python: str | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pip in an environment."""
    command = [str(python), "-m", "pip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)  # noqa: S603 - pip


def environment(folder: Path, *packages: str) -> Path:
    """Make an environment with packages, and give the folder of its programs."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=TIMEOUT)  # noqa: S603 - Python's own
    if packages:
        done = pip(folder / "bin" / "python", "install", *packages)
        assert done.returncode == 0, done.stderr
    return folder / "bin"


def airbyte(streams: list[str]) -> Stub:
    """Start an Airbyte that has two connections, one of them Opsgenie's."""
    connections = {
        name: {
            "connectionId": name,
            "name": f"{name} payments",
            "prefix": f"{name}_payments_",
            "destinationId": "warehouse",
            "syncCatalog": {"streams": [{"stream": {"name": each}, "config": {"selected": True}} for each in streams]},
        }
        for name in ("opsgenie", "another")
    }
    known: dict[str, object] = {
        "/applications/token": {"access_token": "a token"},
        "/workspaces/workspace": {},
        "/connections": {"data": list(connections.values())},
        "/destinations/warehouse": {"destinationId": "warehouse", "destinationType": "duckdb", "configuration": {}},
    }

    def answer(asked: Asked) -> Answer:
        if asked.path == "/connections/get":
            return Answer(json.dumps(connections[json.loads(asked.body)["connectionId"]]).encode())
        return Answer(json.dumps(known[asked.path]).encode()) if asked.path in known else Answer(status=404)

    return Stub(answer)


class Packages(Place):
    """With an environment to install into, of those versions that the facts on the examples were looked up in."""

    def __init__(self, parent: Path, account: Sandbox) -> None:
        super().__init__(parent, account)
        self.programs = environment(parent / "orchestrators")
        self.first_on_the_path(self.programs)
        pinned = {fact["package"].replace(" ", "==") for fact in FACTS["python"].values()}
        (parent / "constraints").write_text("\n".join(sorted(pinned)))
        self.environment["PIP_CONSTRAINT"] = str(parent / "constraints")
        self.streams = sorted(Connector(parent, {"api_token": account.key(), "endpoint": account.url}).catalog())
        self.airbyte = airbyte(self.streams)

    def start(self) -> None:
        """Start an Airbyte: Dagster asks it for its connections while it loads the example."""
        self.beside.enter_context(self.airbyte)

    def verify(self) -> None:
        """Load the examples in what was installed: they have what they are there for."""
        # Both keep files at home, unless told where.
        self.environment |= {f"{name}_HOME": str(self.folder.parent) for name in ("AIRFLOW", "DAGSTER")}
        week = 7 * 24 * 3600
        assert self.tell(AIRFLOW) == {
            f"sync_{account}": [f"{{{{ var.value.opsgenie_{account} }}}}", True, week]
            for account in ("payments", "europe")
        }
        self.environment |= {
            "NO_PROXY": LOOPBACK,
            "AIRBYTE_REST_API_BASE_URL": self.airbyte.url,
            "AIRBYTE_CONFIGURATION_API_BASE_URL": self.airbyte.url,
            **{f"AIRBYTE_{name}": name.lower() for name in ("CLIENT_ID", "CLIENT_SECRET")},
            "AIRBYTE_WORKSPACE_ID": "workspace",
        }
        tables = [f"opsgenie_payments_{stream}" for stream in self.streams]
        assert self.tell(DAGSTER) == {"assets": tables, "refreshed": tables}

    def tell(self, program: str) -> Any:  # noqa: ANN401 - any JSON
        """Run a program in the environment, and give what it says at its end."""
        (self.folder / "load.py").write_text(program)
        return json.loads(self.run("python load.py").splitlines()[-1])
