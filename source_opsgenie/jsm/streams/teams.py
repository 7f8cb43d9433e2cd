"""Streams of teams, and of the lists below each team."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING

from source_opsgenie.jsm import envelopes
from source_opsgenie.jsm.names import ALL_NAMES
from source_opsgenie.jsm.paging import MAX_PAGE, ValuesPaging
from source_opsgenie.jsm.rows import teams as rows
from source_opsgenie.jsm.streams.base import JsmStream, JsmSubStream
from source_opsgenie.jsm.streams.people import described_teams
from source_opsgenie.records import teams as records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from source_opsgenie.http.body import Row
    from source_opsgenie.streams.base import Parent

NO_TEAMS = (
    "the owner of the token sees no team, so rows that belong to teams are missing. Give the owner the role of an "
    "admin in Operations."
)


class Teams(JsmStream):
    """Every team, without its members. Only an admin sees all; others see the teams they are members of."""

    list_path = "v1/teams"
    record = records.Team
    paging = ValuesPaging(rows="platformTeams")
    cached = True

    def listed(self) -> Iterator[Row]:
        """Yield the teams, and warn about an empty list, which a user without rights gets instead of an error."""
        found = False
        for row in super().listed():
            found = True
            yield row
        if not found:
            self.warn_once(NO_TEAMS)

    def translate(self, row: Row, parent: Parent) -> Row:  # noqa: ARG002 - a team has no parent
        """Return the team in Opsgenie's columns."""
        return rows.team(row, self.described(row))

    def described(self, team: Row) -> Row | None:
        """Return the team of the Atlassian Teams API, which has the description."""
        return described_teams(self).get(str(team.get("teamId")))


class TeamSubStream(JsmSubStream, ABC):
    """A list below each team."""

    parent_stream = Teams
    parent_columns = {"team_id": "id"}
    paging = ValuesPaging(limit=MAX_PAGE)

    def parent_rows(self) -> Iterator[Row]:
        """Yield the teams, and warn about an empty list."""
        yield from super().parent_rows()
        if self.parent.size == 0 and self.parent.skips.because is None:
            self.warn_once(NO_TEAMS)


class TeamRoles(TeamSubStream):
    """The roles of a team and the rights they grant."""

    list_path = "v1/teams/{id}/roles"
    record = records.TeamRole
    paging = ValuesPaging(rows_in=envelopes.bare_list)
    primary_key = ["team_id", "id"]


class TeamRoutingRules(TeamSubStream):
    """Whom a team's alerts go to, and when."""

    list_path = "v1/teams/{id}/routing-rules"
    record = records.TeamRoutingRule
    primary_key = ["team_id", "id"]
    uses_names = ALL_NAMES
    translation = staticmethod(lambda row, _, names: rows.team_routing_rule(row, names))
