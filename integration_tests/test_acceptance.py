"""Airbyte's standard tests, as `acceptance-test-config.yml` has them, against a sandbox account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests import image
from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "acceptance-test-config.yml"
SECTIONS: dict[str, Any] = yaml.safe_load(CONFIG.read_text())["acceptance_tests"]
TOGETHER = 600  # seconds; all of them must end by then

Results = dict[str, list[str]]


def scenarios(*sections: str) -> list[str]:
    """Return the scenarios that a test of some sections has to pass, each by its configuration's name."""
    return sorted({Path(test["config_path"]).stem for section in sections for test in SECTIONS[section]["tests"]})


READ = scenarios("basic_read", "full_refresh")


@pytest.fixture(scope="module")
def small_account() -> Iterator[Sandbox]:
    """An account with few rows, but some of every kind, which each of the standard tests reads whole."""
    with Sandbox(alerts=40, incidents=12) as running:
        yield running


@pytest.fixture(scope="module")
def folder(small_account: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as Airbyte's tools expect it: named after the connector, an account's configurations in `secrets`."""
    root = tmp_path_factory.mktemp("acceptance") / "source-opsgenie"
    root.mkdir()
    for name in ("metadata.yaml", "pyproject.toml", CONFIG.name, "source_opsgenie", "integration_tests"):
        (root / name).symlink_to(ROOT / name)
    account = {"api_token": small_account.key(), "endpoint": small_account.url}
    secrets = {
        "config": account,
        "narrow": {**account, "start_date": "2026-10-01", "alert_query": "status: open", "rate_limit_share": 50},
        "team_key": {**account, "api_token": small_account.key("team")},
        "unknown_key": {**account, "api_token": small_account.key("unknown")},
    }
    (root / "secrets").mkdir()
    for name, config in secrets.items():
        (root / "secrets" / f"{name}.json").write_text(json.dumps(config))
    return root


def standard_tests(folder: Path, *arguments: str, path: str = os.environ["PATH"]) -> Results:
    """Run the standard tests, and give the scenarios that passed by test; one that fails fails the test."""
    command = [str(Path(sys.executable).with_name("airbyte-cdk")), "connector", "test", str(folder)]
    command += [f"--pytest-arg={argument}" for argument in arguments]
    environment = {**os.environ, "PATH": path}
    # The options of the run that this test is part of are not theirs.
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(  # noqa: S603 - the CDK's program
        command, capture_output=True, text=True, timeout=TOGETHER, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    report = ET.parse(folder / "build" / "test-results" / "standard-tests-junit.xml")  # noqa: S314 - pytest's own
    passed: Results = defaultdict(list)
    for case in report.iter("testcase"):
        if case.find("skipped") is None:
            name, _, scenario = str(case.get("name")).partition("[")
            passed[name].append(scenario.removesuffix("]").removesuffix(" Test Scenario").strip("'"))
    return {name: sorted(scenarios) for name, scenarios in passed.items()}


def test_the_standard_tests_pass(folder: Path) -> None:
    assert standard_tests(folder, "-m", "not image_tests") == {
        "test_spec": [""],
        "test_config_matches_spec": scenarios("spec"),
        "test_check": scenarios("connection"),
        "test_discover": scenarios("discovery"),
        "test_basic_read": READ,
        "test_fail_read_with_bad_catalog": READ,
    }


@image.needed
def test_the_standard_tests_of_the_image_pass(image_tag: str, folder: Path, tmp_path: Path) -> None:
    image.docker_in(tmp_path)
    passed = standard_tests(
        folder,
        "-m",
        "image_tests",
        f"--connector-image={image_tag}",
        "--read-from-streams=all",
        f"--read-scenarios={','.join(READ)}",
        # It compares the spec with the one in Airbyte's public registry, which no test here may ask.
        "--deselect=.tmp/integration_tests/test_airbyte_standards.py::TestSuite::test_docker_image_spec_backward_compatibility",
        path=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    )
    assert passed == {
        "test_docker_image_build_and_spec": [""],
        "test_docker_image_build_and_config_matches_spec": scenarios("spec"),
        "test_docker_image_build_and_check": scenarios("connection"),
        "test_docker_image_build_and_discover": scenarios("discovery"),
        "test_docker_image_build_and_read": READ,
    }


@pytest.mark.parametrize("entry", SECTIONS["incremental"]["tests"], ids=lambda entry: Path(entry["config_path"]).stem)
def test_a_state_from_the_future_is_told_and_hides_no_row(
    entry: dict[str, Any], folder: Path, tmp_path: Path, small_account: Sandbox
) -> None:
    """Airbyte's own test expects no row from it, which is why it is bypassed."""
    assert entry["future_state"]["bypass_reason"]
    catalog, state = entry["configured_catalog_path"], entry["future_state"]["future_state_path"]
    files = (("config", entry["config_path"]), ("catalog", catalog), ("state", state))
    arguments = [part for name, path in files for part in (f"--{name}", str(folder / path))]
    outcome = Connector(tmp_path, {}).run("read", *arguments)
    assert outcome.code == 0, outcome.errors
    given = json.loads((folder / state).read_text())
    streams = {each["stream"]["stream_descriptor"]["name"] for each in given}
    configured = json.loads((folder / catalog).read_text())["streams"]
    assert streams == {each["stream"]["name"] for each in configured if each["sync_mode"] == "incremental"}
    for name in streams:
        assert len(outcome.records[name]) == len(list(small_account.truth(name))), name
        (line,) = [line for line in outcome.logs if line.startswith(f"{name}: the given state")]
        assert "in the future" in line
    assert "2999" not in json.dumps(outcome.states)


def test_the_configured_catalog_is_one_of_what_is_discovered(folder: Path, tmp_path: Path) -> None:
    config = json.loads((folder / "secrets" / "config.json").read_text())
    discovered = Connector(tmp_path, config).catalog()
    catalog = json.loads((ROOT / "integration_tests" / "acceptance" / "configured_catalog.json").read_text())
    for configured in catalog["streams"]:
        stream = configured["stream"]
        assert configured["sync_mode"] in stream["supported_sync_modes"]
        facts = {key: value for key, value in stream.items() if key != "json_schema"}
        assert facts.items() <= discovered[stream["name"]].items()
