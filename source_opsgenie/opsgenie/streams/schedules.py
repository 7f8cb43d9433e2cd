"""Streams of schedules, of who is on call and was on call, and of who takes over."""

from __future__ import annotations

from typing import Any

from source_opsgenie.http.body import Body, data_at, found_at
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import LinkPaging, SingleObject
from source_opsgenie.records import schedules as records
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.sub_stream import SubStream
from source_opsgenie.streams.timelines import MonthlyTimelines

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
    """Who takes turns in each schedule. They come with the list of schedules or, if missing there, by a call."""

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
    paging = SingleObject()
    primary_key = ["schedule_id"]
    full_refresh_because = MOMENT


class Escalations(ApiStream):
    """Who is notified if nobody acts on an alert."""

    list_path = "v2/escalations"
    record = records.Escalation


LAYERS = ("final", "base", "override", "forwarding")


def _periods(body: Body) -> list[Any]:
    """Return the periods, nested three deep, with the names of the rotation and the layer around them.

    Raises:
        UnusableBodyError: the final timeline is missing, which comes whatever is asked for; it may be null.
    """
    data = found_at(body, "data", dict)
    data_at(body, "data.finalTimeline")
    return [
        {
            "layer": layer,
            "rotation_id": rotation.get("id") or "",
            "rotation_name": rotation.get("name"),
            "rotation_order": rotation.get("order"),
            **period,
        }
        if isinstance(period, dict)
        else period
        for layer in LAYERS
        for rotation in _list_in(data.get(f"{layer}Timeline"), "rotations")
        for period in _list_in(rotation, "periods")
    ]


def _list_in(holder: Any, name: str) -> list[Any]:
    """Return a list inside an object. A value of another type is returned as a row, which causes a warning."""
    value = holder.get(name) if isinstance(holder, dict) else holder
    if value is None:
        return []
    return value if isinstance(value, list) and isinstance(holder, dict) else [value]


class ScheduleTimelines(MonthlyTimelines, ScheduleSubStream):
    """The on-call periods that have ended, of each schedule and each of its layers: one row for each period."""

    list_path = "v2/schedules/{id}/timeline"
    paging = LinkPaging(rows_in=_periods)
    parameters = {**MonthlyTimelines.parameters, "expand": "base,forwarding,override"}
