"""Schedules, who is on call, escalations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tests.sandbox.configuration.parts import instant
from integration_tests.sandbox.configuration.timelines import EXPANDABLE, INTERVAL_UNITS
from integration_tests.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from integration_tests.sandbox.call import Body, Call


def schedules(call: Call) -> Body:
    its = call.account.configuration.schedules
    its.rotations_key_missing = call.settings.rotations_key_missing
    rows = its.schedules("rotation" in call.query.get("expand", "").split(","))
    return {"data": rows, "expandable": ["rotation"]}


def _schedule(call: Call) -> str:
    schedule_id = call.at["scheduleId"]
    if call.account.configuration.schedules.schedule(schedule_id) is None:
        raise Refusal(404, "Schedule not found")
    return schedule_id


def schedule_rotations(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.schedule_rotations(_schedule(call))}


def schedule_overrides(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.schedule_overrides(_schedule(call))}


def schedule_timeline(call: Call) -> Body:
    expand = [each for each in call.query.get("expand", "").split(",") if each]
    if any(each not in EXPANDABLE for each in expand):
        raise Refusal(422, f"expand takes {', '.join(EXPANDABLE)}")
    row = call.account.configuration.timelines.schedule_timeline(
        _schedule(call),
        _moment(call),
        call.number("interval", 1, 1),
        call.choice("intervalUnit", INTERVAL_UNITS, "weeks"),
        expand,
    )
    return {"data": row, "expandable": list(EXPANDABLE)}


def _moment(call: Call) -> int | None:
    if "date" not in call.query:
        return None
    try:
        return instant(call.query["date"])
    except ValueError as error:
        raise Refusal(422, str(error)) from None


def _is_flat(call: Call) -> bool:
    return call.query.get("flat", "false").lower() == "true"


def on_calls(call: Call) -> Body:
    rows = call.account.configuration.on_calls.on_calls(_is_flat(call), _moment(call))
    return {"data": rows}


def next_on_calls(call: Call) -> Body:
    row = call.account.configuration.on_calls.next_on_calls(_schedule(call), _is_flat(call), _moment(call))
    return {"data": row}


def escalations(call: Call) -> Body:
    return {"data": call.account.configuration.escalations.escalations()}
