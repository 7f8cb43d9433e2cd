"""What belongs to the account as a whole: maintenances, roles, and its audit log."""

from __future__ import annotations

import orjson

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.parts import chosen
from integration_tests.sandbox.jsm.syncs import Syncs
from integration_tests.sandbox.jsm.teams import Teams
from integration_tests.sandbox.noise import Draw
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.text import DAY, SECOND, stamp

KEPT_FOR = 180 * DAY
# Lines are spread over a time somewhat longer than they are kept.
AUDITED = 190 * DAY
CATEGORIES = {
    "ALERTS": "Alerts",
    "CONFIG_CHANGE": "Configuration Changes",
    "API": "API",
    "NOTIFICATION": "Notifications",
    "SYNC": "Syncs",
}
# The second one is misspelled in the document.
LEVELS = {"INFORTMATION": "Information", "WARN": "Warning", "ERROR": "Error"}
# Of so many lines one is written twice, equal in everything.
TWICE_EVERY = 50
EXPIRED = ("past", "cancelled")


class Maintenances:
    """Every other maintenance belongs to a team."""

    def __init__(self, configuration: Configuration, ids: Ids, teams: Teams, syncs: Syncs) -> None:
        organisation = configuration.organisation
        full = [organisation.maintenance(row["id"]) or {} for row in organisation.maintenances("all")]
        self._by_owner: dict[str | None, list[Row]] = {owner: [] for owner in (None, *teams.ids_of_all)}
        for at, given in enumerate(full):
            owner = teams.ids_of_all[at % len(teams.ids_of_all)] if at % 2 else None
            row: Row = {"teamId": owner} if owner else {}
            row |= chosen(given, "status", "description") | {"id": ids.thing(given["id"])}
            row |= chosen(given["time"], "startDate", "endDate")
            row["rules"] = [
                {"entity": {"id": ids.thing(each["entity"]["id"]), "type": each["entity"]["type"]}}
                | {"state": each["state"]}
                for each in given["rules"]
            ]
            row["rules"] += [
                {"entity": {"id": each["id"], "type": "sync"}, "state": "disabled"} for each in syncs.listed()[: at % 2]
            ]
            self._by_owner[owner].append(row)

    def listed(self, kind: str, owner: str | None) -> list[Row]:
        """Return the maintenances of an owner, with what they switch."""
        rows = self._by_owner.get(owner, [])
        return [row for row in rows if kind == "all" or (row["status"] in EXPIRED) == (kind == "past")]


class Roles:
    """The roles that the account made for itself."""

    def __init__(self, configuration: Configuration, ids: Ids) -> None:
        organisation = configuration.organisation
        full = [organisation.role(row["id"]) or {} for row in organisation.roles()]
        self.rows: list[Row] = [row | {"id": ids.thing(row["id"])} for row in full]

    def listed(self) -> list[Row]:
        """Return every role, as listed."""
        return [{name: row[name] for name in ("id", "name")} for row in self.rows]

    def single(self, identifier: str, kind: str) -> Row | None:
        """Return one role in full."""
        return next((row for row in self.rows if row[kind] == identifier), None)


class AuditLog:
    """What happened in the account, oldest first."""

    def __init__(self, account: Account, seed: int, ids: Ids, count: int) -> None:
        self.account = account
        self.ids = ids
        people, now = list(ids.users), account.configuration.schedules.now
        self.lines: list[tuple[int, Row]] = []
        for at in range(count):
            draw = Draw(seed, "audit", at)
            # Whole seconds, so that two lines share one now and then.
            moment = (now - AUDITED + AUDITED * at // count) // SECOND * SECOND
            line = {
                "created": stamp(moment),
                "category": draw.pick(tuple(CATEGORIES.values())),
                "level": draw.pick(tuple(LEVELS.values())),
                "message": f"Step {at} was taken",
                "details": orjson.dumps({"by": draw.pick(people), "at": at}).decode(),
            }
            self.lines += [(moment, line)] * (2 if at % TWICE_EVERY == 0 else 1)

    def kept(self, now: int) -> list[tuple[int, Row]]:
        """Return the lines that are kept at a moment; every change since the migration has one."""
        lines = self.lines + [(moment, self._line(moment, what, alert)) for moment, what, alert in self.account.events]
        return [each for each in lines if each[0] >= now - KEPT_FOR]

    def _line(self, moment: int, operation: str, alert: int | None) -> Row:
        about = {} if alert is None else {"alertId": self.ids.alert(alert)}
        return {
            "created": stamp(moment),
            "category": "Alerts" if about else "Incident Management",
            "level": "Information",
            "message": f"{operation} happened",
            "details": orjson.dumps(about).decode(),
        }
