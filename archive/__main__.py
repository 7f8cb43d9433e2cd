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
import logging
import os
import shlex
import shutil
import subprocess
import sys
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.interrupt import LastWord, answer
from archive.not_begun import NotBegunError
from archive.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.counts import Counts
    from archive.files import Files
    from archive.origin import Origin
    from archive.run import Run
    from archive.store import Store
    from archive.verification import Verification
    from source_opsgenie.config import Config
    from source_opsgenie.streams.base import ApiStream

ROOT = Path(__file__).parents[1]
CONNECTOR_ENVIRONMENT = ROOT / ".venv" / "bin"
CONNECTOR = CONNECTOR_ENVIRONMENT / "source-opsgenie"

# In the place of a configuration: the account that the tests are made with.
SANDBOX = "sandbox"
SANDBOX_OUTPUT = Path(__file__).parent / "output"
OUTPUT = ROOT / "opsgenie-archive"

DATABASE = "opsgenie.duckdb"

# Held by a run, and left where it is.
LOCK = ".lock"

# Whose account the folder holds.
OWNER = ".account.json"

# Seconds of reading between two moments at which everything read is kept.
PORTION_SECONDS = 300.0

SOUND, UNSOUND, NOT_BEGUN = 0, 1, 2

HOW = """\
Which account is to be copied? Write the connector's configuration into a file (README.md says how), and type:

  make archive CONFIG=config.json OUTPUT=../opsgenie-archive

To see first what it does, with a made-up account and without a key:

  make archive-demo"""


def prepare_environment(folder: Path) -> None:
    """Keep PyAirbyte to itself: no telemetry, no registry, no files outside the folder. It looks when imported."""
    os.environ |= {
        "DO_NOT_TRACK": "1",
        "AIRBYTE_OFFLINE_MODE": "1",
        "NO_COLOR": "1",
        "NO_LIVE_PROGRESS": "1",
        "AIRBYTE_TEMP_DIR": str(folder),
        "AIRBYTE_LOGGING_ROOT": str(folder / "logs"),
        "AIRBYTE_PROJECT_DIR": str(folder),
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
                return archive_sandbox(output, asked, last_word)
            return archive(Path(asked.config).resolve(), output, asked, last_word)
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


def archive_sandbox(output: Path, asked: argparse.Namespace, last_word: LastWord) -> int:
    """Copy the sandbox account."""
    from integration_tests.sandbox.changing_account import changing_account  # noqa: PLC0415 - only for the sandbox

    runs = output / ".runs"
    if runs.exists() and not runs.read_text().isdecimal():
        raise NotBegunError(f"{runs} is damaged, so the run's number is not known: remove the folder {output}.")
    with changing_account(runs, CONNECTOR_ENVIRONMENT / "python") as (account, number):
        print(f"SANDBOX: run {number} over a made-up account at {account.url}.", flush=True)
        config = output / ".sandbox.json"
        config.write_text(json.dumps({"api_token": account.key("full"), "endpoint": account.url}))
        return archive(config, output, asked, last_word)


def archive(config_path: Path, output: Path, asked: argparse.Namespace, last_word: LastWord) -> int:
    """Copy the account that a configuration names."""
    work, progress = output / ".work", output / ".progress.json"
    shutil.rmtree(work, ignore_errors=True)  # what a killed run has left
    work.mkdir(mode=0o700)
    (output / "error.log").unlink(missing_ok=True)
    prepare_environment(work)
    from archive.copying import Copy  # noqa: PLC0415 - the environment has to be prepared first
    from archive.counts import Counts  # noqa: PLC0415
    from archive.files import FOLDER, Files  # noqa: PLC0415
    from archive.origin import Origin, is_readable  # noqa: PLC0415
    from archive.store import Store  # noqa: PLC0415
    from source_opsgenie.config import Config  # noqa: PLC0415

    # Of the calls that the archive itself makes; what the connector says comes by the relay.
    logging.getLogger("airbyte").setLevel(logging.CRITICAL)
    check(config_path)
    config = Config.parse(json.loads(config_path.read_text()))
    origin = Origin.of(config)
    streams = chosen(origin.streams, asked.streams)
    readable = [stream for stream in streams if is_readable(stream)]
    if origin.is_sandbox and asked.config != SANDBOX:
        print(f"SANDBOX: a made-up account at {origin.host}.", flush=True)
    if claim(output, origin):
        progress.unlink(missing_ok=True)  # what is complete there is so from Opsgenie
    database = output / DATABASE
    run = begun(database, progress, streams)
    last_word.words = lambda: stopped(run, len(readable), command_of(asked))
    with Store(database) as store:
        counts = Counts(filter(is_readable, origin.streams), store, run)
        tell_cost(readable, run, counts, Files(output / FOLDER, store, sys.stdout))

    Copy(CONNECTOR, config_path, database, work, asked.portion_seconds).run(
        [stream.name for stream in readable], run, progress
    )
    last_word.words = lambda: stopped_at_files(command_of(asked))
    verification = finish(output, asked, config, origin, run)
    (output / "verification.json").write_text(json.dumps(verification.facts(), indent=2) + "\n")
    (output / "verification.md").write_text(verification.page())
    print(verification.told(), flush=True)  # before the report: whatever becomes of that
    write_pages(output, origin, verification)
    progress.unlink()  # the run has ended, well or not: the next one is a new one
    if not run.failed:
        shutil.rmtree(work, ignore_errors=True)
    return SOUND if verification.is_sound else UNSOUND


def finish(output: Path, asked: argparse.Namespace, config: Config, origin: Origin, run: Run) -> Verification:
    """Bring the files, and look through what there is; write the views and the Parquet files."""
    from archive import moved, set_aside, views  # noqa: PLC0415 - as above
    from archive.counts import Counts  # noqa: PLC0415
    from archive.files import FOLDER, TABLES, Files  # noqa: PLC0415
    from archive.origin import Origin  # noqa: PLC0415
    from archive.store import Store  # noqa: PLC0415
    from archive.verification import verify  # noqa: PLC0415

    print(f"Looking through what was copied, and asking {origin.api} for its own counts.", flush=True)
    parquet = output / "parquet"
    parquet.mkdir(exist_ok=True)
    # Hours may have gone by since the first calls, and go by while files come: clients are made anew before each.
    streams = chosen(Origin.of(config).streams, asked.streams)
    with Store(output / DATABASE) as store:
        for stream in streams:
            moved.settle(store, stream)
        files = Files(output / FOLDER, store, sys.stdout)
        files.check()
        files.fetch(streams)
        run.warnings += set_aside.settle(output / set_aside.FILE)
        views.create(store, origin.streams)
        tables = [stream.name for stream in streams if store.columns(stream.name)]
        tables += [own.name for own in TABLES if own.count(store)]
        for name in tables:
            store.export(name, parquet)
        write_csv(store, tables, output, is_wanted=asked.csv)
        counts = Counts(Origin.of(config).streams, store, run)
        return verify(streams, store, run, counts, origin=origin, files=files.found())


def write_pages(output: Path, origin: Origin, verification: Verification) -> None:
    """Write the pages that explain the folder, and the report."""
    from archive import guide  # noqa: PLC0415 - as above
    from archive.owner import Owner  # noqa: PLC0415
    from archive.report.page import About, write_report  # noqa: PLC0415

    title = origin.title(Owner.load(output / OWNER).name or "")
    guide.write(output, origin, verification, title, has_csv=(output / "csv").exists())
    about = About(title, verification.notices, origin.web, verification.absent, is_sandbox=origin.is_sandbox)
    write_report(output / DATABASE, output / "report.html", about)
    print(f"\nThe archive is in {output}; report.html there shows it as a picture.")


def write_csv(store: Store, tables: list[str], output: Path, *, is_wanted: bool) -> None:
    """Write the files for a spreadsheet, where they are asked for or were before."""
    folder = output / "csv"
    if not (is_wanted or folder.exists()):
        return
    folder.mkdir(exist_ok=True)
    for name in tables:
        store.export_csv("alerts_with_names" if name == "alerts" else name, folder / f"{name}.csv")


def begun(database: Path, progress: Path, streams: list[ApiStream]) -> Run:
    """Begin a run, or go on with the one that did not come to its end."""
    from archive.run import Run, now, text  # noqa: PLC0415 - as above
    from archive.store import Store  # noqa: PLC0415

    if not database.exists():
        progress.unlink(missing_ok=True)  # what it says is kept was in a database that is gone
    run = Run.load(progress)
    with Store(database) as store:
        before = {stream.name: store.count(stream.name) for stream in streams}
    if run is None:
        run = Run(text(now()), before)
        run.save(progress)
    else:
        run.before = before | run.before
        print(f"Going on with the run of {run.started}: {len(run.complete)} streams are complete.", flush=True)
    return run


def tell_cost(streams: list[ApiStream], run: Run, counts: Counts, files: Files) -> None:
    """Say what the copy of streams that had no rows before the run will cost."""
    from archive import cost  # noqa: PLC0415 - as above

    new = [stream for stream in streams if not run.before.get(stream.name) and stream.name not in run.complete]
    if new:
        print(cost.words(new, counts.known(), goes_on=bool(run.kept_at)), flush=True)
    else:
        print("The folder holds rows of all streams: this run brings what changed since.", flush=True)
    if files.cost(streams):
        print(files.cost(streams), flush=True)


def stopped(run: Run, streams: int, command: str) -> str:
    """Say what is kept of a run that is stopped now."""
    if not run.kept_at:
        return f"Stopped before the first portion of this run was kept: it is read again. To do so:\n\n  {command}"
    return (
        f"Stopped. {len(run.complete)} of {streams} streams are complete, and kept is what was read up to "
        f"{run.kept_at}; what came after that is read again. The same command goes on:\n\n  {command}"
    )


def stopped_at_files(command: str) -> str:
    """Say what is kept of a run that is stopped while it fetches files."""
    return "Stopped. All rows are kept, and so are the files that have come. The same command goes on:\n\n  " + command


def claim(output: Path, origin: Origin) -> bool:
    """Make sure that the folder belongs to the account; tell whether it goes on from JSM Operations for the first time.

    Raises:
        NotBegunError: it belongs to another one.
    """
    from archive import owner  # noqa: PLC0415 - as above
    from source_opsgenie.http.errors import ApiError  # noqa: PLC0415

    try:
        asked = owner.Owner.ask(origin)
    except ApiError as error:
        raise NotBegunError(str(error.message)) from error
    has_moved = owner.claim(output / OWNER, asked)
    if has_moved:
        print(
            f"The folder was begun from Opsgenie, and goes on from {origin.api}: what is there is kept, and what "
            "changed since is read. Whether alerts kept their ids in the move is not documented: if not, the "
            "verification finds rows missing, and a copy in another OUTPUT has them all.",
            flush=True,
        )
    return has_moved


def chosen(streams: list[ApiStream], names: str) -> list[ApiStream]:
    """Return the streams that the user named; all of them, if none.

    Raises:
        NotBegunError: there is no such stream.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = sorted(set(wanted) - {stream.name for stream in streams})
    if unknown:
        raise NotBegunError(f"There is no stream {', '.join(unknown)}: docs/streams.md lists them all.")
    return [stream for stream in streams if not wanted or stream.name in wanted]


def check(config: Path) -> None:
    """Ask the connector whether the configuration and the key are good.

    Raises:
        NotBegunError: in the connector's words.
    """
    if not CONNECTOR.exists():
        raise NotBegunError("The connector is not installed: run `make .venv/ready`.")
    done = subprocess.run(  # noqa: S603 - our own program
        [CONNECTOR, "check", "--config", config], stdout=subprocess.PIPE, text=True, check=False
    )
    for message in map(json.loads, done.stdout.splitlines()):
        status: dict[str, Any] = message.get("connectionStatus") or {}
        if status.get("status") == "SUCCEEDED":
            return
        told = status.get("message") or message.get("trace", {}).get("error", {}).get("message")
        if told:
            raise NotBegunError(told)
    raise NotBegunError("The connector does not start: run `make .venv/ready`.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
