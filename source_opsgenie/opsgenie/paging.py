"""Opsgenie's ways to page its lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from source_opsgenie.http import paging

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

# The whole list in one answer, or further pages by its links.
LinkPaging = partial(paging.LinkPaging, **WORDS)

# Alerts, incidents, users, services and incident templates.
OffsetPaging = partial(paging.OffsetPaging, **WORDS)

# Logs and notes of alerts and incidents.
RecordCursorPaging = partial(paging.RecordCursorPaging, **WORDS, limit=MAX_PAGE, order=FORWARD)

# Team logs (`data.offset`) and incident timelines (`data.nextOffset`).
BodyOffsetPaging = partial(paging.BodyOffsetPaging, **WORDS)
