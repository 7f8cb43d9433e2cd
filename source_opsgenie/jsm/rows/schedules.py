"""Translates schedules, on-call participants and periods, escalations and forwarding rules."""

from __future__ import annotations

from functools import partial
from typing import Any

from source_opsgenie.http.body import Row, objects_of
from source_opsgenie.jsm.rows.fields import changed, chosen, duration, each_of, fill, is_id_text, renamed
from source_opsgenie.jsm.rows.names import NAME, Names

PARTICIPANTS = "onCallParticipants"
# JSM's name of the nested list of who is on call next. In Opsgenie, the flat list has this name.
JSM_NEXT = "nextOnCallParticipants"


def schedule(row: Row, names: Names) -> Row:
    """Translate a schedule with its rotations."""
    made = changed(row, rotations=each_of(lambda rotation: schedule_rotation(rotation, names)))
    if is_id_text(row.get("teamId")):
        fill(made, ownerTeam=names.reference("team", row["teamId"]))
    return made


def schedule_rotation(row: Row, names: Names, *_: object) -> Row:
    """Translate a rotation."""
    return changed(row, participants=each_of(names.named))


def _parent(schedule: Row) -> Row:
    return {"_parent": chosen(schedule, "id", "name", "enabled")}


def schedule_override(row: Row, names: Names, schedule: Row) -> Row:
    """Translate an override of a schedule."""
    rotations = objects_of(schedule.get("rotations"))
    known = {each["id"]: chosen(each, "id", NAME) for each in rotations if is_id_text(each.get("id"))}
    made = renamed({**_parent(schedule), **row}, {"responder": "user", "rotationIds": "rotations"})
    named = each_of(lambda identity: known.get(identity, {"id": identity}), is_id_text)
    return changed(made, user=names.named, rotations=named)


def schedule_timeline(row: Row, names: Names, *_: object) -> Row:
    """Translate a period of a schedule's timeline, with the columns of its layer and its rotation."""
    made = renamed(row, {"from": "fromUser", "responder": "recipient", "flattenedResponders": "flattenedRecipients"})
    named = partial(names.named, user_column=NAME)
    return changed(
        made,
        type=lambda kind: "default" if kind == "base" else kind,
        recipient=named,
        flattenedRecipients=each_of(named),
        fromUser=named,
    )


def on_call(row: Row, names: Names, schedule: Row) -> Row:
    """Translate who is on call in a schedule."""
    return changed({**_parent(schedule), **row}, onCallParticipants=partial(_participants, names=names))


def next_on_call(row: Row, names: Names, schedule: Row) -> Row:
    """Translate who is on call next in a schedule."""
    made = renamed({**_parent(schedule), **row}, {JSM_NEXT: "nextOnCallRecipients"})
    return changed(made, nextOnCallRecipients=partial(_participants, names=names))


def _participants(value: Any, names: Names) -> Any:
    """Translate participants at any depth, without recursion: they may be nested deeper than Python's stack reaches.

    JSM's schema nests them as `onCallParticipants`, its example of who is next as `nextOnCallParticipants`.
    """
    whole = [value]
    waiting: list[tuple[Any, Any]] = [(whole, 0)]
    while waiting:
        holder, at = waiting.pop()
        made = holder[at]
        if isinstance(made, list):
            made = list(made)
            waiting += [(made, place) for place in range(len(made))]
        elif isinstance(made, dict):
            made = names.named(renamed(made, {JSM_NEXT: PARTICIPANTS}), NAME)
            waiting += [(made, name) for name in (PARTICIPANTS, "forwardedFrom") if name in made]
        holder[at] = made
    return whole[0]


def owned_escalation(row: Row, _: Names, team: Row) -> Row:
    """Add the team that an escalation belongs to."""
    made = dict(row)
    fill(made, ownerTeam=chosen(team, "id", "name"))
    return made


def escalation(row: Row, names: Names) -> Row:
    """Translate an escalation."""
    return changed(row, rules=each_of(partial(changed, delay=duration, recipient=names.named)))


def forwarding_rule(row: Row, names: Names, *_: object) -> Row:
    """Translate a forwarding rule."""
    made = dict(row)
    for old, new in (("fromUserId", "fromUser"), ("toUserId", "toUser")):
        if is_id_text(made.get(old)) and made.get(new) is None:
            made[new] = names.reference("user", made.pop(old))
    return made
