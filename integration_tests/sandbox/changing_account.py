"""The sandbox account that the demo and the archive copy: changed a little at each run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integration_tests.sandbox.client import Sandbox

# What happens to the account between two runs; each run begins with the same account and lets all of it happen.
HOUR = 3_600_000
CHANGES = [
    {"op": "create", "target": "alerts", "advance_ms": HOUR},
    {"op": "create", "target": "alerts", "advance_ms": 1},
    {"op": "update", "target": "alerts", "index": 7, "advance_ms": 1},
    {"op": "note", "target": "alerts", "index": 42, "advance_ms": 1},
    {"op": "close", "target": "alerts", "index": 299, "advance_ms": 1},
]


@contextmanager
def changing_account(runs: Path, python: Path, moves_at: int | None = None) -> Iterator[tuple[Sandbox, int]]:
    """Start the account as it is at the next run, and give it with the run's number.

    `runs` keeps the number of runs that ended well; `python` is that of the connector's environment. Before the run
    `moves_at`, the account moves to JSM Operations.
    """
    run = int(runs.read_text()) + 1 if runs.exists() else 1
    with Sandbox("small", python=str(python)) as account:
        for each in range(2, run + 1):
            if each == moves_at:
                account.migrate()
            account.mutate(CHANGES)
        account.reset_stats()
        yield account, run
    runs.write_text(str(run))
