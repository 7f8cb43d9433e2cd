"""The synthetic account: what it holds, its own clock, and the changes that happen to it."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

from integration_tests.sandbox.alerts import Alerts
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.incidents import Incidents
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.sizes import Size
from integration_tests.sandbox.text import SECOND, millis

NOW = millis("2026-11-01T12:00:00Z")
OPERATIONS = ("create", "update", "close", "delete", "note", "wait")


class Account:
    """Everything the API can show, made from one seed."""

    def __init__(self, size: Size, seed: int, now: int = NOW) -> None:
        self.now = now
        self.configuration = Configuration(seed, size, now)
        self.alerts = Alerts(seed, self.configuration, size.alerts, size.burst, now)
        self.incidents = Incidents(seed, self.configuration, size.incidents, now)
        # What happened when, and to which alert.
        self.events: list[tuple[int, str, int | None]] = []
        self._changes = 0

    def mutate(self, operation: dict[str, Any], *, notes_move: bool) -> Row | None:
        """Let something happen: `op`, `target` (alerts or incidents), `id` or `index`, `advance_ms`, `fields`.

        The clock advances first, and the change happens at the new time. Return the row as it is afterwards,
        or nothing for a deleted one and for "wait"; raise ValueError for an operation that makes no sense.
        """
        op = operation.get("op")
        if op not in OPERATIONS:
            raise ValueError(f"op is one of {', '.join(OPERATIONS)}.")
        self.now += int(operation.get("advance_ms", SECOND))
        self._changes += 1
        if op == "wait":
            return None
        target: Alerts | Incidents = self.incidents if operation.get("target") == "incidents" else self.alerts
        fields = dict(operation.get("fields", {}))
        index = target.create(self.now, fields) if op == "create" else self._index(target, operation)
        self.events.append((self.now, op, index if target is self.alerts else None))
        if op == "delete":
            target.delete(index)
            return None
        if op == "update":
            target.change(index, fields or target.occurred(index, self.now), self.now)
        elif op == "close":
            target.change(index, target.closed(index, self.now) | fields, self.now)
        elif op == "note":
            target.add("notes", index, target.new_note(f"Note {self._changes}", self.now, self._changes))
            target.change(index, fields, self.now if notes_move else None)
        target.add("logs", index, target.new_log(f"{op} [{self._changes}]", self.now, self._changes))
        return target.row(index)

    def frozen(self) -> Account:
        """Return the account as it is now, which later changes leave alone."""
        frozen = copy(self)
        same = {id(self.configuration): self.configuration}
        frozen.alerts, frozen.incidents = deepcopy((self.alerts, self.incidents), same)
        return frozen

    def _index(self, target: Alerts | Incidents, operation: dict[str, Any]) -> int:
        if "id" in operation:
            index = target.find(str(operation["id"]), "id", None)
        elif "index" in operation:
            index = target.find(target.id(int(operation["index"])), "id", None)
        else:
            raise ValueError("An operation on a row needs its id or its index.")
        if index is None:
            raise ValueError("There is no such row.")
        return index
