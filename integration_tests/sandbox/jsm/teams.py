"""Teams and what is listed below each of them."""

from __future__ import annotations

from collections.abc import Iterable

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.parts import chosen, conditions_of, restriction
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.query import Row

MATCH_ALL = "match-all"
LEAST_DELAY = 1  # of a rule of an escalation, in minutes; Opsgenie knows none at all
# A team of the organisation that has nothing to do with Operations.
FACILITIES = "facilities"


class Teams:
    """All teams. What belonged to no team in Opsgenie and must belong to one here went to a team of the same number."""

    def __init__(self, seed: int, configuration: Configuration, ids: Ids) -> None:
        self.seed = seed
        self.ids = ids
        self._its = configuration
        self.opsgenie_ids = ids.back(configuration.team_ids)
        self.ids_of_all = list(self.opsgenie_ids)
        self.listed = [
            {"teamId": team, "teamName": configuration.team_names[opsgenie]}
            for team, opsgenie in self.opsgenie_ids.items()
        ]
        self._escalations = self._by_team(
            (at, row.get("ownerTeam"), self._escalation(row))
            for at, row in enumerate(configuration.escalations.escalations())
        )
        self._heartbeats = self._made_heartbeats()

    def _by_team(self, rows: Iterable[tuple[int, Row | None, Row]]) -> dict[str, list[Row]]:
        by_team: dict[str, list[Row]] = {team: [] for team in self.ids_of_all}
        for at, owner, row in rows:
            team = self.ids_of_all[at % len(self.ids_of_all)] if owner is None else self.ids.thing(owner["id"])
            by_team[team].append(row)
        return by_team

    def organisations(self, organization_id: str, site_id: str) -> list[Row]:
        """Return the teams of the organisation, those without Operations, too."""
        descriptions = {row["id"]: row["description"] for row in self._its.teams.teams()}
        rows = [(row["teamId"], row["teamName"]) for row in self.listed]
        return [
            {
                "teamId": team,
                "displayName": name,
                "description": descriptions.get(self.opsgenie_ids.get(team, ""), ""),
                "organizationId": organization_id,
                "siteId": site_id,
                "teamType": "OPEN",
                "state": "ACTIVE",
                "creatorId": self.ids.person(self._its.user_ids[0]),
            }
            for team, name in [*rows, (uuid(self.seed, FACILITIES), FACILITIES)]
        ]

    def members(self, team: str) -> list[Row] | None:
        """Return who is in a team: account ids, no roles."""
        opsgenie = self.opsgenie_ids.get(team)
        if opsgenie is None:
            return [] if team == uuid(self.seed, FACILITIES) else None
        return [{"accountId": self.ids.person(each["user"]["id"])} for each in self._its.teams.members(opsgenie)]

    def roles(self, team: str) -> list[Row]:
        rows = self._its.teams.team_roles(self.opsgenie_ids[team])
        return [row | {"id": self.ids.thing(row["id"])} for row in rows]

    def routing_rules(self, team: str) -> list[Row]:
        return [self._routing_rule(row) for row in self._its.teams.team_routing_rules(self.opsgenie_ids[team])]

    def _routing_rule(self, row: Row) -> Row:
        criteria = row["criteria"]
        return {
            **chosen(row, "name", "isDefault", "order", "timezone"),
            "id": self.ids.thing(row["id"]),
            "criteria": criteria if criteria["type"] == MATCH_ALL else conditions_of(criteria),
            # The one place where nobody is called none.
            "notify": self.ids.reference(row["notify"]) if "id" in row["notify"] else {"type": "none"},
            **restriction(row),
        }

    def escalations(self, team: str) -> list[Row]:
        return self._escalations[team]

    def _escalation(self, row: Row) -> Row:
        return {
            **chosen(row, "name", "description", "repeat"),
            "id": self.ids.thing(row["id"]),
            "enabled": True,
            "rules": [
                {
                    "condition": rule["condition"],
                    "notifyType": rule["notifyType"],
                    "delay": max(LEAST_DELAY, rule["delay"]["timeAmount"]),
                    "recipient": self.ids.reference(rule["recipient"]),
                }
                for rule in row["rules"]
            ],
        }

    def heartbeats(self, team: str) -> list[Row]:
        return self._heartbeats[team]

    def _made_heartbeats(self) -> dict[str, list[Row]]:
        its = self._its.heartbeats.heartbeats()
        by_team = self._by_team((at, row.get("ownerTeam"), _heartbeat(row)) for at, row in enumerate(its))
        # No document says that names are unique beyond a team.
        by_team[self.ids_of_all[-1]] += [_heartbeat(row) for row in its[:1]] if len(self.ids_of_all) > 1 else []
        return {team: [row | {"ownerTeamId": team} for row in rows] for team, rows in by_team.items()}


def _heartbeat(row: Row) -> Row:
    status = "Responsive" if "lastPingTime" in row else "Pending"
    if row["expired"]:
        status = "Unresponsive"
    elif not row["enabled"]:
        status = "Off"
    return {
        **chosen(row, "name", "description", "interval", "enabled", "alertMessage", "alertTags", "alertPriority"),
        "intervalUnit": row["intervalUnit"].capitalize(),
        "status": status,
    }
