"""The base classes of JSM's streams: lists whose rows are translated into Opsgenie's columns."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import requests

from source_opsgenie.http.body import Row
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.paging import Page, Params
from source_opsgenie.jsm.rows.names import NAME_COLUMNS, Names
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.sub_stream import SubStream

if TYPE_CHECKING:
    from source_opsgenie.jsm.context import JsmContext

logger = logging.getLogger("airbyte")

NO_TEAM = "the owner of the token sees no team"
MISSING = "Names of %s are missing in rows that refer to them: %s"
EMPTY_COLUMN = "the column '%s' is empty, because %s."


class JsmStream(ApiStream):
    """A list whose rows are translated into Opsgenie's columns.

    Attributes:
        translation: returns a row in Opsgenie's columns, from the row, the names of what rows refer to, and its parent.
        uses_names: the lists of names that the translation needs; they are read first.
        naming: a second translation, which looks up names, of a list from which names are read. The rows are kept
            without it, because reading the names must not need names.
    """

    translation: ClassVar[staticmethod[[Row, Names, Parent], Row]] = staticmethod(lambda row, *_: row)
    uses_names: ClassVar[Iterable[str]] = ()
    naming: ClassVar[staticmethod[[Row, Names], Row] | None] = None

    context: JsmContext
    _token_in_doubt = False  # whether a refusal was like that of a token that is not valid any more

    @property
    def empty_because(self) -> str | None:
        """Return that the owner of the token sees no team: without rights, JSM gives empty lists and no error."""
        teams = self.context.streams["teams"]
        next(teams.without_naming(), None)
        return NO_TEAM if teams.row_count == 0 else None

    def rows(self) -> Iterator[Row]:
        """Yield the whole list, translated. If names could not be read, the stream ends with an error after it."""
        names, naming = self.context.names, self.naming
        for kind in self.uses_names:  # not on a worker's thread, which would wait for other workers
            self.context.once.of(("names", kind), partial(self._read_names, kind))
            if kind in names.failed:
                self.skips.fail_detail(f"the names of {kind}", names.failed[kind])
        rows = self.without_naming()
        return rows if naming is None else (self.cleaned(naming(row, names)) for row in rows)

    def _read_names(self, kind: str) -> None:
        stream, names, column = self.context.streams[kind], self.context.names, NAME_COLUMNS[kind]
        found = names.known[kind] = {}
        try:
            for row in stream.without_naming():  # such lists are kept: a refused one has no rows
                identity, name = row.get("id"), row.get(column)
                if isinstance(identity, str) and isinstance(name, str) and name:
                    found[identity] = name
            for error in stream.skips.failed.values():
                names.partial.add(kind)
                raise error
        except ApiError as error:
            logger.warning(MISSING, kind, error.message)
            names.failed[kind] = error
        because = stream.unread_because or next((each.why for each in stream.skips.refused_parents.values()), None)
        if because not in (None, NO_TEAM):  # an owner who sees no team is told so anyway
            logger.warning(MISSING, kind, f"{because}.")

    def without_naming(self) -> Iterator[Row]:
        """Yield the whole list, translated, but without the names that `naming` looks up.

        If calls were refused, find out at its end whether the token is valid.

        Raises:
            StreamSkippedError: the list is refused; the log says so.
            ApiError: a call failed for good, or the token is not valid any more.
        """
        yield from super().rows()
        if self._token_in_doubt:
            self._require_valid_token()

    def page(self, parent: Parent, asked: Params, **further: Any) -> Page:
        """Make one call; if it is refused, find out whether the token has expired or been revoked."""
        with self.requiring_valid_token():
            return super().page(parent, asked, **further)

    @contextmanager
    def requiring_valid_token(self) -> Iterator[None]:
        """Make calls; if one is refused, and the token may be the reason, ask another list whether the token is valid.

        Some lists refuse a valid token with the same answer that every list gives to one that has expired or been
        revoked. A stream without a state asks at the first refusal, and once more when it has read everything.

        Raises:
            RefusedError: the call is refused, and the token is valid.
            ApiError: the token is not valid any more, or the call failed for good.
        """
        try:
            yield
        except RefusedError as error:
            if error.status == requests.codes.unauthorized and not error.holds_for_all:
                if self.supports_incremental:
                    self._require_valid_token()  # each time: the state would pass over what an expired token missed
                else:
                    self._token_in_doubt = True
                    self.context.once.of(("token", self.name), self._require_valid_token, keeps_error=True)
            raise

    def _require_valid_token(self) -> None:
        operations = self.context.clients[self.context.usual_domain]
        try:
            with suppress(RefusedError):
                operations.read(operations.backend.alive_paths[0], check=operations.backend.whole_list.rows_of)
        except ApiError as error:
            raise error.named(self.name) from error
        self.metrics.calls += 1

    def shape(self, row: Row, parent: Parent) -> Row:
        """Translate a row, and put the parent's columns first."""
        return self.translation(super().shape(row, parent), self.context.names, parent)

    def completed(self, row: Row, detail: Row) -> Row:
        """Add the fields of the single object, translated."""
        return super().completed(row, self.translation(detail, self.context.names, {}))


class NeverEmptyStream(JsmStream):
    """A list that has rows on every site: without the right to see them, the API gives an empty one and no error.

    Attributes:
        hidden_because: a clause that says why the list is empty.
        hidden_warning: what the log says of an empty list.
    """

    cached = True
    hidden_because: ClassVar[str]
    hidden_warning: ClassVar[str]

    @property
    def unread_because(self) -> str | None:
        """Return why nothing was read: an empty list is that of an owner of the token without rights."""
        return super().unread_because or (self.hidden_because if self.row_count == 0 else None)

    def list_rows(self) -> Iterator[Row]:
        """Yield the rows, and warn about an empty list."""
        rows = list(super().list_rows())  # the stream keeps them anyway
        if not rows:
            self.warn_once(self.hidden_warning)
        yield from rows


class JsmSubStream(JsmStream, SubStream):
    """A translated child stream."""
