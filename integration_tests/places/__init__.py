"""Places to run the documentation's commands in: a clone of the project, and what a command needs besides."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration_tests.sandbox.client import Sandbox

ROOT = Path(__file__).parents[2]
TIMEOUT = 600  # seconds; a command that hangs must end

# What commands of the documentation use of the project: its own things, not what a developer keeps beside them.
PARTS = (
    *(".dockerignore", "Dockerfile", "LICENSE", "Makefile", "README.md", "acceptance-test-config.yml", "metadata.yaml"),
    *("pyproject.toml", "requirements"),
    *("archive", "docs", "examples", "integration_tests", "source_opsgenie"),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "output")
# make sets everything up anew if one of these is newer than what it made.
SET_UP_FROM = ("pyproject.toml", "requirements/dev.lock", "requirements/demo.lock")

# What the run that a test is part of has for itself: a make, options of pytest.
NOT_HANDED_ON = {"MAKEFLAGS", "MAKELEVEL", "PYTEST_ADDOPTS"}

KINDS = {"check": "CONNECTION_STATUS", "discover": "CATALOG", "read": "RECORD"}


class Place:
    """A clone in which `make setup` was run, with a `config.json`.

    Attributes:
        beside: what runs beside the clone, to be ended with it.
        folder: the clone.
        tools: programs that come before all others.
        environment: the variables that commands see.
        typed: what a user types when asked.
    """

    def __init__(self, parent: Path, account: Sandbox) -> None:
        self.folder = parent / "source-opsgenie"
        self.account = account
        self.typed = ""
        self.beside = ExitStack()
        self.tools = parent / "tools"
        self.tools.mkdir()
        self.environment = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON}
        self.first_on_the_path(self.tools)
        self._clone()
        self.write("config.json", {"api_token": account.key("full"), "endpoint": account.url})

    def start(self) -> None:
        """Start what commands need beside the clone, within `beside`."""

    def _clone(self) -> None:
        self.folder.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, self.folder / part, ignore=LEFT_OUT)
            else:
                shutil.copy2(ROOT / part, self.folder)
        for part in SET_UP_FROM:
            os.utime(self.folder / part, (0, 0))
        (self.folder / ".venv").symlink_to(sys.prefix)
        (self.folder / ".venv-demo").symlink_to(ROOT / ".venv-demo")

    def first_on_the_path(self, programs: Path) -> None:
        """Have the programs of a folder found before all others."""
        self.environment["PATH"] = f"{programs}{os.pathsep}{self.environment['PATH']}"

    def write(self, name: str, content: object) -> None:
        """Write a file of JSON into the clone."""
        (self.folder / name).write_text(json.dumps(content))

    def run(self, command: str) -> str:
        """Run a command, which must succeed, and give what it prints."""
        done = subprocess.run(  # noqa: S603 - our own documentation
            ["/bin/bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            input=self.typed,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
        self._look_for_success(shlex.split(command), done.stdout)
        return done.stdout

    def _look_for_success(self, words: list[str], printed: str) -> None:
        """Look into what the connector says: a check that fails exits with 0, and so could a read without a row."""
        for program, verb in pairwise(words):
            if program.endswith("source-opsgenie") and verb in KINDS:
                output = (self.folder / words[words.index(">") + 1]).read_text() if ">" in words else printed
                messages: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines()]
                assert KINDS[verb] in {message["type"] for message in messages}
                for message in messages:
                    assert message.get("connectionStatus", {}).get("status") != "FAILED"
                    assert message.get("trace", {}).get("type") != "ERROR"

    def verify(self) -> None:
        """Look at what the commands of a page have done, as far as their success does not tell."""
