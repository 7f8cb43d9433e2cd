"""Opsgenie's timestamps: ISO 8601 in UTC with 0 to 3 fraction digits. Compared as times, never as text."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from airbyte_cdk.utils.datetime_helpers import ab_datetime_parse

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_FIRST_MILLIS = (datetime.min.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
_LAST_MILLIS = (datetime.max.replace(tzinfo=timezone.utc) - _EPOCH) // timedelta(milliseconds=1)
_USUAL = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?Z")


def to_millis(text: object) -> int | None:
    """Give epoch milliseconds; None for what is no timestamp, or none of the years 1 to 9999 in UTC."""
    if not isinstance(text, str):
        return None
    usual = _USUAL.fullmatch(text)
    try:
        if usual:
            *parts, fraction = usual.groups()
            moment = datetime(*map(int, parts), tzinfo=timezone.utc)  # type: ignore[arg-type,misc]
            return (moment - _EPOCH) // timedelta(milliseconds=1) + int((fraction or "0").ljust(3, "0"))
        millis = int(ab_datetime_parse(text).to_epoch_millis())
    except (ValueError, OverflowError):
        return None
    return millis if _FIRST_MILLIS <= millis <= _LAST_MILLIS else None


def from_millis(millis: int) -> str:
    """Write epoch milliseconds as Opsgenie does, always with three fraction digits."""
    moment = _EPOCH + timedelta(milliseconds=millis)
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
