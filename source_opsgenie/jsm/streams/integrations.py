"""Streams of integrations, syncs, their actions, and heartbeats. Secrets of other systems are masked."""

from __future__ import annotations

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import NOT_FOUND, ApiError, RefusedError
from source_opsgenie.jsm.paging import (
    INTEGRATION_ACTIONS_PAGE,
    INTEGRATIONS_PAGE,
    MAX_PAGE,
    ValuesPaging,
    action_groups_in,
)
from source_opsgenie.jsm.rows import integrations as rows
from source_opsgenie.jsm.rows.fields import chosen
from source_opsgenie.jsm.streams.base import EMPTY_COLUMN, JsmStream, JsmSubStream
from source_opsgenie.jsm.streams.teams import TeamSubStream
from source_opsgenie.records import integrations as records

ALERT_FILTER = "alertFilter"
ALERT_FILTER_PATH = "v1/integrations/{id}/outgoing/alert-filter/main"


class Integrations(JsmStream):
    """Every integration, with the settings of its type and the alert filter of an outgoing one."""

    list_path = "v1/integrations"
    detail_path = "v1/integrations/{id}"
    record = records.Integration
    paging = ValuesPaging(limit=INTEGRATIONS_PAGE)
    mask_secrets = True
    cached = True
    uses_names = ("teams",)
    translation = staticmethod(rows.integration)

    def detail_of(self, row: Row, path: str) -> Row:
        """Ask for the single integration and, if it is an outgoing one, for its alert filter."""
        detail = super().detail_of(row, path)
        if detail.get("teamId") is None:
            detail = {**detail, **chosen(row, "teamId")}  # without a team it would be translated as a global one
        directions = detail.get("directions")
        if not isinstance(directions, list) or "outgoing" not in directions:
            return detail
        try:
            return {**detail, ALERT_FILTER: super().detail_of(row, ALERT_FILTER_PATH)}
        except RefusedError as error:
            if error.status != NOT_FOUND:
                self.warn_once(EMPTY_COLUMN % (ALERT_FILTER, error.why))
            return detail
        except ApiError as error:
            if error.concerns_all:
                raise
            return {**detail, ALERT_FILTER: error}

    def completed(self, row: Row, detail: Row) -> Row:
        """Complete a row. If its alert filter could not be read, the stream ends with an error after its rows."""
        error = detail.get(ALERT_FILTER)
        if isinstance(error, ApiError):
            self.skips.fail_detail(str(row.get("id")), error)
            detail = {name: value for name, value in detail.items() if name != ALERT_FILTER}
        return super().completed(row, detail)


class IntegrationActions(JsmSubStream):
    """What an integration does with the data that it receives, and what it sends."""

    parent_stream = Integrations
    list_path = "v1/integrations/{id}/actions"
    detail_path = "v1/integrations/{integration_id}/actions/{id}"
    record = records.IntegrationAction
    paging = ValuesPaging(limit=INTEGRATION_ACTIONS_PAGE)
    primary_key = ["integration_id", "id"]
    parent_columns = {"integration_id": "id"}
    mask_secrets = True
    translation = staticmethod(rows.integration_action)


class Heartbeats(TeamSubStream):
    """The heartbeats, with their settings. Only the list is read, because a call of `/ping` counts as a signal."""

    list_path = "v1/teams/{id}/heartbeats"
    record = records.Heartbeat
    paging = ValuesPaging(limit=MAX_PAGE, identity="name")
    primary_key = ["team_id", "name"]
    uses_names = ("teams",)
    translation = staticmethod(rows.heartbeat)


class Syncs(JsmStream):
    """Every sync between alerts and a Jira project."""

    list_path = "v1/syncs"
    detail_path = "v1/syncs/{id}"
    record = records.Sync
    mask_secrets = True
    cached = True
    translation = staticmethod(rows.sync)


class SyncActions(JsmSubStream):
    """What a sync does."""

    parent_stream = Syncs
    list_path = "v1/syncs/{id}/actions"
    detail_path = "v1/syncs/{sync_id}/actions/{id}"
    record = records.SyncAction
    primary_key = ["sync_id", "id"]
    parent_columns = {"sync_id": "id"}
    mask_secrets = True


class SyncActionGroups(JsmSubStream):
    """The groups of a sync's actions."""

    parent_stream = Syncs
    list_path = "v1/syncs/{id}/action-groups"
    record = records.SyncActionGroup
    paging = ValuesPaging(rows_in=action_groups_in)
    primary_key = ["sync_id", "id"]
    parent_columns = {"sync_id": "id"}
    mask_secrets = True


class JecChannels(JsmStream):
    """The channels of Jira Edge Connector. Only the list is read, because a single channel holds its key."""

    list_path = "v1/jec/channels"
    record = records.JecChannel
    mask_secrets = True
