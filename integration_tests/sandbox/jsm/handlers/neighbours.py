"""What other APIs of Atlassian answer: the site, Jira, the Services API, the Teams API."""

from __future__ import annotations

from integration_tests.sandbox.jsm.call import Answer, JsmCall, found
from integration_tests.sandbox.refusal import Refusal

MOST_MEMBERS = 50


def tenant_info(call: JsmCall) -> Answer:
    return {"cloudId": call.cloud_id}


def users(call: JsmCall) -> Answer:
    """List everybody on the site; the end is an empty page."""
    start = call.given["startAt"]
    return call.account.people.users[start : start + call.held(call.given["maxResults"])]


def myself(call: JsmCall) -> Answer:
    return found(call.account.people.user(call.caller), "User")


def services(call: JsmCall) -> Answer:
    rows, offset = call.account.services, call.given["offset"]
    rows = rows if call.credential.is_admin else []
    following = offset + call.held(call.given["size"])
    return {
        "services": rows[offset:following],
        "pagination": {"totalCount": len(rows), "hasNext": following < len(rows)},
    }


def _require_organisation(call: JsmCall) -> None:
    if call.at["orgId"] != call.organization_id:
        raise Refusal(404, "Organization not found")
    if call.given["siteId"] != call.cloud_id:
        raise Refusal(400, "Invalid siteId")


def teams(call: JsmCall) -> Answer:
    _require_organisation(call)
    rows = call.account.teams.organisations(call.organization_id, call.cloud_id)
    begins = _place(call.given.get("cursor"))
    following = begins + call.held(call.given["size"])
    return {"entities": rows[begins:following], "cursor": f"at-{following}" if following < len(rows) else None}


def _place(cursor: str | None) -> int:
    number = (cursor or "at-0").removeprefix("at-")
    if not number.isdigit():
        raise Refusal(400, "Invalid cursor")
    return int(number)


def members(call: JsmCall) -> Answer:
    _require_organisation(call)
    rows = call.account.teams.members(call.at["teamId"])
    if rows is None:
        raise Refusal(404, "Team not found")
    first = call.body.get("first", MOST_MEMBERS)
    if not isinstance(first, int) or not 1 <= first <= MOST_MEMBERS or not set(call.body) <= {"first", "after"}:
        call.blame("a body that is not documented")
        raise Refusal(400, "first must be at most 50")
    begins = _place(call.body.get("after"))
    following = begins + call.held(first)
    more = following < len(rows)
    return {
        "results": rows[begins:following],
        "pageInfo": {"endCursor": f"at-{following}" if more else None, "hasNextPage": more},
    }
