"""The audit log of a migrated account, read one span of time after another. Against a simulated site."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from source_opsgenie.http.transport import LARGEST_BODY
from unit_tests.random_site import CONFIG, RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, SECOND, Sync, millis, state_message, text

LINES = range(0, 100, 10)  # days ago

pytestmark = pytest.mark.usefixtures("hurried_site")


@pytest.fixture
def site() -> RandomSite:
    """Make a site with a line every ten days."""
    made = RandomSite(1)
    made.rows["/v1/logs"] = [{"created": text(NOW - day * DAY - HOUR), "message": f"line {day}"} for day in LINES]
    return made


def read(site: RandomSite, start: int | None, before: Sync | None = None) -> Sync:
    """Read from a start date some days ago."""
    date = None if start is None else text(NOW - start * DAY)
    return Sync(site, "audit_logs", state=before.states if before else [], **{**CONFIG, "start_date": date})


def days(sync: Sync, until: int | None = None) -> set[int]:
    """Return how many days ago the lines were written that came among all messages, or among the first of them."""
    return {(NOW - millis(row["created"])) // DAY for row in sync.rows("audit_logs", until)}


@pytest.mark.parametrize("earlier", [55, None])
def test_a_start_date_moved_back_brings_the_gap(earlier: int | None, site: RandomSite) -> None:
    first = read(site, 25)
    assert days(first) == {0, 10, 20}
    assert days(read(site, 25, first)) == {0}  # by the lookback
    second = read(site, earlier, first)
    assert days(first) | days(second) == {day for day in LINES if day < (earlier or 180)}
    third = read(site, earlier, second)
    assert days(third) == {0}


def test_a_start_date_moved_forward_and_back_again_brings_nothing_again(site: RandomSite) -> None:
    first = read(site, 55)
    second = read(site, 15, first)
    assert days(second) == days(read(site, 55, second)) == {0}


def test_a_gap_is_gone_on_with_from_each_state(site: RandomSite) -> None:
    first = read(site, 25)
    second = read(site, 55, first)
    for place, state in second.checkpoints[::20]:
        rest = Sync(site, "audit_logs", state=[state], **{**CONFIG, "start_date": text(NOW - 55 * DAY)})
        assert days(second, place) | days(rest) == {day for day in LINES if day < 55}


def test_a_state_whose_start_date_cannot_be_read_is_not_used(site: RandomSite) -> None:
    state = state_message("audit_logs", created=text(NOW - HOUR), startDate="soon")
    sync = Sync(site, "audit_logs", state=[state], **CONFIG)
    assert sync.warned_of("audit_logs", "cannot be read")
    assert 10 in days(sync)


def test_a_page_has_room_for_long_lines(site: RandomSite) -> None:
    assert days(read(site, 1)) == {0}
    asked = [parse_qs(urlsplit(address).query) for address in site.calls if urlsplit(address).path.endswith("/v1/logs")]
    assert asked
    assert all(int(query["limit"][0]) * 10_000 <= LARGEST_BODY for query in asked)


@pytest.mark.parametrize("start", [None, 400])
def test_no_line_is_asked_for_that_is_no_longer_kept(start: int | None, site: RandomSite) -> None:
    site.rows["/v1/logs"].append({"created": text(NOW - 180 * DAY + 2 * HOUR), "message": "the oldest"})
    sync = read(site, start)
    assert sync.ended("audit_logs") == "COMPLETE"
    assert 179 in days(sync)
    assert sync.warned_of("audit_logs", "keeps the audit log for 180 days") is (start is not None)


class Slow(RandomSite):
    """A site on which hours pass while its schedules are read."""

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call."""
        if urlsplit(request.url).path.endswith("/v1/schedules"):
            self.now += 2 * HOUR
        return super().answer(request, context)


@pytest.mark.parametrize("start", [None, 400])
def test_no_line_is_asked_for_that_is_no_longer_kept_after_hours_of_other_streams(start: int | None) -> None:
    site = Slow(1)
    date = None if start is None else text(NOW - start * DAY)
    kept = {"created": text(NOW - 179 * DAY), "message": "an old one"}
    site.rows["/v1/logs"] = [kept]
    sync = Sync(site, "schedules", "audit_logs", **{**CONFIG, "start_date": date})
    assert sync.failed() == {}
    assert [row["message"] for row in sync.rows("audit_logs")] == ["an old one"]


class WithoutEnds(RandomSite):
    """A site whose spans of time do not include their ends."""

    def _logs(self, params: dict[str, str]) -> Any:
        start, end = millis(params["startTime"]) + 1, millis(params["endTime"]) - 1
        return super()._logs({**params, "startTime": text(start), "endTime": text(end)})


@pytest.mark.parametrize("kind", [RandomSite, WithoutEnds])
def test_a_line_between_two_spans_comes_once_whether_or_not_their_ends_belong_to_them(kind: type[RandomSite]) -> None:
    site = kind(1)
    site.rows["/v1/logs"] = [{"created": text(NOW - day * DAY), "message": f"line {day}"} for day in (24, 20, 1)]
    sync = read(site, 25)
    assert [row["message"] for row in sync.rows("audit_logs")] == ["line 24", "line 20", "line 1"]


class Refusing(RandomSite):
    """A site that refuses the audit log after some calls."""

    left: int | None = 12

    def _logs(self, params: dict[str, str]) -> Any:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                return 403
        return super()._logs(params)


def test_a_log_that_is_refused_after_it_had_begun_is_an_error_and_costs_no_line() -> None:
    site = Refusing(1)
    site.rows["/v1/logs"] = [{"created": text(NOW - day * DAY - HOUR), "message": f"line {day}"} for day in LINES]
    first = read(site, 25)
    assert first.ended("audit_logs") == "INCOMPLETE"
    assert "refused the list after part of it had been read" in first.failed()["audit_logs"]
    site.left = None
    second = read(site, 25, first)
    assert second.failed() == {}
    assert (days(first), days(second)) == ({20}, {10, 0})


class Timeless(RandomSite):
    """A site whose answers have no date."""

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call."""
        answer = super().answer(request, context)
        del context.headers["Date"]
        return answer


def test_without_the_sites_time_no_line_counts_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW / SECOND)
    site = Timeless(1)
    site.rows["/v1/logs"] = [{"created": text(NOW - HOUR), "message": "line"}]
    first = read(site, 2)
    assert days(first) == {0}
    assert "created" not in first.state_of("audit_logs")  # this machine's clock may be ahead
