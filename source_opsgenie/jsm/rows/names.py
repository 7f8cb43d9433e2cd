"""The names of objects that JSM refers to by id only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.rows.fields import fill

USER = "user"
NAME = "name"
USERNAME = "username"

# The lists of names: for each stream, the column that holds the name of a row.
NAME_COLUMNS = {"users": USERNAME, "teams": NAME, "schedules": NAME, "escalations": NAME}


@dataclass
class Names:
    """Names by id, from lists that are read once a sync. A list that cannot be read leaves its map empty.

    Attributes:
        known: for each list, whose name is the plural of JSM's word for a reference to one, the names by id. Those of
            users are e-mail addresses, which are Opsgenie's usernames; a user may hide the address.
        failed: the error of each list that could not be read though the token has the right.
        partial: those of them of which only a part is missing, such as the escalations of one team.
    """

    known: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: dict[str, ApiError] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)

    def of(self, kind: object, identity: object) -> str | None:
        """Return the name of an object; None if it is not known."""
        if not isinstance(identity, str):
            return None
        return self.known.get(f"{kind}s", {}).get(identity)

    def named(self, reference: Any, user_column: str = USERNAME) -> Any:
        """Return a reference `{type, id}` with the object's name, and with Opsgenie's word for nobody.

        Anything but an object is returned as received. Some tables call the column of the username `name`.
        """
        if not isinstance(reference, dict):
            return reference
        kind = reference.get("type")
        made = {**reference, "type": "none"} if kind == "noone" else dict(reference)
        name = self.of(kind, reference.get("id"))
        if name is not None:
            fill(made, **{user_column if kind == USER else NAME: name})
        return made

    def reference(self, kind: str, identity: str) -> dict[str, Any]:
        """Return Opsgenie's reference to a team or a user."""
        name = self.of(kind, identity)
        return {"id": identity} if name is None else {"id": identity, USERNAME if kind == USER else NAME: name}
