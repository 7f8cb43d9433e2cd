"""The paging families, one small class each: how a list says where it continues.

A family is stateless, so all threads of a stream may share it. It returns the parameters of the first page, finds the
rows in an answer, and returns the parameters of the next page (None after the last). The words for all this differ
from API to API.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from source_opsgenie.http.body import Body, Row, UnusableBodyError, found_at

# Query parameters. One with several values is sent once for each of them.
Value = str | tuple[str, ...]
Params = dict[str, Value]

# Pages in a row that bring nothing new and are followed all the same, where an API may leave out of a page what the
# caller may not see: empty ones that name a next page, and repeated ones of a list whose pages may overlap.
MOST_IDLE_PAGES = 20

# Empty pages in a row that are the end of a list whose documented end is an empty page.
EMPTY_PAGES_AT_END = 2

# Parameters that hold a credential, written in lower case and without anything but letters. Whole names are compared,
# because a list may continue at a `pageToken` or a `sortKey`.
CREDENTIALS = frozenset(
    {"apikey", "key", "geniekey", "accesskey", "secretkey", "privatekey", "authkey", "integrationkey", "appkey"}
    | {"token", "apitoken", "accesstoken", "authtoken", "bearertoken", "idtoken", "refreshtoken", "sessiontoken", "jwt"}
    | {"secret", "apisecret", "clientsecret", "sharedsecret", "password", "passwd", "pwd", "passphrase"}
    | {"auth", "authorization", "basicauth", "credential", "credentials", "signature", "sig", "sessionid"}
)


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        rows: the rows, as records of the stream.
        next: the parameters of the next page; None after the last.
        body: the API's whole answer.
        total: how many rows the whole list has; None if the API does not say.
        limit: how many rows were asked for; `rows` may be fewer, because what is not an object is skipped.
    """

    rows: list[Row]
    next: Params | None
    body: Body = None
    total: int | None = None
    limit: int = 0

    def fits(self, offset: int, result_window: int) -> bool:
        """Return whether a page like this one, at an offset, lies within the result window."""
        return offset + max(self.limit, len(self.rows)) < result_window


@dataclass(frozen=True, eq=False, kw_only=True)
class Paging(ABC):
    """How one family of lists is paged.

    Attributes:
        follows_links: whether a link says where the list continues.
        most_empty: the number of pages without rows, in a row, with which the list ends though it names a next one.
        counts_rows: whether the offset of a page may be the number of rows before it.
        identity: the field that tells a row from others.
        rows: dotted path of the rows in an answer.
        link: dotted path of the address of the next page; empty if answers have none.
        total: dotted path of the number of rows that the whole list has; empty if the API does not say.
        size: parameter for the number of rows asked for.
        offset: parameter for the number of rows to skip, and for the place after a row.
        rows_in: a function that returns the rows of an answer, where a path does not lead to them.
        limit: rows asked for, the most that the endpoint allows.
        order: parameters that fix the order, so that pages join without a gap.
        ends_empty: whether only a page without rows says that the list has ended.
        may_overlap: whether two pages may have rows in common, or all of them: rows may be left out of a page, and the
            next page begins behind those that came; or rows may share the offset that the next page begins with.
    """

    follows_links: ClassVar[bool] = False
    most_empty: ClassVar[int] = MOST_IDLE_PAGES
    counts_rows: ClassVar[bool] = False

    rows: str
    size: str
    offset: str
    identity: str = "id"
    link: str = ""
    total: str = ""
    rows_in: Callable[[Body], list[Any]] | None = None
    limit: int | None = None
    order: Mapping[str, str] = field(default_factory=dict)
    may_overlap: bool = False
    ends_empty: bool = False

    def first(self) -> Params:
        """Return the query parameters of the first page."""
        size = {self.size: str(self.limit)} if self.limit else {}
        return {**size, **self.order}

    def smallest(self, asked: Params) -> Params:
        """Return the parameters of the same page with a single row."""
        return {**asked, self.size: "1"} if self.size in asked else asked

    def rows_of(self, body: Body) -> list[Any]:
        """Return the rows of a page.

        Raises:
            UnusableBodyError: the answer is not of this family.
        """
        return found_at(body, self.rows, list) if self.rows_in is None else self.rows_in(body)

    def name_of(self, row: Any) -> str | None:
        """Return what tells a row from others; None if it has nothing that does."""
        identity = row.get(self.identity) if isinstance(row, dict) else None
        is_name = isinstance(identity, str | int) and not isinstance(identity, bool) and identity != ""
        return str(identity) if is_name else None

    def is_full(self, rows: list[Any]) -> bool:
        """Return whether a page has as many rows as were asked for, so that more may follow."""
        return self.limit is not None and len(rows) >= self.limit

    def total_of(self, body: Body) -> int | None:
        """Return how many rows the whole list has, if its answers say so; few do."""
        total = _found(body, self.total) if self.total else None
        return total if isinstance(total, int) else None

    def link_of(self, body: Body) -> str | None:
        """Return the address of the next page, which is absent on the last one.

        Raises:
            UnusableBodyError: the list continues, but its link is not an address.
        """
        if not self.link:
            return None
        container, _, name = self.link.rpartition(".")
        # What stands there in place of an object is taken for the link, because the list must not end in silence.
        holder = _found(body, container)
        link = holder.get(name) if isinstance(holder, dict) else holder
        if not link:
            return None
        if not isinstance(link, str):
            raise self._bad_link()
        return link

    @abstractmethod
    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last.

        Raises:
            UnusableBodyError: the list continues, but its link is not an address.
        """

    def _linked(self, body: Body, asked: Params) -> Params | None:
        """Take only the query of a link; scheme, host and path stay those of the call.

        A proxy or an attacker may name any host in a link, and the key must not go there. Nor is the key sent as a
        parameter, even if a link repeats it.
        """
        link = self.link_of(body)
        if link is None:
            return None
        try:
            query = parse_qsl(urlsplit(link).query, keep_blank_values=True)
        except ValueError as error:
            raise self._bad_link() from error
        own = {name: value for name, value in query if re.sub("[^a-z]", "", name.lower()) not in CREDENTIALS}
        return {**asked, **own, **self.order}

    def _bad_link(self) -> UnusableBodyError:
        return UnusableBodyError(f"an answer whose '{self.link}' is not an address")


class LinkPaging(Paging):
    """Pages by a link in the answer. Most of these lists are one answer without a link.

    The link of an empty page is followed, too: an API may leave out of a page what the caller may not see.
    """

    follows_links = True
    counts_rows = True

    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last."""
        return self._linked(body, asked)


@dataclass(frozen=True, eq=False, kw_only=True)
class OffsetPaging(Paging):
    """Pages by offset and size.

    Attributes:
        has_more: returns whether a page follows an answer, even an empty one. By default, one follows if a link says so
            or if this page is full: near the end of the result window, the link may be missing though rows follow.
            After an empty page, none follows by default.
    """

    counts_rows = True

    has_more: Callable[[Body], bool] | None = None

    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last."""
        offset, rows = self.offset, self.rows_of(body)
        if self.ends_empty:
            has_more = bool(rows)
        elif self.has_more is None:
            has_more = bool(rows) and (self.is_full(rows) or self.link_of(body) is not None)
        else:
            has_more = self.has_more(body)
        step = len(rows) or self.limit or 1
        return {**asked, offset: str(int(str(asked.get(offset, "0"))) + step)} if has_more else None


class RecordCursorPaging(Paging):
    """Pages by a cursor in the rows: each row has an offset, which names the place after it.

    The link of the last page may be missing, or name that page itself.
    """

    follows_links = True

    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last."""
        rows, name = self.rows_of(body), self.offset
        following = self._linked(body, asked)
        if following == asked:
            following = None
        offsets = [str(row[name]) for row in rows if isinstance(row, dict) and row.get(name)]
        if not offsets or (following is None and not self.is_full(rows)):
            return following
        if self.may_overlap:
            # The rows before and after the end of a page may share an offset, and a link would lead behind both. So go
            # on behind the offset before. If a full page has no other offset, this asks for the same page again: an
            # error. A page that is not full was not cut off between two rows of one offset, so its link is followed.
            earlier = [each for each in offsets if each != offsets[-1]]
            if earlier:
                return {**asked, name: earlier[-1]}
            return asked if self.is_full(rows) else following
        # If no link leads on from a full page, ask once more from its last row; an empty answer ends the list. Do the
        # same if the link has the offset just asked for, and only names more parameters, such as defaults.
        leads_on = following is not None and following.get(name) != asked.get(name)
        return following if leads_on else {**(following or asked), name: offsets[-1]}


@dataclass(frozen=True, eq=False, kw_only=True)
class CursorPaging(Paging):
    """Pages by a cursor that the answer names beside its rows, until it names none."""

    cursor_of: Callable[[Body], str | None]

    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last."""
        cursor = self.cursor_of(body)
        return None if cursor is None else {**asked, self.offset: cursor}


@dataclass(frozen=True, eq=False, kw_only=True)
class BodyOffsetPaging(Paging):
    """Pages by an offset that the answer names beside its rows, or by a link where it names none.

    The last page may repeat its offset, omit it or leave it empty, or name one after which nothing follows. According
    to the documents, a page without rows ends the list. If it names a next page, that one is asked for all the same,
    because an API may leave out of a page what the caller may not see.

    Attributes:
        offset_at: dotted path of the offset in an answer.
    """

    follows_links = True
    most_empty = EMPTY_PAGES_AT_END

    offset_at: str

    def next(self, body: Body, asked: Params) -> Params | None:
        """Return the parameters of the next page, or None after the last."""
        offset = _found(body, self.offset_at)
        following = {**asked, self.offset: str(offset)} if offset else self._linked(body, asked)
        return None if following == asked else following


class LoopGuard:
    """Remembers the pages of a list, to notice if it leads back: it would never end, or hide the rows that follow.

    Attributes:
        empty_pages: how many pages in a row had no rows.
    """

    def __init__(self, key: Iterable[str] = (), *, may_overlap: bool = False) -> None:
        self.empty_pages = 0
        self._key = tuple(dict.fromkeys(("id", *key)))
        self._repeated_pages = 0
        self._most_repeated = MOST_IDLE_PAGES if may_overlap else 0
        self._asked: set[frozenset[tuple[str, Value]]] = set()
        self._contents: set[int] = set()  # hashes: a list may be long

    def leads_back(self, asked: Params, rows: list[Any], following: Params) -> bool:
        """Note a page, and return whether the list continues at one that was read before.

        The parameters may repeat, or may be new each time and still lead to the same rows.
        """
        self._asked.add(frozenset(asked.items()))
        self.empty_pages = 0 if rows else self.empty_pages + 1
        if rows:
            # Other fields may change from call to call.
            keys = [[row.get(name) for name in self._key] if isinstance(row, dict) else [row] for row in rows]
            content = hash(repr(sorted(map(repr, keys)) if all(map(any, keys)) else rows))
            self._repeated_pages = self._repeated_pages + 1 if content in self._contents else 0
            self._contents.add(content)
        return frozenset(following.items()) in self._asked or self._repeated_pages > self._most_repeated


def _found(body: Body, path: str) -> Any:
    """Return the value at a dotted path; None if there is none."""
    value: Any = body
    for name in filter(None, path.split(".")):
        value = value.get(name) if isinstance(value, dict) else None
    return value
