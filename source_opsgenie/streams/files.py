"""Streams whose rows stand for files: with `include_files` in the catalog, the files are delivered, too.

This is Airbyte's own convention. The catalog offers files by `is_file_based`, the configured catalog asks for them by
`include_files`, each file is put into the staging directory, and the record has a `file_reference` beside its data.
Without `include_files`, such a stream is like any other.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from airbyte_cdk.models import AirbyteRecordMessageFileReference, ConfiguredAirbyteStream, FailureType, SyncMode
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.utils.record_helper import stream_data_to_airbyte_message

from source_opsgenie.cdk import get_files_directory
from source_opsgenie.http.body import Row, quotable
from source_opsgenie.http.download import DownloadError
from source_opsgenie.http.errors import FAULTS, ApiError, RefusedError, config_error, fault, transient_error
from source_opsgenie.http.retry import exponential
from source_opsgenie.records.alerts import AlertAttachment
from source_opsgenie.records.masking import masked
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import Parent, fields_in, is_identity
from source_opsgenie.streams.checkpointed import MOST_OWED, Checkpointed
from source_opsgenie.streams.file_names import safe_name
from source_opsgenie.streams.fingerprint import short_hash
from source_opsgenie.streams.history_sub_stream import HistorySubStream
from source_opsgenie.streams.skips import LONGEST_ID
from source_opsgenie.streams.sub_stream import Outcome

FILES = "files"  # the key in the state

# Files that the state remembers as delivered, by 12 characters each. A row that is read again brings its file again
# only if so many others have come since.
MOST_REMEMBERED = 500

# After so many new files in a row that could not be fetched for reasons that may pass, the stream stops: the storage is
# probably out of reach, and each further file would be waited for.
MOST_MISSED = 20

# Addresses that are asked for, one after another, for a file that cannot be downloaded.
MOST_ADDRESSES = 3

# Errors that are about a single path, if the directory of the stream can be written to.
ERRORS_OF_A_PATH = frozenset(
    {errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG}
)

ADDRESS = "url"  # the field with the address, in both APIs


class FileRow(dict[str, Any]):
    """A row with its file, or with the reason why the file is missing; with neither if another row has brought it."""

    def __init__(self, row: Row, path: str, file: AirbyteRecordMessageFileReference | DownloadError) -> None:
        super().__init__(row)
        self.path = path
        self.file: AirbyteRecordMessageFileReference | DownloadError | None = file


def remember(delivered: dict[str, None], path: str) -> None:
    """Add a file to those that were delivered, and forget the oldest if there are too many."""
    delivered[short_hash(path)] = None
    if len(delivered) > MOST_REMEMBERED:
        del delivered[next(iter(delivered))]


class FileStream(Checkpointed):
    """A stream whose rows stand for files.

    Attributes:
        address_path: path of the call that gives the address of a file; it names the row's fields in braces.
        file_columns: the columns that, behind the stream's name, make the path of a file. They begin with the primary
            key, so that files of one name do not meet.
    """

    is_file_based: ClassVar[bool] = True
    address_path: ClassVar[str]
    file_columns: ClassVar[tuple[str, ...]]

    _delivered: dict[str, None] | None = None  # by the mark of each, oldest first; None without `include_files`
    _missed = 0  # new files since the last one that was fetched
    _directory = Path()

    @property
    def includes_files(self) -> bool:
        """Return whether this sync delivers the files."""
        return self._delivered is not None

    def read(self, configured_stream: ConfiguredAirbyteStream, *args: Any, **kwargs: Any) -> Iterable[StreamData]:
        """Read as every stream does, and add to each record the reference to its file."""
        if configured_stream.include_files:
            self._include_files(configured_stream.sync_mode)
        for data in super().read(configured_stream, *args, **kwargs):
            if isinstance(data, FileRow):
                file = None if isinstance(data.file, DownloadError) else data.file
                yield stream_data_to_airbyte_message(self.name, data, file_reference=file)
            else:
                yield data

    def shape(self, row: Row, parent: Parent) -> Row:
        """Mask the address of the file, if a list gives it: it is a secret."""
        own: Row = masked(super().shape(row, parent))
        return own

    def _include_files(self, mode: SyncMode) -> None:
        self._directory = self._staging_directory()
        self.logger.info("%s: files are written to %s.", self.name, self._directory)
        is_new = mode == SyncMode.full_refresh or not self.given
        marks = [] if is_new else self.given.get(FILES)
        if not isinstance(marks, list):
            marks = []
            self.logger.warning(
                "%s: the syncs before this one did not include files, so the files of rows that are not read again "
                "are not fetched. To fetch all files, refresh the stream, and retain its records.",
                self.name,
            )
        self._delivered = dict.fromkeys(each for each in marks if isinstance(each, str))
        self.keep(self._state)

    def _staging_directory(self) -> Path:
        """Return the directory for the files.

        If the variable names no directory, the CDK falls back to a folder of its own. In a container, the files would
        vanish with it, although the state counts them as delivered.
        """
        named = os.environ.get("AIRBYTE_STAGING_DIRECTORY")
        if named and not Path(named).is_dir():
            problem = "is not a directory" if Path(named).exists() else "does not exist"
            raise config_error(
                f"{self.name}: files cannot be written: AIRBYTE_STAGING_DIRECTORY names {named}, which {problem}. "
                "Create the directory, or correct the variable."
            )
        return Path(named or get_files_directory()).absolute()

    def completed_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Add the files that were delivered to a state."""
        completed = super().completed_state(state)
        return completed if self._delivered is None else {**completed, FILES: list(self._delivered)}

    def with_file(self, row: Row) -> Row:
        """Fetch the file of a row, on a worker's thread, unless it was delivered before.

        Raises:
            ApiError: no other file can be fetched either.
        """
        if self._delivered is None or short_hash(path := self.path_of(row)) in self._delivered:
            return row
        try:
            fetched = self.fetch(row, self._directory)
        except OSError as error:
            raise config_error(
                f"{self.name}: files cannot be written into {self._directory}: {error.strerror}. Free space "
                "there and let the connector write there, or name another directory in AIRBYTE_STAGING_DIRECTORY.",
                concerns_all=True,
            ) from error
        if isinstance(fetched, DownloadError):
            return FileRow(row, path, fetched)
        file = AirbyteRecordMessageFileReference(
            staging_file_url=str(self._directory / path), source_file_relative_path=path, file_size_bytes=fetched
        )
        return FileRow(row, path, file)

    def path_of(self, row: Row) -> str:
        """Return the path of a row's file, below the directory of all files."""
        return "/".join(map(safe_name, (self.name, *(str(row.get(column) or "") for column in self.file_columns))))

    def fetch(self, row: Row, directory: Path) -> int | DownloadError:
        """Fetch the file of a row into a directory, on any thread. Of the row, only `file_columns` are needed.

        Returns:
            the size in bytes, or the reason why the file is missing.

        Raises:
            ApiError: no other file can be fetched either.
            OSError: no file can be written into the directory.
        """
        if not all(is_identity(row.get(name)) for name in fields_in(self.address_path)):
            return DownloadError("the row has no id to ask with", is_lasting=True)
        addresses = 0
        while True:
            addresses += 1
            try:
                return self._download(self.address_of(row), row, directory)
            except DownloadError as error:
                if error.is_lasting or addresses == MOST_ADDRESSES:
                    return DownloadError(error.why, is_lasting=error.is_lasting or error.is_expired)
                if not error.is_expired:
                    time.sleep(exponential(addresses))
            except RefusedError as error:
                return DownloadError(error.why, is_lasting=True, grouped_by=(error.status, error.cause))
            except ApiError as error:
                if error.concerns_all:
                    raise
                why = error.cause or str(error.message).removeprefix(f"{self.name}: ").rstrip(".")
                is_lasting = error.failure_type != FailureType.transient_error
                return DownloadError(why, is_lasting=is_lasting, grouped_by=error.status)
            except FAULTS as error:  # at an address or a redirect of a form that nobody has foreseen
                return DownloadError(str(fault(error).message).rstrip("."), is_lasting=True)

    def _download(self, address: str, row: Row, directory: Path) -> int | DownloadError:
        # The configuration allows plain http for an API on this machine only.
        from_loopback = self.client.backend.url.startswith("http://")
        try:
            return self.context.downloader.fetch(address, directory / self.path_of(row), from_loopback=from_loopback)
        except OSError as error:
            own = directory / self.name  # that of all files of the stream
            if error.errno not in ERRORS_OF_A_PATH or not own.is_dir() or not os.access(own, os.W_OK):
                raise
            return DownloadError(f"its path cannot be written ({error.strerror})")

    def address_of(self, row: Row) -> str:
        """Ask for the address of a file. It is a secret: whoever knows it can read the file for some minutes.

        Raises:
            RefusedError: the call is refused.
            ApiError: the call failed for good.
            DownloadError: the answer has no address.
        """
        address = (self.single_of(row, self.address_path) or {}).get(ADDRESS)
        if not isinstance(address, str) or not address:
            raise DownloadError(f"{self.client.backend.name} gives no address", is_lasting=True)
        return address

    def note_files(self, rows: list[Row], *, was_owed: bool) -> ApiError | None:
        """Note what became of the files of some rows; called in the rows' order.

        A file that will most likely fail again is owed once. Such files take up at most half of what a state may owe,
        because others may need the rest.

        Returns:
            The error for which the next sync has to ask for them again; None if there is nothing to ask for.

        Raises:
            ApiError: the storage is probably out of reach.
        """
        error = None
        for row in rows:
            if not isinstance(row, FileRow) or self._delivered is None:
                continue
            if not isinstance(row.file, DownloadError):
                if short_hash(row.path) in self._delivered:
                    row.file = None  # it was fetched twice at once, and a destination removes what it has taken
                remember(self._delivered, row.path)
                self._missed = 0
                continue
            self._missed += not (row.file.is_lasting or was_owed)  # those owed come one after another
            is_owed = not row.file.is_lasting or (not was_owed and len(self.owed) < MOST_OWED // 2)
            identity = quotable("/".join(str(row.get(column)) for column in self.primary_key), LONGEST_ID)
            self.skips.skip_file(identity, row.file.why, row.file.grouped_by, is_owed=is_owed)
            if is_owed:
                error = transient_error(f"the file {identity} could not be fetched, because {row.file.why}.")
            if self._missed > MOST_MISSED:
                raise transient_error(
                    f"{self.name}: more than {MOST_MISSED} files in a row could not be fetched, the last one because "
                    f"{row.file.why}. The stream stops here, and the next sync continues from its last state."
                )
        return error


class FileSubStream(FileStream, HistorySubStream):
    """Files below each alert. The alert is owed as a whole, but its files that were delivered are remembered."""

    file_columns = ("alert_id", "id", "name")
    record = AlertAttachment
    primary_key: ClassVar[list[str]] = ["alert_id", "id"]
    cursor_field = "alert_updatedAt"

    def shape(self, row: Row, parent: Parent) -> Row:
        """Write the id as text, because it may be a number or a string."""
        own = super().shape(row, parent)
        return own if own.get("id") is None else {**own, "id": str(own["id"])}

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the rows below one parent, with their files."""
        return map(self.with_file, super().rows_of(parent))

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a parent's rows, and note that a file is owed to the next sync."""
        identity = self.name_of(parent)
        was_owed = identity in self.owed
        rows = super().settle(parent, outcome)
        error = self.note_files(rows, was_owed=was_owed)
        if error is not None:
            self.note_owed(identity, parent.get(scan.UPDATED), error)
        return rows
