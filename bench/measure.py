"""Runs the connector's process and measures it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox

KIB = 1024
BETWEEN_LOOKS = 0.01  # seconds
RECORD = b'{"type":"RECORD"'


@dataclass(frozen=True)
class Run:
    """What a process took, in seconds of wall time and of CPU and in MB of memory, and what the sandbox counted."""

    wall: float
    cpu: float
    memory: float
    rows: int
    stats: dict[str, Any]

    @property
    def calls(self) -> int:
        """All calls answered, but for those refused by a limit."""
        return int(self.stats["total"]) - int(self.stats["statuses"].get("429", 0))

    @property
    def throttled(self) -> int:
        """Calls refused by a limit."""
        return int(self.stats["statuses"].get("429", 0))


def process(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, float, float, int]:
    """Run a command to its end; give seconds of wall, of CPU, its peak memory in MB, and the rows it printed."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        started = subprocess.Popen(command, stdout=output, env={**os.environ, **(environment or {})})  # noqa: S603 - our own programs
        memory = 0.0
        while True:
            # Not `ru_maxrss`: that of a child begins with the memory of the process that started it.
            memory = max(memory, peak_memory(started.pid))
            ended, status, used = os.wait4(started.pid, os.WNOHANG)
            if ended:
                break
            time.sleep(BETWEEN_LOOKS)
        wall = time.monotonic() - began
        started.returncode = os.waitstatus_to_exitcode(status)
        if started.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[2]} ended with {started.returncode}: {output.read()[-2000:].decode()}")
        output.seek(0)
        rows = sum(1 for line in output if line.startswith(RECORD))
    return wall, used.ru_utime + used.ru_stime, memory, rows


def peak_memory(pid: int) -> float:
    """Return the most memory that a process has had in use so far, in MB; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / KIB for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def read(
    account: Sandbox,
    names: Iterable[str] | None = None,
    *,
    environment: dict[str, str] | None = None,
    jsm: bool = False,
    **config: object,
) -> Run:
    """Read some streams of an account, all by default, in full; from JSM Operations where the account has moved."""
    with tempfile.TemporaryDirectory() as folder:
        own = account.jsm_config() if jsm else {"api_token": account.key(), "endpoint": account.url}
        connector = Connector(Path(folder), {**own, **config})
        catalog = connector.catalog()
        line = connector.read_line([catalog[name] for name in names or catalog], "full_refresh", None)
        account.reset_stats()
        taken = process([sys.executable, "-m", "bench.connector", *line], environment)
    return Run(*taken, account.stats())
