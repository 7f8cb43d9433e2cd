"""Searching alerts and incidents."""

from __future__ import annotations

from collections.abc import Sequence

from integration_tests.sandbox.call import Call
from integration_tests.sandbox.collection import Collection


def select(call: Call, rows: Collection, sort: str) -> Sequence[int]:
    """Return what the query of a call finds, in order."""
    return rows.select(
        call.query.get("query", ""),
        sort,
        descending=call.is_descending(),
        team=call.team,
        updated_at_filter=call.settings.updated_at_filter,
    )
