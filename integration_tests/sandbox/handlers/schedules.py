"""Schedules, who is on call, escalations."""

from __future__ import annotations

from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.configuration.parts import instant
from integration_tests.sandbox.configuration.timelines import EXPANDABLE, INTERVAL_UNITS, Asked
from integration_tests.sandbox.handlers.scope import require, seen
from integration_tests.sandbox.refusal import Refusal


def schedules(call: Call) -> Body:
    rows = call.account.configuration.schedules.schedules(
        "rotation" in call.query.get("expand", "").split(","), one_without=call.settings.rotations_key_missing
    )
    return {"data": seen(call, rows), "expandable": ["rotation"]}


def schedule(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.schedule(_schedule(call, "identifierType"))}


def _schedule(call: Call, kind_parameter: str = "scheduleIdentifierType") -> str:
    """Return the id of the schedule of a path; the parameter that tells its kind has two names."""
    kind = call.choice(kind_parameter, ("id", "name"), "id")
    its = call.account.configuration.schedules
    schedule_id = its.schedule_id(call.at["scheduleId"], kind)
    row = None if schedule_id is None else its.schedule(schedule_id)
    if schedule_id is None or row is None:
        raise Refusal(404, "Schedule not found")
    require(call, row)
    return schedule_id


def schedule_rotations(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.schedule_rotations(_schedule(call))}


def schedule_overrides(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.schedule_overrides(_schedule(call))}


def schedule_timeline(call: Call) -> Body:
    expand = tuple(each for each in call.query.get("expand", "").split(",") if each)
    if any(each not in EXPANDABLE for each in expand):
        raise Refusal(422, f"expand takes {', '.join(EXPANDABLE)}")
    asked = Asked(
        date=_moment(call),
        interval=call.number("interval", 1, 1),
        unit=call.choice("intervalUnit", INTERVAL_UNITS, "weeks"),
        expand=expand,
        months=call.settings.timeline_months,
        begins=call.settings.timeline_begins,
        is_cut=call.settings.timeline_periods == "cut",
    )
    timelines = call.account.configuration.timelines
    row = timelines.schedule_timeline(_schedule(call, "identifierType"), asked, call.account.now)
    return {"data": row, "expandable": list(EXPANDABLE)}


def _moment(call: Call) -> int:
    if "date" not in call.query:
        return call.account.now
    try:
        return instant(call.query["date"])
    except ValueError as error:
        raise Refusal(422, str(error)) from None


def _is_flat(call: Call) -> bool:
    return call.choice("flat", ("true", "false"), "false") == "true"


def on_calls(call: Call) -> Body:
    its = call.account.configuration
    visible = {row["id"] for row in seen(call, its.schedules.schedules(False))}
    rows = its.on_calls.on_calls(_moment(call), flat=_is_flat(call))
    return {"data": [row for row in rows if row["_parent"]["id"] in visible]}


def schedule_on_calls(call: Call) -> Body:
    its = call.account.configuration.on_calls
    return {"data": its.schedule_on_calls(_schedule(call), _moment(call), flat=_is_flat(call))}


def next_on_calls(call: Call) -> Body:
    its = call.account.configuration.on_calls
    return {"data": its.next_on_calls(_schedule(call), _moment(call), flat=_is_flat(call))}
