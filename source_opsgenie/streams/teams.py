"""Teams and what belongs to each of them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.models import SyncMode

from source_opsgenie.api.paging import MAX_PAGE, BodyOffsetPaging, NoPaging, Paging
from source_opsgenie.api.timestamps import cursor_to_millis, from_millis, to_millis
from source_opsgenie.records import teams as records
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.lists import Child, Shared, with_user_id
from source_opsgenie.streams.refusals import StreamRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, MutableMapping

    from airbyte_cdk.sources.streams.core import StreamData

    from source_opsgenie.records.base import Record
    from source_opsgenie.streams.base import OpsgenieStream, Parent, Row
    from source_opsgenie.streams.context import Context

TEAM_ID: Mapping[str, str] = {"team_id": "id"}
CREATED_DATE = "createdDate"
MILLIS = 1000


class Teams(Shared):
    """Every team, without its members: the list leaves them out."""

    location = "v2/teams"
    record: ClassVar[type[Record]] = records.Team


class TeamMembers(Child):
    """Who belongs to a team; only the single team tells."""

    location = "v2/teams/{id}"
    record: ClassVar[type[Record]] = records.TeamMember
    paging: ClassVar[Paging] = NoPaging(rows="data.members", may_lack=True)
    primary_key: ClassVar[list[str]] = ["team_id", "user_id"]
    parent_columns: ClassVar[Mapping[str, str]] = TEAM_ID

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401 - as received
        """Lift the user's id to the top: destinations take no nested keys."""
        own = super().shape(row, parent)
        return None if own is None else with_user_id(own, "team_id")


class TeamRoles(Child):
    """The roles of a team and the rights they grant."""

    location = "v2/teams/{id}/roles"
    record: ClassVar[type[Record]] = records.TeamRole
    primary_key: ClassVar[list[str]] = ["team_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = TEAM_ID


class TeamRoutingRules(Child):
    """Whom a team's alerts go to, and when."""

    location = "v2/teams/{id}/routing-rules"
    record: ClassVar[type[Record]] = records.TeamRoutingRule
    primary_key: ClassVar[list[str]] = ["team_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = TEAM_ID


class TeamLogs(Checkpointed, Child):
    """Changes made to a team, newest first until those of the last sync.

    One cursor serves all teams, so that the state stays small. It must not pass a log that is written, while the sync
    goes on, in a team read before: it goes no further than Opsgenie's clock at the first answer.
    """

    location = "v2/teams/{id}/logs"
    record: ClassVar[type[Record]] = records.TeamLog
    paging: ClassVar[Paging] = BodyOffsetPaging(
        rows="data.logs", offset="data.offset", limit=MAX_PAGE, order={"order": "desc"}
    )
    primary_key: ClassVar[list[str]] = ["team_id", "createdDate", "owner", "log"]
    parent_columns: ClassVar[Mapping[str, str]] = TEAM_ID
    cursor_field: ClassVar[str] = "createdDate"

    def __init__(self, context: Context, parent: OpsgenieStream) -> None:
        super().__init__(context, parent)
        self._state: MutableMapping[str, Any] = {}
        self._since: int | None = None

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Give the time up to which the logs of all teams were read."""
        return [cursor_to_millis(state.get(CREATED_DATE))]

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from the newest log read."""
        self._reach(cursor_to_millis(state.get(CREATED_DATE)))

    def _reach(self, moment: int | None) -> None:
        self._state = {} if moment is None else self.signed({CREATED_DATE: from_millis(moment)})

    def read_records(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[StreamData]:
        """Deliver the logs of every team that are not older than the last sync's cursor, less the lookback."""
        cursor = to_millis(self._state.get(CREATED_DATE)) if sync_mode == SyncMode.incremental else None
        lookback = int(self.context.config.lookback.total_seconds() * MILLIS)
        self._since = None if cursor is None else cursor - lookback
        newest = cursor
        with suppress(StreamRefusedError):
            for row in self.rows():
                yield row
                newest = max(newest or 0, to_millis(row.get(CREATED_DATE)) or 0)
        if self.refusals.left_out_because is not None or not self.refusals.allow_state:
            return
        reached = self.context.clock.cap(newest)
        if reached is not None and reached > (cursor or 0):
            self._reach(reached)

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Deliver one team's logs, newest first, until they are older than those already read.

        That `order` is heeded here is documented nowhere: only a page that is seen to be newest first ends the list.
        """
        for page in self.pages(parent, self.first_params(parent)):
            due = [row for row in page.rows if self._is_due(row)]
            yield from due
            times = [to_millis(row.get(CREATED_DATE)) or 0 for row in page.rows]
            if len(due) < len(page.rows) and times == sorted(times, reverse=True):
                return

    def _is_due(self, row: Row) -> bool:
        written = to_millis(row.get(CREATED_DATE))
        return written is None or self._since is None or written >= self._since
