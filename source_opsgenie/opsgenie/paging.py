"""Opsgenie's ways to page its lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from source_opsgenie.http import paging
from source_opsgenie.http.body import Body, Row, found_at

# "Pagination". `totalCount` comes with users, and with incidents in answers that were seen.
WORDS: Mapping[str, Any] = {
    "rows": "data",
    "link": "paging.next",
    "total": "totalCount",
    "size": "limit",
    "offset": "offset",
}

# Opsgenie's largest pages ("Pagination", and the parameter tables of each page): larger ones are refused.
MAX_PAGE = 100
MAX_TIMELINE_PAGE = 20
MAX_ALERT_IDS_PAGE = 25
MAX_LOG_FILES_PAGE = 1000

# This pair certainly moves forward only. How the default, descending order treats a cursor is not documented.
FORWARD: Mapping[str, str] = {"order": "asc", "direction": "next"}


def data_object(body: Body) -> list[Row]:
    """Return a single object, as a list."""
    return [found_at(body, "data", dict)]


# The whole list in one answer, or further pages by its links.
LinkPaging = partial(paging.LinkPaging, **WORDS)

# An answer that is an object, not a list.
SingleObject = partial(paging.LinkPaging, **WORDS, rows_in=data_object)

# Alerts, incidents, users, services and incident templates.
OffsetPaging = partial(paging.OffsetPaging, **WORDS)

# Logs and notes of alerts and incidents.
RecordCursorPaging = partial(paging.RecordCursorPaging, **WORDS, limit=MAX_PAGE, order=FORWARD)

# Team logs (`data.offset`) and incident timelines (`data.nextOffset`).
BodyOffsetPaging = partial(paging.BodyOffsetPaging, **WORDS)
