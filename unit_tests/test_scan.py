"""The scans against an account whose rows are created, changed and deleted while every page is read."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count, islice
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_opsgenie.http.body import Row
from source_opsgenie.http.paging import Page
from source_opsgenie.http.timestamps import from_millis, to_millis
from source_opsgenie.scan import scan as module
from source_opsgenie.scan.changes import UnsortedError, changes
from source_opsgenie.scan.scan import (
    CREATED,
    UPDATED,
    Query,
    ScanError,
    backfill,
    listing,
)

SIZE = 5
BEGINNING = 1_000_000


def a_page(rows: list[Row], *, more: bool, total: int | None = None, limit: int = 0) -> Page:
    return Page(rows, next={"offset": "n"} if more else None, total=total, limit=limit)


@dataclass
class Simulated:
    """An account that lets something happen before each answer."""

    seed: int
    churn: int = 0
    size: int = SIZE
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    now: int = BEGINNING
    asked: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)  # noqa: S311 - no secret
        self.changed_since: dict[str, int] = {}

    def create(self) -> None:
        self.now += self.random.choice([0, 0, 1, 1, 7])
        stamp = from_millis(self.now)
        identity = f"row {len(self.rows)} {self.random.random()}"
        self.rows[identity] = {"id": identity, CREATED: stamp, UPDATED: stamp}

    def update(self) -> None:
        if self.rows:
            self.now += self.random.choice([0, 1, 3])
            self.rows[self.random.choice(sorted(self.rows))][UPDATED] = from_millis(self.now)

    def delete(self) -> None:
        if self.rows:
            self.now += 1
            del self.rows[self.random.choice(sorted(self.rows))]

    def happen(self, times: int) -> None:
        for _ in range(times):
            self.random.choice([self.create, self.update, self.update, self.delete])()

    def answer(self, query: Query) -> Page:
        self.asked += 1
        self.happen(self.random.randrange(self.churn + 1))
        found = [dict(row) for row in self.rows.values() if self._is_asked_for(row, query)]
        # The order of rows that share a time is promised nowhere: it differs from page to page.
        self.random.shuffle(found)
        found.sort(key=lambda row: to_millis(row[query.sort]) or 0, reverse=query.descending)
        page = found[query.offset : query.offset + self.size]
        return a_page(page, more=query.offset + self.size < len(found))

    def count(self, query: Query) -> int:
        return sum(1 for row in self.rows.values() if self._is_asked_for(row, query))

    @staticmethod
    def _is_asked_for(row: dict[str, Any], query: Query) -> bool:
        created = to_millis(row[CREATED]) or 0
        return query.created_from <= created and (query.created_before is None or created < query.created_before)


def account(seed: int, rows: int, churn: int = 0, size: int = SIZE) -> Simulated:
    made = Simulated(seed, churn, size)
    for _ in range(rows):
        made.create()
    return made


def windowed(answer: Callable[[Query], Page], window: int, size: int = SIZE) -> Callable[[Query], Page]:
    """Refuse what Opsgenie refuses: offset + limit must be lower than the window."""

    def guarded(query: Query) -> Page:
        assert query.offset + size < window, "the scan met the window"
        return answer(query)

    return guarded


@given(seed=st.integers(), rows=st.integers(0, 60))
def test_a_quiet_backfill_delivers_each_row_once_oldest_first(seed: int, rows: int) -> None:
    made = account(seed, rows)
    delivered = [row["id"] for batch in backfill(made.answer, 0, count=made.count) for row in batch.rows]
    assert sorted(delivered) == sorted(made.rows)


@pytest.mark.slow
@given(seed=st.integers(), rows=st.integers(0, 60), churn=st.integers(1, 6), size=st.integers(3, 9))
@settings(max_examples=500)
def test_a_backfill_delivers_every_row_that_was_there_throughout(seed: int, rows: int, churn: int, size: int) -> None:
    made = account(seed, rows, churn, size)
    before = set(made.rows)
    delivered: set[str] = set()
    for batch in backfill(made.answer, 0, count=made.count):
        delivered.update(row["id"] for row in batch.rows)
        if made.asked > 200:
            made.churn = 0  # else rows may be created faster than they are read
    assert before & set(made.rows) <= delivered


@given(seed=st.integers(), rows=st.integers(1, 60), stops=st.lists(st.integers(1, 4), max_size=5))
def test_a_backfill_goes_on_from_where_it_was_killed(seed: int, rows: int, stops: list[int]) -> None:
    made = account(seed, rows, churn=2)
    before = set(made.rows)
    delivered: set[str] = set()
    reached = 0
    for stop in [*stops, 10**6]:
        for number, batch in enumerate(backfill(made.answer, reached, count=made.count)):
            if number == stop:
                break  # killed before the state of this batch was given out
            delivered.update(row["id"] for row in batch.rows)
            reached = max(reached, batch.reached or 0)
        made.churn = 2 if stop < 10**6 else 0
    assert before & set(made.rows) <= delivered


@given(
    seed=st.integers(),
    rows=st.integers(0, 80),
    churn=st.integers(0, 5),
    window=st.integers(24, 60),
    size=st.integers(3, 9),
)
@pytest.mark.slow
@settings(max_examples=500)
def test_changes_delivers_every_change_or_leaves_it_to_the_next_sync(
    seed: int, rows: int, churn: int, window: int, size: int
) -> None:
    made = account(seed, rows, size=size)
    made.happen(20)
    since = made.now - 30
    due = {name: row[UPDATED] for name, row in made.rows.items() if (to_millis(row[UPDATED]) or 0) >= since}
    made.churn = churn
    delivered: dict[str, str] = {}
    reached: int | None = None
    try:
        for batch in changes(windowed(made.answer, window, size), since, 0, window):
            delivered.update({row["id"]: row[UPDATED] for row in batch.rows})
            reached = batch.reached
            if made.asked > 100:
                made.churn = 0
    except ScanError:
        return  # more rows in one millisecond than the window holds: said, not lost in silence
    for name, changed in due.items():
        if name in made.rows and made.rows[name][UPDATED] == changed:
            assert delivered.get(name) == changed
    for name, row in made.rows.items():
        # What changed while the scan went on was delivered, or is not older than where the next one begins.
        assert (
            delivered.get(name) == row[UPDATED]
            or (to_millis(row[UPDATED]) or 0) < since
            or reached is None
            or ((to_millis(row[UPDATED]) or 0) >= reached)
        )


def test_changes_stops_behind_the_cursor() -> None:
    made = account(1, 200)
    since = made.now - 3
    due = [row for row in made.rows.values() if (to_millis(row[UPDATED]) or 0) >= since]
    delivered = [row for batch in changes(made.answer, since) for row in batch.rows]
    assert len(delivered) == len(due) < 20
    assert made.asked <= 1 + len(due) // (SIZE - 1) + 1


@pytest.mark.parametrize("rows", [SIZE, 7 * SIZE, 7 * SIZE + 1])
def test_a_burst_larger_than_a_page(rows: int) -> None:
    made = account(3, 10)
    stamp = from_millis(made.now + 5)
    for number in range(rows):
        made.rows[f"burst {number}"] = {"id": f"burst {number}", CREATED: stamp, UPDATED: stamp}
    made.now += 5
    made.create()
    delivered = [row["id"] for batch in backfill(made.answer, 0, count=made.count) for row in batch.rows]
    assert sorted(delivered) == sorted(made.rows)


def test_a_burst_that_nobody_counts_is_walked_until_nothing_is_new() -> None:
    made = account(3, 10)
    for number in range(30):
        made.rows[f"burst {number}"] = {"id": f"burst {number}", CREATED: from_millis(1), UPDATED: from_millis(1)}
    made.random.shuffle = lambda rows: rows.sort(key=lambda row: row["id"])  # type: ignore[assignment] # one order
    delivered = [row["id"] for batch in backfill(made.answer, 0) for row in batch.rows]
    assert sorted(delivered) == sorted(made.rows)


def test_an_answer_in_another_order_is_an_error() -> None:
    def answer(query: Query) -> Page:
        stamp = from_millis(BEGINNING - query.offset)
        return a_page([{"id": str(number), CREATED: stamp, UPDATED: stamp} for number in range(SIZE)], more=True)

    with pytest.raises(ScanError, match="beyond"):
        list(backfill(answer, BEGINNING + 10))


@pytest.mark.parametrize(
    "scan",
    [lambda answer: backfill(answer, 0), lambda answer: changes(answer, 0), lambda answer: listing(answer, "name")],
    ids=["backfill", "changes", "listing"],
)
def test_an_empty_page_that_leads_on_is_an_error_after_one_call(scan: Callable[[Any], Any]) -> None:
    asked: list[Query] = []

    def answer(query: Query) -> Page:
        asked.append(query)
        return a_page([], more=True)

    with pytest.raises(ScanError, match="no row to continue from"):
        list(scan(answer))
    assert len(asked) == 1


@pytest.mark.parametrize("more", [False, True])
def test_a_page_that_is_not_sorted_by_creation_is_an_error(more: bool) -> None:
    rows = [{"id": str(at), CREATED: from_millis(at), UPDATED: from_millis(at)} for at in (9, 5, 7)]
    with pytest.raises(ScanError, match="order"):
        list(backfill(lambda _: a_page(rows, more=more), 0))


def test_a_row_that_shows_an_old_time_at_its_new_place_does_not_end_the_scan() -> None:
    """All of it happened within the last minute: the index lags behind the rows, or the rows behind the index."""
    newest = BEGINNING + 1_000
    rows = [{"id": str(n), CREATED: from_millis(1), UPDATED: from_millis(newest - n)} for n in range(30)]
    stale = {**rows[2], UPDATED: from_millis(1)}

    def answer(query: Query) -> Page:
        shown = [stale if row is rows[2] else row for row in rows]
        return a_page(shown[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(shown))

    due = {row["id"] for batch in changes(answer, newest - 100) for row in batch.rows}
    assert due == {row["id"] for row in rows} - {"2"}


def test_alerts_that_come_while_a_burst_of_changes_is_read_do_not_keep_the_scan_going() -> None:
    made = account(5, 40)
    for row in made.rows.values():
        row[UPDATED] = from_millis(made.now + 10)
    made.now += 10

    def answer(query: Query) -> Page:
        if made.asked % 4 == 0:
            made.now += 1
            identity = f"new {made.now}"
            made.rows[identity] = {"id": identity, CREATED: from_millis(made.now), UPDATED: from_millis(made.now)}
        return made.answer(query)

    before = set(made.rows)
    delivered = {row["id"] for batch in changes(answer, 0) for row in batch.rows}
    assert before <= delivered
    assert made.asked < 2_000


class OfOneTime:
    """Rows of one time, of which some are not seen in the first passes, because others change places meanwhile.

    Attributes:
        passes: how many passes have begun.
        unseen: the row that is not seen, by pass.
    """

    def __init__(self, rows: int, unseen: dict[int, str]) -> None:
        self.names = [str(number) for number in range(rows)]
        self.unseen = unseen
        self.passes = 0

    def answer(self, query: Query) -> Page:
        """Answer one page."""
        is_behind = query.created_from > BEGINNING
        self.passes += query.created_before is not None and query.offset == 0
        names = [] if is_behind else [name for name in self.names if name != self.unseen.get(self.passes)]
        rows: list[Row] = [{"id": name, CREATED: from_millis(BEGINNING)} for name in names]
        return a_page(rows[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(rows))


def test_rows_of_one_time_that_nobody_counts_are_complete_when_two_passes_bring_nothing_new() -> None:
    made = OfOneTime(12, {1: "7"})
    assert {row["id"] for batch in backfill(made.answer, 0) for row in batch.rows} == set(made.names)
    assert made.passes == 2 + module.QUIET_PASSES


def test_the_end_behind_rows_of_one_time_is_asked_for_once_if_all_expected_have_come() -> None:
    queries: list[Query] = []
    made = OfOneTime(12, {})

    def answer(query: Query) -> Page:
        queries.append(query)
        return made.answer(query)

    assert sum(len(batch.rows) for batch in backfill(answer, 0, count=lambda _: 12, expected=12)) == 12
    assert [query.created_from > BEGINNING for query in queries].count(True) == 1


def test_rows_of_one_time_are_counted_anew_if_one_of_them_is_deleted_meanwhile() -> None:
    made = OfOneTime(12, {1: "7", 2: "7"})

    def total(_: Query) -> int:
        if made.passes == 1:
            made.names = [name for name in made.names if name != "3"]
        return len(made.names)

    delivered = {row["id"] for batch in backfill(made.answer, 0, count=total) for row in batch.rows}
    assert delivered >= set(made.names)
    assert made.passes == 3


def test_more_rows_of_one_time_than_the_window_holds_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RESULT_WINDOW", 20)
    with pytest.raises(ScanError, match="more rows were created in one millisecond"):
        list(backfill(OfOneTime(30, {}).answer, 0))


class Counted:
    """Twelve rows, each created at a time of its own, whose pages may say how many they are.

    Attributes:
        asked: how many pages were asked for.
        cut: the page whose answer is cut off on its way.
        created: how many rows are created before each page.
    """

    def __init__(self, *, tells_total: bool, cut: int | None = None, created: int = 0) -> None:
        self.tells_total, self.cut, self.created = tells_total, cut, created
        self.rows = rows_of(*range(1, 13))
        self.asked = 0

    def answer(self, query: Query) -> Page:
        """Answer one page."""
        self.rows += rows_of(*range(len(self.rows) + 1, len(self.rows) + 1 + self.created))
        found = self.rows[max(0, query.created_from - 1) :]
        length = 2 if self.asked == self.cut else SIZE
        more = length == SIZE and len(found) > SIZE
        self.asked += 1
        return a_page(found[:length], more=more, total=len(found) if self.tells_total else None)


@pytest.mark.parametrize(("tells_total", "calls"), [(True, 3), (False, 4)])
def test_the_end_of_a_backfill_is_asked_for_again_only_if_nothing_counts_the_rows(
    tells_total: bool, calls: int
) -> None:
    made = Counted(tells_total=tells_total)
    assert [row for batch in backfill(made.answer, 0) for row in batch.rows] == made.rows
    assert made.asked == calls


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("cut", range(3))
def test_an_answer_that_is_cut_off_once_does_not_end_a_backfill(cut: int, tells_total: bool) -> None:
    made = Counted(tells_total=tells_total, cut=cut)
    assert [row for batch in backfill(made.answer, 0) for row in batch.rows] == made.rows


def test_a_backfill_of_uncounted_rows_that_never_stop_coming_ends() -> None:
    made = Counted(tells_total=False, created=1)
    assert len([row for batch in islice(backfill(made.answer, 0), 99) for row in batch.rows]) >= 12
    assert made.asked <= 4 + module.QUIET_PASSES


def test_the_gap_before_a_moved_start_is_read_alone() -> None:
    made = account(4, 50)
    middle = sorted(to_millis(row[CREATED]) or 0 for row in made.rows.values())[25]
    delivered = {row["id"] for batch in backfill(made.answer, 0, middle, made.count) for row in batch.rows}
    assert delivered == {name for name, row in made.rows.items() if (to_millis(row[CREATED]) or 0) < middle}


@given(seed=st.integers(), rows=st.integers(0, 90), churn=st.integers(0, 2), window=st.integers(50, 120))
def test_a_listing_delivers_every_row_from_both_ends(seed: int, rows: int, churn: int, window: int) -> None:
    made = account(seed, rows)
    for number, row in enumerate(made.rows.values()):
        row["name"] = f"{number:05}"
    before = set(made.rows)

    def answer(query: Query) -> Page:
        for _ in range(made.random.randrange(churn + 1)):
            made.delete()
        found = sorted(made.rows.values(), key=lambda row: str(row["name"]), reverse=query.descending)
        return a_page(found[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(found))

    delivered = [row["id"] for rows in listing(windowed(answer, window), "name", window) for row in rows]
    assert before & set(made.rows) <= set(delivered)
    assert len(delivered) == len(set(delivered))


def test_a_page_that_begins_with_the_time_at_which_the_one_before_ended_may_have_left_out_a_row() -> None:
    """Two rows are deleted, and those of one time come in another order."""
    orders = iter(["987abc5432", "7bac5432", "7bac5432"])
    times = {name: from_millis(BEGINNING + int(name if name.isdecimal() else "6")) for name in "987abc5432"}
    order = ""

    def fetch(query: Query) -> Page:
        nonlocal order
        order = next(orders, order)
        rows: list[Row] = [{"id": name, CREATED: from_millis(1), UPDATED: times[name]} for name in order]
        return a_page(rows[query.offset : query.offset + 4], more=query.offset + 4 < len(rows))

    found = {row["id"] for batch in changes(fetch, BEGINNING + 5) for row in batch.rows}
    assert found == set("987abc5")


@pytest.mark.parametrize("at", range(1, 12))
def test_an_answer_that_is_cut_off_once_does_not_end_the_changes_though_nobody_counts_them(at: int) -> None:
    rows: list[Row] = [
        {"id": str(number), CREATED: from_millis(1), UPDATED: from_millis(BEGINNING - number)} for number in range(40)
    ]
    numbers = count()

    def fetch(query: Query) -> Page:
        if next(numbers) == at:
            return a_page(rows[query.offset : query.offset + 3], more=False)
        return a_page(rows[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(rows))

    found = {row["id"] for batch in changes(fetch, 1) for row in batch.rows}
    assert found == {row["id"] for row in rows}


@pytest.mark.parametrize("step", [1, module.QUIET_PASSES])
def test_passes_over_rows_of_one_time_go_on_until_enough_in_a_row_bring_nothing_new(step: int) -> None:
    stamp, passes = from_millis(BEGINNING), 0

    def fetch(query: Query) -> Page:
        nonlocal passes
        passes += query.offset == 0
        late = [f"late {number}" if passes > step * number else "0" for number in range(1, 6)]
        names = [*map(str, range(9)), *late, "9"]
        rows: list[Row] = [{"id": name, CREATED: stamp, UPDATED: stamp} for name in names]
        return a_page(rows[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(rows))

    found = {row["id"] for batch in changes(fetch, BEGINNING) for row in batch.rows}
    assert found == {*map(str, range(10)), *(f"late {number}" for number in range(1, 6))}


@pytest.mark.parametrize(("tells_total", "deleted"), [(True, 0), (False, 0), (True, 3)])
def test_rows_hidden_by_others_that_were_renamed_are_found(tells_total: bool, deleted: int) -> None:
    names = {str(number): f"{number:02}" for number in range(12)}

    def answer(query: Query) -> Page:
        found = sorted(names, key=names.__getitem__, reverse=query.descending)
        page = found[query.offset : query.offset + SIZE]
        if query.offset == 0:
            # Three rows of the first page are renamed; one of them joins the second page, and hides what slipped by.
            names.update({"0": "085", "1": "98", "2": "99"})
        else:
            # As many as slipped by are deleted, after they were read: now there are only as many as have come.
            for name in "345"[:deleted]:
                names.pop(name, None)
        rows = [{"id": each} for each in page]
        return a_page(rows, more=query.offset + SIZE < len(names), total=len(names) if tells_total else None)

    delivered = {row["id"] for rows in listing(answer, "name") for row in rows}
    assert delivered >= set(names)


def test_a_row_of_a_list_without_a_length_that_is_renamed_to_the_front_comes_once() -> None:
    names = {str(number): f"{number:02}" for number in range(12)}

    def answer(query: Query) -> Page:
        found = sorted(names, key=names.__getitem__, reverse=query.descending)
        page = found[query.offset : query.offset + SIZE]
        names["11"] = "000"
        return a_page([{"id": each} for each in page], more=query.offset + SIZE < len(names))

    delivered = [row["id"] for rows in listing(answer, "name") for row in rows]
    assert sorted(delivered) == sorted(names)


@pytest.mark.parametrize("calls", [1, 2])
def test_a_listing_that_turns_empty_is_no_quiet_end(calls: int) -> None:
    """Its rows that were not read may be hidden, because a list without a total does not say how many it had."""
    asked = count(1)

    def answer(query: Query) -> Page:
        rows = [{"id": str(number)} for number in range(query.offset, query.offset + SIZE)]
        return a_page(rows, more=True) if next(asked) <= calls else a_page([], more=False)

    with pytest.raises(ScanError, match="no row to continue from"):
        list(listing(answer, "name"))


def test_a_listing_longer_than_two_windows_is_an_error() -> None:
    made = account(1, 90)
    for number, row in enumerate(made.rows.values()):
        row["name"] = f"{number:05}"

    def answer(query: Query) -> Page:
        found = sorted(made.rows.values(), key=lambda row: str(row["name"]), reverse=query.descending)
        return a_page(found[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(found))

    with pytest.raises(ScanError, match="longer than the 60 rows"):
        list(listing(windowed(answer, 30), "name", 30))


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("deleted", [0, 3])
def test_a_listing_longer_than_the_window_loses_no_row_and_ends_where_the_two_readings_meet(
    deleted: int, tells_total: bool
) -> None:
    names = [f"{number:02}" for number in range(40)]
    offsets = []

    def answer(query: Query) -> Page:
        offsets.append((query.descending, query.offset))
        found = names[::-1] if query.descending else names
        page, total = found[query.offset : query.offset + SIZE], len(found)
        if len(offsets) == 1:
            del names[:deleted]  # of the first page, so that rows move from the second page to the first
        rows = [{"id": each} for each in page]
        return a_page(rows, more=query.offset + SIZE < total, total=total if tells_total else None)

    delivered = {row["id"] for rows in listing(windowed(answer, 30), "name", 30) for row in rows}
    assert delivered >= set(names)
    assert max(offset for descending, offset in offsets if descending) < 20  # the first reading has the others


@given(seed=st.integers(), rows=st.integers(0, 40), size=st.integers(3, 9), last=st.booleans())
def test_changes_delivers_rows_that_tell_no_time_of_a_change(seed: int, rows: int, size: int, last: bool) -> None:
    made = account(seed, rows)
    for row in made.rows.values():
        row[UPDATED] = None if made.random.random() < 0.2 else row[UPDATED]

    def answer(query: Query) -> Page:
        none = 0 if last else 2**63
        found = sorted(made.rows.values(), key=lambda row: to_millis(row[UPDATED]) or none, reverse=True)
        return a_page(found[query.offset : query.offset + size], more=query.offset + size < len(found))

    assert {row["id"] for batch in changes(answer, 0) for row in batch.rows} == set(made.rows)


# Servers that answer as they should not


@given(odd=st.sets(st.integers(1, 60)), rows=st.integers(30, 40), window=st.integers(33, 40))
def test_the_window_counts_the_rows_asked_for_and_not_those_that_are_records(
    odd: set[int], rows: int, window: int
) -> None:
    """A page from which some were left out is as long as any other for Opsgenie, which refuses what is beyond."""
    everything = [
        {"id": str(n), CREATED: from_millis(n), UPDATED: from_millis(n), "name": f"{n:03}"} for n in range(1, rows + 1)
    ]
    odd = {n for n in odd if n % 3}  # some of each page are records

    def answer(query: Query) -> Page:
        until = query.created_before or rows + 1
        found = [row for row in everything if query.created_from <= (to_millis(row[CREATED]) or 0) < until]
        page = sorted(found, key=lambda row: row["name"], reverse=query.descending)[query.offset :][:SIZE]
        kept = [row for row in page if int(row["id"]) not in odd]
        return a_page(kept, more=query.offset + SIZE < len(found), limit=SIZE)

    records = {row["id"] for row in everything} - {str(n) for n in odd}
    guarded = windowed(answer, window, SIZE)
    assert {row["id"] for batch in changes(guarded, 0, result_window=window) for row in batch.rows} == records
    assert {row["id"] for page in listing(guarded, "name", window) for row in page} == records


def deaf(sort: str) -> Callable[[Query], Page]:
    """Answer with the same page whatever is asked, and say that there is more."""
    rows = [{"id": str(n), CREATED: from_millis(n + 1), UPDATED: from_millis(n + 1), "name": str(n)} for n in range(9)]
    page = a_page(rows if sort == CREATED else rows[::-1], more=True)
    return lambda _: page


@pytest.mark.parametrize(
    "scan",
    [
        lambda: backfill(deaf(CREATED), 0),
        lambda: changes(deaf(UPDATED), 0),
        lambda: listing(deaf("name"), "name"),
    ],
    ids=["backfill", "changes", "listing"],
)
def test_a_server_that_repeats_itself_is_an_error(scan: Callable[[], Any]) -> None:
    with pytest.raises(ScanError):
        list(scan())


@given(seed=st.integers(), rows=st.integers(0, 40))
def test_a_list_that_says_there_is_more_behind_its_end_ends(seed: int, rows: int) -> None:
    made = account(seed, rows)
    for number, row in enumerate(made.rows.values()):
        row["name"] = f"{number:05}"
        row[CREATED] = row[UPDATED] = from_millis(number)  # no two share a time, so their order is the same each time

    def answer(query: Query) -> Page:
        if query.sort != "name":
            rows = made.answer(query).rows
        else:
            found = sorted(made.rows.values(), key=lambda row: str(row["name"]), reverse=query.descending)
            rows = found[query.offset : query.offset + SIZE]
        return a_page(rows, more=bool(rows))

    scans = (backfill(answer, 0, count=made.count), changes(answer, 0))
    for batches in scans:
        assert {row["id"] for batch in batches for row in batch.rows} == set(made.rows)
    assert {row["id"] for page in listing(answer, "name") for row in page} == set(made.rows)


def test_changes_in_another_order_are_an_error_and_not_the_end() -> None:
    """Sorted by creation: a row that changed lately stands behind one that has not changed for long."""
    hour = 3_600_000
    rows = [{"id": str(n), CREATED: from_millis(n * hour), UPDATED: from_millis(n * hour)} for n in range(1, 11)]
    rows[0][UPDATED] = from_millis(10 * hour - 600_000)
    with pytest.raises(UnsortedError):
        list(changes(lambda _: a_page(rows[::-1], more=False), 9 * hour))


def test_a_small_disorder_long_before_the_newest_change_is_an_error() -> None:
    second = 1_000
    rows = rows_of(*(each * second for each in (200, 90, 70, 60, 50, 45, 48, 44, 40)))

    def answer(query: Query) -> Page:
        return a_page(rows[query.offset : query.offset + SIZE], more=query.offset + SIZE < len(rows))

    with pytest.raises(UnsortedError):
        list(changes(answer, 1))


def test_a_change_made_while_the_page_was_put_together_is_no_other_order() -> None:
    hour = 3_600_000
    rows = [{"id": str(n), CREATED: from_millis(n * hour), UPDATED: from_millis(n * hour)} for n in range(1, 11)]
    rows[3][UPDATED] = from_millis(10 * hour + 1_000)
    due = [row for batch in changes(lambda _: a_page(rows[::-1], more=False), 9 * hour) for row in batch.rows]
    assert [row["id"] for row in due] == ["10", "9", "4"]


def oddly(rows: dict[str, dict[str, Any]], random: random.Random) -> None:
    """Take ids and times from some rows, or make others of them."""
    for name, row in rows.items():
        row["payload"] = name
        if random.random() < 0.3:
            row["id"] = random.choice([None, "", 7, name, [name], {"a": name}, 2**70, True])
        if random.random() < 0.2:
            row.pop("id", None)


@pytest.mark.slow
@given(seed=st.integers(), rows=st.integers(0, 40), size=st.integers(2, 9))
@settings(max_examples=300)
def test_rows_without_ids_are_told_apart_by_what_they_hold(seed: int, rows: int, size: int) -> None:
    made = account(seed, rows)
    oddly(made.rows, made.random)
    made.size = size
    everything = sorted(made.rows)
    for row in made.rows.values():
        row["name"] = row["payload"]

    def by_name(query: Query) -> Page:
        found = sorted(made.rows.values(), key=lambda row: str(row["name"]), reverse=query.descending)
        return a_page(found[query.offset : query.offset + size], more=query.offset + size < len(found))

    scans = {
        "backfill": [batch.rows for batch in backfill(made.answer, 0, count=made.count)],
        "changes": [batch.rows for batch in changes(made.answer, 0)],
        "listing": list(listing(by_name, "name")),
    }
    for name, batches in scans.items():
        assert sorted({row["payload"] for batch in batches for row in batch}) == everything, name


WHAT_ROWS_HOLD = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["a", "b", "c", "", None, 1]),
        CREATED: st.sampled_from([from_millis(at) for at in (0, 1, 2, BEGINNING)] + ["soon", None]),
        UPDATED: st.sampled_from([from_millis(at) for at in (0, 1, 2, BEGINNING)] + ["soon", None]),
    },
)
ANSWERS = st.lists(st.builds(Page, st.lists(WHAT_ROWS_HOLD, max_size=4), st.booleans()), min_size=1, max_size=4)


@pytest.mark.parametrize("scan", ["backfill", "changes", "listing"])
@given(answers=ANSWERS, counted=st.none() | st.integers(0, 5))
def test_answers_without_sense_come_to_an_end(scan: str, answers: list[Page], counted: int | None) -> None:
    """The same few pages for ever, whatever is asked: the scan delivers them, or says that they lead nowhere."""
    asked = 0

    def answer(query: Query) -> Page:
        nonlocal asked
        asked += 1
        assert asked < 2_000, "it does not end"
        assert query.offset < 60, "it asks beyond the window"
        return answers[asked % len(answers)]

    batches: dict[str, Callable[[], list[Any]]] = {
        "backfill": lambda: [batch.rows for batch in backfill(answer, 0, count=lambda _: counted)],
        "changes": lambda: [batch.rows for batch in changes(answer, 1, result_window=60)],
        "listing": lambda: list(listing(answer, "name", 60)),
    }
    with patch.object(module, "RESULT_WINDOW", 60), suppress(ScanError, UnsortedError):
        batches[scan]()


def test_more_changes_than_the_window_holds_in_one_millisecond_of_creation_are_an_error() -> None:
    made = Simulated(1)
    stamp = from_millis(made.now)
    made.rows = {str(each): {"id": str(each), CREATED: stamp, UPDATED: from_millis(each)} for each in range(60)}
    with pytest.raises(ScanError, match="one millisecond"):
        list(islice(changes(windowed(made.answer, 30), 0, result_window=30), 1000))


def test_changes_beyond_the_window_are_read_in_parts_by_creation() -> None:
    made = account(seed=3, rows=200)
    for row in made.rows.values():
        made.now += 1
        row[UPDATED] = from_millis(made.now)
    delivered = [row["id"] for batch in changes(windowed(made.answer, 30), 0, result_window=30) for row in batch.rows]
    assert sorted(delivered) == sorted(made.rows)


def test_rows_of_one_change_that_never_come_to_rest_are_an_error() -> None:
    names = (str(number) for number in count())
    stamp = from_millis(BEGINNING)

    def answer(query: Query) -> Page:
        rows = [{"id": next(names), CREATED: stamp, UPDATED: stamp} for _ in range(SIZE)]
        return a_page(rows, more=query.offset == 0)

    with pytest.raises(ScanError, match="order keeps changing"):
        list(islice(changes(answer, 0), 1000))


def rows_of(*times: int) -> list[dict[str, Any]]:
    return [{"id": str(time), CREATED: from_millis(time), UPDATED: from_millis(time)} for time in times]


def test_rows_deleted_between_two_pages_hide_no_change() -> None:
    rows = rows_of(9, 8, 7, 6, 5, 4, 3, 2, 1)

    def answer(query: Query) -> Page:
        page = a_page(rows[query.offset : query.offset + 4], more=query.offset + 4 < len(rows))
        if rows[0]["id"] == "9":
            del rows[:3]  # so that the next page begins behind 5
        return page

    delivered = [row["id"] for batch in changes(answer, 0) for row in batch.rows]
    assert sorted(delivered) == list("123456789")


def test_pages_that_do_not_join_any_more_are_an_error_long_before_all_steps_back_were_made() -> None:
    offsets: list[int] = []

    def answer(query: Query) -> Page:
        offsets.append(query.offset)
        ids = range(query.offset, query.offset + SIZE) if max(offsets) < 300 else range(-SIZE, 0)
        if query.offset == max(offsets) == 300:
            ids = range(300, 301)  # the step of a page of one row is one
        return a_page([{"id": str(each)} for each in ids], more=True)

    with pytest.raises(ScanError, match="does not join"):
        list(listing(answer, "name"))
    assert len(offsets) < 200


def test_a_count_of_one_millisecond_that_is_wrong_for_good_keeps_no_later_row_back() -> None:
    made = account(1, 0)
    made.rows = {str(number): {"id": str(number), CREATED: from_millis(BEGINNING)} for number in range(SIZE + 2)}
    made.rows["later"] = {"id": "later", CREATED: from_millis(BEGINNING + 1)}
    delivered = [row["id"] for batch in backfill(made.answer, 0, count=lambda _: SIZE + 3) for row in batch.rows]
    assert sorted(delivered) == sorted(made.rows)


def test_rows_of_one_millisecond_that_never_come_to_rest_are_an_error() -> None:
    names = (str(number) for number in count())

    def answer(query: Query) -> Page:
        rows = [{"id": next(names), CREATED: from_millis(BEGINNING)} for _ in range(SIZE)]
        return a_page(rows, more=query.created_before is None)

    with pytest.raises(ScanError, match="in the same millisecond"):
        list(backfill(answer, 0, count=lambda _: 10**6))


@pytest.mark.parametrize("created", [0, 1, 3])
def test_short_pages_without_link_and_count_are_read_on_until_all_older_rows_have_come(created: int) -> None:
    """However many rows are created meanwhile: with each answer, so many."""
    made = Simulated(1)
    for moment in range(60):
        stamp = from_millis(BEGINNING + moment)
        made.rows[f"{moment:02}"] = {"id": f"{moment:02}", CREATED: stamp, UPDATED: stamp}
    older = set(made.rows)
    made.now = begun = BEGINNING + 60

    def answer(query: Query) -> Page:
        for _ in range(created):
            made.create()
        assert made.asked < 1_000, "it does not end"
        return replace(made.answer(query), next=None)

    delivered = {row["id"] for batch in backfill(answer, 0, indexed_before=begun) for row in batch.rows}
    assert older <= delivered


@pytest.mark.parametrize(
    ("number", "total", "asked_for"),
    [(13, 13, [0, 3, 6, 9]), (13, None, [0, 3, 6, 9] * 2), (4, None, [0]), (0, None, [0])],
)
def test_a_listing_is_read_once_if_that_is_known_to_be_enough(
    number: int, total: int | None, asked_for: list[int]
) -> None:
    rows, asked = rows_of(*range(1, number + 1)), []

    def answer(query: Query) -> Page:
        asked.append(query.offset)
        found = rows[::-1] if query.descending else rows
        return a_page(found[query.offset : query.offset + 4], more=query.offset + 4 < len(rows), total=total)

    assert [row for page in listing(answer, CREATED) for row in page] == rows
    assert asked == asked_for  # pages overlap by one row


def test_a_list_that_grows_behind_an_empty_page_is_read_on() -> None:
    rows = rows_of(*range(1, 10))
    empty_once = iter([True])

    def answer(query: Query) -> Page:
        if query.offset and next(empty_once, False):
            return a_page([], more=False)
        return a_page(rows[query.offset : query.offset + 4], more=query.offset + 4 < len(rows))

    assert [row["id"] for page in listing(answer, CREATED) for row in page] == list("123456789")
