"""Copies a whole account, of Opsgenie or JSM Operations, into one folder: a DuckDB file, Parquet files, a report.

Run it by `make archive CONFIG=config.json OUTPUT=folder`; `make archive-demo` copies a made-up account. It
may be stopped at any moment, by Ctrl-C or `kill -9`: run again, it goes on. Run again after it has ended, it adds what
is new.

Exit codes: 0 all is there; 1 something failed, or differs from the API's own count without an explanation; 2 it could
not begin; 130 it was stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shlex
import shutil
import sys
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from archive.interrupt import LastWord, answer
from archive.not_begun import NotBegunError
from archive.place import CONNECTOR_ENVIRONMENT, LOCK, OUTPUT, OWNER, SANDBOX_OUTPUT, WORK
from archive.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

# In the place of a configuration: the account that the tests are made with.
SANDBOX = "sandbox"

# Seconds of reading between two moments at which everything read is kept.
PORTION_SECONDS = 300.0

SOUND, UNSOUND, NOT_BEGUN = 0, 1, 2

HOW = """\
Which account is to be copied? Write the connector's configuration into a file (README.md says how), and type:

  make archive CONFIG=config.json OUTPUT=../opsgenie-archive

To see first what it does, with a made-up account and without a key:

  make archive-demo"""


def prepare_environment(work: Path) -> None:
    """Keep PyAirbyte to itself: no telemetry, no registry, no files outside a folder. It looks when it is imported."""
    shutil.rmtree(work, ignore_errors=True)  # what a killed run has left
    work.mkdir(mode=0o700)
    os.environ |= {
        "DO_NOT_TRACK": "1",
        "AIRBYTE_OFFLINE_MODE": "1",
        "NO_COLOR": "1",
        "NO_LIVE_PROGRESS": "1",
        "AIRBYTE_TEMP_DIR": str(work),
        "AIRBYTE_LOGGING_ROOT": str(work / "logs"),
        "AIRBYTE_PROJECT_DIR": str(work),
    }
    warnings.filterwarnings("ignore", category=FutureWarning)


def main(arguments: list[str]) -> int:
    """Copy, verify, draw. Every end is a sentence."""
    asked = parse(arguments)
    if not asked.config:
        print(HOW, file=sys.stderr)
        return NOT_BEGUN
    is_sandbox = asked.config == SANDBOX
    output = Path(asked.output or (SANDBOX_OUTPUT if is_sandbox else OUTPUT)).resolve()
    last_word = LastWord(lambda: f"Stopped before anything was read. To begin again:\n\n  {command_of(asked)}")
    answer(last_word)
    try:
        with held(output):
            if is_sandbox:
                is_sound = archive_sandbox(asked, output, last_word)
            else:
                is_sound = archive(asked, Path(asked.config).resolve(), output, last_word)
            return SOUND if is_sound else UNSOUND
    except NotBegunError as error:
        print(plain(error), file=sys.stderr)
        return NOT_BEGUN
    except Exception as error:  # noqa: BLE001 - PyAirbyte, DuckDB and the disk fail in many ways
        log = output / "error.log"
        log.write_text(traceback.format_exc())
        print(
            f"The archive stopped, because of an error that it does not know: {plain(error) or type(error).__name__}\n"
            f"What the last portion kept is kept, and the same command goes on. {log} holds the details; they may hold "
            "data of the account, but not the key.",
            file=sys.stderr,
        )
        return UNSOUND


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line. An empty CONFIG is none: that is how make hands it on."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__, allow_abbrev=False)
    parser.add_argument("--config", default="", help=f"the connector's configuration, or the word {SANDBOX}")
    parser.add_argument("--output", default="", help="the folder")
    parser.add_argument("--streams", default="", help="names with commas between; all of them by default")
    parser.add_argument("--csv", action="store_true", help="write files for a spreadsheet, too")
    parser.add_argument("--portion-seconds", type=float, default=PORTION_SECONDS)
    return parser.parse_args(arguments)


def command_of(asked: argparse.Namespace) -> str:
    """Return the command that goes on with a run."""
    if asked.streams or asked.portion_seconds != PORTION_SECONDS:
        return shlex.join([".venv-demo/bin/python", "-m", "archive", *sys.argv[1:]])
    values = {"CONFIG": asked.config, "OUTPUT": asked.output, "CSV": "yes" if asked.csv else ""}
    return shlex.join(["make", "archive", *(f"{name}={value}" for name, value in values.items() if value)])


@contextmanager
def held(output: Path) -> Iterator[None]:
    """Make the folder, and keep other runs out of it. The hold ends with the process, however it ends."""
    file = output / LOCK
    os.umask(0o077)  # it holds names and addresses
    try:
        output.mkdir(parents=True, exist_ok=True)
        if not (file.exists() or (output / OWNER).exists()):
            if any(output.iterdir()):
                raise NotBegunError(f"The folder {output} holds files that are no archive: name a new folder.")
            output.chmod(0o700)
        lock = file.open("w")
    except OSError as error:
        raise NotBegunError(f"The folder {output} cannot be written to: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotBegunError(f"Another run is writing to {output}: wait for its end, or stop it.") from None
        yield


def archive_sandbox(asked: argparse.Namespace, output: Path, last_word: LastWord) -> bool:
    """Copy the sandbox account; return whether the copy is sound."""
    from integration_tests.sandbox.changing_account import changing_account  # noqa: PLC0415 - only for the sandbox

    runs = output / ".runs"
    if runs.exists() and not runs.read_text().isdecimal():
        raise NotBegunError(f"{runs} is damaged, so the run's number is not known: remove the folder {output}.")
    with changing_account(runs, CONNECTOR_ENVIRONMENT / "python") as (account, number):
        print(f"This is run {number} over the made-up account.", flush=True)
        config = output / ".sandbox.json"
        config.write_text(json.dumps({"api_token": account.key("full"), "endpoint": account.url}))
        return archive(asked, config, output, last_word)


def archive(asked: argparse.Namespace, config: Path, output: Path, last_word: LastWord) -> bool:
    """Copy the account that a configuration names; return whether the copy is sound."""
    prepare_environment(output / WORK)
    from archive import steps  # noqa: PLC0415 - it imports PyAirbyte, which takes seconds and reads the environment

    settings = steps.Settings(config, output, asked.streams, asked.csv, asked.portion_seconds, command_of(asked))
    return steps.archive(settings, last_word)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
