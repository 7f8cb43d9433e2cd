"""Streams of integrations, their actions and heartbeats. Secrets of other systems are masked."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from source_opsgenie.http.body import UnusableBodyError, data_at, found_at, rows_at
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import NoPaging
from source_opsgenie.opsgenie.streams.teams import Teams
from source_opsgenie.records import integrations as records
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from typing import Any

    from source_opsgenie.http.body import Body, Row
    from source_opsgenie.http.paging import Params
    from source_opsgenie.streams.base import Parent


class Integrations(ApiStream):
    """Every integration, with the settings of its type."""

    list_path = "v2/integrations"
    detail_path = "v2/integrations/{id}"
    record = records.Integration
    mask_secrets = True
    cached = True


# The known types of actions. Beside them, the answer names the integration, which is an object, too.
ACTION_TYPES = frozenset({"create", "close", "acknowledge", "addNote", "ignore"})


def _actions(body: Body) -> list[Any]:
    """Return the actions of all types, which are a list each, with the type and the number that the key needs.

    Of a known type, an object is a list of one.
    """
    lists = {
        kind: rows if isinstance(rows, list) else [rows]
        for kind, rows in found_at(body, "data", dict).items()
        if isinstance(rows, list) or (kind in ACTION_TYPES and isinstance(rows, dict))
    }
    actions = [{"type": kind, **row} if isinstance(row, dict) else row for kind, rows in lists.items() for row in rows]
    _tell_apart([action for action in actions if isinstance(action, dict)])
    return actions


def _tell_apart(actions: list[Row]) -> None:
    """Add a number to actions that share a type, order and name, because no source says that there is only one.

    The numbers depend on the content of the actions, not on their place in the answer, which may change between syncs.
    """
    alike: Counter[str] = Counter()
    for action in sorted(actions, key=_canonical):
        shared = _canonical([action.get(column) for column in ("type", "order", "name")])
        action["duplicate_number"] = alike[shared]
        alike[shared] += 1


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True)


class IntegrationActions(SubStream):
    """What an integration does with the data that it receives."""

    parent_stream = Integrations
    list_path = "v2/integrations/{id}/actions"
    record = records.IntegrationAction
    paging = NoPaging(rows_in=_actions)
    primary_key = ["integration_id", "type", "order", "name", "duplicate_number"]
    parent_columns = {"integration_id": "id"}
    mask_secrets = True
    # An integration that is not advanced, or whose type has no actions, answers with an error.
    refusal_statuses = frozenset({400, 405, 406, 409, 416, 422})


def _any_list(body: Body) -> list[Any]:
    """Return the rows of a list whose form no source shows: `data` itself, or the only list inside `data`."""
    data = data_at(body, "data")
    if not isinstance(data, dict):
        return rows_at(body, "data")
    lists = [value for value in data.values() if isinstance(value, list)]
    if len(lists) != 1:
        raise UnusableBodyError("an answer whose 'data' does not contain one list")
    return lists[0]


class ActionChannels(SubStream):
    """The ways in which a team's actions are carried out.

    No source documents this list; that it exists is inferred from the calls that create and change channels. So any
    refusal skips the stream.
    """

    parent_stream = Teams
    list_path = "v1/actions/channels"
    record = records.ActionChannel
    paging = NoPaging(rows_in=_any_list)
    refusal_statuses = frozenset({405})
    refusal_may_hold_for_all = True
    mask_secrets = True
    parent_columns = {"teamId": "id"}
    plan = "those with Opsgenie Actions"

    def first_params(self, parent: Parent) -> Params:
        """Name the team, which is a query parameter here."""
        return {**super().first_params(parent), "teamId": str(parent.get("id"))}


class Heartbeats(ApiStream):
    """The heartbeats, with their settings. Only the list is read, because a call of `/ping` counts as a signal."""

    list_path = "v2/heartbeats"
    domain = Domain.HEARTBEAT
    record = records.Heartbeat
    paging = NoPaging(rows="data.heartbeats")
    primary_key = ["name"]
