"""Streams of teams, and their child streams. The Atlassian Teams API has their members and descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import requests

from source_opsgenie.http.body import Body, Row
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.paging import Page, Paging, Params
from source_opsgenie.http.retry import RetryPolicy
from source_opsgenie.jsm.paging import (
    MAX_MEMBERS_PAGE,
    MAX_PAGE,
    MAX_TEAMS_PAGE,
    MembersPaging,
    OrganizationTeamsPaging,
    ValuesPaging,
    bare_list,
    teams_in,
)
from source_opsgenie.jsm.rows import teams as rows
from source_opsgenie.jsm.site import Api
from source_opsgenie.jsm.streams.base import EMPTY_COLUMN, NO_TEAM, JsmStream, JsmSubStream, NeverEmptyStream
from source_opsgenie.records import teams as records
from source_opsgenie.records.users import UserTeam
from source_opsgenie.streams.base import Parent, filled
from source_opsgenie.streams.sub_stream import GLOBAL

NO_TEAM_IN_SYNC = (
    f"{NO_TEAM}, so rows that belong to teams are missing. Give the owner the role of an admin in Operations."
)

GLOBAL_OWNER = "the site itself"


class DescribedTeams(JsmStream):
    """The teams of the Atlassian Teams API, which have descriptions: a part of `teams`, not of the catalog."""

    list_path = "v1/org/{organization}/teams"
    domain = Api.TEAMS
    paging = OrganizationTeamsPaging(limit=MAX_TEAMS_PAGE)
    name = "teams"  # for messages

    def first_params(self, parent: Parent) -> Params:
        """Name the site in the query."""
        return {**super().first_params(parent), "siteId": self.context.cloud_id()}


class Teams(NeverEmptyStream):
    """Every team, without its members. Only an admin sees all; others see the teams they are members of."""

    list_path = "v1/teams"
    record = records.Team
    paging = ValuesPaging(rows_in=teams_in, identity="teamId")
    hidden_because = NO_TEAM
    hidden_warning = NO_TEAM_IN_SYNC

    def shape(self, row: Row, parent: Parent) -> Row:
        """Translate a team."""
        described = self.context.once.of("described teams", self._described)
        return rows.team(super().shape(row, parent), described.get(str(row.get("teamId"))))

    def _described(self) -> dict[str, Row]:
        """Return the teams that have descriptions, by id; none without an organization, which the API asks for.

        If they are refused, a warning says so; if they cannot be read, the stream ends with an error after its rows.
        """
        organization = self.context.organization_id
        if organization is None:
            return {}
        teams = DescribedTeams(self.context)
        try:
            pages = teams.pages({"organization": organization}, teams.first_params({}))
            return {row["teamId"]: row for page in pages for row in page.rows if isinstance(row.get("teamId"), str)}
        except RefusedError as error:
            self.warn_once(EMPTY_COLUMN % ("description", error.why))
        except ApiError as error:
            self.skips.fail_detail("the descriptions", error)
        return {}


class TeamSubStream(JsmSubStream):
    """A child stream of teams.

    Attributes:
        global_path: path of the site's own list, if it has one before those of the teams. The two do not overlap.
    """

    parent_stream = Teams
    parent_columns = {"team_id": "id"}
    paging: ClassVar[Paging | None] = ValuesPaging(limit=MAX_PAGE)
    global_path: ClassVar[str] = ""

    def parent_rows(self) -> Iterator[Row]:
        """Yield the teams, and warn about an empty list."""
        yield from super().parent_rows()
        if self.parent.row_count == 0:
            self.warn_once(NO_TEAM_IN_SYNC)

    def page(self, parent: Parent, asked: Params, *, path: str | None = None, **further: Any) -> Page:
        """Make one call, for the site's own list by its path."""
        own = self.global_path if parent is GLOBAL else None
        return super().page(parent, asked, path=path or own, **further)


class TeamMembers(TeamSubStream):
    """The members of a team. JSM does not show their roles in it."""

    list_path = "teams/{id}/members"
    domain = Api.TEAMS
    record = records.TeamMember
    paging = MembersPaging()
    primary_key = ["team_id", "user_id"]
    uses_names = ("users",)
    cached = True
    translation = staticmethod(rows.team_member)

    def call(self, path: str, asked: Params, check: Callable[[Body], object], policy: RetryPolicy) -> requests.Response:
        """Ask for a page by a POST."""
        return self.client.read(
            filled("v1/org/{organization}/", {"organization": self.context.organization_id}) + path,
            {"siteId": self.context.cloud_id()},
            check=check,
            policy=policy,
            is_refusal=self.is_refusal,
            body={"first": MAX_MEMBERS_PAGE, **asked},
        )

    def holds_for_all(self, parent: Parent, refusal: RefusedError) -> bool:
        """Return whether the organization is refused, too: a wrong one is refused like an unknown team."""
        return super().holds_for_all(parent, refusal) or self.context.once.of("organization", self._is_refused)

    def _is_refused(self) -> bool:
        teams = DescribedTeams(self.context)
        try:
            teams.page({"organization": self.context.organization_id}, teams.first_params({}))
        except RefusedError:
            return True
        except ApiError:
            pass  # it proves nothing
        return False


class UserTeams(JsmSubStream):
    """The teams that a user belongs to, from the members of all teams."""

    parent_stream = TeamMembers
    list_path = ""
    domain = Api.TEAMS
    record = UserTeam
    primary_key = ["user_id", "id"]
    uses_names = ("teams",)

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the team of a member, without a call."""
        yield {**self.context.names.reference("team", str(parent.get("team_id"))), "user_id": parent.get("user_id")}


class TeamRoles(TeamSubStream):
    """The roles of a team and the rights they grant."""

    list_path = "v1/teams/{id}/roles"
    record = records.TeamRole
    paging = ValuesPaging(rows_in=bare_list)
    primary_key = ["team_id", "id"]


class TeamRoutingRules(TeamSubStream):
    """Whom a team's alerts go to, and when."""

    list_path = "v1/teams/{id}/routing-rules"
    record = records.TeamRoutingRule
    primary_key = ["team_id", "id"]
    uses_names = ("schedules", "escalations")
    translation = staticmethod(rows.team_routing_rule)
