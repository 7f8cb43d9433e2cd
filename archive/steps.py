"""The steps of a run: claim the folder, copy the account, verify the copy, write the pages and the report."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import cost, guide, last_read, owner, row_counts, saved_streams, set_aside, sums, views
from archive.copying import ConfigFile, Copy
from archive.counts import Counts
from archive.damage import NotBegunError
from archive.files import FOLDER, TABLES, Files
from archive.interrupt import ExitMessage
from archive.origin import Origin, is_readable
from archive.owner import Owner
from archive.paths import CONNECTOR, DATABASE, OWNER, PROGRESS, REPORT, VERIFICATION, WARNINGS, WORK, write_text
from archive.plain import plain
from archive.report.formatting import listed
from archive.report.page import About, write_report
from archive.run import Run
from archive.same_account import require_same_account
from archive.selection import EARLIEST, TIMELINES, Selection
from archive.sight import Sight
from archive.start import remove_duplicates, start
from archive.store import SCHEMA, Store, table
from archive.verification import Verification, verify
from archive.warning_file import WarningFile
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.redact import SECRETS
from source_opsgenie.streams.base import ApiStream

NO_START_DATE = (
    "No start_date is set, so schedule_timelines goes back 12 months only. To copy the on-call history from before, "
    f"set start_date to a date before the account was created, such as {EARLIEST}."
)

LEFT_BEHIND = (
    "The folder still has files of tables that are not in the database: {files}. Remove them if you do not need them."
)

# The name of a table that PyAirbyte loads rows into: the stream, and nine characters of a ULID, which begins with 0.
LOADING_TABLE = re.compile(r"(?P<stream>\w+)_0[0-9a-hjkmnp-tv-z]{8}")


@dataclass(frozen=True)
class Settings:
    """The settings of a run.

    Attributes:
        config: the file with the connector's configuration.
        output: the folder for the copy.
        streams: the names of the streams to copy, separated by commas; empty for all streams.
        has_csv: whether to write CSV files, too.
        portion_seconds: the seconds of reading after which the rows are saved.
        resume_command: the command that continues the run.
    """

    config: Path
    output: Path
    streams: str
    has_csv: bool
    portion_seconds: float
    resume_command: str


def archive(settings: Settings, exit_message: ExitMessage) -> bool:
    """Copy an account; return whether the copy is sound.

    Raises:
        NotBegunError: the copy cannot start; the message says why.
    """
    output = settings.output
    work, progress = output / WORK, output / PROGRESS
    (output / "error.log").unlink(missing_ok=True)
    # Hides the logs of PyAirbyte, of its libraries, and of the calls that the archive itself makes. The connector's
    # own log goes through the relay.
    logging.disable(logging.CRITICAL)
    sight = Sight.of(check(settings.config))
    file = ConfigFile.read(settings.config)
    config = Config.parse(file.values)
    SECRETS.keep([config.api_token])  # which an answer to a call of the archive's own may repeat
    origin = Origin.of(config)
    streams = select(origin.streams, settings.streams)
    readable = [stream for stream in streams if is_readable(stream)]
    if origin.is_sandbox:
        print(f"SANDBOX: the account at {origin.host} is made up.", flush=True)
    moved_to = claim(output, origin, config)
    if moved_to is not None:
        progress.unlink(missing_ok=True)  # its streams were completed from Opsgenie, not yet from JSM Operations
    database = output / DATABASE
    names = [stream.name for stream in readable]
    run = start(database, progress, streams, origin, selects=file.selects, unseen=sight.unseen)
    exit_message.text = lambda: interrupted(run, names, settings.resume_command)
    with Store(database) as store:
        seen = [stream for stream in origin.streams if is_readable(stream) and stream.name not in sight.reasons]
        counts = Counts(seen, store, run)
        selected = [stream.name for stream in streams]
        selection = Selection.make(config, selected, len(origin.streams), counts.older(selected))
        print_limits(selection, sight, names, origin)
        files = Files(output / FOLDER, store, sys.stdout)
        wanted = [stream for stream in seen if stream in streams]
        print_cost(wanted, run, store, counts, files, subject=subject_of(selection, sight))
        if origin.is_opsgenie:
            last_read.note_unfinished(store, [name for name in names if name not in run.complete])
    if run.api_started is None:
        run.api_started = origin.context.clock.earliest
        run.save(progress)

    Copy(CONNECTOR, file, database, work, settings.portion_seconds).run(
        names, run, progress, lambda: note_saved(output, moved_to, run)
    )
    exit_message.text = lambda: interrupted_at_files(settings.resume_command)
    verification = finish(settings, config, origin, run, selection=selection, sight=sight)
    texts = (verification.page(), json.dumps(verification.facts(), indent=2) + "\n")
    for name, text in zip(VERIFICATION, texts, strict=True):
        write_text(output / name, text)
    print(verification.summary(), flush=True)  # before the report is drawn, in case that fails
    write_pages(output, origin, verification)
    WarningFile(output / WARNINGS).remove()  # the verification has stored those that later runs do not repeat
    progress.unlink()  # the run has ended, even if streams failed: the next one is a new run
    if not run.failed:
        shutil.rmtree(work, ignore_errors=True)
    sums.write(output)
    return verification.is_sound


def note_saved(output: Path, moved_to: Owner | None, run: Run) -> None:
    """Note which API the folder belongs to now, and in the database, which of its tables this run has completed."""
    if moved_to is not None:
        moved_to.save(output / OWNER)
    with Store(output / DATABASE) as store:
        saved_streams.remember(store, run)


def claim(output: Path, origin: Origin, config: Config) -> Owner | None:
    """Claim the folder for the account; if it has moved since the last run, return its new identity, not saved yet.

    Raises:
        NotBegunError: the folder belongs to another account, or the site does not have its account.
    """
    try:
        configured = Owner.ask(origin)
    except ApiError as error:
        raise NotBegunError(str(error.message)) from error
    moved_to = owner.claim(output / OWNER, configured)
    if moved_to is not None:
        if (output / DATABASE).exists():
            with Store(output / DATABASE) as store:
                require_same_account(config, store)
        print(
            f"This folder was started from Opsgenie and continues from {origin.api}: its rows are kept, and only what "
            "has changed since the last run is read. Atlassian does not document whether alerts keep their ids in the "
            "move. If they do not, the verification finds missing rows: then copy the account into another OUTPUT.",
            flush=True,
        )
    return moved_to


def select(streams: list[ApiStream], names: str) -> list[ApiStream]:
    """Return the streams that the user named; all streams if the user named none.

    Raises:
        NotBegunError: a named stream does not exist.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = sorted(set(wanted) - {stream.name for stream in streams})
    if unknown:
        raise NotBegunError(
            f"There is no stream {', '.join(unknown)} here: docs/streams.md lists those of Opsgenie, and those that "
            "only JSM Operations has."
        )
    return [stream for stream in streams if not wanted or stream.name in wanted]


def check(config: Path) -> list[str]:
    """Run the connector's check of the configuration and the key; return its warnings.

    Raises:
        NotBegunError: the check failed; the message is the connector's own.
    """
    if not CONNECTOR.exists():
        raise NotBegunError("The connector is not installed: run `make .venv/ready`.")
    done = subprocess.run([CONNECTOR, "check", "--config", config], stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own program
    warnings = []
    for message in map(json.loads, done.stdout.splitlines()):
        log: dict[str, Any] = message.get("log") or {}
        if log.get("level") == "WARN":
            warnings.append(str(log["message"]))
        status: dict[str, Any] = message.get("connectionStatus") or {}
        if status.get("status") == "SUCCEEDED":
            return warnings
        reason = status.get("message") or message.get("trace", {}).get("error", {}).get("message")
        if reason:
            raise NotBegunError(" ".join([*warnings, reason]))  # a misspelled key may be why it fails
    raise NotBegunError("The connector does not start: run `make .venv/ready`.")


def print_limits(selection: Selection, sight: Sight, readable: list[str], origin: Origin) -> None:
    """Print which part of the account will be copied, and what the key cannot read."""
    lines = [selection.sentence] if selection.sentence else []
    has_timelines = TIMELINES in selection.streams and TIMELINES not in sight.reasons
    if origin.is_opsgenie and has_timelines and selection.start_date is None:
        lines.append(NO_START_DATE)
    for line in [*lines, *sight.before(readable)]:
        print(plain(line), flush=True)


def subject_of(selection: Selection, sight: Sight) -> str:
    """Return whose alerts, incidents and users are counted, as the beginning of a sentence."""
    if not selection.is_of_all_rows:
        return "The selected part of the account has"
    return "The key sees" if sight.limits else "The account has"


def print_cost(streams: list[ApiStream], run: Run, store: Store, counts: Counts, files: Files, *, subject: str) -> None:
    """Print what it will cost to read the streams that are not complete, and to fetch the files."""
    left = [stream for stream in streams if stream.name not in run.complete]
    if left:
        read = [stream.name for stream in left if stream.supports_incremental and was_read(stream, run, store)]
        totals = counts.totals()
        print(cost.describe(left, totals, subject=subject, read=read, is_resumed=bool(run.kept_at)), flush=True)
    elif streams:
        print("All rows are saved, so none is read again.", flush=True)
    of_files = files.cost(streams)
    if of_files:
        print(of_files, flush=True)


def was_read(stream: ApiStream, run: Run, store: Store) -> bool:
    """Return whether an earlier run has read a stream, so that only its changes are left; a stream may have no rows."""
    if run.before.get(stream.name):
        return True
    return not run.kept_at and store.has_state(stream.name)  # those of this run do not say that it has ended


def finish(
    settings: Settings, config: Config, origin: Origin, run: Run, *, selection: Selection, sight: Sight
) -> Verification:
    """Remove duplicate rows, fetch the files, write the views and their Parquet and CSV files, and verify the copy."""
    print(f"Completing the copy, and asking {origin.api} for its own row counts.", flush=True)
    output = settings.output
    parquet = output / "parquet"
    parquet.mkdir(exist_ok=True)
    # With new clients, here and again after the files, because hours may have passed since the last call.
    streams = select(Origin.of(config).streams, settings.streams)
    with Store(output / DATABASE) as store:
        drop_loading_tables(store, [stream.name for stream in origin.streams])
        remove_duplicates(store, origin.streams, run)  # selected or not: a killed run may have left some of any
        files = Files(output / FOLDER, store, sys.stdout)
        files.check()
        files.fetch(streams)
        run.warnings += set_aside.compact(output / set_aside.FILE)
        with store.transaction():  # hundreds of statements, which would take a second or two in as many transactions
            views.create(store, origin.streams)
        # Also those not selected: a run that was killed may have added rows to them.
        tables = [stream.name for stream in origin.streams if store.columns(stream.name)]
        tables += [own.name for own in TABLES if own.count(store)]
        for name in tables:
            store.export(name, parquet)
        joined, warnings = views.export_joined(store, parquet)
        tables += joined
        run.warnings += warnings
        write_csv(store, tables, output, is_wanted=settings.has_csv)
        run.warnings += left_behind(output, tables)
        counts = Counts(Origin.of(config).streams, store, run)
        verification = verify(
            streams, store, run, counts, origin=origin, selection=selection, sight=sight, files=files.summary()
        )
        row_counts.remember(store, [stream.name for stream in origin.streams])
        if origin.is_opsgenie:
            last_read.remember(store, verification.lacks())
        return verification


def left_behind(output: Path, tables: Iterable[str]) -> list[str]:
    """Return a warning if the folder has files of tables that the database, which is then a new one, does not have."""
    known = set(tables)
    files = sorted(path for kind in ("parquet", "csv") for path in (output / kind).glob(f"*.{kind}"))
    left = [str(path.relative_to(output)) for path in files if path.stem not in known]
    return [LEFT_BEHIND.format(files=listed(left))] if left else []


def drop_loading_tables(store: Store, streams: list[str]) -> None:
    """Drop the tables that PyAirbyte loads rows into before it appends them; a write that failed leaves one behind."""
    sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE'"
    for (name,) in store.rows(sql, SCHEMA):
        found = LOADING_TABLE.fullmatch(name)
        if found and found["stream"] in streams:
            store.execute(f"DROP TABLE {table(name)}")


def write_pages(output: Path, origin: Origin, verification: Verification) -> None:
    """Write the pages that describe the folder, and the report."""
    title = origin.title(Owner.load(output / OWNER).name or "")
    guide.write(output, origin, verification, title, has_csv=(output / "csv").exists())
    about = About(
        title=title,
        verdict=verification.verdict,
        notices=verification.notices,
        web=origin.web,
        absent=verification.absent,
        outdated=verification.outdated(stream.name for stream in origin.streams),
        is_sandbox=origin.is_sandbox,
    )
    write_report(output / DATABASE, output / REPORT, about)
    print(f"\nThe archive is in {output}; open report.html in a browser to see a report about it.")


def write_csv(store: Store, tables: list[str], output: Path, *, is_wanted: bool) -> None:
    """Write the CSV files if this run or an earlier one was asked to."""
    folder = output / "csv"
    if not (is_wanted or folder.exists()):
        return
    folder.mkdir(exist_ok=True)
    with_names = "alerts_with_names"  # which takes the place of the table, because a spreadsheet cannot join
    for name in tables:
        if name != with_names:
            store.export_csv(with_names if name == "alerts" and with_names in tables else name, folder / f"{name}.csv")


def interrupted(run: Run, streams: list[str], command: str) -> str:
    """Return the message for a run that is interrupted while it reads rows."""
    if not run.kept_at:
        return f"The run was stopped before any rows of it were saved. To start again, run:\n\n  {command}"
    complete = run.complete.keys() & streams  # an earlier process of the run may have read others
    return (
        f"The run was stopped. {len(complete)} of {len(streams)} streams are complete. All rows read until "
        f"{run.kept_at} are saved, and later ones will be read again. To continue, run:\n\n  {command}"
    )


def interrupted_at_files(command: str) -> str:
    """Return the message for a run that is interrupted after all rows were saved."""
    saved = "All rows are saved, and so are the files fetched so far."
    return f"The run was stopped. {saved} To continue, run:\n\n  {command}"
