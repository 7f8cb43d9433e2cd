"""Streams of schedules, of who is on call, and of who takes over."""

from __future__ import annotations

from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream

MOMENT = "It shows who is on call at the moment of the sync; the past is in schedule_timelines."


class Schedules(ApiStream):
    """Every schedule, with its rotations."""

    list_path = "v2/schedules"
    record = records.Schedule
    parameters = {"expand": "rotation"}
    cached = True


class ScheduleSubStream(SubStream):
    """A child stream of schedules."""

    parent_stream = Schedules
    parent_columns = {"schedule_id": "id"}


class ScheduleRotations(ScheduleSubStream):
    """Who takes turns in each schedule. They come with the list of schedules; if they do not, with a call each."""

    included_in = "rotations"
    list_path = "v2/schedules/{id}/rotations"
    record = records.ScheduleRotation
    primary_key = ["schedule_id", "id"]


class ScheduleOverrides(ScheduleSubStream):
    """Who takes over from the rotations for a time. An override has no id; its alias is unique in its schedule."""

    list_path = "v2/schedules/{id}/overrides"
    record = records.ScheduleOverride
    primary_key = ["schedule_id", "alias"]


class OnCalls(ApiStream):
    """Who is on call now: one row for each schedule, all in one call."""

    list_path = "v2/schedules/on-calls"
    domain = Domain.SCHEDULE_ONCALLS
    record = records.OnCall
    primary_key = ["schedule_id"]
    nested_ids = {"schedule_id": "_parent"}
    full_refresh_because = MOMENT


class NextOnCalls(ScheduleSubStream):
    """Who is on call next: one row for each schedule."""

    list_path = "v2/schedules/{id}/next-on-calls"
    domain = Domain.SCHEDULE_ONCALLS
    record = records.NextOnCall
    primary_key = ["schedule_id"]
    full_refresh_because = MOMENT


class Escalations(ApiStream):
    """Who is notified if nobody acts on an alert."""

    list_path = "v2/escalations"
    record = records.Escalation
