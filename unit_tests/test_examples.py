"""The examples are sound: their syntax, and every name in them that is Airbyte's, an orchestrator's or ours.

The names of others are recorded in `facts/examples.json`, with the versions that they were looked up in. So these tests
need no package and no program of theirs.
"""

from __future__ import annotations

import ast
import io
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
    Type,
)

from source_opsgenie.config import Config
from unit_tests.test_docs import STREAMS, load

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "facts" / "examples.json").read_text())
TERRAFORM = (EXAMPLES / "terraform" / "main.tf").read_text()
OUTSIDE = ("airbyte", "airflow", "dagster")
INCREMENTAL = [stream.name for stream in STREAMS if stream.supports_incremental]
FULL_REFRESH = [stream.name for stream in STREAMS if not stream.supports_incremental]


# Python.


@pytest.mark.parametrize("path", ["airflow/opsgenie.py", "dagster/opsgenie.py", "load.py"])
def test_python_uses_names_and_arguments_that_exist(path: str) -> None:
    tree = ast.parse((EXAMPLES / path).read_text())
    imported = dict(imports(tree))
    assert imported
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = dotted(call.func, imported)
            if name.startswith(OUTSIDE):
                assert name in FACTS["python"]
                given = {keyword.arg for keyword in call.keywords}
                assert given <= set(FACTS["python"][name]["arguments"])


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the names that a module binds to those of other packages."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OUTSIDE):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                assert name in FACTS["python"]
                yield alias.asname or alias.name, name
        elif isinstance(node, ast.Import):
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)


def dotted(node: ast.expr, imported: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value, imported)}.{node.attr}"
    return imported.get(node.id, node.id) if isinstance(node, ast.Name) else ""


# Kubernetes.


def paths(values: dict[str, Any], above: str = "") -> Iterator[str]:
    for name, value in values.items():
        path = f"{above}.{name}" if above else name
        if isinstance(value, dict) and path not in FACTS["helm"]["keys"]:
            yield from paths(value, path)
        else:
            yield path


def test_the_values_are_those_of_the_chart() -> None:
    values = yaml.safe_load((EXAMPLES / "kubernetes" / "values.yaml").read_text())
    assert set(paths(values)) <= set(FACTS["helm"]["keys"])
    kube = values["global"]["jobs"]["kube"]
    assert kube["mainContainerImagePullSecret"] == values["global"]["imagePullSecrets"][0]["name"]


def test_the_values_change_nothing_else_of_an_installation() -> None:
    """It applies to all connectors, which a limit of memory or the name of a missing node would stop."""
    values = yaml.safe_load((EXAMPLES / "kubernetes" / "values.yaml").read_text())
    assert set(paths(values)) == {
        "global.imagePullSecrets",
        "global.jobs.kube.mainContainerImagePullSecret",
        "global.workloads.namespace",
    }


def default(variable: str) -> str:
    """Return the default of a variable of Terraform."""
    found = re.search(r'default\s+= "(.*)"', block(f'variable "{variable}" '))
    assert found is not None
    return found[1]


def commands(program: str) -> list[list[str]]:
    """Return the words of each of a program's commands in the page on Airbyte."""
    lines = (ROOT / "docs" / "airbyte.md").read_text().splitlines()
    return [shlex.split(line) for line in lines if line.startswith(f"{program} ")]


def test_the_secret_is_made_where_the_values_look_for_it() -> None:
    values = yaml.safe_load((EXAMPLES / "kubernetes" / "values.yaml").read_text())["global"]
    namespaces = {"airbyte", values["workloads"]["namespace"]}
    made = commands("kubectl")
    assert {words[words.index("--namespace") + 1] for words in made} == namespaces
    for words in made:
        assert words[:5] == ["kubectl", "create", "secret", "docker-registry", values["imagePullSecrets"][0]["name"]]
        options = dict(word.split("=") for word in words if "=" in word)
        assert set(options) == {"--docker-server", "--docker-username", "--docker-password"}
        assert default("image").startswith(f"{options['--docker-server']}/")


def test_the_image_is_pushed_by_the_name_that_terraform_gives_it() -> None:
    pushed, loaded = (f"{name}:{default('image_tag')}" for name in (default("image"), "source-opsgenie"))
    assert [words for words in commands("docker") if words[1] != "run"] == [
        ["docker", "tag", "source-opsgenie", pushed],
        ["docker", "push", pushed],
        ["docker", "tag", "source-opsgenie", loaded],
    ]
    assert commands("kind") == [["kind", "load", "docker-image", loaded, "--name", "airbyte-abctl"]]


# Terraform.


def bare(text: str) -> str:
    """Leave out comments and what is between quotes, so that every bracket left is one of the language."""
    text = re.sub(r"(?m)^\s*#.*$", "", text)
    return re.sub(r'"(?:\$\{[^}]*\}|[^"\\]|\\.)*"', '""', text)


def block(head: str) -> str:
    """Return what is between the braces behind a head."""
    begin = TERRAFORM.index(head) + len(head)
    depth = 0
    for place, character in enumerate(TERRAFORM[begin:], begin):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0 and character == "}":
            return TERRAFORM[begin:place].strip().removeprefix("{")
    raise AssertionError(f"{head} has no end")


def attributes(body: str) -> set[str]:
    """Return the names that are set in a block itself, not in what is nested in it."""
    names, depth = set(), 0
    for line in bare(body).splitlines():
        set_here = re.match(r"\s*(\w+)\s*=", line)
        if depth == 0 and set_here:
            names.add(set_here[1])
        depth += sum({"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(character, 0) for character in line)
    return names


def listed(name: str) -> list[str]:
    body = re.search(rf"{name} = \[(.*?)\]", TERRAFORM, re.DOTALL)
    assert body is not None
    return re.findall(r'"(\w+)"', body[1])


def test_the_brackets_of_terraform_are_in_pairs() -> None:
    stack = []
    pairs = {"}": "{", "]": "[", ")": "("}
    for character in bare(TERRAFORM):
        if character in pairs.values():
            stack.append(character)
        elif character in pairs:
            assert stack.pop() == pairs[character]
    assert stack == []


@pytest.mark.parametrize("kind", ["airbyte_source_definition", "airbyte_source", "airbyte_connection"])
def test_terraform_sets_what_its_resources_have(kind: str) -> None:
    facts = FACTS["terraform"][kind]
    names = attributes(block(f'resource "{kind}" "opsgenie" ')) - {"for_each"}
    assert set(facts["required"]) <= names <= {*facts["required"], *facts["optional"]}


def test_terraform_reads_what_its_resources_give() -> None:
    read = re.findall(r"(airbyte_\w+)\.opsgenie(?:\[each\.key\])?\.(\w+)", TERRAFORM)
    assert {kind for kind, _ in read} == {"airbyte_source_definition", "airbyte_source"}
    for kind, name in read:
        assert name in FACTS["terraform"][kind]["read_only"]
    assert attributes(block('provider "airbyte" ')) <= set(FACTS["terraform"]["provider"])


def test_every_variable_of_terraform_is_declared() -> None:
    declared = set(re.findall(r'variable "(\w+)"', TERRAFORM))
    assert set(re.findall(r"var\.(\w+)", TERRAFORM)) == declared


def test_terraform_configures_the_connector() -> None:
    configuration = re.search(r"jsonencode\(\{(.*?)\}\)", TERRAFORM, re.DOTALL)
    assert configuration is not None
    assert "api_token" in attributes(configuration[1])
    assert attributes(configuration[1]) <= set(Config.model_fields)
    for endpoint in re.findall(r'= "(api\.[\w.]*opsgenie\.com)"', TERRAFORM):
        Config.parse({"api_token": "no-key-at-all", "endpoint": endpoint})


def test_terraform_names_every_stream_in_its_mode() -> None:
    assert sorted(listed("incremental")) == sorted(INCREMENTAL)
    assert sorted(listed("full_refresh")) == sorted(FULL_REFRESH)
    assert set(re.findall(r'sync_mode = "(\w+)"', TERRAFORM)) <= set(FACTS["terraform"]["sync_modes"])


# The catalog.


def catalog(
    names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *lines: str
) -> tuple[int, str, str]:
    """Return the exit code, stdout and stderr for what `discover` prints, with further lines around it."""
    discovered = AirbyteCatalog(streams=[stream.as_airbyte_stream() for stream in STREAMS])
    message = AirbyteMessage(type=Type.CATALOG, catalog=discovered)
    messages = [{"type": "LOG"}, AirbyteMessageSerializer.dump(message)]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join([*lines, *map(json.dumps, messages), *lines])))
    code = load("examples/catalog.py").main(names)
    return code, *capsys.readouterr()


def test_a_catalog_selects_every_stream_in_its_best_mode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text, _ = catalog([], monkeypatch, capsys, "Unable to find image 'source-opsgenie'", "{", "")
    assert code == 0
    streams = ConfiguredAirbyteCatalogSerializer.load(json.loads(text)).streams
    assert [each.stream.name for each in streams] == [stream.name for stream in STREAMS]
    modes = {each.stream.name for each in streams if each.sync_mode.value == "incremental"}
    assert modes == set(INCREMENTAL)


def test_a_catalog_of_some_streams(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = catalog(["teams", "alerts"], monkeypatch, capsys)
    assert code == 0
    assert [each["stream"]["name"] for each in json.loads(text)["streams"]] == ["teams", "alerts"]
    told = "There is no stream team. Did you mean teams?\nThere is no stream xyz. docs/streams.md lists them all.\n"
    assert catalog(["team", "alerts", "xyz"], monkeypatch, capsys) == (1, "", told)


# The nightly job.


@pytest.mark.parametrize(
    ("printed", "code", "mailed"),
    [
        pytest.param("Warning: users: the stream is skipped.\n5 rows.", 0, "Warning: users: the stream is skipped.\n"),
        pytest.param("5 rows.", 0, ""),
        pytest.param("Warning: a.\nError: b.", 1, "Warning: a.\nError: b.\n"),
    ],
    ids=["warning", "success", "error"],
)
def test_the_nightly_job_prints_only_what_needs_attention(printed: str, code: int, mailed: str, tmp_path: Path) -> None:
    (line,) = re.findall(r"^0 3 \* \* \* (cd .*)$", (ROOT / "docs" / "airbyte.md").read_text(), re.MULTILINE)
    program = tmp_path / ".venv-demo" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\nexit {code}\n")
    program.chmod(0o700)
    job = line.replace("/srv/source-opsgenie", shlex.quote(str(tmp_path)))
    done = subprocess.run(["/bin/sh", "-c", job], capture_output=True, text=True, check=False)  # noqa: S603 - our own page
    assert (done.stdout, done.stderr) == (mailed, "")
    assert (tmp_path / "load.log").read_text() == f"{printed}\n"


# The demo.


def test_the_demo_says_what_each_run_shows_and_which_is_the_last_step() -> None:
    demo = load("examples/demo/demo.py")
    descriptions = [demo.description_of(run) for run in (1, 2, 3, 4)]
    assert len(set(descriptions)) == 4
    assert [run for run, text in enumerate(descriptions, 1) if "has moved" in text] == [demo.MOVES_AT]
    for run in (1, 2):
        assert demo.next_step(run) == f"Run `make demo` again to see the next step: {descriptions[run]}"
    for run in (3, 4):
        assert demo.next_step(run).startswith("This was the last step. ")
        assert "`rm -r examples/demo/output`" in demo.next_step(run)


def test_the_demo_gives_a_reason_where_it_counts_no_calls_by_stream(capsys: pytest.CaptureFixture[str]) -> None:
    demo = load("examples/demo/demo.py")
    demo.report([demo.Line("alerts", 300, 3, 1234)])
    assert re.findall(r"^(?:stream|alerts) .*$", capsys.readouterr().out, re.MULTILINE) == [
        "stream                            rows     this run   calls",
        "alerts                             300            3   1,234",
    ]
    demo.report([demo.Line("alerts", 300, 3, None)])
    printed = capsys.readouterr().out
    assert "calls" not in printed.splitlines()[1]
    assert "Calls to JSM Operations are counted in total only,\nbecause " in printed
