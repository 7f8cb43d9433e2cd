"""Translates policies."""

from __future__ import annotations

import re
from typing import Any

from source_opsgenie.http.body import Row, objects_of
from source_opsgenie.jsm.rows.fields import changed, chosen, duration, each_of, fill, is_id_text, lower_case, renamed

_NEGATED = {
    "keepOriginalActions": "ignoreOriginalActions",
    "keepOriginalDetails": "ignoreOriginalDetails",
    "keepOriginalResponders": "ignoreOriginalResponders",
    "keepOriginalTags": "ignoreOriginalTags",
}
_ACTIONS = ("autoRestartAction", "autoCloseAction", "deduplicationAction", "delayAction")
_HOURS_OF_DAY = {"startMinute": "startMin", "endMinute": "endMin"}
_CAPITAL = re.compile(r"(?<=[a-z0-9])[A-Z]")


def alert_policy(row: Row, *_: object) -> Row:
    """Translate a policy that changes alerts. Its `description` is the alert's in Opsgenie, and the policy's in JSM."""
    made = _policy(renamed(row, {"description": "policyDescription", "alertDescription": "description"}))
    made = changed(made, responders=each_of(lambda identity: {"id": identity}, is_id_text))
    if made.get("updatePriority") is True and "priorityValue" in made:
        fill(made, priority=made["priorityValue"])
    for keep, ignore in _NEGATED.items():
        if isinstance(made.get(keep), bool) and made.get(ignore) is None:
            made[ignore] = not made.pop(keep)
    return made


def notification_policy(row: Row, *_: object) -> Row:
    """Translate a policy that changes notifications. JSM's own fields of its actions stay beside Opsgenie's."""
    made = changed(_policy(row), **dict.fromkeys(_ACTIONS, _action))
    if "description" in row:
        fill(made, policyDescription=row["description"])
    return made


def _policy(row: Row) -> Row:
    made = changed(row, type=lower_case, teamId=lambda team: None if team == "" else team)  # "" of a global policy
    restriction = made.get("timeRestriction")
    if isinstance(restriction, dict) and restriction.get("enabled") is True:
        periods = objects_of(restriction.get("timeRestrictions"))
        hours = [renamed(each, _HOURS_OF_DAY) for each in periods]
        fill(made, timeRestrictions={"type": "time-of-day", "restrictions": hours})
    return made


def _action(row: Any) -> Any:
    """Add Opsgenie's fields: a duration only if the answer states its unit."""
    if not isinstance(row, dict):
        return row
    made = changed(row, deduplicationActionType=_in_kebab_case, delayOption=_in_kebab_case)
    unit, delay = row.get("durationFormat"), row.get("delayTime")
    length = duration(row.get("waitDuration"), unit.lower()) if isinstance(unit, str) and unit else None
    if isinstance(length, dict):
        fill(made, duration=length)
    if "countValueLimit" in row:
        fill(made, count=row["countValueLimit"])
    if isinstance(delay, dict):
        until = renamed(delay, {"hours": "untilHour", "minutes": "untilMinute"})
        fill(made, **chosen(until, "untilHour", "untilMinute"))
    return made


def _in_kebab_case(word: Any) -> Any:
    """Write a word such as `valueBased` as Opsgenie does."""
    return _CAPITAL.sub(lambda found: f"-{found[0].lower()}", word) if isinstance(word, str) else word
