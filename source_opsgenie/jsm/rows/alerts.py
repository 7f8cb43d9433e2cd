"""Translates alerts, their logs, notes and attachments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from source_opsgenie.http.body import Row, objects_of
from source_opsgenie.http.timestamps import cursor_to_millis
from source_opsgenie.jsm.rows.fields import fill, renamed, with_keys
from source_opsgenie.records.base import json_text

OPEN = "open"
# JSM's words for what Opsgenie calls open. In both APIs, other columns show whether it is acknowledged or snoozed.
OPEN_WORDS = frozenset({OPEN, "acked", "snoozed"})

# `lastOccuredAt` is JSM's spelling.
_RENAMED = {"lastOccuredAt": "lastOccurredAt", "extraProperties": "details"}
_INTEGRATION = {"integrationName": "name", "integrationType": "type"}
_REPORT = ("ackTime", "closeTime")


def alert(row: Row, *_: object) -> Row:
    """Translate an alert of the list or a single one, which have the same form in JSM.

    Most rows of an account are alerts, so this is written for speed.
    """
    made = renamed(row, _RENAMED)
    status, details, responders = made.get("status"), made.get("details"), made.get("responders")
    if "status" in made and made.get("jsm_status") is None:
        made["jsm_status"] = status
        if isinstance(status, str) and status in OPEN_WORDS:
            made["status"] = OPEN
    if "seen" in made and made.get("isSeen") is None:
        made["isSeen"] = made["seen"]
    if isinstance(details, dict):
        made["details"] = {name: value if isinstance(value, str) else _text(value) for name, value in details.items()}
    if isinstance(responders, list) and made.get("teams") is None:
        made["teams"] = [{"id": each.get("id")} for each in objects_of(responders) if each.get("type") == "team"]
    if made.get("integration") is None:
        _add_integration(made)
    if made.get("report") is None:
        _add_report(made)
    return made


def _text(value: object) -> object:
    """Write a value that is not a text as JSON, because Opsgenie's column is a map of texts."""
    if value is None:
        return value
    try:
        return json_text(value)
    except RecursionError:  # nested deeper than Python's stack reaches
        return value


def _add_integration(row: Row) -> None:
    given = {new: row.pop(old) for old, new in _INTEGRATION.items() if row.get(old) is not None}
    if given:
        row["integration"] = given


def _add_report(row: Row) -> None:
    """Add how long it took to acknowledge and to close the alert, from the times that JSM gives."""
    times = {name: moment for name in _REPORT if (moment := _millis(row.get(name))) is not None}
    created = _millis(row.get("createdAt")) if times else None
    if created is not None:
        row["report"] = {name: moment - created for name, moment in times.items()}


def _millis(value: object) -> int | None:
    return cursor_to_millis(value) if isinstance(value, str) else None


def alert_logs(rows: Iterable[Row]) -> Iterator[Row]:
    """Translate the lines of one alert's log, of all its pages. They have no key, so the connector makes one."""
    lines = (renamed(row, {"logType": "type", "logTime": "createdAt"}) for row in rows)
    return with_keys(lines, "offset", "createdAt", ("type", "owner", "log"))


def alert_note(row: Row, *_: object) -> Row:
    """Translate a note, whose id has the form of Opsgenie's offset."""
    made, identity = dict(row), row.get("id")
    if identity is not None:
        is_number = isinstance(identity, int) and not isinstance(identity, bool)
        fill(made, offset=str(identity) if is_number else identity)
    return made


def alert_attachment(row: Row, *_: object) -> Row:
    """Translate an attachment."""
    return renamed(row, {"attachmentName": "name"})
