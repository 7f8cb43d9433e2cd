"""Fetches the files of an account, checks them in every run, and lists them in a table.

PyAirbyte reads the rows of files but not the files themselves. So the archive fetches them afterwards, in the same way
as the connector does. Each file is recorded as soon as it is fetched, so a run that is killed loses no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from archive import log_lines
from archive.own_table import OwnTable
from archive.plain import without_request_id
from archive.progress import FileStatus
from archive.report.formatting import listed, quantity
from archive.run import now
from archive.set_aside import FILE as SET_ASIDE
from archive.store import Store, names, table
from archive.sums import hash_of
from source_opsgenie.http.body import Row
from source_opsgenie.http.download import DownloadError
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.files import FileStream
from source_opsgenie.streams.unavailable import UnavailableStream

FOLDER = "files"

FILES = OwnTable(
    name="files",
    description="The files of alert_attachments and log_files: where they are, or why they are missing.",
    columns={
        "path": ("VARCHAR", f"Path of the file in the folder {FOLDER}."),
        "stream": ("VARCHAR", "The stream of the row that the file belongs to."),
        "alert_id": ("VARCHAR", "Id of the alert that the file is attached to."),
        "attachment_id": ("VARCHAR", "Id of the attachment."),
        "filename": ("VARCHAR", "Name of the file in the account."),
        "size": ("BIGINT", "Size in bytes. Empty if the file was never fetched."),
        "sha256": ("VARCHAR", "SHA-256 hash of the content, in hexadecimal digits. Empty if it was never fetched."),
        "fetchedAt": ("TIMESTAMPTZ", "When the file was fetched."),
        "missing": ("VARCHAR", "Why the file could not be fetched. Empty if it was fetched."),
    },
    key=("path",),
    # Whether the reason in `missing` is permanent, and when the file was last requested.
    internal={"is_lasting": "BOOLEAN", "asked_at": "TIMESTAMPTZ"},
)

# The name of an incomplete download that was killed. A file of the account may have such a name as well.
PART = re.compile(r"[0-9a-f]{32}\.part")

# After more failures than this, for reasons that may pass, the remaining files are left to the next run.
MAX_FAILED = 20


@dataclass(frozen=True)
class Fetched:
    """The size and the hash of a file that was fetched."""

    size: int
    sha256: str


@dataclass(frozen=True)
class MissingFiles:
    """Files of a stream that could not be fetched for the same reason.

    Attributes:
        stream: the stream.
        why: the reason, as a clause.
        is_lasting: whether the reason is probably permanent.
        paths: the paths of the files.
        is_asked_again: whether later runs try to fetch them again.
    """

    stream: str
    why: str
    is_lasting: bool
    paths: list[str]
    is_asked_again: bool = True

    def describe(self) -> str:
        """Describe the missing files in a sentence."""
        files = quantity(len(self.paths), "file")
        later = " Later runs try again." if self.is_asked_again else ""
        return f"{self.stream}: {files} could not be fetched, because {self.why}: {listed(self.paths)}.{later}"


@dataclass(frozen=True)
class FilesSummary:
    """A summary of the files.

    Attributes:
        count: the number of files in the folder.
        size: their total size in bytes.
        fetched: the number of files that this run fetched.
        absent: the files that could not be fetched.
        damaged: the paths of files that are gone or changed in the folder and were not fetched again.
        repaired: the paths of files that were gone or changed in the folder and were fetched again.
        stopped: a message for each stream of which not all files were requested.
        log_lines: the number of rows in the table of log lines.
        fetched_of: the streams of which this run or an earlier one has fetched a file.
    """

    count: int = 0
    size: int = 0
    fetched: int = 0
    absent: list[MissingFiles] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    log_lines: int = 0
    fetched_of: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Return whether no file is missing that might still be fetched or restored."""
        return not (self.damaged or self.stopped or self._blocked) and all(each.is_lasting for each in self.absent)

    @property
    def _blocked(self) -> list[str]:
        """Return the streams with many files of which none could be fetched: a proxy may refuse them all."""
        counts = Counter[str]()
        for each in self.absent:
            if each.is_asked_again:
                counts[each.stream] += len(each.paths)
        return [stream for stream, count in counts.items() if count > MAX_FAILED and stream not in self.fetched_of]

    @property
    def missing(self) -> int:
        """Return the number of files that could not be fetched."""
        return sum(len(each.paths) for each in self.absent)

    def notes(self) -> list[str]:
        """Return sentences about the files that are there and those that are missing."""
        notes = []
        if self.count:
            are = quantity(self.count, "file is", "files are")
            notes.append(
                f"{are} in the folder {FOLDER}, with {self.size:,} bytes in total; {self.fetched:,} of them "
                f"{'is' if self.fetched == 1 else 'are'} new. The table {FILES.name} has the size and hash of each."
            )
        if self.log_lines:
            lines = quantity(self.log_lines, "line")
            notes.append(f"The table {log_lines.LOG_LINES.name} has {lines} of log files.")
        notes += [*self.stopped.values(), *(each.describe() for each in self.absent)]
        notes += [
            f"{stream}: not one of the files could be fetched, so something between this machine and their storage may "
            "refuse them all, such as a proxy."
            for stream in self._blocked
        ]
        if self.repaired:
            files = quantity(len(self.repaired), "file was", "files were")
            notes.append(f"{files} gone or changed in the folder {FOLDER} and fetched again: {listed(self.repaired)}.")
        if self.damaged:
            files = quantity(len(self.damaged), "file is", "files are")
            notes.append(
                f"{files} gone or changed in the folder {FOLDER} and not fetched again: {listed(self.damaged)}. "
                "Restore them from a backup of the folder. Each run tries to fetch those that the API still lists."
            )
        return notes


class Files:
    """The folder of files, and the table that lists them."""

    def __init__(self, folder: Path, store: Store, out: TextIO) -> None:
        self._folder = folder
        self._store = store
        self._out = out
        self._damaged: set[str] = set()
        self._repaired: list[str] = []
        self._stopped: dict[str, str] = {}
        self._fetched = 0
        self._fetchable: set[str] = set()  # the streams whose files the API offers
        self._unavailable: list[MissingFiles] = []  # files of other streams
        for own in TABLES:
            own.create(store)

    def check(self) -> None:
        """Compare the fetched files in the folder with their sizes and hashes, and remove incomplete downloads."""
        sql = f"SELECT path, missing, size, sha256 FROM {FILES.table} WHERE sha256 IS NOT NULL ORDER BY path"
        known = self._store.rows(sql)
        self._remove_parts({path for path, *_ in known})
        with FileStatus("Checked", len(known), self._out) as progress:
            for path, why, size, digest in known:
                if not is_intact(self._folder / path, Fetched(size, digest)):
                    self._damaged.add(path)
                elif why is not None:  # the user has restored it
                    self._store.execute(f"UPDATE {FILES.table} SET missing = NULL WHERE path = ?", path)
                progress.done += 1

    def _remove_parts(self, known: set[str]) -> None:
        for part in list(self._folder.rglob("*.part")):
            if PART.fullmatch(part.name) and str(part.relative_to(self._folder)) not in known:
                part.unlink()

    def cost(self, streams: Iterable[ApiStream]) -> str:
        """Describe the calls that files of the streams will take; return an empty text if no stream has files."""
        with_files = [stream for stream in streams if isinstance(stream, FileStream)]
        if not with_files:
            return ""
        left = sum(len(rows) for stream in with_files for rows in self._to_fetch(stream))
        are = quantity(left, "file is", "files are")
        known = f" From earlier runs, {are} still to be fetched." if left else ""
        listing = " and ".join(stream.name for stream in with_files)
        return f"Each file takes one more call. The number of files is known once {listing} have been read.{known}"

    def fetch(self, streams: Iterable[ApiStream]) -> None:
        """Fetch the files that are not in the folder; those that failed in an earlier run come last."""
        for stream in streams:
            if not isinstance(stream, FileStream):
                self._note_unavailable(stream)
                continue
            self._fetchable.add(stream.name)
            self._forget_old_paths(stream)
            new, again = self._to_fetch(stream)
            if new:
                files = quantity(len(new), "file")
                print(f"{stream.name}: fetching {files}, with one call each.", file=self._out, flush=True)
                self._fetch(stream, new, is_again=False)
            if again and stream.name not in self._stopped:
                files = quantity(len(again), "file")
                print(f"{stream.name}: trying again to fetch {files}.", file=self._out, flush=True)
                self._fetch(stream, again, is_again=True)

    def _forget_old_paths(self, stream: FileStream) -> None:
        """Forget files that could not be fetched and that have another path since the account has moved."""
        rows = rows_by_path(stream, self._store)
        absent = self._store.rows(f"SELECT path FROM {FILES.table} WHERE stream = ? AND sha256 IS NULL", stream.name)
        for (path,) in absent:
            if path not in rows:
                self._store.execute(f"DELETE FROM {FILES.table} WHERE path = ?", path)

    def _note_unavailable(self, stream: ApiStream) -> None:
        """Note the log files that Opsgenie listed, that were not fetched, and that JSM does not offer."""
        if stream.name != log_lines.STREAM or not isinstance(stream, UnavailableStream):
            return
        if self._store.columns(stream.name):
            sql = (
                f"SELECT DISTINCT filename FROM {table(stream.name)} WHERE filename NOT IN "
                f"(SELECT filename FROM {FILES.table} WHERE stream = ? AND filename IS NOT NULL) ORDER BY filename"
            )
            missing = [f"{stream.name}/{filename}" for (filename,) in self._store.rows(sql, stream.name)]
            if missing:
                reason = stream.reason.rstrip(".")
                self._unavailable.append(MissingFiles(stream.name, reason, True, missing, is_asked_again=False))

    def _to_fetch(self, stream: FileStream) -> tuple[list[Row], list[Row]]:
        """Return the rows whose files are new or damaged, and those whose files earlier runs could not fetch."""
        rows = rows_by_path(stream, self._store)
        known = dict(self._store.rows(f"SELECT path, sha256 IS NULL FROM {FILES.table} ORDER BY asked_at"))
        new = [row for path, row in rows.items() if path not in known or path in self._damaged]
        return new, [rows[path] for path, is_absent in known.items() if is_absent and path in rows]

    def _fetch(self, stream: FileStream, rows: Sequence[Row], *, is_again: bool) -> None:
        """Fetch the files of rows; stop after too many failures."""
        failed = 0
        try:
            stream.client.limiter.prepare()
            outcomes = stream.prefetch(rows, lambda row: self._outcome(stream, row))
            with closing(outcomes), FileStatus(f"{stream.name}: requested", len(rows), self._out) as progress:
                for row, outcome in outcomes:
                    self._record(stream, row, outcome)
                    progress.done += 1
                    failed += isinstance(outcome, DownloadError) and (is_again or not outcome.is_lasting)
                    if failed > MAX_FAILED:
                        self._stop(stream, len(rows) - progress.done, is_again=is_again)
                        return
        except ApiError as error:
            message = error.named(stream.name).message
            self._stopped[stream.name] = f"{message} The next run fetches the remaining files."
        except OSError as error:
            self._stopped[stream.name] = (
                f"{stream.name}: files cannot be written into {self._folder}: {error.strerror}. Free space there, or "
                "correct the permissions, and run again."
            )

    def _stop(self, stream: FileStream, left: int, *, is_again: bool) -> None:
        """Note that files were not requested; files that are tried again have a reason in the table already."""
        if left and not is_again:
            were = quantity(left, "further file was", "further files were")
            self._stopped[stream.name] = (
                f"{stream.name}: more than {MAX_FAILED} files could not be fetched, so {were} not requested. The next "
                "run fetches them."
            )

    def _outcome(self, stream: FileStream, row: Row) -> Fetched | DownloadError:
        """Fetch a file; this runs on a worker thread."""
        fetched = stream.fetch(row, self._folder)
        if isinstance(fetched, DownloadError):
            return fetched
        return Fetched(fetched, hash_of(self._folder / stream.path_of(row)))

    def _record(self, stream: FileStream, row: Row, outcome: Fetched | DownloadError) -> None:
        """Record the outcome for a file in the table, in one transaction with the lines of a log file."""
        path, filename = stream.path_of(row), row.get(stream.file_columns[-1])
        key = (path, stream.name, row.get("alert_id"), row.get("id"), filename)
        if isinstance(outcome, DownloadError):
            sql = (
                f"INSERT INTO {FILES.table} VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, ?) ON CONFLICT DO UPDATE "
                "SET missing = excluded.missing, is_lasting = excluded.is_lasting, asked_at = excluded.asked_at"
            )
            self._store.execute(sql, *key, without_request_id(outcome.why), outcome.is_lasting, now())
            return
        with self._store.transaction():
            sql = f"INSERT OR REPLACE INTO {FILES.table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)"
            self._store.execute(sql, *key, outcome.size, outcome.sha256, now(), now())
            if stream.name == log_lines.STREAM:
                log_lines.load(self._store, self._folder / path, str(filename), self._folder.with_name(SET_ASIDE))
        self._fetched += 1
        if path in self._damaged:
            self._damaged.remove(path)
            self._repaired.append(path)

    def summary(self) -> FilesSummary:
        """Return a summary of the files."""
        count = size = 0
        fetched_of: set[str] = set()
        reasons: dict[tuple[str, str, bool], list[str]] = {}
        sql = f"SELECT path, stream, size, missing, is_lasting FROM {FILES.table} ORDER BY path"
        for path, stream, bytes_, why, is_lasting in self._store.rows(sql):
            if bytes_ is not None and path not in self._damaged:
                count, size = count + 1, size + bytes_
                fetched_of.add(stream)
            elif why is not None:
                reasons.setdefault((stream, why, is_lasting), []).append(path)
        return FilesSummary(
            count=count,
            size=size,
            fetched=self._fetched,
            absent=[
                *(MissingFiles(*reason, paths, reason[0] in self._fetchable) for reason, paths in reasons.items()),
                *self._unavailable,
            ],
            damaged=sorted(self._damaged),
            repaired=sorted(self._repaired),
            stopped=self._stopped,
            log_lines=log_lines.LOG_LINES.count(self._store),
            fetched_of=sorted(fetched_of),
        )


TABLES = (FILES, log_lines.LOG_LINES)


def rows_by_path(stream: FileStream, store: Store) -> dict[str, Row]:
    """Return the columns of a stream's rows that are needed to fetch their files, by the path of the file."""
    if not store.columns(stream.name):
        return {}
    sql = f"SELECT DISTINCT {names(stream.file_columns)} FROM {table(stream.name)} ORDER BY ALL"
    rows = [dict(zip(stream.file_columns, values, strict=True)) for values in store.rows(sql)]
    return {stream.path_of(row): row for row in rows}


def is_intact(file: Path, expected: Fetched) -> bool:
    """Return whether a file exists and has the size and hash that it had when it was fetched."""
    try:
        return file.stat().st_size == expected.size and hash_of(file) == expected.sha256
    except OSError:
        return False
