"""Things that happen to the account while it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

from integration_tests.sandbox.account import Account

OPERATIONS = ("create", "create", "create", "update", "update", "close", "note", "delete", "delete")
LONGEST_STEP = 5  # milliseconds between two changes; 0 is among them
TRIES = 10


class Churn:
    """Makes so many changes a call, the same ones for the same seed and calls, and keeps a journal of them."""

    def __init__(self, account: Account, seed: int) -> None:
        self.account = account
        self.journal: list[dict[str, Any]] = []
        self._random = Random(f"{seed} churn")  # noqa: S311 - to be repeatable
        self._owed: Counter[str] = Counter()

    def happen(self, rates: Mapping[str, float], *, notes_move: bool) -> None:
        """Let happen what is due with one more call: `rates` are changes a call, by target."""
        for target, rate in rates.items():
            self._owed[target] += rate  # type: ignore[assignment] # a part of a change
            while self._owed[target] >= 1:
                self._owed[target] -= 1
                self._change(target, notes_move)

    def _change(self, target: str, notes_move: bool) -> None:
        rows = self.account.incidents if target == "incidents" else self.account.alerts
        operation: dict[str, Any] = {
            "op": self._random.choice(OPERATIONS),
            "target": target,
            "advance_ms": self._random.randrange(LONGEST_STEP),
        }
        for _ in range(TRIES):
            index = self._random.randrange(len(rows.created))
            if operation["op"] == "create" or rows.find(rows.id(index), "id", None) is not None:
                row = self.account.mutate({**operation, "index": index}, notes_move=notes_move)
                identity = row["id"] if row else rows.id(index)
                self.journal.append({"op": operation["op"], "target": target, "id": identity, "at": self.account.now})
                return
