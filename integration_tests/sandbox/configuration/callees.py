"""Whom a call to a participant reaches."""

from __future__ import annotations

from integration_tests.sandbox.configuration.escalations import Escalations
from integration_tests.sandbox.configuration.parts import Row, typed
from integration_tests.sandbox.configuration.teams import Teams


def named(participant: Row) -> Row:
    """Return a participant as on-calls and timelines write it: a user's name is the username there."""
    if "id" not in participant:
        return {"type": participant["type"]}
    name = participant["username"] if participant["type"] == "user" else participant["name"]
    return {"id": participant["id"], "name": name, "type": participant["type"]}


class Callees:
    """Finds the people behind a participant: the members of a team, the recipients of an escalation."""

    def __init__(self, teams: Teams, escalations: Escalations) -> None:
        self.teams = teams
        self.escalations = escalations

    def tree(self, participant: Row) -> Row:
        """Return a participant with those it stands for inside it; a schedule inside an escalation stays closed."""
        row = named(participant)
        if participant["type"] == "team":
            row["onCallParticipants"] = [
                named(typed("user", each["user"])) for each in self.teams.members(participant["id"])
            ]
        elif participant["type"] == "escalation":
            escalation = self.escalations.escalation(participant["id"]) or {"rules": []}
            row["onCallParticipants"] = [
                self.tree(rule["recipient"])
                | {"escalationTime": rule["delay"]["timeAmount"], "notifyType": rule["notifyType"]}
                for rule in escalation["rules"]
            ]
        return row

    def users(self, participant: Row) -> list[Row]:
        """Return the users a participant stands for, each once."""
        return list({user["id"]: user for user in _users(self.tree(participant))}.values())


def _users(node: Row) -> list[Row]:
    if node["type"] == "user":
        return [{name: node[name] for name in ("id", "name", "type")}]
    return [user for each in node.get("onCallParticipants", []) for user in _users(each)]
