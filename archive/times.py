"""Writes times in the one form that DuckDB reads without an error or a loss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<clock>\d\d:\d\d)(?P<seconds>:\d\d)?(?P<fraction>(?<=:\d\d:\d\d)\.\d{1,9})?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3])(?::?(?P<minutes>[0-5]\d))?)?)?",
    re.ASCII,
)


def in_utc(text: str) -> str | None:
    """Return a time with seconds and in UTC; None if the text is not a time.

    PyAirbyte's columns have no time zone. If DuckDB converts a text for such a column, it ignores an offset from UTC,
    and fails if there is a zone but no seconds.
    """
    found = TIME.fullmatch(text)
    if found is None:
        return None
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    zone = timezone(-offset if found["sign"] == "-" else offset)
    seconds = found["seconds"] or ":00"
    try:
        moment = datetime.fromisoformat(f"{found['day']} {found['clock'] or '00:00'}{seconds}").replace(tzinfo=zone)
        utc = moment.astimezone(timezone.utc)  # also its year must be one from 1 to 9999
    except (ValueError, OverflowError):
        return None
    if not found["zone"] or (found["zone"] == "Z" and found["seconds"]):
        return text
    return f"{utc.replace(tzinfo=None).isoformat()}{found['fraction'] or ''}Z"


def time_columns(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns with times, according to the schema of a stream."""
    return [name for name, prop in schema["properties"].items() if prop.get("format") == "date-time"]


def rewritten(row: Mapping[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """Return the times in these columns of a row that must be rewritten, in UTC."""
    texts = {name: row[name] for name in columns if isinstance(row.get(name), str)}
    return {name: utc for name, text in texts.items() if (utc := in_utc(text)) not in {None, text}}
