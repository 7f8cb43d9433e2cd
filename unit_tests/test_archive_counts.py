"""How the rows of the archive are compared with the API's counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from archive.counts import Counts
from archive.origin import Origin
from archive.relay import ReadOutcome
from archive.run import Run, parse_time
from source_opsgenie.config import Config
from source_opsgenie.http.paging import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.counts import Comparison
    from source_opsgenie.scan import walk

STARTED = "2026-03-10T12:00:00.000+00:00"
NOON = int(parse_time(STARTED).timestamp() * 1000)
HOUR = 3_600_000

Created = dict[str, int]  # the creation times of alerts, by id


def within(rows: Created, start: int, until: int | None) -> list[str]:
    return [name for name, created in rows.items() if start <= created and (until is None or created < until)]


class Kept:
    """The alerts in the archive, as `Store` answers about them."""

    def __init__(self, rows: Created) -> None:
        self.rows = rows
        self.known: set[str] = set()

    def span(self, _: str) -> tuple[int, int]:
        return min(self.rows.values()), max(self.rows.values())

    def count_created(self, _: str, start: int, until: int) -> int:
        return len(within(self.rows, start, until))

    def ids(self, _: str, start: int, until: int) -> list[str]:
        return within(self.rows, start, until)

    def gone(self, _: str, start: int, until: int) -> set[str]:
        return self.known & set(within(self.rows, start, until))

    def missing(self, _: str, ids: set[str]) -> set[str]:
        return ids - self.rows.keys()

    def mark_gone(self, _: str, ids: set[str]) -> None:
        self.known |= ids


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Comparison | None]:
    """Compare the alerts of the archive with those of the API."""

    def compared(kept: Kept, listed: Created, **run: Any) -> Comparison | None:  # noqa: ANN401 - of a run
        (alerts,) = (
            each for each in Origin.of(Config.parse({"api_token": "0123456789abcdef"})).streams if each.name == "alerts"
        )

        def ask(query: walk.Query) -> Page:
            names = within(listed, query.created_from, query.created_before)
            return Page([{"id": name} for name in names], None, {}, len(names), 100)

        monkeypatch.setattr(alerts, "ask", ask)
        monkeypatch.setattr(alerts, "count", lambda query: ask(query).total)
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
        assert compared.why.endswith(f"; newly found: {gone}.")


def test_a_clock_of_the_machine_that_is_ahead_makes_no_row_missing(compare: Callable[..., Comparison | None]) -> None:
    read = {"a": NOON - 4 * HOUR}
    listed = {**read, "after the read": NOON - HOUR}
    compared = compare(Kept(read), listed, api_started=NOON - 2 * HOUR)
    assert compared is not None
    assert (compared.explained, compared.counted) == (True, 1)
    compared = compare(Kept(read), listed)  # no answer had a date
    assert compared is not None
    assert "1 row is missing in the archive: after the read." in compared.why


def test_a_stream_that_is_read_is_not_skipped_any_more() -> None:
    run = Run(STARTED)
    run.record(ReadOutcome(complete=["users", "teams"], skipped={"users": "no right", "teams": "no right"}))
    assert set(run.skipped) == {"users", "teams"}
    run.record(ReadOutcome(complete=["users", "alerts"]))
    assert set(run.skipped) == {"teams"}
