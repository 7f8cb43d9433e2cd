"""The steps of a run: begin it, copy the account, look through what came, write the pages and the report."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive import cost, guide, moved, owner, set_aside, views
from archive.copying import Copy
from archive.counts import Counts
from archive.files import FOLDER, TABLES, Files
from archive.not_begun import NotBegunError
from archive.origin import Origin, is_readable
from archive.owner import Owner
from archive.place import CONNECTOR, DATABASE, OWNER, PROGRESS, WORK
from archive.report.page import About, write_report
from archive.report.words import minute
from archive.run import Run, moment, now, text
from archive.store import Store
from archive.verification import verify
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.interrupt import LastWord
    from archive.verification import Verification
    from source_opsgenie.streams.base import ApiStream


@dataclass(frozen=True)
class Settings:
    """What a run does.

    Attributes:
        config: the file with the connector's configuration.
        output: the folder for the copy.
        streams: the names of the streams to copy, with commas between; empty for all of them.
        has_csv: whether files for a spreadsheet are written, too.
        portion_seconds: how long the connector reads between two moments at which everything read is kept.
        again: the command that goes on with the run.
    """

    config: Path
    output: Path
    streams: str
    has_csv: bool
    portion_seconds: float
    again: str


def archive(settings: Settings, last_word: LastWord) -> bool:
    """Copy an account; return whether the copy is sound.

    Raises:
        NotBegunError: the copy cannot begin, for a reason that the message gives.
    """
    output = settings.output
    work, progress = output / WORK, output / PROGRESS
    (output / "error.log").unlink(missing_ok=True)
    # Of the calls that the archive itself makes; what the connector says comes by the relay.
    logging.getLogger("airbyte").setLevel(logging.CRITICAL)
    check(settings.config)
    config = Config.parse(json.loads(settings.config.read_text()))
    origin = Origin.of(config)
    streams = chosen(origin.streams, settings.streams)
    readable = [stream for stream in streams if is_readable(stream)]
    if origin.is_sandbox:
        print(f"SANDBOX: a made-up account at {origin.host}.", flush=True)
    if claim(output, origin):
        progress.unlink(missing_ok=True)  # what is complete there is so from Opsgenie
    database = output / DATABASE
    run = begun(database, progress, streams)
    last_word.words = lambda: stopped(run, len(readable), settings.again)
    with Store(database) as store:
        counts = Counts(filter(is_readable, origin.streams), store, run)
        tell_cost(readable, run, counts, Files(output / FOLDER, store, sys.stdout))

    Copy(CONNECTOR, settings.config, database, work, settings.portion_seconds).run(
        [stream.name for stream in readable], run, progress
    )
    last_word.words = lambda: stopped_at_files(settings.again)
    verification = finish(settings, config, origin, run)
    (output / "verification.json").write_text(json.dumps(verification.facts(), indent=2) + "\n")
    (output / "verification.md").write_text(verification.page())
    print(verification.told(), flush=True)  # before the report: whatever becomes of that
    write_pages(output, origin, verification)
    progress.unlink()  # the run has ended, well or not: the next one is a new one
    if not run.failed:
        shutil.rmtree(work, ignore_errors=True)
    return verification.is_sound


def begun(database: Path, progress: Path, streams: list[ApiStream]) -> Run:
    """Begin a run, or go on with the one that did not come to its end."""
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
        began = minute(moment(run.started))
        print(f"Going on with the run of {began}: {len(run.complete)} streams are complete.", flush=True)
    return run


def claim(output: Path, origin: Origin) -> bool:
    """Make sure that the folder belongs to the account; tell whether it goes on from JSM Operations for the first time.

    Raises:
        NotBegunError: it belongs to another one.
    """
    try:
        asked = Owner.ask(origin)
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


def tell_cost(streams: list[ApiStream], run: Run, counts: Counts, files: Files) -> None:
    """Say what the copy of streams that had no rows before the run will cost."""
    new = [stream for stream in streams if not run.before.get(stream.name) and stream.name not in run.complete]
    if new:
        print(cost.words(new, counts.known(), goes_on=bool(run.kept_at)), flush=True)
    else:
        print("The folder holds rows of all streams: this run brings what changed since.", flush=True)
    if files.cost(streams):
        print(files.cost(streams), flush=True)


def finish(settings: Settings, config: Config, origin: Origin, run: Run) -> Verification:
    """Bring the files, and look through what there is; write the views and the Parquet files."""
    print(f"Looking through what was copied, and asking {origin.api} for its own counts.", flush=True)
    output = settings.output
    parquet = output / "parquet"
    parquet.mkdir(exist_ok=True)
    # Hours may have gone by since the first calls, and go by while files come: clients are made anew before each.
    streams = chosen(Origin.of(config).streams, settings.streams)
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
        write_csv(store, tables, output, is_wanted=settings.has_csv)
        counts = Counts(Origin.of(config).streams, store, run)
        return verify(streams, store, run, counts, origin=origin, files=files.found())


def write_pages(output: Path, origin: Origin, verification: Verification) -> None:
    """Write the pages that explain the folder, and the report."""
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
