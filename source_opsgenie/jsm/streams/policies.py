"""Streams of policies, listed by owner and completed policy by policy."""

from __future__ import annotations

from collections.abc import Iterable

from source_opsgenie.http.body import Row
from source_opsgenie.http.paging import Params
from source_opsgenie.jsm.paging import MAX_TEAM_POLICIES_PAGE, ValuesPaging
from source_opsgenie.jsm.rows import policies as rows
from source_opsgenie.jsm.streams.teams import GLOBAL_OWNER, TeamSubStream
from source_opsgenie.records import policies as records
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.sub_stream import GLOBAL

TEAM_ID_COLUMN = "team_id"


class PolicySubStream(TeamSubStream):
    """The policies of each team, of one type, each completed by a call."""

    list_path = "v1/teams/{id}/policies"
    detail_path = "v1/teams/{team_id}/policies/{id}"
    paging = ValuesPaging(limit=MAX_TEAM_POLICIES_PAGE)

    def completed(self, row: Row, detail: Row) -> Row:
        """Keep the order of the list if the single policy has none, or 0.

        By the document, the single policy has the order, with a fraction that the list leaves out. But users saw that a
        team's has 0.0 wherever it stands: issue 59 of Atlassian's own Terraform provider.
        """
        made = super().completed(row, detail)
        return made if made.get("order") or row.get("order") is None else {**made, "order": row["order"]}


class AlertPolicies(PolicySubStream):
    """The policies that change alerts: the global ones, then each team's."""

    global_path = "v1/alerts/policies"
    global_owner = GLOBAL_OWNER
    record = records.AlertPolicy
    parameters = {"type": "alert"}
    translation = staticmethod(rows.alert_policy)

    def first_params(self, parent: Parent) -> Params:
        """Ask for one type of a team's policies; the site's are all of one type."""
        return self.pager.first() if parent is GLOBAL else super().first_params(parent)

    def has_keys(self, row: Row, names: Iterable[str]) -> bool:
        """Ask for a global policy without the id of a team."""
        return super().has_keys(row, ["id"] if row.get(TEAM_ID_COLUMN, "") is None else names)

    def detail_of(self, row: Row, path: str) -> Row:
        """Ask for the single policy below its owner."""
        is_global = row[TEAM_ID_COLUMN] is None
        return super().detail_of(row, f"{self.global_path}/{{id}}" if is_global else path)


class NotificationPolicies(PolicySubStream):
    """The policies that delay or suppress the notifications of alerts. They always belong to a team."""

    record = records.NotificationPolicy
    parameters = {"type": "notification"}
    translation = staticmethod(rows.notification_policy)
