"""The names of objects that JSM refers to by id only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Opsgenie's and JSM's words for a participant or recipient that is nobody.
NONE = "none"
JSM_NONE = "noone"

USER = "user"
NAME = "name"
USERNAME = "username"


@dataclass(frozen=True)
class Names:
    """Names by id, from lists that are read once a sync. A list that cannot be read leaves its map empty.

    Attributes:
        users: e-mail addresses by account id, which are Opsgenie's usernames. A user may hide the address.
        teams: names of teams.
        schedules: names of schedules.
        escalations: names of escalations.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    schedules: Mapping[str, str] = field(default_factory=dict)
    escalations: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: object, identity: object) -> str | None:
        """Return the name of an object; None if it is not known."""
        if not isinstance(kind, str) or not isinstance(identity, str):
            return None
        by_kind = {USER: self.users, "team": self.teams, "schedule": self.schedules, "escalation": self.escalations}
        return by_kind.get(kind, {}).get(identity)

    def named(self, reference: Any, user_column: str = USERNAME) -> Any:  # noqa: ANN401 - as received
        """Return a reference `{type, id}` with the object's name, and with Opsgenie's word for nobody.

        Args:
            reference: the reference; anything but an object is returned as received.
            user_column: column for the username, which some tables call `name`.
        """
        if not isinstance(reference, dict):
            return reference
        kind = reference.get("type")
        made = {**reference, "type": NONE} if kind == JSM_NONE else dict(reference)
        name = self.of(kind, reference.get("id"))
        if name is not None:
            made.setdefault(user_column if kind == USER else NAME, name)
        return made

    def team(self, identity: str) -> dict[str, Any]:
        """Return Opsgenie's reference to a team."""
        return self._reference(identity, NAME, self.teams)

    def user(self, identity: str) -> dict[str, Any]:
        """Return Opsgenie's reference to a user."""
        return self._reference(identity, USERNAME, self.users)

    @staticmethod
    def _reference(identity: str, column: str, names: Mapping[str, str]) -> dict[str, Any]:
        return {"id": identity, **({column: names[identity]} if identity in names else {})}
