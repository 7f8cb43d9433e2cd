"""Translates maintenance, and the audit log of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from source_opsgenie.http.body import Row
from source_opsgenie.jsm.rows.fields import renamed, with_keys


def maintenance(row: Row, *_: object) -> Row:
    """Translate a maintenance period."""
    made = dict(row)
    if row.get("time") is None:
        time = {name: made.pop(name) for name in ("startDate", "endDate") if name in row}
        if time:
            made["time"] = time
    return made


def audit_logs(rows: Iterable[Row]) -> Iterator[Row]:
    """Translate the lines of the audit log of one span of time. They have no key, so the connector makes one."""
    lines = (renamed(row, {"summary": "message"}) for row in rows)
    return with_keys(lines, "id", "created", ("category", "level", "message", "details"))
