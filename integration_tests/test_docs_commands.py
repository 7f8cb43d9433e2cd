"""Every command in the documentation is run against the sandbox, or looked at where it needs more than there is."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from airbyte_cdk.entrypoint import AirbyteEntrypoint

from integration_tests import image
from integration_tests.commands import PAGES, ROOT, Fence, fences, spans
from source_opsgenie.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

# What a command may need that is not at hand here, and who sees to it instead.
NEEDS = {
    "docker": "a container engine; the image's own tests run the image",
    "kubernetes": "a cluster; examples/kubernetes is checked by unit_tests/test_examples.py",
    "terraform": "Terraform and an Airbyte; examples/terraform is checked by unit_tests/test_examples.py",
    "internet": "an index of packages; what is installed is recorded in unit_tests/facts/examples.json",
}

# Languages of blocks that are no commands. `bash`, `shell` and `console` are none of them: nothing hides there.
NO_COMMANDS = {"json", "hcl", "sql", "mermaid"}

IMAGE = "source-opsgenie"
TERRAFORM = (ROOT / "examples" / "terraform" / "main.tf").read_text()
PACKAGES = {
    fact["package"].split()[0]
    for fact in json.loads((ROOT / "unit_tests" / "facts" / "examples.json").read_text())["python"].values()
}

FENCES = list(fences())
COMMANDS = [fence for fence in FENCES if fence.language == "sh"]
RUN = [fence for fence in COMMANDS if not fence.needs]
PAGES_TO_RUN = sorted({fence.page for fence in RUN})


def test_every_block_is_of_a_kind_that_is_known() -> None:
    for fence in FENCES:
        known = fence.needs in {"", *NEEDS} if fence.language == "sh" else fence.language in NO_COMMANDS
        assert known, f"{fence.page.name}:{fence.line}"


def test_no_need_is_excused_that_no_command_has() -> None:
    assert set(NEEDS) == {fence.needs for fence in COMMANDS} - {""}


# Commands that are run.


@pytest.fixture
def scratch(tmp_path: Path, shared_sandbox: Sandbox) -> Path:
    """A folder as a user has it: the project's own folders, and a configuration."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".venv-demo").symlink_to(ROOT / ".venv-demo")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    config = {"api_token": shared_sandbox.key("full"), "endpoint": shared_sandbox.url}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


@pytest.mark.parametrize("page", PAGES_TO_RUN, ids=lambda page: page.name)
def test_the_commands_of_a_page_succeed_one_after_another(page: Path, scratch: Path) -> None:
    for fence in RUN:
        if fence.page == page:
            for command in fence.commands:
                run(command, scratch)


@image.needed
def test_the_commands_for_docker_that_begin_with_the_readme_succeed(scratch: Path, image_tag: str) -> None:
    image.engine("tag", image_tag, f"localhost/{IMAGE}")
    tools = scratch / "tools"
    tools.mkdir()
    image.docker_in(tools)
    # The folders of tests are their owner's alone, and inside is another user.
    scratch.chmod(0o755)
    (fence,) = [fence for fence in COMMANDS if fence.page.name == "README.md" and fence.needs == "docker"]
    for command in fence.commands:
        run(command, scratch, path=f"{tools}:{os.environ['PATH']}")
    assert_success(lines(scratch / "discovered.jsonl"), "discover")
    assert_success(lines(scratch / "messages.jsonl"), "read")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(command: str, folder: Path, path: str = os.environ["PATH"]) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        # Not run, only asked what it would do: among the targets is this very test.
        command, folder = shlex.join(["make", "--dry-run", *words[1:]]), ROOT
    done = subprocess.run(  # noqa: S603 - our own documentation
        ["/bin/bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if "source-opsgenie" in words[0]:
        output = (folder / words[words.index(">") + 1]).read_text() if ">" in words else done.stdout
        assert_success([json.loads(line) for line in output.splitlines()], words[1])


def assert_success(messages: list[dict[str, Any]], verb: str) -> None:
    """A check that fails exits with 0, and so could a read without a row."""
    kinds = {"check": "CONNECTION_STATUS", "discover": "CATALOG", "read": "RECORD", "spec": "SPEC"}
    assert kinds[verb] in {message["type"] for message in messages}
    for message in messages:
        assert message.get("connectionStatus", {}).get("status") != "FAILED"
        assert message.get("trace", {}).get("type") != "ERROR"


# Commands that are looked at.


def words_of(command: str) -> list[str]:
    """Take a command apart, without where its output goes and its input comes from."""
    return shlex.split(re.sub(r"[<>]\s*\S+", "", command))


def is_image(name: str) -> bool:
    """Tell whether it is the image that `make image` builds, or its name in Terraform's registry, with our version."""
    repository = re.search(r'default\s*= "(\S+/source-opsgenie)"', TERRAFORM)
    tag = re.search(r'variable "image_tag".*?default\s*= "(\S+)"', TERRAFORM, re.DOTALL)
    assert repository is not None
    assert tag is not None
    return name in {IMAGE, f"{IMAGE}:{tag[1]}", f"{repository[1]}:{tag[1]}"}


def docker_run(words: list[str]) -> bool:
    """The image, and behind it a command line that the connector's own parser takes."""
    assert words[:3] == ["--rm", "-v", "$PWD:/secrets:ro"]
    parsed = AirbyteEntrypoint.parse_args(words[4:])
    return is_image(words[3]) and parsed.command == words[4]


def script(words: list[str]) -> bool:
    return (ROOT / words[0]).is_file()


def secret(words: list[str]) -> bool:
    values = (ROOT / "examples" / "kubernetes" / "values.yaml").read_text()
    namespace = words[words.index("--namespace") + 1]
    known = namespace == "airbyte" or f"namespace: {namespace}" in values
    return known and f"mainContainerImagePullSecret: {words[0]}" in values


def terraform(words: list[str]) -> bool:
    folder, verb, *further = words
    folder = folder.removeprefix("-chdir=")
    return (
        (ROOT / folder / "main.tf").is_file()
        and verb in {"init", "plan", "apply"}
        and all(option == "-var-file=accounts.tfvars" for option in further)
    )


RULES: dict[str, Callable[[list[str]], bool]] = {
    "docker run": docker_run,
    "docker tag": lambda words: all(map(is_image, words)),
    "docker push": lambda words: all(map(is_image, words)),
    "kind load docker-image": lambda words: is_image(words[0]) and words[1:] == ["-n", "airbyte-abctl"],
    "kubectl create secret docker-registry": secret,
    "helm upgrade": lambda words: (ROOT / words[words.index("--values") + 1]).is_file(),
    "terraform": terraform,
    "pip install": lambda words: set(words) <= PACKAGES,
    "python3": script,
}


@pytest.mark.parametrize(
    "command",
    [command for fence in COMMANDS if fence.needs for command in fence.commands],
)
def test_a_command_that_is_not_run_keeps_its_rule(command: str) -> None:
    words = words_of(command)
    (rule,) = [rule for rule in RULES if words[: len(rule.split())] == rule.split()]
    assert RULES[rule](words[len(rule.split()) :])


# What else is to be typed.


def test_every_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {span.split()[1] for page in PAGES for span in spans(page) if span.startswith("make ")}
    assert named <= targets


def of_language(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language]


def test_json_to_be_copied_is_sound() -> None:
    assert of_language("json")
    for fence in of_language("json"):
        value = json.loads(fence.text)
        if isinstance(value, dict):
            Config.parse({**value, "api_token": "no-key-at-all"})


def test_variables_of_terraform_to_be_copied_are_declared() -> None:
    declared = set(re.findall(r'variable "(\w+)"', TERRAFORM))
    assert of_language("hcl")
    for fence in of_language("hcl"):
        assert set(re.findall(r"^(\w+) +=", fence.text, re.MULTILINE)) <= declared
