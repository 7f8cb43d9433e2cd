"""The image: built from the Dockerfile, and run as a careful platform runs it.

Every run here has a read-only root, no capability, no way to new privileges, 256 MB, its files mounted read-only, and
/tmp in memory.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests import image
from integration_tests.connector import TIMEOUT, Connector, Outcome
from integration_tests.image import SECRETS, Contained
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_lanes import WAITS_WHEN_IMPORTED

pytestmark = [image.needed, pytest.mark.usefixtures("image_tag")]

MOST_BYTES = 450_000_000
TERMINATED = 128 + 15  # SIGTERM's number, as shells have it; a process that had to be killed gives 137


@pytest.fixture
def contain(tmp_path: Path) -> Callable[..., Contained]:
    """Make a contained connector for an account."""

    def make(account: Sandbox, key: str = "full", options: tuple[str, ...] = (), **further: object) -> Contained:
        config = {"api_token": account.key(key), "endpoint": account.url, **further}
        return Contained(tmp_path, config, options=options)

    return make


def python_in(tmp_path: Path, program: str) -> Any:
    """Run a program inside, by the image's own Python, and give what it prints as JSON."""
    done = Contained(tmp_path, {}, options=("--entrypoint=python",)).execute("-c", program)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lines(outcome: Outcome) -> dict[tuple[str, str], list[str]]:
    """Return the lines of records and states by stream, as they were printed but for the time of day."""
    found: dict[tuple[str, str], list[str]] = {}
    for line, message in zip(outcome.stdout.splitlines(), outcome.messages, strict=True):
        if message["type"] == "RECORD":
            found.setdefault(("RECORD", message["record"]["stream"]), []).append(
                re.sub(r'"emitted_at":\d+', '"emitted_at":0', line)
            )
        if message["type"] == "STATE":
            name = message["state"]["stream"]["stream_descriptor"]["name"]
            found.setdefault(("STATE", name), []).append(line)
    return found


def test_the_image_is_small(image_tag: str) -> None:
    assert int(image.engine("image", "inspect", "--format={{.Size}}", image_tag)) <= MOST_BYTES


def test_the_image_says_what_it_is_and_adds_one_variable(image_tag: str) -> None:
    (facts,) = json.loads(image.engine("image", "inspect", image_tag))
    (base,) = json.loads(image.engine("image", "inspect", "localhost/python-connector-base:trixie"))
    config = facts["Config"]
    assert config["Labels"]["io.airbyte.name"] == "airbyte/source-opsgenie"
    assert config["User"] == "1000:1000"  # Kubernetes takes a number only for a user that is not root
    assert set(config["Env"]) - set(base["Config"]["Env"]) == {f"AIRBYTE_ENTRYPOINT={' '.join(config['Entrypoint'])}"}


def test_the_working_folder_holds_no_second_copy_of_the_code(tmp_path: Path) -> None:
    inside = python_in(tmp_path, "import json, os; print(json.dumps(sorted(os.listdir('.'))))")
    assert inside == ["LICENSE", "NOTICE", "README.md", "pyproject.toml", "runtime.lock"]


def test_the_notice_lists_what_is_installed_and_which_licence_is_not(tmp_path: Path) -> None:
    program = """
import json, platform
from importlib import metadata
found = {each.name.lower().replace("_", "-"): each for each in metadata.distributions()}
print(json.dumps({"python": platform.python_version(), "versions": {name: each.version for name, each in found.items()},
    "without": [name for name, each in found.items()
        if not any(word in str(file).lower() for file in each.files for word in ("license", "licence", "copying"))]}))
"""
    inside = python_in(tmp_path, program)
    notice = (image.ROOT / "NOTICE").read_text()
    listed = dict(re.findall(r"^([\w.-]+)  +(\S+)  +[^ ].*$", notice, re.MULTILINE))
    brought_by_the_base = {"pip", "source-opsgenie"}
    assert {name: version for name, version in inside["versions"].items() if name not in brought_by_the_base} == listed
    (python,) = re.findall(r"for Python (\S+) on Linux", notice)
    assert inside["python"].startswith(f"{python}.")
    (without,) = re.findall(r"except for (.*?), whose package", notice)
    assert set(inside["without"]) - brought_by_the_base == {without}


def test_any_user_reads_a_configuration_of_their_own(
    sandbox: Sandbox, contain: Callable[..., Contained], tmp_path: Path
) -> None:
    connector = contain(sandbox, options=("--user=12345:12345",))
    config = connector.write("config.json", connector.config)
    os.chown(tmp_path / "config.json", 12345, 12345)
    (tmp_path / "config.json").chmod(0o600)
    outcome = connector.run("check", "--config", config)
    assert outcome.connection == ("SUCCEEDED", None)
    assert outcome.code == 0


def test_nothing_has_to_be_compiled_at_the_start(tmp_path: Path) -> None:
    program = """
import json, os, sys
import source_opsgenie.run
cached = {name: getattr(module, "__cached__", None) for name, module in sys.modules.items()}
print(json.dumps({"source_opsgenie.run": cached["source_opsgenie.run"],
    "missing": [name for name, path in cached.items() if path and not os.path.exists(path)]}))
"""
    found = python_in(tmp_path, program)
    assert found["source_opsgenie.run"].endswith(".pyc")
    assert found["missing"] == []


def test_what_holds_the_container_does_hold(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    program = """
import json, os, pathlib
def may_write(path):
    try:
        pathlib.Path(path).write_text("")
    except OSError:
        return False
    return True
limits = [pathlib.Path("/sys/fs/cgroup") / name for name in ("memory/memory.limit_in_bytes", "memory.max")]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "user": os.getuid(),
    "capabilities": int(status["CapBnd"], 16) | int(status["CapEff"], 16),
    "no new privileges": int(status["NoNewPrivs"]),
    "memory": [int(path.read_text()) for path in limits if path.exists()],
    "writable": [path for path in (
        "/new", "/airbyte/new", "/var/tmp/new", "/secrets/new", "/secrets/config.json", "/tmp/new"
    ) if may_write(path)],
}))
"""
    assert python_in(tmp_path, program) == {
        "user": 1000,
        "capabilities": 0,
        "no new privileges": 1,
        "memory": [256 * 1024 * 1024],
        "writable": ["/tmp/new"],  # noqa: S108 - in the container
    }


def test_spec_and_discover_say_what_they_say_outside(
    sandbox: Sandbox, contain: Callable[..., Contained], connect: Callable[..., Connector]
) -> None:
    inside, outside = contain(sandbox), connect(sandbox)
    for kind, command in (("SPEC", "spec"), ("CATALOG", "discover")):
        one, other = getattr(inside, command)(), getattr(outside, command)()
        assert one.code == 0
        assert one.stderr == ""
        assert one.of_type(kind) == other.of_type(kind)
        assert len(one.of_type(kind)) == 1


def test_every_stream_is_read_as_outside_byte_for_byte(
    own_sandbox: Callable[..., Sandbox], contain: Callable[..., Contained], connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(alerts=40, incidents=5)
    streams = connect(account).catalog().values()
    outside = connect(account).read(streams, "incremental", [])
    inside = contain(account).read(streams, "incremental", [])
    assert inside.code == outside.code == 0, inside.errors
    assert inside.stderr == ""
    assert lines(inside) == lines(outside)
    assert len(inside.records) > len(list(streams)) / 2


def test_without_a_place_for_temporary_files_a_command_fails_in_a_sentence(tmp_path: Path) -> None:
    outcome = Contained(tmp_path, {}, temporary=()).run("spec")
    assert outcome.code == 1
    assert outcome.stderr == ""
    (error,) = outcome.errors
    assert error.startswith("There is no directory for temporary files: mount one on /tmp")


def test_another_users_configuration_fails_with_what_to_do(tmp_path: Path) -> None:
    contained = Contained(tmp_path, {})
    config = contained.write("config.json", {"api_token": "no-key-at-all"})
    (tmp_path / "config.json").chmod(0o600)
    (error,) = contained.run("check", "--config", config).errors
    assert error.startswith(f"The configuration file {config} cannot be read: Permission denied. In a container, run ")


def test_without_a_network_a_check_fails_in_a_sentence(sandbox: Sandbox, contain: Callable[..., Contained]) -> None:
    outcome = contain(sandbox, options=("--network=none",)).check()
    status, message = outcome.connection
    assert status == "FAILED"
    assert "No connection to Opsgenie" in str(message)
    assert outcome.code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("spec",), 0), (("check", "--config", "/secrets/none.json"), 1), (("wreck",), 2)],
    ids=["spec", "no-such-file", "no-such-command"],
)
def test_the_exit_code_is_the_connectors(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    assert Contained(tmp_path, {}).execute(*arguments).returncode == code


def test_a_read_that_fails_says_so(
    sandbox: Sandbox, contain: Callable[..., Contained], connect: Callable[..., Connector]
) -> None:
    outcome = contain(sandbox, "disabled").read([connect(sandbox).catalog()["teams"]])
    assert outcome.code == 1
    assert outcome.errors[0].startswith("teams: ")


@pytest.fixture
def name() -> Iterator[str]:
    """Name a container, which goes with the test."""
    name = f"source-opsgenie-{os.getpid()}"
    yield name
    image.engine("rm", "--force", "--ignore", "--time=0", name)


def test_a_stop_ends_a_read_without_a_kill(
    name: str, own_sandbox: Callable[..., Sandbox], contain: Callable[..., Contained]
) -> None:
    account = own_sandbox(alerts=400, settings={"latency_ms": 50})
    contained = contain(account, options=(f"--name={name}",))
    stream = contained.catalog()["alert_notes"]
    command = contained.command(*contained.read_line([stream], "incremental", []))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - the container tool
        assert process.stdout is not None
        assert any('"type":"RECORD"' in line for line in process.stdout)
        # Its first process ignores SIGTERM unless it handles it; it would then be killed after the whole time.
        image.engine("stop", "--time=120", name)
        process.stdout.read()
        process.wait(TIMEOUT)
    assert process.returncode == TERMINATED


def test_a_stop_while_python_imports_the_rest_needs_no_kill(name: str, tmp_path: Path) -> None:
    (tmp_path / "airbyte_cdk.py").write_text(WAITS_WHEN_IMPORTED)
    contained = Contained(tmp_path, {}, options=(f"--name={name}", f"--env=PYTHONPATH={SECRETS}"))
    with subprocess.Popen(contained.command("spec"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - the container tool
        assert process.stdout is not None
        assert process.stdout.readline() == b"importing\n"
        image.engine("stop", "--time=120", name)
        process.stdout.read()
        process.wait(TIMEOUT)
    assert process.returncode == TERMINATED
