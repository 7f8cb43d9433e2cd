"""Syncs between alerts and Jira projects, and the channels of Jira Edge Connector: JSM's own."""

from __future__ import annotations

from integration_tests.sandbox.configuration.integrations import SECRET
from integration_tests.sandbox.configuration.parts import CONDITIONS
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.teams import Teams
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.query import Row

SUMMARY = ("id", "name", "type", "enabled", "teamId")
ACTION_SUMMARY = ("id", "name", "type", "direction", "order", "enabled", "actionGroupId")
GROUP_SUMMARY = ("id", "type", "name", "order", "enabled")
GROUPS = ("forwarding", "updating")
CHANNELS = 3
MOST_ACTIONS = 3


class Syncs:
    """All syncs; the first one belongs to no team."""

    def __init__(self, seed: int, teams: Teams, count: int) -> None:
        self.seed = seed
        self._rows = {row["id"]: row for row in (self._sync(teams, at) for at in range(count))}
        self._groups = {row["id"]: self._groups_of(at, row["id"]) for at, row in enumerate(self._rows.values())}

    def _sync(self, teams: Teams, at: int) -> Row:
        properties = {"projectKey": "OPS", "suppressNotifications": at % 2 == 1, "password": f"{SECRET}-sync"}
        row: Row = {
            "id": uuid(self.seed, "sync", at),
            "name": f"to the service desk {at}",
            "type": "jira-service-management-cloud",
            "enabled": at % 3 != 2,
        }
        if at:
            row["teamId"] = teams.ids_of_all[at % len(teams.ids_of_all)]
        # The schema has properties, the document's example the other two.
        if at % 2:
            return row | {"description": "Both ways", "typeSpecificProperties": properties}
        return row | {"properties": properties}

    def listed(self) -> list[Row]:
        """Return every sync, as listed."""
        return [{name: row[name] for name in SUMMARY if name in row} for row in self._rows.values()]

    def single(self, sync_id: str) -> Row | None:
        """Return one sync in full."""
        return self._rows.get(sync_id)

    def _groups_of(self, at: int, sync_id: str) -> list[Row]:
        return [self._group(sync_id, order) for order in range(1 + at % len(GROUPS))]

    def _group(self, sync_id: str, at: int) -> Row:
        group_id = uuid(self.seed, "action group", sync_id, at)
        actions = [self._action(sync_id, group_id, at, order) for order in range(1 + at * MOST_ACTIONS // 2)]
        return {
            "id": group_id,
            "type": GROUPS[at],
            "name": f"group {at}",
            "order": at + 0.28,
            "enabled": at == 0,
            "rootAction": actions[0],
            "updateActions": actions[1:],
        }

    def _action(self, sync_id: str, group_id: str, group: int, at: int) -> Row:
        conditions = [each | {"systemCondition": False} for each in CONDITIONS[:at]]
        return {
            "id": uuid(self.seed, "sync action", sync_id, group, at),
            "name": f"Create Issue {group}.{at}",
            "type": "createIssue",
            "enabled": True,
            "order": at + 3.17,
            "direction": "outgoing",
            "actionGroupId": group_id,
            "actionMapping": {"type": "create"},
            "filter": {
                "conditionsEmpty": not conditions,
                "conditionMatchType": "match-all-conditions" if conditions else "match-all",
                "conditions": conditions,
            },
            "fieldMappings": {"summary": "{{message}}", "priority": "3"},
            "properties": {"issueType": "10027", "token": f"{SECRET}-action"},
        }

    def groups(self, sync_id: str) -> list[Row]:
        """Return the action groups of a sync, as listed."""
        return [{name: row[name] for name in GROUP_SUMMARY} for row in self._groups.get(sync_id, [])]

    def group(self, sync_id: str, group_id: str) -> Row | None:
        """Return one action group with its actions."""
        return next((row for row in self._groups.get(sync_id, []) if row["id"] == group_id), None)

    def full_actions(self, sync_id: str) -> list[Row]:
        """Return the actions of a sync in full."""
        groups = self._groups.get(sync_id, [])
        return [action for group in groups for action in (group["rootAction"], *group["updateActions"])]

    def actions(self, sync_id: str) -> list[Row]:
        """Return the actions of a sync, as listed."""
        return [{name: row[name] for name in ACTION_SUMMARY} for row in self.full_actions(sync_id)]

    def action(self, sync_id: str, action_id: str) -> Row | None:
        """Return one action in full."""
        return next((row for row in self.full_actions(sync_id) if row["id"] == action_id), None)


def channels(seed: int, ids: Ids) -> list[Row]:
    """Return the channels of Jira Edge Connector; the single one shows its key, too."""
    author = next(iter(ids.users))
    return [
        {
            "id": uuid(seed, "edge channel", at),
            "name": f"edge {at}",
            "ownerId": author,
            "ownerDomain": "public_edge",
            "authorAccountId": author,
        }
        for at in range(CHANNELS)
    ]
