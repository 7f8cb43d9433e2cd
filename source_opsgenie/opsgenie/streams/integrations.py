"""Streams of integrations, their actions and heartbeats. Secrets of other systems are masked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

import requests
from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import Body, Row, UnusableBodyError, data_at, found_at, objects_of
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import LinkPaging
from source_opsgenie.opsgenie.streams.teams import Teams
from source_opsgenie.records import integrations as records
from source_opsgenie.records.base import DUPLICATE_NUMBER, number_duplicates
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.sub_stream import Outcome, SubStream


class Integrations(ApiStream):
    """Every integration, with the settings of its type."""

    list_path = "v2/integrations"
    detail_path = "v2/integrations/{id}"
    record = records.Integration
    mask_secrets = True
    cached = True


# The known types of actions. The answer also names the integration, which is an object, too.
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
    # No source says that only one action has a type, order and name.
    number_duplicates(objects_of(actions), ("type", "order", "name"))
    return actions


FAILS = "Opsgenie fails to answer, even when it is asked again"
NO_LIST = "Opsgenie gives no list here"


class UncertainSubStream(SubStream):
    """A list that may not exist. By which status Opsgenie says so is not documented, so any may.

    An error of the server (HTTP 5xx) is tried again first, because it may pass.
    """

    refusal_statuses = frozenset(range(400, 500)) - {requests.codes.unauthorized}

    def list_rows(self) -> Iterator[Row]:
        """Yield the rows of every parent, and take lasting errors for refusals where the list may not exist."""
        yield from super().list_rows()
        for parent in self.parent_rows():
            name = self.name_of(parent)
            error = self.skips.failed.get(name)
            if error is not None and _may_refuse(error) and not self.has_list(parent):
                del self.skips.failed[name]
                status = error.status or 0
                cause = FAILS if status >= requests.codes.server_error else NO_LIST
                self.skips.skip_parent(name, RefusedError(status, cause))

    @property
    def unread_because(self) -> str | None:
        """Return why the whole stream is skipped. If each parent is refused, there may be no such lists."""
        return self.skips.because

    @abstractmethod
    def has_list(self, parent: Parent) -> bool:
        """Return whether the list of a parent certainly exists."""


def _may_refuse(error: ApiError) -> bool:
    """Return whether a failed call may mean that there is no list.

    An error of the server may mean it, and so may a status with which no list is refused. A redirect does not, because
    it may be a proxy's.
    """
    status = error.status or 0
    is_without_list = requests.codes.ok < status < requests.codes.multiple_choices
    is_odd = status >= requests.codes.bad_request and error.failure_type == FailureType.system_error
    return bool(status >= requests.codes.server_error or is_without_list or is_odd)


class IntegrationActions(UncertainSubStream):
    """What an integration does with the data that it receives. One that is not advanced, or of some types, has none."""

    parent_stream = Integrations
    list_path = "v2/integrations/{id}/actions"
    record = records.IntegrationAction
    paging = LinkPaging(rows_in=_actions)
    primary_key = ["integration_id", "type", "order", "name", DUPLICATE_NUMBER]
    parent_columns = {"integration_id": "id"}
    mask_secrets = True

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return the actions of an integration, or note why they are missing: a 404 may mean that it has none."""
        if isinstance(outcome, RefusedError) and outcome.is_not_found and not self.has_list(parent):
            self.skips.skip_rows(self.name_of(parent), outcome)
            return []
        return super().settle(parent, outcome)

    def has_list(self, parent: Parent) -> bool:
        """Return whether the integration is advanced, as far as is known."""
        return bool(parent.get("advanced") or parent.get("isAdvanced"))


CHANNELS = ("channels", "actionChannels", "values")


def _any_list(body: Body) -> list[Any]:
    """Return the rows of a list whose form no source shows.

    It is `data` itself, the list inside `data` that has one of the names, or the only list there. An empty object has
    no rows.
    """
    data = data_at(body, "data")
    if not isinstance(data, dict):
        return found_at(body, "data", list)
    lists = {name: value for name, value in data.items() if isinstance(value, list)}
    named = [lists[name] for name in CHANNELS if name in lists] or [*lists.values()]
    if data and len(named) != 1:
        raise UnusableBodyError("an answer whose 'data' does not contain one list")
    return named[0] if named else []


class ActionChannels(UncertainSubStream):
    """The ways in which a team's actions are carried out.

    No source documents this list; that it exists is inferred from the calls that create and change channels.
    """

    parent_stream = Teams
    list_path = "v1/actions/channels"
    record = records.ActionChannel
    paging = LinkPaging(rows_in=_any_list)
    mask_secrets = True
    parent_columns = {"teamId": "id"}
    parent_params = {"teamId": "id"}
    plan = "those with Opsgenie Actions"

    def list_rows(self) -> Iterator[Row]:
        """Yield the channels of every team, each once, because the list may ignore the team asked for.

        Channels without an id may be alike, so each of them is yielded.

        Raises:
            StreamSkippedError: each team was refused, so Opsgenie has no such list for this key; the log says so.
        """
        seen = set[str]()
        for row in super().list_rows():
            content = repr(row)
            if content not in seen or row.get("id") is None:
                yield row
            seen.add(content)
        if self.skips.only_refusal is not None:
            self.skips.end(self.skips.only_refusal)

    def has_list(self, parent: Parent) -> bool:
        """Return whether the list of any team was answered: it exists for all teams, or for none."""
        return self.skips.answered

    def shape(self, row: Row, parent: Parent) -> Row:
        """Add the team that was asked for, even if the row has an empty one."""
        own = super().shape(row, parent)
        return {**own, "teamId": own["teamId"] or parent.get("id", own["teamId"])}


class Heartbeats(ApiStream):
    """The heartbeats, with their settings. Only the list is read, because a call of `/ping` counts as a signal."""

    list_path = "v2/heartbeats"
    domain = Domain.HEARTBEAT
    record = records.Heartbeat
    paging = LinkPaging(rows="data.heartbeats", identity="name")
    primary_key = ["name"]
