"""The files of an account: fetched once their rows are kept, looked at in every run, and listed in a table.

PyAirbyte knows no files. So it reads the rows alone, and the archive then asks for the file of each row that has none,
in the way in which the connector does. Each file is noted as it comes, and a run that was killed goes on behind it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archive import log_lines
from archive.own_table import OwnTable
from archive.plain import without_request
from archive.progress import FilesDone
from archive.report.words import several
from archive.run import now
from archive.set_aside import FILE as SET_ASIDE
from archive.store import names, table
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.files import FileStream, Missing
from source_opsgenie.streams.unavailable import UnavailableStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import TextIO

    from archive.store import Store
    from source_opsgenie.streams.base import ApiStream, Row

FOLDER = "files"

FILES = OwnTable(
    name="files",
    holds="The files of alert_attachments and log_files: where they are, or why they are missing.",
    columns={
        "path": ("VARCHAR", f"Path of the file below the folder {FOLDER}."),
        "stream": ("VARCHAR", "The stream whose row the file belongs to."),
        "alert_id": ("VARCHAR", "Id of the alert that the file is attached to."),
        "attachment_id": ("VARCHAR", "Id of the attachment."),
        "filename": ("VARCHAR", "Name of the file in the account."),
        "size": ("BIGINT", "Size in bytes. Empty if the file was never fetched."),
        "sha256": ("VARCHAR", "SHA-256 hash of the content, in hexadecimal digits. Empty if it was never fetched."),
        "fetchedAt": ("TIMESTAMPTZ", "When the file was fetched."),
        "missing": ("VARCHAR", "Why the file could not be fetched. Empty if it is there."),
    },
    key=("path",),
    remembered={"is_lasting": "BOOLEAN", "asked_at": "TIMESTAMPTZ"},  # of the reason; when it was last asked for
)

# What a download that was killed leaves behind. A file of the account may have such a name as well.
PART = re.compile(r"[0-9a-f]{32}\.part")

CHUNK = 2**20  # bytes in memory

# If more files than this cannot be fetched for a reason that may pass, the others are left to the next run.
MOST_FAILED = 20

# How many paths a message names; the others are counted.
MOST_NAMED = 20


@dataclass(frozen=True)
class Fetched:
    """A file that is there."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Absent:
    """Files of a stream that could not be fetched, for one reason.

    Attributes:
        is_lasting: whether they most likely cannot be had at all.
        is_asked_again: whether later runs ask for them.
    """

    stream: str
    why: str
    is_lasting: bool
    paths: list[str]
    is_asked_again: bool = True

    def words(self) -> str:
        """Say it in a sentence."""
        files = several(len(self.paths), "file")
        later = " Later runs ask again." if self.is_asked_again else ""
        return f"{self.stream}: {files} could not be fetched, because {self.why}: {listed(self.paths)}.{later}"


@dataclass(frozen=True)
class Found:
    """What is known of the files.

    Attributes:
        count: the files in the folder.
        size: their size in bytes.
        fetched: those that the run brought.
        absent: those that could not be fetched.
        damaged: paths of files that were fetched once, are gone or changed in the folder, and were not fetched again.
        repaired: paths of such files that were fetched again.
        stopped: why not all files were asked for, by stream.
        log_lines: the rows of the table that is made of log files.
    """

    count: int = 0
    size: int = 0
    fetched: int = 0
    absent: list[Absent] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    log_lines: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing is missing that could be had."""
        return not (self.damaged or self.stopped) and all(each.is_lasting for each in self.absent)

    @property
    def missing(self) -> int:
        """The number of files that could not be fetched."""
        return sum(len(each.paths) for each in self.absent)

    def notes(self) -> list[str]:
        """Say what there is, and what is not."""
        notes = []
        if self.count:
            are = several(self.count, "file is", "files are")
            notes.append(
                f"{are} in the folder {FOLDER}, with {self.size:,} bytes; {self.fetched:,} of them "
                f"{'is' if self.fetched == 1 else 'are'} new. The table {FILES.name} has size and hash of each."
            )
        if self.log_lines:
            lines = several(self.log_lines, "line")
            notes.append(f"The table {log_lines.LOG_LINES.name} has {lines} of log files.")
        notes += [*self.stopped.values(), *(each.words() for each in self.absent)]
        if self.repaired:
            notes.append(f"Gone or changed in the folder {FOLDER}, and fetched again: {listed(self.repaired)}.")
        if self.damaged:
            notes.append(
                f"Gone or changed in the folder {FOLDER}, and not fetched again: {listed(self.damaged)}. Bring them "
                "back from a backup of the folder; each run asks again for those that the API still lists."
            )
        return notes


class Files:
    """The folder of files, and its table."""

    def __init__(self, folder: Path, store: Store, out: TextIO) -> None:
        self._folder = folder
        self._store = store
        self._out = out
        self._damaged: set[str] = set()
        self._repaired: list[str] = []
        self._stopped: dict[str, str] = {}
        self._fetched = 0
        self._asked: set[str] = set()  # the streams whose files the API gives
        self._absent: list[Absent] = []  # those that no call can be made for
        for own in TABLES:
            own.prepare(store)

    def check(self) -> None:
        """Compare the files that were fetched with what is in the folder, and remove pieces of files."""
        sql = f"SELECT path, missing, size, sha256 FROM {FILES.table} WHERE sha256 IS NOT NULL ORDER BY path"  # noqa: S608 - our own names
        known = self._store.rows(sql)
        self._remove_parts({path for path, *_ in known})
        with FilesDone("Looked at", len(known), self._out) as progress:
            for path, why, size, digest in known:
                if not is_whole(self._folder / path, Fetched(size, digest)):
                    self._damaged.add(path)
                elif why is not None:  # somebody has brought it back
                    self._store.execute(f"UPDATE {FILES.table} SET missing = NULL WHERE path = ?", path)  # noqa: S608 - our own names
                progress.done += 1

    def _remove_parts(self, known: set[str]) -> None:
        for part in list(self._folder.rglob("*.part")):
            if PART.fullmatch(part.name) and str(part.relative_to(self._folder)) not in known:
                part.unlink()

    def cost(self, streams: Iterable[ApiStream]) -> str:
        """Say what the files of streams will cost; nothing if these have none."""
        with_files = [stream for stream in streams if isinstance(stream, FileStream)]
        if not with_files:
            return ""
        left = sum(len(rows) for stream in with_files for rows in self._wanted(stream))
        known = f" {several(left, 'file')} of earlier runs {'is' if left == 1 else 'are'} left." if left else ""
        streams_ = " and ".join(stream.name for stream in with_files)
        return f"Files come on top, by a call each: how many there are is known when {streams_} have been read.{known}"

    def fetch(self, streams: Iterable[ApiStream]) -> None:
        """Fetch the files that are not there, those first that were not asked for before."""
        for stream in streams:
            if not isinstance(stream, FileStream):
                self._miss(stream)
                continue
            self._asked.add(stream.name)
            new, again = self._wanted(stream)
            if new:
                print(
                    f"{stream.name}: fetching {several(len(new), 'file')}, by a call each.", file=self._out, flush=True
                )
                self._fetch(stream, new, is_again=False)
            if again and stream.name not in self._stopped:
                files = several(len(again), "file")
                print(f"{stream.name}: asking again for {files}, not fetched before.", file=self._out, flush=True)
                self._fetch(stream, again, is_again=True)

    def _miss(self, stream: ApiStream) -> None:
        """Note the log files that were listed by Opsgenie, and that no other API gives."""
        if stream.name == log_lines.OF and isinstance(stream, UnavailableStream) and self._store.columns(stream.name):
            sql = (
                f"SELECT DISTINCT filename FROM {table(stream.name)} WHERE filename NOT IN "  # noqa: S608 - our own names
                f"(SELECT filename FROM {FILES.table} WHERE stream = ?) ORDER BY filename"
            )
            missing = [f"{stream.name}/{filename}" for (filename,) in self._store.rows(sql, stream.name)]
            if missing:
                self._absent.append(Absent(stream.name, stream.reason.rstrip("."), True, missing, is_asked_again=False))

    def _wanted(self, stream: FileStream) -> tuple[list[Row], list[Row]]:
        """Return the rows whose files are not there: those to ask for, and those that were asked for in vain before."""
        rows = rows_of(stream, self._store)
        known = dict(self._store.rows(f"SELECT path, sha256 IS NULL FROM {FILES.table} ORDER BY asked_at"))  # noqa: S608 - our own names
        new = [row for path, row in rows.items() if path not in known or path in self._damaged]
        return new, [rows[path] for path, is_absent in known.items() if is_absent and path in rows]

    def _fetch(self, stream: FileStream, rows: Sequence[Row], *, is_again: bool) -> None:
        """Fetch files, until too many could not be fetched."""
        failed = 0
        try:
            stream.client.limiter.prepare()
            outcomes = stream.prefetch(rows, lambda row: self._outcome(stream, row))
            with closing(outcomes), FilesDone(f"{stream.name}: asked for", len(rows), self._out) as progress:  # type: ignore[type-var]
                for row, outcome in outcomes:
                    self._note(stream, row, outcome)
                    progress.done += 1
                    failed += isinstance(outcome, Missing) and (is_again or not outcome.is_lasting)
                    if failed > MOST_FAILED:
                        self._stop(stream, len(rows) - progress.done, is_again=is_again)
                        return
        except ApiError as error:
            self._stopped[stream.name] = f"{error.named(stream.name).message} The next run goes on with the files."
        except OSError as error:
            self._stopped[stream.name] = (
                f"{stream.name}: files cannot be written into {self._folder}: {error.strerror}. Make room there, or "
                "correct the rights, and run again."
            )

    def _stop(self, stream: FileStream, left: int, *, is_again: bool) -> None:
        """Note that files are left to the next run. Of those that are asked for again, a reason is known."""
        if left and not is_again:
            self._stopped[stream.name] = (
                f"{stream.name}: more than {MOST_FAILED} files could not be fetched, so {several(left, 'further one')} "
                f"{'was' if left == 1 else 'were'} not asked for. The next run goes on with them."
            )

    def _outcome(self, stream: FileStream, row: Row) -> Fetched | Missing:
        """Fetch a file, on a worker's thread."""
        target = self._folder / stream.path_of(row)
        size = stream.fetch(row, target)
        return size if isinstance(size, Missing) else Fetched(size, hash_of(target))

    def _note(self, stream: FileStream, row: Row, outcome: Fetched | Missing) -> None:
        """Note what became of a file, at once with the lines of a log file."""
        path, filename = stream.path_of(row), row.get(stream.file_columns[-1])
        key = (path, stream.name, row.get("alert_id"), row.get("id"), filename)
        if isinstance(outcome, Missing):
            sql = (
                f"INSERT INTO {FILES.table} VALUES (?, ?, ?, ?, ?, NULL, NULL, NULL, ?, ?, ?) ON CONFLICT DO UPDATE "  # noqa: S608 - our own names
                "SET missing = excluded.missing, is_lasting = excluded.is_lasting, asked_at = excluded.asked_at"
            )
            self._store.execute(sql, *key, without_request(outcome.why), outcome.is_lasting, now())
            return
        with self._store.at_once():
            sql = f"INSERT OR REPLACE INTO {FILES.table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)"  # noqa: S608 - our own names
            self._store.execute(sql, *key, outcome.size, outcome.sha256, now(), now())
            if stream.name == log_lines.OF:
                log_lines.load(self._store, self._folder / path, str(filename), self._folder.with_name(SET_ASIDE))
        self._fetched += 1
        if path in self._damaged:
            self._damaged.remove(path)
            self._repaired.append(path)

    def found(self) -> Found:
        """Return what there is."""
        count = size = 0
        reasons: dict[tuple[str, str, bool], list[str]] = {}
        sql = f"SELECT path, stream, size, missing, is_lasting FROM {FILES.table} ORDER BY path"  # noqa: S608 - our own names
        for path, stream, bytes_, why, is_lasting in self._store.rows(sql):
            if bytes_ is not None and path not in self._damaged:
                count, size = count + 1, size + bytes_
            elif why is not None:
                reasons.setdefault((stream, why, is_lasting), []).append(path)
        return Found(
            count=count,
            size=size,
            fetched=self._fetched,
            absent=[
                *(Absent(*reason, paths, reason[0] in self._asked) for reason, paths in reasons.items()),
                *self._absent,
            ],
            damaged=sorted(self._damaged),
            repaired=sorted(self._repaired),
            stopped=self._stopped,
            log_lines=log_lines.LOG_LINES.count(self._store),
        )


TABLES = (FILES, log_lines.LOG_LINES)


def rows_of(stream: FileStream, store: Store) -> dict[str, Row]:
    """Return what is needed of a stream's rows to fetch their files, by the paths of these."""
    if not store.columns(stream.name):
        return {}
    sql = f"SELECT DISTINCT {names(stream.file_columns)} FROM {table(stream.name)} ORDER BY ALL"  # noqa: S608 - our own names
    rows = [dict(zip(stream.file_columns, values, strict=True)) for values in store.rows(sql)]
    return {stream.path_of(row): row for row in rows}


def is_whole(file: Path, expected: Fetched) -> bool:
    """Return whether a file is there, as it was fetched."""
    try:
        return file.stat().st_size == expected.size and hash_of(file) == expected.sha256
    except OSError:
        return False


def hash_of(file: Path) -> str:
    """Compute the hash of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def listed(paths: Sequence[str]) -> str:
    """Name paths, and count those that are too many."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return f"{', '.join(paths[:MOST_NAMED])}{more}"
