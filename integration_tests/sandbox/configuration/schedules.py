"""Schedules: their rotations and the overrides of these."""

from __future__ import annotations

from functools import cached_property

from integration_tests.sandbox.configuration.parts import (
    TIME_OF_DAY,
    TIME_ZONES,
    TIMES_OF_DAY,
    WEEKDAYS,
    References,
    Row,
    typed,
)
from integration_tests.sandbox.noise import Draw, uuid
from integration_tests.sandbox.text import DAY, HOUR, stamp

# How schedules differ from one another; after the last kind the first comes again.
FULL, EMPTY, ESCALATED, TEAM, MIXED, ENDED = range(6)
KINDS = 6
NOBODY: Row = {"type": "none"}


class Schedules:
    """All schedules."""

    def __init__(self, seed: int, references: References, now: int) -> None:
        self.seed = seed
        self.references = references
        self.now = now
        self._indexes = {row["id"]: index for index, row in enumerate(references.schedules)}
        self._rows = [self._schedule(index) for index in range(len(references.schedules))]

    def _schedule(self, index: int) -> Row:
        empty = index % KINDS == EMPTY
        row: Row = {
            **self.references.schedules[index],
            "description": "" if index % 2 else "Who is called first",
            "timezone": TIME_ZONES[index % len(TIME_ZONES)],
            "enabled": not empty,
        }
        return row if empty else row | {"ownerTeam": self.references.team(index)}

    def schedules(self, expand_rotation: bool, *, one_without: bool = False) -> list[Row]:
        """Return every schedule; not asked for its rotations it shows an empty list of them, or none.

        With `one_without` the first one shows none even when asked for them.
        """
        rows = []
        for index, schedule in enumerate(self._rows):
            row = schedule
            if expand_rotation and not (one_without and index == 0):
                row = schedule | {"rotations": self.schedule_rotations(schedule["id"])}
            elif not expand_rotation and index % 2:
                row = schedule | {"rotations": []}
            rows.append(row)
        return rows

    def schedule(self, schedule_id: str) -> Row | None:
        """Return one schedule, with its rotations even when not asked for."""
        index = self._indexes.get(schedule_id)
        return None if index is None else self._rows[index] | {"rotations": self.schedule_rotations(schedule_id)}

    def schedule_id(self, identifier: str, kind: str) -> str | None:
        """Return the id of a schedule that exists."""
        if kind == "name":
            return next((row["id"] for row in self._rows if row["name"] == identifier), None)
        return identifier if identifier in self._indexes else None

    def parent(self, schedule_id: str) -> Row:
        """Return what the children of a schedule say of it."""
        row = self._rows[self._indexes[schedule_id]]
        return {name: row[name] for name in ("id", "name", "enabled")}

    # Rotations

    def schedule_rotations(self, schedule_id: str) -> list[Row] | None:
        """Return the rotations of a schedule."""
        index = self._indexes.get(schedule_id)
        return None if index is None else self._rotations[index]

    @cached_property
    def _rotations(self) -> list[list[Row]]:
        return [self._rotations_of(index) for index in range(len(self._rows))]

    def _rotations_of(self, index: int) -> list[Row]:
        draw = Draw(self.seed, "rotations", index)
        first = draw.below(len(self.references.users))
        users = [typed("user", self.references.user(first + step)) for step in range(3)]
        team = typed("team", self.references.team(index))
        escalation = typed("escalation", self.references.escalation(index // KINDS * KINDS))
        rotation = Rotations(self.seed, index, self.now // DAY * DAY - 300 * DAY + 8 * HOUR)
        kinds: dict[int, list[Row]] = {
            # The first user of the account is always on call here; forwarding rules send that call elsewhere.
            FULL: [
                rotation.row("primary", "weekly", 1, users, timeRestriction=None),
                rotation.row("nights", "daily", 2, [users[1], NOBODY], timeRestriction=WEEKDAYS, end=700 * DAY),
                rotation.row("lead", "weekly", 1, [typed("user", self.references.user(0))]),
            ],
            EMPTY: [],
            ESCALATED: [
                rotation.row("escalated", "weekly", 2, [escalation]),
                rotation.row("helpers", "hourly", 12, users[:2], timeRestriction=TIME_OF_DAY),
            ],
            TEAM: [
                rotation.row("everybody", "weekly", 1, [team]),
                rotation.row("days", "daily", 1, users, timeRestriction=TIMES_OF_DAY),
            ],
            MIXED: [rotation.row("", "daily", 3, [users[0], escalation, team, NOBODY])],
            ENDED: [
                rotation.row("before", "weekly", 1, users, end=200 * DAY),
                rotation.row("after", "weekly", 1, users[::-1], start=200 * DAY),
            ],
        }
        return kinds[index % KINDS]

    def user_schedules(self, user_id: str) -> list[Row] | None:
        """Return the schedules that call a user by name."""
        return self._schedules_of_users.get(user_id)

    @cached_property
    def _schedules_of_users(self) -> dict[str, list[Row]]:
        schedules: dict[str, list[Row]] = {user_id: [] for user_id in self.references.user_ids}
        for index, row in enumerate(self._rows):
            people = [each for rotation in self._rotations[index] for each in rotation["participants"]]
            for user_id in dict.fromkeys(each["id"] for each in people if each["type"] == "user"):
                schedules[user_id].append(self.parent(row["id"]))
        return schedules

    # Overrides

    def schedule_overrides(self, schedule_id: str) -> list[Row] | None:
        """Return the overrides of a schedule; their only name is the alias."""
        index = self._indexes.get(schedule_id)
        return None if index is None else self._overrides[index]

    @cached_property
    def _overrides(self) -> list[list[Row]]:
        return [self._overrides_of(index) for index in range(len(self._rows))]

    def _overrides_of(self, index: int) -> list[Row]:
        rotations = [{name: rotation[name] for name in ("id", "name")} for rotation in self._rotations[index]]
        user = typed("user", self.references.user(index + 5))
        team = typed("team", self.references.team(index))
        # An override holds for the rotations it names, and for all when it names none; some names are missing.
        if index % KINDS == FULL:
            return [
                self._override(index, "nov-swap", user, -1, 2, rotations=rotations[:1]),
                self._override(index, "año nuevo / 50%", user, -40, 1, rotations=[{"id": rotations[1]["id"]}]),
            ]
        if index % KINDS == TEAM:
            return [
                self._override(index, uuid(self.seed, "override", index), team, -70, 3),
                self._override(index, "nobody", NOBODY, 9, 1, rotations=[]),
            ]
        return []

    def _override(self, index: int, alias: str, user: Row, start: int, days: int, **further: list[Row]) -> Row:
        begins = self.now + start * DAY
        return {
            "_parent": self.parent(self.references.schedules[index]["id"]),
            "alias": alias,
            "user": user,
            "startDate": stamp(begins),
            "endDate": stamp(begins + days * DAY),
            **further,
        }


class Rotations:
    """Makes the rotations of one schedule; their ids count on, their times count from `origin`."""

    def __init__(self, seed: int, schedule: int, origin: int) -> None:
        self.seed = seed
        self.schedule = schedule
        self.origin = origin

    def row(
        self,
        name: str,
        kind: str,
        length: int,
        participants: list[Row],
        *,
        start: int = 0,
        end: int | None = None,
        **further: Row | None,
    ) -> Row:
        """Return a rotation; an open-ended one has no `endDate`."""
        row: Row = {
            # A rotation of another schedule may have the same id.
            "id": uuid(self.seed, "rotation", self.schedule % KINDS, name),
            "name": name,
            "startDate": stamp(self.origin + start),
            "type": kind,
            "length": length,
            "participants": participants,
            **further,
        }
        return row if end is None else row | {"endDate": stamp(self.origin + end)}
