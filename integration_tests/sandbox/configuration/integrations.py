"""Integrations, their actions, action channels and heartbeats. Secrets are in the rows, as the API has them."""

from __future__ import annotations

from typing import Any

from integration_tests.sandbox.configuration.parts import CONDITIONS, References, Row, typed
from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.text import HOUR, stamp

# Each secret of the account begins so: what a test looks for in everything that the connector prints.
SECRET = "s3cr3t"  # noqa: S105 - invented
MASK = "***"
ACTION_TYPES = ("ignore", "create", "close", "acknowledge", "addNote")

# The types that the API lists, but does not give one by one.
LISTED_ONLY = frozenset({"IncomingCall", "Slack", "Zendesk"})

# What each type of integration adds to its single GET.
BY_TYPE: dict[str, Row] = {
    "API": {
        "allowReadAccess": True,
        "allowWriteAccess": True,
        "allowDeleteAccess": False,
        "allowConfigurationAccess": True,
        "isDefaultIntegration": True,
        "feature-type": "token-based",
        "apiKey": f"{SECRET}-api-key",
    },
    "Webhook": {
        "callback-type": "webhook-callback",
        "url": f"https://hooks.example.com/{SECRET}",
        "headers": {"Authorization": f"Basic {SECRET}", "X-Env": f"{SECRET}-production"},
        "alertFilter": {"conditionMatchType": "match-all", "conditions": []},
        "alertActions": ["create", "close"],
        "sendAlertActions": True,
        "addAlertDescription": True,
        "addAlertDetails": False,
    },
    "Jira": {
        "bidirectional-callback-type": "jira-callback",
        "username": "jira@example.com",
        "password": f"{SECRET}-password",
        "url": f"https://{SECRET}.atlassian.net",
        "projectKey": "OPS",
        "issueTypeName": "Bug",
        "forwardingEnabled": True,
        "forwardingActionMappings": [
            {
                "action": "create",
                "mappedAction": "createIssue",
                "extraField": "a",
                "extraFieldForMappedAction": "b",
            }
        ],
        "updatesEnabled": False,
        "updatesActionMappings": [],
    },
    "Slack": {
        "callback-type": "slack-callback",
        "channel": "#alerts",
        "token": f"{SECRET}-token",
        "webhookUrl": f"https://hooks.slack.example/{SECRET}",
        "sendViaOEC": False,
    },
    "Datadog": {
        "region": "eu",
        "subdomain": "acme",
        "apiKey": f"{SECRET}-datadog",
        "extraProperties": {"note": "plain", "accessToken": f"{SECRET}-nested"},
    },
    "CloudWatch": {"topicArn": "arn:aws:sns:eu-west-1:123456789012:alerts"},
    "Prometheus": {"emailAddress": "prometheus@example.opsgenie.net", "emailUsername": "prometheus"},
}


class Integrations:
    """All integrations. The list leaves most of an integration out."""

    def __init__(self, seed: int, references: References) -> None:
        self.seed = seed
        self.references = references
        self._rows = {row["id"]: row for row in map(self._row, range(len(references.integrations)))}

    def _row(self, index: int) -> Row:
        row: Row = {**self.references.integrations[index], "enabled": index % 5 != 4}
        if index % 2 == 0:
            row["teamId"] = self.references.team(index)["id"]
        return row | {"advanced": index % 3 == 0, "version": "v2" if index % 2 else "v1"}

    def integrations(self) -> list[Row]:
        """Return every integration, as listed."""
        return list(self._rows.values())

    def listed(self, integration_id: str) -> Row | None:
        """Return one integration, as listed."""
        return self._rows.get(integration_id)

    def integration(self, integration_id: str) -> Row | None:
        """Return one integration in full; None if its type is listed only."""
        row = self._rows.get(integration_id)
        if row is None or row["type"] in LISTED_ONLY:
            return None
        index = list(self._rows).index(integration_id)
        # The single one does not name its id.
        detail: Row = {name: row[name] for name in ("type", "name", "enabled")}
        if "teamId" in row:
            detail |= {"ownerTeam": self.references.team(index), "assignedTeam": self.references.team(index)}
        return {
            **detail,
            "isGlobal": "teamId" not in row,
            "_readOnly": ["alertFilter"],
            "suppressNotifications": False,
            **{f"ignore{part}FromPayload": False for part in ("Responders", "Teams", "Recipients", "Tags")},
            "ignoreExtraPropertiesFromPayload": True,
            "responders": [typed("team", self.references.team(index)), typed("user", self.references.user(index))],
            "recipients": [],
            "isAdvanced": row["advanced"],
            "priority": "P3",
            "customPriority": "",
            "tags": ["auto"],
            "extraProperties": {},
            **BY_TYPE.get(row["type"], {}),
        }

    def actions(self, integration_id: str) -> dict[str, Any] | None:
        """Return what an integration does, a list for each type of action."""
        row = self._rows.get(integration_id)
        if row is None:
            return None
        parent = {name: row[name] for name in ("id", "name", "enabled", "type")}
        lists = {kind: self._actions_of(integration_id, kind) for kind in ACTION_TYPES}
        return {"_parent": parent, **lists}

    def _actions_of(self, integration_id: str, kind: str) -> list[Row]:
        count = Draw(self.seed, "actions", integration_id, kind).below(3)
        actions = [self._action(kind, at) for at in range(count)]
        # No source says that an action's name or order is its own.
        twins = [{**action, "filter": {"conditionMatchType": "match-any-condition"}} for action in actions[1:]]
        return [*twins, *actions]

    def _action(self, kind: str, at: int) -> Row:
        filters = {"conditionMatchType": "match-all-conditions", "conditions": CONDITIONS}
        if at == 0:
            filters = {"conditionMatchType": "match-all", "conditions": []}
        row: Row = {"type": kind, "name": f"{kind} {at}", "order": at, "filter": filters}
        if kind == "ignore":
            return row
        row |= {"user": "Prometheus", "note": "", "alias": "{{alias}}"}
        if kind != "create":
            return row
        return {
            **row,
            **{name: f"{{{{{name}}}}}" for name in ("source", "message", "description", "entity")},
            "priority": "P3",
            "customPriority": "{{priority}}",
            "appendAttachments": True,
            "alertActions": ["restart"],
            "responders": [typed("team", self.references.team(at))],
            "recipients": [],
            "tags": ["auto"],
            "extraProperties": {"instance": "{{instance}}", "Event Url": "{{event_url}}"},
            "ignoreAlertActionsFromPayload": False,
            **{f"ignore{part}FromPayload": False for part in ("Responders", "Recipients", "Teams", "Tags")},
            "ignoreExtraPropertiesFromPayload": False,
        }

    def channels(self, team_id: str) -> list[Row]:
        """Return the action channels of a team."""
        if team_id not in self.references.team_ids:
            return []
        at = self.references.team_ids.index(team_id)
        kinds: tuple[Row, ...] = (
            {
                "actionType": "rest",
                "restActionChannel": {
                    "url": f"https://runner.example.com/{SECRET}",
                    "headers": {"Authorization": f"Bearer {SECRET}", "X-Env": f"{SECRET}-env"},
                },
            },
            {
                "actionType": "aws-systems-manager",
                "awsSmActionChannel": {"roleName": "automation", "accountId": "123456789012", "region": "us-west-2"},
            },
            {
                "actionType": "aws-sns",
                "awsSnsActionChannel": {"topicName": "runbooks", "accountId": "123456789012", "region": "us-west-2"},
            },
            {"actionType": "oec", "oecActionChannel": {"apiKey": f"{SECRET}-oec"}},
        )
        return [
            {"id": uuid(self.seed, "channel", team_id, order), "name": f"channel {order}", **kind, "teamId": team_id}
            for order, kind in enumerate(kinds[: at % 5])
        ]


class Heartbeats:
    """Signs of life; some never came."""

    def __init__(self, references: References, now: int, count: int) -> None:
        self._rows = [self._heartbeat(references, now, at) for at in range(count)]

    @staticmethod
    def _heartbeat(references: References, now: int, at: int) -> Row:
        row: Row = {
            "name": f"nightly backup/{at}",
            "description": "" if at % 2 else "Backup job",
            "interval": 25,
            "enabled": at % 3 != 2,
            "intervalUnit": "hours",
            "expired": at % 4 == 3,
            "alertMessage": "backup is missing",
            "alertTags": ["backup"],
            "alertPriority": "P3",
        }
        if at % 2 == 0:
            row |= {"ownerTeam": references.team(at), "lastPingTime": stamp(now - at * HOUR - 533)}
        return row

    def heartbeats(self) -> list[Row]:
        """Return every heartbeat."""
        return self._rows


def without_secrets(value: Any) -> Any:
    """Return a row as a copy should hold it: each value that is a secret of this account masked."""
    if isinstance(value, dict):
        return {name: without_secrets(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return MASK if isinstance(value, str) and SECRET in value else value
