"""Incidents and their sub-streams."""

from __future__ import annotations

from abc import ABC
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import (
    MAX_PAGE,
    MAX_TIMELINE_PAGE,
    BodyOffsetPaging,
    LinkPaging,
    OffsetPaging,
    Paging,
    RecordCursorPaging,
)
from source_opsgenie.records import incidents as records
from source_opsgenie.scan import walk
from source_opsgenie.streams.history import HistoryStream, HistorySubStream, is_due

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import Parent, Row

INCIDENT_PLANS = "Standard, Enterprise"

UNPROCESSABLE = 422


class Incidents(HistoryStream):
    """Every incident, as the list gives it."""

    list_path = "v1/incidents"
    domain = Domain.INCIDENT
    record: ClassVar[type[Record]] = records.Incident
    paging: ClassVar[Paging] = OffsetPaging(limit=MAX_PAGE)
    plan: ClassVar[str] = INCIDENT_PLANS

    def is_soft(self, response: requests.Response) -> bool:
        """Take the refusal of a sort that only the newest documentation names as one that the sync can do without."""
        query = (response.request.path_url or "").partition("?")[2]
        is_unknown_sort = response.status_code == UNPROCESSABLE and ("sort", walk.UPDATED) in parse_qsl(query)
        return super().is_soft(response) or is_unknown_sort

    def newest_change(self) -> int | None:
        """Give the newest change there is, or where Opsgenie does not sort by it, that of some of the newest incidents.

        Only the newest documentation sorts incidents by change. Any row's change will do: it is no later than now,
        which is all that completeness needs; the older it is, the more comes again with the next sync.
        """
        newest = walk.Query(sort=walk.UPDATED, descending=True, created_from=self.start or 0)
        try:
            page = self.page({}, self.query_params(newest))
        except RefusedError:
            return walk.newest_of(self.ask(replace(newest, sort=walk.CREATED)).rows)
        return walk.newest_of(page.rows)

    def count(self, query: walk.Query) -> int | None:
        """Take the total that comes with a page of incidents, where it does."""
        try:
            return self.pager.total_of(self.page({}, self.pager.smallest(self.query_params(query))).body)
        except (RefusedError, ApiError):
            return None

    def changes(self, since: int, *, with_open: bool = False) -> Iterator[walk.Batch]:
        """List all: incidents cannot be filtered by change, hardly be sorted by it, and are few."""
        yield from self.listed_changes(since, with_open=with_open)

    def changed_parents(self, since: int, *, with_open: bool = False) -> walk.Batch | None:
        """Return the incidents due from one listing, which all sub-streams share; None if there are too many to keep.

        What changes after the listing is due at the next sync.
        """
        if self._all is None:
            return None
        rows = [row for row in self._all.rows if is_due(row, since, with_open=with_open)]
        return walk.Batch(rows, self._all.reached)

    @cached_property
    def _all(self) -> walk.Batch | None:
        return super().changed_parents(0)


class IncidentSubStream(HistorySubStream, ABC):
    """A list below each incident.

    Whether a log or a timeline entry moves the incident's `updatedAt` is not documented: those of incidents that are
    not closed are read at every sync.
    """

    parent_stream: ClassVar[type[HistoryStream]] = Incidents
    domain = Domain.INCIDENT
    plan: ClassVar[str] = INCIDENT_PLANS
    id_column = "incident_id"
    rereads_open = True


class IncidentLogs(IncidentSubStream):
    """The activity log of an incident. Its offset has the grain of a millisecond, so the text belongs to the key."""

    list_path = "v1/incidents/{id}/logs"
    record: ClassVar[type[Record]] = records.IncidentLog
    paging: ClassVar[Paging] = RecordCursorPaging()
    primary_key: ClassVar[list[str]] = ["incident_id", "offset", "log"]
    cursor_field: ClassVar[str] = "createdAt"


class IncidentTimelineEntries(IncidentSubStream):
    """The timeline of an incident, hidden entries included. Needs Configuration Access, though it is no
    configuration.
    """

    list_path = "v2/incident-timelines/{id}/entries"
    record: ClassVar[type[Record]] = records.IncidentTimelineEntry
    paging: ClassVar[Paging] = BodyOffsetPaging(
        rows="data.entries", offset="data.nextOffset", limit=MAX_TIMELINE_PAGE, order={"order": "asc"}
    )
    primary_key: ClassVar[list[str]] = ["incident_id", "id"]
    cursor_field: ClassVar[str] = "eventTime"


class IncidentNotes(IncidentSubStream):
    """The notes on an incident. Their offset may have the grain of a millisecond, as that of logs: the text belongs to
    the key.
    """

    list_path = "v1/incidents/{id}/notes"
    record: ClassVar[type[Record]] = records.IncidentNote
    paging: ClassVar[Paging] = RecordCursorPaging()
    primary_key: ClassVar[list[str]] = ["incident_id", "offset", "note"]
    cursor_field: ClassVar[str] = "createdAt"


class _IncidentAlerts(IncidentSubStream, ABC):
    """Bare ids of alerts."""

    paging: ClassVar[Paging] = LinkPaging()
    primary_key: ClassVar[list[str]] = ["incident_id", "alert_id"]
    change_column = "incident_updatedAt"
    cursor_field: ClassVar[str] = "incident_updatedAt"

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401 - as received
        """Make a record of an id."""
        return super().shape({"alert_id": row} if isinstance(row, str) else row, parent)


class IncidentResponderAlerts(_IncidentAlerts):
    """The alerts that call responders to an incident."""

    list_path = "v1/incidents/{id}/responder-alert-ids"
    record: ClassVar[type[Record]] = records.IncidentResponderAlert


class IncidentAssociatedAlerts(_IncidentAlerts):
    """The alerts that belong to an incident."""

    list_path = "v1/incidents/{id}/associated-alert-ids"
    record: ClassVar[type[Record]] = records.IncidentAssociatedAlert
