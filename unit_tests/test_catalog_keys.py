"""Catalogs with primary keys that are not the streams' own: a destination would keep one of several rows."""

from __future__ import annotations

import pytest

from unit_tests.random_site import CONFIG, RandomSite
from unit_tests.simulated import NOW, Account, Sync

WORDS = "Refresh the source schema"


@pytest.mark.parametrize(
    ("name", "key", "lacking"),
    [
        pytest.param("alert_recipients", [["user_id"]], "'alert_id'", id="of Airbyte's own connector"),
        pytest.param("alert_recipients", [["alert_id"], ["user_id"]], "", id="the stream's own"),
        pytest.param("alert_recipients", [["user_id"], ["alert_id"], ["method"]], "", id="a finer one"),
        pytest.param("alert_recipients", [], "", id="none"),
        pytest.param("team_logs", [["team_id"]], "'createdDate', 'owner', 'log'", id="several columns"),
    ],
)
def test_a_key_that_does_not_tell_rows_apart_is_named(name: str, key: list[list[str]], lacking: str) -> None:
    account = Account()
    account.alert("a", NOW - 1)
    sync = Sync(account, name, keys={name: key})
    assert sync.ended(name) == "COMPLETE"
    assert sync.warned_of(name, WORDS, f"does not contain {lacking}") is bool(lacking)
    assert len(sync.warnings(name)) == bool(lacking)


@pytest.mark.usefixtures("hurried_site")
def test_a_key_from_before_the_move_is_named() -> None:
    sync = Sync(RandomSite(1), "heartbeats", keys={"heartbeats": [["name"]]}, **{**CONFIG, "start_date": None})
    assert sync.warned_of("heartbeats", WORDS, "does not contain 'team_id'")
