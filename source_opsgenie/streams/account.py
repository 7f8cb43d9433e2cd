"""The account itself, and what belongs to no team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.models import SyncMode

from source_opsgenie.api.errors import system_error
from source_opsgenie.api.limits import REQUEST_LIMITS_PATH
from source_opsgenie.api.paging import MAX_LOG_FILES_PAGE, NoPaging, Paging
from source_opsgenie.records import account as records
from source_opsgenie.streams.base import OpsgenieStream
from source_opsgenie.streams.lists import Detailed
from source_opsgenie.streams.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from airbyte_cdk.sources.streams.core import StreamData

    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import Page, Row
    from source_opsgenie.streams.context import Context

MARKER = "marker"

# The marker of the very first call, in the form that Opsgenie documents ("Logs"): older than Opsgenie itself.
FIRST_MARKER = "2010-01-01-00-00-00"


class Account(OpsgenieStream):
    """The account: one row."""

    location = "v2/account"
    record: ClassVar[type[Record]] = records.Account
    primary_key: ClassVar[list[str]] = ["name"]


class RequestLimits(OpsgenieStream):
    """How many calls the account may make."""

    location = REQUEST_LIMITS_PATH
    record: ClassVar[type[Record]] = records.RequestLimit
    paging: ClassVar[Paging] = NoPaging(rows="data.rateLimits")
    primary_key: ClassVar[list[str]] = ["domain"]


class Maintenance(Detailed, OpsgenieStream):
    """Every maintenance, those of the past included. Only the single one tells what it switches."""

    location = "v1/maintenance"
    detail_location = "v1/maintenance/{id}"
    record: ClassVar[type[Record]] = records.Maintenance
    parameters: ClassVar[Mapping[str, str]] = {"type": "all"}


class LogFiles(OpsgenieStream):
    """The files of the account's logs: their names, times and sizes, newest last.

    The place after a page is a marker in the path of the next call; it is the state, too.
    """

    location = "v2/logs/list/{marker}"
    beginning: ClassVar[Mapping[str, str]] = {MARKER: FIRST_MARKER}
    record: ClassVar[type[Record]] = records.LogFile
    paging: ClassVar[Paging] = NoPaging(limit=MAX_LOG_FILES_PAGE)
    primary_key: ClassVar[list[str]] = ["filename"]
    cursor_field: ClassVar[str] = "date"
    state_checkpoint_interval: ClassVar[int] = MAX_LOG_FILES_PAGE
    plan: ClassVar[str] = "Enterprise"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._state: MutableMapping[str, Any] = {}

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The marker behind the last file read."""
        return self._state

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        self._state = {MARKER: value[MARKER]} if isinstance(value.get(MARKER), str) else {}

    def read_records(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,
    ) -> Iterable[StreamData]:
        """Deliver the files behind the last sync's marker; all of them in a full refresh."""
        if sync_mode == SyncMode.full_refresh:
            self._state = {}
        yield from super().read_records(sync_mode, cursor_field, stream_slice, stream_state)

    def rows(self) -> Iterator[Row]:
        """Deliver file by file, until a page is empty or leads nowhere."""
        marker = self._state.get(MARKER, FIRST_MARKER)
        visited: set[str] = set()
        while True:
            page = self._page_behind(marker)
            visited.add(marker)
            yield from page.rows
            following = page.body.get(MARKER)
            if not page.body.get("data") or not isinstance(following, str) or following == marker:
                return
            if following in visited:
                raise system_error(f"{self.name}: a marker leads back to a page already read.")
            marker = following
            self._state = {MARKER: marker}

    def _page_behind(self, marker: str) -> Page:
        """Ask for the files behind a marker. It is no parent: what refuses it refuses the list."""
        parent = {MARKER: marker}
        try:
            return self.page(parent, self.first_params(parent))
        except RefusedError as refused:
            self.refusals.leave_out_stream(refused)
