"""What a complete copy of the account holds at this moment, stream by stream."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import orjson

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.alerts import Alerts
from integration_tests.sandbox.configuration.integrations import without_secrets
from integration_tests.sandbox.configuration.timelines import EXPANDABLE, Asked
from integration_tests.sandbox.incidents import Incidents
from integration_tests.sandbox.lists import LISTS
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.text import SECOND, millis

Streams = dict[str, Callable[[], Iterable[Row]]]


def truth(server: Server, stream: str) -> Iterator[Row]:
    """Return the rows of a stream, in the API's shape behind their parent's id; raise KeyError for an unknown one."""
    account = server.opsgenie_account
    streams: Streams = {
        "account": lambda: [
            account.configuration.organisation.account(server.settings.account_name, server.settings.plan)
        ],
        "request_limits": lambda: server.limits.shown(server.settings.limits_told),
        **_below_alerts(account),
        # Not streams, but what the files of two streams hold.
        "alert_attachment_contents": lambda: _below(
            account.alerts,
            "alert_id",
            lambda index: [server.storage.attachment_facts(index, row) for row in account.alerts.attachments(index)],
        ),
        "log_file_contents": lambda: map(server.storage.log_file_facts, account.configuration.organisation.log_files),
        **_below_incidents(server),
        **_configured(server),
    }
    return iter(streams[stream]())


def _below_alerts(account: Account) -> Streams:
    alerts = account.alerts

    def attachments(index: int) -> list[Row]:
        changed = {"alert_updatedAt": alerts.row(index)["updatedAt"]}
        return [changed | row | {"id": str(row["id"])} for row in alerts.attachments(index)]

    return {
        "alerts": lambda: map(alerts.row, alerts.alive()),
        "alert_details": lambda: map(alerts.detail, alerts.alive()),
        "alert_recipients": lambda: map(_with_user_id, _below(alerts, "alert_id", alerts.recipients)),
        "alert_logs": lambda: _below(alerts, "alert_id", alerts.logs),
        "alert_notes": lambda: _below(alerts, "alert_id", alerts.notes),
        "alert_attachments": lambda: _below(alerts, "alert_id", attachments),
        "saved_searches": alerts.saved_searches,
    }


def _below_incidents(server: Server) -> Streams:
    incidents, settings = server.opsgenie_account.incidents, server.settings

    def ids(of: Callable[[int], list[str]]) -> Callable[[int], list[Row]]:
        return lambda index: [
            {"alert_id": each, "incident_updatedAt": incidents.row(index)["updatedAt"]} for each in of(index)
        ]

    def timeline(index: int) -> list[Row]:
        entries = incidents.entries(index, sharing_ids=settings.timeline_ids == "shared")
        rows = _numbered([row for _, row in entries], "id")
        for row in rows:
            if number := row.pop("duplicate_number"):
                row["id"] += f"#{number}"
        changed = {"incident_updatedAt": incidents.row(index)["updatedAt"]}
        return [changed | row for row in rows]

    below: dict[str, Callable[[int], list[Row]]] = {
        "incident_logs": incidents.logs,
        "incident_notes": incidents.notes,
        "incident_timeline_entries": timeline,
        "incident_responder_alerts": ids(incidents.responder_alerts),
        "incident_associated_alerts": ids(incidents.associated_alerts),
    }
    streams: Streams = {"incidents": lambda: map(incidents.row, incidents.alive())}
    return streams | {name: partial(_below, incidents, "incident_id", rows) for name, rows in below.items()}


def _configured(server: Server) -> Streams:
    account = server.opsgenie_account
    its = account.configuration
    users, teams = its.user_ids, its.team_ids
    schedules = [row["id"] for row in its.references.schedules]
    services = [row["id"] for row in its.references.services]
    integrations = [row["id"] for row in its.references.integrations]
    below: dict[str, tuple[list[str], str, Callable[[str], list[Row] | None]]] = {
        "contacts": (users, "user_id", its.people.contacts),
        "user_teams": (users, "user_id", its.teams.user_teams),
        "user_escalations": (users, "user_id", its.escalations.user_escalations),
        "user_schedules": (users, "user_id", its.schedules.user_schedules),
        "notification_rules": (users, "user_id", partial(_rules, account)),
        "notification_rule_steps": (users, "user_id", partial(_steps, account)),
        "team_roles": (teams, "team_id", its.teams.team_roles),
        "team_routing_rules": (teams, "team_id", its.teams.team_routing_rules),
        "team_logs": (teams, "team_id", lambda team: [row for _, row in its.teams.team_logs(team)]),
        "schedule_rotations": (schedules, "schedule_id", its.schedules.schedule_rotations),
        "schedule_overrides": (schedules, "schedule_id", its.schedules.schedule_overrides),
        "schedule_timelines": (schedules, "schedule_id", partial(_periods, server)),
        "next_on_calls": (
            *(schedules, "schedule_id"),
            lambda each: [_texts_inside(its.on_calls.next_on_calls(each, account.now) or {})],
        ),
        "service_incident_rules": (services, "service_id", its.services.incident_rules),
        "service_incident_templates": (services, "service_id", its.services.incident_templates),
        "service_audience_templates": (services, "service_id", lambda each: [its.services.audience_template(each)]),
        "integration_actions": (integrations, "integration_id", partial(_actions, server)),
    }
    streams: Streams = {
        "users": its.people.users,
        "teams": its.teams.teams,
        "team_members": lambda: map(_with_user_id, _listed(teams, "team_id", its.teams.members)),
        "schedules": lambda: its.schedules.schedules(True),
        "on_calls": lambda: (
            {"schedule_id": row["_parent"]["id"], **row} for row in its.on_calls.on_calls(account.now)
        ),
        **{name: partial(each.rows, its) for name, each in LISTS.items()},
        "alert_policies": lambda: _policies(account, "alert"),
        "notification_policies": lambda: _policies(account, "notification"),
        "services": its.services.services,
        "custom_incident_templates": lambda: its.services.templates,
        "integrations": lambda: (
            without_secrets({**row, **(its.integrations.integration(row["id"]) or {})})
            for row in its.integrations.integrations()
        ),
        "action_channels": lambda: (
            without_secrets({"teamId": team, **row}) for team in teams for row in its.integrations.channels(team)
        ),
        "heartbeats": its.heartbeats.heartbeats,
        "maintenance": lambda: (its.organisation.maintenance(row["id"]) or {} for row in _maintenances(account)),
        "custom_user_roles": lambda: (its.organisation.role(row["id"]) or {} for row in its.organisation.roles()),
        "log_files": lambda: its.organisation.log_files,
    }
    return streams | {name: partial(_listed, *parts) for name, parts in below.items()}


def _maintenances(account: Account) -> list[Row]:
    return account.configuration.organisation.maintenances("all")


def _rules(account: Account, user: str) -> list[Row]:
    people = account.configuration.people
    return [people.notification_rule(user, row["id"]) or {} for row in people.notification_rules(user) or []]


def _steps(account: Account, user: str) -> list[Row]:
    """Return the steps of all rules, each with its rule, as their own call tells them."""
    people = account.configuration.people
    return [
        {"rule_id": rule["id"], **step}
        for rule in _rules(account, user)
        for step in people.notification_rule_steps(user, rule["id"]) or []
    ]


def _policies(account: Account, kind: str) -> Iterator[Row]:
    policies = account.configuration.policies
    for owner in policies.owners(kind):
        for row in policies.listed(kind, owner):
            policy = {"team_id": owner, **row, **(policies.single(row["id"], owner) or {})}
            yield policy | {name: _text(policy[name]) for name in ("details",) if name in policy}


def _actions(server: Server, integration: str) -> list[Row]:
    integrations = server.opsgenie_account.configuration.integrations
    row = integrations.listed(integration)
    if server.settings.plain_integrations.isdigit() and not (row and row["advanced"]):
        return []
    lists = integrations.actions(integration) or {}
    return _numbered(
        [row for rows in lists.values() if isinstance(rows, list) for row in rows], "type", "order", "name"
    )


def _numbered(rows: list[Row], *columns: str) -> list[Row]:
    """Add a number to each row, by the order of their content, that distinguishes those alike in some columns."""
    alike = Counter[tuple[str, ...]]()
    for row in sorted(rows, key=lambda row: json.dumps(row, sort_keys=True)):
        shared = tuple(str(row[name]) for name in columns)
        row["duplicate_number"] = alike[shared]
        alike[shared] += 1
    return rows


def _periods(server: Server, schedule: str) -> list[Row]:
    """Return each period that ended in the last twelve whole months or in this one, in each of its layers.

    The API is asked month by month, each from the end of the one before, so that a period which it cuts at the end of a
    month is a row in each of the two; one that it shows in both months, whole, is one row. The people on call in a
    period are named by the ids of its recipients.
    """
    account, settings = server.opsgenie_account, server.settings
    this = datetime.fromtimestamp(account.now / SECOND, timezone.utc).replace(day=1, hour=12, minute=0, second=0)
    first = this.replace(year=this.year - 1)
    since = int(first.replace(hour=0).timestamp()) * SECOND
    rows: dict[bytes, Row] = {}
    # A month of another time zone may begin after that of UTC: one month more.
    date = int((first - timedelta(days=31)).replace(day=1).timestamp()) * SECOND
    while date <= account.now:
        asked = Asked(
            date=date,
            unit="months",
            expand=EXPANDABLE,
            begins=settings.timeline_begins,
            is_cut=settings.timeline_periods == "cut",
        )
        timeline = account.configuration.timelines.schedule_timeline(schedule, asked, account.now)
        if timeline is None:
            break
        for row in _periods_shown(timeline):
            if since < millis(row["endDate"]) <= account.now:
                rows[orjson.dumps(row)] = row
        date = millis(timeline["endDate"])
    return list(rows.values())


def _periods_shown(timeline: Row) -> Iterator[Row]:
    """Return the periods of one answer, with the names of what they are nested in."""
    for layer in ("final", "base", "override", "forwarding"):
        for rotation in timeline[f"{layer}Timeline"]["rotations"]:
            for period in rotation["periods"]:
                recipients = [period["recipient"]] if "recipient" in period else period["flattenedRecipients"]
                yield {
                    "schedule_name": timeline["_parent"]["name"],
                    "layer": layer,
                    "rotation_id": rotation["id"],
                    "rotation_name": rotation["name"],
                    "rotation_order": rotation["order"],
                    "recipient_id": ",".join(each["id"] for each in recipients if "id" in each),
                    **_texts_inside(period),
                }


# Fields that the API gives as text, as an object or as a list: a copy holds JSON text, for a column has one type.
SEVERAL_TYPES = ("fromUser", "forwardedFrom")


def _texts_inside(value: Any) -> Any:
    if isinstance(value, list):
        return [_texts_inside(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: _text(item) if name in SEVERAL_TYPES else _texts_inside(item) for name, item in value.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _below(parents: Alerts | Incidents, column: str, rows: Callable[[int], list[Row]]) -> Iterator[Row]:
    for index in parents.alive():
        parent = {column: parents.id(index)}
        yield from (parent | row for row in rows(index))


def _listed(parents: Iterable[str], column: str, rows: Callable[[str], list[Row] | None]) -> Iterator[Row]:
    for parent in parents:
        yield from ({column: parent} | row for row in rows(parent) or [])


def _with_user_id(row: Row) -> Row:
    """Add the user's id after the parent's: together they name the row."""
    parent, *rest = row.items()
    return dict([parent, ("user_id", row["user"]["id"]), *rest])
