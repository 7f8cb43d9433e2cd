"""Each paging family against servers of every kind: it ends, and skips no page that it was led to."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from itertools import chain, count, cycle, islice
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_opsgenie.config import Config
from source_opsgenie.http.body import UnusableBodyError, decode
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.overlap import MOST_RESTARTS
from source_opsgenie.http.paging import Paging
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.opsgenie.paging import (
    FORWARD,
    MAX_ALERT_IDS_PAGE,
    BodyOffsetPaging,
    LinkPaging,
    OffsetPaging,
    RecordCursorPaging,
)
from source_opsgenie.opsgenie.streams.teams import TeamMembers
from source_opsgenie.records.account import Account
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.context import Context

Body = dict[str, Any]
Params = dict[str, str]

HOST = "https://api.opsgenie.com/v2/things"
HOSTS = st.sampled_from([HOST, "http://api.opsgenie.com/v2/things", "//api.eu.opsgenie.com", "", "/v2/things"])
ENDS = st.sampled_from(["absent", "empty", "null"])
ENOUGH = 500  # pages; none of the lists below is as long

FAMILIES: dict[str, Callable[[int], Paging]] = {
    "none": lambda _: LinkPaging(),
    "offset": lambda size: OffsetPaging(limit=size),
    "record cursor": lambda _: RecordCursorPaging(),
    "link": lambda _: LinkPaging(limit=MAX_ALERT_IDS_PAGE, order=FORWARD),
    "team logs": lambda size: BodyOffsetPaging(rows="data.logs", offset_at="data.offset", limit=size, order={}),
    "timeline": lambda size: BodyOffsetPaging(rows="data.entries", offset_at="data.nextOffset", limit=size, order={}),
}


class List(ApiStream):
    """A list of one family, whose answers come from a function instead of a host."""

    list_path = "v2/things"
    record = Account
    name = "things"

    def __init__(self, paging: Paging, answer: Callable[[Params], Any], context: Context | None = None) -> None:
        super().__init__(context or context_of(Config.parse({"api_token": "no-key-at-all"}), threading.Event()))
        vars(self)["paging"] = paging
        self.answer = answer
        self.asked: list[Params] = []
        # A stand-in that answers from memory.
        self.client = SimpleNamespace(read=self._answer, backend=self.client.backend)  # type: ignore[assignment]

    def _answer(self, _path: str, params: Params, *, check: Callable[[Body], object], **_: object) -> requests.Response:
        self.asked.append(params)
        assert len(self.asked) < ENOUGH, "it does not end"
        response = requests.Response()
        response.status_code = 200
        response._content = json.dumps(self.answer(params)).encode()
        check(decode(response))
        return response


def envelope(family: str, rows: list[Any], following: str, host: str, end: str) -> Body:
    """Answer a page as the family does; `following` is empty for the last, which ends in one of several ways."""
    if family in {"team logs", "timeline"}:
        rows_at, offset_at = ("logs", "offset") if family == "team logs" else ("entries", "nextOffset")
        return {"data": {rows_at: rows, **({offset_at: following} if following or end != "absent" else {})}}
    if following:
        return {"data": rows, "paging": {"next": f"{host}?offset={quote(following)}&limit=7", "first": f"{host}?x=1"}}
    return {"data": rows, **({} if end == "absent" else {"paging": {} if end == "empty" else {"next": None}})}


class Server:
    """Serves pages of rows, the next always by an offset that only the page before tells."""

    def __init__(self, family: str, pages: list[int], host: str, end: str) -> None:
        self.family, self.host, self.end = family, host, end
        numbers = count(1)
        self.pages = [[{"id": next(numbers)} for _ in range(size)] for size in pages]
        self.begins = {"": 0}
        for at in range(1, len(self.pages)):
            self.begins[f"p{at} %/&"] = at

    def answer(self, params: Params) -> Body:
        at = self.begins[params.get("offset", "")]
        following = next((offset for offset, page in self.begins.items() if page == at + 1), "")
        return envelope(self.family, self.pages[at], following, self.host, self.end)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family != "offset"])
@given(pages=st.lists(st.integers(1, 7), min_size=1, max_size=8), host=HOSTS, end=ENDS)
def test_every_page_that_the_server_leads_to_is_read_once(family: str, pages: list[int], host: str, end: str) -> None:
    server = Server(family, pages, host, end)
    listed = List(FAMILIES[family](8), server.answer)
    assert list(listed.rows()) == list(chain(*server.pages))
    assert len(listed.asked) == len(pages)


class Changing:
    """Serves rows by number from any offset, in pages that it may cut, while rows come and go: one change a call."""

    def __init__(self, rows: int, sizes: list[int], changes: list[tuple[bool, int]]) -> None:
        self._new = count()
        self.rows = [self._row() for _ in range(rows)]
        self.kept = {row["id"] for row in self.rows}
        self._sizes = cycle(sizes)
        self._changes = iter(changes)

    def _row(self) -> dict[str, Any]:
        return dict.fromkeys(("id", "accountId"), f"{next(self._new)}")

    def page(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        """Return the rows from an offset on, and the offset at which the list goes on; 0 if it does not."""
        end = offset + next(self._sizes)
        found, following = self.rows[offset:end], end if end < len(self.rows) else 0
        for is_deletion, at in islice(self._changes, 1):
            if not is_deletion:
                self.rows.insert(at % (len(self.rows) + 1), self._row())
            elif self.rows:
                self.kept.discard(self.rows.pop(at % len(self.rows))["id"])
        return found, following


# One of the first rows is changed more often than others, because that is what moves rows.
CHANGES = st.tuples(st.booleans(), st.integers(0, 3) | st.integers(0, 40))


def assert_none_is_lost(listed: List, server: Changing, changes: int, caplog: pytest.LogCaptureFixture) -> None:
    """Assert that rows that were there all the time come once each, unless there is a warning after many changes."""
    caplog.clear()
    with caplog.at_level(logging.WARNING, "airbyte"):
        came = Counter(row["id"] for row in listed.rows())
    assert set(came.values()) <= {1}
    warned = [record.getMessage() for record in caplog.records]
    if warned:
        assert changes > MOST_RESTARTS
        assert [line.startswith("things: the list changed each of the 4 times") for line in warned] == [True]
    else:
        assert server.kept <= set(came)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(0, 40),
    sizes=st.lists(st.integers(3, 7), min_size=1, max_size=4),
    changes=st.lists(CHANGES, max_size=12),
    links=st.booleans(),
)
def test_no_counted_row_is_lost_because_others_come_and_go(
    rows: int, sizes: list[int], changes: list[tuple[bool, int]], links: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server = Changing(rows, sizes if links else sizes[:1], changes)

    def answer(params: Params) -> Body:
        found, following = server.page(int(params.get("offset", "0")))
        return envelope("offset", found, f"{following}" if links and following else "", HOST, "absent")

    listed = List(OffsetPaging(limit=sizes[0]), answer)
    assert_none_is_lost(listed, server, len(changes), caplog)


@given(rows=st.integers(0, 40), size=st.integers(1, 7), links=st.booleans())
def test_counted_rows_are_read_with_links_or_without(rows: int, size: int, links: bool) -> None:
    def answer(params: Params) -> Body:
        offset = int(params.get("offset", "0"))
        more = links and offset + size < rows
        return {"data": list(everything[offset : offset + size]), **({"paging": {"next": "?offset=1"}} if more else {})}

    everything = [{"id": number} for number in range(rows)]
    listed = List(OffsetPaging(limit=size), answer)
    assert list(listed.rows()) == everything


# Without the character that no database stores, which a row does not keep either.
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=3)
ODD = st.none() | st.booleans() | st.integers(0, 3) | TEXTS | st.lists(st.integers(), max_size=2)
LINKS = ODD | st.sampled_from(
    [
        *("?offset=1", "?offset=2", "?offset=1&offset=3", "?", "#", "offset=4", "?offset=", "?limit=0", "?order=desc"),
        *("http://[", "https://[::1", "http://a:b:c/?offset=1", "//\\\\?offset=2", "?offset=%ED%A0%80"),
        *("?offset=\ud800", "?\0=\n"),
        *(HOST, f"{HOST}?offset=1", f"{HOST}?direction=prev&offset=1", "javascript:alert(1)", "?offset=../../x"),
    ]
)
ROW = st.fixed_dictionaries({"id": st.integers(0, 5)}, optional={"offset": ODD}) | ODD
BODIES = st.fixed_dictionaries(
    {
        "data": st.lists(ROW, max_size=4)
        | st.fixed_dictionaries(
            {}, optional={name: st.lists(ROW, max_size=3) | ODD for name in ("logs", "entries", "offset", "nextOffset")}
        )
        | ODD
    },
    optional={"paging": st.fixed_dictionaries({}, optional={"next": LINKS}) | ODD},
)


@pytest.mark.parametrize("family", FAMILIES)
@given(bodies=st.lists(BODIES, min_size=1, max_size=6), cycle=st.booleans())
def test_any_sequence_of_answers_ends_with_all_its_rows_or_with_a_sentence(
    family: str, bodies: list[Body], cycle: bool
) -> None:
    def answer(_: Params) -> Body:
        at = len(listed.asked) - 1
        last: Body = {"data": {"logs": [], "entries": []}} if family in {"team logs", "timeline"} else {"data": []}
        return bodies[at % len(bodies)] if cycle or at < len(bodies) else last

    listed = List(FAMILIES[family](3), answer)
    assert_all_rows_or_a_sentence(listed, bodies, cycle=cycle)


def assert_all_rows_or_a_sentence(listed: List, bodies: list[Any], *, cycle: bool) -> None:
    """Read a list whose answers these are, once or again and again."""
    delivered: list[Any] = []
    try:
        for page in listed.pages({}, listed.first_params({})):
            delivered += page.rows
    except ApiError as error:
        assert str(error.message).startswith("things: ")  # noqa: PT017 - it need not be raised
        return
    asked = bodies * len(listed.asked) if cycle else bodies
    served = [row for body in asked[: len(listed.asked)] for row in listed.pager.rows_of(body)]
    served = [row for row in served if isinstance(row, dict)]
    if listed.pager.counts_rows:
        assert {row.get("id", repr(row)) for row in delivered} == {row.get("id", repr(row)) for row in served}
    else:
        assert delivered == served


@pytest.mark.parametrize("family", FAMILIES)
@given(pages=st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=1, max_size=5))
def test_links_that_are_ever_new_but_lead_to_known_pages_come_to_an_end(family: str, pages: list[list[int]]) -> None:
    def answer(_: Params) -> Body:
        at = len(listed.asked)
        rows = [{"id": number, "offset": f"o{number}"} for number in pages[at % len(pages)]]
        return envelope(family, rows, f"new {at}", HOST, "absent")

    listed = List(FAMILIES[family](8), answer)
    with pytest.raises(ApiError, match="already read"):
        list(listed.pages({}, listed.first_params({})))


@given(link=LINKS, asked=st.dictionaries(st.sampled_from(["limit", "offset", "order"]), st.text(max_size=3)))
def test_a_link_changes_the_query_only_or_is_an_error_of_ours(link: object, asked: Params) -> None:
    try:
        following = LinkPaging().next({"data": [{}], "paging": {"next": link}}, {**asked})
    except UnusableBodyError:
        return
    if following is None:
        assert not link
    else:
        assert following == {**asked, **dict(parse_qsl(urlsplit(str(link)).query, keep_blank_values=True))}


def test_a_list_that_should_hold_rows_and_is_none_is_no_empty_list() -> None:
    paging = TeamMembers.paging
    for data in (None, 3, "members", ["members"], True):
        with pytest.raises(UnusableBodyError):
            paging.rows_of({"data": data})
