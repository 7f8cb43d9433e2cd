"""Translates users and their notification rules."""

from __future__ import annotations

from functools import partial

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.rows.fields import changed, chosen, duration, each_of, fill, is_id_text, renamed
from source_opsgenie.jsm.rows.names import Names


def user(row: Row, *_: object) -> Row:
    """Translate a user of Jira, whose e-mail address is the username in Opsgenie."""
    made = renamed(row, {"accountId": "id", "emailAddress": "username", "displayName": "fullName"})
    if isinstance(made.get("active"), bool):
        fill(made, blocked=not made["active"])
    return made


def notification_rule(row: Row, names: Names, *_: object) -> Row:
    """Translate a notification rule with its steps. Minutes are inferred: JSM's document does not state the unit."""
    schedules = each_of(lambda identity: names.named({"id": identity, "type": "schedule"}), is_id_text)
    return changed(row, steps=each_of(partial(changed, sendAfter=duration)), schedules=schedules)


def notification_rule_step(row: Row, _: Names, rule: Row) -> Row:
    """Translate a step of a notification rule."""
    return {"_parent": chosen(rule, "id", "name"), **changed(row, sendAfter=duration)}
