"""Notification rules: tens of thousands, each at a call of its own, so they come as they are read.

Against a simulated account.
"""

from __future__ import annotations

import threading

import pytest
import requests_mock
from airbyte_cdk.models import SyncMode

from source_opsgenie.config import Config
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from unit_tests.simulated import CONFIG, Account, Sync

RULES, STEPS = "notification_rules", "notification_rule_steps"
MANY, USERS, EACH = 120, 30, 3
ONE_RULE = "/v2/users/[^/]+/notification-rules/[^/]+"


def filled(count: int = USERS) -> Account:
    account = Account()
    account.users = [{"id": f"u{number}", "username": f"{number:04}@example.net"} for number in range(count)]
    for user in account.users:
        path = f"/v2/users/{user['id']}/notification-rules"
        rules = [{"id": f"{user['id']} r{number}", "name": "n"} for number in range(EACH)]
        account.below[path] = rules
        for rule in rules:
            account.below[f"{path}/{rule['id']}"] = {**rule, "steps": [{"id": "s1"}, {"id": "s2"}]}
    return account


@pytest.mark.slow
@pytest.mark.parametrize("selected", [{RULES}, {RULES, STEPS}])
def test_a_rule_comes_as_soon_as_it_is_read(selected: set[str]) -> None:
    account = filled(MANY)
    context = context_of(Config.parse(CONFIG), threading.Event(), frozenset(selected))
    streams = {stream.name: stream for stream in create_streams(context)}
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, content=account.answer)
        came = 0
        for _ in streams[RULES].read_records(SyncMode.full_refresh):
            came += 1
            # What was asked for and has not come yet is bounded by the calls under way, however many users there are.
            assert account.asked(ONE_RULE) - came <= EACH
            assert account.asked("/v2/users/[^/]+/notification-rules") * EACH - came <= 4 * EACH
    assert came == MANY * EACH


@pytest.mark.slow
@pytest.mark.parametrize("names", [(RULES,), (STEPS,), (RULES, STEPS), (STEPS, RULES)])
@pytest.mark.parametrize("workers", [1, 10])
def test_each_rule_is_asked_for_once(names: tuple[str, ...], workers: int) -> None:
    account = filled()
    sync = Sync(account, *names, num_workers=workers)
    assert account.asked(ONE_RULE) == USERS * EACH
    assert account.asked("/v2/users/[^/]+/notification-rules") == USERS
    assert account.asked(f"{ONE_RULE}/steps") == 0
    for name, count in ((RULES, EACH), (STEPS, 2 * EACH)):
        assert len(sync.rows(name)) == (USERS * count if name in names else 0)
    keys = {(row["user_id"], row["rule_id"], row["id"]) for row in sync.rows(STEPS)}
    assert len(keys) == len(sync.rows(STEPS))


@pytest.mark.parametrize("selected", [(STEPS,), (RULES, STEPS)])
def test_users_whose_rules_are_refused_are_named_by_each_stream(selected: tuple[str, ...]) -> None:
    account = filled()
    account.users = account.users[:3]
    account.refused["/v2/users/u1/notification-rules"] = 403
    sync = Sync(account, *selected)
    for name in selected:
        (warning,) = sync.warnings(name)
        assert f"{name}: the rows of 1 user were skipped" in warning
        assert "u1" in warning
        assert sync.ended(name) == "COMPLETE"


@pytest.mark.parametrize("selected", [(STEPS,), (RULES, STEPS)])
def test_rules_that_are_refused_are_named_beside_the_users_whose_rules_are(selected: tuple[str, ...]) -> None:
    account = filled()
    account.users = account.users[:3]
    rules = "/v2/users/u2/notification-rules"
    account.refused["/v2/users/u1/notification-rules"] = 403
    for place in ("u2 r0", "u2 r0/steps", "u2 r1", "u2 r1/steps"):
        account.refused[f"{rules}/{place}"] = 403
    warnings = " ".join(Sync(account, *selected).warnings(STEPS))
    assert "the rows of 1 user were skipped" in warnings
    assert "the rows of 2 notification rules were skipped" in warnings
    assert all(name in warnings for name in ("u1", "u2 r0, u2 r1"))


def test_a_step_of_a_rule_without_a_name_names_the_rule_by_its_id_and_one_that_is_no_object_is_left_out() -> None:
    account = filled(1)
    path = "/v2/users/u0/notification-rules"
    account.below[path] = [{"id": "r0"}]
    account.below[f"{path}/r0"] = {"id": "r0", "steps": ["odd", {"id": "s1"}]}
    sync = Sync(account, STEPS)
    (step,) = sync.rows(STEPS)
    assert step["_parent"] == {"id": "r0"}
    assert sync.ended(STEPS) == "COMPLETE"


@pytest.mark.slow
def test_steps_of_a_rule_that_may_not_be_read_are_asked_for() -> None:
    account = filled()
    path = "/v2/users/u7/notification-rules/u7 r1"
    account.refused[path] = 403
    account.below[f"{path}/steps"] = [{"id": "s9"}]
    sync = Sync(account, RULES, STEPS)
    assert {row["id"] for row in sync.rows(STEPS) if row["rule_id"] == "u7 r1"} == {"s9"}
    assert account.asked(f"{ONE_RULE}/steps") == 1
    assert len(sync.rows(RULES)) == USERS * EACH


@pytest.mark.parametrize("selected", [(STEPS,), (RULES, STEPS)])
def test_a_refusal_of_the_steps_of_one_rule_decides_for_that_rule_and_lists_no_rule_again(
    selected: tuple[str, ...],
) -> None:
    account = filled(1)
    for number in range(EACH):
        path = f"/v2/users/u0/notification-rules/u0 r{number}"
        del account.below[path]["steps"]
        account.below[f"{path}/steps"] = [{"id": "s9"}]
    account.refused["/v2/users/u0/notification-rules/u0 r0/steps"] = 402  # as if the plan had none
    sync = Sync(account, *selected, "escalations")
    assert sync.ids(STEPS, "rule_id") == {"u0 r1", "u0 r2"}
    assert account.asked(ONE_RULE) == EACH


@pytest.mark.slow
@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize("names", [(STEPS,), (RULES, STEPS)])
def test_users_whose_rules_fail_are_missing_in_both_streams_by_name(names: tuple[str, ...]) -> None:
    account = filled()
    account.refused["/v2/users/u7/notification-rules"] = 400
    sync = Sync(account, *names)
    assert set(sync.failed()) == set(names)
    assert all("u7" in message for message in sync.failed().values())
    assert len(sync.rows(STEPS)) == (USERS - 1) * EACH * 2
