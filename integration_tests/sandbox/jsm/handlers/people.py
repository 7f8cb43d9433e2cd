"""Contacts, notification rules, forwarding rules, custom roles, the audit log."""

from __future__ import annotations

from integration_tests.sandbox.jsm import paging
from integration_tests.sandbox.jsm.call import Answer, JsmCall, found
from integration_tests.sandbox.jsm.handlers.teams import require_plan
from integration_tests.sandbox.jsm.organisation import CATEGORIES, LEVELS
from integration_tests.sandbox.jsm.refusals import UNAUTHORIZED, unauthorized
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal


def contacts(call: JsmCall) -> Answer:
    target = call.given.get("targetAccountId", call.caller)
    if target != call.caller:
        call.admin("You're not authorized to see the contacts of others")
    if call.account.people.user(target) is None:
        raise Refusal(404, "User not found")
    return paging.by_offset(call, call.account.people.contacts(target))


def contact(call: JsmCall) -> Answer:
    row = _with_id(call, call.account.people.contacts(call.caller), "id", "Contact")
    return {name: value for name, value in row.items() if name != "applyOrder"}


def _with_id(call: JsmCall, rows: list[Row], name: str, what: str) -> Row:
    return found(next((row for row in rows if row["id"] == call.at[name]), None), what)


def notification_rules(call: JsmCall) -> Answer:
    rows = call.account.people.notification_rules(call.caller)
    if not call.jsm.steps_in_list:
        rows = [{name: value for name, value in row.items() if name != "steps"} for row in rows]
    return paging.by_offset(call, rows)


def _rule(call: JsmCall, name: str) -> Row:
    return _with_id(call, call.account.people.notification_rules(call.caller), name, "Notification rule")


def notification_rule(call: JsmCall) -> Answer:
    return _rule(call, "id")


def notification_rule_steps(call: JsmCall) -> Answer:
    return paging.by_offset(call, _rule(call, "ruleId")["steps"])


def notification_rule_step(call: JsmCall) -> Answer:
    return _with_id(call, _rule(call, "ruleId")["steps"], "id", "Step")


def forwarding_rules(call: JsmCall) -> Answer:
    """List the caller's own, unless all are asked for."""
    require_plan(call)
    rows = call.account.people.forwarding_rules
    shows_all = call.given["showAll"] and call.credential.is_admin
    return paging.by_offset(call, rows if shows_all else [row for row in rows if row["fromUserId"] == call.caller])


def forwarding_rule(call: JsmCall) -> Answer:
    require_plan(call)
    return _with_id(call, call.account.people.forwarding_rules, "id", "Forwarding rule")


NO_ROLES = "You're not authorized to do operations for Custom User Roles"


def roles(call: JsmCall) -> Answer:
    call.admin(NO_ROLES)
    return paging.by_offset(call, call.account.roles.listed())


def role(call: JsmCall) -> Answer:
    call.admin(NO_ROLES)
    return found(call.account.roles.single(call.at["identifier"], call.given.get("identifierType", "id")), "Role")


def audit_logs(call: JsmCall) -> Answer:
    if not call.credential.is_admin:
        raise unauthorized(UNAUTHORIZED)
    start, end = call.given["startTime"], call.given["endTime"]
    if start > end:
        raise Refusal(400, "startTime must be before endTime")
    ends = call.jsm.audit_ends
    lines = [
        row
        for moment, row in call.account.audit_log.kept(call.now)
        if start < moment < end or (moment == start and ends != "none") or (moment == end and ends == "both")
    ]
    for name, words in (("category", CATEGORIES), ("level", LEVELS)):
        if name in call.given:
            wanted = {words.get(each) for each in call.given[name].split(",")}
            lines = [row for row in lines if row[name] in wanted]
    if call.jsm.audit_text == "summary":
        lines = [{("summary" if name == "message" else name): value for name, value in row.items()} for row in lines]
    page = call.given.get("pageToken", "page-0").removeprefix("page-")
    if not page.isdigit():
        raise Refusal(400, "Invalid pageToken")
    begins = int(page)
    following = begins + call.held(call.given["limit"])
    is_last = following >= len(lines)
    further = {} if is_last else {"pageToken": f"page-{following}"}
    return {"values": lines[begins:following], "count": len(lines), **call.links(is_last, **further)}
