"""Streams of alerts, and their child streams."""

from __future__ import annotations

from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import MAX_PAGE, OffsetPaging, RecordCursorPaging, SingleObject
from source_opsgenie.records import alerts as records
from source_opsgenie.scan import scan
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.files import FileSubStream
from source_opsgenie.streams.history import HistoryStream
from source_opsgenie.streams.history_sub_stream import HistorySubStream


class Alerts(HistoryStream):
    """Every alert, with the fields of the list."""

    list_path = "v2/alerts"
    domain = Domain.SEARCH
    record = records.Alert
    paging = OffsetPaging(limit=MAX_PAGE)
    takes_query = True
    query_advice = (
        "The call contains your 'alert_query': try it in the search field of Opsgenie's alert list, and correct it."
    )
    sorts_by_change = True  # but there is no filter by it

    def ask_count(self, query: scan.Query) -> int | None:
        """Ask for the number of alerts of a query, which a call of its own returns."""
        asked = {"query": self.query_params(query)["query"]}
        return self.ask_total("v2/alerts/count", asked, SingleObject(total="data.count"))


class AlertSubStream(HistorySubStream):
    """A child stream of alerts. That what is below an alert moves its `updatedAt` is inferred, not documented."""

    parent_stream = Alerts
    domain = Domain.ALERT
    parent_columns = {"alert_id": "id"}


class AlertRecipients(AlertSubStream):
    """Who was notified of an alert, and what they did."""

    list_path = "v2/alerts/{id}/recipients"
    record = records.AlertRecipient
    primary_key = ["alert_id", "user_id"]
    nested_ids = {"user_id": "user"}
    cursor_field = "updatedAt"


class AlertLogs(AlertSubStream):
    """The activity log of an alert."""

    list_path = "v2/alerts/{id}/logs"
    record = records.AlertLog
    paging = RecordCursorPaging()
    primary_key = ["alert_id", "offset"]
    cursor_field = "createdAt"


class AlertNotes(AlertSubStream):
    """The notes that people and integrations left on an alert."""

    list_path = "v2/alerts/{id}/notes"
    record = records.AlertNote
    paging = RecordCursorPaging()
    primary_key = ["alert_id", "offset"]
    cursor_field = "createdAt"


class AlertDetails(AlertSubStream):
    """Every alert with its description, details, actions and entity, which the list leaves out: one call per alert."""

    list_path = "v2/alerts/{id}"
    record = records.AlertDetail
    parent_columns = {}
    cursor_field = "updatedAt"


class AlertAttachments(FileSubStream, AlertSubStream):
    """The names of the files attached to an alert, and the files themselves if the connection requests them."""

    list_path = "v2/alerts/{id}/attachments"
    address_path = "v2/alerts/{alert_id}/attachments/{id}"
    parent_columns = {"alert_id": "id", "alert_updatedAt": "updatedAt"}


class SavedSearches(ApiStream):
    """The saved searches for alerts."""

    list_path = "v2/alerts/saved-searches"
    detail_path = "v2/alerts/saved-searches/{id}"
    domain = Domain.ALERT
    record = records.SavedSearch
