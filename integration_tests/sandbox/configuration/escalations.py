"""Escalations: who is called when, if nobody answers."""

from __future__ import annotations

from functools import cached_property

from integration_tests.sandbox.configuration.parts import References, Row, duration, typed
from integration_tests.sandbox.noise import Draw

NOTIFY_TYPES = ("default", "next", "previous", "users", "admins", "random", "all")
MINUTES_BETWEEN_RULES = 5


class Escalations:
    """One escalation for each team; every fourth is an empty one that nobody owns."""

    def __init__(self, seed: int, references: References) -> None:
        self.seed = seed
        self.references = references
        self._rows = {row["id"]: row for row in map(self._escalation, range(len(references.escalations)))}

    def _escalation(self, index: int) -> Row:
        reference = self.references.escalations[index]
        if index % 4 == 1:
            return {**reference, "description": "", "rules": [], "repeat": None}
        return {
            **reference,
            "description": "First line, then lead",
            "ownerTeam": self.references.team(index),
            "rules": [
                {
                    "condition": "if-not-closed" if at else "if-not-acked",
                    "notifyType": NOTIFY_TYPES[(index + at) % len(NOTIFY_TYPES)],
                    "delay": duration(MINUTES_BETWEEN_RULES * at),
                    "recipient": recipient,
                }
                for at, recipient in enumerate(self._recipients(index))
            ],
            "repeat": {
                "waitInterval": 10,
                "count": 3,
                "resetRecipientStates": False,
                "closeAlertAfterAll": index % 2 == 0,
            },
        }

    def _recipients(self, index: int) -> list[Row]:
        draw = Draw(self.seed, "escalation", index)
        users = [typed("user", each) for each in draw.some(self.references.users, 2) or self.references.users[:1]]
        schedules = [typed("schedule", each) for each in self.references.schedules[index : index + 1]]
        return [*schedules, *users, typed("team", self.references.team(index + 1))]

    def escalations(self) -> list[Row]:
        """Return every escalation; the list leaves nothing out."""
        return list(self._rows.values())

    def escalation(self, escalation_id: str) -> Row | None:
        """Return one escalation."""
        return self._rows.get(escalation_id)

    def user_escalations(self, user_id: str) -> list[Row] | None:
        """Return the escalations that call a user by name."""
        return self._escalations_of_users.get(user_id)

    @cached_property
    def _escalations_of_users(self) -> dict[str, list[Row]]:
        escalations: dict[str, list[Row]] = {user_id: [] for user_id in self.references.user_ids}
        for row in self._rows.values():
            for user_id in {rule["recipient"]["id"] for rule in row["rules"] if rule["recipient"]["type"] == "user"}:
                escalations[user_id].append(row)
        return escalations
