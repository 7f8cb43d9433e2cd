"""Timestamps: ISO 8601 in UTC. They have 0 to 3 fraction digits, so they are compared as times, never as text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache

from airbyte_cdk.utils.datetime_helpers import ab_datetime_parse

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_WITHOUT_ZONE = _EPOCH.replace(tzinfo=None)  # times without a zone are subtracted in half the time
_FIRST_MILLIS = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
LAST_MILLIS = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)  # of the year 9999

MILLIS = 1000  # in a second
MINUTE = 60 * MILLIS
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FARTHEST_ZONE = 14 * HOUR  # between UTC and the time zone that is farthest from it

# A cursor that is a number is in epoch seconds or milliseconds, as older connectors kept them. This number tells them
# apart: as seconds it is in the year 5138, as milliseconds in 1973, long before the first alert.
_FEWEST_MILLIS = 10**11
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_DATE_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")

_LONGEST = 100  # characters; no form of a timestamp is as long

_USUAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,3}))?Z")


def to_millis(text: object) -> int | None:
    """Return epoch milliseconds; None if the text is not a timestamp of the years 1 to 9999 in UTC."""
    return _to_millis(text) if isinstance(text, str) and len(text) <= _LONGEST else None


@lru_cache(maxsize=1_000)  # the times of a page's rows are needed several times
def _to_millis(text: str) -> int | None:
    usual = _USUAL.fullmatch(text)
    try:
        if usual:  # with the same result as below, but much faster
            since = datetime.fromisoformat(usual[1]) - _EPOCH_WITHOUT_ZONE
            return MILLIS * (86_400 * since.days + since.seconds) + int((usual[2] or "0").ljust(3, "0"))
        millis = int(ab_datetime_parse(text).to_epoch_millis())
    except (ValueError, OverflowError):
        return None
    return millis if _FIRST_MILLIS <= millis <= LAST_MILLIS else None


def cursor_to_millis(value: object) -> int | None:
    """Return the epoch milliseconds of a cursor in a state: a timestamp, or epoch time as a number or a text.

    It is stricter than `to_millis`, which also accepts a text that only resembles a date, such as "May".
    """
    if isinstance(value, str):
        if _DATE_FIRST.match(value):
            return to_millis(value)
        if not _NUMBER.fullmatch(value):
            return None
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= LAST_MILLIS:  # NaN is not in this range either
        return None
    return int(value) if value >= _FEWEST_MILLIS else int(value * MILLIS)


def from_http_date(text: str | None) -> datetime | None:
    """Return the time of an HTTP header such as `Date`; None if it cannot be read."""
    try:
        moment = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError, TypeError, IndexError):
        return None  # numbers that no date holds overflow
    # Without a zone it was written as -0000, which is UTC, too.
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=timezone.utc)


def from_millis(millis: int) -> str:
    """Write epoch milliseconds as a timestamp in UTC, always with three fraction digits."""
    return (_EPOCH_WITHOUT_ZONE + timedelta(milliseconds=millis)).isoformat(timespec="milliseconds") + "Z"
