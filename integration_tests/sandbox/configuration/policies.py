"""Alert and notification policies: global ones, and those of each team. Lists are summaries, the single one is full."""

from __future__ import annotations

from integration_tests.sandbox.configuration.parts import (
    CRITERIA,
    TIME_RESTRICTIONS,
    References,
    Row,
    duration,
    typed,
)
from integration_tests.sandbox.noise import uuid

SUMMARY = ("id", "name", "type", "order", "enabled")
GLOBAL_POLICIES = 2
# Only the list tells the order.
LIST_ONLY = ("order",)


class Policies:
    """All policies, by their owner: a team's id, or None for the account."""

    def __init__(self, seed: int, references: References) -> None:
        self.seed = seed
        self.references = references
        owners: list[str | None] = [None, *references.team_ids]
        self._alert = {owner: self._made("alert", owner, at) for at, owner in enumerate(owners)}
        self._notification = {owner: self._made("notification", owner, at) for at, owner in enumerate(owners[1:])}

    def _made(self, kind: str, owner: str | None, at: int) -> list[Row]:
        count = GLOBAL_POLICIES if owner is None else at % 3
        return [self._policy(kind, owner, at, order) for order in range(count)]

    def _policy(self, kind: str, owner: str | None, at: int, order: int) -> Row:
        row: Row = {
            "id": uuid(self.seed, kind, owner, order),
            "name": f"{kind} policy {at}.{order}",
            "type": kind,
            "order": order + 0.5 if at % 2 else order,
            "enabled": order == 0,
            "policyDescription": "",
            "filter": CRITERIA[order % len(CRITERIA)],
        }
        if owner is not None:
            row["teamId"] = owner
        if at % 2 == 0:
            row["timeRestrictions"] = TIME_RESTRICTIONS[at % len(TIME_RESTRICTIONS)]
        return row | (self._alert_part(order) if kind == "alert" else _notification_part(order))

    def _alert_part(self, order: int) -> Row:
        return {
            **{name: f"{{{{{name}}}}}" for name in ("message", "alias", "description", "entity", "source")},
            "priority": "P2",
            "continue": order == 0,
            "actions": ["restart"],
            "tags": ["checkout"],
            # Sources differ: a map, or a list of texts.
            "details": {"tier": "1"} if order == 0 else ["tier"],
            "responders": [typed("team", self.references.team(order))],
            **{f"ignoreOriginal{part}": False for part in ("Actions", "Details", "Responders", "Tags", "Teams")},
        }

    def listed(self, kind: str, owner: str | None) -> list[Row]:
        """Return the policies of an owner, as listed."""
        rows = (self._alert if kind == "alert" else self._notification).get(owner, [])
        return [{name: row[name] for name in SUMMARY} for row in rows]

    def single(self, policy_id: str, owner: str | None) -> Row | None:
        """Return one policy in full; a team's is found only by naming the team."""
        rows = [*self._alert.get(owner, []), *self._notification.get(owner, [])]
        found = next((row for row in rows if row["id"] == policy_id), None)
        return None if found is None else {name: value for name, value in found.items() if name not in LIST_ONLY}

    def owners(self, kind: str) -> list[str | None]:
        """Return who has policies."""
        return list(self._alert if kind == "alert" else self._notification)


def _notification_part(order: int) -> Row:
    return {
        "suppress": order == 1,
        "autoRestartAction": {"duration": duration(5), "maxRepeatCount": 3},
        "autoCloseAction": {"duration": duration(2, "hours")},
        "deduplicationAction": {"deduplicationActionType": "frequency-based", "count": 2, "duration": duration(10)},
        "delayAction": {"delayOption": "next-time", "untilHour": 8, "untilMinute": 30}
        if order
        else {"delayOption": "for-duration", "duration": duration(3)},
    }
