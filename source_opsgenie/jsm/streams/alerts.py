"""Streams of alerts, and their child streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import ClassVar

import requests

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import ApiError, RefusedError, system_error
from source_opsgenie.http.paging import Paging
from source_opsgenie.http.retry import ONE_OBJECT
from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.jsm.paging import MAX_PAGE, OffsetPaging, SingleObject, ValuesPaging
from source_opsgenie.jsm.rows import alerts as rows
from source_opsgenie.jsm.streams.base import JsmStream, JsmSubStream
from source_opsgenie.records import alerts as records
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.files import FileSubStream
from source_opsgenie.streams.history import HistoryStream, brief
from source_opsgenie.streams.history_sub_stream import HistorySubStream
from source_opsgenie.streams.state import SyncState

# With these, a row of the list is as complete as the single alert. The documents disagree on whether the list has them.
# A thin list may have them as null, so an alert that lacks either costs a call.
COMPLETE = ("description", "details")

NO_ALERT = (
    "JSM Operations shows no alert, though an earlier sync read some. Unless all were deleted, the owner of the token "
    "has lost the right to read them: restore the right, and the next sync continues from the last state."
)

UNKNOWN_TIMES = (
    "JSM Operations shows an alert created at %s, but a query by creation time does not find it, so alerts cannot be "
    "read: sync again."
)


class Alerts(JsmStream, HistoryStream):
    """Every alert, with the fields of the list."""

    list_path = "v1/alerts"
    record = records.Alert
    paging = OffsetPaging(limit=MAX_PAGE)
    takes_query = True
    query_advice = "The call contains your 'alert_query': try it in the search field of the alert list, and correct it."
    translation = staticmethod(rows.alert)

    def newest_change(self) -> int | None:
        """Return the newest change among the newest alerts: any change that is not in the future will do."""
        return scan.newest_of(self.ask(scan.Query(descending=True)).rows)

    def backfill(self, progress: SyncState) -> Iterator[scan.Batch]:
        """Read history; if there is none, check that queries by creation time work."""
        is_empty = True
        for batch in super().backfill(progress):
            is_empty = is_empty and not batch.rows
            yield batch
        if is_empty:
            self._require_known_times(progress.created_from, progress.until)

    def changes(self, since: int, *, with_open: bool = False) -> Iterator[scan.Batch]:
        """Read what changed, and warn if there is no alert at all: JSM gives a caller without rights no error."""
        is_empty = True
        for batch in super().changes(since, with_open=with_open):
            is_empty = is_empty and batch.reached is None and not batch.rows
            yield batch
        if is_empty and self.is_empty():
            self._require_known_times(self.start or 0)
            self.context.once.of(NO_ALERT, lambda: self.warn_once(NO_ALERT))  # not by each stream's own list of alerts

    def _require_known_times(self, since: int, until: int | None = None) -> None:
        """Check that a query by creation time may find nothing: without it, there is no alert of that time.

        That times in queries are epoch milliseconds is documented for Opsgenie, and only inferred for JSM.

        Raises:
            ApiError: there is one.
        """
        own_query = {} if self.query is None else {"query": self.query}  # the backend's search always has a time
        until = min(self.indexed_before, until or self.indexed_before)
        with suppress(RefusedError):
            created = scan.times_of(self.page({}, {**self.first_params({}), **own_query}).rows, scan.CREATED)
            found = next((moment for moment in created if since <= moment < until), None)
            # Asked for by its time once more: it may have begun to match the user's query meanwhile.
            if found is not None and not self.ask(scan.Query(created_from=found, created_before=found + 1)).rows:
                raise system_error(f"{self.name}: {UNKNOWN_TIMES % from_millis(found)}")

    @property
    def sorts_by_change(self) -> bool:
        """Return whether the API is proven to sort by change; found out once a sync, for all streams.

        JSM documents no such sort, and a server may ignore a sort that it does not know. So it counts as proven only if
        it is accepted, the page is in that order and not in that of creation, to which a server may fall back, and the
        page is not one of the default sort, which is asked for before and after. Alerts that are created meanwhile
        prove nothing: a page of the default sort then begins with them. If nothing changes in the account, nothing is
        proven either, and all alerts are listed.
        """
        return self.context.once.of((self.list_path, "sorts by change"), self._proves_sort)

    def _proves_sort(self) -> bool:
        query = scan.Query(sort=scan.UPDATED, descending=True)
        sorting = self.client.backend.sorted_page(query)
        default = {name: value for name, value in self.query_params(query).items() if name not in sorting}
        try:
            before = self.page({}, default)
            by_change = self.page({}, self.query_params(query), policy=ONE_OBJECT)
            after = self.page({}, default)
        except (RefusedError, ApiError) as error:
            if isinstance(error, ApiError) and error.concerns_all:
                raise
            return False  # the sort is refused, or never answered
        times = [scan.updated_at(row) for row in by_change.rows]
        is_sorted = all(earlier >= later for earlier, later in pairwise(times))
        created = scan.times_of(by_change.rows, scan.CREATED)
        is_by_creation = created == sorted(created, reverse=True)
        return is_sorted and not is_by_creation and _orders_differ(by_change.rows, [*after.rows, *before.rows])


def _orders_differ(by_change: list[Row], by_default: list[Row]) -> bool:
    """Return whether the default order puts a row before another of the sorted page that changed later.

    Rows that changed at the same time prove nothing, because they may swap places. A row that the default page does not
    have counts as coming after it.
    """
    changed = {scan.identity(row): scan.updated_at(row) for row in [*by_default, *by_change]}
    places = {name: place for place, name in enumerate(dict.fromkeys(map(scan.identity, by_default)))}
    return any(
        changed[newer] > changed[older] and place < places.get(newer, len(places))
        for newer in map(scan.identity, by_change)
        for older, place in places.items()
    )


class AlertSubStream(JsmSubStream, HistorySubStream):
    """A child stream of alerts. We infer from Opsgenie that a change of a row also changes the alert's `updatedAt`."""

    parent_stream = Alerts
    paging: ClassVar[Paging | None] = ValuesPaging(limit=MAX_PAGE)
    parent_columns = {"alert_id": "id"}


class AlertDetails(AlertSubStream):
    """Every alert with its description, details, actions and entity.

    It takes one call per alert; in a backfill, none for an alert whose row shows them.
    """

    list_path = "v1/alerts/{id}"
    record = records.AlertDetail
    paging = SingleObject()
    parent_columns = {}
    cursor_field = "updatedAt"
    translation = staticmethod(rows.alert)
    _list_has_fields = False  # whether a row of the list had one of the fields that a thin list lacks

    def kept(self, row: Row) -> Parent:
        """Return the whole row if it is complete; otherwise what a call needs.

        A thin list may have empty fields in every row, so they are not believed before a row has one that is not empty.
        """
        self._list_has_fields = self._list_has_fields or any(row.get(name) for name in COMPLETE)
        return row if self._list_has_fields and _is_complete(row) else brief(row)

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Return the alert as it was listed, if that is complete, or ask for it."""
        return super().rows_of(parent) if self.needs_call(parent) else iter([parent])

    def needs_call(self, parent: Parent) -> bool:
        """Return whether the alert lacks what only the single alert has."""
        return not _is_complete(parent)


def _is_complete(row: Row) -> bool:
    return all(row.get(name) is not None for name in COMPLETE)


class AlertLogs(AlertSubStream):
    """The activity log of an alert."""

    list_path = "v1/alerts/{id}/logs"
    record = records.AlertLog
    primary_key = ["alert_id", "offset"]
    cursor_field = "createdAt"

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the lines of all pages together, because the key of a line depends on equal lines before it."""
        yield from rows.alert_logs(super().rows_of(parent))


class AlertNotes(AlertSubStream):
    """The notes that people and integrations left on an alert."""

    list_path = "v1/alerts/{id}/notes"
    record = records.AlertNote
    primary_key = ["alert_id", "offset"]
    cursor_field = "createdAt"
    translation = staticmethod(rows.alert_note)


class AlertAttachments(FileSubStream, AlertSubStream):
    """The names of the files attached to an alert, and the files themselves if the connection requests them.

    According to a report, JSM refuses them to every API token.
    """

    list_path = "v1/alerts/{id}/attachments"
    address_path = "v1/alerts/{alert_id}/attachments/{id}"
    parent_columns = {"alert_id": "id", "alert_updatedAt": "updatedAt"}
    refusal_statuses = frozenset({requests.codes.unauthorized})
    translation = staticmethod(rows.alert_attachment)

    def holds_for_all(self, parent: Parent, refusal: RefusedError) -> bool:
        """Return whether the token may not read attachments at all: it reads the alert, but not its attachments.

        If the alert itself cannot be read or does not exist any more, the refusal says nothing about other alerts.
        """
        if refusal.holds_for_all or refusal.is_not_found:
            return refusal.holds_for_all
        try:
            self.single_of(parent, AlertDetails.list_path)
        except (RefusedError, ApiError) as error:
            if isinstance(error, ApiError) and error.concerns_all:
                raise
            return False
        return True
