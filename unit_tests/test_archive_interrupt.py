"""Signals that end the archive, and those that do not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive.run import Run
from archive.steps import interrupted

ROOT = Path(__file__).parents[1]

# Sends itself a signal, then says that it goes on, and ends by another one.
PROGRAM = """
import os, signal, time
from archive.interrupt import ExitMessage, exit_on_signals
signal.signal(signal.SIGHUP, signal.{hangup})
exit_on_signals(ExitMessage(lambda: "Stopped."))
for number in (signal.SIGHUP, signal.SIGTERM):
    os.kill(os.getpid(), number)
    if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
        print("The run goes on.", flush=True)
signal.pause()
"""


@pytest.mark.parametrize(
    ("hangup", "printed", "code"),
    [("SIG_IGN", "The run goes on.\n", 128 + signal.SIGTERM), ("SIG_DFL", "", 128 + signal.SIGHUP)],
)
def test_a_hangup_that_nohup_ignores_stays_ignored(hangup: str, printed: str, code: int) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM.format(hangup=hangup)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == (printed, code)
    assert done.stderr == "\nStopped.\n"


def test_streams_that_only_an_earlier_process_of_the_run_copied_are_not_counted() -> None:
    run = Run("", complete={"teams": "", "users": "", "alerts": ""}, kept_at="12:00:00")
    assert "1 of 2 streams are complete." in interrupted(run, ["alerts", "alert_logs"], "make archive")
