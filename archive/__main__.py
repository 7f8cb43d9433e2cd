"""Copies a whole Opsgenie account into one folder: a DuckDB file, Parquet files, a verification, a report.

Run it by `make archive CONFIG=config.json OUTPUT=folder`; without CONFIG it copies a sandbox account. It may be stopped
at any moment, by `kill -9` as well: run again, it goes on. Run again after it has ended, it adds what is new.

Exit codes: 0 all is there; 1 something failed, or differs from Opsgenie's own count without an explanation; 2 it could
not begin.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from source_opsgenie.streams.base import ApiStream
    from source_opsgenie.streams.context import Context

ROOT = Path(__file__).parents[1]
CONNECTOR_ENVIRONMENT = ROOT / ".venv" / "bin"
CONNECTOR = CONNECTOR_ENVIRONMENT / "source-opsgenie"
DEFAULT_OUTPUT = Path(__file__).parent / "output"

# Opsgenie's web application, by the API's host.
WEB = {"api.opsgenie.com": "https://app.opsgenie.com", "api.eu.opsgenie.com": "https://app.eu.opsgenie.com"}

# Seconds of reading between two moments at which everything read is kept.
PORTION_SECONDS = 300.0

SOUND, UNSOUND, NOT_BEGUN, STOPPED = 0, 1, 2, 130


class NotBegunError(Exception):
    """The archive cannot begin; the text is a sentence for the user."""


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
    """Copy, verify, draw."""
    asked = parse(arguments)
    output: Path = asked.output.resolve()
    try:
        with held(output):
            if asked.config is not None:
                return archive(asked.config.resolve(), output, asked)
            return archive_sandbox(output, asked)
    except NotBegunError as error:
        print(error, file=sys.stderr)
        return NOT_BEGUN
    except KeyboardInterrupt:
        print("\nStopped. What is kept is kept; run it again to go on.", file=sys.stderr)
        return STOPPED


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line. An empty CONFIG is none: that is how make hands it on."""
    parser = argparse.ArgumentParser(prog="archive", description=__doc__)
    parser.add_argument("--config", type=lambda text: Path(text) if text else None, default=None)
    parser.add_argument("--output", type=lambda text: Path(text) if text else DEFAULT_OUTPUT, default=DEFAULT_OUTPUT)
    parser.add_argument("--streams", default="", help="names with commas between; all of them, if left out")
    parser.add_argument("--portion-seconds", type=float, default=PORTION_SECONDS)
    return parser.parse_args(arguments)


@contextmanager
def held(output: Path) -> Iterator[None]:
    """Make the folder, and keep other runs out of it. The hold ends with the process, however it ends."""
    output.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds names and addresses
    with (output / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotBegunError(f"Another run is writing to {output}: wait for its end, or stop it.") from None
        yield


def archive_sandbox(output: Path, asked: argparse.Namespace) -> int:
    """Copy the sandbox account."""
    from integration_tests.sandbox.changing_account import changing_account  # noqa: PLC0415 - only without a configuration

    with changing_account(output / ".runs", CONNECTOR_ENVIRONMENT / "python") as (account, number):
        print(f"Run {number} over the sandbox account at {account.url}.", flush=True)
        config = output / ".sandbox.json"
        config.write_text(json.dumps({"api_token": account.key("full"), "endpoint": account.url}))
        return archive(config, output, asked)


def archive(config_path: Path, output: Path, asked: argparse.Namespace) -> int:
    """Copy the account that a configuration names."""
    work, progress = output / ".work", output / ".progress.json"
    shutil.rmtree(work, ignore_errors=True)  # what a killed run has left
    work.mkdir(mode=0o700)
    prepare_environment(work)
    from archive.copying import Copy  # noqa: PLC0415 - the environment has to be prepared first
    from archive.counts import Counts  # noqa: PLC0415
    from archive.report.page import About, write_report  # noqa: PLC0415
    from archive.run import Run, now, text  # noqa: PLC0415
    from archive.store import Store  # noqa: PLC0415
    from archive.verification import verify  # noqa: PLC0415
    from source_opsgenie.config import Config  # noqa: PLC0415
    from source_opsgenie.opsgenie.catalog import all_streams  # noqa: PLC0415
    from source_opsgenie.opsgenie.context import context_of  # noqa: PLC0415

    check(config_path)
    config = Config.parse(json.loads(config_path.read_text()))
    context = context_of(config, threading.Event())
    streams = chosen(all_streams(context), asked.streams)
    claim(output, context)
    database = output / "opsgenie.duckdb"
    run = Run.load(progress)
    if run is None:
        with Store(database) as store:
            run = Run(text(now()), {stream.name: store.count(stream.name) for stream in streams})
        run.save(progress)
    else:
        with Store(database) as store:
            run.before = {stream.name: store.count(stream.name) for stream in streams} | run.before
        print(f"Going on with the run of {run.started}: {len(run.complete)} streams are complete.", flush=True)

    Copy(CONNECTOR, config_path, database, work, asked.portion_seconds).run(
        [stream.name for stream in streams], run, progress
    )
    parquet = output / "parquet"
    parquet.mkdir(exist_ok=True)
    with Store(database) as store:
        for stream in streams:
            store.settle(stream.name, stream.primary_key)
            store.export(stream.name, parquet)
        verification = verify(streams, store, run, Counts(config, store, run), config.address.authority)
    (output / "verification.json").write_text(json.dumps(verification.facts(), indent=2) + "\n")
    (output / "verification.md").write_text(verification.page())
    about = About(verification.notices, WEB.get(config.address.host), is_sandbox=config.address.scheme == "http")
    write_report(database, output / "report.html", about)
    print(verification.told())
    print(f"\nThe archive is in {output}; report.html there shows it as a picture.")
    progress.unlink()  # the run has ended, well or not: the next one is a new one
    if not run.failed:
        shutil.rmtree(work, ignore_errors=True)
    return SOUND if verification.is_sound else UNSOUND


def claim(output: Path, context: Context) -> None:
    """Make sure that the folder belongs to the account.

    Raises:
        NotBegunError: it belongs to another one.
    """
    from archive.owner import Owner, claimed  # noqa: PLC0415 - as above
    from source_opsgenie.http.errors import ApiError  # noqa: PLC0415

    try:
        owner = Owner.ask(context)
    except ApiError as error:
        raise NotBegunError(str(error.message)) from error
    other = claimed(output / ".account.json", owner)
    if other is not None:
        raise NotBegunError(f"{output} holds {other}, and the key is for {owner}: choose another OUTPUT.")


def chosen(streams: list[ApiStream], names: str) -> list[ApiStream]:
    """Give the streams that the user named; all of them, if none.

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
    raise NotBegunError("The connector does not start: run `make setup`.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
