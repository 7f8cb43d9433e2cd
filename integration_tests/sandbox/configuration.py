"""The objects people configure: users, teams and what belongs to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.text import DAY, HOUR, stamp

if TYPE_CHECKING:
    from integration_tests.sandbox.query import Row

FIRST_NAMES = ("Rosa", "Ken", "Zoë", "Łukasz", "美咲", "Amara", "John")
LAST_NAMES = ("Diaz", "Ito", "Müller", "O'Neil", "Nowak", "Sørensen", "佐藤")
TEAM_NAMES = ("payments", "search", "platform", "データ基盤", "mobile apps", "checkout", "identity", "edge")
TIME_ZONES = ("Europe/Madrid", "Asia/Tokyo", "America/New_York", "UTC")
RIGHTS = ("manage-members", "edit-team-roles", "delete-team-escalations", "access-reports")
# The first team has a log of several pages, the others a short one.
LONG_TEAM_LOG = 230
SHORT_TEAM_LOG = 9


class Configuration:
    """Users, teams, contacts, roles, routing rules and team logs, all made from the seed."""

    def __init__(self, seed: int, *, teams: int, users: int, now: int) -> None:
        self.seed = seed
        self.now = now
        self._users = {row["id"]: row for row in map(self._user, range(users))}
        self._teams = {row["id"]: row for row in map(self._team, range(teams))}
        self.user_ids = list(self._users)
        self.usernames = [row["username"] for row in self._users.values()]
        self.user_refs = [{"id": row["id"], "username": row["username"]} for row in self._users.values()]
        self.team_ids = list(self._teams)
        self.team_names = {row["id"]: row["name"] for row in self._teams.values()}

    def _user(self, index: int) -> Row:
        draw = Draw(self.seed, "user", index)
        first, last = draw.pick(FIRST_NAMES), draw.pick(LAST_NAMES)
        role = "Owner" if index == 0 else draw.pick(("Admin", "User", "Night shift"))
        row: Row = {
            "blocked": draw.one_in(20),
            "verified": not draw.one_in(4),
            "id": uuid(self.seed, "user", index),
            "username": f"user{index}@example.com",
            "fullName": f"{first} {last}",
            "role": {"id": uuid(self.seed, "role") if role == "Night shift" else role, "name": role},
            "timeZone": draw.pick(TIME_ZONES),
            "locale": draw.pick(("en_US", "en_GB", "de_DE")),
            "userAddress": {"country": draw.pick(("", "JP")), "state": "", "city": "", "line": "", "zipCode": ""},
            "createdAt": stamp(self.now - 400 * DAY - draw.below(600) * DAY - draw.below(DAY)),
        }
        if draw.one_in(2):
            row |= {"tags": ["sre"], "details": {"costCenter": [str(draw.below(9_000))], "skills": []}}
        if draw.one_in(3):
            row["skypeUsername"] = f"user.{index}"
        if draw.one_in(9):
            row["mutedUntil"] = stamp(self.now + draw.below(DAY))
        return row

    def _team(self, index: int) -> Row:
        team_id = uuid(self.seed, "team", index)
        name = TEAM_NAMES[index % len(TEAM_NAMES)]
        return {
            "id": team_id,
            "name": name if index < len(TEAM_NAMES) else f"{name} {index}",
            "description": "" if index % 2 else f"Owns {name}",
            "links": {
                "web": f"https://example.app.opsgenie.com/teams/dashboard/{team_id}/main",
                "api": f"https://api.opsgenie.com/v2/teams/{team_id}",
            },
        }

    def users(self) -> list[Row]:
        """Return every user, as listed."""
        return list(self._users.values())

    def user_id(self, identifier: str) -> str | None:
        """Return the id for an id or a username."""
        if identifier in self._users:
            return identifier
        return next((row["id"] for row in self._users.values() if row["username"] == identifier), None)

    def user(self, user_id: str, *, with_contacts: bool) -> Row:
        """Return one user, as the single GET shows it."""
        row = self._users[user_id]
        if not with_contacts:
            return row
        return row | {
            "userContacts": [
                {"to": each["to"], "id": each["id"], "contactMethod": each["method"]} | each["status"]
                for each in self.contacts(user_id)
            ]
        }

    def contacts(self, user_id: str) -> list[Row]:
        """Return how a user can be reached."""
        draw = Draw(self.seed, "contacts", user_id)
        rows: list[Row] = []
        for at, method in enumerate(("email", "sms", "voice")[: draw.below(4)]):
            enabled = not draw.one_in(3)
            username = self._users[user_id]["username"]
            rows.append(
                {
                    "id": uuid(self.seed, "contact", user_id, at),
                    "method": method,
                    "to": username if method == "email" else f"34-{600_000_000 + draw.below(10**8)}",
                    "status": {"enabled": True}
                    if enabled
                    else {"enabled": False, "disabledReason": "Disabled by user"},
                    "applyOrder": at,
                }
            )
        return rows

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
        draw = Draw(self.seed, "members", team_id)
        members = [
            {"user": user, "role": draw.pick(("admin", "user", "on-call lead"))}
            for user in draw.some(self.user_refs, 8)
        ]
        return self._teams[team_id] | ({"members": members} if members else {})

    def team_roles(self, team_id: str) -> list[Row]:
        """Return the roles a team made for itself."""
        draw = Draw(self.seed, "team roles", team_id)
        return [
            {
                "id": uuid(self.seed, "team role", team_id, at),
                "name": f"on-call lead {at}",
                "rights": [{"right": right, "granted": draw.one_in(2)} for right in draw.some(RIGHTS, 4)],
            }
            for at in range(draw.below(3))
        ]

    def team_routing_rules(self, team_id: str) -> list[Row]:
        """Return a team's routing rules: at least the default one, always the last."""
        draw = Draw(self.seed, "routing", team_id)
        rows: list[Row] = []
        special = draw.below(3)
        for at in range(special):
            condition = {
                "field": "priority",
                "not": False,
                "operation": "greater-than",
                "expectedValue": "P3",
                "order": 0,
            }
            rows.append(
                {
                    "id": uuid(self.seed, "rule", team_id, at),
                    "name": f"rule {at}",
                    "isDefault": False,
                    "order": at,
                    "criteria": {"type": "match-any-condition", "conditions": [condition]},
                    "timezone": draw.pick(TIME_ZONES),
                    "timeRestriction": {
                        "type": "time-of-day",
                        "restriction": {"startHour": 9, "startMin": 0, "endHour": 18, "endMin": 30},
                    },
                    "notify": {"type": "schedule", "id": uuid(self.seed, "schedule", at), "name": f"schedule {at}"},
                }
            )
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

    def team_logs(self, team_id: str) -> list[tuple[int, Row]]:
        """Return what happened to a team, oldest first, each with its offset."""
        draw = Draw(self.seed, "team logs", team_id)
        count = LONG_TEAM_LOG if team_id == self.team_ids[0] else draw.below(SHORT_TEAM_LOG)
        rows = []
        for at in range(count):
            moment = self.now - (count - at) * 9 * HOUR + Draw(self.seed, "team log", team_id, at).below(HOUR)
            user = self.usernames[at % len(self.usernames)]
            row = {"log": f"[Web] Team member {user} was added", "owner": user, "createdDate": stamp(moment)}
            rows.append((moment * 1_000_000 + at, row))
        return rows

    def account(self, plan: str) -> Row:
        """Return the account."""
        users = len(self._users)
        return {
            "name": "example",
            "userCount": users,
            "plan": {"maxUserCount": users + 20, "name": plan, "isYearly": True},
        }
