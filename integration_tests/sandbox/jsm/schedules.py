"""Schedules, rotations, overrides, timelines, and who is on call."""

from __future__ import annotations

from collections.abc import Iterable

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.configuration.timelines import EXPANDABLE, Asked
from integration_tests.sandbox.jsm.ids import Ids
from integration_tests.sandbox.jsm.parts import chosen, restriction
from integration_tests.sandbox.noise import uuid
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.text import DAY, millis, stamp

LAYERS = ("final", "base", "override", "forwarding")
# The first schedule had one rotation more, some time ago.
DELETED_SINCE, DELETED_UNTIL = 200 * DAY, 190 * DAY


class Schedules:
    """All schedules."""

    def __init__(self, seed: int, configuration: Configuration, ids: Ids, now: int) -> None:
        self.seed = seed
        self.ids = ids
        self.origin = now
        self._its = configuration
        self.opsgenie_ids = ids.back(row["id"] for row in configuration.references.schedules)

    def schedules(self, *, with_rotations: bool, one_without: bool = False) -> list[Row]:
        """Return every schedule."""
        rows = self._its.schedules.schedules(with_rotations, one_without=one_without)
        every = [self._schedule(row, with_rotations=with_rotations) for row in rows]
        return [row for row in every if row["id"] in self.opsgenie_ids]

    def delete_first(self, number: int) -> None:
        """Delete the first schedules of all that there ever were."""
        for row in self._its.schedules.schedules(False)[:number]:
            self.opsgenie_ids.pop(self.ids.thing(row["id"]), None)

    def schedule(self, schedule_id: str) -> Row | None:
        """Return one schedule, with its rotations."""
        row = self._its.schedules.schedule(self.opsgenie_ids.get(schedule_id, ""))
        return None if row is None else self._schedule(row, with_rotations=True)

    def _schedule(self, row: Row, *, with_rotations: bool) -> Row:
        schedule = chosen(row, "name", "description", "timezone", "enabled") | {"id": self.ids.thing(row["id"])}
        if "ownerTeam" in row:
            schedule["teamId"] = self.ids.thing(row["ownerTeam"]["id"])
        if with_rotations and "rotations" in row:
            schedule["rotations"] = [self._rotation(each) for each in row["rotations"]]
        return schedule

    def rotations(self, schedule_id: str) -> list[Row]:
        rows = self._its.schedules.schedule_rotations(self.opsgenie_ids[schedule_id]) or []
        return [self._rotation(row) for row in rows]

    def _rotation(self, row: Row) -> Row:
        return {
            **chosen(row, "name", "startDate", "endDate", "type", "length"),
            "id": self.ids.thing(row["id"]),
            "participants": [self.ids.reference(each) for each in row["participants"]],
            **restriction(row),
        }

    def overrides(self, schedule_id: str, now: int) -> list[Row]:
        """Return the overrides that run now or later; past ones are not listed any more."""
        rows = self._its.schedules.schedule_overrides(self.opsgenie_ids[schedule_id]) or []
        return [self._override(row) for row in rows if millis(row["endDate"]) > now]

    def _override(self, row: Row) -> Row:
        override = chosen(row, "alias", "startDate", "endDate") | {"responder": self.ids.reference(row["user"])}
        if row.get("rotations"):
            override["rotationIds"] = [self.ids.thing(each["id"]) for each in row["rotations"]]
        return override

    # Timelines

    def timeline(self, schedule_id: str, asked: Asked, now: int) -> Row:
        """Return a schedule's timeline, as seen at a moment."""
        opsgenie_id = self.opsgenie_ids[schedule_id]
        given = self._its.timelines.schedule_timeline(opsgenie_id, asked, now) or {}
        row: Row = {name: given[name] for name in ("startDate", "endDate")}
        for layer in LAYERS:
            if f"{layer}Timeline" in given:
                rotations = given[f"{layer}Timeline"]["rotations"]
                row[f"{layer}Timeline"] = {
                    "rotations": [self._timeline_rotation(at, each) for at, each in enumerate(rotations)]
                }
        if opsgenie_id == next(iter(self.opsgenie_ids.values())):
            row["finalTimeline"]["rotations"] += self._deleted(millis(row["startDate"]), millis(row["endDate"]))
        return row | {"_expands": list(EXPANDABLE)}

    def _timeline_rotation(self, at: int, row: Row) -> Row:
        return {
            "id": self.ids.thing(row["id"]),
            "name": row["name"],
            "order": float(at + 1),
            "deleted": False,
            "periods": [self._period(at, each) for each in row["periods"]],
        }

    def _period(self, at: int, row: Row) -> Row:
        period: Row = chosen(row, "startDate", "endDate") | {"type": _word(row["type"])}
        people = row.get("flattenedRecipients", [])
        if "recipient" in row:
            period["responder"] = self._responder(row["recipient"])
        elif len(people) == 1 and at % 2 == 0:
            # Past periods of a user: with the user as responder, or without.
            period["responder"] = self._responder(people[0])
        if "flattenedRecipients" in row:
            period["flattenedResponders"] = [self._responder(each) for each in people]
        if "fromUser" in row:
            origin = row["fromUser"]
            user = self._user_named(origin if isinstance(origin, str) else origin["name"])
            period["from"] = {"id": user, "type": "user", "deleted": False}
        return period

    def _user_named(self, username: str) -> str:
        return self.ids.person(next(row["id"] for row in self._its.user_refs if row["username"] == username))

    def _responder(self, row: Row) -> Row:
        return self.ids.reference(row)

    def _deleted(self, start: int, end: int) -> list[Row]:
        since, until = self.origin - DELETED_SINCE, self.origin - DELETED_UNTIL
        if not (since < end and start < until):
            return []
        period = {"startDate": stamp(since), "endDate": stamp(until), "type": "historical"}
        return [
            {
                "id": uuid(self.seed, "deleted rotation"),
                "name": "Old",
                "order": None,
                "deleted": True,
                "periods": [period | {"responder": {"type": "noone"}}],
            }
        ]

    # On call

    def on_calls(self, schedule_id: str, moment: int, *, flat: bool) -> Row:
        row = self._its.on_calls.schedule_on_calls(self.opsgenie_ids[schedule_id], moment) or {}
        trees = [self._tree(each, "onCallParticipants") for each in row["onCallParticipants"]]
        return {"onCallUsers": _users(trees)} if flat else {"onCallParticipants": trees}

    def next_on_calls(self, schedule_id: str, moment: int, *, flat: bool) -> Row:
        opsgenie_id = self.opsgenie_ids[schedule_id]
        row = self._its.on_calls.next_on_calls(opsgenie_id, moment) or {}
        # Nested ones bear the name of the schema, or that of the document's example.
        odd = list(self.opsgenie_ids.values()).index(opsgenie_id) % 2
        inside = "nextOnCallParticipants" if odd else "onCallParticipants"
        trees = [self._tree(each, inside) for each in row["nextOnCallRecipients"]]
        return {"nextOnCallUsers": _users(trees)} if flat else {"nextOnCallParticipants": trees}

    def _tree(self, row: Row, inside: str) -> Row:
        tree = self.ids.reference(row)
        if "onCallParticipants" in row:
            tree[inside] = [self._tree(each, inside) for each in row["onCallParticipants"]]
        if "forwardedFrom" in row:
            tree["forwardedFrom"] = self.ids.reference(row["forwardedFrom"])
        return tree


def _word(kind: str) -> str:
    return "base" if kind == "default" else kind


def _users(trees: Iterable[Row]) -> list[str]:
    found: list[str] = []
    for tree in trees:
        if tree["type"] == "user":
            found.append(tree["id"])
        found += _users(tree.get("onCallParticipants") or tree.get("nextOnCallParticipants") or [])
    return list(dict.fromkeys(found))
