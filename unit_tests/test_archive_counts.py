"""How the rows of the archive are compared with the API's counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.counts import Comparison, Counts, count_of
from archive.origin import Origin
from archive.relay import ReadOutcome
from archive.run import Run, now, parse_time, write_time
from archive.store import TableSummary
from source_opsgenie.config import Config
from source_opsgenie.http.errors import ApiError, RefusedError, transient_error
from source_opsgenie.http.paging import Page
from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.scan import scan

STARTED = "2026-03-10T12:00:00.000+00:00"
NOON = int(parse_time(STARTED).timestamp() * 1000)
HOUR = 3_600_000
MINUTE = 60_000

Created = dict[str, int]  # the creation times of alerts, by id


def within(rows: Created, start: int, until: int | None) -> list[str]:
    return [name for name, created in rows.items() if start <= created and (until is None or created < until)]


class Kept:
    """The alerts in the archive, as `Store` answers about them."""

    def __init__(self, rows: Created) -> None:
        self.rows = rows
        self.known: set[str] = set()
        self.calls = self.pages = 0

    def span(self, _: str) -> tuple[int, int] | None:
        return (min(self.rows.values()), max(self.rows.values())) if self.rows else None

    def count_created(self, _: str, start: int, until: int) -> int:
        return len(within(self.rows, start, until))

    def ids(self, _: str, start: int, until: int) -> set[str]:
        return set(within(self.rows, start, until))

    def gone(self, _: str, start: int, until: int) -> set[str]:
        return self.known & self.ids(_, start, until)

    def missing(self, _: str, ids: set[str]) -> set[str]:
        return ids - self.rows.keys()

    def middle(self, _: str, start: int, until: int) -> int:
        times = sorted(self.rows[name] for name in within(self.rows, start, until))
        return times[(len(times) - 1) // 2] if times else start

    def mark_gone(self, _: str, ids: set[str]) -> None:
        self.known |= ids


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Comparison | None]:
    """Compare the alerts of the archive with those of the API."""

    def compared(
        kept: Kept,
        listed: Created,
        start_date: str | None = None,
        miscounted: Callable[[scan.Query], int] = lambda _: 0,
        page_size: int = 100,
        **run: Any,
    ) -> Comparison | None:
        config = Config.parse({"api_token": "0123456789abcdef", "start_date": start_date})
        (alerts,) = (each for each in Origin.of(config).streams if each.name == "alerts")

        def pages(_: object, query: scan.Query) -> Iterator[Page]:
            names = within(listed, query.created_from, query.created_before)
            for place in range(0, len(names) or 1, page_size):
                kept.pages += 1
                yield Page([{"id": name} for name in names[place : place + page_size]], None, {}, len(names), 100)

        monkeypatch.setattr(alerts, "query_params", lambda query: query)
        monkeypatch.setattr(alerts, "pages", pages)

        def count(query: scan.Query) -> int | None:
            kept.calls += 1
            return len(within(listed, query.created_from, query.created_before)) + miscounted(query)

        monkeypatch.setattr(alerts, "count", count)
        return Counts([alerts], kept, Run(STARTED, **run)).compare("alerts")  # type: ignore[arg-type]

    return compared


def test_only_rows_that_were_not_known_to_be_gone_are_newly_found(compare: Callable[..., Comparison | None]) -> None:
    rows = {name: NOON - HOUR + number for number, name in enumerate("abcd")}
    kept = Kept(rows)
    listed = dict(rows)
    for gone, known in (("a", 1), ("b", 2)):
        del listed[gone]
        compared = compare(kept, listed)
        assert compared is not None
        assert (compared.explained, compared.gone) == (True, known)
        assert compared.why.endswith(f"; found by this run: {gone}.")


def scattered(rows: int, every: int) -> tuple[Created, Created]:
    """Return rows that were read, a minute apart, and those that are left when one of so many was deleted."""
    read = {f"{number:05}": NOON - (rows - number) * MINUTE for number in range(rows)}
    return read, {name: created for name, created in read.items() if int(name) % every}


def test_a_period_is_not_counted_again_when_it_is_searched(compare: Callable[..., Comparison | None]) -> None:
    read, listed = scattered(rows=1600, every=1600)
    kept = Kept(read)
    compared = compare(kept, listed)
    assert compared is not None
    assert (compared.explained, compared.gone) == (True, 1)
    assert kept.calls == 1 + 1 + 4 * 2  # the whole, its only month, and the halves down to 100 rows


def test_many_rows_that_are_missing_are_found_where_the_archive_has_none(
    compare: Callable[..., Comparison | None],
) -> None:
    listed = {f"{number:03}": NOON - number * MINUTE for number in range(1, 251)}
    compared = compare(Kept({"001": listed["001"]}), listed)
    assert compared is not None
    assert compared.why.startswith("249 rows are missing in the archive: 002, 003, 004, 005, 006 and 244 more.")


def test_a_list_of_one_page_is_enough_however_many_rows_are_gone(compare: Callable[..., Comparison | None]) -> None:
    read = {f"{number:03}": NOON - number * MINUTE for number in range(1, 251)}
    kept = Kept(read)
    compared = compare(kept, {"001": read["001"]})
    assert compared is not None
    assert (compared.explained, compared.gone) == (True, 249)
    assert kept.calls == 1 + 1  # the whole, and its only month


def test_more_rows_of_one_moment_than_a_page_has_are_compared_too(compare: Callable[..., Comparison | None]) -> None:
    read = {f"{number:03}": NOON - HOUR for number in range(150)}
    compared = compare(Kept(read), {**read, "missing": NOON - HOUR})
    assert compared is not None
    assert "1 row is missing in the archive: missing." in compared.why


def test_pages_shorter_than_was_asked_for_accuse_no_complete_archive(
    compare: Callable[..., Comparison | None],
) -> None:
    read, listed = scattered(rows=90, every=30)
    compared = compare(Kept(read), listed, page_size=40)
    assert compared is not None
    assert (compared.explained, compared.gone) == (True, 3)


def test_rows_behind_a_page_with_as_many_as_are_counted_are_not_gone(
    compare: Callable[..., Comparison | None],
) -> None:
    read = {f"{number:03}": NOON - number for number in range(1, 121)}
    compared = compare(Kept(read), read, miscounted=lambda _: -20)
    assert compared is not None
    assert (compared.explained, compared.gone) == (False, 0)


def test_a_list_that_contradicts_the_count_is_not_read_to_its_end(compare: Callable[..., Comparison | None]) -> None:
    listed = {f"{number:03}": NOON - number for number in range(1, 1000)}
    kept = Kept({"gone": NOON - HOUR})
    compared = compare(kept, listed, miscounted=lambda _: -999)
    assert compared is not None
    assert "than it lists" in compared.why
    assert kept.pages == 1


def test_rows_that_are_listed_are_not_gone_though_none_is_counted(compare: Callable[..., Comparison | None]) -> None:
    rows = {"a": NOON - HOUR}
    compared = compare(Kept(rows), rows, miscounted=lambda _: -1)
    assert compared is not None
    assert (compared.explained, compared.gone) == (False, 0)


def test_an_api_that_stops_counting_leaves_the_difference_unexplained(
    compare: Callable[..., Comparison | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([2])
    monkeypatch.setattr("archive.counts.count_of", lambda *_: next(counts, None))
    compared = compare(Kept({"a": NOON - HOUR}), {})
    assert compared == Comparison(1, 2, "Opsgenie stopped giving counts.", explained=False)


def test_a_search_that_takes_too_many_calls_is_continued_by_the_next_run(
    compare: Callable[..., Comparison | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.counts.MAX_CALLS", 50)
    read, listed = scattered(rows=6400, every=400)  # in 16 places
    kept = Kept(read)
    found = []
    for _ in range(10):
        compared = compare(kept, listed)
        assert compared is not None
        found.append(compared.gone)
        if compared.explained:
            break
        assert compared.why.startswith(
            "The search for the difference ended after 50 calls, so more rows may be missing."
        )
    assert found[-1] == len(read) - len(listed)
    assert sorted(set(found)) == found
    assert len(found) > 1


def test_a_clock_of_the_machine_that_is_ahead_makes_no_row_missing(compare: Callable[..., Comparison | None]) -> None:
    read = {"a": NOON - 4 * HOUR}
    listed = {**read, "after the read": NOON - HOUR}
    compared = compare(Kept(read), listed, api_started=NOON - 2 * HOUR)
    assert compared is not None
    assert (compared.explained, compared.counted) == (True, 1)
    compared = compare(Kept(read), listed)  # no answer had a date
    assert compared is not None
    assert not compared.explained
    assert "1 row is missing in the archive: after the read." in compared.why


def test_without_a_date_of_the_api_rows_later_than_the_clock_of_the_machine_are_compared_too(
    compare: Callable[..., Comparison | None],
) -> None:
    read = {"a": NOON - HOUR, "newest": NOON + HOUR}
    compared = compare(Kept(read), {**read, "missing": NOON + HOUR, "later": NOON + HOUR + 1})
    assert compared is not None
    assert (compared.rows, compared.counted, compared.explained) == (2, 3, False)
    assert "1 row is missing in the archive: missing." in compared.why


def test_a_table_without_rows_lacks_all_that_the_api_counts(compare: Callable[..., Comparison | None]) -> None:
    compared = compare(Kept({}), {"a": NOON - HOUR})
    assert compared is not None
    assert (compared.difference, compared.explained) == (-1, False)
    assert compare(Kept({}), {}) == Comparison(0, 0)


def test_rows_from_before_the_start_date_are_not_compared(compare: Callable[..., Comparison | None]) -> None:
    month = 31 * 24 * HOUR
    read = {"old": NOON - 3 * month, "a": NOON - HOUR}
    compared = compare(Kept(read), {"a": NOON - HOUR, "also old": NOON - 2 * month}, start_date="2026-03-01")
    assert compared == Comparison(1, 1)


@pytest.mark.parametrize(
    ("is_wrong", "why"),
    [
        (
            lambda query: (query.created_from, query.created_before) == (0, NOON),
            "Opsgenie counts more or fewer rows in a period than in its parts together.",
        ),
        (
            lambda query: query.created_before == NOON,
            (
                "Opsgenie counts more or fewer rows created from 2026-03-01T00:00:00.000Z to "
                "2026-03-10T12:00:00.000Z than it lists."
            ),
        ),
    ],
)
def test_counts_that_contradict_each_other_or_the_list_are_not_taken_for_an_explanation(
    is_wrong: Callable[[scan.Query], bool], why: str, compare: Callable[..., Comparison | None]
) -> None:
    rows = {"of an earlier month": NOON - 31 * 24 * HOUR, "a": NOON - HOUR}
    compared = compare(Kept(rows), rows, miscounted=lambda query: int(is_wrong(query)))
    assert compared is not None
    assert (compared.explained, compared.why) == (False, why)


def test_an_alert_that_appears_after_newer_ones_were_read_is_left_to_the_next_run(
    compare: Callable[..., Comparison | None],
) -> None:
    read = {"a": NOON - 4 * HOUR, "newer": NOON + HOUR}
    listed = {**read, "appeared late": NOON + HOUR // 2}
    compared = compare(Kept(read), listed, api_started=NOON)
    assert compared is not None
    assert (compared.explained, compared.why, compared.counted) == (True, "", 1)


def test_a_row_without_an_id_ends_no_comparison(
    compare: Callable[..., Comparison | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = {"a": NOON - HOUR, "None": NOON - HOUR + 2}
    kept = Kept({**listed, "gone": NOON - HOUR + 1})
    whole = Page.__init__

    def nameless(page: Page, rows: list[Any], *further: Any) -> None:
        whole(page, [row if row["id"] != "None" else {"message": "nameless"} for row in rows], *further)

    monkeypatch.setattr(Page, "__init__", nameless)
    compared = compare(kept, listed)
    assert compared is not None
    assert (compared.explained, compared.gone) == (True, 1)


Users = dict[str, int | None]  # the times at which users were created, by id


@pytest.mark.parametrize(
    ("read", "listed", "counted", "found"),
    [
        pytest.param({"a", "b"}, {"a": 1, "b": 1}, 2, (True, 0, ""), id="equal"),
        pytest.param(
            {"a", "b"},
            {"a": 1},
            1,
            (True, 1, "Opsgenie stopped listing 1 row during the run; it is kept."),
            id="one is gone",
        ),
        pytest.param(
            {"a"},
            {"a": 1, "b": NOON + 1, "c": NOON},
            3,
            (True, 0, "2 rows were added during the run: the next run reads them."),
            id="two are new",
        ),
        pytest.param(
            {"a"},
            {"a": 1, "b": NOON - 1, "c": None},
            3,
            (
                False,
                0,
                "2 rows that Opsgenie lists are not in the archive: b, c. The next run reads the whole list again.",
            ),
            id="two were there before",
        ),
        pytest.param({"a"}, {"a": 1}, 2, (False, 0, "Opsgenie counts 2 rows, but lists 1."), id="a wrong count"),
    ],
)
def test_users_that_come_and_go_during_a_run_of_days_explain_a_difference(
    read: set[str],
    listed: Users,
    counted: int,
    found: tuple[bool, int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    users = stream_of("users")
    rows = [{"id": name, "createdAt": None if time is None else from_millis(time)} for name, time in listed.items()]
    monkeypatch.setattr(users, "page", lambda *_: Page([], None, {"totalCount": counted}, counted, 100))
    monkeypatch.setattr(users, "list_rows", lambda: [*rows, {"fullName": "without an id"}])
    store: Any = Kept({})
    monkeypatch.setattr(store, "columns", lambda _: {}, raising=False)
    monkeypatch.setattr(
        store, "summarize", lambda *_: TableSummary(len(read), len(read), len(read), None, None, None), raising=False
    )
    monkeypatch.setattr(store, "ids_read", lambda *_: read, raising=False)
    compared = Counts([users], store, Run(STARTED, api_started=NOON)).compare("users")
    assert compared is not None
    assert (compared.explained, compared.gone, compared.why) == found


def no_count(_: object) -> None:
    """Answer as a stream does that a sync can do without the count of."""


def stream_of(name: str) -> Any:
    streams = Origin.of(Config.parse({"api_token": "0123456789abcdef"})).streams
    return next(stream for stream in streams if stream.name == name)


@pytest.mark.parametrize("name", ["alerts", "incidents"])
@pytest.mark.parametrize("error", [RefusedError(403, "the key may not"), transient_error("No answer.")])
def test_a_count_that_cannot_be_had_is_an_error(name: str, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = stream_of(name)

    def page(*_: object) -> Page:
        raise error

    monkeypatch.setattr(stream, "count", no_count)
    monkeypatch.setattr(stream, "page", page)
    with pytest.raises(type(error)):
        count_of(stream, scan.Query())


def test_only_a_list_may_be_without_a_total(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alerts", "incidents"):
        stream = stream_of(name)
        monkeypatch.setattr(stream, "count", no_count)
        monkeypatch.setattr(stream, "page", lambda *_: Page([], None, {}, None, 100))
        if name == "incidents":
            assert count_of(stream, scan.Query()) is None
        else:
            with pytest.raises(ApiError, match="Opsgenie refused the call for it, or did not answer it"):
                count_of(stream, scan.Query())


def test_a_stream_that_is_read_is_not_skipped_any_more() -> None:
    run = Run(STARTED)
    run.record(ReadOutcome(complete=["users", "teams"], skipped={"users": "no right", "teams": "no right"}), now())
    assert set(run.skipped) == {"users", "teams"}
    run.record(ReadOutcome(complete=["users", "alerts"]), now())
    assert set(run.skipped) == {"teams"}


def test_a_stream_that_a_clock_ahead_says_is_complete_is_read_again(tmp_path: Path) -> None:
    progress = tmp_path / "progress.json"
    ages = {"users": timedelta(hours=1), "teams": timedelta(days=2), "alerts": timedelta(days=-300)}
    Run(STARTED, complete={name: write_time(now() - age) for name, age in ages.items()}).save(progress)
    resumed = Run.load(progress)
    assert resumed is not None
    assert set(resumed.complete) == {"users"}


def test_a_stream_that_an_interrupted_run_skipped_is_asked_for_again(tmp_path: Path) -> None:
    progress = tmp_path / "progress.json"
    run = Run(STARTED)
    run.record(ReadOutcome(complete=["users", "teams"], skipped={"users": "the key lacks a right"}), now())
    run.save(progress)
    resumed = Run.load(progress)
    assert resumed is not None
    assert set(resumed.complete) == {"teams"}  # the key may have got the right meanwhile
