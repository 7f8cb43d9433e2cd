"""What becomes of ids: a user's is another one after the migration, all others are kept, or are not."""

from __future__ import annotations

from collections.abc import Iterable

from integration_tests.sandbox.account import Account
from integration_tests.sandbox.noise import NumberedIds, uuid
from integration_tests.sandbox.query import Row

# Older accounts of Atlassian have 24 hex digits, newer ones a number, a colon and a UUID.
OLDER = 3
DIGITS = 24


def account_id(*parts: object, is_older: bool = False) -> str:
    """Return an Atlassian account id that depends on its parts alone."""
    made = uuid("atlassian account", *parts)
    return made.replace("-", "")[:DIGITS] if is_older else f"712020:{made}"


class Ids:
    """The ids of the migrated account, from those of Opsgenie and back."""

    def __init__(self, seed: int, account: Account, *, changed: bool) -> None:
        self.seed = seed
        self.is_changed = changed
        self._alerts = account.alerts
        self._numbers = NumberedIds(seed, "alert in JSM")
        users = account.configuration.references.user_ids
        self._accounts = {user: account_id(seed, at, is_older=at % OLDER == 1) for at, user in enumerate(users)}
        self.users = {account: user for user, account in self._accounts.items()}

    def person(self, user_id: str) -> str:
        """Return the account id of a user."""
        return self._accounts.get(user_id, user_id)

    def thing(self, opsgenie_id: str) -> str:
        """Return the id of anything that is neither a user nor an alert."""
        return uuid(self.seed, "JSM", opsgenie_id) if self.is_changed else opsgenie_id

    def back(self, opsgenie_ids: Iterable[str]) -> dict[str, str]:
        """Return Opsgenie's ids by those of JSM."""
        return {self.thing(each): each for each in opsgenie_ids}

    def reference(self, named: Row) -> Row:
        """Return a reference as JSM writes it: id and type, and another word for nobody."""
        kind = named["type"]
        if "id" not in named:
            return {"type": "noone" if kind == "none" else kind}
        return {"type": kind, "id": self.person(named["id"]) if kind == "user" else self.thing(named["id"])}

    def alert(self, index: int) -> str:
        """Return the id of an alert."""
        if not self.is_changed:
            return self._alerts.id(index)
        return f"{self._numbers.id(index)}-{self._alerts.created[index]}"

    def alert_index(self, identifier: str, team: str | None) -> int | None:
        """Return the index of an alert that exists and is seen."""
        if not self.is_changed:
            return self._alerts.find(identifier, "id", team)
        index = self._numbers.number(identifier.rpartition("-")[0])
        if index is None or index >= len(self._alerts.created) or self.alert(index) != identifier:
            return None
        return self._alerts.find(self._alerts.id(index), "id", team)
