"""The whole connector against random migrated accounts: every row comes out once, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessage
from hypothesis import given, settings
from hypothesis import strategies as st

from unit_tests.random_site import CONFIG, MARK, RandomSite
from unit_tests.simulated import Row, Sync

ACCOUNTS = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 12

# Made of the rows of another list, without a call: of each row one.
MADE_OF = {"user_teams": "team_members", "service_audience_templates": "services"}
ALERTS = ("alerts", "alert_details", "alert_logs", "alert_notes")

SEEDS = st.integers(0, 2**32)


pytestmark = pytest.mark.usefixtures("hurried_site")


def marks(rows: list[Row]) -> Counter[int]:
    return Counter(row[MARK] for row in rows)


@pytest.mark.slow
@settings(max_examples=ACCOUNTS)
@given(seed=SEEDS, fails=st.sampled_from([0.0, 0.05, 0.2]))
def test_every_row_of_any_account_comes_out_once(seed: int, fails: float) -> None:
    site = RandomSite(seed, fails=fails)
    names = [*site.streams, "alert_details", *MADE_OF]
    sync = Sync(site, *names, **CONFIG)
    assert sync.error == ""
    assert sync.failed() == {}
    for name in names:
        assert sync.ended(name) == "COMPLETE", name
        if name in MADE_OF:
            assert len(sync.rows(name)) == site.marks(MADE_OF[name]).total()
        else:
            assert marks(sync.rows(name)) == site.marks("alerts" if name == "alert_details" else name), name


@pytest.mark.slow
@settings(max_examples=2 * ACCOUNTS)
@given(seed=SEEDS, churn=st.sampled_from([0.05, 0.15, 0.3]), fails=st.sampled_from([0.0, 0.1]))
def test_nothing_is_lost_of_alerts_that_change_while_they_are_read_by_syncs_that_are_killed(
    seed: int, churn: float, fails: float
) -> None:
    site, draw = RandomSite(seed, churn=churn, fails=fails), random.Random(seed)  # noqa: S311 - no secret
    held: dict[str, list[Row]] = {name: [] for name in ALERTS}
    states: list[AirbyteStateMessage] = []
    for last in (False, False, True):
        site.churn = 0.0 if last else churn
        sync = Sync(site, *ALERTS, state=states, **CONFIG)
        assert sync.error == ""
        killed = len(sync.messages) if last else draw.randint(0, len(sync.messages))
        for name in ALERTS:
            held[name] += sync.rows(name, killed)
        given_out = [state for number, state in sync.checkpoints if number < killed]
        latest = {state.stream.stream_descriptor.name: state for state in (*states, *given_out) if state.stream}
        states = list(latest.values())
    for name in ("alerts", "alert_details"):
        now = {row["id"]: row["updatedAt"] for row in held[name]}  # the last one that came
        assert {row["id"]: row["updatedAt"] for row in site.rows["/v1/alerts"]}.items() <= now.items()
    for name in ("alert_logs", "alert_notes"):
        assert site.marks(name).keys() <= marks(held[name]).keys()
        keys = {(row["alert_id"], row["offset"]): row[MARK] for row in held[name]}
        assert len(keys) == len(marks(held[name])), "two rows have one key"


class Expiring(RandomSite):
    """A site whose token expires after some calls; it is then refused in some words."""

    def __init__(self, seed: int, words: str) -> None:
        super().__init__(seed)
        self.left: int | None = random.Random(seed).randint(3, 120)  # noqa: S311 - no secret
        self.words = words

    def answer(self, request: Any, context: Any) -> bytes:
        """Answer one call, or refuse it."""
        if self.left is not None and "tenant_info" not in request.url:
            self.left -= 1
            if self.left < 0:
                context.status_code = 401
                return json.dumps({"code": 401, "message": self.words}).encode()
        return super().answer(request, context)


@pytest.mark.slow
@settings(max_examples=2 * ACCOUNTS)
@given(seed=SEEDS, words=st.sampled_from(["Unauthorized", "Unauthorized; scope does not match"]))
def test_nothing_is_lost_when_the_token_expires_during_a_sync(seed: int, words: str) -> None:
    site = Expiring(seed, words)
    names = (*ALERTS, "alert_attachments", "schedule_timelines", "audit_logs")
    first = Sync(site, *names, **CONFIG)
    site.left = None
    second = Sync(site, *names, state=first.states, **CONFIG)
    assert second.failed() == {}
    for name in names:
        assert (
            marks([*first.rows(name), *second.rows(name)]).keys()
            == site.marks("alerts" if name == "alert_details" else name).keys()
        ), name
