"""What the key of a team sees: the objects that its team owns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integration_tests.sandbox import text
from integration_tests.sandbox.call import Call
from integration_tests.sandbox.refusal import Refusal

Row = dict[str, Any]


def seen(call: Call, rows: Iterable[Row]) -> list[Row]:
    """Return those of the rows that the key sees."""
    return [row for row in rows if call.team in (None, _owner(row))]


def require(call: Call, row: Row) -> None:
    """Refuse a row, or what lies below it, that belongs to another team or to none."""
    if call.team not in (None, _owner(row)):
        raise Refusal(403, text.TEAM_KEY, code=40301)


def _owner(row: Row) -> str | None:
    team: str | None = row["ownerTeam"]["id"] if "ownerTeam" in row else row.get("teamId")
    return team
