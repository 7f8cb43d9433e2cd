"""The base class of the streams: a list of the API."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from string import Formatter
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

import requests
from airbyte_cdk.models import AirbyteStream, ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.streams.http import HttpStream

from source_opsgenie.engine.prefetch import Item, Result, prefetch
from source_opsgenie.engine.progress import Metrics
from source_opsgenie.http.body import Body, Row, UnusableBodyError, decode, is_mended, objects_of
from source_opsgenie.http.errors import FAULTS, ApiError, RefusedError, config_error, fault, system_error
from source_opsgenie.http.overlap import MOST_RESTARTS, Overlap
from source_opsgenie.http.paging import MOST_IDLE_PAGES, LoopGuard, Page, Paging, Params, Value
from source_opsgenie.http.retry import LIST, ONE_OBJECT, ONE_OF_MANY_FAILED, Attempts, Retries, RetryPolicy
from source_opsgenie.http.transport import TIMEOUT
from source_opsgenie.records.base import Record, json_schema, write_json_texts
from source_opsgenie.records.masking import masked
from source_opsgenie.scan import scan
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.skips import Skips, StreamSkippedError, refused_midway

Parent = Row

MENDED = (
    "an answer contains values that no destination can store: U+0000 and lone surrogates are emitted as U+FFFD, NaN "
    "and infinite numbers as text."
)

GOES_ON_WITHOUT_ROWS = (
    f"the list continues, but {MOST_IDLE_PAGES} pages in a row had no rows: reading stops here. Rows "
    "after them, if there are any, are missing."
)

LEADS_BACK = "the list leads back to a page already read, so the rows after it cannot be read: sync again."

ROWS_MOVED = (
    f"the list changed each of the {MOST_RESTARTS + 1} times that it was read, so rows may be missing: sync again. "
    "Refresh the incremental streams that read this list, and retain their records."
)

FEWER_THAN_COUNTED = (
    "%s counts %d rows, but only %d came. Sync again, because the others are missing, unless they are hidden from the "
    "key or the owner of the token. If the stream reads several lists, only the first one that lacks rows is reported."
)

OTHER_KEY = (
    "the primary key in the catalog does not contain %s: with this key, a destination treats different rows as one "
    "row, and keeps only one of them. Refresh the source schema of the connection, and clear the stream, but only "
    "while the API still has all its rows."
)

NOT_REPLACED = (
    "{name}: rows could not be read, because {because}. This sync would have replaced the table by one without them, "
    "so the stream ends with an error, and the table stays as it is. Remove the cause, or deselect the stream."
)

NO_OBJECT = "a row that is not an object was skipped. Further ones are skipped without a message."

NO_CALLS = "a row has no '%s', so the calls that need it are not made: its details or its child rows are missing."

ANOTHER_OBJECT = "the answer for a single object is not that object: the row has only the list's fields."

# The end of the path of a single object.
ONE_BY_ID = "{id}"


class ApiStream(HttpStream):
    """A list of the API. It is read in full at each sync, unless a subclass overrides that.

    Attributes:
        list_path: path of the list below the backend's address; it names a parent's fields in braces, e.g.
            `v2/teams/{id}/logs`.
        beginning: the values for the braces of a path without a parent, at the beginning of the list.
        detail_path: path of a single object, for lists that leave fields out: each row is completed by a call. It names
            the row's fields in braces.
        mask_secrets: whether rows may hold secrets of other systems, which are emitted as `***`.
        cached: whether the list is read once a sync and kept in memory for its child streams.
        paging: how the list is paged; None for the API's usual paging.
        scan_sort: the field to sort by, for lists of which the API shows only a result window from either end.
        domain: the rate-limit domain that its calls count against; empty for the domain of most lists.
        record: the model of a row, from which the discovered schema is derived.
        primary_key: the columns that are unique within the whole account.
        nested_ids: columns added to each row for the key, which destinations do not accept inside an object, with the
            object whose id they copy, e.g. `{"user_id": "user"}`.
        parameters: further query parameters of every call.
        refusal_statuses: further answers that skip an object or the stream, and never fail the sync.
        plan: the plans that include it, in words for the user; empty for all plans.
        full_refresh_because: why it has no incremental mode, for the user.
        resumes_full_refresh: whether a full refresh that was interrupted goes on from its state.
        is_file_based: whether the catalog offers to copy the files that the rows name.
        generation: the number that Airbyte gives to a sync that replaces the table, and to each attempt of it; None if
            it gives none.
        row_count: how many rows the list has; None if it has not been read and kept, or is skipped.
        total: how many rows the API counts, by the last page of a scan; None if it does not say.
    """

    list_path: ClassVar[str]
    beginning: ClassVar[Mapping[str, str]] = {}
    detail_path: ClassVar[str | None] = None
    mask_secrets: ClassVar[bool] = False
    cached: ClassVar[bool] = False
    paging: ClassVar[Paging | None] = None
    scan_sort: ClassVar[str | None] = None
    domain: ClassVar[str] = ""
    record: ClassVar[type[Record]]
    primary_key: ClassVar[list[str]] = ["id"]
    nested_ids: ClassVar[Mapping[str, str]] = {}
    parameters: ClassVar[Mapping[str, Value]] = {}
    refusal_statuses: ClassVar[frozenset[int]] = frozenset()
    plan: ClassVar[str] = ""
    full_refresh_because: ClassVar[str] = "The API gives no time of change, so the whole list is read at each sync."
    resumes_full_refresh: ClassVar[bool] = False
    is_file_based: ClassVar[bool] = False

    def __init__(self, context: Context, **kwargs: Any) -> None:
        self.context = context
        self.client = context.clients[self.lane]
        self.metrics = Metrics()
        self.skips = Skips(self.name, self.logger)
        self.generation: int | None = None
        self.row_count: int | None = None
        self.total: int | None = None
        self._retries = Retries(self.client.backend, Attempts(self.is_refusal), self.client.breaker)
        budget: Any = self.client.limiter  # the CDK's type names its own budgets; any with the same methods works
        super().__init__(authenticator=self.client.backend.auth, api_budget=budget, **kwargs)

    # The hooks of the CDK. Its own loop returns the same rows as `rows` does, one call at a time, for a list that needs
    # no more than its pages: no details, scan, translated names or POST, and no rows that several pages have.

    @property
    def url_base(self) -> str:
        """Return the backend's address."""
        return self.client.backend.url

    @property
    def is_resumable(self) -> bool:
        """Return whether the stream keeps a state.

        Only a stream with a cursor does. For others, the CDK would invent a state from page numbers.
        """
        return self.supports_incremental

    def path(self, *, stream_slice: Mapping[str, Any] | None = None, **_: object) -> str:
        """Return the list's path, with the fields of the parent in the slice."""
        return filled(self.list_path, stream_slice or {})

    def request_params(
        self,
        stream_state: Mapping[str, Any] | None,
        stream_slice: Mapping[str, Any] | None = None,
        next_page_token: Mapping[str, Any] | None = None,
    ) -> MutableMapping[str, Any]:
        """Return the page's parameters; a token holds all of them."""
        return dict(self.first_params(dict(stream_slice or {})) if next_page_token is None else next_page_token)

    def request_kwargs(self, *_: object, **__: object) -> Mapping[str, Any]:
        """Bound each call in time, and follow no redirect, because the API has none and the key must not travel."""
        return {"timeout": TIMEOUT, "allow_redirects": False}

    def get_error_handler(self) -> Retries:
        """Decide about answers as the stream's own calls do."""
        return self._retries

    def get_backoff_strategy(self) -> Retries:
        """Wait as the API's rate limits ask."""
        return self._retries

    def as_airbyte_stream(self) -> AirbyteStream:
        """Return the stream's entry in the catalog."""
        stream = super().as_airbyte_stream()
        # Airbyte keeps the rows of an attempt that failed, if a full refresh is said to go on from there.
        stream.is_resumable = self.resumes_full_refresh
        if self.is_file_based:
            stream.is_file_based = True
        return stream

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # cached in the CDK, and by json_schema here
        """Derive the schema from the record model."""
        return json_schema(self.record)

    def parse_response(
        self, response: requests.Response, *, stream_slice: Mapping[str, Any] | None = None, **_: object
    ) -> Iterable[Mapping[str, Any]]:
        """Return the records of an answer; none for a refused call."""
        rows = self.shaped(self.pager.rows_of(decode(response)), dict(stream_slice or {})) if response.ok else []
        return map(self.cleaned, rows)

    def next_page_token(self, response: requests.Response) -> Mapping[str, Any] | None:
        """Return the parameters of the page that follows an answer."""
        asked: Params = {**dict(parse_qsl(urlsplit(response.request.url or "").query))}
        following = self.pager.next(decode(response), asked) if response.ok else None
        return None if following == asked else following  # the CDK's loop would ask for the same page for ever

    def read(self, configured_stream: ConfiguredAirbyteStream, *args: Any, **kwargs: Any) -> Iterable[StreamData]:
        """Read as the CDK does, and check the primary key of each record that is emitted.

        Raises:
            ApiError: the list, or some of its objects, could not be read; all others were emitted before, with their
                state. Or nothing was read, and the sync replaces the table.
        """
        self._compare_key(configured_stream.primary_key or [])
        number, sync = configured_stream.generation_id, configured_stream.sync_id
        self.generation = None if number == sync == 1 else number  # PyAirbyte writes 1 for all numbers of every sync
        is_empty = True
        for data in super().read(configured_stream, *args, **kwargs):
            if isinstance(data, dict):
                is_empty = False
                self._warn_without_key(data)
            yield data
        self.skips.raise_failures()
        # Airbyte removes the rows of earlier syncs if the stream ends well.
        if configured_stream.minimum_generation_id and configured_stream.minimum_generation_id == self.generation:
            because = self.unread_because or (self.empty_because if is_empty else None)
            if because is not None:
                raise config_error(NOT_REPLACED.format(name=self.name, because=because))

    @property
    def unread_because(self) -> str | None:
        """Return why the sync has nothing that may replace the table; None if it may replace it."""
        return self.skips.unread_because

    @property
    def empty_because(self) -> str | None:
        """Return why the list may have rows although the answer had none; None if it is really empty."""
        return None

    def read_records(
        self, sync_mode: SyncMode, *_: object, stream_slice: Mapping[str, Any] | None = None, **__: object
    ) -> Iterable[StreamData]:
        """Emit the rows of a slice, up to where the stream is skipped, if it is."""
        try:
            with suppress(StreamSkippedError):
                yield from self.read_slice(sync_mode, stream_slice or {})
        except BaseException:
            self.skips.report()  # a state that was emitted before may have passed what was skipped
            raise

    # What the streams build on.

    def read_slice(self, sync_mode: SyncMode, stream_slice: Mapping[str, Any]) -> Iterable[StreamData]:
        """Yield the rows of a slice: of a plain list, every row.

        Raises:
            ApiError: objects failed, so the CDK must not say that the list is complete.
        """
        with suppress(StreamSkippedError):
            yield from self.rows()
        self.skips.report()
        self.skips.raise_failures()

    @property
    def lane(self) -> str:
        """Return the name of the rate limit that the stream's calls count against."""
        return self.domain or self.context.usual_domain

    @property
    def pager(self) -> Paging:
        """Return how the list is paged; a path that ends with an id leads to a single object."""
        backend = self.client.backend
        return self.paging or (backend.single if self.list_path.endswith(ONE_BY_ID) else backend.whole_list)

    def first_params(self, parent: Parent) -> Params:
        """Return the parameters of the first page."""
        return {**self.pager.first(), **self.parameters}

    def smallest_params(self) -> Params:
        """Return the parameters of the smallest call that shows whether a sync can read the list."""
        return self.pager.smallest(self.first_params({}))

    def is_refusal(self, response: requests.Response) -> bool:
        """Return whether an answer skips an object or the stream instead of failing the call."""
        return response.status_code in self.refusal_statuses or self.client.backend.is_refusal(response)

    def rows(self) -> Iterator[Row]:
        """Yield the whole list: listed, completed by details, masked, and kept if other streams need it.

        Raises:
            StreamSkippedError: the list is refused; the log says so.
            ApiError: a call failed for good.
        """
        once = self.context.once
        yield from once.of(self, self._all_rows, keeps_error=True) if self.cached else self._complete_rows()

    def _all_rows(self) -> list[Row]:
        """Return the whole list, to keep. It does not depend on a state, so it never lacks rows of earlier syncs."""
        rows: list[Row] = []
        with suppress(StreamSkippedError):
            rows.extend(self._complete_rows())
            self.row_count = len(rows)
        return rows

    def _complete_rows(self) -> Iterator[Row]:
        rows = self.list_rows()
        if self.detail_path is not None:
            rows = self._with_details(rows, self.detail_path)
        yield from map(self.cleaned, rows)

    def cleaned(self, row: Row) -> Row:
        """Prepare a row for destinations: with secrets as `***`, and values of several types as JSON text."""
        if self.mask_secrets:
            row = masked(row)
        write_json_texts(self.record, row)
        return row

    def list_rows(self) -> Iterator[Row]:
        """Yield the rows as the list has them; those that several pages have, once."""
        if self.scan_sort is not None:
            came = 0
            for rows in self.guarded(scan.listing(self.ask, self.scan_sort)):
                came += len(rows)
                yield from rows
            self.compare(came, self.total)
            return
        try:
            for page in self.pages({}, self.first_params({})):
                self.skips.answered = True
                yield from page.rows
        except RefusedError as error:
            self.skips.skip_stream(error)

    def pages(self, parent: Parent, asked: Params) -> Iterator[Page]:
        """Follow a list to its end.

        Raises:
            RefusedError: the list is refused, or its parent was deleted in the meantime.
            ApiError: a call failed for good, the list leads back to a page, or it is refused after it had begun.
        """
        guard = self._loop_guard()
        # Lists below a parent need no overlap: those that are paged by offset are short, and the next sync reads them
        # again.
        overlap = Overlap(self.pager, is_on=not parent)
        first, has_begun, came = asked, False, 0
        totals: list[int] = []
        while True:
            page = self._further_page(parent, asked, first) if has_begun else self.page(parent, asked)
            # As received: a stream may leave out all rows of several pages.
            received = self.pager.rows_of(page.body)
            joins, new = overlap.joins(received), overlap.new_in(received)
            came += len(new)
            totals += [] if page.total is None else [page.total]
            yield page if len(new) == len(received) else replace(page, rows=self.shaped(new, parent))
            has_begun = True
            if not joins and not overlap.has_given_up:
                asked, guard = first, self._loop_guard()
                continue
            if not joins:
                self.warn_once(ROWS_MOVED)
            plain = overlap.instead_of(received)
            if plain is not None:
                asked = plain
                continue
            if page.next is None or overlap.ends_with(received):
                # The link of the last page may lead nowhere, but not if rows are missing by the API's own count.
                if self.pager.follows_links and self.pager.link_of(page.body) and came < (page.total or 0):
                    raise system_error(f"{self.name}: {LEADS_BACK}")
                self.compare(came, min(totals, default=None))  # rows come and go while others are read
                return
            following = overlap.begun_earlier(asked, received, page.next)
            if guard.leads_back(asked, received, following):
                if received:
                    self.end_in_a_circle()
                return
            if guard.empty_pages == self.pager.most_empty:
                self._warn_unless_end()
                return
            asked = following

    def _further_page(self, parent: Parent, asked: Params, first: Params) -> Page:
        """Make the call for a page behind the first one."""
        try:
            return self.page(parent, asked)
        except RefusedError as error:
            if error.is_not_found:
                self.page(parent, first)  # refused as well if the parent was deleted in the meantime
            raise refused_midway(error).named(self.name) from error

    def end_in_a_circle(self) -> None:
        """End a list that leads back to rows already read.

        Raises:
            ApiError: what follows cannot be read.
        """
        raise system_error(f"{self.name}: {LEADS_BACK}")

    def _loop_guard(self) -> LoopGuard:
        return LoopGuard(self.primary_key, may_overlap=self.pager.may_overlap)

    def _warn_unless_end(self) -> None:
        """Warn that rows may follow empty pages, unless an empty page is the documented end of the list."""
        if self.pager.most_empty == MOST_IDLE_PAGES:
            self.warn_once(GOES_ON_WITHOUT_ROWS)

    def page(
        self,
        parent: Parent,
        asked: Params,
        *,
        path: str | None = None,
        paging: Paging | None = None,
        policy: RetryPolicy | None = None,
    ) -> Page:
        """Make one call.

        Args:
            parent: the row whose fields fill the path; empty for a list of the account.
            asked: query parameters.
            path: the path, if it is not the list's.
            paging: how to find its rows, if not as in the list.
            policy: how long it is retried, if not as the other calls for a list or for one of many objects.

        Raises:
            RefusedError: the call is refused, and the sync can do without it.
            ApiError: the call failed for good; the message names the stream.
        """
        paging = paging or self.pager
        policy = policy or ((ONE_OF_MANY_FAILED if self.skips.many_failed else ONE_OBJECT) if parent else LIST)
        try:
            answer = self.call(filled(path or self.list_path, parent), asked, paging.rows_of, policy)
            body = decode(answer)
            if paging.follows_links:
                self._require_own_link(paging.link_of(body))
            if path is None and self.list_path.endswith(ONE_BY_ID):
                self.require_own_object(body, parent)
            page = Page(
                rows=self.shaped(paging.rows_of(body), parent),
                next=paging.next(body, asked),
                body=body,
                total=paging.total_of(body),
                limit=paging.limit or 0,
            )
        except UnusableBodyError as error:
            raise system_error(f"{self.name}: the answer cannot be used: {error}.") from error
        except ApiError as error:
            raise error.named(self.name) from error
        if is_mended(answer):
            self.warn_once(MENDED)
        self.metrics.calls += 1
        return page

    def call(self, path: str, asked: Params, check: Callable[[Body], object], policy: RetryPolicy) -> requests.Response:
        """Make the call for a page; a stream whose list is not asked for by a GET has its own."""
        return self.client.read(path, asked, check=check, policy=policy, is_refusal=self.is_refusal)

    def ask(self, query: scan.Query) -> Page:
        """Answer a query of a scan with one call.

        Raises:
            StreamSkippedError: the list is refused; the log says so.
            ApiError: the call failed for good.
        """
        try:
            page = self.page({}, self.query_params(query))
        except RefusedError as error:
            self.skips.skip_stream(error)
        self.skips.answered = True
        self.total = page.total
        return page

    def query_params(self, query: scan.Query) -> Params:
        """Return the parameters of a query of a scan."""
        return {**self.first_params({}), **self.client.backend.sorted_page(query)}

    def guarded(self, found: Iterable[Item]) -> Iterator[Item]:
        """Yield what a scan finds; an error of the scan becomes one of the stream."""
        try:
            yield from found
        except scan.ScanError as error:
            raise system_error(f"{self.name}: the list cannot be read completely, because {error}.") from error

    def _with_details(self, rows: Iterator[Row], path: str) -> Iterator[Row]:
        """Complete each row by its single object; if that cannot be read, keep the list's fields."""
        required = fields_in(path)

        def outcome_of(row: Row) -> Row | RefusedError | ApiError:
            if not self.lacks_detail(row) or not self.has_keys(row, required):
                return {}
            try:
                return self.detail_of(row, path)
            except (RefusedError, ApiError) as error:
                return error
            except FAULTS as error:
                return fault(error)

        for row, detail in self.prefetch(rows, outcome_of):
            if isinstance(detail, RefusedError):
                self.skips.skip_detail(str(row.get("id")), detail)
            elif isinstance(detail, ApiError):
                if detail.concerns_all:
                    raise detail
                self.skips.fail_detail(str(row.get("id")), detail)
            yield self.completed(row, detail) if isinstance(detail, dict) else row

    def lacks_detail(self, row: Row) -> bool:
        """Return whether a row must be completed by its single object."""
        return True

    def detail_of(self, row: Row, path: str) -> Row:
        """Ask for the single object that completes a row, on a worker's thread.

        Raises:
            RefusedError: the call is refused.
            ApiError: the call failed for good.
        """
        detail = self.single_of(row, path)
        # Every known single object repeats fields of the list.
        if detail is None or (path.endswith(ONE_BY_ID) and detail.keys().isdisjoint(row)):
            self.warn_once(ANOTHER_OBJECT)
            return {}
        return detail

    def single_of(self, row: Row, path: str) -> Row | None:
        """Ask for the single object of a row; return None if the answer is not that object.

        Raises:
            RefusedError: the call is refused.
            ApiError: the call failed for good.
        """
        single = self.client.backend.single
        page = self.page(row, self.detail_params(row), path=path, paging=single)
        # As received, not shaped: the row of the list has the columns of its parent already.
        detail: Row = single.rows_of(page.body)[0]
        if path.endswith(ONE_BY_ID) and (not detail or str(detail.get("id") or row["id"]) != str(row["id"])):
            return None
        return detail

    def completed(self, row: Row, detail: Row) -> Row:
        """Add the fields of the single object to a row.

        A null does not replace a value of the list, because some single objects leave fields out in this way.
        """
        return {**row, **{name: value for name, value in detail.items() if value is not None or name not in row}}

    def detail_params(self, row: Row) -> Params:
        """Return the query parameters of a single object."""
        return {}

    def _require_own_link(self, link: str | None) -> None:
        if link is not None and not self.client.backend.owns_link(link):
            raise system_error(
                f"{self.name}: the list continues at an address that is not {self.client.backend.name}'s, which is not "
                f"followed: check '{self.client.backend.address_field}', and any proxy between the connector and the "
                "API."
            )

    def require_own_object(self, body: Body, parent: Parent) -> None:
        """Check that an answer is the single object asked for."""
        (single,) = self.client.backend.single.rows_of(body)
        if str(single.get("id")) != str(parent.get("id")):
            raise UnusableBodyError("an answer that is not the object asked for")

    def shaped(self, rows: list[Any], parent: Parent) -> list[Row]:
        """Turn the rows of a page into records; what is not an object is skipped."""
        objects = objects_of(rows)
        if len(objects) < len(rows):
            self.warn_once(NO_OBJECT)
        return [self.shape(row, parent) for row in objects]

    def shape(self, row: Row, parent: Parent) -> Row:
        """Turn one row into a record: as received, behind the columns that the stream adds."""
        if not self.nested_ids:
            return row
        return {**{column: _id_in(row.get(name)) for column, name in self.nested_ids.items()}, **row}

    def _compare_key(self, given: list[list[str]]) -> None:
        """Warn if the key of a catalog does not tell the rows apart, as after the move, or in another connector's."""
        lacking = [f"'{column}'" for column in self.primary_key if [column] not in given]
        if given and lacking:
            self.warn_once(OTHER_KEY, ", ".join(lacking))

    def _warn_without_key(self, record: Mapping[str, Any]) -> None:
        """Warn once about records that lack a column of their primary key."""
        lacking = [column for column in self.primary_key if record.get(column) is None]
        if lacking:
            self.warn_once(
                f"a row has no '{lacking[0]}', which is part of the primary key: it is emitted, but a destination that "
                "merges rows by their key may drop it or keep it twice."
            )

    def compare(self, came: int, total: int | None) -> None:
        """Warn if fewer rows of a list came than the API counts."""
        if total is not None and came < total:
            self.warn_once(FEWER_THAN_COUNTED, self.client.backend.name, total, came)

    def warn_once(self, text: str, *values: object) -> None:
        """Warn about something odd the first time only, because every row may have it."""
        warning = text % values if values else text
        self.context.once.of((self, text), lambda: self.logger.warning("%s: %s", self.name, warning))

    def has_keys(self, row: Row, names: Iterable[str]) -> bool:
        """Return whether a row has the ids that a further call needs, and warn if not."""
        lacking = [name for name in names if not is_identity(row.get(name))]
        if lacking:
            self.warn_once(NO_CALLS % lacking[0])
        return not lacking

    def prefetch(self, items: Iterable[Item], work: Callable[[Item], Result]) -> Generator[tuple[Item, Result]]:
        """Work on items ahead, as many at once as the rate limit allows, and yield the results in order."""
        most, limiter = self.context.config.num_workers, self.client.limiter
        return prefetch(self.context.pools[self.lane], items, work, lambda: min(most, limiter.calls_in_flight))


def filled(path: str, values: Mapping[str, Any]) -> str:
    """Fill values into a path, each quoted, because names may contain spaces and slashes."""
    return path.format_map({name: quote(str(values[name]), safe="") for name in fields_in(path)})


@cache
def fields_in(path: str) -> tuple[str, ...]:
    """Return the names in braces in a path."""
    return tuple(name for _, name, _, _ in Formatter().parse(path) if name)


def _id_in(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else None


def is_identity(value: object) -> bool:
    """Return whether a value can be an id in the path of a call: these texts would change its address."""
    if isinstance(value, str):
        return value not in {"", ".", ".."}
    return isinstance(value, int) and not isinstance(value, bool)
