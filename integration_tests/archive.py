"""The archive as its users have it: a command, and the folder that it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration_tests.fork_server import Process
from integration_tests.forked import Forked
from integration_tests.forks import ARCHIVE, ASK, DEMO_PYTHON, fork_server
from integration_tests.sandbox.client import Sandbox

ROOT = Path(__file__).parents[1]
PYTHON = DEMO_PYTHON
BRIEF = "integration_tests.brief"
WHOLE = ("archive",)  # with a report of each team and period
TIMEOUT = 300


@dataclass
class Archive:
    """An account, a folder, and the command that copies one into the other.

    Attributes:
        key: the kind of key, as long as it is read from Opsgenie.
        has_moved: whether it is read from JSM Operations.
        settings: further keys of the configuration.
        program: the module that is run, and its first arguments; usually the archive with a brief report.
    """

    account: Sandbox
    folder: Path
    key: str = "full"
    has_moved: bool = False
    streams: Iterable[str] = ()
    options: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = (BRIEF, "archive")

    @property
    def output(self) -> Path:
        """What the command leaves behind."""
        return self.folder / "archive"

    @property
    def config(self) -> Path:
        """The user's file."""
        return self.folder / "config.json"

    @property
    def report(self) -> Path:
        """The page."""
        return self.output / "report.html"

    def arguments(self) -> list[str]:
        """Write the user's file, and give the arguments of the command."""
        config = {"api_token": self.account.key(self.key), "endpoint": self.account.url, **self.settings}
        if self.has_moved:
            config = self.account.jsm_config()
        self.config.write_text(json.dumps(config))
        folders = ["--config", str(self.config), "--output", str(self.output)]
        return [*folders, "--streams", ",".join(self.streams), *self.options]

    def run(self, code: int = 0) -> str:
        """Run it to its end, which must be the one that is expected; give what it printed."""
        return ran(*self.program, *self.arguments(), code=code)

    def start(self) -> Process:
        """Start it, and leave it running."""
        module, *first = self.program
        return fork_server(ARCHIVE).start(module, [*first, *self.arguments()], os.environ)

    def start_alone(self) -> subprocess.Popen[str]:
        """Start it as users do, by a process that is no fork, and leave it running."""
        return subprocess.Popen(  # noqa: S603 - our own
            [PYTHON, "-m", "archive", *self.arguments()],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def verification(self) -> dict[str, Any]:
        """The report as data."""
        verification: dict[str, Any] = json.loads((self.output / "verification.json").read_text())
        return verification

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """What the report says of each stream."""
        return {finding["stream"]: finding for finding in self.verification["findings"]}

    def ask(self, *queries: str) -> list[list[list[Any]]]:
        """Ask the DuckDB file."""
        return asked(self.output / "opsgenie.duckdb", *queries)

    def rows(self, *streams: str) -> dict[str, int]:
        """Count the rows of streams in the DuckDB file."""
        answers = self.ask(*(f'SELECT count(*) FROM account."{stream}"' for stream in streams))  # noqa: S608 - own names
        return {stream: answer[0][0] for stream, answer in zip(streams, answers, strict=True)}

    def truth(self, *streams: str) -> dict[str, int]:
        """Count the rows that a complete copy has."""
        truth = self.account.jsm_truth if self.has_moved else self.account.truth
        return {stream: sum(1 for _ in truth(stream)) for stream in streams}

    def holds(self, text: str) -> list[str]:
        """Name the files of the folder that hold a text."""
        files = [path for path in self.output.rglob("*") if path.is_file()]
        return [path.name for path in files if text.encode() in path.read_bytes()]


def ran(module: str, *arguments: str, code: int = 0, environment: Mapping[str, str] | None = None) -> str:
    """Run a module in PyAirbyte's environment to the end that is expected, as a fork; give what it printed."""
    variables = {**os.environ, **(environment or {})}
    with tempfile.TemporaryFile() as out, open(os.devnull) as nothing:  # noqa: PTH123 - no file of ours
        streams = [nothing.fileno(), out.fileno(), out.fileno()]
        with closing(Forked(fork_server(ARCHIVE).address, [module, *arguments], variables, streams)) as process:
            ended_with = process.wait(TIMEOUT)
        out.seek(0)
        printed = out.read().decode()
    assert ended_with == code, printed
    return printed


def ended(command: list[str], code: int) -> str:
    """Run a command to the end that is expected."""
    done = subprocess.run(  # noqa: S603 - our own program
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}},
    )
    assert done.returncode == code, done.stdout
    return done.stdout


def asked(database: Path | None, *queries: str) -> list[list[list[Any]]]:
    """Ask a DuckDB file, or files named in the queries."""
    arguments = [str(database or ":memory:"), *queries]
    code, printed, errors = fork_server(ASK).run(ASK, arguments, os.environ, TIMEOUT)
    assert code == 0, errors
    answers: list[list[list[Any]]] = json.loads(printed)
    return answers
