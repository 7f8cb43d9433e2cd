"""Copies a whole account of Opsgenie or JSM Operations into a folder: a DuckDB file, Parquet files and a report.

Run it with `make archive CONFIG=config.json OUTPUT=folder`; `make archive-demo` copies a made-up account. It may be
stopped at any moment, with Ctrl-C or `kill -9`; the next run continues. A run after a complete one adds what is new.

Exit codes: 0 the copy is complete; 1 something failed, or differs from the API's own count without an explanation; 2 it
could not start; 130, 143 or 129 it was stopped by Ctrl-C, SIGTERM or SIGHUP.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import io
import json
import os
import re
import shlex
import shutil
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from archive import damage
from archive.damage import DamagedError, NotBegunError
from archive.database_error import LOCKED, reason_of
from archive.interrupt import ExitMessage, exit_on_signals
from archive.paths import (
    CONNECTOR_ENVIRONMENT,
    DATABASE,
    LINES,
    LOCK,
    OUTPUT,
    OWNER,
    SANDBOX_CONFIG,
    SANDBOX_OUTPUT,
    WORK,
)
from archive.plain import plain

# The value of --config that copies the sandbox, the made-up account of the tests.
SANDBOX = "sandbox"

# Seconds of reading after which the rows are saved.
PORTION_SECONDS = 300.0

SOUND, UNSOUND, NOT_BEGUN = 0, 1, 2

# Why a folder cannot be written to any more, by the number of the error, and what to do.
UNWRITABLE = {
    errno.ENOSPC: "the disk with {} is full. Free some space.",
    errno.EDQUOT: "your quota on the disk with {} is used up. Free some space.",
    errno.EROFS: "the disk with {} has become read-only. Make it writable.",
}

# What PyAirbyte does not escape in a path. It makes an address of the path, in which a "?" begins the options, and SQL,
# in which ":prod" would be a parameter. DuckDB would put "prod" into the column "name" of every row of a file in the
# folder "name=prod".
UNESCAPED = {
    r"\?": "a question mark",
    "'": "an apostrophe",
    "=": "an equals sign",
    r"(?<![:\w\\]):\w": "a colon in front of a word",
}

INLINE = (
    "The command line contains the configuration itself: write it into a file, and give the path of that file, as in "
    "CONFIG=config.json."
)

USAGE = """\
Which account do you want to copy? Write the connector's configuration into a file (see README.md), and type:

  make archive CONFIG=config.json OUTPUT=../opsgenie-archive

To see what it does first, with a made-up account and without a key:

  make archive-demo"""


def prepare_environment(work: Path) -> None:
    """Disable PyAirbyte's telemetry and registry, and keep its files in one folder; call this before importing it."""
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


def require_programs(work: Path) -> None:
    """Require a disk on which programs can be run, because PyAirbyte starts one from the folder.

    Raises:
        NotBegunError: the disk does not run programs.
    """
    program = work / "program"
    program.touch(0o700)
    if not os.access(program, os.X_OK):
        raise NotBegunError(
            f"The disk with {work.parent} does not run programs, which this command needs (it is probably mounted with "
            "the option noexec): choose an OUTPUT on another disk. A finished archive can be kept anywhere."
        )
    program.unlink()


def remove_leftovers(output: Path) -> None:
    """Remove the temporary files that a killed run left behind: PyAirbyte's, DuckDB's, and the file of log lines."""
    for name in (WORK, f"{DATABASE}.tmp"):
        shutil.rmtree(output / name, ignore_errors=True)
    (output / LINES).unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Copy, verify and report an account; return the exit code. Every error is printed as a sentence."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of the account may not fit the locale
    options = parse(arguments)
    if not options.config:
        print(USAGE, file=sys.stderr)
        return NOT_BEGUN
    if options.config.lstrip().startswith(("{", "[")):  # it is not repeated, because it may contain the key
        print(INLINE, file=sys.stderr)
        return NOT_BEGUN
    is_sandbox = options.config == SANDBOX
    output = path_of(options.output or str(SANDBOX_OUTPUT if is_sandbox else OUTPUT))
    exit_message = ExitMessage(
        lambda: f"The run was stopped before anything was read. To start again, run:\n\n  {resume_command(options)}"
    )
    exit_on_signals(exit_message)
    try:
        with locked(output):
            if is_sandbox:
                is_sound = archive_sandbox(options, output, exit_message)
            else:
                is_sound = archive(options, path_of(options.config), output, exit_message)
            return SOUND if is_sound else UNSOUND
    except NotBegunError as error:
        if isinstance(error, DamagedError):
            damage.withdraw(output)
        print(plain(error), file=sys.stderr)
        return NOT_BEGUN
    except Exception as error:  # noqa: BLE001 - PyAirbyte, DuckDB and the disk fail in many ways
        sys.unraisablehook = lambda _: None  # closing a file on a full disk fails, too
        print(explanation(error, output), file=sys.stderr)
        return UNSOUND


def path_of(text: str) -> Path:
    """Return a path that a user typed; not every shell replaces the ~ in OUTPUT=~/archive."""
    # The methods of `Path` fail if there is no such home, or if a link leads to itself.
    return Path(os.path.realpath(os.path.expanduser(text)))  # noqa: PTH111


def explanation(error: Exception, output: Path) -> str:
    """Explain an error that ended a run, and write its details into a file."""
    details = "".join(traceback.format_exception(error))
    continued = "All portions that were saved are kept; run the same command again to continue."
    for number, reason in UNWRITABLE.items():
        if os.strerror(number) in details:  # of whichever program could not write
            return f"The archive stopped because {reason.format(output)} {continued}"
    if LOCKED in details:
        program = f"{output / DATABASE} is open in another program. Close it there."
        return f"The archive stopped because {program} {continued}"
    what = plain(reason_of(error, output))
    if damage.SIGN in details:
        damage.withdraw(output)
        return damage.explanation(output / DATABASE, what)
    log = output / "error.log"
    logged = f"{log} has the details, which may contain data of the account, but not the key."
    try:
        log.write_text(details, encoding="utf-8", errors="backslashreplace")
    except OSError as unwritable:
        logged = f"The details could not be written to {log}: {unwritable.strerror}."
    return f"The archive stopped because of an unexpected error: {what}\n{continued} {logged}"


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line; make passes an empty text for an option that is not set."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__, allow_abbrev=False)
    parser.add_argument("--config", default="", help=f"the connector's configuration, or the word {SANDBOX}")
    parser.add_argument("--output", default="", help="the folder for the copy")
    parser.add_argument("--streams", default="", help="names of streams, separated by commas; all by default")
    parser.add_argument("--csv", action="store_true", help="also write CSV files for a spreadsheet")
    parser.add_argument(
        "--portion-seconds",
        type=float,
        default=PORTION_SECONDS,
        help="seconds of reading after which the rows are saved (default: %(default).0f)",
    )
    options, others = parser.parse_known_args(arguments)
    if others:  # they are not repeated, because one of them may be the key
        parser.error("the command line has unknown arguments; --help lists the known ones.")
    return options


def resume_command(options: argparse.Namespace) -> str:
    """Return the command that continues a run."""
    if options.streams or options.portion_seconds != PORTION_SECONDS:
        return shlex.join([".venv-demo/bin/python", "-m", "archive", *sys.argv[1:]])
    values = {"CONFIG": options.config, "OUTPUT": options.output, "CSV": "yes" if options.csv else ""}
    return shlex.join(["make", "archive", *(f"{name}={value}" for name, value in values.items() if value)])


def require_usable(output: Path) -> None:
    """Require a path that PyAirbyte can use.

    Raises:
        NotBegunError: the path has a character that PyAirbyte does not escape, or bytes that it cannot read.
    """
    for pattern, name in UNESCAPED.items():
        if re.search(pattern, str(output)):
            raise NotBegunError(f"The database cannot be in the folder {output}: choose an OUTPUT without {name}.")
    try:
        str(output).encode()
    except UnicodeEncodeError:
        raise NotBegunError(f"The path {output} is not in UTF-8: choose another OUTPUT.") from None


@contextmanager
def locked(output: Path) -> Iterator[None]:
    """Create the folder and lock it against other runs; the lock ends with the process, even if it is killed."""
    file = output / LOCK
    os.umask(0o077)  # the folder contains names and addresses
    require_usable(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
        if not (file.exists() or (output / OWNER).exists()):
            if any(output.iterdir()):
                raise NotBegunError(f"The folder {output} contains files but no archive: choose a new folder.")
            output.chmod(0o700)
        lock = file.open("w")
    except OSError as error:
        raise NotBegunError(f"The folder {output} cannot be written to: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotBegunError(f"Another run is writing to {output}: wait until it ends, or stop it.") from None
        try:
            yield
        except NotBegunError:
            shutil.rmtree(output / WORK, ignore_errors=True)
            if not any((output / name).exists() for name in (OWNER, DATABASE)):  # it is a new folder
                file.unlink()
                (output / SANDBOX_CONFIG).unlink(missing_ok=True)
                with suppress(OSError):
                    output.rmdir()
            raise


def archive_sandbox(options: argparse.Namespace, output: Path, exit_message: ExitMessage) -> bool:
    """Copy the sandbox account; return whether the copy is sound."""
    from integration_tests.sandbox.changing_account import changing_account  # noqa: PLC0415 - only for the sandbox

    runs = output / ".runs"
    if runs.exists() and not runs.read_text().isdecimal():
        raise NotBegunError(f"{runs} is damaged, so the number of the run is unknown: remove the folder {output}.")
    with changing_account(runs, CONNECTOR_ENVIRONMENT / "python") as (account, number):
        print(f"This is run {number} of the made-up account.", flush=True)
        config = output / SANDBOX_CONFIG
        config.write_text(json.dumps({"api_token": account.key("full"), "endpoint": account.url}))
        return archive(options, config, output, exit_message)


def archive(options: argparse.Namespace, config: Path, output: Path, exit_message: ExitMessage) -> bool:
    """Copy the account that a configuration names; return whether the copy is sound."""
    remove_leftovers(output)
    prepare_environment(output / WORK)
    require_programs(output / WORK)
    from archive import steps  # noqa: PLC0415 - it imports the CDK, which takes seconds: Ctrl-C must work meanwhile

    settings = steps.Settings(
        config, output, options.streams, options.csv, options.portion_seconds, resume_command(options)
    )
    return steps.archive(settings, exit_message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
