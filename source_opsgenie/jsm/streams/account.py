"""Streams of the site itself."""

from __future__ import annotations

from source_opsgenie.http.body import Row
from source_opsgenie.http.paging import Params
from source_opsgenie.jsm.paging import MAX_PAGE, ValuesPaging
from source_opsgenie.jsm.rows import account as rows
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.jsm.streams.teams import GLOBAL_OWNER, TeamSubStream
from source_opsgenie.records import account as records


class Maintenance(TeamSubStream):
    """Every maintenance period, past ones included: the site's own, then each team's."""

    list_path = "v1/teams/{id}/maintenances"
    global_path = "v1/maintenances"
    global_owner = GLOBAL_OWNER
    record = records.Maintenance
    parent_columns = {}
    parameters = {"type": "all"}
    translation = staticmethod(rows.maintenance)


class CustomUserRoles(JsmStream):
    """The account's own roles. The list has id and name, the single role has its rights."""

    list_path = "v1/roles"
    detail_path = "v1/roles/{id}"
    record = records.CustomUserRole
    paging = ValuesPaging(limit=MAX_PAGE)

    def detail_params(self, row: Row) -> Params:
        """Say that the path holds the id, because a name would be accepted, too."""
        return {"identifierType": "id"}
