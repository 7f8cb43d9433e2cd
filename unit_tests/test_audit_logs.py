"""The audit log of a migrated account, read one span of time after another. Against a simulated site."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from airbyte_cdk.models import AirbyteStateMessage, SyncMode

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


@pytest.mark.slow
@pytest.mark.parametrize("earlier", [55, None])
def test_a_start_date_moved_back_brings_the_gap(earlier: int | None, site: RandomSite) -> None:
    first = read(site, 25)
    assert days(first) == {0, 10, 20}
    assert days(read(site, 25, first)) == {0}  # by the lookback
    second = read(site, earlier, first)
    assert days(first) | days(second) == {day for day in LINES if day < (earlier or 180)}
    assert second.logged("audit_logs: the start date is earlier than before")
    third = read(site, earlier, second)
    assert days(third) == {0}
    assert not third.logged("the start date is earlier")


def test_a_start_date_moved_forward_and_back_again_brings_nothing_again(site: RandomSite) -> None:
    first = read(site, 55)
    second = read(site, 15, first)
    assert days(second) == days(read(site, 55, second)) == {0}


@pytest.mark.slow
def test_a_start_date_moved_back_before_all_that_is_kept_brings_nothing_again(site: RandomSite) -> None:
    first = read(site, 300)
    second = read(site, 400, first)
    assert days(second) == {0}
    assert not second.logged("the start date is earlier")


def test_a_full_refresh_before_its_start_date_forgets_what_earlier_syncs_read(site: RandomSite) -> None:
    first = read(site, 25)
    later = {**CONFIG, "start_date": text(NOW + 2 * DAY)}
    emptied = Sync(site, "audit_logs", state=first.states, mode=SyncMode.full_refresh, **later)
    assert emptied.rows("audit_logs") == []
    assert days(read(site, 25, emptied)) == {0, 10, 20}


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


class Broken(RandomSite):
    """A site on which the days with some lines cannot be read.

    Attributes:
        lines: how many days ago the lines of the broken days were written.
        status: of the answers for these days.
    """

    def __init__(self, *lines: int, status: int = 500) -> None:
        super().__init__(1)
        self.rows["/v1/logs"] = [{"created": text(NOW - day * DAY - HOUR), "message": f"line {day}"} for day in LINES]
        self.lines, self.status = lines, status

    def _logs(self, params: dict[str, str]) -> Any:
        start, end = (millis(params[name]) for name in ("startTime", "endTime"))
        is_broken = any(start <= NOW - day * DAY - HOUR <= end for day in self.lines)
        return self.status if is_broken else super()._logs(params)


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize("broken", [0, 10, 20])
def test_a_day_that_cannot_be_read_keeps_no_line_of_other_days_back(broken: int, status: int) -> None:
    site = Broken(broken, status=status)
    first = read(site, 25)
    assert days(first) == {0, 10, 20} - {broken}
    assert first.ended("audit_logs") == "INCOMPLETE"
    assert "1 object could not be read: " in first.failed()["audit_logs"]
    assert first.state_of("audit_logs")["created"] == text(NOW)
    second = read(site, 25, first)
    assert days(second) == {0} - {broken}  # by the lookback
    assert second.ended("audit_logs") == "INCOMPLETE"
    site.lines = ()
    third = read(site, 25, second)
    assert days(third) == {0, broken}
    assert third.failed() == {}
    assert "owed" not in third.state_of("audit_logs")
    assert days(read(site, 25, third)) == {0}


@pytest.mark.slow
def test_days_that_cannot_be_read_are_owed_by_every_state_behind_them() -> None:
    site = Broken(20, 10)
    first = read(site, 25)
    site.lines = ()
    for place, state in first.checkpoints:
        rest = Sync(site, "audit_logs", state=[state], **{**CONFIG, "start_date": text(NOW - 25 * DAY)})
        assert days(first, place) | days(rest) == {0, 10, 20}


def test_a_state_does_not_go_back_for_the_days_that_it_owes() -> None:
    site = Broken(20)
    first = read(site, 25)
    site.lines = ()
    second = read(site, 25, first)
    assert {state.stream.stream_state.created for _, state in second.checkpoints if state.stream} == {text(NOW)}  # type: ignore[union-attr]


def test_a_line_at_the_end_of_a_day_that_is_owed_does_not_come_again() -> None:
    site = Broken(20)
    site.rows["/v1/logs"] = [{"created": text(NOW - 20 * DAY), "message": "at the end of the broken day"}]
    first = read(site, 25)
    assert days(first) == {20}  # by the day behind it
    site.lines = ()
    second = read(site, 25, first)
    assert (days(second), second.failed()) == (set(), {})


def test_a_full_refresh_owes_nothing_of_the_syncs_before() -> None:
    site = Broken(20)
    first = read(site, 25)
    site.lines = ()
    again = Sync(
        site,
        "audit_logs",
        state=first.states,
        mode=SyncMode.full_refresh,
        **{**CONFIG, "start_date": text(NOW - 25 * DAY)},
    )
    assert [row["message"] for row in again.rows("audit_logs")] == ["line 20", "line 10", "line 0"]


@pytest.mark.slow
def test_a_day_is_owed_until_it_is_not_kept_any_more() -> None:
    site = Broken(20)
    first = read(site, 25)
    site.now += 170 * DAY
    second = read(site, 25, first)
    assert second.failed() == {}
    assert "owed" not in second.state_of("audit_logs")
    assert second.warned_of("audit_logs", "keeps the audit log for 180 days", "2026-11")


@pytest.mark.slow
def test_a_day_of_which_a_part_is_not_kept_any_more_is_not_owed_once_the_rest_was_read() -> None:
    site = Broken(20)
    first = read(site, 25)
    site.lines = ()
    site.now += 159 * DAY + 12 * HOUR
    second = read(site, 25, first)
    assert second.failed() == {}
    assert "owed" not in second.state_of("audit_logs")


def test_a_day_that_is_owed_waits_while_the_start_date_is_later() -> None:
    site = Broken(20)
    first = read(site, 25)
    second = read(site, 15, first)
    assert second.failed() == {}
    assert second.warnings("audit_logs") == []
    site.lines = ()
    assert days(read(site, 25, second)) == {0, 20}


@pytest.mark.slow
@pytest.mark.parametrize("owed", ["soon", "2026-11-01T00:00:00.000Z", "2026-11-01T00:00:00.000Z/soon", "/"])
def test_a_state_that_owes_days_which_cannot_be_read_is_not_used(owed: str, site: RandomSite) -> None:
    state = state_message("audit_logs", created=text(NOW - HOUR), owed={owed: None})
    sync = Sync(site, "audit_logs", state=[state], **CONFIG)
    assert sync.warned_of("audit_logs", "cannot be read")
    assert 10 in days(sync)


def test_a_log_of_which_every_day_fails_is_owed_as_a_whole() -> None:
    site = Broken(*range(-1, 31), status=400)
    first = read(site, 25)
    assert days(first) == set()
    assert "25 objects could not be read" in first.failed()["audit_logs"]
    site.lines = ()
    second = read(site, 25, first)
    assert (days(second), second.failed()) == ({0, 10, 20}, {})


@pytest.mark.slow
@pytest.mark.parametrize(("status", "are_divided"), [(400, True), (503, False)])
def test_days_that_all_fail_for_a_reason_that_may_pass_are_not_divided(status: int, are_divided: bool) -> None:
    site = Broken(*range(-1, 31), status=status)
    first = read(site, 25)
    owed = read(site, 25, first).state_of("audit_logs")["owed"]
    assert (len(owed) >= 50) is are_divided
    assert len(owed) >= 25


def owing(*broken: int) -> AirbyteStateMessage:
    """Return a state that owes the days with some lines."""
    spans = [f"{text(NOW - (day + 1) * DAY)}/{text(NOW - day * DAY)}" for day in broken]
    return state_message("audit_logs", created=text(NOW), owed=dict.fromkeys(spans))


def test_a_day_that_is_owed_is_read_without_a_start_date_too(site: RandomSite) -> None:
    sync = Sync(site, "audit_logs", state=[owing(20)], **{**CONFIG, "start_date": None})
    assert days(sync) == {0, 20}
    assert "owed" not in sync.state_of("audit_logs")


def test_a_log_that_is_refused_is_not_asked_for_each_day_that_is_owed() -> None:
    site = Refusing(1)
    site.left = 0
    sync = Sync(site, "audit_logs", state=[owing(10, 20, 30)], **CONFIG)
    assert sync.warned_of("audit_logs", "the stream is skipped")
    assert sum("/v1/logs" in address for address in site.calls.elements()) == 2
    assert len(sync.state_of("audit_logs")["owed"]) == 3


class Large(Broken):
    """A site whose answers for the broken days are too large, unless they are asked for in parts."""

    def _logs(self, params: dict[str, str]) -> Any:
        start, end = (millis(params[name]) for name in ("startTime", "endTime"))
        return super()._logs(params) if end - start > 3 * HOUR else RandomSite._logs(self, params)


@pytest.mark.parametrize("status", [400, 504])
def test_a_day_whose_answer_is_too_large_or_takes_too_long_is_read_in_halves(status: int) -> None:
    site = Large(20, status=status)
    syncs = [read(site, 25)]
    while syncs[-1].failed() and len(syncs) < 9:
        assert "1 object could not be read" in syncs[-1].failed()["audit_logs"]
        syncs.append(read(site, 25, syncs[-1]))
    assert set().union(*map(days, syncs)) == {0, 10, 20}
    assert "owed" not in syncs[-1].state_of("audit_logs")
    lines = [row["id"] for sync in syncs for row in sync.rows("audit_logs") if row["message"] == "line 20"]
    assert len(lines) == 1


def test_a_minute_that_cannot_be_read_is_not_divided_further() -> None:
    site = Broken(20, status=400)
    sync = read(site, 25)
    for _ in range(20):
        sync = read(site, 25, sync)
    assert "1 object could not be read" in sync.failed()["audit_logs"]
    assert len(sync.state_of("audit_logs")["owed"]) == 1
    site.lines = ()
    assert days(read(site, 25, sync)) == {0, 20}


class Down(Broken):
    """A site that answers nothing at all from the first call for the broken days on."""

    is_down = False

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call."""
        answer = super().answer(request, context)
        self.is_down = self.is_down or context.status_code == 503
        if self.is_down:
            context.status_code = 503
        return answer


def test_a_site_that_answers_nothing_any_more_ends_the_log_where_it_is() -> None:
    site = Down(20, status=503)
    first = read(site, 25)
    assert first.ended("audit_logs") == "INCOMPLETE"
    assert "objects could not be read" not in first.failed()["audit_logs"]
    assert first.state_of("audit_logs")["created"] == text(NOW - 21 * DAY)
    assert "owed" not in first.state_of("audit_logs")
    site.lines, site.is_down = (), False
    second = read(site, 25, first)
    assert (days(second), second.failed()) == ({0, 10, 20}, {})


def test_a_log_that_is_refused_as_a_whole_is_skipped_after_two_calls() -> None:
    site = Refusing(1)
    site.left = 0
    sync = read(site, 25)
    assert sync.warned_of("audit_logs", "the stream is skipped")
    assert sum("/v1/logs" in address for address in site.calls.elements()) == 2
    assert sync.ended("audit_logs") == "COMPLETE"
    assert sync.state_of("audit_logs") == {}
