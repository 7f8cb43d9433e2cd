"""The commands of the documentation: what stands in blocks of the language `sh`.

A block of plain `sh` needs nothing but the project, so it is run, in a clone of the project. A word behind `sh` names
what else its commands need (`sh docker`, `sh terraform`): they are read only, as `unit_tests/test_examples.py` reads
the files that they use.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from integration_tests.forks import CONNECTOR, fork_server
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.config import Config

pytestmark = pytest.mark.xdist_group("docs_commands")  # all pages share a clone

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",  # first: it sets up what other pages go on from
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("**/*.md")),
    ROOT / "archive" / "README.md",
    *sorted((ROOT / "examples").glob("*/README.md")),
]
FENCE = re.compile(r"^\s*```(.*)$")
TIMEOUT = 600  # seconds; a command that hangs must end

# Languages of blocks that are no commands. `bash`, `shell` and `console` are none of them: nothing hides there.
NO_COMMANDS = {"dockerfile", "json", "hcl", "sql", "mermaid"}

# Among what it runs is this very test: here it only has to say what it would do. `.ci/run` is where it is run.
RUNS_THIS, TELLS_THIS = "make test", "make --dry-run test"

# What the commands of a page leave behind, from the clone, where the page goes on to speak of it.
LEFT_BEHIND = {
    "README.md": ["examples/demo/output/opsgenie.duckdb", "examples/demo/output/report.html", "opsgenie.duckdb"],
    "archive/README.md": [
        "../opsgenie-archive/opsgenie.duckdb",
        "../opsgenie-archive/parquet/alerts.parquet",
        "../opsgenie-archive/verification.md",
        "../opsgenie-archive/verification.json",
        "../opsgenie-archive/report.html",
    ],
}

# Of the project, what its commands use: its own things, not what a developer keeps beside them.
PARTS = (
    *("Makefile", "README.md", "pyproject.toml", "requirements"),
    *("archive", "docs", "examples", "integration_tests", "source_opsgenie"),
)
# make sets everything up anew if one of these is newer than what it made.
SET_UP_FROM = ("pyproject.toml", *(f"requirements/{name}.lock" for name in ("pip", "dev", "demo")))
# What the run that this test is part of has for itself: a make, options of pytest.
NOT_HANDED_ON = {"MAKEFLAGS", "MAKELEVEL", "PYTEST_ADDOPTS"}

# What the connector prints where a command succeeds: a check that fails exits with 0, and so could a read of no row.
KINDS = {"check": "CONNECTION_STATUS", "discover": "CATALOG", "read": "RECORD"}
# These say the same each time: a further page that has the same command goes on from there.
ONCE = re.compile(r"\S*/source-opsgenie (check|discover) ")

# The connector, as the clone has it. The commands start it as users do. The programs that copy by PyAirbyte, which they
# tell to be offline, start it twenty times more: as a fork.
PROGRAM = """#!/bin/sh
test "$AIRBYTE_OFFLINE_MODE" && exec "{fork}" "$@"
exec "{connector}" "$@"
"""

# The made-up account of `make demo` and `make archive-demo`, and what the clone has in its place: the alerts have two
# pages, and little else has more.
DEMO_SIZE, SMALLER_SIZE = "alerts=300, incidents=40, teams=6,", "alerts=105, incidents=5, teams=2,"


@dataclass(frozen=True)
class Fence:
    """A block of code in a page. `needs` is the word behind its language; empty: nothing."""

    page: Path
    line: int
    language: str
    needs: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The commands, without comments: a line each, or several where a quotation goes over them."""
        whole: list[str] = []
        for line in self.text.replace("\\\n", " ").splitlines():
            if whole and is_open(whole[-1]):
                whole[-1] += f"\n{line}"
            else:
                whole.append(line)
        stripped = (re.sub(r"(^|\s)#\s.*$", "", command).strip() for command in whole)
        return [command for command in stripped if command]


def is_open(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fences() -> Iterator[Fence]:
    """Yield all blocks of all pages, in their order."""
    for page in PAGES:
        opened: tuple[int, str] | None = None
        held: list[str] = []
        for number, line in enumerate(page.read_text().splitlines(), 1):
            fence = FENCE.match(line)
            if fence is None:
                held.append(line)
            elif opened is None:
                opened, held = (number, fence[1]), []
            else:
                language, _, needs = opened[1].strip().partition(" ")
                yield Fence(page, opened[0], language, needs.strip(), "\n".join(held))
                opened = None
        assert opened is None, f"{named(page)}: the block of line {opened} has no end"


FENCES = list(fences())
COMMANDS = [fence for fence in FENCES if fence.language == "sh"]
RUN = [fence for fence in COMMANDS if not fence.needs]
READ = [fence for fence in COMMANDS if fence.needs]


def of_language(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language]


def test_every_block_is_of_a_language_that_is_known() -> None:
    assert {fence.language for fence in FENCES} == {"sh", *NO_COMMANDS}


# The commands that are run.


class Clone:
    """A copy of the project in which everything is set up, with a `config.json`."""

    def __init__(self, folder: Path, account: Sandbox) -> None:
        self.folder = folder
        self._succeeded: set[str] = set()
        self.environment = {name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON}
        folder.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("output", "*.pyc.*"))
            else:
                shutil.copy2(ROOT / part, folder)
        for part in SET_UP_FROM:
            os.utime(folder / part, (0, 0))
        sizes = folder / "integration_tests" / "sandbox" / "sizes.py"
        before = sizes.read_text()
        assert before.count(DEMO_SIZE) == 1
        sizes.write_text(before.replace(DEMO_SIZE, SMALLER_SIZE))
        self._set_up(folder / ".venv")
        (folder / ".venv-demo").symlink_to(ROOT / ".venv-demo")
        (folder / "config.json").write_text(json.dumps({"api_token": account.key(), "endpoint": account.url}))

    @staticmethod
    def _set_up(environment: Path) -> None:
        """Make an environment of links to that of the tests."""
        programs = environment / "bin"
        programs.mkdir(parents=True)
        for folder, here in ((Path(sys.prefix), environment), (Path(sys.prefix, "bin"), programs)):
            for path in folder.iterdir():
                if path.name not in {"bin", "source-opsgenie"}:
                    (here / path.name).symlink_to(path)
        fork = fork_server(CONNECTOR).launcher("source-opsgenie-of-a-clone", CONNECTOR)
        program = programs / "source-opsgenie"
        program.write_text(PROGRAM.format(fork=fork, connector=Path(sys.prefix, "bin", "source-opsgenie")))
        program.chmod(0o700)

    def run(self, command: str) -> None:
        """Run a command, which must succeed."""
        if command in self._succeeded and ONCE.match(command):
            return
        done = subprocess.run(  # noqa: S603 - our own documentation
            ["/bin/bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
        words = shlex.split(command)
        for program, verb in pairwise(words):
            if program.endswith("source-opsgenie") and verb in KINDS:
                printed = (self.folder / words[words.index(">") + 1]).read_text() if ">" in words else done.stdout
                messages = [json.loads(line) for line in printed.splitlines()]
                assert KINDS[verb] in {message["type"] for message in messages}
                for message in messages:
                    assert message.get("connectionStatus", {}).get("status") != "FAILED"
                    assert message.get("trace", {}).get("type") != "ERROR"
        self._succeeded.add(command)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """With an account of few rows: the commands are to be run, not to be kept busy."""
    with Sandbox(profile="small", seed=1, alerts=20, incidents=3, teams=2) as account:
        yield Clone(tmp_path_factory.mktemp("clone") / "source-opsgenie", account)


@pytest.mark.parametrize("page", dict.fromkeys(fence.page for fence in RUN), ids=named)
def test_the_commands_of_a_page_succeed_one_after_another(page: Path, clone: Clone) -> None:
    for fence in RUN:
        if fence.page == page:
            for command in fence.commands:
                clone.run(TELLS_THIS if command == RUNS_THIS else command)
    for name in LEFT_BEHIND.get(named(page), ()):
        assert (clone.folder / name).is_file(), name


def test_the_command_that_runs_this_is_run_by_ci() -> None:
    assert RUNS_THIS in [command for fence in RUN for command in fence.commands]
    assert RUNS_THIS in (ROOT / ".ci" / "run").read_text().splitlines()


# The commands that need more than is here.


@pytest.mark.parametrize("fence", READ, ids=lambda fence: f"{named(fence.page)}:{fence.line}")
def test_other_commands_are_sound_and_name_files_that_exist(fence: Fence) -> None:
    subprocess.run(["/bin/bash", "-n"], input=fence.text, text=True, check=True)  # it only reads
    for command in fence.commands:
        for word in shlex.split(command):
            path = word.rpartition("=")[2]
            if path.partition("/")[0] in {"archive", "docs", "examples", "integration_tests"}:
                assert (ROOT / path).exists(), path


# What else is to be typed.


def test_every_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {span.split()[1] for page in PAGES for span in spans(page) if span.startswith("make ")}
    said |= {command.split()[1] for fence in RUN for command in fence.commands if command.startswith("make ")}
    assert said
    assert said <= targets


def spans(page: Path) -> list[str]:
    """Return what stands between backticks in the text of a page."""
    text = re.sub(r"(?ms)^\s*```.*?^\s*```$", "", page.read_text())
    return re.findall(r"`([^`\n]+)`", text)


def test_variables_of_terraform_to_be_copied_are_declared() -> None:
    declared = re.findall(r'variable "(\w+)"', (ROOT / "examples" / "terraform" / "main.tf").read_text())
    assert of_language("hcl")
    for fence in of_language("hcl"):
        assert set(re.findall(r"^(\w+) +=", fence.text, re.MULTILINE)) <= set(declared)


def test_json_to_be_copied_is_sound() -> None:
    assert of_language("json")
    for fence in of_language("json"):
        value = json.loads(fence.text)
        if isinstance(value, dict):
            Config.parse({**value, "api_token": "no-key-at-all"})
