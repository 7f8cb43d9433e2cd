"""What belongs to the account as a whole: itself, its roles, maintenances and log files."""

from __future__ import annotations

from datetime import datetime, timezone

from integration_tests.sandbox.configuration.parts import References, Row
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.text import DAY, HOUR, SECOND, stamp

ROLES = 3
MAINTENANCE_SUMMARY = ("id", "status", "time", "description")
STATUSES = ("planned", "active", "past", "cancelled", "active")


class Organisation:
    """The account."""

    def __init__(self, seed: int, references: References, now: int, *, log_files: int) -> None:
        self.seed = seed
        self.references = references
        self.now = now
        self._roles = [self._role(at) for at in range(ROLES)]
        self._maintenances = [self._maintenance(at) for at in range(len(STATUSES))]
        self.log_files = [self._log_file(at, log_files) for at in range(log_files)]

    def account(self, name: str, plan: str) -> Row:
        """Return the account."""
        users = len(self.references.users)
        return {
            "name": name,
            "userCount": users,
            "plan": {"maxUserCount": users + 20, "name": plan, "isYearly": True},
        }

    def _role(self, at: int) -> Row:
        return {
            "id": uuid(self.seed, "role", at),
            "name": "Night shift" if at == 0 else f"Role {at}",
            "extendedRole": ("user", "observer", "stakeholder")[at % 3],
            "grantedRights": ["logs-page-access"],
            "disallowedRights": ["alert-delete", "alert-escalate"],
        }

    def roles(self) -> list[Row]:
        """Return every role, as listed: its id and name."""
        return [{name: role[name] for name in ("id", "name")} for role in self._roles]

    def role(self, identifier: str, kind: str = "id") -> Row | None:
        """Return one role in full."""
        return next((role for role in self._roles if role[kind] == identifier), None)

    def _maintenance(self, at: int) -> Row:
        start = self.now + (1 - at) * 7 * DAY
        time: Row = {"type": "schedule", "startDate": stamp(start), "endDate": stamp(start + 3 * HOUR)}
        if at == 2:
            time = {"type": "for-1-hour", "startDate": stamp(start), "endDate": stamp(start + HOUR)}
        elif at == len(STATUSES) - 1:
            time = {"type": "indefinitely", "startDate": stamp(start)}
        return {
            "id": uuid(self.seed, "maintenance", at),
            "status": STATUSES[at],
            "time": time,
            "description": "" if at % 2 else "Database upgrade",
            "rules": [
                {"state": "disabled", "entity": {"id": self.references.integrations[0]["id"], "type": "integration"}},
                {"state": "enabled", "entity": {"id": uuid(self.seed, "alert", None, 0), "type": "policy"}},
            ],
        }

    def maintenances(self, kind: str) -> list[Row]:
        """Return maintenances, as listed: without what they switch."""
        wanted = {"all": STATUSES, "past": ("past", "cancelled"), "non-expired": ("planned", "active")}[kind]
        rows = [row for row in self._maintenances if row["status"] in wanted]
        return [{name: row[name] for name in MAINTENANCE_SUMMARY} for row in rows]

    def maintenance(self, maintenance_id: str) -> Row | None:
        """Return one maintenance in full."""
        return next((row for row in self._maintenances if row["id"] == maintenance_id), None)

    def _log_file(self, at: int, count: int) -> Row:
        moment = self.now - (count - at) * HOUR
        name = datetime.fromtimestamp(moment / SECOND, timezone.utc).strftime("%Y-%m-%d-%H-%M-%S")
        return {"filename": f"{name}_{at % 1000:03d}.json", "date": moment + 120 * SECOND, "size": 1_000 + at}

    def log_files_behind(self, marker: str, size: int) -> tuple[list[Row], str]:
        """Return the files behind a marker, which is a time or the stem of a file's name, and the next marker."""
        behind = [row for row in self.log_files if row["filename"].removesuffix(".json") > marker][:size]
        return behind, behind[-1]["filename"].removesuffix(".json") if behind else marker
