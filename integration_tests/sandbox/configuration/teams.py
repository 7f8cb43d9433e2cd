"""Teams and what belongs to each of them: members, roles, routing rules, logs."""

from __future__ import annotations

from functools import cached_property

from integration_tests.sandbox.configuration.parts import (
    CRITERIA,
    TIME_RESTRICTIONS,
    TIME_ZONES,
    References,
    Row,
    typed,
)
from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.text import HOUR, stamp

RIGHTS = ("manage-members", "edit-team-roles", "delete-team-escalations", "access-reports")
MOST_MEMBERS = 8
# The first team has a log of several pages, the others a short one.
LONG_TEAM_LOG = 230
SHORT_TEAM_LOG = 9


class Teams:
    """All teams. The first one has everything that a team can have."""

    def __init__(self, seed: int, references: References, now: int) -> None:
        self.seed = seed
        self.references = references
        self.now = now
        self.team_names: dict[str, str] = {row["id"]: row["name"] for row in references.teams}
        self._teams = {row["id"]: row for row in map(self._team, range(len(references.teams)))}

    def _team(self, index: int) -> Row:
        reference = self.references.teams[index]
        return {
            **reference,
            "description": "" if index % 2 else f"Owns {reference['name']}",
            "links": {
                "web": f"https://example.app.opsgenie.com/teams/dashboard/{reference['id']}/main",
                "api": f"https://api.opsgenie.com/v2/teams/{reference['id']}",
            },
        }

    def teams(self) -> list[Row]:
        """Return every team, as listed: without its members."""
        return list(self._teams.values())

    def team_id(self, identifier: str, kind: str) -> str | None:
        """Return the id of a team that exists."""
        if kind == "name":
            return next((team_id for team_id, name in self.team_names.items() if name == identifier), None)
        return identifier if identifier in self._teams else None

    def team(self, team_id: str) -> Row:
        """Return one team with its members; a team without any has no such key."""
        members = self.members(team_id)
        return self._teams[team_id] | ({"members": members} if members else {})

    def members(self, team_id: str) -> list[Row]:
        """Return who is in a team."""
        draw = Draw(self.seed, "members", team_id)
        users = draw.some(self.references.users, MOST_MEMBERS)
        if team_id == self.references.team_ids[0]:
            users = self.references.users[:MOST_MEMBERS]
        return [{"user": user, "role": draw.pick(("admin", "user", "on-call lead"))} for user in users]

    def user_teams(self, user_id: str) -> list[Row] | None:
        """Return the teams a user is in."""
        return self._teams_of_users.get(user_id)

    @cached_property
    def _teams_of_users(self) -> dict[str, list[Row]]:
        teams: dict[str, list[Row]] = {user_id: [] for user_id in self.references.user_ids}
        for team in self.references.teams:
            for member in self.members(team["id"]):
                teams[member["user"]["id"]].append(team)
        return teams

    def team_roles(self, team_id: str) -> list[Row]:
        """Return the roles a team made for itself."""
        draw = Draw(self.seed, "team roles", team_id)
        count = draw.below(3)
        return [
            {
                "id": uuid(self.seed, "team role", team_id, at),
                "name": f"on-call lead {at}",
                "rights": [{"right": right, "granted": draw.one_in(2)} for right in RIGHTS[: 4 - at]],
            }
            for at in range(2 if team_id == self.references.team_ids[0] else count)
        ]

    def team_routing_rules(self, team_id: str) -> list[Row]:
        """Return a team's routing rules: at least the default one, always the last."""
        draw = Draw(self.seed, "routing", team_id)
        special = 3 if team_id == self.references.team_ids[0] else draw.below(3)
        rows = [self._routing_rule(draw, team_id, at) for at in range(special)]
        rows.append(
            {
                "id": uuid(self.seed, "rule", team_id, special),
                "name": "Default Routing Rule",
                "isDefault": True,
                "order": special,
                "criteria": {"type": "match-all"},
                "timezone": draw.pick(TIME_ZONES),
                "notify": {"type": "none"},
            }
        )
        return rows

    def _routing_rule(self, draw: Draw, team_id: str, at: int) -> Row:
        notify = typed("escalation", self.references.escalation(at))
        if at % 2 and self.references.schedules:
            notify = typed("schedule", draw.pick(self.references.schedules))
        return {
            "id": uuid(self.seed, "rule", team_id, at),
            "name": "" if at == 2 else f"rule {at}",
            "isDefault": False,
            "order": at,
            "criteria": CRITERIA[at % len(CRITERIA)],
            "timezone": draw.pick(TIME_ZONES),
            "timeRestriction": TIME_RESTRICTIONS[at % len(TIME_RESTRICTIONS)],
            "notify": notify,
        }

    def team_logs(self, team_id: str) -> list[tuple[int, Row]]:
        """Return what happened to a team, oldest first, each with its offset."""
        draw = Draw(self.seed, "team logs", team_id)
        count = LONG_TEAM_LOG if team_id == self.references.team_ids[0] else draw.below(SHORT_TEAM_LOG)
        rows = []
        for at in range(count):
            moment = self.now - (count - at) * 9 * HOUR + Draw(self.seed, "team log", team_id, at).below(HOUR)
            user = self.references.user(at)["username"]
            row = {"log": f"[Web] Team member {user} was added", "owner": user, "createdDate": stamp(moment)}
            rows.append((moment * 1_000_000 + at, row))
        return rows
