"""Streams of incidents, and of the lists below each incident."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Any

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import ApiError, RefusedError, system_error
from source_opsgenie.http.paging import Page, Params
from source_opsgenie.http.retry import ONE_OBJECT
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import (
    FORWARD,
    MAX_ALERT_IDS_PAGE,
    MAX_PAGE,
    MAX_TIMELINE_PAGE,
    BodyOffsetPaging,
    LinkPaging,
    OffsetPaging,
    RecordCursorPaging,
)
from source_opsgenie.records import incidents as records
from source_opsgenie.records.base import DUPLICATE_NUMBER, number_duplicates
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import LEADS_BACK, Parent, is_identity
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.history_sub_stream import HistorySubStream

INCIDENT_PLANS = "Standard, Enterprise"

ENDS_FULL = (
    "the list of an incident's alerts ends with a full page without a link to a next one, and no other page shows "
    "whether this is its end: if the incident has more alerts, they are missing."
)


class Incidents(HistoryStream):
    """Every incident, with the fields of the list."""

    list_path = "v1/incidents"
    domain = Domain.INCIDENT
    record = records.Incident
    paging = OffsetPaging(limit=MAX_PAGE)
    plan = INCIDENT_PLANS
    rereads_open = True  # whether a log or a timeline entry moves the incident's `updatedAt` is not documented
    sorts_by_change = False  # not reliably, and there is no filter by it; incidents are few

    def newest_change(self) -> int | None:
        """Return the newest change or, if Opsgenie does not sort by it, that of some of the newest incidents.

        Only Opsgenie's newest documentation sorts incidents by change. The change of any row is enough: nothing is
        missed as long as it is not in the future. The older it is, the more rows the next sync reads again.
        """
        newest = scan.Query(sort=scan.UPDATED, descending=True, created_from=self.start or 0)
        try:
            return scan.newest_of(self.page({}, self.query_params(newest), policy=ONE_OBJECT).rows)
        except (RefusedError, ApiError) as error:
            if isinstance(error, ApiError) and error.concerns_all:
                raise
        return scan.newest_of(self.ask(replace(newest, sort=scan.CREATED)).rows)


class IncidentSubStream(HistorySubStream):
    """A list below each incident."""

    parent_stream = Incidents
    domain = Domain.INCIDENT
    plan = INCIDENT_PLANS
    parent_columns = {"incident_id": "id"}


class IncidentLogs(IncidentSubStream):
    """The activity log of an incident. Several lines may share an offset, so the text is part of the key."""

    list_path = "v1/incidents/{id}/logs"
    record = records.IncidentLog
    paging = RecordCursorPaging(may_overlap=True)
    primary_key = ["incident_id", "offset", "log"]
    cursor_field = "createdAt"


class IncidentTimelineEntries(IncidentSubStream):
    """The timeline of an incident, hidden entries included. Opsgenie asks for Configuration Access to read it.

    Whether entries of one event may share their id is not documented: if they do, all but one get a number behind it.
    """

    list_path = "v2/incident-timelines/{id}/entries"
    record = records.IncidentTimelineEntry
    paging = BodyOffsetPaging(
        rows="data.entries", offset_at="data.nextOffset", limit=MAX_TIMELINE_PAGE, order={"order": "asc"}
    )
    primary_key = ["incident_id", "id"]
    # An entry's own time may be set back, and a destination keeps the row with the greatest cursor.
    parent_columns = {"incident_id": "id", "incident_updatedAt": "updatedAt"}
    cursor_field = "incident_updatedAt"

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield all entries of an incident, each with an id of its own.

        Whether a page begins with the last entry of the page before is not documented: if so, that entry comes once.
        """
        entries = list({repr(entry): entry for entry in super().rows_of(parent)}.values())
        number_duplicates(entries, ("id",))
        for entry in entries:
            number = entry.pop(DUPLICATE_NUMBER)
            if number and is_identity(entry.get("id")):
                entry["id"] = f"{entry['id']}#{number}"
            yield entry


class IncidentNotes(IncidentSubStream):
    """The notes on an incident. As in logs, several may share an offset, so the text is part of the key."""

    list_path = "v1/incidents/{id}/notes"
    record = records.IncidentNote
    paging = RecordCursorPaging(may_overlap=True)
    primary_key = ["incident_id", "offset", "note"]
    cursor_field = "createdAt"


class _IncidentAlerts(IncidentSubStream):
    """A list of bare ids of alerts."""

    record = records.IncidentAlert
    paging = LinkPaging(limit=MAX_ALERT_IDS_PAGE, order=FORWARD)
    primary_key = ["incident_id", "alert_id"]
    parent_columns = {"incident_id": "id", "incident_updatedAt": "updatedAt"}
    cursor_field = "incident_updatedAt"

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow the list to its end, where the link may name the same page, or lead to one without a new id.

        Whether more ids follow a full or an empty page is not documented. So the first page in descending order is
        asked for: if it begins with the last id read, none follows.

        Raises:
            ApiError: as in other lists, or more ids may follow.
        """
        known: dict[str, None] = {}
        current, may_continue = asked, False
        for page in super().pages(parent, asked):
            received = self.pager.rows_of(page.body)
            new = [row for row in page.rows if repr(row) not in known]
            if new or not page.rows:
                known.update(dict.fromkeys(map(repr, new)))
                may_continue = not received or self.pager.is_full(received)
                yield replace(page, rows=new)
            if page.next is None:
                if self.pager.is_full(received):
                    yield self._behind(parent, [*known])
                return
            if page.next == current or not received or (page.rows and not new):
                if len(known) >= (page.total or 0) and (not may_continue or self._ends_with(parent, [*known][-1:])):
                    return
                if received or page.next == current:
                    raise system_error(f"{self.name}: {LEADS_BACK}")
            current = page.next

    def _behind(self, parent: Parent, known: list[str]) -> Page:
        """Return the ids behind a full page without a link, as far as a page in the other order shows them.

        Whether more may follow such a page is not documented.
        """
        page = self._from_the_end(parent)
        shown = list(map(repr, page.rows))
        ahead = list(takewhile(lambda row: [row] != known[-1:], shown))
        if len(ahead) == len(shown) or not set(known).isdisjoint(ahead):  # the two pages do not meet
            self.warn_once(ENDS_FULL)
        return replace(page, rows=[row for row in page.rows if repr(row) not in known][::-1])

    def _ends_with(self, parent: Parent, last: list[str]) -> bool:
        """Return whether a list ends with a row; with no row, whether it is empty."""
        return [repr(row) for row in self._from_the_end(parent).rows[:1]] == last

    def _from_the_end(self, parent: Parent) -> Page:
        """Return the first page in descending order, which begins with the last row of the list."""
        return self.page(parent, {**self.first_params(parent), "order": "desc"})

    def shaped(self, rows: list[Any], parent: Parent) -> list[Row]:
        """Turn the ids of a page into records."""
        return super().shaped([{"alert_id": row} if isinstance(row, str) else row for row in rows], parent)


class IncidentResponderAlerts(_IncidentAlerts):
    """The alerts that notify the responders of an incident."""

    list_path = "v1/incidents/{id}/responder-alert-ids"


class IncidentAssociatedAlerts(_IncidentAlerts):
    """The alerts that are associated with an incident."""

    list_path = "v1/incidents/{id}/associated-alert-ids"
