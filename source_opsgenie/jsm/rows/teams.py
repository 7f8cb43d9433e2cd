"""Translates teams, their members and routing rules."""

from __future__ import annotations

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.rows.fields import changed, chosen, fill, is_id_text, renamed
from source_opsgenie.jsm.rows.names import Names


def team(row: Row, described: Row | None = None) -> Row:
    """Translate a team of JSM Operations, with the description of the same team in the Atlassian Teams API."""
    return {**chosen(described or {}, "description"), **renamed(row, {"teamId": "id", "teamName": "name"})}


def team_member(row: Row, names: Names, *_: object) -> Row:
    """Translate a member of a team from the Atlassian Teams API."""
    made = renamed(row, {"accountId": "user_id"})
    if is_id_text(made.get("user_id")):
        fill(made, user=names.reference("user", made["user_id"]))
    return made


def team_routing_rule(row: Row, names: Names, *_: object) -> Row:
    """Translate a routing rule."""
    return changed(row, notify=names.named)
