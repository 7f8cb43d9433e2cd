"""Schedules, timelines, who is on call."""

from __future__ import annotations

from integration_tests.sandbox.configuration.timelines import EXPANDABLE, Asked
from integration_tests.sandbox.jsm import paging
from integration_tests.sandbox.jsm.call import Answer, JsmCall, found
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.text import DAY

BACK, AHEAD = 366 * DAY, 2 * 366 * DAY


def _expanded(call: JsmCall) -> list[str]:
    """Return what is to be expanded; the form that is not understood has no effect."""
    given: list[str] = call.given.get("expand", [])
    if call.jsm.expand == "repeated":
        return given
    return [part for each in given[:1] for part in each.split(",")]


def schedules(call: JsmCall) -> Answer:
    expanded = "rotation" in _expanded(call)
    rows = call.account.schedules.schedules(with_rotations=expanded, one_without=call.settings.rotations_key_missing)
    rows = [row for row in rows if _is_meant(row["name"], call.given.get("query"))]
    answer = paging.seen_by_offset(call, rows)
    if len(answer["values"]) < len(rows) and call.given["size"] > 1:
        call.account.schedules.delete_first(call.jsm.schedules_deleted)
    return answer | {"_expands": ["rotation"]}


def _is_meant(name: str, query: str | None) -> bool:
    if query is None:
        return True
    lower = query.lower()
    return name.lower().startswith(lower[:-1]) if lower.endswith("*") else name.lower() == lower


def schedule(call: JsmCall) -> Answer:
    return _schedule(call, "id")


def _schedule(call: JsmCall, name: str = "scheduleId") -> Row:
    row = found(call.account.schedules.schedule(call.at[name]), "Schedule")
    if not call.seen([row]):
        raise Refusal(403, "You're not authorized to see this schedule")
    return row


def rotations(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.schedules.rotations(_schedule(call)["id"]))


def rotation(call: JsmCall) -> Answer:
    rows = call.account.schedules.rotations(_schedule(call)["id"])
    return found(next((row for row in rows if row["id"] == call.at["id"]), None), "Rotation")


def overrides(call: JsmCall) -> Answer:
    return paging.by_offset(call, call.account.schedules.overrides(_schedule(call)["id"], call.now))


def override(call: JsmCall) -> Answer:
    rows = call.account.schedules.overrides(_schedule(call)["id"], call.now)
    return found(next((row for row in rows if row["alias"] == call.at["alias"]), None), "Override")


def timeline(call: JsmCall) -> Answer:
    row = _schedule(call)
    asked = Asked(
        date=call.given.get("date", call.now),
        interval=call.given["interval"],
        unit=call.given["intervalUnit"],
        expand=tuple(each for each in _expanded(call) if each in EXPANDABLE),
        months=call.settings.timeline_months,
        begins=call.settings.timeline_begins,
        is_cut=call.settings.timeline_periods == "cut",
    )
    start, end = asked.window(row["timezone"])
    earliest = asked.date if call.jsm.timeline_bound == "date" else start
    if earliest < call.now - BACK or end > call.now + AHEAD:
        call.blame("beyond the timeline")
        raise Refusal(422, "A timeline reaches one year back and two years ahead")
    return call.account.schedules.timeline(row["id"], asked, call.now)


def on_calls(call: JsmCall) -> Answer:
    moment = call.given.get("date", call.now)
    return call.account.schedules.on_calls(_schedule(call)["id"], moment, flat=call.given["flat"])


def next_on_calls(call: JsmCall) -> Answer:
    moment = call.given.get("date", call.now)
    return call.account.schedules.next_on_calls(_schedule(call)["id"], moment, flat=call.given["flat"])
