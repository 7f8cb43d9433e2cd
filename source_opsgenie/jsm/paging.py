"""How JSM Operations and its neighbours page their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from source_opsgenie.http import paging
from source_opsgenie.http.body import UnusableBodyError
from source_opsgenie.http.paging import PageWords, Params
from source_opsgenie.jsm import envelopes

if TYPE_CHECKING:
    from collections.abc import Callable

    from source_opsgenie.http.body import Body

# `count` is the total of an alert query. Of a link only the query is read: Atlassian's document shows five forms of it.
WORDS = PageWords(rows="values", link="links.next", total="count", size="size", offset="offset")

# The greatest pages that Atlassian's document states.
MAX_PAGE = 100
MAX_SCHEDULES_PAGE = 50  # of schedules, rotations and overrides
MAX_TEAM_POLICIES_PAGE = 50
MAX_AUDIT_PAGE = 5000
MAX_USERS_PAGE = 1000  # of Jira
MAX_TEAMS_PAGE = 300  # of the Atlassian Teams API
MAX_MEMBERS_PAGE = 50

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
    """A single object without an envelope."""

    words: ClassVar[PageWords] = WORDS

    def rows_of(self, body: Body) -> list[Any]:
        """Return the object.

        Raises:
            UnusableBodyError: the body is none.
        """
        if isinstance(body, dict) and body:
            return [body]
        raise UnusableBodyError("an answer that is not an object")

    def link_of(self, body: Body) -> str | None:  # noqa: ARG002 - the family's signature
        """Return nothing: the field of a single object that is called `links` is its own."""
        return None


class UsersPaging(paging.OffsetPaging):
    """Jira's users: a bare array, and an empty one at the end. No page before it needs to be full."""

    words: ClassVar[PageWords] = PageWords(rows="", link="", total="", size="maxResults", offset="startAt")

    def rows_of(self, body: Body) -> list[Any]:
        """Return the users of a page.

        Raises:
            UnusableBodyError: the body is no array.
        """
        return envelopes.bare_list(body)

    def _next(self, body: Body, asked: Params) -> Params | None:
        return self._behind(len(self.rows_of(body)), asked)


class ServicesPaging(paging.OffsetPaging):
    """The Services API: `services`, and whether there are more."""

    words: ClassVar[PageWords] = PageWords(
        rows="services", link="", total="pagination.totalCount", size="size", offset="offset"
    )

    def rows_of(self, body: Body) -> list[Any]:
        """Return the services of a page.

        Raises:
            UnusableBodyError: the body has no list of them.
        """
        return envelopes.services(body)

    def _next(self, body: Body, asked: Params) -> Params | None:
        return self._behind(len(self.rows_of(body)), asked) if envelopes.has_more_services(body) else None


class OrganizationTeamsPaging(paging.Paging):
    """The teams of the Atlassian Teams API, by cursor."""

    words: ClassVar[PageWords] = PageWords(rows="entities", link="", total="", size="size", offset="cursor")

    def rows_of(self, body: Body) -> list[Any]:
        """Return the teams of a page.

        Raises:
            UnusableBodyError: the body has no list of them.
        """
        return envelopes.entities(body)

    def _next(self, body: Body, asked: Params) -> Params | None:
        cursor = envelopes.next_entities(body)
        return None if cursor is None else {**asked, self.words.offset: cursor}


class MembersPaging(paging.Paging):
    """The members of a team of the Atlassian Teams API, by cursor."""

    words: ClassVar[PageWords] = PageWords(rows="results", link="", total="", size="first", offset="after")

    def rows_of(self, body: Body) -> list[Any]:
        """Return the members of a page.

        Raises:
            UnusableBodyError: the body has no list of them.
        """
        return envelopes.results(body)

    def _next(self, body: Body, asked: Params) -> Params | None:
        cursor = envelopes.next_results(body)
        return None if cursor is None else {**asked, self.words.offset: cursor}
