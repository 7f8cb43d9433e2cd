"""The alerts of the account, and the lists below each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from integration_tests.sandbox.collection import Collection
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.noise import Draw, NumberedIds, uuid
from integration_tests.sandbox.query import Language, Row, Values
from integration_tests.sandbox.text import millis, stamp

MESSAGES = (
    "Disk usage above 90 percent on db-primary",
    "Checkout latency high",
    "Größe der Warteschlange überschritten",
    "証明書の期限が近い",
    "Node not ready 🔥",
    "Error rate above 5 percent",
)
TAGS = ("disk", "production", "staging", "ünicode", "night shift", "customer")
SOURCES = ("prometheus", "synthetic-check", "10.0.0.7", "")
INTEGRATIONS = ("Prometheus", "API", "CloudWatch", "Datadog")
FIRST_TINY_ID = 1_000
# One alert in so many has more logs (notes) than fit on one page.
LONG_LOG_EVERY = 100
LONG_NOTES_EVERY = 250
LONG_AT = 37


def _one(name: str) -> Values:
    return lambda row: (row[name],) if name in row else ()


def _inside(name: str, key: str) -> Values:
    return lambda row: (row[name][key],) if key in row.get(name, ()) else ()


class Alerts(Collection):
    """Alerts, each made from the seed and its index."""

    sorts: ClassVar[dict[str, Values]] = {
        "tinyId": lambda row: (int(row["tinyId"]),),
        **{
            name: _one(name)
            for name in (
                *("alias", "message", "status", "acknowledged", "isSeen", "snoozed", "snoozedUntil"),
                *("count", "lastOccurredAt", "source", "owner"),
            )
        },
        **{f"integration.{key}": _inside("integration", key) for key in ("name", "type")},
        **{f"report.{key}": _inside("report", key) for key in ("ackTime", "closeTime", "acknowledgedBy", "closedBy")},
    }

    def __init__(self, seed: int, configuration: Configuration, count: int, burst: int, now: int) -> None:
        super().__init__(seed, NumberedIds(seed, "alert"), count, burst, now)
        self.configuration = configuration

    def id(self, index: int) -> str:
        return f"{self.ids.id(index)}-{self.created[index]}"

    def index(self, identifier: str, kind: str) -> int | None:
        if kind == "tiny":
            return int(identifier) - FIRST_TINY_ID if identifier.isdigit() else None
        if kind == "alias" and "#" in identifier:
            number = identifier.rpartition("#")[2]
            if not number.isdigit() or int(number) >= len(self.created):
                return None
            return int(number) if self.made(int(number))["alias"] == identifier else None
        number_of_id = self.ids.number(identifier.rpartition("-")[0])
        if number_of_id is None or number_of_id >= len(self.created):
            return None
        return number_of_id if self.id(number_of_id) == identifier else None

    def belongs(self, row: Row, team: str) -> bool:
        return any(each["id"] == team for each in row["teams"])

    def language(self, updated_at_filter: str) -> Language:
        names = self.configuration.team_names
        same = ("status", "priority", "owner", "source", "alias", "isSeen", "acknowledged", "snoozed")
        return Language(
            values={name: _one(name) for name in same}
            | {
                "alertId": _one("id"),
                "tinyId": _one("tinyId"),
                "tag": lambda row: row["tags"],
                "teams": lambda row: (names[each["id"]] for each in row["teams"]),
                "responders": lambda row: (names.get(each["id"], "") for each in row["responders"]),
                "integration.name": _inside("integration", "name"),
                "integration.type": _inside("integration", "type"),
                "acknowledgedBy": _inside("report", "acknowledgedBy"),
                "closedBy": _inside("report", "closedBy"),
                "entity": lambda row: (self.entity(row),),
            },
            words={"message": _one("message"), "description": lambda row: (self.description(row),)},
            numbers={"count": _one("count")},
            times=frozenset({"createdAt", "lastOccurredAt", "snoozedUntil"}),
            updated_at=updated_at_filter,
        )

    def made(self, index: int) -> Row:
        draw = Draw(self.seed, "alert", index)
        created, updated = self.created[index], self.updated[index]
        alert_id = self.id(index)
        users, teams = self.configuration.usernames, draw.some(self.configuration.team_ids, 2)
        fresh = index >= self.seeded
        closed = not fresh and not draw.one_in(5)
        seen = closed or draw.one_in(2)
        source = draw.pick(SOURCES)
        row: Row = {
            "seen": seen,
            "id": alert_id,
            "tinyId": str(FIRST_TINY_ID + index),
            "alias": alert_id if draw.one_in(3) else f"{source}#{index}",
            "message": draw.pick(MESSAGES),
            "status": "closed" if closed else "open",
            "acknowledged": closed and draw.one_in(2),
            "isSeen": seen,
            "tags": draw.some(TAGS, 3),
            "snoozed": draw.one_in(6),
            "count": 1 + draw.below(9),
            "lastOccurredAt": stamp(created + draw.below(updated - created + 1)),
            "createdAt": stamp(created),
            "updatedAt": stamp(updated),
            "source": source,
            "owner": draw.pick(users) if draw.one_in(2) else "",
            "ownerTeamId": teams[0] if teams else "",
            "priority": f"P{1 + draw.below(5)}",
            "teams": [{"id": each} for each in teams],
            "responders": [{"type": "team", "id": each} for each in teams]
            + [{"type": "user", "id": each} for each in draw.some(self.configuration.user_ids, 2)],
        }
        if row["snoozed"]:
            row["snoozedUntil"] = stamp(created + 1_000 * draw.below(90_000))
        if not draw.one_in(8):
            kind = draw.pick(INTEGRATIONS)
            row["integration"] = {"id": uuid(self.seed, "integration", kind), "name": f"{kind} one", "type": kind}
        if closed:
            row["report"] = {"closeTime": updated - created, "closedBy": draw.pick(users)}
            if row["acknowledged"]:
                row["report"] |= self._acknowledgement(draw, updated - created)
        elif not fresh and draw.one_in(3):
            # Somebody is at work on it: while an alert is open, its report is a partial one.
            row |= {"acknowledged": True, "isSeen": True, "seen": True}
            row["report"] = self._acknowledgement(draw, updated - created)
        return row

    def _acknowledgement(self, draw: Draw, lasted: int) -> Row:
        return {"ackTime": draw.below(lasted + 1), "acknowledgedBy": draw.pick(self.configuration.usernames)}

    @staticmethod
    def entity(row: Row) -> str:
        """Return the entity, which only the single GET shows."""
        return "db-primary" if row["message"].startswith("Disk") else ""

    @staticmethod
    def description(row: Row) -> str:
        """Return the description, which only the single GET shows."""
        return f"Since {row['createdAt']}: {row['message']}"

    def detail(self, index: int) -> Row:
        """Return the row as the single GET shows it."""
        row = self.row(index)
        draw = Draw(self.seed, "alert details", index)
        return row | {
            "actions": ["restart"] if draw.one_in(4) else [],
            "entity": self.entity(row),
            "description": self.description(row),
            "details": {"instance": f"db-{draw.below(9)}:9100"} if draw.one_in(2) else {},
        }

    def recipients(self, index: int) -> list[Row]:
        """Return who was notified, each user once."""
        draw = Draw(self.seed, "recipients", index)
        created, lasted = self.created[index], self.updated[index] - self.created[index]
        rows = []
        for user in draw.some(self.configuration.user_refs, 0 if index >= self.seeded else 4):
            acted = draw.one_in(2)
            told = created + draw.below(lasted + 1)
            rows.append(
                {
                    "user": user,
                    "state": "action" if acted else "notactive",
                    "method": "Acknowledge" if acted else "",
                    "createdAt": stamp(told),
                    "updatedAt": stamp(told + draw.below(created + lasted - told + 1)),
                }
            )
        return rows

    def attachments(self, index: int) -> list[Row]:
        """Return the attached files; sources differ on whether an id is a text or a number."""
        draw = Draw(self.seed, "attachments", index)
        count = 0 if index >= self.seeded or not draw.one_in(5) else 1 + draw.below(2)
        moment = self.created[index]
        return [{"name": f"graph {at}.png", "id": moment + at if at else str(moment)} for at in range(count)]

    def saved_searches(self) -> list[Row]:
        """Return the searches that people saved, in full."""
        return [
            {
                "id": uuid(self.seed, "saved search", at),
                "name": f"Open P{at + 1}",
                "createdAt": stamp(self.created[0] + at),
                "updatedAt": stamp(self.created[0] + 2 * at),
                "owner": {"id": self.configuration.user_ids[at % len(self.configuration.user_ids)]},
                "teams": [{"id": each} for each in self.configuration.team_ids[:at]],
                "description": "" if at else "What burns",
                "query": f"status: open AND priority: P{at + 1}",
            }
            for at in range(4)
        ]

    def logs(self, index: int) -> list[Row]:
        """Return the activity log, oldest first."""

        def made(draw: Draw, at: int, moment: int) -> Row:
            return {
                "log": f"Alert {draw.pick(('acknowledged', 'seen', 'snoozed', 'count increased'))} via web [{at}]",
                "type": draw.pick(("system", "alertRecipient")),
                "owner": draw.pick(("System", *self.configuration.usernames)),
                "createdAt": stamp(moment),
                # Only the second part tells rows of one millisecond apart; nothing in it names the alert.
                "offset": f"{moment}_{moment * 1_000_000 + at}",
            }

        return self._below(index, "logs", LONG_LOG_EVERY, 8, made)

    def notes(self, index: int) -> list[Row]:
        """Return the notes, oldest first."""

        def made(draw: Draw, at: int, moment: int) -> Row:
            return {
                "note": f"Note {at}: {draw.pick(('looking into it', 'перезапущено', 'false alarm', ''))}",
                "owner": draw.pick(self.configuration.usernames),
                "createdAt": stamp(moment),
                "offset": str(moment * 1_000_000 + at),
            }

        return self._below(index, "notes", LONG_NOTES_EVERY, 3, made)

    def _below(
        self, index: int, kind: str, long_every: int, few: int, made: Callable[[Draw, int, int], Row]
    ) -> list[Row]:
        draw = Draw(self.seed, kind, index)
        count = 101 + draw.below(150) if index % long_every == LONG_AT else draw.below(few)
        if index >= self.seeded:
            count = 0
        created = self.created[index]
        # Rows made from the seed are older than any change: spread them over the first hour of the alert's life.
        step = 3_600_000 // (count + 1)
        rows = [made(Draw(self.seed, kind, index, at), at, created + step * at) for at in range(count)]
        return rows + self.added(kind, index)

    def occurred(self, index: int, now: int) -> Row:
        """Return the changes that one more occurrence of an alert makes."""
        return {"count": self.row(index)["count"] + 1, "lastOccurredAt": stamp(now)}

    def closed(self, index: int, now: int) -> Row:
        """Return the changes that closing an alert makes."""
        by, row = self.configuration.usernames[0], self.row(index)
        report = {"closeTime": now - millis(row["createdAt"]), "closedBy": by}
        return {"status": "closed", "report": row.get("report", {}) | report}

    def new_log(self, words: str, now: int, serial: int) -> Row:
        """Return the log row of a change."""
        offset = f"{now}_{now * 1_000_000 + serial}"
        return {"log": words, "type": "system", "owner": "System", "createdAt": stamp(now), "offset": offset}

    def new_note(self, words: str, now: int, serial: int) -> Row:
        """Return a note made now."""
        owner = self.configuration.usernames[0]
        return {"note": words, "owner": owner, "createdAt": stamp(now), "offset": str(now * 1_000_000 + serial)}
