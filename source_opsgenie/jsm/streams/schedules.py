"""Streams of schedules, of who is on call, and of who takes over."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from source_opsgenie.http.body import Body, Row, found_at
from source_opsgenie.jsm.paging import MAX_PAGE, MAX_SCHEDULES_PAGE, ValuesPaging
from source_opsgenie.jsm.rows import schedules as rows
from source_opsgenie.jsm.rows.names import NAME_COLUMNS
from source_opsgenie.jsm.streams.base import JsmStream, JsmSubStream
from source_opsgenie.jsm.streams.teams import TeamSubStream
from source_opsgenie.records import schedules as records

ROTATIONS = "rotations"


class Schedules(JsmStream):
    """Every schedule, with its rotations; if the list has none, they come with the single schedule."""

    list_path = "v1/schedules"
    detail_path = "v1/schedules/{id}"
    record = records.Schedule
    paging = ValuesPaging(limit=MAX_SCHEDULES_PAGE)
    parameters = {"expand": "rotation"}
    cached = True
    uses_names = ("users", "teams", "escalations")
    naming = staticmethod(rows.schedule)

    def lacks_detail(self, row: Row) -> bool:
        """Return whether the row has no rotations."""
        return not isinstance(row.get(ROTATIONS), list)


class ScheduleSubStream(JsmSubStream):
    """A child stream of schedules."""

    parent_stream = Schedules
    paging = ValuesPaging(limit=MAX_SCHEDULES_PAGE)
    parent_columns = {"schedule_id": "id"}
    uses_names: ClassVar[Iterable[str]] = NAME_COLUMNS


class ScheduleRotations(ScheduleSubStream):
    """Who takes turns in each schedule. They come with the list of schedules or, if missing there, by a call."""

    included_in = ROTATIONS
    list_path = "v1/schedules/{id}/rotations"
    record = records.ScheduleRotation
    primary_key = ["schedule_id", "id"]
    translation = staticmethod(rows.schedule_rotation)


class ScheduleOverrides(ScheduleSubStream):
    """Who takes over from the rotations for a time. JSM lists only overrides that have not ended."""

    list_path = "v1/schedules/{id}/overrides"
    record = records.ScheduleOverride
    primary_key = ["schedule_id", "alias"]
    uses_names = ("users",)
    translation = staticmethod(rows.schedule_override)


def _one_row(body: Body, *, participants: str) -> list[Any]:
    """Return the whole answer as the one row of a schedule. The flat lists, `onCallUsers` and others, are not used."""
    found_at(body, participants, list)
    return [body]


class OnCalls(ScheduleSubStream):
    """Who is on call now: one row for each schedule."""

    list_path = "v1/schedules/{id}/on-calls"
    record = records.OnCall
    paging = ValuesPaging(rows_in=partial(_one_row, participants="onCallParticipants"))
    primary_key = ["schedule_id"]
    translation = staticmethod(rows.on_call)


class NextOnCalls(ScheduleSubStream):
    """Who is on call next: one row for each schedule."""

    list_path = "v1/schedules/{id}/next-on-calls"
    record = records.NextOnCall
    paging = ValuesPaging(rows_in=partial(_one_row, participants="nextOnCallParticipants"))
    primary_key = ["schedule_id"]
    translation = staticmethod(rows.next_on_call)


class Escalations(TeamSubStream):
    """Who is notified if nobody acts on an alert. An escalation always belongs to a team."""

    list_path = "v1/teams/{id}/escalations"
    record = records.Escalation
    parent_columns = {}
    translation = staticmethod(rows.owned_escalation)
    cached = True
    uses_names = ("users", "teams", "schedules")
    naming = staticmethod(rows.escalation)


class ForwardingRules(JsmStream):
    """The rules that forward a user's notifications to someone else for a period.

    By default, JSM lists the caller's rules only.
    """

    list_path = "v1/forwarding-rules"
    record = records.ForwardingRule
    paging = ValuesPaging(limit=MAX_PAGE)
    parameters = {"showAll": "true"}
    uses_names = ("users",)
    translation = staticmethod(rows.forwarding_rule)
