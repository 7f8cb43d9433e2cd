"""The stream of the files of the account's logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import Row, UnusableBodyError
from source_opsgenie.http.errors import ApiError, RefusedError, system_error
from source_opsgenie.http.paging import LoopGuard, Page
from source_opsgenie.http.retry import ONE_OBJECT
from source_opsgenie.http.timestamps import FARTHEST_ZONE, to_millis
from source_opsgenie.opsgenie.paging import MAX_LOG_FILES_PAGE, LinkPaging
from source_opsgenie.records import account as records
from source_opsgenie.streams.base import filled, is_identity
from source_opsgenie.streams.checkpointed import owed_texts
from source_opsgenie.streams.files import FileStream

MARKER = "marker"

# The marker of the first call, in the form that Opsgenie documents ("Logs"). It is older than Opsgenie itself.
FIRST_MARKER = "2010-01-01-00-00-00"

# "Logs": yyyy-MM-dd-HH-mm-ss; followed by milliseconds, it is the name of a file.
_MARKER = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})-([0-9]{2})-([0-9]{2})-([0-9]{2})(?:_([0-9]{1,3}))?(?:\.json)?")

GOES_ON_WITHOUT_MARKER = (
    "a page of files does not say where the list continues: reading stops here. Files after them, if there are any, "
    "are missing."
)


class LogFiles(FileStream):
    """The files of the account's logs: names, times and sizes, and the files if the connection requests them.

    The path of each call has a marker, which names the place after the last page. The marker is also the state.
    """

    list_path = "v2/logs/list/{marker}"
    address_path = "v2/logs/download/{filename}"
    file_columns = ("filename",)
    beginning = {MARKER: FIRST_MARKER}
    record = records.LogFile
    paging = LinkPaging(limit=MAX_LOG_FILES_PAGE)
    primary_key = ["filename"]
    cursor_field = "date"
    state_checkpoint_interval = MAX_LOG_FILES_PAGE
    plan = "Enterprise"
    cursor_tolerance = FARTHEST_ZONE  # which time zone markers are in is not documented

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the time of the marker after the last file read.

        A time in another form is not converted: in the wrong time zone, it would skip files.
        """
        return [_time_of(state.get(MARKER))]

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the marker."""
        self.keep({MARKER: state[MARKER]} if state else {})

    def owed_in(self, state: Mapping[str, Any]) -> dict[str, str | None]:
        """Read the files that a state owes, each with its row as text, because its page is not read again."""
        return owed_texts(state)

    def list_rows(self) -> Iterator[Row]:
        """Yield the files that earlier syncs owe, and then those after the state's marker."""
        if self.includes_files:
            yield from self._with_files([_row_of(name, kept) for name, kept in self.owed.items()])
        yield from self._new_files()
        self.go_on(self._state)  # with the same marker, and without the files that came

    def _with_files(self, rows: list[Row]) -> Iterator[Row]:
        """Yield rows with their files; all of a page, before the state moves on to the next one."""
        for _, row in self.prefetch(rows, self.with_file):
            name = str(row.get("filename"))
            was_owed = name in self.owed
            self.owed.pop(name, None)
            self.note_owed(name, json.dumps(row), self.note_files([row], was_owed=was_owed))
            yield row

    def address_of(self, row: Row) -> str:
        """Ask for the address of a file, which is the whole answer, as plain text ("Logs")."""
        path = filled(self.address_path, row)
        try:
            answer = self.client.read(path, policy=ONE_OBJECT, is_refusal=self.is_refusal, parse=_address_in)
        except ApiError as error:
            raise error.named(self.name) from error
        self.metrics.calls += 1
        return _address_in(answer)

    def _new_files(self) -> Iterator[Row]:
        """Yield the files until a page is empty or does not lead further."""
        marker, page = self._first_page()
        guard = LoopGuard(self.primary_key)
        while True:
            yield from self._with_files(page.rows) if self.includes_files else page.rows
            following = page.body.get(MARKER)
            # An empty page ends the list, according to Opsgenie. A page that repeats its marker may end it, too.
            if not page.body.get("data"):
                return
            if not is_identity(following):
                self.warn_once(GOES_ON_WITHOUT_MARKER)
                return
            if str(following) == marker:
                return
            if guard.leads_back({MARKER: marker}, page.rows, {MARKER: str(following)}):
                raise system_error(
                    f"{self.name}: a marker leads back to a page already read, so the files after it cannot be read: "
                    "sync again."
                )
            marker = str(following)
            time = _time_of(marker)
            if time is not None and not self.is_future(time):
                # The next sync could not distinguish any other marker from a damaged one.
                self.keep({MARKER: marker})
            page = self._page_behind(marker)

    def _first_page(self) -> tuple[str, Page]:
        """Ask for the files after the state's marker or, if Opsgenie refuses that one, after the first marker.

        Only an answer to the first marker proves that the state's was wrong: without the plan or the right, both are
        refused.
        """
        marker = self._state.get(MARKER, FIRST_MARKER)
        if marker == FIRST_MARKER:
            return marker, self._page_behind(marker)
        try:
            return marker, self._ask(marker)
        except (RefusedError, ApiError) as error:
            if isinstance(error, ApiError) and error.failure_type != FailureType.system_error:
                raise  # the key or the network is at fault
        page = self._page_behind(FIRST_MARKER)
        self.warn_of_unused_state("Opsgenie gives no answer for the marker of the given state")
        return FIRST_MARKER, page

    def _page_behind(self, marker: str) -> Page:
        """Ask for the files after a marker. A marker is not a parent: if it is refused, the whole list is."""
        try:
            return self._ask(marker)
        except RefusedError as error:
            self.skips.skip_stream(error)

    def _ask(self, marker: str) -> Page:
        parent = {MARKER: marker}
        page = self.page(parent, self.first_params(parent))
        self.skips.answered = True
        return page


def _row_of(filename: str, kept: str | None) -> Row:
    """Return the row that a state keeps of a file that is owed."""
    try:
        row = json.loads(kept or "")
    except ValueError:
        row = None
    return {**(row if isinstance(row, dict) else {}), "filename": filename}


def _address_in(response: requests.Response) -> str:
    """Return the address that an answer consists of."""
    text = response.content.decode(errors="replace").strip().strip('"')
    if not text.startswith(("https://", "http://")):
        raise UnusableBodyError("an answer that is not an address")
    return text


def _time_of(marker: object) -> int | None:
    """Return the time in a marker, as if it were UTC; None if it is not a marker."""
    parts = _MARKER.fullmatch(marker) if isinstance(marker, str) else None
    if parts is None:
        return None
    date, hour, minute, second, millis = parts.groups(default="0")
    return to_millis(f"{date}T{hour}:{minute}:{second}.{millis}Z")
