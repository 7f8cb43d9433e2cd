"""The incidents of the account, and the lists below each of them."""

from __future__ import annotations

from typing import ClassVar

from integration_tests.sandbox.collection import Collection
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.noise import Draw, NumberedIds, uuid
from integration_tests.sandbox.query import Language, Row, Values
from integration_tests.sandbox.text import stamp

MESSAGES = ("Card payments failing", "Search results stale", "Anmeldung gestört", "検索が遅い")
TAGS = ("payments", "external", "data loss")
ENTRIES = {
    "IncidentOpened": "incident",
    "CustomUserEntry": "custom",
    "ResponderAlertAcknowledged": "responderAlert",
    "StakeholderUpdateSent": "stakeholderUpdate",
}
SERVICES = 6
LONG_LOG_EVERY = 50
LONG_TIMELINE_EVERY = 5
# Two logs of one incident share a millisecond, and so an offset: the fourth has that of the third.
TWIN = 3
# So do the last one of a page and the first one of the next.
TWIN_BEHIND_A_PAGE = 100


def _one(name: str) -> Values:
    return lambda row: (row[name],) if name in row else ()


class Incidents(Collection):
    """Incidents, each made from the seed and its index."""

    sorts: ClassVar[dict[str, Values]] = {
        name: _one(name) for name in ("status", "priority", "postmortemStatus", "postmortemPublishDueDate")
    }

    def __init__(self, seed: int, configuration: Configuration, count: int, now: int) -> None:
        super().__init__(seed, NumberedIds(seed, "incident"), count, 3, now)
        self.configuration = configuration

    def id(self, index: int) -> str:
        return self.ids.id(index)

    def index(self, identifier: str, kind: str) -> int | None:
        if kind == "tiny":
            return int(identifier) - 1 if identifier.isdigit() else None
        return self.ids.number(identifier)

    def belongs(self, row: Row, team: str) -> bool:
        return any(each["id"] == team for each in row["responders"])

    def language(self, updated_at_filter: str) -> Language:
        names = self.configuration.team_names
        return Language(
            values={name: _one(name) for name in ("id", "tinyId", "status", "priority")}
            | {
                "tag": lambda row: row["tags"],
                "services": lambda row: row["impactedServices"],
                "teams": lambda row: (names[each["id"]] for each in row["responders"] if each["type"] == "team"),
                "actions": lambda row: row["actions"],
                "details.key": lambda row: row["extraProperties"],
                "details.value": lambda row: row["extraProperties"].values(),
                "postmortemRequired": lambda _row: (),
                "postmortemStatus": lambda _row: (),
            },
            words={"message": _one("message"), "description": _one("description")},
            times=frozenset({"createdAt", "postmortemPublishDueDate"}),
            updated_at=updated_at_filter,
        )

    def made(self, index: int) -> Row:
        draw = Draw(self.seed, "incident", index)
        created, updated = self.created[index], self.updated[index]
        incident_id = self.id(index)
        teams = draw.some(self.configuration.team_ids, 2)
        status = "open" if index >= self.seeded else draw.pick(("closed", "closed", "closed", "resolved", "open"))
        row: Row = {
            "id": incident_id,
            "description": draw.pick(("", "Payments fail for card users.", "Naïve retry — überlastet")),
            "impactedServices": draw.some([uuid(self.seed, "service", at) for at in range(SERVICES)], 3),
            "tinyId": str(index + 1),
            "message": draw.pick(MESSAGES),
            "status": status,
            "tags": draw.some(TAGS, 2),
            "createdAt": stamp(created),
            "updatedAt": stamp(updated),
            "priority": f"P{1 + draw.below(5)}",
            "ownerTeam": teams[0] if teams else "",
            "responders": [{"type": "team", "id": each} for each in teams]
            + [{"type": "user", "id": each} for each in draw.some(self.configuration.user_ids, 2)],
            "extraProperties": {"region": "eu-west-1"} if draw.one_in(2) else {},
            "links": {
                "web": f"https://example.app.opsgenie.com/incident/detail/{incident_id}",
                "api": f"https://api.opsgenie.com/v1/incidents/{incident_id}",
            },
            "impactStartDate": stamp(created - draw.below(600_000)),
            "actions": ["restart-indexer"] if draw.one_in(4) else [],
        }
        if status != "open":
            row["impactEndDate"] = stamp(updated)
        return row

    def logs(self, index: int) -> list[Row]:
        """Return the activity log, oldest first; an offset says no more than the millisecond."""
        draw = Draw(self.seed, "incident logs", index)
        count = 101 + draw.below(150) if index % LONG_LOG_EVERY == LONG_LOG_EVERY // 2 else draw.below(9)
        rows = []
        for at in range(0 if index >= self.seeded else count):
            moment = self.created[index] + 10_000 * (at - 1 if at in (TWIN, TWIN_BEHIND_A_PAGE) else at)
            words = "has been created via Web" if at == 0 else f"was changed, step {at}"
            rows.append(self.new_log(f"Incident with tinyId[{index + 1}] {words}", moment, at))
        return rows + self.added("logs", index)

    def notes(self, index: int) -> list[Row]:
        """Return the notes, oldest first; two of one millisecond share their offset."""
        count = 0 if index >= self.seeded else Draw(self.seed, "incident notes", index).below(4)
        created = self.created[index]
        rows = [self.new_note(f"Note {at}: looking into it", created + 5_000 * at, at) for at in range(count)]
        return rows + self.added("notes", index)

    def responder_alerts(self, index: int) -> list[str]:
        """Return the ids of the alerts that call responders."""
        return self._alert_ids("responder", index, 3)

    def associated_alerts(self, index: int) -> list[str]:
        """Return the ids of the alerts that belong to an incident: now and then more than fit on a page."""
        return self._alert_ids("associated", index, 60 if index % LONG_TIMELINE_EVERY == 2 else 4)

    def _alert_ids(self, kind: str, index: int, most: int) -> list[str]:
        count = 0 if index >= self.seeded else Draw(self.seed, kind, index).below(most)
        return [f"{uuid(self.seed, kind, index, at)}-{self.created[index] + at}" for at in range(count)]

    def entries(self, index: int, *, sharing_ids: bool = False) -> list[tuple[int, Row]]:
        """Return the timeline, oldest first, each entry with the millisecond of its event."""
        draw = Draw(self.seed, "timeline", index)
        count = 21 + draw.below(60) if index % LONG_TIMELINE_EVERY == 2 else draw.below(12)
        rows: list[tuple[int, Row]] = []
        for at in range(0 if index >= self.seeded else count):
            # Neighbours share a moment now and then.
            moment = self.created[index] + 30_000 * (at - (1 if at % 7 == TWIN else 0))
            row = self._entry(Draw(self.seed, "entry", index, at), index, at, moment)
            if sharing_ids and at % 7 == TWIN:
                row = {**rows[-1][1], "title": row["title"]}
            rows.append((moment, row))
        return rows

    def _entry(self, draw: Draw, index: int, at: int, moment: int) -> Row:
        kind = "IncidentOpened" if at == 0 else draw.pick(tuple(ENTRIES)[1:])
        actor = {"name": draw.pick(self.configuration.usernames), "type": "user"}
        row: Row = {
            "id": f"{kind}_{uuid(self.seed, 'entry', index, at)}",
            "group": ENTRIES[kind],
            "type": kind,
            "eventTime": stamp(moment),
            "hidden": draw.one_in(9),
            "actor": actor,
            "title": {"type": "plain_text", "content": "Incident opened" if at == 0 else f"Step {at}"},
        }
        if kind == "CustomUserEntry":
            row["description"] = {"type": "plain_text", "content": "Switched to the fallback acquirer."}
            row["lastEdit"] = {"editTime": stamp(moment + draw.below(90_000)), "actor": actor}
        return row

    def occurred(self, index: int, now: int) -> Row:
        """Return the changes that an edit of an incident makes."""
        return {"description": f"Changed at {stamp(now)}", "priority": f"P{1 + (now + index) % 5}"}

    def closed(self, index: int, now: int) -> Row:  # noqa: ARG002 - as that of alerts
        """Return the changes that closing an incident makes."""
        return {"status": "closed", "impactEndDate": stamp(now)}

    def new_log(self, words: str, now: int, serial: int) -> Row:  # noqa: ARG002 - as that of alerts
        """Return a log row."""
        return {"log": words, "type": "ACTION", "owner": "system", "createdAt": stamp(now), "offset": str(now)}

    def new_note(self, words: str, now: int, serial: int) -> Row:  # noqa: ARG002 - as that of alerts
        """Return a note made now."""
        owner = self.configuration.usernames[0]
        return {"note": words, "owner": owner, "createdAt": stamp(now), "offset": str(now)}
