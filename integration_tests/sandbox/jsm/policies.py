"""Alert policies of the account and of teams, notification policies of teams."""

from __future__ import annotations

import re

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.parts import conditions_of
from integration_tests.sandbox.query import Row

SUMMARY = ("id", "name", "enabled", "order")
KEPT = ("Responders", "Details", "Actions", "Tags")


class Policies:
    """All policies, by owner: a team of JSM, or None for the account."""

    def __init__(self, configuration: Configuration, ids: Ids) -> None:
        self.ids = ids
        self._its = configuration.policies
        self._by_owner: dict[tuple[str, str | None], list[Row]] = {}
        for kind in ("alert", "notification"):
            for owner in self._its.owners(kind):
                team = None if owner is None else ids.thing(owner)
                self._by_owner[kind, team] = [
                    self._policy(kind, row | (self._its.single(row["id"], owner) or {}), team)
                    for row in self._its.listed(kind, owner)
                ]

    def listed(self, kind: str, team: str | None) -> list[Row]:
        """Return the policies of an owner, as listed: by the document's schemas with an order without a fraction."""
        rows = self._by_owner.get((kind, team), [])
        return [{"type": kind} | {name: row[name] for name in SUMMARY} | {"order": int(row["order"])} for row in rows]

    def single(self, policy_id: str, team: str | None) -> Row | None:
        """Return one policy in full. Users reported that the order of a team's policy is always 0.0 here."""
        rows = [*self._by_owner.get(("alert", team), []), *self._by_owner.get(("notification", team), [])]
        found = next((row for row in rows if row["id"] == policy_id), None)
        return found if found is None or team is None else {**found, "order": 0.0}

    def _policy(self, kind: str, row: Row, team: str | None) -> Row:
        return {
            "type": kind.upper(),
            "id": self.ids.thing(row["id"]),
            "name": row["name"],
            "description": row["policyDescription"],
            "teamId": team or "",
            "enabled": row["enabled"],
            "order": row["order"],
            "filter": _without_keys(conditions_of(row["filter"])),
            "timeRestriction": _time_restriction(row.get("timeRestrictions")),
            **(self._alert_part(row, team) if kind == "alert" else _notification_part(row)),
        }

    def _alert_part(self, row: Row, team: str | None) -> Row:
        details = row["details"]
        responders = [self.ids.reference(each) for each in row["responders"]]
        return {
            **{name: row[name] for name in ("alias", "message", "source", "entity", "actions", "tags", "continue")},
            "alertDescription": row["description"],
            # Two forms in Atlassian's own documents: objects, or bare ids.
            "responders": responders if team is None else [each["id"] for each in responders],
            "details": details if isinstance(details, dict) else dict.fromkeys(details, ""),
            "updatePriority": row["order"] == 0,
            "priorityValue": row["priority"],
            **{f"keepOriginal{part}": not row[f"ignoreOriginal{part}"] for part in KEPT},
        }


def _time_restriction(given: Row | None) -> Row:
    if given is None:
        return {"enabled": False, "timeRestrictions": [], "appliedTimeZone": ""}
    ranges = [given["restriction"]] if "restriction" in given else given["restrictions"]
    return {
        "enabled": True,
        "timeRestrictions": [
            {
                "startHour": each["startHour"],
                "startMinute": each["startMin"],
                "endHour": each["endHour"],
                "endMinute": each["endMin"],
            }
            for each in ranges
        ],
        "appliedTimeZone": "(GMT+00:00) Europe/London GMT",
    }


def _without_keys(given: Row) -> Row:
    """Return a filter as the document has it: its conditions name no key, as those of all others do."""
    conditions = [{name: value for name, value in each.items() if name != "key"} for each in given["conditions"]]
    return {**given, "conditions": conditions}


def _camel(words: str) -> str:
    return re.sub(r"-(\w)", lambda match: match[1].upper(), words)


def _notification_part(row: Row) -> Row:
    restart, close = row["autoRestartAction"], row["autoCloseAction"]
    dedup, delay = row["deduplicationAction"], row["delayAction"]
    for_time = delay.get("duration", {"timeAmount": 0})
    # The schema of these two has no unit; Atlassian's Terraform provider reads one.
    with_unit = row["order"] == 0
    return {
        "suppress": row["suppress"],
        "autoRestartAction": _wait(restart["duration"]) | {"maxRepeatCount": restart["maxRepeatCount"]},
        "autoCloseAction": _wait(close["duration"]),
        "deduplicationAction": {
            **_wait(dedup["duration"], with_unit=with_unit),
            "frequency": dedup["count"],
            "countValueLimit": dedup["count"],
            "deduplicationActionType": _camel(dedup["deduplicationActionType"]),
        },
        "delayAction": {
            **_wait(for_time, with_unit=with_unit and "timeUnit" in for_time),
            "delayOption": _camel(delay["delayOption"]),
            "delayTime": {"hours": delay.get("untilHour", 0), "minutes": delay.get("untilMinute", 0)},
        },
    }


def _wait(length: Row, *, with_unit: bool = True) -> Row:
    return {"waitDuration": length["timeAmount"]} | ({"durationFormat": length["timeUnit"]} if with_unit else {})
