"""The ways in which JSM Operations, and the APIs beside it, page their lists.

An answer that lacks its list, or has null in its place, is an error and not an empty list: otherwise an account full of
teams would seem to have none.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from source_opsgenie.http import paging
from source_opsgenie.http.body import Body, UnusableBodyError, found_at

# `count` is the total of an alert query. Of a link only the query is used: Atlassian's document shows five forms.
WORDS: dict[str, Any] = {"rows": "values", "link": "links.next", "total": "count", "size": "size", "offset": "offset"}

# The largest pages, by Atlassian's document.
MAX_PAGE = 100
MAX_SCHEDULES_PAGE = 50  # of schedules, rotations and overrides
MAX_TEAM_POLICIES_PAGE = 50
MAX_USERS_PAGE = 1000  # of Jira
MAX_TEAMS_PAGE = 300  # of the Atlassian Teams API
MAX_MEMBERS_PAGE = 50

# The smallest page that it names: lines have no greatest length, and a page must not exceed `LARGEST_BODY`.
AUDIT_PAGE = 1000

# For these it names no largest page, so the default is used.
INTEGRATIONS_PAGE = 100
INTEGRATION_ACTIONS_PAGE = 50

# For this one it names neither, so it is the default of most lists: the largest page is hardly smaller.
SERVICES_PAGE = 20


def whole_body(body: Body) -> list[Any]:
    """Return a single object that has no envelope, as a list."""
    if isinstance(body, dict) and body:
        return [body]
    raise UnusableBodyError("an answer that is not an object")


def bare_list(body: Body) -> list[Any]:
    """Return the rows of an answer that is only a list, such as the roles of a team or the users of Jira.

    No name says that it is the right list, so a list without a single object is taken for another answer.
    """
    if not isinstance(body, list):
        raise UnusableBodyError("JSON that is not a list")
    if body and not any(isinstance(row, dict) for row in body):
        raise UnusableBodyError("a list without an object in it")
    return body


def list_in(body: Body, *, path: str) -> list[Any]:
    """Return the rows of an answer that is a bare list on some sites, and an object with the list on others."""
    return bare_list(body) if isinstance(body, list) else found_at(body, path, list)


# By Atlassian's document, both answers are objects. But its example of action groups is a list, and the authors of
# other programs found that sites often send a list of teams.
teams_in = partial(list_in, path="platformTeams")
action_groups_in = partial(list_in, path="values")


def teams_cursor(body: Body) -> str | None:
    """Return the cursor of the next page of teams; None after the last page, whose cursor is null or absent."""
    cursor = body.get("cursor") if isinstance(body, dict) else None
    if cursor is None or isinstance(cursor, str):
        return cursor or None
    raise UnusableBodyError("an answer whose 'cursor' is not text")


def members_cursor(body: Body) -> str | None:
    """Return the cursor of the next page of members; None after the last."""
    if not found_at(body, "pageInfo.hasNextPage", bool):
        return None
    cursor = found_at(body, "pageInfo", dict).get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise UnusableBodyError("an answer without 'pageInfo.endCursor'")
    return cursor


# `values`, and a link to the next page while there is one: most lists.
ValuesPaging = partial(paging.LinkPaging, **WORDS)

# Alerts, which are read by offset from any place.
OffsetPaging = partial(paging.OffsetPaging, **WORDS)

# A single object without an envelope. A field of it that is called `links` or `count` is its own.
SingleObject = partial(paging.LinkPaging, **{**WORDS, "link": "", "total": ""}, rows_in=whole_body)

# Jira's users: a bare array, and an empty one at the end. A page before it need not be full.
UsersPaging = partial(
    paging.OffsetPaging,
    rows="",
    size="maxResults",
    offset="startAt",
    identity="accountId",
    rows_in=bare_list,
    ends_empty=True,
    may_overlap=True,
)

has_more_services = partial(found_at, path="pagination.hasNext", kind=bool)
ServicesPaging = partial(
    paging.OffsetPaging,
    **{**WORDS, "rows": "services", "total": "pagination.totalCount"},
    has_more=has_more_services,
    may_overlap=True,
)

# The teams, and the members of a team, of the Atlassian Teams API.
OrganizationTeamsPaging = partial(
    paging.CursorPaging, rows="entities", size="size", offset="cursor", cursor_of=teams_cursor
)
MembersPaging = partial(paging.CursorPaging, rows="results", size="first", offset="after", cursor_of=members_cursor)
