"""Where the messages go: whatever stdout and stderr are, all messages arrive, or a sentence says that they do not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from integration_tests.connector import TIMEOUT
from integration_tests.forked import Forked
from integration_tests.forks import CONNECTOR, fork_server

ROOT = Path(__file__).parents[1]
PIPE = 2**16  # bytes that a pipe holds
NOT_WRITTEN = "The messages cannot be written: "


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in which `connector` is the connector."""
    command = line.replace("connector", f"{sys.executable} -m {CONNECTOR}")
    return subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def forked(arguments: list[str], stdout: int, stderr: int) -> int:
    """Run the connector with these outputs, and return its exit code."""
    with open(os.devnull) as nothing:  # noqa: PTH123 - no file of ours
        streams = [nothing.fileno(), stdout, stderr]
        with closing(Forked(fork_server(CONNECTOR).address, [CONNECTOR, *arguments], os.environ, streams)) as process:
            return process.wait(TIMEOUT)


def test_a_reader_that_is_slow_loses_nothing_though_its_pipe_does_not_block(tmp_path: Path) -> None:
    """Programs such as Node.js make the pipes of their children so."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"}))
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    received: list[bytes] = []

    def read() -> None:
        time.sleep(1)  # the pipe is full by then
        with os.fdopen(reads, "rb") as pipe:
            received.extend(pipe)

    reader = threading.Thread(target=read)
    reader.start()
    with (tmp_path / "stderr").open("w") as stderr:
        code = forked(["discover", "--config", str(config)], writes, stderr.fileno())
    os.close(writes)
    reader.join()
    assert code == 0, (tmp_path / "stderr").read_text()
    assert len(b"".join(received)) > PIPE
    assert "CATALOG" in {json.loads(line)["type"] for line in received}


@pytest.mark.parametrize("command", [["spec"], ["check", "--config", "none.json"]], ids=["spec", "check"])
def test_a_full_disk_is_a_sentence(command: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full, (tmp_path / "stderr").open("w") as stderr:  # noqa: PTH123 - no file of ours
        code = forked(command, full.fileno(), stderr.fileno())
    assert code == 1
    assert (tmp_path / "stderr").read_text() == f"{NOT_WRITTEN}No space left on device.\n"


def test_a_closed_stdout_is_a_sentence() -> None:
    done = shell("connector spec >&-")
    assert (done.returncode, done.stderr) == (1, f"{NOT_WRITTEN}stdout is closed.\n")


def test_without_a_stderr_the_messages_come_all_the_same() -> None:
    done = shell("connector spec 2>&-")
    assert done.returncode == 0
    assert "SPEC" in {json.loads(line)["type"] for line in done.stdout.splitlines()}
