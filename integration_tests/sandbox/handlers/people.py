"""Users and what belongs to each of them, forwarding rules."""

from __future__ import annotations

from integration_tests.sandbox import paging
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.refusal import Refusal

USER_SORTS = {
    **{name: name for name in ("username", "fullName", "verified", "blocked", "createdAt")},
    "insertedAt": "createdAt",
    "fullName.raw": "fullName",
    "role": "role",
}


def users(call: Call) -> Body:
    sort = call.choice("sort", tuple(USER_SORTS), "username")
    descending = call.is_descending("asc")
    rows = call.account.configuration.people.ordered(USER_SORTS[sort], descending=descending)
    # The links of this list write the order in capitals.
    shown = {"sort": sort, "order": "DESC" if descending else "ASC"}
    page = paging.by_offset(call, rows, lambda row: row, default_size=100, **shown)
    return page | {"totalCount": len(rows)}


def _user(call: Call) -> str:
    user_id = call.account.configuration.people.user_id(call.at["userId"])
    if user_id is None:
        raise Refusal(404, f"User [{call.at['userId']}] not found")
    return user_id


def user(call: Call) -> Body:
    row = call.account.configuration.people.user(_user(call), with_contacts=call.query.get("expand") == "contact")
    return {"data": row, "expandable": ["contact"]}


def contacts(call: Call) -> Body:
    return {"data": call.account.configuration.people.contacts(_user(call))}


def user_teams(call: Call) -> Body:
    return {"data": call.account.configuration.teams.user_teams(_user(call))}


def user_escalations(call: Call) -> Body:
    return {"data": call.account.configuration.escalations.user_escalations(_user(call))}


def user_schedules(call: Call) -> Body:
    return {"data": call.account.configuration.schedules.user_schedules(_user(call))}


def user_forwarding_rules(call: Call) -> Body:
    return {"data": call.account.configuration.people.user_forwarding_rules(_user(call))}


def notification_rules(call: Call) -> Body:
    return {"data": call.account.configuration.people.notification_rules(_user(call))}


def notification_rule(call: Call) -> Body:
    return {"data": _rule(call)}


def notification_rule_steps(call: Call) -> Body:
    rule = _rule(call)
    return {"data": call.account.configuration.people.notification_rule_steps(_user(call), rule["id"])}


def _rule(call: Call) -> Body:
    rule = call.account.configuration.people.notification_rule(_user(call), call.at["ruleId"])
    if rule is None:
        raise Refusal(404, "Notification rule not found")
    return rule
