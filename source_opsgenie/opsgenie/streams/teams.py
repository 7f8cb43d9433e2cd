"""Streams of teams, and their child streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.body import Body, Row, found_at
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.timestamps import from_millis, to_millis
from source_opsgenie.opsgenie.paging import MAX_PAGE, BodyOffsetPaging, LinkPaging
from source_opsgenie.records import teams as records
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.checkpointed import Checkpointed, owed_since
from source_opsgenie.streams.skips import StreamSkippedError
from source_opsgenie.streams.sub_stream import Outcome, SubStream

CREATED_DATE = "createdDate"


class Teams(ApiStream):
    """Every team, without its members: the list leaves them out."""

    list_path = "v2/teams"
    record = records.Team
    cached = True


class TeamSubStream(SubStream):
    """A child stream of teams."""

    parent_stream = Teams
    parent_columns = {"team_id": "id"}


def _members(body: Body) -> list[Any]:
    """Return the members of a team; one without members may lack the list."""
    return found_at(body, "data.members", list) if "members" in found_at(body, "data", dict) else []


class TeamMembers(TeamSubStream):
    """The members of a team. The API returns them only in the call for a single team."""

    list_path = "v2/teams/{id}"
    record = records.TeamMember
    paging = LinkPaging(rows_in=_members)
    primary_key = ["team_id", "user_id"]
    nested_ids = {"user_id": "user"}


class TeamRoles(TeamSubStream):
    """The roles of a team and the rights they grant."""

    list_path = "v2/teams/{id}/roles"
    record = records.TeamRole
    primary_key = ["team_id", "id"]


class TeamRoutingRules(TeamSubStream):
    """Whom a team's alerts go to, and when."""

    list_path = "v2/teams/{id}/routing-rules"
    record = records.TeamRoutingRule
    primary_key = ["team_id", "id"]


class TeamLogs(Checkpointed, TeamSubStream):
    """The changes made to a team, newest first, back to those of the last sync.

    One cursor serves all teams, so that the state stays small. A team that was not listed last time may have logs from
    before it, so the state also names the teams that were.

    During a sync, a log may be written for a team that was already read, and the cursor must not pass it. So it goes no
    further than Opsgenie's clock at the first answer.
    """

    list_path = "v2/teams/{id}/logs"
    record = records.TeamLog
    paging = BodyOffsetPaging(rows="data.logs", offset_at="data.offset", limit=MAX_PAGE, order={"order": "desc"})
    primary_key = ["team_id", "createdDate", "owner", "log"]
    cursor_field = CREATED_DATE
    listed_as = "teams"

    _cursor: int | None = None

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Emit the logs of every team since the last sync's cursor, less the lookback.

        Raises:
            ApiError: the list of teams cannot be read.
        """
        self._cursor = to_millis(self._state.get(CREATED_DATE))
        newest = self._cursor
        with suppress(StreamSkippedError):
            teams = {self.name_of(team) for team in self.parents()}
            if self._cursor is None:
                self.listed_before = teams
            else:
                self.owe_new(teams)
            for row in self.rows():
                yield row
                newest = max(newest or 0, to_millis(row.get(CREATED_DATE)) or 0)
            self.forget_deleted(teams)
        self.skips.report()
        if self.skips.allow_state:
            self.reach(self.context.clock.cap(newest) or self._cursor)  # if no answer tells the time, it stays

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a team's logs, or note why they are missing: what failed is owed to the next sync."""
        rows = super().settle(parent, outcome)
        since = None if self._cursor is None else from_millis(self._cursor)
        self.note_owed(self.name_of(parent), since, outcome if isinstance(outcome, ApiError) else None)
        return rows

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield one team's logs, newest first, until they are older than those already read.

        It is not documented that `order` works here, so only a page that is in fact newest first ends the list. One
        whose rows all have the same time, or that has one row only, does not show that.
        """
        since = self._since(self.name_of(parent))
        for page in self.pages(parent, self.first_params(parent)):
            due = [row for row in page.rows if _is_due(row, since)]
            yield from due
            times = [to_millis(row.get(CREATED_DATE)) or 0 for row in page.rows]
            if len(due) < len(page.rows) and times == sorted(times, reverse=True) and times[0] > times[-1]:
                return

    def _since(self, team: str) -> int | None:
        """Return the time from which a team's logs are due: the cursor, or the time from which they are owed.

        What is owed of a team changes only after its logs have been read, on another thread than this one.
        """
        cursor = self._cursor
        if cursor is not None and team in self.owed:
            cursor = owed_since(self.owed[team], cursor)
        return None if cursor is None else cursor - self.context.config.lookback_millis


def _is_due(row: Row, since: int | None) -> bool:
    written = to_millis(row.get(CREATED_DATE))
    return written is None or since is None or written >= since
