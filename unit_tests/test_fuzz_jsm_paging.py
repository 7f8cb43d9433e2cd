"""Each paging family of JSM against servers of every kind: it ends, and skips no page that it was led to."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from itertools import chain, count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.paging import MOST_IDLE_PAGES, Paging
from source_opsgenie.jsm.context import context_of
from source_opsgenie.jsm.paging import (
    MembersPaging,
    OffsetPaging,
    OrganizationTeamsPaging,
    ServicesPaging,
    UsersPaging,
    ValuesPaging,
)
from unit_tests.random_site import CONFIG, ENDS, LINKS
from unit_tests.test_fuzz_paging import (
    CHANGES,
    ODD,
    ROW,
    Changing,
    List,
    assert_all_rows_or_a_sentence,
    assert_none_is_lost,
)
from unit_tests.test_fuzz_paging import LINKS as ODD_LINKS

Params = dict[str, str]

# By the parameter that leads to the next page, as the server names it.
FAMILIES: dict[str, tuple[Callable[[int], Paging], str]] = {
    "values": (lambda _: ValuesPaging(), "offset"),
    "values by cursor": (lambda _: ValuesPaging(), "after"),
    "values by token": (lambda _: ValuesPaging(), "pageToken"),
    "alerts": (lambda size: OffsetPaging(limit=size), "offset"),
    "users": (lambda size: UsersPaging(limit=size), "startAt"),
    "services": (lambda size: ServicesPaging(limit=size), "offset"),
    "teams": (lambda size: OrganizationTeamsPaging(limit=size), "cursor"),
    "members": (lambda _: MembersPaging(), "after"),
}
BY_NUMBER = {"alerts", "users", "services"}
# Where a page may be empty though another one follows.
BY_LINK = [family for family in FAMILIES if family not in BY_NUMBER]
NOTHING: dict[str, Any] = {
    "users": [],
    "services": {"services": [], "pagination": {"hasNext": False}},
    "teams": {"entities": []},
    "members": {"results": [], "pageInfo": {"hasNextPage": False}},
}


def listed(family: str, answer: Callable[[Params], Any]) -> List:
    return List(FAMILIES[family][0](8), answer, context_of(Config.parse(CONFIG), threading.Event()))


def envelope(family: str, rows: list[Any], following: str, link: str, end: dict[str, Any]) -> Any:
    """Answer a page as the family does; `following` is empty for the last."""
    if family == "users":
        return rows
    if family == "services":
        return {"services": rows, "pagination": {"hasNext": bool(following)}}
    if family == "teams":
        return {"entities": rows, "cursor": following or None}
    if family == "members":
        return {"results": rows, "pageInfo": {"hasNextPage": bool(following), "endCursor": following or None}}
    if following:
        return {"values": rows, "links": {"next": f"{link}?{urlencode({'size': 7, FAMILIES[family][1]: following})}"}}
    return {"values": rows, **end}


@pytest.mark.parametrize("family", ["values", "users", "services"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(0, 40),
    sizes=st.lists(st.integers(3, 7), min_size=1, max_size=4),
    changes=st.lists(CHANGES, max_size=12),
)
def test_no_counted_row_is_lost_because_others_come_and_go(
    family: str, rows: int, sizes: list[int], changes: list[tuple[bool, int]], caplog: pytest.LogCaptureFixture
) -> None:
    server = Changing(rows, sizes, changes)

    def answer(params: Params) -> Any:
        found, following = server.page(int(params.get(FAMILIES[family][1], "0")))
        return envelope(family, found, f"{following}" if following else "", "url", {})

    assert_none_is_lost(listed(family, answer), server, len(changes), caplog)


@pytest.mark.slow
@pytest.mark.parametrize("family", BY_LINK)
@given(
    sizes=st.lists(st.integers(0, 7), min_size=1, max_size=8), link=st.sampled_from(LINKS), end=st.sampled_from(ENDS)
)
def test_every_page_that_the_server_leads_to_is_read_once(
    family: str, sizes: list[int], link: str, end: dict[str, Any]
) -> None:
    numbers = count(1)
    pages = [[{"id": next(numbers)} for _ in range(size)] for size in sizes]
    ends = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    names = [f"p{at} {end} %/&" for at, end in enumerate(ends)]
    begins = {"": 0, **{name: at for at, name in enumerate(names, 1)}}

    def answer(params: Params) -> Any:
        at = begins[params.get(FAMILIES[family][1], "")]
        return envelope(family, pages[at], names[at] if at + 1 < len(pages) else "", link, end)

    found = listed(family, answer)
    assert list(found.rows()) == list(chain(*pages))
    assert len(found.asked) == len(pages)


@pytest.mark.parametrize("family", ["values", *sorted(BY_NUMBER)])
@given(rows=st.integers(0, 40), size=st.integers(2, 7))
def test_counted_rows_take_as_few_pages_as_overlap_by_a_row(family: str, rows: int, size: int) -> None:
    server = Changing(rows, [size], [])

    def answer(params: Params) -> Any:
        found, following = server.page(int(params.get(FAMILIES[family][1], "0")))
        return envelope(family, found, f"{following}" if following else "", "url", {})

    found = listed(family, answer)
    assert list(found.rows()) == server.rows
    # Only users end with a page that has nothing new.
    assert len(found.asked) == 1 + -(-max(0, rows - size) // (size - 1)) + (family == "users" and rows > 0)


PAGE_INFO = st.fixed_dictionaries({}, optional=dict.fromkeys(("hasNextPage", "endCursor", "hasNext"), ODD))
ROWS = st.lists(ROW, max_size=4) | ODD
BODIES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("values", "services", "entities", "results"), ROWS),
        **dict.fromkeys(("pagination", "pageInfo"), PAGE_INFO | ODD),
        "links": st.fixed_dictionaries({}, optional={"next": ODD_LINKS}) | ODD,
        "cursor": ODD,
        "count": ODD,
    },
) | st.lists(ROW, max_size=4)


@pytest.mark.parametrize("family", FAMILIES)
@given(bodies=st.lists(BODIES, min_size=1, max_size=6), cycle=st.booleans())
def test_any_sequence_of_answers_ends_with_all_its_rows_or_with_a_sentence(
    family: str, bodies: list[Any], cycle: bool
) -> None:
    def answer(_: Params) -> Any:
        at = len(found.asked) - 1
        return bodies[at % len(bodies)] if cycle or at < len(bodies) else NOTHING.get(family, {"values": []})

    found = listed(family, answer)
    assert_all_rows_or_a_sentence(found, bodies, cycle=cycle)


@pytest.mark.parametrize("family", BY_LINK)
def test_a_list_that_goes_on_without_rows_is_taken_for_ended(family: str, caplog: pytest.LogCaptureFixture) -> None:
    found = listed(family, lambda _: envelope(family, [], f"{len(found.asked)}", "url", {}))
    with caplog.at_level(logging.WARNING, "airbyte"):
        assert list(found.rows()) == []
    assert len(found.asked) == MOST_IDLE_PAGES
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"things: the list continues, but {MOST_IDLE_PAGES} pages in a row had no rows")


@pytest.mark.parametrize("family", BY_LINK)
def test_an_empty_page_that_leads_to_a_page_already_read_is_the_last(family: str) -> None:
    pages = {"": ([{"id": 1}], "a"), "a": ([], "b"), "b": ([], "a")}
    found = listed(family, lambda params: envelope(family, *pages[params.get(FAMILIES[family][1], "")], "url", {}))
    assert list(found.rows()) == [{"id": 1}]
    assert len(found.asked) == len(pages)


@pytest.mark.parametrize("family", BY_LINK)
def test_an_empty_page_that_leads_to_itself_is_the_last(family: str) -> None:
    pages = {"": ([{"id": 1}], "a"), "a": ([], "a")}
    found = listed(family, lambda params: envelope(family, *pages[params.get(FAMILIES[family][1], "")], "url", {}))
    assert list(found.rows()) == [{"id": 1}]
    assert len(found.asked) == len(pages)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_server_that_answers_every_call_with_its_first_page_is_found_out(family: str) -> None:
    found = listed(family, lambda _: envelope(family, [{"id": 1}], f"{len(found.asked)}", "url", {}))
    with pytest.raises(ApiError, match="already read"):
        list(found.rows())


@pytest.mark.parametrize("family", ["values", *sorted(BY_NUMBER)])
def test_a_server_that_cuts_whole_pages_only_is_read_without_an_overlap(family: str) -> None:
    rows = [{"id": str(number), "accountId": str(number)} for number in range(20)]

    def answer(params: Params) -> Any:
        begin = int(params.get(FAMILIES[family][1], "0")) // 8 * 8
        return envelope(family, rows[begin : begin + 8], f"{begin + 8}" if begin + 8 < len(rows) else "", "url", {})

    assert list(listed(family, answer).rows()) == rows
