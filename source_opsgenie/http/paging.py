"""The paging families: how a list tells where it goes on, one small class each.

A family is stateless, so that all threads of a stream may share it. It gives the parameters of the first page, finds
the rows in an envelope, and from a page the parameters of the next (None: this was the last).

A list that leads back to a page already read would never end, or hide the rows behind it. A family sees where a page
leads back to itself; a `LoopGuard`, which remembers the pages of one list, where it leads back to any other.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

from source_opsgenie.http.body import UnusableBodyError, data_at, rows_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from source_opsgenie.http.body import Body

Params = dict[str, str]

# Opsgenie's largest pages ("Pagination", and the parameter tables of each page): larger ones are refused.
MAX_PAGE = 100
MAX_TIMELINE_PAGE = 20
MAX_ALERT_IDS_PAGE = 25
MAX_LOG_FILES_PAGE = 1000

# Parameters that hold a credential, in lower case and without hyphens. Whole names: a list may go on at a `pageToken`
# or a `sortKey`, without which its rest would be lost.
CREDENTIALS = frozenset(
    {"apikey", "key", "geniekey", "accesskey", "secretkey", "privatekey", "authkey", "integrationkey", "appkey"}
    | {"token", "apitoken", "accesstoken", "authtoken", "bearertoken", "idtoken", "refreshtoken", "sessiontoken", "jwt"}
    | {"secret", "apisecret", "clientsecret", "sharedsecret", "password", "passwd", "pwd", "passphrase"}
    | {"auth", "authorization", "basicauth", "credential", "credentials", "signature", "sig", "sessionid"}
)


class PagingLoopError(ValueError):
    """A page that leads back to itself."""


class Paging(ABC):
    """How one family of lists is paged.

    Attributes:
        follows_links: whether `paging.next` says where the list goes on.
        rows: dotted path of the rows in the envelope.
        limit: rows asked for, the most that the endpoint allows.
        order: words that fix the order, so that pages join without gap.
        may_lack: an answer without the rows' last name is a list without rows.
    """

    follows_links: ClassVar[bool] = False

    def __init__(
        self,
        *,
        rows: str = "data",
        limit: int | None = None,
        order: Mapping[str, str] | None = None,
        may_lack: bool = False,
    ) -> None:
        self.rows = rows
        self.limit = limit
        self.order = dict(order or {})
        self.may_lack = may_lack

    def first(self) -> Params:
        """Give the query parameters of the first page."""
        size = {"limit": str(self.limit)} if self.limit else {}
        return {**size, **self.order}

    def rows_of(self, body: Body) -> list[Any]:
        """Give the rows of a page.

        Raises:
            UnusableBodyError: the envelope is not what this family answers.
        """
        if self.may_lack:
            container, _, name = self.rows.rpartition(".")
            holder = data_at(body, container)
            if not isinstance(holder, dict):
                raise UnusableBodyError(f"an answer whose '{container}' is not an object")
            if name not in holder:
                return []
        return rows_at(body, self.rows)

    def next(self, body: Body, asked: Params) -> Params | None:
        """Give the parameters of the next page, or None after the last.

        Raises:
            PagingLoopError: the list leads back to the page just read.
        """
        following = self._next(body, asked)
        if following is not None and following == asked:
            raise PagingLoopError("the list leads back to the page just read")
        return following

    @abstractmethod
    def _next(self, body: Body, asked: Params) -> Params | None: ...


class NoPaging(Paging):
    """The whole list in one answer; still follows `paging.next` should one come, for nothing may be lost."""

    follows_links = True

    def _next(self, body: Body, asked: Params) -> Params | None:
        return _linked(body, asked) if self.rows_of(body) else None


class OffsetPaging(Paging):
    """Counts rows: `offset` + `limit` (alerts, incidents, users, services, incident templates).

    A next page is where `paging.next` says so, or where the page was full: near the end of the 20,000-row window the
    link may be missing though rows follow.
    """

    def _next(self, body: Body, asked: Params) -> Params | None:
        rows = self.rows_of(body)
        limit = self.limit or MAX_PAGE
        if not rows or (len(rows) < limit and link_of(body) is None):
            return None
        return {**asked, "offset": str(int(asked.get("offset", "0")) + len(rows))}


class RecordCursorPaging(Paging):
    """Each row carries an `offset`, which names the place after it (logs and notes of alerts and incidents).

    `order=asc` with `direction=next` is the pair whose movement is certain: it only ever goes forward. What the
    default, descending order does with a cursor is documented nowhere.
    """

    ORDER: ClassVar[Mapping[str, str]] = {"order": "asc", "direction": "next"}
    follows_links = True

    def __init__(self) -> None:
        super().__init__(limit=MAX_PAGE, order=self.ORDER)

    def _next(self, body: Body, asked: Params) -> Params | None:
        rows = self.rows_of(body)
        if not rows:
            return None
        link = link_of(body)
        if link is not None:
            return {**asked, **_query(link)}
        if self.limit is not None and len(rows) >= self.limit and isinstance(rows[-1], dict) and rows[-1].get("offset"):
            # No link behind a full page: ask once more from its last row, an empty answer ends the list.
            return {**asked, "offset": str(rows[-1]["offset"])}
        return None


class LinkPaging(Paging):
    """Bare ids without a cursor of their own: only `paging.next` leads on (responder and associated alerts)."""

    follows_links = True

    def __init__(self) -> None:
        super().__init__(limit=MAX_ALERT_IDS_PAGE, order=RecordCursorPaging.ORDER)

    def _next(self, body: Body, asked: Params) -> Params | None:
        return _linked(body, asked) if self.rows_of(body) else None


class BodyOffsetPaging(Paging):
    """The answer names the next offset beside its rows (`data.offset` of team logs, `data.nextOffset` of timelines).

    The last page may repeat the offset, leave it out or empty it, or give one behind which nothing follows: all end
    here.
    """

    def __init__(self, *, rows: str, offset: str, limit: int, order: Mapping[str, str]) -> None:
        super().__init__(rows=rows, limit=limit, order=order)
        self.offset = offset

    def rows_of(self, body: Body) -> list[Any]:
        """Give the rows of a page, which are always a list beside the offset."""
        rows = data_at(body, self.rows)
        if not isinstance(rows, list):
            raise UnusableBodyError(f"an answer whose '{self.rows}' is not a list")
        return rows

    def _next(self, body: Body, asked: Params) -> Params | None:
        container, _, name = self.offset.rpartition(".")
        offset = data_at(body, container).get(name)
        if not offset or not self.rows_of(body) or str(offset) == asked.get("offset"):
            return None
        return {**asked, "offset": str(offset)}


class LoopGuard:
    """The pages of one list, in the order in which it led to them."""

    def __init__(self) -> None:
        self._asked: set[frozenset[tuple[str, str]]] = set()
        self._contents: set[int] = set()  # hashes: a list may be long

    def leads_back(self, asked: Params, rows: list[Any], following: Params) -> bool:
        """Take a page that was read, and tell whether the list goes on at one that was read before.

        A link may be known, or be new each time and yet lead to the same rows.
        """
        self._asked.add(frozenset(asked.items()))
        content = hash(repr(rows))
        back = frozenset(following.items()) in self._asked or content in self._contents
        self._contents.add(content)
        return back


def link_of(body: Body) -> str | None:
    """Give `paging.next`, absent on the last page.

    Raises:
        UnusableBodyError: the list goes on, but what says where is no address.
    """
    paging = body.get("paging") or {}
    link = paging.get("next") if isinstance(paging, dict) else paging
    if not link:
        return None
    if not isinstance(link, str):
        raise UnusableBodyError("an answer whose 'paging.next' is no address")
    return link


def _linked(body: Body, asked: Params) -> Params | None:
    link = link_of(body)
    return None if link is None else {**asked, **_query(link)}


def _query(link: str) -> Params:
    """Take a link's query only: scheme, host and path stay those that were asked.

    Opsgenie itself answers links with http:// for users; a proxy or an attacker may answer any host. The key must go to
    neither. Nor is it sent as a parameter: Opsgenie's older links repeat it as `apiKey`.
    """
    try:
        query = parse_qsl(urlsplit(link).query, keep_blank_values=True)
    except ValueError as error:
        raise UnusableBodyError("an answer whose 'paging.next' is no address") from error
    return {name: value for name, value in query if not _names_a_credential(name)}


def _names_a_credential(name: str) -> bool:
    return re.sub("[^a-z]", "", name.lower()) in CREDENTIALS
