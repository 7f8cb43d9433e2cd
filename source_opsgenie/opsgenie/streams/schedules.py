"""Streams of schedules, of who is on call, and of who takes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import Parent, Row

SCHEDULE_ID: Mapping[str, str] = {"schedule_id": "id"}
MOMENT = "It shows who is on call at the moment of the sync; the past is in schedule_timelines."


class Schedules(ApiStream):
    """Every schedule, with its rotations."""

    list_path = "v2/schedules"
    record: ClassVar[type[Record]] = records.Schedule
    parameters: ClassVar[Mapping[str, str]] = {"expand": "rotation"}
    cached = True


class ScheduleRotations(SubStream):
    """Who takes turns in each schedule. They come with the list of schedules; if they do not, with a call each."""

    parent_stream: ClassVar[type[ApiStream]] = Schedules
    included_in = "rotations"
    list_path = "v2/schedules/{id}/rotations"
    record: ClassVar[type[Record]] = records.ScheduleRotation
    primary_key: ClassVar[list[str]] = ["schedule_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = SCHEDULE_ID


class ScheduleOverrides(SubStream):
    """Who takes over from the rotations for a time. An override has no id; its alias is unique in its schedule."""

    parent_stream: ClassVar[type[ApiStream]] = Schedules
    list_path = "v2/schedules/{id}/overrides"
    record: ClassVar[type[Record]] = records.ScheduleOverride
    primary_key: ClassVar[list[str]] = ["schedule_id", "alias"]
    parent_columns: ClassVar[Mapping[str, str]] = SCHEDULE_ID


class OnCalls(ApiStream):
    """Who is on call now: one row for each schedule, all in one call."""

    list_path = "v2/schedules/on-calls"
    domain = Domain.SCHEDULE_ONCALLS
    record: ClassVar[type[Record]] = records.OnCall
    primary_key: ClassVar[list[str]] = ["schedule_id"]
    full_refresh_because: ClassVar[str] = MOMENT

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401 - as received
        """Copy the schedule's id to the top, because destinations accept no nested keys."""
        own = super().shape(row, parent)
        if own is None:
            return None
        schedule = own.get("_parent")
        return {"schedule_id": schedule.get("id") if isinstance(schedule, dict) else None, **own}


class NextOnCalls(SubStream):
    """Who is on call next: one row for each schedule."""

    parent_stream: ClassVar[type[ApiStream]] = Schedules
    list_path = "v2/schedules/{id}/next-on-calls"
    domain = Domain.SCHEDULE_ONCALLS
    record: ClassVar[type[Record]] = records.NextOnCall
    primary_key: ClassVar[list[str]] = ["schedule_id"]
    parent_columns: ClassVar[Mapping[str, str]] = SCHEDULE_ID
    full_refresh_because: ClassVar[str] = MOMENT


class Escalations(ApiStream):
    """Who is notified if nobody acts on an alert."""

    list_path = "v2/escalations"
    record: ClassVar[type[Record]] = records.Escalation
