"""How JSM Operations and its neighbours page their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from source_opsgenie.http import paging
from source_opsgenie.http.body import UnusableBodyError
from source_opsgenie.http.paging import PageWords

if TYPE_CHECKING:
    from collections.abc import Callable

    from source_opsgenie.http.body import Body

# `count` is the total of an alert query. Of a link only the query is read: Atlassian's document shows five forms of it.
WORDS = PageWords(rows="values", link="links.next", total="count", size="size", offset="offset")

# The greatest pages that Atlassian's document states.
MAX_PAGE = 100
MAX_SCHEDULES_PAGE = 50  # of schedules, rotations and overrides
MAX_TEAM_POLICIES_PAGE = 50

# It states none for these: their default.
INTEGRATIONS_PAGE = 100
INTEGRATION_ACTIONS_PAGE = 50


class ValuesPaging(paging.NoPaging):
    """`values`, and a link to the next page while there is one: most lists."""

    words: ClassVar[PageWords] = WORDS


class Enveloped(ValuesPaging):
    """A list with an envelope of its own."""

    def __init__(self, rows_in: Callable[[Body], list[Any]]) -> None:
        super().__init__()
        self._rows_in = rows_in

    def rows_of(self, body: Body) -> list[Any]:
        """Return the rows of an answer."""
        return self._rows_in(body)


class OffsetPaging(paging.OffsetPaging):
    """Alerts, which are read by offset from any place."""

    words: ClassVar[PageWords] = WORDS


class WholeBody(paging.NoPaging):
    """A single object without an envelope, or a bare array."""

    words: ClassVar[PageWords] = WORDS

    def rows_of(self, body: Body) -> list[Any]:
        """Return the object, or the array's rows.

        Raises:
            UnusableBodyError: the body is neither.
        """
        if isinstance(body, list):
            return body
        if isinstance(body, dict) and body:
            return [body]
        raise UnusableBodyError("an answer that is not an object")

    def link_of(self, body: Body) -> str | None:  # noqa: ARG002 - the family's signature
        """Return nothing: the field of a single object that is called `links` is its own."""
        return None
