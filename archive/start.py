"""Starts a run, or resumes the one that did not finish."""

from __future__ import annotations

from pathlib import Path

from archive import last_read, moved, row_counts, saved_streams, sums
from archive.holes import NO_ROWS_YET
from archive.origin import Origin, is_readable
from archive.owner import Owner
from archive.paths import OWNER, WARNINGS
from archive.report.formatting import minute, quantity
from archive.run import Run, now, write_time
from archive.store import Store
from archive.warning_file import WarningFile
from source_opsgenie.streams.base import ApiStream


def start(
    database: Path,
    progress: Path,
    streams: list[ApiStream],
    origin: Origin,
    *,
    selects: str,
    unseen: list[str] | None,
) -> Run:
    """Start a run, or resume the one that did not finish, with the warnings that only an unfinished run has seen."""
    warnings = WarningFile(database.with_name(WARNINGS))
    if not database.exists():
        progress.unlink(missing_ok=True)  # the rows of that run are gone with the database
        warnings.remove()
    unfinished = Run.load(progress)
    resumed = unfinished if unfinished is not None and can_resume(unfinished, selects, unseen) else None
    with Store(database) as store:
        store.check()
        sums.remove(database.parent)  # the run changes what they were made of
        prepare_last_read(store, origin, database.with_name(OWNER))
        lost = row_counts.losses(store)
        if resumed is None:
            # A run that was interrupted before the account moved has left duplicates, too, but no progress.
            remove_duplicates(store, origin.streams, unfinished or Run(write_time(now())))
        warnings.replace(each for each in warnings.load() if will_not_come_again(each, origin, store))
        warnings.add(lost)  # a later process of this run could not tell
        if resumed is not None:
            keep_saved(resumed, origin, store)
        before = {stream.name: store.count(stream.name) for stream in streams}
    if resumed is None:
        run = Run(write_time(now()), before, selects=selects, unseen=unseen or [])
        run.save(progress)
    else:
        run = resumed
        run.before = before | run.before
        run.unseen = sorted({*run.unseen, *(unseen or ())})
        complete = quantity(len(run.complete), "stream is", "streams are")
        print(f"Resuming the run of {minute(run.since)}: {complete} complete, and not read again.", flush=True)
    run.add_warnings(warnings.load())
    return run


def can_resume(run: Run, selects: str, unseen: list[str] | None) -> bool:
    """Return whether an unfinished run continues; if not, print why.

    With another key or selection, or with more rights, it does not, because its complete streams may lack what this
    process can read. `unseen` is what the key cannot read now; None if that is not known.
    """
    has_more_rights = unseen is not None and bool(set(run.unseen) - set(unseen))
    if run.selects == selects and not has_more_rights:
        return True
    print(
        f"The run of {minute(run.since)} was interrupted, and had another key, fewer rights or another "
        "configuration. So this is a new run: streams that were complete are read again.",
        flush=True,
    )
    return False


def prepare_last_read(store: Store, origin: Origin, owner: Path) -> None:
    """Prepare to remember how the reads from Opsgenie end; after the move, note whether their rows are gone."""
    if origin.is_opsgenie:
        last_read.begin(store)
    elif (
        not store.columns(last_read.TABLE)
        and not any(store.count(each.name) for each in origin.streams)
        and Owner.load(owner).was_of_opsgenie
    ):
        last_read.remember_gone(store, [each.name for each in origin.streams if not is_readable(each)])


def keep_saved(run: Run, origin: Origin, store: Store) -> None:
    """Keep in a resumed run only the streams whose rows the database has, and the warnings that will not come again."""
    saved = saved_streams.of_run(store, run)
    run.complete = {name: when for name, when in run.complete.items() if name in saved}
    run.warnings = [
        each
        for each in run.warnings
        if each.partition(":")[0] in run.complete or will_not_come_again(each, origin, store)
    ]


def will_not_come_again(warning: str, origin: Origin, store: Store) -> bool:
    """Return whether a warning of an unfinished run is about a stream that continues from a state, and so not repeated.

    A stream that is read in full warns again, unless it was complete: then the run has its warnings. What the next read
    asks for again is not lost either.
    """
    name = warning.partition(":")[0]
    stream = next((each for each in origin.streams if each.name == name), None)
    if stream is None:
        return True  # it is about several streams
    return stream.supports_incremental and store.has_state(name) and not NO_ROWS_YET.match(warning)


def remove_duplicates(store: Store, streams: list[ApiStream], run: Run) -> None:
    """Remove duplicate rows from the tables that have other rows than at the end of the last run.

    A table without new rows has no duplicates: rows that share a key came in one list, and all of them are kept.
    """
    unchanged = row_counts.unchanged(store)
    for stream in streams:
        if stream.name not in unchanged:
            moved.remove_duplicates(store, stream, run.read_since(stream.name))
