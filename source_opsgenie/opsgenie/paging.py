"""Opsgenie's ways to page its lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.http import paging
from source_opsgenie.http.paging import PageWords, Paging, Params

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MAX_ALERT_IDS_PAGE",
    "MAX_LOG_FILES_PAGE",
    "MAX_PAGE",
    "MAX_TIMELINE_PAGE",
    "BodyOffsetPaging",
    "LinkPaging",
    "NoPaging",
    "OffsetPaging",
    "Paging",
    "Params",
    "RecordCursorPaging",
]

# "Pagination". `totalCount` comes with users, and with incidents in answers that were seen.
WORDS = PageWords(rows="data", link="paging.next", total="totalCount", size="limit", offset="offset")

# Opsgenie's largest pages ("Pagination", and the parameter tables of each page): larger ones are refused.
MAX_PAGE = 100
MAX_TIMELINE_PAGE = 20
MAX_ALERT_IDS_PAGE = 25
MAX_LOG_FILES_PAGE = 1000

# This pair certainly moves forward only. How the default, descending order treats a cursor is not documented.
FORWARD: Mapping[str, str] = {"order": "asc", "direction": "next"}


class NoPaging(paging.NoPaging):
    """The whole list in one answer."""

    words: ClassVar[PageWords] = WORDS


class OffsetPaging(paging.OffsetPaging):
    """Alerts, incidents, users, services and incident templates."""

    words: ClassVar[PageWords] = WORDS


class RecordCursorPaging(paging.RecordCursorPaging):
    """Logs and notes of alerts and incidents."""

    words: ClassVar[PageWords] = WORDS

    def __init__(self) -> None:
        super().__init__(limit=MAX_PAGE, order=FORWARD)


class LinkPaging(paging.LinkPaging):
    """Bare ids of responder alerts and associated alerts."""

    words: ClassVar[PageWords] = WORDS

    def __init__(self) -> None:
        super().__init__(limit=MAX_ALERT_IDS_PAGE, order=FORWARD)


class BodyOffsetPaging(paging.BodyOffsetPaging):
    """Team logs (`data.offset`) and incident timelines (`data.nextOffset`)."""

    words: ClassVar[PageWords] = WORDS
