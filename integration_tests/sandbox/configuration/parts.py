"""What the configuration objects share: how they name one another, and the parts that several of them hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.text import SECOND

Row = dict[str, Any]

TEAM_NAMES = ("payments", "search", "platform", "データ基盤", "mobile apps", "checkout", "identity", "edge")
TIME_ZONES = ("Europe/Madrid", "Asia/Tokyo", "America/New_York", "UTC")
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
# The kinds that alerts name as their origin come first.
INTEGRATION_TYPES = ("Prometheus", "API", "CloudWatch", "Datadog", "Webhook", "Jira", "Slack", "ConnectWiseManageV2")

# A time restriction of type time-of-day was seen with either key.
TIME_OF_DAY: Row = {
    "type": "time-of-day",
    "restriction": {"startHour": 9, "startMin": 0, "endHour": 18, "endMin": 30},
}
TIMES_OF_DAY: Row = {
    "type": "time-of-day",
    "restrictions": [{"startHour": 22, "startMin": 0, "endHour": 6, "endMin": 0}],
}
WEEKDAYS: Row = {
    "type": "weekday-and-time-of-day",
    "restrictions": [
        {"startDay": "monday", "startHour": 18, "startMin": 0, "endDay": "friday", "endHour": 8, "endMin": 0},
        {"startDay": "saturday", "startHour": 0, "startMin": 0, "endDay": "sunday", "endHour": 23, "endMin": 30},
    ],
}
TIME_RESTRICTIONS = (TIME_OF_DAY, TIMES_OF_DAY, WEEKDAYS)

CONDITIONS: list[Row] = [
    {"field": "message", "not": False, "operation": "contains", "expectedValue": "checkout", "order": 0},
    {
        "field": "extra-properties",
        "key": "region",
        "not": True,
        "operation": "equals",
        "expectedValue": "test",
        "order": 1,
    },
]
# Without conditions the key is left out.
CRITERIA: tuple[Row, ...] = (
    {"type": "match-any-condition", "conditions": CONDITIONS},
    {"type": "match-all"},
    {"type": "match-all-conditions", "conditions": CONDITIONS[:1]},
)
STAKEHOLDER_PROPERTIES: Row = {"enable": True, "message": "We look into failing payments", "description": ""}


class References:
    """Ids and names by which the objects speak of one another, known before any of them is made."""

    def __init__(self, seed: int, *, teams: int, users: int, schedules: int, services: int, integrations: int) -> None:
        self.users: list[Row] = [
            {"id": uuid(seed, "user", at), "username": f"user{at}@example.com"} for at in range(users)
        ]
        self.teams = [{"id": uuid(seed, "team", at), "name": _name(at)} for at in range(teams)]
        self.escalations = [
            {"id": uuid(seed, "escalation", at), "name": f"{_name(at)}_escalation"} for at in range(teams)
        ]
        self.schedules = [
            {"id": uuid(seed, "schedule", at), "name": f"{_name(at)}_schedule"} for at in range(schedules)
        ]
        self.services = [{"id": uuid(seed, "service", at), "name": f"{_name(at)} api"} for at in range(services)]
        self.integrations = [_integration(seed, at) for at in range(integrations)]
        self.user_ids = [row["id"] for row in self.users]
        self.team_ids = [row["id"] for row in self.teams]

    def user(self, at: int) -> Row:
        """Return a user; numbers beyond the last one start again."""
        return self.users[at % len(self.users)]

    def team(self, at: int) -> Row:
        """Return a team; numbers beyond the last one start again."""
        return self.teams[at % len(self.teams)]

    def escalation(self, at: int) -> Row:
        """Return an escalation; numbers beyond the last one start again."""
        return self.escalations[at % len(self.escalations)]


def _name(at: int) -> str:
    name = TEAM_NAMES[at % len(TEAM_NAMES)]
    return name if at < len(TEAM_NAMES) else f"{name} {at}"


def _integration(seed: int, at: int) -> Row:
    kind = INTEGRATION_TYPES[at % len(INTEGRATION_TYPES)]
    if at < len(INTEGRATION_TYPES):
        return {"id": uuid(seed, "integration", kind), "name": f"{kind} one", "type": kind}
    return {"id": uuid(seed, "integration", at), "name": f"{kind} {at}", "type": kind}


def typed(kind: str, reference: Row) -> Row:
    """Return a reference with its type, as responders, participants and recipients are written."""
    return {"type": kind, **reference}


def duration(amount: int, unit: str = "minutes") -> Row:
    """Return a length of time."""
    return {"timeAmount": amount, "timeUnit": unit}


def instant(text: str) -> int:
    """Read a `date` parameter, ISO with `Z` or any way to write an offset; raise ValueError for anything else."""
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"):
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - %z stands in each form
        except ValueError:
            continue
        return round(moment.timestamp() * SECOND)
    raise ValueError(f"[{text}] is not a date of the form yyyy-MM-dd'T'HH:mm:ssZ")
