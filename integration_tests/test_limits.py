"""Rate limits: known ones are never met; unknown ones are waited for, and the sync goes on to its end."""

from __future__ import annotations

from collections.abc import Callable

from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox

STREAMS = ("teams", "team_members", "team_roles", "team_routing_rules")
TIGHT = {"configuration": [[8, 1]]}


def test_known_limits_are_never_met(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    sandbox.settings(limits={**sandbox.settings()["limits"], **TIGHT})
    sandbox.reset_stats()
    outcome = connect(sandbox, rate_limit_share=80).read([catalog[name] for name in STREAMS])
    assert outcome.code == 0
    assert sandbox.stats()["statuses"].get("429", 0) == 0
    assert len(outcome.records["team_roles"]) == len(list(sandbox.truth("team_roles")))


def test_an_unknown_limit_is_waited_for(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    # The connector believes that it may make far more calls than this.
    sandbox.settings(limits={"configuration": [[1, 1]]}, request_limits_visible=False)
    sandbox.reset_stats()
    outcome = connect(sandbox).read([catalog["teams"], catalog["team_roles"]])
    assert outcome.code == 0, outcome.errors
    assert sandbox.stats()["statuses"]["429"] > 0
    assert len(outcome.records["team_roles"]) == len(list(sandbox.truth("team_roles")))


def test_a_429_without_headers_is_waited_for_too(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    sandbox.settings(limits={"configuration": [[1, 1]]}, request_limits_visible=False, throttle_headers=False)
    sandbox.reset_stats()
    outcome = connect(sandbox).hurried.read([catalog["teams"]])
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["teams"]) == len(list(sandbox.truth("teams")))


def test_a_team_key_reads_its_team_at_the_fallback_pace(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    catalog = connect(sandbox).catalog()
    outcome = connect(sandbox, "team").hurried.read([catalog["teams"]])
    assert outcome.code == 0, outcome.errors
    assert any("74 calls a minute" in line for line in outcome.logs)
