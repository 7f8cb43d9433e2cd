"""A caller that loses rights while a list is read gets empty or shorter lists, and no error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from unit_tests.random_site import CONFIG, MARK, RandomSite
from unit_tests.simulated import DAY, HOUR, NOW, Account, Call, Sync, text

COUNT = 250  # three pages, or five of JSM, and more than a child stream reads between two states
BELOW = {"alerts": "id", "alert_notes": "alert_id", "incidents": "id", "incident_notes": "incident_id"}
LOST = "had rows when the stream began, and has none now"


class Opsgenie(Account):
    """An account of which a key sees less and less."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.kind = self.alerts if name.startswith("alert") else self.incidents
        self.path = "/v2/alerts" if name.startswith("alert") else "/v1/incidents"
        for number in range(COUNT):
            moment = NOW - 30 * DAY + number
            (self.alert if name.startswith("alert") else self.incident)(f"a{number}", moment)
            self.leave(f"{self.path}/a{number}/notes", moment)

    def change_all(self) -> None:
        """Change every alert or incident at a time of its own."""
        for number in range(COUNT):
            self.change(f"a{number}", self.now - HOUR + number)

    def lose(self, after: int, kept: Iterable[str] = ()) -> None:
        """After so many pages of the list, show only some of it."""
        pages, every, seen = 0, dict(self.kind), set(kept)

        def before(call: Call) -> None:
            nonlocal pages
            pages += call.path == self.path
            if pages > after:
                for name in every.keys() - seen:
                    self.kind.pop(name, None)

        def restore() -> None:
            self.before = lambda _: None
            self.kind.update(every)

        self.before, self.restore = before, restore

    restore: Callable[[], None]


class Jsm(RandomSite):
    """A site of which the owner of a token sees less and less. It does not sort by change."""

    def __init__(self, _: str) -> None:
        super().__init__(2)
        self.sort, self.size = "ignored", 50
        self.config = {**CONFIG, "start_date": None}
        self.every = self.seen = [self._row(number, NOW - 30 * DAY + number) for number in range(COUNT)]
        for row in self.every:
            self.rows[f"/v1/alerts/{row['id']}/notes"] = [{"id": f"n{row['id']}", "note": "n", MARK: 1}]
        self.pages, self.after = 0, 10**6

    @staticmethod
    def _row(number: int, updated: int) -> dict[str, Any]:
        created = text(NOW - 30 * DAY + number)
        return {"id": f"a{number}", "status": "closed", "createdAt": created, "updatedAt": text(updated)}

    def change_all(self) -> None:
        self.every = self.seen = [self._row(number, self.now - HOUR + number) for number in range(COUNT)]

    def lose(self, after: int, kept: Iterable[str] = ()) -> None:
        names = set(kept)
        self.pages, self.after = 0, after
        self.seen = [row for row in self.every if row["id"] in names]

    def restore(self) -> None:
        self.after = 10**6

    def _alerts(self, params: dict[str, str]) -> Any:
        self.pages += 1
        self.rows["/v1/alerts"] = self.every if self.pages <= self.after else self.seen
        return super()._alerts(params)


CASES = [(Opsgenie, name) for name in BELOW] + [(Jsm, name) for name in ("alerts", "alert_notes")]
every = {f"a{number}" for number in range(COUNT)}


def lost_after(*pages: int) -> list[tuple[type[Opsgenie | Jsm], str, int]]:
    """Return the cases after each number of pages; child streams, which take a call a row, after every other one."""
    return [(make, name, after) for make, name in CASES for after in (pages[::2] if name.endswith("notes") else pages)]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "name", "after"), lost_after(1, 2, 3, 4))
@pytest.mark.usefixtures("hurried_site")
def test_a_list_that_turns_empty_while_it_is_read_is_an_error_and_the_next_sync_goes_on(
    make: type[Opsgenie | Jsm], name: str, after: int
) -> None:
    account, column = make(name), BELOW[name]
    account.lose(after)
    first = Sync(account, name)
    read = first.ids(name, column)
    if 0 < len(read) < COUNT:
        assert LOST in first.failed()[name]
        assert first.ended(name) == "INCOMPLETE"
    again = Sync(account, name, state=first.states)  # before the right is restored
    assert again.rows(name) == []
    account.restore()
    last = Sync(account, name, state=again.states)
    assert last.ended(name) == "COMPLETE"
    assert read | last.ids(name, column) == every


@pytest.mark.parametrize(("name", "after"), [("alerts", 2), ("incidents", 4)])
def test_a_list_that_turns_empty_and_is_then_refused_is_not_read_to_its_end(name: str, after: int) -> None:
    account = Opsgenie(name)
    account.lose(after)
    lose = account.before

    def refuse(call: Call) -> None:
        lose(call)
        if not account.kind and call.query.get("limit") == "1":  # the question whether any row is left
            account.refused[account.path] = 403

    account.before = refuse
    first = Sync(account, name)
    assert 0 < len(first.ids(name)) < COUNT
    assert "refused the list after part of it had been read" in first.failed()[name]
    account.refused.clear()
    account.restore()
    assert first.ids(name) | Sync(account, name, state=first.states).ids(name) == every


@pytest.mark.slow
@pytest.mark.parametrize(("make", "name", "after"), lost_after(1, 2, 3, 5))
@pytest.mark.usefixtures("hurried_site")
def test_changes_of_a_list_that_turns_empty_are_not_passed_over(
    make: type[Opsgenie | Jsm], name: str, after: int
) -> None:
    account, column = make(name), BELOW[name]
    before = Sync(account, name)
    assert before.ended(name) == "COMPLETE"
    account.now += DAY
    account.change_all()
    account.lose(after)
    first = Sync(account, name, state=before.states)
    if 0 < len(first.ids(name, column)) < COUNT:
        assert LOST in first.failed()[name]
    account.restore()
    last = Sync(account, name, state=first.states)
    assert last.ended(name) == "COMPLETE"
    assert first.ids(name, column) | last.ids(name, column) == every


@pytest.mark.slow
@pytest.mark.parametrize(("make", "name"), [case for case in CASES if case[1].startswith("alert")])
@pytest.mark.usefixtures("hurried_site")
def test_a_list_that_becomes_shorter_while_it_is_read_is_told(make: type[Opsgenie | Jsm], name: str) -> None:
    account = make(name)
    account.lose(3, kept=[f"a{number}" for number in range(0, COUNT, 10)])
    sync = Sync(account, name)
    assert sync.ended(name) == "COMPLETE"
    assert len(sync.rows(name)) < COUNT
    assert sync.warned_of("alerts", f"had {COUNT} rows", f"{COUNT // 10} now", f"{len(sync.rows(name))} were read")


@pytest.mark.parametrize("query", [None, "status: closed"])
def test_an_account_with_a_list_that_was_empty_all_along_is_read_without_an_error(query: str | None) -> None:
    account = Account()
    account.alert("a", NOW - DAY, status="open")
    if query is None:
        account.alerts.clear()
    sync = Sync(account, "alerts", alert_query=query)
    assert sync.failed() == {}
    assert sync.warnings("alerts") == []


def test_alerts_that_no_longer_match_the_users_query_are_no_lost_right() -> None:
    account = Account()
    for number in range(3):
        account.alert(f"a{number}", NOW - DAY + number, status="open")

    def close(call: Call) -> None:
        if account.asked("/v2/alerts") == 2:
            for row in account.alerts.values():
                row["status"] = "closed"

    account.before = close
    sync = Sync(account, "alerts", alert_query="status: open")
    assert sync.rows("alerts") == []
    assert sync.failed() == {}
    assert sync.warnings("alerts") == []


@pytest.mark.usefixtures("hurried_site")
def test_a_stream_that_begins_after_the_list_has_turned_empty_ends_with_the_error_too() -> None:
    site = Jsm("")
    site.lose(5)
    sync = Sync(site, "alerts", "alert_notes")
    assert all(LOST in sync.failed()[name] for name in ("alerts", "alert_notes"))


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
@pytest.mark.usefixtures("hurried_site")
def test_alerts_that_are_hidden_since_the_last_sync_are_told_once_and_not_passed_over(name: str) -> None:
    site = Jsm("")
    before = Sync(site, "alerts", "alert_notes")
    site.now += DAY
    site.change_all()
    site.lose(0)
    hidden = Sync(site, "alerts", "alert_notes", state=before.states)
    assert hidden.ended(name) == "COMPLETE"
    (warning,) = hidden.warnings("alerts")
    assert "shows no alert, though an earlier sync read some" in warning
    site.restore()
    after = Sync(site, name, state=hidden.states)
    assert after.ids(name, BELOW[name]) == every
    assert after.warnings("alerts") == []


@pytest.mark.parametrize("name", ["alerts", "alert_notes"])
@pytest.mark.usefixtures("hurried_site")
def test_alerts_that_were_all_hidden_for_one_sync_are_not_said_to_be_unread(name: str) -> None:
    site = Jsm("")
    before = Sync(site, name)
    site.now += DAY
    site.lose(0)
    hidden = Sync(site, name, state=before.states)
    site.restore()
    site.now += DAY
    assert Sync(site, name, state=hidden.states).warnings(name) == []


@pytest.mark.usefixtures("hurried_site")
def test_a_start_date_later_than_all_alerts_hides_none() -> None:
    site = Jsm("")
    before = Sync(site, "alerts")
    after = Sync(site, "alerts", state=before.states, start_date=text(NOW - DAY)[:10])
    assert (after.ended("alerts"), after.warnings("alerts")) == ("COMPLETE", [])
