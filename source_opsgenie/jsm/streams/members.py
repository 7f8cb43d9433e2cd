"""Streams of the members of teams. They come from the Atlassian Teams API, which asks for the organization."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from source_opsgenie.jsm.limits import Api
from source_opsgenie.jsm.paging import MAX_MEMBERS_PAGE, MembersPaging
from source_opsgenie.jsm.rows import teams as rows
from source_opsgenie.jsm.streams.base import JsmSubStream
from source_opsgenie.jsm.streams.teams import Teams
from source_opsgenie.records import teams as records
from source_opsgenie.records.users import UserTeam
from source_opsgenie.streams.base import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from source_opsgenie.http.body import Body, Row
    from source_opsgenie.http.client import Answer
    from source_opsgenie.http.paging import Params
    from source_opsgenie.http.retry import RetryPolicy
    from source_opsgenie.streams.base import Parent

NO_ORGANIZATION = (
    "The Atlassian Teams API has it, and wants to know the organization: fill in 'organization_id' in "
    "'jira_service_management'."
)


class OfOrganization(JsmSubStream, ABC):
    """A list that needs the organization's id."""

    domain = Api.TEAMS


class TeamMembers(OfOrganization):
    """The members of a team. JSM does not show their roles in it."""

    parent_stream = Teams
    list_path = "teams/{id}/members"
    record = records.TeamMember
    paging = MembersPaging()
    primary_key = ["team_id", "user_id"]
    parent_columns = {"team_id": "id"}
    refusal_may_hold_for_all = True  # a wrong organization is refused like an unknown team
    uses_names = ("users",)
    cached = True
    translation = staticmethod(lambda row, _, names: rows.team_member(row, names))

    def call(self, path: str, asked: Params, check: Callable[[Body], object], policy: RetryPolicy) -> Answer:
        """Ask for a page by a POST."""
        return self.client.get(
            filled("v1/org/{organization}/", {"organization": self.context.organization_id}) + path,
            {"siteId": self.context.bases().cloud_id},
            check=check,
            policy=policy,
            is_soft=self.is_soft,
            posted={"first": MAX_MEMBERS_PAGE, **asked},
        )


class UserTeams(OfOrganization):
    """The teams that a user belongs to, from the members of all teams."""

    parent_stream = TeamMembers
    list_path = ""
    record = UserTeam
    primary_key = ["user_id", "id"]
    uses_names = ("teams",)

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the team of a member, without a call."""
        yield {**self.names.team(str(parent.get("team_id"))), "user_id": parent.get("user_id")}
