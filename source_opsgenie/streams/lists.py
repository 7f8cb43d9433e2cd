"""Lists that build on other lists: shared ones, children of each row, rows completed one by one."""

from __future__ import annotations

import threading
from abc import ABC
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.sources.streams.http import HttpSubStream

from source_opsgenie.api.errors import OpsgenieError
from source_opsgenie.api.paging import NoPaging
from source_opsgenie.streams.base import LOCATION, Location, OpsgenieStream, Parent, Row, fields_in
from source_opsgenie.streams.refusals import NOT_FOUND, RefusedError, StreamRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airbyte_cdk.models import SyncMode

    from source_opsgenie.api.paging import Params
    from source_opsgenie.streams.base import Page
    from source_opsgenie.streams.context import Context

# So many details refused, and none answered: the list's rows have to do, without asking for each.
ENOUGH_DETAILS_REFUSED = 5


class Shared(OpsgenieStream, ABC):
    """A small list that has children: asked for once a sync, whoever needs it first, and kept in memory.

    It holds no state, so that no child can meet a parent that counts as read already.
    """

    def __init__(self, context: Context, *above: OpsgenieStream) -> None:
        super().__init__(context, *above)
        self._asking = threading.Lock()
        self._rows: list[Row] | None = None
        self._error: OpsgenieError | None = None

    def _all_rows(self) -> list[Row]:
        rows: list[Row] = []
        try:
            with suppress(StreamRefusedError):
                rows.extend(super().rows())
        except OpsgenieError as error:
            self._error = error
            raise
        return rows

    @property
    def size(self) -> int | None:
        """How many rows the list has; None before it was read."""
        return None if self._rows is None else len(self._rows)

    def rows(self) -> Iterator[Row]:
        """Deliver the list, from memory after the first time."""
        with self._asking:
            if self._rows is None:
                if self._error is not None:
                    raise self._error  # whoever asked before has waited for it long enough
                self._rows = self._all_rows()
        yield from self._rows


class Child(OpsgenieStream, HttpSubStream, ABC):
    """A list below each row of a small parent list, e.g. the roles of each team.

    Attributes:
        parent_columns: columns added to each row, with the parent's field that fills them, e.g. `{"team_id": "id"}`.
    """

    parent_columns: ClassVar[Mapping[str, str]]

    @property
    def asks_by(self) -> Iterable[str]:
        """The parent's fields that a call needs."""
        return self.parent_columns.values()

    def __init__(self, context: Context, parent: OpsgenieStream) -> None:
        super().__init__(context, parent=parent)
        self.above = parent
        self.headway.unit = parent.name

    def stream_slices(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any] | None]:
        """Read all parents in one slice: the calls for them are made ahead, some at a time."""
        yield {"parents": "all"}

    def rows(self) -> Iterator[Row]:
        """Deliver the rows of every parent, in the parents' order."""
        for _, rows in self.ahead(self.parents(), self.all_rows_of):
            yield from rows
            self.headway.expected = self.above.size
            self.headway.add(len(rows))
        self.refusals.report()

    def parents(self) -> Iterator[Parent]:
        """Give the parents.

        Raises:
            StreamRefusedError: their list is refused softly; that is said once more, in this stream's name.
        """
        try:
            yield from self.above.rows()
        except OpsgenieError as error:
            raise self.named(error) from error
        if self.above.refusals.left_out_because is not None:
            self.refusals.inherit(self.above.refusals)
            raise StreamRefusedError

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow the list below a parent; one without an id has none that can be asked for."""
        if self.can_ask_by(parent, self.asks_by):
            yield from super().pages(parent, asked)

    def all_rows_of(self, parent: Parent) -> list[Row]:
        """Read all rows of one parent; on a worker's thread."""
        return list(self.rows_of(parent))

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401 - as received
        """Put the parent's columns first."""
        own = super().shape(row, parent)
        if own is None:
            return None
        return {**{column: parent.get(name) for column, name in self.parent_columns.items()}, **own}


class Detailed(OpsgenieStream, ABC):
    """A list that leaves fields out: each of its objects is read singly, and its row made of both.

    Attributes:
        detail_location: path of the single object; names the row's fields in braces.
    """

    detail_location: ClassVar[str]

    def __init__(self, context: Context, *above: OpsgenieStream) -> None:
        super().__init__(context, *above)
        self._detailed = False
        self._undetailed = 0
        self._counting = threading.Lock()

    def rows(self) -> Iterator[Row]:
        """Deliver the rows of the list, completed."""
        for row, detail in self.ahead(super().rows(), self.detail_of):
            yield {**row, **detail}

    def detail_params(self, row: Row) -> dict[str, str]:  # noqa: ARG002 - policies name their team
        """Give the query parameters of a single object."""
        return {}

    def detail_of(self, row: Row) -> Row:
        """Read one object; where that is refused the list's row has to do, with a warning."""
        if self._undetailed >= ENOUGH_DETAILS_REFUSED and not self._detailed:
            return {}
        if not self.can_ask_by(row, fields_in(self.detail_location)):
            return {}
        try:
            where = Location(self.detail_location)
            page = self.page({**row, LOCATION: where}, self.detail_params(row), NoPaging())
        except RefusedError as refused:
            if refused.status == NOT_FOUND:
                return {}  # it vanished meanwhile, which says nothing of the others
            with self._counting:
                self._undetailed += 1
                first = self._undetailed == 1
            if first:
                self.logger.warning(
                    "%s: some rows have the fields of the list only, because the single object is refused: %s.",
                    self.name,
                    refused.why,
                )
            return {}
        self._detailed = True
        # As received: the columns of a parent are in the list's row already.
        detail = page.body.get("data")
        if isinstance(detail, dict):
            return detail
        self.warn_once("the answer for a single object is none: the row has the fields of the list only.")
        return {}


def with_user_id(row: Row, behind: str) -> Row:
    """Put `user_id` behind a column: the id inside `user`, at the top, because destinations take no nested keys."""
    user = row.get("user")
    identity = user.get("id") if isinstance(user, dict) else None
    return {
        behind: row[behind],
        "user_id": identity,
        **{name: value for name, value in row.items() if name != behind},
    }
