"""An account that has moved to JSM Operations: its syncs go on from Opsgenie's states."""

from __future__ import annotations

import pytest

from unit_tests.random_site import CONFIG, RandomSite
from unit_tests.simulated import DAY, NOW, Account, Sync, millis, state_message

NAMES = ("alerts", "alert_notes")
EVERYTHING = {**CONFIG, "start_date": None}


@pytest.mark.usefixtures("naps")
def test_the_first_sync_after_the_move_goes_on_from_the_state_and_says_so_once() -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - DAY)  # later than all of the site's
    assert Sync(site, "alerts", **EVERYTHING).rows("alerts") != []
    before = Sync(account, *NAMES)
    after = Sync(site, *NAMES, state=before.states, **EVERYTHING)
    assert after.failed() == {}
    assert [after.rows(name) for name in NAMES] == [[], []]
    assert [after.warnings(name) for name in NAMES] == [[], []]
    lines = [each.log.message for each in after.messages if each.log]
    (said,) = [line for line in lines if "The state was made from Opsgenie" in line]
    assert "without a new backfill" in said
    assert not any(after.state_of(name)["account"].startswith("opsgenie:") for name in NAMES)


@pytest.mark.usefixtures("naps")
def test_a_state_of_jsm_is_not_used_for_opsgenie() -> None:
    account, site = Account(), RandomSite(1)
    account.alert("a", NOW - 90 * DAY)
    before = Sync(site, "alerts", **EVERYTHING)
    after = Sync(account, "alerts", state=before.states)
    assert after.ids("alerts") == {"a"}
    assert after.warned_of("alerts", "another Opsgenie account or host", "starts from the beginning")


@pytest.mark.usefixtures("naps")
def test_before_a_state_is_used_for_a_site_the_site_tells_its_time() -> None:
    site = RandomSite(1)
    site.now = millis("2020-01-01T00:00:00.000Z")
    sync = Sync(site, "alerts", state=[state_message("alerts", updatedAt="2020-06-01T00:00:00.000Z")], **EVERYTHING)
    assert sync.warned_of("alerts", "2020-06-01", "in the future")
