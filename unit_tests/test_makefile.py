"""`make image` takes the engine that answers, or the one that it is given."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]

ENGINE = """#!/bin/sh
test "$1" = info && exit {code}
echo "{name} $*"
"""


def make_image(folder: Path, *arguments: str, **codes: int) -> subprocess.CompletedProcess[str]:
    """Run `make image` where programs of these names exist, and `info` ends with these exit codes."""
    for name, code in codes.items():
        program = folder / name
        program.write_text(ENGINE.format(name=name, code=code))
        program.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - our own Makefile
        ["make", "--no-print-directory", "image", *arguments],  # noqa: S607 - the one of the machine
        cwd=ROOT,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_docker_is_taken_if_it_answers(tmp_path: Path) -> None:
    assert make_image(tmp_path, docker=0, podman=0).stdout.startswith("docker build --tag source-opsgenie ")


def test_podman_is_taken_where_docker_has_no_daemon(tmp_path: Path) -> None:
    assert make_image(tmp_path, docker=1, podman=0).stdout.startswith("podman build --tag source-opsgenie ")


def test_engine_and_base_can_be_named(tmp_path: Path) -> None:
    done = make_image(tmp_path, "ENGINE=podman", "BASE_IMAGE=base:1", docker=0, podman=0)
    assert done.stdout.startswith("podman build --tag source-opsgenie ")
    assert " --build-arg BASE_IMAGE=base:1 " in done.stdout


def test_the_image_names_the_commit_that_it_was_built_from(tmp_path: Path) -> None:
    for name in ("git", "docker"):
        (tmp_path / name).write_text('#!/bin/sh\ntest "$1" = describe && echo 1234abcd || echo "$*"\n')
        (tmp_path / name).chmod(0o755)
    done = make_image(tmp_path, "ENGINE=docker")
    assert " --label org.opencontainers.image.revision=1234abcd " in done.stdout


def test_without_an_engine_that_answers_the_error_says_what_to_do(tmp_path: Path) -> None:
    done = make_image(tmp_path, docker=1, podman=1)
    assert done.returncode != 0
    assert "make image ENGINE=..." in done.stdout
    assert "build --tag" not in done.stdout
