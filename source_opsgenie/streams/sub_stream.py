"""The base class of the streams that list something below each row of another list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar

from airbyte_cdk.models import SyncMode
from airbyte_cdk.sources.streams.http import HttpSubStream

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import FAULTS, ApiError, RefusedError, fault, system_error
from source_opsgenie.http.paging import Page, Params
from source_opsgenie.http.retry import ONE_OF_MANY_FAILED
from source_opsgenie.streams.base import ApiStream, Parent, fields_in, filled
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.skips import StreamSkippedError, refused_midway

# The rows of a parent, or the error for which they are missing.
Outcome = list[Row] | RefusedError | ApiError

# Stands for the account in the place of a parent, if the account has a list of its own.
GLOBAL: Parent = {"id": None}


class SubStream(ApiStream, HttpSubStream):
    """A list below each row of another list, e.g. the roles of each team.

    Attributes:
        parent_stream: the stream whose rows are its parents.
        parent_columns: columns added to each row, with the parent's field that fills them, e.g. `{"team_id": "id"}`.
        parent_params: query parameters with a parent's field each, unless it is null, e.g. `{"teamId": "id"}`.
        included_in: the parent's field that may hold the rows, so that they need no call of their own; empty if none.
        global_owner: what messages call the account, if it has a list of its own before those of the parents.
    """

    parent_stream: ClassVar[type[ApiStream]]
    parent_columns: ClassVar[Mapping[str, str]] = {}
    parent_params: ClassVar[Mapping[str, str]] = {}
    included_in: ClassVar[str] = ""
    global_owner: ClassVar[str] = ""

    parent: ApiStream

    def __init__(self, context: Context, parent: ApiStream) -> None:
        super().__init__(context, parent=parent)
        self.metrics.unit = parent.name
        self.skips.noun = parent.name.replace("_", " ")
        self._sampled = False
        self._last_answered: Parent | None = None  # the last one whose call was answered
        self._last_refusal: RefusedError | None = None  # the refusal of the last one, if it was not answered

    @property
    def unread_because(self) -> str | None:
        """Return why nothing was read, or only the rows that belong to no parent."""
        return super().unread_because or self.parent.unread_because

    def first_params(self, parent: Parent) -> Params:
        """Add the parent's fields that are query parameters."""
        asked = {param: parent.get(name) for param, name in self.parent_params.items()}
        return {
            **super().first_params(parent),
            **{param: str(value) for param, value in asked.items() if value is not None},
        }

    def stream_slices(self, sync_mode: SyncMode, *_: object, **__: object) -> Iterable[Mapping[str, Any]]:
        """Yield one slice for all parents, so that their calls can be made ahead."""
        yield {"parents": "all"}

    def list_rows(self) -> Iterator[Row]:
        """Yield the rows of every parent, in the parents' order."""
        if self.skips.because is not None:
            raise StreamSkippedError  # a sub-stream reads the list again
        for parent, outcome in self.prefetch(self.parents(), self.outcome_of):
            rows = self.settle(parent, outcome)
            yield from rows
            self.metrics.expected = self.parent.row_count
            self.metrics.add(len(rows))
        self.require_right()
        self.skips.inherit(self.parent.skips)

    def parents(self) -> Iterator[Parent]:
        """Yield the account if it has a list of its own, and then the parents; none if their list is refused."""
        if self.global_owner:
            yield GLOBAL
        try:
            with suppress(StreamSkippedError):
                yield from self.parent_rows()
        except ApiError as error:
            raise error.named(self.name) from error

    def parent_rows(self) -> Iterator[Row]:
        """Yield the rows of the parent stream."""
        return self.parent.rows()

    def outcome_of(self, parent: Parent) -> Outcome:
        """Read all rows of one parent on a worker's thread; return an error, to be handled in the parents' order."""
        try:
            return list(self.rows_of(parent))
        except RefusedError as error:
            if error.is_not_found and self.supports_incremental and self._exists(parent):
                return system_error(
                    f"{self.client.backend.name} does not find the rows (HTTP {error.status}), although the object "
                    "that they belong to was probably not deleted: check any proxy between the connector and the API.",
                    status=error.status,
                )
            return error
        except ApiError as error:
            return error
        except FAULTS as error:
            return fault(error)

    def _exists(self, parent: Parent) -> bool:
        """Return whether a parent may still exist, although its rows were not found: only its own 404 disproves it."""
        try:
            with suppress(ApiError):
                self.client.read(
                    filled(f"{self.parent.list_path}/{{id}}", parent),
                    check=lambda body: self.parent.require_own_object(body, parent),
                    policy=ONE_OF_MANY_FAILED,
                )
        except RefusedError as error:
            return not error.is_not_found
        return True

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Yield the rows below one parent: those that came with it, or those of its list."""
        if not self.needs_call(parent):
            yield from self.shaped(parent[self.included_in], parent)
            return
        before = Counter[str]()
        for page in self.pages(parent, self.first_params(parent)):
            here = Counter(map(repr, page.rows)) if self.pager.may_overlap else Counter[str]()
            for row in page.rows:
                if before and before[repr(row)]:
                    before[repr(row)] -= 1  # the page before had it, too
                else:
                    yield row
            before = here or before  # an empty page may be between the two

    def needs_call(self, parent: Parent) -> bool:
        """Return whether the rows below a parent take a call, because they did not come with it."""
        return not isinstance(parent.get(self.included_in), list)

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow the list below a parent, if the parent has the ids to ask for it."""
        if self.may_ask(parent):
            yield from super().pages(parent, asked)

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a parent's rows, or note why they are missing; called in the parents' order.

        Raises:
            StreamSkippedError: every parent is refused; the log says so.
            ApiError: no other parent would be answered either, though some were before.
        """
        if isinstance(outcome, RefusedError):
            if self.holds_for_all(parent, outcome):
                self._require_others(outcome)
            elif not outcome.is_not_found:
                self._last_refusal = outcome
            if parent is GLOBAL:
                self.skips.skip_account(outcome)
            else:
                self.skips.skip_parent(self.name_of(parent), outcome)
            return []
        if isinstance(outcome, ApiError):
            if outcome.concerns_all:
                raise outcome
            self.skips.fail(self.name_of(parent), outcome)
            return []
        self.skips.answered = True
        if self.needs_call(parent):
            self._last_answered, self._last_refusal = parent, None
        return outcome

    def may_move_on(self) -> bool:
        """Return whether the state may move on: not after refusals alone, because then all rows are still owed.

        Raises:
            ApiError: a right was lost, so the state must not pass over the parents that are still due.
        """
        self.require_right()
        return self.skips.allow_state

    def require_right(self) -> None:
        """Check that no right was lost during the sync, if the last parent was refused though others were answered.

        In which words the API refuses an object whose right was lost is not documented. So the last one that was
        answered is asked once more.

        Raises:
            ApiError: a right was lost.
        """
        refusal, self._last_refusal = self._last_refusal, None
        if refusal is not None:
            self._require_answer(refusal)

    def name_of(self, parent: Parent) -> str:
        """Return the name of a parent in messages and states: its id."""
        return self.global_owner if parent is GLOBAL else str(parent.get("id"))

    def may_ask(self, parent: Parent) -> bool:
        """Return whether a parent has the ids in the path of its call, or its own id, and warn if not.

        The account needs none.
        """
        return parent is GLOBAL or self.has_keys(parent, fields_in(self.list_path) or ("id",))

    def holds_for_all(self, parent: Parent, refusal: RefusedError) -> bool:
        """Return whether the refusal of a parent says that every parent is refused.

        The answer itself says so: the plan lacks the feature, the feature is retired, or the key lacks a right that
        belongs to the key.
        """
        return refusal.holds_for_all

    def _require_others(self, refusal: RefusedError) -> None:
        """Check whether a refusal really holds for all parents. If it does not, only the refused parent is skipped.

        If none was answered before, parents in the middle and at the end of the list are asked. If the right was lost,
        the parents' own list may be refused, too.

        Raises:
            StreamSkippedError: no parent at all can be read; the log says so.
            ApiError: the right was lost, so the state must not pass over the parents that are still due.
        """
        self._require_answer(refusal)
        if self._last_answered is None and not self._sampled:
            self._sampled = True
            sample = [(parent, self.outcome_of(parent)) for parent in self.sample()]
            all_refused = all(isinstance(each, RefusedError) and self.holds_for_all(of, each) for of, each in sample)
            if sample and all_refused and not self.skips.answered:  # the rows of some parents may come without a call
                self.skips.end(refusal)

    def _require_answer(self, refusal: RefusedError) -> None:
        """Ask once more for the last parent that was answered: it is refused now if the right was lost meanwhile.

        If it is not found, it was deleted.
        """
        if self._last_answered is None:
            return
        try:
            next(self.rows_of(self._last_answered), None)
        except RefusedError as error:
            if not error.is_not_found:
                raise refused_midway(refusal).named(self.name) from error

    def sample(self) -> list[Parent]:
        """Return a parent from the middle and the last one; none if the list would have to be read again."""
        parents = list(self.parent_rows()) if self.parent.cached else []
        return [parents[len(parents) // 2], parents[-1]] if parents else []

    def shape(self, row: Row, parent: Parent) -> Row:
        """Put the parent's columns first."""
        added = {column: parent.get(name) for column, name in self.parent_columns.items()}
        return {**added, **super().shape(row, parent)}
