"""The ways in which JSM Operations, and the APIs beside it, page their lists."""

from __future__ import annotations

from functools import partial
from typing import Any

from source_opsgenie.http import paging
from source_opsgenie.jsm import envelopes

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

# For this one it names neither, so it is the size of most lists.
SERVICES_PAGE = 100

# `values`, and a link to the next page while there is one: most lists.
ValuesPaging = partial(paging.LinkPaging, **WORDS)

# Alerts, which are read by offset from any place.
OffsetPaging = partial(paging.OffsetPaging, **WORDS)

# A single object without an envelope. A field of it that is called `links` or `count` is its own.
WholeBody = partial(paging.LinkPaging, **{**WORDS, "link": "", "total": ""}, rows_in=envelopes.whole_body)

# Jira's users: a bare array, and an empty one at the end. A page before it need not be full.
UsersPaging = partial(
    paging.OffsetPaging,
    rows="",
    size="maxResults",
    offset="startAt",
    identity="accountId",
    rows_in=envelopes.bare_list,
    has_more=bool,
    may_overlap=True,
)

ServicesPaging = partial(
    paging.OffsetPaging,
    **{**WORDS, "rows": "services", "link": "", "total": "pagination.totalCount"},
    has_more=envelopes.has_more_services,
    may_overlap=True,
)

# The teams, and the members of a team, of the Atlassian Teams API.
OrganizationTeamsPaging = partial(
    paging.CursorPaging, rows="entities", size="size", offset="cursor", cursor_of=envelopes.next_entities
)
MembersPaging = partial(
    paging.CursorPaging, rows="results", size="first", offset="after", cursor_of=envelopes.next_results
)
