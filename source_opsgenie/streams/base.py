"""The base of all streams: one object of the API each, its facts as attributes."""

from __future__ import annotations

import threading
from abc import ABC
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from airbyte_cdk.sources.streams.http import HttpStream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.api.backoff import RateLimitBackoffStrategy
from source_opsgenie.api.body import UnusableBodyError, decode, is_mended
from source_opsgenie.api.errors import SOFT_STATUSES, OpsgenieError, OpsgenieErrorHandler, refusal, system_error
from source_opsgenie.api.limits import Domain
from source_opsgenie.api.paging import NoPaging, Paging, PagingLoopError, Params, Trail, link_of
from source_opsgenie.api.redact import redact
from source_opsgenie.api.transport import TIMEOUT, mount
from source_opsgenie.records.base import Record, json_schema
from source_opsgenie.records.json_text import write_json_texts
from source_opsgenie.streams.headway import Headway
from source_opsgenie.streams.prefetch import Item, Result, prefetch
from source_opsgenie.streams.refusals import WHOLE_STATUSES, Refusals, RefusedError, StreamRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping

    import requests
    from airbyte_cdk.models import SyncMode
    from airbyte_cdk.sources.streams.core import StreamData

    from source_opsgenie.api.body import Body
    from source_opsgenie.streams.context import Context

Row = dict[str, Any]
Parent = dict[str, Any]

# The slice's entry that names the address called, where it is not the stream's own `location`. A row may have a field
# of that name, but never a `Location` in it.
LOCATION = "location"

# As the last part of a path they lead to another address.
NO_IDENTITIES = frozenset({"", ".", ".."})


class Location(str):
    """A path below the host, which a slice names in place of the stream's own."""

    __slots__ = ()


@dataclass(frozen=True)
class Page:
    """A page as its stream sees it: rows in the shape of the stream's records, where the list goes on, and Opsgenie's
    envelope.
    """

    rows: list[Row]
    next: Params | None
    body: Body


class OpsgenieStream(HttpStream, ABC):
    """One list of the API, read in full at each sync unless a subclass knows better.

    Attributes:
        location: path below the host; a child names its parent's fields in braces, e.g. `v2/teams/{id}/logs`.
        paging: how the list is paged.
        domain: the rate limit that its calls count against.
        record: what a row is; the discovered schema is derived from it.
        primary_key: columns that tell rows apart over the whole account.
        parameters: further query parameters that every call sends.
        soft_statuses: answers that leave out a parent, or the stream, and never fail the sync.
        whole_statuses: those of them that leave out the stream, though it is a parent's list that they refuse.
        gives_up: whether a stream whose first parents are all refused asks for no more of them.
        unsure_sort: a sort that Opsgenie may not know; refused for that, a call is refused softly.
        plan: the plans that include it, in words for its user; empty: all plans.
        full_refresh_because: why it has no incremental mode, for its user.
    """

    location: ClassVar[str]
    paging: ClassVar[Paging] = NoPaging()
    domain: ClassVar[Domain] = Domain.CONFIGURATION
    record: ClassVar[type[Record]]
    primary_key: ClassVar[list[str]] = ["id"]
    parameters: ClassVar[Mapping[str, str]] = {}
    soft_statuses: ClassVar[frozenset[int]] = SOFT_STATUSES
    whole_statuses: ClassVar[frozenset[int]] = WHOLE_STATUSES
    gives_up: ClassVar[bool] = False
    unsure_sort: ClassVar[str | None] = None
    plan: ClassVar[str] = ""
    full_refresh_because: ClassVar[str] = "Opsgenie tells no time of a change, so only all of it is right."

    def __init__(self, context: Context, **kwargs: Any) -> None:  # noqa: ANN401 - the CDK's own
        self.context = context
        self.headway = Headway()
        self.refusals = Refusals(self.name, self.logger, whole_statuses=self.whole_statuses, gives_up=self.gives_up)
        self._warned: set[str] = set()
        self._warning = threading.Lock()
        redact(self.logger)
        self.pacer = context.pacers.of(self.domain)
        pacer: Any = self.pacer  # the CDK's type names one of its own budgets, any will do
        super().__init__(authenticator=context.key, api_budget=pacer, **kwargs)
        mount(self._http_client._session, context.transport)  # noqa: SLF001 - the CDK takes no adapter

    # What the CDK asks.

    @property
    def url_base(self) -> str:
        """The configured endpoint."""
        return self.context.endpoint.url

    @property
    def is_resumable(self) -> bool:
        """Only a stream with a cursor keeps a state; without, the CDK would make one up from page numbers."""
        return self.supports_incremental

    def path(
        self,
        *,
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> str:
        """Fill the parent's fields into the location, each quoted: names may hold blanks and slashes."""
        given = dict(stream_slice or {})
        other = given.get(LOCATION)
        location = other if isinstance(other, Location) else self.location
        return location.format_map({name: quote(str(given[name]), safe="") for name in fields_in(location)})

    def request_params(
        self,
        stream_state: Mapping[str, Any] | None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> MutableMapping[str, Any]:
        """Send the page's own parameters: a token holds all of them."""
        return dict(self.first_params(dict(stream_slice or {})) if next_page_token is None else next_page_token)

    def request_kwargs(
        self,
        stream_state: Mapping[str, Any] | None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        next_page_token: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Mapping[str, Any]:
        """Bound each call in time; follow no redirect, for the API has none and the key must not travel."""
        return {"timeout": TIMEOUT, "allow_redirects": False}

    def get_error_handler(self) -> OpsgenieErrorHandler:
        """Map answers as Opsgenie means them."""
        return OpsgenieErrorHandler(self.context.endpoint, self.soft_statuses, self.unsure_sort)

    def get_backoff_strategy(self) -> RateLimitBackoffStrategy:
        """Wait as Opsgenie's limits ask."""
        return RateLimitBackoffStrategy(self.name, self.context.endpoint, self.context.outage)

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # cached in the CDK, and by json_schema here
        """Derive the schema from the record model."""
        return json_schema(self.record)

    def parse_response(
        self,
        response: requests.Response,
        *,
        stream_state: Mapping[str, Any],  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[Mapping[str, Any]]:
        """Give the records of an answer."""
        return self.shaped(self.paging.rows_of(decode(response)), dict(stream_slice or {}))

    def next_page_token(self, response: requests.Response) -> Mapping[str, Any] | None:
        """Give the parameters of the page behind an answer to the first page."""
        return self.paging.next(decode(response), self.first_params({}))

    def read(self, *args: Any, **kwargs: Any) -> Iterable[StreamData]:  # noqa: ANN401 - the CDK's own
        """Read as the CDK does, and look at what is emitted: a list read for its children only emits nothing."""
        for data in super().read(*args, **kwargs):
            if isinstance(data, dict):
                self.warn_without_key(data)
            yield data

    def read_records(
        self,
        sync_mode: SyncMode,  # noqa: ARG002 - the CDK's signature
        cursor_field: list[str] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_slice: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
        stream_state: Mapping[str, Any] | None = None,  # noqa: ARG002 - the CDK's signature
    ) -> Iterable[StreamData]:
        """Deliver every row."""
        with suppress(StreamRefusedError):
            yield from self.rows()

    # What the streams build on.

    @property
    def size(self) -> int | None:
        """How many rows the list has, where that is known before it is read again."""
        return None

    def first_params(self, parent: Parent) -> Params:  # noqa: ARG002 - some lists name their parent in the query
        """Give the parameters of the first page."""
        return {**self.paging.first(), **self.parameters}

    def rows(self) -> Iterator[Row]:
        """Deliver the whole list.

        Raises:
            StreamRefusedError: all of it is refused softly, which is noted.
            OpsgenieError: a call failed for good.
        """
        yield from self.rows_of({})

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Deliver the rows below one parent, page by page."""
        for page in self.pages(parent, self.first_params(parent)):
            yield from page.rows

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow a list to its end; a parent that is refused softly has no pages, which is noted.

        Raises:
            StreamRefusedError: the stream is refused softly, which is noted.
            OpsgenieError: a call failed for good, the list leads in a circle, or it is refused after it had begun.
        """
        trail = Trail()
        begun = False
        while True:
            try:
                page = self.page(parent, asked)
            except RefusedError as refused:
                if parent:
                    self.refusals.leave_out_parent(refused, begun=begun)
                    return
                self.refusals.leave_out_stream(refused)
            yield page
            if page.next is None:
                return
            if trail.leads_back(asked, page.rows, page.next):
                raise system_error(
                    f"{self.name}: Opsgenie's list leads back to a page already read, so what is behind it cannot be "
                    "read."
                )
            asked, begun = page.next, True

    def page(self, parent: Parent, asked: Params, paging: Paging | None = None) -> Page:
        """Make one call.

        Raises:
            RefusedError: softly refused.
            OpsgenieError: failed for good; the message names the stream.
        """
        paging = paging or self.paging
        try:
            _, response = self._fetch_next_page(stream_slice=parent, next_page_token=asked)
            self.context.clock.note(response.headers.get("Date"))
            self.context.outage.end()
            if not response.ok:
                raise RefusedError(response.status_code, refusal(response))
            body = decode(response)
            if is_mended(response):
                self.warn_once(
                    "an answer contains values that no destination can store: U+0000 and lone surrogates are emitted "
                    "as U+FFFD, NaN and infinite numbers as text."
                )
            rows = self.shaped(paging.rows_of(body), parent)
            if paging.follows_links:
                self._require_own_link(body)
            page = Page(rows, paging.next(body, asked), body)
        except (UnusableBodyError, PagingLoopError) as error:
            raise system_error(f"{self.name}: Opsgenie's answer cannot be used, it is {error}.") from error
        except AirbyteTracedException as error:
            raise self.named(error) from error
        self.refusals.answered = True
        self.headway.calls += 1
        return page

    def _require_own_link(self, body: Body) -> None:
        link = link_of(body)
        if link is not None and not self.context.endpoint.is_meant_by(link):
            raise system_error(
                f"{self.name}: the list goes on at an address that is not Opsgenie's, which is not followed: check "
                "'endpoint', and what stands between here and Opsgenie."
            )

    def shaped(self, rows: list[Any], parent: Parent) -> list[Row]:
        """Turn what the API lists into records; as received unless a stream adds its parent's columns."""
        records = [record for record in (self.shape(row, parent) for row in rows) if record is not None]
        for record in records:
            write_json_texts(self.record, record)
        return records

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401, ARG002 - as received; children use the parent
        """Turn one row into a record. What is no object cannot be one: it is left out, with a warning."""
        if isinstance(row, dict):
            return row
        self.warn_once("left out a row that is not an object, as is every further one.")
        return None

    def warn_without_key(self, record: Mapping[str, Any]) -> None:
        """Warn once of records without part of their primary key, naming the column."""
        lacking = [column for column in self.primary_key if record.get(column) is None]
        if lacking:
            self.warn_once(
                f"a row has no '{lacking[0]}', which is part of the primary key: it is emitted, but a destination that "
                "merges rows by their key may drop it or keep it twice."
            )

    def warn_once(self, text: str) -> None:
        """Warn of something odd when it is first met: it may be met with every row."""
        with self._warning:
            first = text not in self._warned
            self._warned.add(text)
        if first:
            self.logger.warning("%s: %s", self.name, text)

    def can_ask_by(self, row: Row, names: Iterable[str]) -> bool:
        """Tell whether a row has the ids by which more is asked for; warn where it has not."""
        lacking = [name for name in names if not _is_identity(row.get(name))]
        if lacking:
            self.warn_once(f"a row above has no '{lacking[0]}' to ask by: what is below it is left out.")
        return not lacking

    def ahead(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Iterator[tuple[Item, Result]]:
        """Work on items a few at a time, as many as the rate limit can keep busy, and give the results in order."""
        return prefetch(self.context.pool(self.domain), items, work, self._depth)

    def _depth(self) -> int:
        return min(self.context.config.num_workers, self.pacer.calls_in_flight)

    def named(self, error: AirbyteTracedException) -> OpsgenieError:
        """Name the stream in what the user reads."""
        message = str(error.message or error.internal_message)
        return OpsgenieError(
            message if message.startswith(f"{self.name}: ") else f"{self.name}: {message}", error.failure_type
        )


@cache
def fields_in(location: str) -> tuple[str, ...]:
    """Give the names in braces."""
    return tuple(name for _, name, _, _ in Formatter().parse(location) if name)


def _is_identity(value: object) -> bool:
    if isinstance(value, str):
        return value not in NO_IDENTITIES
    return isinstance(value, int) and not isinstance(value, bool)
