"""Web pages and texts of a gateway or proxy, which answers in the API's place, count as no answer.

Against simulated accounts. Time is patched, so that nothing waits.
"""

from __future__ import annotations

import pytest

from unit_tests.simulated import HOUR, Account, Call, Refused, Sync
from unit_tests.test_cursors import ALERTS, filled

PAGES = (
    Refused(404, "<html><head><title>404 Not Found</title></head><center>nginx</center></html>", by_gateway=True),
    Refused(403, "<!DOCTYPE HTML><HTML><H1>403 ERROR</H1>Request blocked.</HTML>", by_gateway=True),
)
TEXTS = (
    Refused(404, "default backend - 404", by_gateway=True),
    Refused(404, "404 page not found\n", by_gateway=True),
    Refused(402, "Payment Required", by_gateway=True),
    Refused(403, '"Forbidden"', by_gateway=True),
    Refused(410, '{"message": "cut o', by_gateway=True),
)
NOTES = f"{ALERTS}/.*/notes"

pytestmark = pytest.mark.usefixtures("naps")
every_page = pytest.mark.parametrize("page", [*PAGES, *TEXTS], ids=lambda page: f"{page.status} {str(page)[:15]}")


@pytest.mark.slow
@every_page
def test_pages_for_some_calls_cost_no_row(page: Refused) -> None:
    account = filled(ALERTS, 30)
    asked = 0

    def blocked(call: Call) -> None:
        nonlocal asked
        asked += call.path.endswith("/notes")
        account.refused = {NOTES: page} if 10 <= asked < 13 else {}

    account.before = blocked
    sync = Sync(account, "alert_notes")
    assert sync.ids("alert_notes", "alert_id") == set(account.alerts)
    assert sync.ended("alert_notes") == "COMPLETE"
    assert not sync.warnings("alert_notes")


@pytest.mark.slow
@every_page
def test_a_page_that_stays_for_one_alert_makes_it_owed(page: Refused) -> None:
    account = filled(ALERTS, 30)
    account.refused = {f"{ALERTS}/0010/notes": page}
    first = Sync(account, "alert_notes")
    assert first.ids("alert_notes", "alert_id") == set(account.alerts) - {"0010"}
    assert first.ended("alert_notes") == "INCOMPLETE"
    assert "0010" in first.error
    account.refused = {}
    account.now += HOUR
    assert "0010" in Sync(account, "alert_notes", state=first.states).ids("alert_notes", "alert_id")


@pytest.mark.slow
@every_page
def test_a_page_that_stays_for_all_alerts_is_an_error_and_not_their_deletion(page: Refused) -> None:
    account = filled(ALERTS, 3)
    account.refused = {NOTES: page}
    first = Sync(account, "alert_notes")
    assert first.ended("alert_notes") == "INCOMPLETE"
    assert f"(HTTP {page.status})" in first.error
    assert not first.warnings("alert_notes")
    account.refused = {}
    account.now += HOUR
    assert Sync(account, "alert_notes", state=first.states).ids("alert_notes", "alert_id") == set(account.alerts)


@every_page
def test_a_list_behind_a_page_fails_with_its_child_streams(page: Refused) -> None:
    account = Account()
    account.users = [{"id": "u", "username": "u@example.net"}]
    account.refused = {"/v2/users": page}
    sync = Sync(account, "users", "contacts")
    assert sync.ended("users") == sync.ended("contacts") == "INCOMPLETE"
    what = "a web page instead of JSON" if page in PAGES else "an answer that is cut off or not JSON"
    if page is TEXTS[3]:
        what = "JSON that is neither an object nor an array"
    why = f"api.opsgenie.com answers /v2/users with {what} (HTTP {page.status})"
    assert all(why in sync.failed()[name] for name in ("users", "contacts"))


@pytest.mark.parametrize("page", [PAGES[1], TEXTS[0]], ids=["page", "text"])
def test_behind_pages_for_every_call_each_object_is_not_tried_for_itself(page: Refused) -> None:
    """A server that answers with pages or texts alone does not show that the API works."""
    account = filled(ALERTS, 30)

    def blocked(call: Call) -> None:
        if call.path.endswith("/notes"):
            account.refused = {".*": page}

    account.before = blocked
    first = Sync(account, "alert_notes")
    assert first.ended("alert_notes") == "INCOMPLETE"
    assert account.asked(NOTES) < 30
    assert "createdAt" not in first.state_of("alert_notes")
