"""What each endpoint answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration_tests.sandbox import paging, text
from integration_tests.sandbox.collection import INDEX_MASK
from integration_tests.sandbox.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from integration_tests.sandbox.call import Body, Call
    from integration_tests.sandbox.collection import Collection

USER_SORTS = {
    **{name: name for name in ("username", "fullName", "verified", "blocked", "createdAt")},
    "insertedAt": "createdAt",
    "fullName.raw": "fullName",
    "role": "role",
}


def _select(call: Call, rows: Collection, sort: str) -> Sequence[int]:
    return rows.select(
        call.query.get("query", ""),
        sort,
        descending=call.is_descending(),
        team=call.team,
        updated_at_filter=call.settings.updated_at_filter,
    )


# Alerts


def alerts(call: Call) -> Body:
    rows = call.account.alerts
    sort = call.choice("sort", ("createdAt", "updatedAt", *rows.sorts), "createdAt")
    return paging.by_offset(call, _select(call, rows, sort), lambda key: rows.row(key & INDEX_MASK))


def alert_count(call: Call) -> Body:
    return {"data": {"count": len(_select(call, call.account.alerts, "createdAt"))}}


def _alert(call: Call) -> int:
    kind = call.choice("identifierType", ("id", "alias", "tiny"), "id")
    index = call.account.alerts.find(call.at["alertId"], kind, call.team)
    if index is None:
        raise Refusal(404, f"Alert with id [{call.at['alertId']}] does not exist")
    return index


def alert(call: Call) -> Body:
    return {"data": call.account.alerts.detail(_alert(call))}


def alert_recipients(call: Call) -> Body:
    return {"data": call.account.alerts.recipients(_alert(call))}


def alert_logs(call: Call) -> Body:
    return paging.by_record(call, call.account.alerts.logs(_alert(call)))


def alert_notes(call: Call) -> Body:
    return paging.by_record(call, call.account.alerts.notes(_alert(call)))


# Incidents


def incidents(call: Call) -> Body:
    rows = call.account.incidents
    sorts = ["createdAt", "insertedAt", *rows.sorts]
    by_update = call.settings.incidents_sort_updated_at
    if by_update != "refused":
        sorts.append("updatedAt")
    sort = call.choice("sort", tuple(sorts), "insertedAt")
    if sort == "updatedAt" and by_update == "ignored":
        sort = "createdAt"
    found = _select(call, rows, sort)
    total = {"totalCount": len(found)} if call.settings.incidents_total_count else {}
    return total | paging.by_offset(call, found, lambda key: rows.row(key & INDEX_MASK))


def _incident(call: Call) -> int:
    kind = call.choice("identifierType", ("id", "tiny"), "id")
    index = call.account.incidents.find(call.at["incidentId"], kind, call.team)
    if index is None:
        raise Refusal(404, f"Incident with id [{call.at['incidentId']}] does not exist")
    return index


def incident(call: Call) -> Body:
    return {"data": call.account.incidents.row(_incident(call))}


def incident_logs(call: Call) -> Body:
    return paging.by_record(call, call.account.incidents.logs(_incident(call)))


def incident_timeline(call: Call) -> Body:
    return paging.timeline(call, call.account.incidents.entries(_incident(call)))


# Users


def users(call: Call) -> Body:
    sort = call.choice("sort", tuple(USER_SORTS), "username")
    descending = call.is_descending("asc")
    rows = sorted(call.account.configuration.users(), key=lambda row: str(row[USER_SORTS[sort]]), reverse=descending)
    # The links of this list write the order in capitals.
    shown = {"sort": sort, "order": "DESC" if descending else "ASC"}
    page = paging.by_offset(call, rows, lambda row: row, default_size=100, **shown)
    return page | {"totalCount": len(rows)}


def _user(call: Call) -> str:
    user_id = call.account.configuration.user_id(call.at["userId"])
    if user_id is None:
        raise Refusal(404, f"User [{call.at['userId']}] not found")
    return user_id


def user(call: Call) -> Body:
    row = call.account.configuration.user(_user(call), with_contacts=call.query.get("expand") == "contact")
    return {"data": row, "expandable": ["contact"]}


def contacts(call: Call) -> Body:
    return {"data": call.account.configuration.contacts(_user(call))}


# Teams


def teams(call: Call) -> Body:
    rows = call.account.configuration.teams()
    return {"data": [row for row in rows if call.team in (None, row["id"])], "expandable": ["member"]}


def _team(call: Call, kind_parameter: str = "identifierType") -> str:
    kind = call.choice(kind_parameter, ("id", "name"), "id")
    team_id = call.account.configuration.team_id(call.at["teamId"], kind)
    if team_id is None:
        raise Refusal(404, "Team not found")
    if call.team not in (None, team_id):
        raise Refusal(403, text.TEAM_KEY, code=40301)
    return team_id


def team(call: Call) -> Body:
    return {"data": call.account.configuration.team(_team(call))}


def team_roles(call: Call) -> Body:
    return {"data": call.account.configuration.team_roles(_team(call, "teamIdentifierType"))}


def team_routing_rules(call: Call) -> Body:
    return {"data": call.account.configuration.team_routing_rules(_team(call, "teamIdentifierType"))}


def team_logs(call: Call) -> Body:
    return paging.team_logs(call, call.account.configuration.team_logs(_team(call)))


# The account


def account(call: Call) -> Body:
    return {"data": call.account.configuration.account(call.settings.plan)}


def request_limits(call: Call) -> Body:
    if not call.settings.request_limits_visible:
        raise Refusal(403, text.TEAM_KEY, code=40301)
    return {"data": {"rateLimits": call.limits.shown()}}


def heartbeat_ping(call: Call) -> dict[str, Any]:
    call.blame("heartbeat ping")
    return {"result": "PONG - Heartbeat received"}
