"""What a complete copy of the migrated account holds at this moment, stream by stream, in Opsgenie's columns.

A column that is null is left out, and so are keys that a reader makes itself: the `offset` of alert_logs, the `id` of
audit_logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timezone
from functools import partial

import orjson

from integration_tests.sandbox.configuration.integrations import without_secrets
from integration_tests.sandbox.configuration.timelines import EXPANDABLE, Asked
from integration_tests.sandbox.jsm.account import MigratedAccount
from integration_tests.sandbox.jsm.handlers.schedules import BACK
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.server import Server
from integration_tests.sandbox.text import SECOND, millis

Streams = dict[str, Callable[[], Iterable[Row]]]

OPEN = ("open", "acked", "snoozed")
LIFTED = (
    *("suppressNotifications", "ignoreRespondersFromPayload", "ignoreTeamsFromPayload", "ignoreRecipientsFromPayload"),
    *("ignoreTagsFromPayload", "ignoreExtraPropertiesFromPayload", "responders", "recipients", "priority"),
    *("customPriority", "tags", "extraProperties", "assignedTeam", "emailAddress", "emailUsername"),
    *("allowReadAccess", "allowWriteAccess", "allowDeleteAccess", "allowConfigurationAccess", "isDefaultIntegration"),
    *("alertActions", "sendAlertActions", "forwardingEnabled", "forwardingActionMappings", "updatesEnabled"),
    *("updatesActionMappings", "addAlertDescription", "addAlertDetails", "sendViaOEC", "username", "subdomain"),
    *("region", "topicArn", "channel", "projectKey", "issueTypeName", "url", "webhookUrl", "headers", "apiKey"),
    *("token", "password"),
)
MAPPED_FIELDS = (
    *("user", "note", "alias", "source", "message"),
    *("description", "entity", "priority", "responders", "tags"),
)
KEPT_OF_ACTION = (
    *("id", "direction", "domain", "actionMappingType", "actionMapping", "groupType", "extraField"),
    *("typeSpecificProperties", "fieldMappings"),
)
PAYLOAD = {
    "keepActionsFromPayload": "ignoreAlertActionsFromPayload",
    "keepRespondersFromPayload": "ignoreRespondersFromPayload",
    "keepTagsFromPayload": "ignoreTagsFromPayload",
    "keepExtraPropertiesFromPayload": "ignoreExtraPropertiesFromPayload",
}
SAME_OF_POLICY = (
    *("id", "name", "order", "enabled", "message", "alias", "entity", "source", "continue", "actions", "tags"),
    *("details", "filter", "timeRestriction", "updatePriority", "priorityValue"),
)
KEPT_BY_POLICY = ("Actions", "Details", "Responders", "Tags")


def truth(server: Server, stream: str) -> Iterator[Row]:
    """Return the rows of a stream; raise KeyError for one that JSM does not have."""
    copy = _Copy(server)
    streams: Streams = {**copy.alerts(), **copy.people(), **copy.teams(), **copy.schedules(), **copy.account_wide()}
    return iter(streams[stream]())


def _without(row: Row, *names: str) -> Row:
    return {name: value for name, value in row.items() if name not in names}


def _some(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names if name in row}


def _text(value: object) -> str:
    """Write a value of a column that is JSON text: Opsgenie sends it in several forms."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _minutes(amount: int) -> Row:
    return {"timeAmount": amount, "timeUnit": "minutes"}


class _Copy:
    """A copy of the account, made by the rules by which each column is filled."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.settings = server.settings.jsm
        self.now = server.account.now
        self.account: MigratedAccount = server.jsm.account
        people = self.account.people
        self.users = [row for row in people.users if row["accountType"] == "atlassian"]
        self.caller = people.account_of(server.account.configuration.usernames[0])
        self.addresses = {row["accountId"]: row["emailAddress"] for row in self.users if "emailAddress" in row}
        self.team_names = {row["teamId"]: row["teamName"] for row in self.account.teams.listed}
        schedules = self.account.schedules.schedules(with_rotations=True)
        self.schedule_rows = {row["id"]: row for row in schedules}
        self.names = {
            "team": self.team_names,
            "schedule": {row["id"]: row["name"] for row in schedules},
            "escalation": {
                row["id"]: row["name"]
                for team in self.account.teams.ids_of_all
                for row in self.account.teams.escalations(team)
            },
        }

    def _named(self, given: Row, user_name: str = "username") -> Row:
        """Return a reference with the name that the lists have for it."""
        row = dict(given)
        if row["type"] == "noone":
            row["type"] = "none"
        names = self.addresses if row["type"] == "user" else self.names.get(row["type"], {})
        if row.get("id") in names:
            row[user_name if row["type"] == "user" else "name"] = names[row["id"]]
        return row

    def _team(self, team: str) -> Row:
        return {"id": team} | ({"name": self.team_names[team]} if team in self.team_names else {})

    # Alerts

    def alerts(self) -> Streams:
        alerts, rows = self.account.alerts, self.account.account.alerts

        def below(of: Callable[[int], Iterable[Row]]) -> Iterator[Row]:
            for index in rows.alive():
                yield from ({"alert_id": self.account.ids.alert(index)} | row for row in of(index))

        def logs(index: int) -> Iterator[Row]:
            for _, row in alerts.logs(index):
                yield {**_some(row, "log", "owner"), "type": row["logType"], "createdAt": row["logTime"]}

        def notes(index: int) -> Iterator[Row]:
            return (row | {"offset": row["id"]} for _, row in alerts.notes(index))

        def attachments(index: int) -> Iterator[Row]:
            changed = {"alert_updatedAt": rows.row(index)["updatedAt"]}
            for _, row in alerts.attachments(index):
                yield changed | _without(row, "attachmentName") | {"name": row["attachmentName"]}

        def contents(index: int) -> list[Row]:
            return [self.server.storage.attachment_facts(index, row) for row in rows.attachments(index)]

        return {
            "alerts": lambda: (self._alert(alerts.listed(index, self.settings)) for index in rows.alive()),
            "alert_details": lambda: (self._alert(alerts.single(index, self.settings)) for index in rows.alive()),
            "alert_logs": lambda: below(logs),
            "alert_notes": lambda: below(notes),
            "alert_attachments": lambda: below(attachments),
            "alert_attachment_contents": lambda: below(contents),  # no stream, but what its files hold
        }

    @staticmethod
    def _alert(row: Row) -> Row:
        renamed = ("status", "lastOccuredAt", "integrationName", "integrationType", "extraProperties")
        alert = _without(row, *renamed) | {
            "status": "open" if row["status"] in OPEN else row["status"],
            "jsm_status": row["status"],
            "isSeen": row["seen"],
            "lastOccurredAt": row["lastOccuredAt"],
            "teams": [{"id": each["id"]} for each in row["responders"] if each["type"] == "team"],
        }
        integration = {
            name: row[f"integration{name.capitalize()}"]
            for name in ("name", "type")
            if f"integration{name.capitalize()}" in row
        }
        created = millis(row["createdAt"])
        report = {name: millis(row[name]) - created for name in ("ackTime", "closeTime") if name in row}
        if "extraProperties" in row:
            alert["details"] = {name: _text(value) for name, value in row["extraProperties"].items()}
        return alert | ({"integration": integration} if integration else {}) | ({"report": report} if report else {})

    # People

    def people(self) -> Streams:
        return {
            "users": self._users,
            "contacts": self._contacts,
            # Nobody shows the rules of others: these are of the admin to whom the tokens belong.
            "notification_rules": self._rules,
            "notification_rule_steps": self._rule_steps,
            "forwarding_rules": self._forwarding_rules,
        }

    def _users(self) -> Iterator[Row]:
        for row in self.users:
            user = _some(row, "timeZone", "locale", "accountType", "active", "avatarUrls", "self")
            user |= {"id": row["accountId"], "fullName": row["displayName"], "blocked": not row["active"]}
            yield user | ({"username": row["emailAddress"]} if "emailAddress" in row else {})

    def _contacts(self) -> Iterator[Row]:
        for user in self.users:
            yield from ({"user_id": user["accountId"]} | row for row in self.account.people.contacts(user["accountId"]))

    def _steps(self, rule: Row) -> list[Row]:
        return [step | {"sendAfter": _minutes(step["sendAfter"])} for step in rule["steps"]]

    def _rules(self) -> Iterator[Row]:
        for rule in self.account.people.notification_rules(self.caller):
            row = {"user_id": self.caller, **rule, "steps": self._steps(rule)}
            if "schedules" in rule:
                row["schedules"] = [self._named({"id": each, "type": "schedule"}) for each in rule["schedules"]]
            yield row

    def _rule_steps(self) -> Iterator[Row]:
        for rule in self.account.people.notification_rules(self.caller):
            parent = {"user_id": self.caller, "rule_id": rule["id"], "_parent": _some(rule, "id", "name")}
            yield from (parent | step for step in self._steps(rule))

    def _forwarding_rules(self) -> Iterator[Row]:
        for rule in self.account.people.forwarding_rules:
            row = _without(rule, "fromUserId", "toUserId")
            for name in ("fromUser", "toUser"):
                row[name] = _without(self._named({"id": rule[f"{name}Id"], "type": "user"}), "type")
            yield row

    # Teams

    def teams(self) -> Streams:
        teams = self.account.teams
        described = {row["teamId"]: row["description"] for row in teams.organisations("", "")}

        def per_team(of: Callable[[str], Iterable[Row]]) -> Callable[[], Iterator[Row]]:
            return lambda: (row for team in teams.ids_of_all for row in of(team))

        return {
            "teams": lambda: (
                {"id": row["teamId"], "name": row["teamName"], "description": described[row["teamId"]]}
                for row in teams.listed
            ),
            "team_members": per_team(self._members),
            "user_teams": per_team(self._teams_of_users),
            "team_roles": per_team(lambda team: ({"team_id": team, **row} for row in teams.roles(team))),
            "team_routing_rules": per_team(self._routing_rules),
            "escalations": per_team(self._escalations),
            "heartbeats": per_team(self._heartbeats),
            "alert_policies": lambda: (
                row for owner in (None, *teams.ids_of_all) for row in self._policies_of("alert", owner)
            ),
            "notification_policies": per_team(partial(self._policies_of, "notification")),
        }

    def _members(self, team: str) -> Iterator[Row]:
        for row in self.account.teams.members(team) or []:
            user = _without(self._named({"id": row["accountId"], "type": "user"}), "type")
            yield {"team_id": team, "user_id": row["accountId"], "user": user}

    def _teams_of_users(self, team: str) -> Iterator[Row]:
        for row in self.account.teams.members(team) or []:
            yield {"user_id": row["accountId"], **self._team(team)}

    def _routing_rules(self, team: str) -> Iterator[Row]:
        for row in self.account.teams.routing_rules(team):
            yield {"team_id": team, **row, "notify": self._named(row["notify"])}

    def _escalations(self, team: str) -> Iterator[Row]:
        for row in self.account.teams.escalations(team):
            rules = [
                rule | {"delay": _minutes(rule["delay"]), "recipient": self._named(rule["recipient"])}
                for rule in row["rules"]
            ]
            yield {**row, "ownerTeam": self._team(team), "rules": rules}

    def _heartbeats(self, team: str) -> Iterator[Row]:
        for given in self.account.teams.heartbeats(team):
            row = {"team_id": team, **_without(given, "ownerTeamId")}
            row |= {"intervalUnit": given["intervalUnit"].lower(), "ownerTeam": self._team(given["ownerTeamId"])}
            expired = {"Unresponsive": {"expired": True}, "Responsive": {"expired": False}}
            yield row | expired.get(given["status"], {})

    def _policies_of(self, kind: str, team: str | None) -> Iterator[Row]:
        for listed in self.account.policies.listed(kind, team):
            full = self.account.policies.single(listed["id"], team) or {}
            made = _alert_policy(full) if kind == "alert" else _notification_policy(full)
            order = full.get("order") or listed["order"]
            yield made | {"type": kind, "order": order} | ({"team_id": team} if team else {})

    # Schedules

    def schedules(self) -> Streams:
        schedules = self.account.schedules

        def per_schedule(of: Callable[[Row], Iterable[Row]]) -> Callable[[], Iterator[Row]]:
            return lambda: (
                {"schedule_id": schedule["id"], **row}
                for schedule in self.schedule_rows.values()
                for row in of(schedule)
            )

        def rotations(schedule: Row) -> list[Row]:
            return [
                row | {"participants": [self._named(each) for each in row["participants"]]}
                for row in schedule["rotations"]
            ]

        def whole() -> Iterator[Row]:
            for row in self.schedule_rows.values():
                owner = {"ownerTeam": self._team(row["teamId"])} if "teamId" in row else {}
                yield row | owner | {"rotations": rotations(row)}

        def overrides(schedule: Row) -> Iterator[Row]:
            names = {row["id"]: row["name"] for row in schedule["rotations"]}
            for row in schedules.overrides(schedule["id"], self.now):
                override = _some(row, "alias", "startDate", "endDate")
                override |= {"_parent": _parent(schedule), "user": self._named(row["responder"])}
                if "rotationIds" in row:
                    override["rotations"] = [{"id": each, "name": names[each]} for each in row["rotationIds"]]
                yield override

        def on_calls(schedule: Row) -> Iterator[Row]:
            row = schedules.on_calls(schedule["id"], self.now, flat=False)
            trees = [self._tree(each) for each in row["onCallParticipants"]]
            yield {"_parent": _parent(schedule), "onCallParticipants": trees}

        def next_on_calls(schedule: Row) -> Iterator[Row]:
            row = schedules.next_on_calls(schedule["id"], self.now, flat=False)
            trees = [_texts(self._tree(each)) for each in row["nextOnCallParticipants"]]
            yield {"_parent": _parent(schedule), "nextOnCallRecipients": trees}

        return {
            "schedules": whole,
            "schedule_rotations": per_schedule(rotations),
            "schedule_overrides": per_schedule(overrides),
            "schedule_timelines": per_schedule(self._periods),
            "on_calls": per_schedule(on_calls),
            "next_on_calls": per_schedule(next_on_calls),
        }

    def _tree(self, given: Row) -> Row:
        row = self._named(_without(given, "nextOnCallParticipants"), "name")
        inside = given.get("onCallParticipants", given.get("nextOnCallParticipants"))
        if inside is not None:
            row["onCallParticipants"] = [self._tree(each) for each in inside]
        if "forwardedFrom" in given:
            row["forwardedFrom"] = self._named(given["forwardedFrom"], "name")
        return row

    def _periods(self, schedule: Row) -> list[Row]:
        """Return each period that ended since the begin of the month a year ago, asked for month by month.

        That is as far as the API reaches; where the begin of a month may not lie further back, either, a month less.
        """
        this = datetime.fromtimestamp(self.now / SECOND, timezone.utc).replace(day=1, hour=12, minute=0, second=0)
        since = int(this.replace(year=this.year - 1, hour=0, microsecond=0).timestamp()) * SECOND
        settings = self.server.settings
        rows: dict[bytes, Row] = {}
        for back in range(13, -2, -1):
            years, month = divmod(this.month - 1 - back, 12)
            asked = Asked(
                date=int(this.replace(year=this.year + years, month=month + 1).timestamp()) * SECOND,
                unit="months",
                expand=EXPANDABLE,
                begins=settings.timeline_begins,
                is_cut=settings.timeline_periods == "cut",
            )
            if self.settings.timeline_bound == "start" and asked.window(schedule["timezone"])[0] < self.now - BACK:
                continue
            for row in self._shown(schedule, self.account.schedules.timeline(schedule["id"], asked, self.now)):
                if since < millis(row["endDate"]) <= self.now:
                    rows[orjson.dumps(row)] = row
        return list(rows.values())

    def _shown(self, schedule: Row, timeline: Row) -> Iterator[Row]:
        for layer in ("final", "base", "override", "forwarding"):
            for rotation in timeline[f"{layer}Timeline"]["rotations"]:
                for period in rotation["periods"]:
                    yield {
                        "schedule_name": schedule["name"],
                        "layer": layer,
                        "rotation_id": rotation["id"],
                        "rotation_name": rotation["name"],
                        **({} if rotation["order"] is None else {"rotation_order": rotation["order"]}),
                        "rotation_deleted": rotation["deleted"],
                        **self._period(period),
                    }

    def _period(self, given: Row) -> Row:
        people = [given["responder"]] if "responder" in given else given["flattenedResponders"]
        row: Row = {
            **_some(given, "startDate", "endDate"),
            "type": "default" if given["type"] == "base" else given["type"],
            "recipient_id": ",".join(each["id"] for each in people if "id" in each),
        }
        if "responder" in given:
            row["recipient"] = self._named(given["responder"], "name")
        if "flattenedResponders" in given:
            row["flattenedRecipients"] = [self._named(each, "name") for each in given["flattenedResponders"]]
        if "from" in given:
            row["fromUser"] = _text(self._named(given["from"], "name"))
        return row

    # The account as a whole

    def account_wide(self) -> Streams:
        account = self.account

        return {
            "services": self._services,
            "service_audience_templates": self._audiences,
            "integrations": lambda: (self._integration(row) for row in account.integrations.listed()),
            "integration_actions": self._actions,
            "maintenance": self._maintenances,
            "custom_user_roles": lambda: account.roles.rows,
            "audit_logs": self._audit_logs,
            "syncs": self._syncs,
            "sync_actions": self._sync_actions,
            "sync_action_groups": self._groups,
            "jec_channels": lambda: account.channels,
        }

    def _services(self) -> Iterator[Row]:
        for row in self.account.services:
            yield _without(row, "owner") | ({"teamId": row["owner"]} if row["owner"] else {})

    def _audiences(self) -> Iterator[Row]:
        for row in self.account.services:
            yield {
                "service_id": row["id"],
                "responder": {"teams": row["responders"]["teams"], "individuals": row["responders"]["users"]},
                "stakeholder": {"individuals": row["stakeholders"]["users"]},
            }

    def _maintenances(self) -> Iterator[Row]:
        for owner in (None, *self.account.teams.ids_of_all):
            for row in self.account.maintenances.listed("all", owner):
                time = _some(row, "startDate", "endDate")
                yield _without(row, "startDate", "endDate") | {"time": time}

    def _syncs(self) -> Iterator[Row]:
        for listed in self.account.syncs.listed():
            row = self.account.syncs.single(listed["id"]) or {}
            properties = row.get("properties", row.get("typeSpecificProperties"))
            yield without_secrets(_without(row, "typeSpecificProperties") | {"properties": properties})

    def _sync_actions(self) -> Iterator[Row]:
        for sync in self.account.syncs.listed():
            yield from (
                without_secrets({"sync_id": sync["id"], **row}) for row in self.account.syncs.full_actions(sync["id"])
            )

    def _groups(self) -> Iterator[Row]:
        for sync in self.account.syncs.listed():
            yield from ({"sync_id": sync["id"], **row} for row in self.account.syncs.groups(sync["id"]))

    def _audit_logs(self) -> Iterator[Row]:
        return (row for _, row in self.account.audit_log.kept(self.now))

    def _integration(self, listed: Row) -> Row:
        full = self.account.integrations.single(listed["id"]) or {}
        row = {**full, "isAdvanced": full["advanced"], "isGlobal": "teamId" not in full}
        if "teamId" in full:
            row["ownerTeam"] = self._team(full["teamId"])
        if "outgoing" in full["directions"]:
            row["alertFilter"] = self.account.integrations.alert_filter(listed["id"])
        masked: Row = without_secrets({**row, **_some(full["typeSpecificProperties"], *LIFTED)})
        return masked

    def _actions(self) -> Iterator[Row]:
        integrations = self.account.integrations
        for integration in integrations.listed():
            for listed in integrations.actions(integration["id"]):
                full = listed | (integrations.action(integration["id"], listed["id"]) or {})
                fields, properties = full["fieldMappings"], full["typeSpecificProperties"]
                row = {"integration_id": integration["id"], **_some(full, "type", "name", "filter", *KEPT_OF_ACTION)}
                row |= _some(fields, *MAPPED_FIELDS)
                row |= {"alertActions": fields["actions"]} if "actions" in fields else {}
                row |= {"extraProperties": fields["details"]} if "details" in fields else {}
                row |= _some(properties, "appendAttachments")
                row |= {ignored: not properties[kept] for kept, ignored in PAYLOAD.items() if kept in properties}
                yield without_secrets(row)


def _texts(tree: Row) -> Row:
    """Return a participant of the next turn, of whom `forwardedFrom` is JSON text."""
    inside = (
        {"onCallParticipants": [_texts(each) for each in tree["onCallParticipants"]]}
        if "onCallParticipants" in tree
        else {}
    )
    return tree | inside | ({"forwardedFrom": _text(tree["forwardedFrom"])} if "forwardedFrom" in tree else {})


def _parent(schedule: Row) -> Row:
    return _some(schedule, "id", "name", "enabled")


def _restrictions(given: Row) -> Row:
    if not given["enabled"]:
        return {}
    ranges = [
        {
            "startHour": each["startHour"],
            "startMin": each["startMinute"],
            "endHour": each["endHour"],
            "endMin": each["endMinute"],
        }
        for each in given["timeRestrictions"]
    ]
    return {"timeRestrictions": {"type": "time-of-day", "restrictions": ranges}}


def _alert_policy(full: Row) -> Row:
    row = _some(full, *SAME_OF_POLICY) | {
        "policyDescription": full["description"],
        "description": full["alertDescription"],
        "details": _text(full["details"]),
        "responders": [each if isinstance(each, dict) else {"id": each} for each in full["responders"]],
        **{f"ignoreOriginal{part}": not full[f"keepOriginal{part}"] for part in KEPT_BY_POLICY},
        **_restrictions(full["timeRestriction"]),
    }
    row |= {"teamId": full["teamId"]} if full["teamId"] else {}
    return row | ({"priority": full["priorityValue"]} if full["updatePriority"] else {})


DASHED = {
    "valueBased": "value-based",
    "frequencyBased": "frequency-based",
    "nextTime": "next-time",
    "forDuration": "for-duration",
}


def _notification_policy(full: Row) -> Row:
    delay, dedup = full["delayAction"], full["deduplicationAction"]
    return {
        **_some(full, "id", "name", "order", "enabled", "filter", "suppress", "teamId", "description"),
        "timeRestriction": full["timeRestriction"],
        "policyDescription": full["description"],
        **_restrictions(full["timeRestriction"]),
        "autoRestartAction": full["autoRestartAction"] | _length(full["autoRestartAction"]),
        "autoCloseAction": full["autoCloseAction"] | _length(full["autoCloseAction"]),
        "deduplicationAction": {
            **dedup,
            **_length(dedup),
            "deduplicationActionType": DASHED[dedup["deduplicationActionType"]],
            "count": dedup["countValueLimit"],
        },
        "delayAction": {
            **delay,
            **_length(delay),
            "delayOption": DASHED[delay["delayOption"]],
            "untilHour": delay["delayTime"]["hours"],
            "untilMinute": delay["delayTime"]["minutes"],
        },
    }


def _length(action: Row) -> Row:
    if "durationFormat" not in action:
        return {}
    return {"duration": {"timeAmount": action["waitDuration"], "timeUnit": action["durationFormat"]}}
