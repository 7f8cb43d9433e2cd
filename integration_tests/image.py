"""The connector in its container, where the container tool beside this project is at hand.

The tool builds and runs images without a daemon and without a registry; it needs root.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tests.connector import TIMEOUT, Connector, Outcome

ROOT = Path(__file__).parents[1]
TOOL = ROOT.parent / "shared" / "tools" / "container"
TAG = "localhost/source-opsgenie:test"

# The least rights that a careful platform gives a container. On a read-only root, podman mounts a file system for
# temporary files unless it is told not to; docker and Kubernetes mount none. A container that hangs is ended.
STRICT = (
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=256m",
    "--memory-swap=256m",
    f"--timeout={TIMEOUT}",
)

BUILD_TIMEOUT = 900  # seconds; the first build installs the tool's own parts

TEMPORARY = "--tmpfs=/tmp"

SECRETS = "/secrets"

# `docker` as people, make and the CDK call it, for the container tool: what a test runs is ended if it hangs.
DOCKER = f"""#!/bin/sh
case "$1 $2" in
"build --tag") exec "{TOOL}" build "$4" "$3" ;;
run*) shift; exec "{TOOL}" run --timeout={TIMEOUT} "$@" ;;
*) exec "{TOOL}" engine "$@" ;;
esac
"""


def unavailable() -> str:
    """Say why no image can be built here; nothing if one can."""
    if not TOOL.exists():
        return "there is no container tool beside the project (../shared/tools/container)"
    if os.geteuid() != 0:
        return "the container tool needs root"
    return ""


needed = pytest.mark.skipif(bool(unavailable()), reason=unavailable() or "nothing is missing")


def build() -> str:
    """Build the image and give its tag.

    Raises:
        RuntimeError: with the end of what the build printed.
    """
    done = subprocess.run(  # noqa: S603 - the container tool
        [TOOL, "build", ROOT, TAG], capture_output=True, text=True, timeout=BUILD_TIMEOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The image was not built.\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return TAG


def docker_in(folder: Path) -> None:
    """Write a `docker` into a folder, for the front of a PATH."""
    docker = folder / "docker"
    docker.write_text(DOCKER)
    docker.chmod(0o755)


def engine(*arguments: str) -> str:
    """Run another command of the container engine and give what it prints."""
    done = subprocess.run(  # noqa: S603 - the container tool
        [TOOL, "engine", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    return done.stdout.strip()


@dataclass
class Contained(Connector):
    """Runs the connector's commands in a container, its files mounted read-only."""

    options: tuple[str, ...] = ()
    temporary: tuple[str, ...] = (TEMPORARY,)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line that runs the container."""
        # The folders of tests are their owner's alone, and inside is another user.
        self.folder.chmod(0o755)
        mount = f"--volume={self.folder}:{SECRETS}:ro"
        return [str(TOOL), "run", *STRICT, mount, *self.temporary, *self.options, TAG, *arguments]

    def execute(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the container to its end."""
        return subprocess.run(  # noqa: S603 - the container tool
            self.command(*arguments), capture_output=True, text=True, timeout=2 * TIMEOUT, check=False
        )

    def run(self, *arguments: str, environment: object = None) -> Outcome:
        """Run a command line of the connector to its end."""
        assert environment is None, "a container takes its environment by `options`"
        done = self.execute(*arguments)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def write(self, name: str, content: object) -> str:
        """Write an input file and give its path inside."""
        Path(super().write(name, content)).chmod(0o644)
        return f"{SECRETS}/{name}"
