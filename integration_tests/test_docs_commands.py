"""Every command in the documentation is run, in a clone of the project, with what it needs beside the connector.

The word behind a fence's `sh` is the name of the fixture below that gives the place to run its commands in.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from integration_tests.commands import PAGES, ROOT, Fence, fences, named, spans
from integration_tests.places import Place, databases, docker, kubernetes, packages, terraform
from integration_tests.places.acceptance import Acceptance
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.config import Config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from _pytest.mark.structures import ParameterSet

# The words, each with the tests of other modules that use the same thing made once: they run in one process.
NEEDS = {
    "": "",
    "acceptance": "",
    "docker": "image_tag",
    "duckdb": "copies",
    "kubernetes": "",
    "packages": "",
    "postgres": "copies",
    "registry": "image_tag",
    "terraform": "",
}

# Languages of blocks that are no commands. `bash`, `shell` and `console` are none of them: nothing hides there.
NO_COMMANDS = {"json", "hcl", "sql", "mermaid"}

# Among what it runs is this very test: here it only has to say what it would do. `.ci/run` is where it is run.
RUNS_THIS, TELLS_THIS = "make test", "make --dry-run test"

# What the commands of a page leave behind, from the clone, where the page goes on to speak of it.
LEFT_BEHIND = {
    ("README.md", ""): [
        "examples/demo/output/opsgenie.duckdb",
        "examples/demo/output/report.html",
        "opsgenie.duckdb",
        "archive/output/report.html",
    ],
    ("CONTRIBUTING.md", "acceptance"): ["build/test-results/standard-tests-junit.xml"],
    ("archive/README.md", ""): [
        "../opsgenie-archive/opsgenie.duckdb",
        "../opsgenie-archive/parquet/alerts.parquet",
        "../opsgenie-archive/verification.md",
        "../opsgenie-archive/verification.json",
        "../opsgenie-archive/report.html",
    ],
}

FENCES = list(fences())
COMMANDS = [fence for fence in FENCES if fence.language == "sh"]


def test_every_block_is_of_a_kind_that_is_known() -> None:
    for fence in FENCES:
        known = fence.needs in NEEDS if fence.language == "sh" else fence.language in NO_COMMANDS
        assert known, f"{named(fence.page)}:{fence.line}"


def test_no_place_is_made_that_no_command_needs() -> None:
    assert set(NEEDS) == {fence.needs for fence in COMMANDS}


# The places.


@pytest.fixture(scope="module")
def few() -> Iterator[Sandbox]:
    """An account of few rows: the commands are to be run, not to be kept busy."""
    with Sandbox(profile="small", seed=1, alerts=20, incidents=3) as running:
        yield running


@pytest.fixture
def alone(tmp_path: Path, few: Sandbox) -> Place:
    """With nothing else."""
    return Place(tmp_path, few)


@pytest.fixture
def acceptance(tmp_path: Path, shared_sandbox: Sandbox) -> Place:
    """Airbyte's standard tests want a row in every stream, as the larger account has it."""
    return Acceptance(tmp_path, shared_sandbox)


@pytest.fixture(name="docker")
def with_docker(tmp_path: Path, few: Sandbox) -> Iterator[Place]:
    present(docker.MISSING)
    yield from started(docker.Docker(tmp_path, few))


@pytest.fixture
def registry(tmp_path: Path, few: Sandbox) -> Iterator[Place]:
    present(docker.MISSING_REGISTRY)
    yield from started(docker.Registry(tmp_path, few))


@pytest.fixture(name="kubernetes")
def with_kubernetes(tmp_path: Path, few: Sandbox) -> Iterator[Place]:
    present(kubernetes.MISSING)
    yield from started(kubernetes.Kubernetes(tmp_path, few))


@pytest.fixture(name="terraform")
def with_terraform(tmp_path: Path, few: Sandbox) -> Place:
    present(terraform.MISSING)
    present(packages.missing())
    return terraform.Terraform(tmp_path, few)


@pytest.fixture(name="packages")
def with_packages(tmp_path: Path, few: Sandbox) -> Iterator[Place]:
    present(packages.missing())
    yield from started(packages.Packages(tmp_path, few))


@pytest.fixture
def duckdb(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    return databases.DuckDb(tmp_path, request.getfixturevalue("copies"))


@pytest.fixture
def postgres(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    present(databases.MISSING_POSTGRES)
    return databases.Postgres(tmp_path, request.getfixturevalue("copies"))


def started(place: Place) -> Iterator[Place]:
    """Give a place with what runs beside it."""
    with place.beside:
        place.start()
        yield place


def present(missing: str) -> None:
    """Skip the test if something is missing, with the sentence that says what."""
    if missing:
        pytest.skip(missing)


# The commands.


def parameters() -> Iterator[ParameterSet]:
    """Give each page with each need that commands of it have."""
    for page, needs in dict.fromkeys((fence.page, fence.needs) for fence in COMMANDS):
        marks = [pytest.mark.xdist_group(NEEDS[needs])] if NEEDS[needs] else []
        yield pytest.param(page, needs, marks=marks, id=f"{named(page)} {needs}".strip())


@pytest.mark.parametrize(("page", "needs"), list(parameters()))
def test_the_commands_of_a_page_succeed_one_after_another(
    page: Path, needs: str, request: pytest.FixtureRequest
) -> None:
    place: Place = request.getfixturevalue(needs or "alone")
    for fence in COMMANDS:
        if (fence.page, fence.needs) == (page, needs):
            for command in fence.commands:
                place.run(TELLS_THIS if command == RUNS_THIS else command)
    place.verify()
    for name in LEFT_BEHIND.get((named(page), needs), ()):
        assert (place.folder / name).is_file(), name


def test_the_command_that_runs_this_is_run_by_ci() -> None:
    assert RUNS_THIS in [command for fence in COMMANDS for command in fence.commands]
    assert RUNS_THIS in (ROOT / ".ci" / "run").read_text().splitlines()


# What else is to be typed.


def test_every_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    said = {span.split()[1] for page in PAGES for span in spans(page) if span.startswith("make ")}
    assert said <= targets


def test_variables_of_terraform_to_be_copied_are_declared() -> None:
    declared = re.findall(r'variable "(\w+)"', (ROOT / "examples" / "terraform" / "main.tf").read_text())
    assert of_language("hcl")
    for fence in of_language("hcl"):
        assert set(re.findall(r"^(\w+) +=", fence.text, re.MULTILINE)) <= set(declared)


def of_language(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language]


def test_json_to_be_copied_is_sound() -> None:
    assert of_language("json")
    for fence in of_language("json"):
        value = json.loads(fence.text)
        if isinstance(value, dict):
            Config.parse({**value, "api_token": "no-key-at-all"})
