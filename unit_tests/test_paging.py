from __future__ import annotations

from itertools import count
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_opsgenie.http.body import UnusableBodyError
from source_opsgenie.http.paging import MOST_IDLE_PAGES, LoopGuard, Paging
from source_opsgenie.opsgenie.paging import (
    FORWARD,
    MAX_ALERT_IDS_PAGE,
    BodyOffsetPaging,
    LinkPaging,
    OffsetPaging,
    RecordCursorPaging,
)
from source_opsgenie.opsgenie.streams.teams import TeamMembers

TIMELINE = BodyOffsetPaging(rows="data.entries", offset_at="data.nextOffset", limit=20, order={"order": "asc"})
IDS = LinkPaging(limit=MAX_ALERT_IDS_PAGE, order=FORWARD)
OFFSET = OffsetPaging(limit=2, order={"sort": "name", "order": "asc"})


def test_the_first_page_is_as_large_as_allowed_and_ordered() -> None:
    assert OFFSET.first() == {"limit": "2", "sort": "name", "order": "asc"}
    assert RecordCursorPaging().first() == {"limit": "100", "order": "asc", "direction": "next"}
    assert IDS.first()["limit"] == "25"
    assert LinkPaging().first() == {}


@pytest.mark.parametrize(
    ("row", "name"),
    [({"id": "a"}, "a"), ({"id": 7}, "7"), ({"id": ""}, None), ({"id": True}, None), ({"id": [7]}, None), ("a", None)],
)
def test_a_row_is_told_from_others_by_a_text_or_a_number(row: object, name: str | None) -> None:
    """By anything else, rows of which one is not the other would pass for the same."""
    assert OFFSET.name_of(row) == name


@pytest.mark.parametrize(("total", "read"), [(3, 3), ("3", None), (None, None)])
def test_a_total_is_a_number(total: object, read: int | None) -> None:
    assert OFFSET.total_of({"data": [], "totalCount": total}) == read


def test_offsets_count_the_rows() -> None:
    body = {"data": [{}, {}], "paging": {"next": "https://api.opsgenie.com/v1/services?offset=2"}}
    assert OFFSET.next(body, OFFSET.first()) == {**OFFSET.first(), "offset": "2"}


def test_a_full_page_without_a_link_is_followed_too() -> None:
    assert OFFSET.next({"data": [{}, {}]}, OFFSET.first()) == {**OFFSET.first(), "offset": "2"}


@pytest.mark.parametrize("body", [{"data": [{}]}, {"data": []}, {"data": [], "paging": {"next": "?offset=2"}}])
def test_a_short_or_empty_page_is_the_last(body: dict[str, Any]) -> None:
    assert OFFSET.next(body, OFFSET.first()) is None


def test_a_record_cursor_follows_the_link_or_the_last_row() -> None:
    paging = RecordCursorPaging()
    linked = {"data": [{"offset": "1"}], "paging": {"next": "http://elsewhere.example/logs?offset=1&limit=100"}}
    assert paging.next(linked, paging.first()) == {**paging.first(), "offset": "1"}
    full = {"data": [{"offset": str(at)} for at in range(100)]}
    assert paging.next(full, paging.first()) == {**paging.first(), "offset": "99"}
    assert paging.next({"data": [{"offset": "1"}]}, paging.first()) is None
    itself = {"paging": {"next": "http://elsewhere.example/logs?limit=100"}}
    assert paging.next({"data": [{"offset": "1"}], **itself}, paging.first()) is None


def test_rows_that_share_an_offset_do_not_part_at_the_end_of_a_page() -> None:
    paging = RecordCursorPaging(may_overlap=True)
    rows = [{"offset": str(at)} for at in range(99)] + [{"offset": "98"}]
    link = {"paging": {"next": "https://api.opsgenie.com/v1/incidents/i/logs?offset=98"}}
    assert paging.next({"data": rows, **link}, paging.first()) == {**paging.first(), "offset": "97"}
    assert paging.next({"data": rows}, paging.first()) == {**paging.first(), "offset": "97"}
    assert paging.next({"data": rows[:2], **link}, paging.first()) == {**paging.first(), "offset": "0"}
    assert paging.next({"data": rows[:2]}, paging.first()) is None
    alike = {**paging.first(), "offset": "97"}
    for more in ({}, link):  # a link would lead behind rows that did not fit on the page
        assert paging.next({"data": rows[-1:] * 100, **more}, alike) == alike  # the loop guard takes this for an error
    assert paging.next({"data": rows[-1:], **link}, alike) == {**paging.first(), "offset": "98"}


def test_of_a_link_only_the_query_is_taken() -> None:
    body = {"data": ["a"], "paging": {"next": "http://evil.example/x?offset=25&limit=25&order=desc"}}
    asked = IDS.first()
    assert IDS.next(body, asked) == {**asked, "offset": "25"}


@pytest.mark.parametrize("link", [None, "https://api.opsgenie.com/v2/incident-timelines/i/entries?limit=20&order=desc"])
@pytest.mark.parametrize("data", [{"entries": [{}]}, {"entries": [{}], "nextOffset": ""}, {"entries": []}])
def test_a_timeline_ends_in_each_way_it_may(data: dict[str, Any], link: str | None) -> None:
    assert TIMELINE.next({"data": data, "paging": {"next": link}}, TIMELINE.first()) is None


@pytest.mark.parametrize("entries", [[{}], []])
def test_a_timeline_goes_on_at_its_offset_or_without_one_at_its_link(entries: list[Any]) -> None:
    link = {"paging": {"next": "https://api.opsgenie.com/v2/incident-timelines/i/entries?offset=9&order=desc"}}
    asked = TIMELINE.first()
    assert TIMELINE.next({"data": {"entries": entries, "nextOffset": "7"}, **link}, asked) == {**asked, "offset": "7"}
    assert TIMELINE.next({"data": {"entries": entries}, **link}, asked) == {**asked, "offset": "9"}


def test_a_timeline_whose_offset_repeats_ends() -> None:
    asked = {**TIMELINE.first(), "offset": "7"}
    assert TIMELINE.next({"data": {"entries": [{}], "nextOffset": "7"}}, asked) is None
    assert TIMELINE.next({"data": {"entries": [{}], "nextOffset": "8"}}, asked) == {**asked, "offset": "8"}


def test_a_guard_notices_a_link_to_the_same_page() -> None:
    assert LoopGuard().leads_back({"offset": "1"}, ["a"], {"offset": "1"})


def test_a_guard_notices_a_link_to_any_page_before() -> None:
    guard = LoopGuard()
    assert not guard.leads_back({"offset": "1", "limit": "2"}, ["a"], {"offset": "2", "limit": "2"})
    assert not guard.leads_back({"offset": "2", "limit": "2"}, ["b"], {"offset": "3", "limit": "2"})
    assert guard.leads_back({"offset": "3", "limit": "2"}, ["c"], {"limit": "2", "offset": "1"})


def test_a_guard_does_not_take_empty_pages_for_rows_that_come_again() -> None:
    guard = LoopGuard()
    assert not guard.leads_back({}, [], {"offset": "1"})
    assert not guard.leads_back({"offset": "1"}, [], {"offset": "2"})


@pytest.mark.parametrize("paging", [LinkPaging(), RecordCursorPaging(), RecordCursorPaging(may_overlap=True)])
def test_the_link_of_an_empty_page_is_followed_if_it_leads_on(paging: Paging) -> None:
    body = {"data": [], "paging": {"next": "https://api.opsgenie.com/v2/teams?offset=2"}}
    asked = paging.first()
    assert paging.next(body, asked) == {**asked, "offset": "2"}


def test_a_guard_notices_rows_that_come_again_whatever_the_link() -> None:
    guard = LoopGuard()
    assert not guard.leads_back({}, [{"id": "1"}], {"offset": "1"})
    assert not guard.leads_back({"offset": "1"}, [{"id": "2"}], {"offset": "2"})
    assert guard.leads_back({"offset": "2"}, [{"id": "1", "seen": "now"}], {"offset": "3"})


@pytest.mark.parametrize("key", [["alert_id", "offset"], ["team_id", "createdDate", "owner", "log"]])
def test_a_guard_compares_rows_without_an_id_by_the_rest_of_their_key(key: list[str]) -> None:
    def page(seen: int, *offsets: str) -> list[Any]:
        return [{"offset": each, "createdDate": each, "owner": "", "log": "l", "seen": seen} for each in offsets]

    guard = LoopGuard(key)
    assert not guard.leads_back({}, page(1, "1", "2"), {"offset": "2"})
    assert not guard.leads_back({"offset": "2"}, page(1, "2", "3"), {"offset": "3"})
    assert guard.leads_back({"offset": "3"}, page(2, "2", "1"), {"offset": "4"})


def test_pages_that_may_overlap_are_counted_only_while_they_repeat_in_a_row() -> None:
    guard, numbers = LoopGuard(may_overlap=True), count()

    def leads_back(row: str) -> bool:
        number = next(numbers)
        return guard.leads_back({"offset": str(number)}, [row], {"offset": str(number + 1)})

    for new in ("a", "b", "c"):
        assert not leads_back(new)
        assert not any(leads_back("a") for _ in range(MOST_IDLE_PAGES))
    assert leads_back("a")


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": 3}, {"data": "x"}])
@pytest.mark.parametrize("paging", [OFFSET, RecordCursorPaging(), IDS, LinkPaging(), TIMELINE])
def test_what_is_no_list_is_no_empty_list(paging: Paging, body: dict[str, Any]) -> None:
    with pytest.raises(UnusableBodyError):
        paging.rows_of(body)


def test_a_link_gives_no_credential_and_every_other_parameter() -> None:
    place = {"offset": "a", "pageToken": "b", "sortKey": "c", "searchIdentifier": "d", "author": "e"}
    credentials = {"apiKey": "f", "api_key": "g", "API-KEY": "h", "key": "i", "access_token": "j", "clientSecret": "k"}
    body = {"data": ["x"], "paging": {"next": f"https://api.opsgenie.com/v2/x?{urlencode(place | credentials)}"}}
    for paging in (LinkPaging(), IDS, RecordCursorPaging()):
        assert paging.next(body, paging.first()) == {**paging.first(), **place}


def test_a_team_without_members_has_no_rows() -> None:
    assert TeamMembers.paging.rows_of({"data": {"id": "1"}}) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "paging", "next"]), inner),
    max_leaves=8,
)


@given(body=st.dictionaries(st.sampled_from(["data", "paging", "took"]), JSON))
@pytest.mark.parametrize("paging", [OFFSET, RecordCursorPaging(), IDS, LinkPaging(), TIMELINE])
def test_any_json_is_a_page_or_an_error_of_ours(paging: Paging, body: dict[str, Any]) -> None:
    try:
        rows = paging.rows_of(body)
        following = paging.next(body, paging.first())
    except UnusableBodyError:
        return
    assert isinstance(rows, list)
    assert following is None or following.keys() >= paging.first().keys()
