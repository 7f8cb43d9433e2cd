"""`metadata.yaml` is what the registry takes, and agrees with the rest of the project; so does the Dockerfile."""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ET
from fnmatch import fnmatch
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from source_opsgenie.config import Config
from source_opsgenie.http.network import OUTAGE
from source_opsgenie.jsm.site import GATEWAY, SITE_SUFFIX, Site, bases_of
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.opsgenie.endpoint import EU_HOST, US_HOST
from source_opsgenie.source import DOCUMENTATION_URL

ROOT = Path(__file__).parents[1]
METADATA: dict[str, Any] = yaml.safe_load((ROOT / "metadata.yaml").read_text())
DATA: dict[str, Any] = METADATA["data"]
CONTEXT = context_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event())
STREAMS = {stream.name for stream in create_streams(CONTEXT)}


def closed(required: list[str], **properties: object) -> dict[str, Any]:
    """Describe an object of known keys."""
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
URL = {"type": "string", "pattern": "^https://"}
VERSION = r"^\d+\.\d+\.\d+$"
HOSTS = closed(["hosts"], hosts=TEXTS)
SUGGESTED = closed(["streams"], streams=TEXTS)
REGISTRY = closed(
    ["enabled"],
    enabled={"type": "boolean"},
    name=TEXT,
    dockerRepository=TEXT,
    dockerImageTag={"type": "string", "pattern": VERSION},
    license=TEXT,
    documentationUrl=URL,
    connectorSubtype=TEXT,
    allowedHosts=HOSTS,
    suggestedStreams=SUGGESTED,
    resourceRequirements={"type": "object"},
)
BREAKING = closed(
    ["message", "upgradeDeadline"],
    message=TEXT,
    upgradeDeadline={"type": "string", "format": "date"},
    deadlineAction={"enum": ["auto_upgrade", "disable"]},
    migrationDocumentationUrl=URL,
    scopedImpact={
        "type": "array",
        "minItems": 1,
        "items": closed(["scopeType", "impactedScopes"], scopeType={"const": "stream"}, impactedScopes=TEXTS),
    },
)
SUITE = closed(
    ["suite"],
    suite={"enum": ["unitTests", "integrationTests", "acceptanceTests", "liveTests"]},
    testSecrets={"type": "array"},
    testConnections={"type": "array"},
)

# The keys that the registry is known to take of a source; it refuses a file with any other.
SCHEMA = closed(
    ["metadataSpecVersion", "data"],
    metadataSpecVersion={"const": "1.0"},
    data=closed(
        [
            "connectorSubtype",
            "connectorType",
            "definitionId",
            "dockerImageTag",
            "dockerRepository",
            "documentationUrl",
            "githubIssueLabel",
            "license",
            "name",
            "releaseStage",
        ],
        ab_internal={"type": "object"},
        allowedHosts=HOSTS,
        connectorBuildOptions=closed(["baseImage"], baseImage={"type": "string", "pattern": "@sha256:[0-9a-f]{64}$"}),
        connectorSubtype={"const": "api"},
        connectorTestSuitesOptions={"type": "array", "items": SUITE},
        connectorType={"const": "source"},
        definitionId={"type": "string", "format": "uuid"},
        dockerImageTag={"type": "string", "pattern": VERSION},
        dockerRepository=TEXT,
        documentationUrl=URL,
        erdUrl=URL,
        externalDocumentationUrls={"type": "array"},
        githubIssueLabel=TEXT,
        icon=TEXT,
        license={"enum": ["MIT", "ELv2"]},
        maxSecondsBetweenMessages={"type": "integer"},
        name=TEXT,
        protocolVersion=TEXT,
        registryOverrides=closed([], oss=REGISTRY, cloud=REGISTRY),
        releaseDate={"type": "string", "format": "date"},
        releaseStage={"enum": ["alpha", "beta", "generally_available"]},
        releases=closed(
            ["breakingChanges"],
            breakingChanges={
                "type": "object",
                "minProperties": 1,
                "additionalProperties": False,
                "patternProperties": {VERSION: BREAKING},
            },
            migrationDocumentationUrl=URL,
            rolloutConfiguration={"type": "object"},
        ),
        remoteRegistries=closed(
            [], pypi=closed(["enabled", "packageName"], enabled={"type": "boolean"}, packageName=TEXT)
        ),
        resourceRequirements={"type": "object"},
        suggestedStreams=SUGGESTED,
        supportLevel={"enum": ["community", "certified", "enterprise", "archived"]},
        tags=TEXTS,
    ),
)


def project(name: str) -> str:
    """Return a value of pyproject.toml's table `project`; Python 3.10 has no reader of TOML."""
    table = (ROOT / "pyproject.toml").read_text().split("[project]")[1].split("\n[")[0]
    (value,) = re.findall(rf'^{name} = "(.*)"$', table, re.MULTILINE)
    return str(value)


def dockerfile(pattern: str) -> str:
    """Return the one place of the Dockerfile that matches."""
    (value,) = re.findall(pattern, (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return str(value)


def test_the_registry_takes_it() -> None:
    validator = Draft7Validator(SCHEMA, format_checker=FormatChecker())
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(METADATA)] == []


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"nam": "Opsgenie"}, {"definitionId": "06bdb480"}, {"dockerImageTag": 1.0}],
    ids=["no name", "unknown key", "no uuid", "no version"],
)
def test_the_schema_refuses_what_the_registry_refuses(change: dict[str, Any]) -> None:
    data = {key: value for key, value in {**DATA, **change}.items() if value is not None}
    assert not Draft7Validator(SCHEMA, format_checker=FormatChecker()).is_valid({**METADATA, "data": data})


def test_it_is_the_connector_that_users_of_0_x_have() -> None:
    assert DATA["definitionId"] == "06bdb480-2598-40b8-8b0f-fc2e2d2abdda"
    assert DATA["dockerRepository"] == f"airbyte/{project('name')}"


def test_the_version_is_the_same_everywhere() -> None:
    version = project("version")
    assert DATA["dockerImageTag"] == version
    assert dockerfile(r"io\.airbyte\.version=(\S+)") == version
    assert f"\n## {version} " in (ROOT / "CHANGELOG.md").read_text()


def test_the_image_is_named_and_based_as_the_dockerfile_says() -> None:
    assert DATA["connectorBuildOptions"]["baseImage"] == dockerfile(r"^ARG BASE_IMAGE=(\S+)$")
    assert DATA["dockerRepository"] == dockerfile(r"io\.airbyte\.name=(\S+)")


def test_it_is_written_in_python_by_the_cdk() -> None:
    assert DATA["tags"] == ["language:python", "cdk:python"]


def test_the_documentation_is_where_the_spec_says() -> None:
    assert DATA["documentationUrl"] == DOCUMENTATION_URL


STORAGE = "*.amazonaws.com"


def test_every_host_that_is_called_may_be_reached_and_no_other() -> None:
    hosts = DATA["allowedHosts"]["hosts"]
    assert hosts == [US_HOST, EU_HOST, "${endpoint}", f"*{SITE_SUFFIX}", urlsplit(GATEWAY).netloc, STORAGE]
    assert "endpoint" in Config.model_fields
    site = Site.parse("acme")
    bases = [bases_of(site, "1", is_scoped=is_scoped) for is_scoped in (True, False)]
    of_site = {site.authority, *(urlsplit(url).netloc for each in bases for url in each.values())}
    # The log file of an example in Opsgenie's documentation of the Logs API.
    called = {*of_site, "og-customer-logs-prod-oregon.s3.us-west-2.amazonaws.com"}
    assert {host for host in called if not any(fnmatch(host, allowed) for allowed in hosts)} == set()


def test_a_sync_is_not_taken_for_dead_while_it_waits_out_an_outage_that_began_before_its_first_state() -> None:
    assert DATA["maxSecondsBetweenMessages"] >= 5 * OUTAGE


def test_suggested_streams_exist() -> None:
    assert set(DATA["suggestedStreams"]["streams"]) <= STREAMS


def test_the_breaking_changes_of_this_version_name_real_streams() -> None:
    change = DATA["releases"]["breakingChanges"][project("version")]
    (scope,) = change["scopedImpact"]
    assert set(scope["impactedScopes"]) <= STREAMS
    assert all(stream in change["message"] for stream in scope["impactedScopes"])


def test_the_changelog_tells_of_them_too() -> None:
    (scope,) = DATA["releases"]["breakingChanges"]["1.0.0"]["scopedImpact"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert [stream for stream in scope["impactedScopes"] if f"`{stream}`" not in changelog] == []


def test_the_icon_is_a_square_drawing_that_loads_nothing() -> None:
    icon = ET.parse(ROOT / DATA["icon"]).getroot()  # noqa: S314 - our own file
    assert icon.tag == "{http://www.w3.org/2000/svg}svg"
    assert icon.get("width") == icon.get("height")
    names = {element.tag.rpartition("}")[2] for element in icon.iter()}
    assert names <= {"svg", "title", "g", "circle", "path"}


def test_a_urllib3_without_what_bounded_answers_need_is_not_installed() -> None:
    """Answers are read by `read1`, which 2.1.0 does not have; the versions of requests allow 1.26."""
    (declared,) = re.findall(r'^  "(urllib3\b.*)",', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    allowed = Requirement(declared).specifier
    assert [version for version in ("1.26.20", "2.0.7", "2.1.0", "2.2.0", "2.8.0", "3.0.0") if version in allowed] == [
        "2.2.0",
        "2.8.0",
    ]


# What they need for a database that the project does not use is not there for 3.13. All that it uses works.
NOT_FOR_THE_NEWEST_PYTHON = {"airbyte", "sqlalchemy-bigquery"}


@pytest.mark.parametrize(
    ("folder", "exceptions"),
    [(".venv", set()), pytest.param(".venv-demo", NOT_FOR_THE_NEWEST_PYTHON, marks=pytest.mark.slow)],
)
def test_every_package_that_is_locked_is_there_for_the_newest_python(folder: str, exceptions: set[str]) -> None:
    """Those that are not are installed all the same, see the Makefile. `uv` looks at the oldest Python only."""
    (required,) = re.findall(r'^requires-python = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    newest = [f"3.{minor}" for minor in range(50) if f"3.{minor}" in SpecifierSet(required)][-1]
    packages = distributions(path=[str(each) for each in (ROOT / folder).glob("lib/python*/site-packages")])
    needed = {each.name: ",".join(each.metadata.get_all("Requires-Python") or []) for each in packages}
    assert {"airbyte-cdk", "pydantic"} <= needed.keys()
    assert {name for name, pythons in needed.items() if newest not in SpecifierSet(pythons)} == exceptions
