"""Tables that the configured API does not have. Against a simulated account."""

from __future__ import annotations

import pytest

from unit_tests.simulated import Account, Refused, Sync, state_message

STATE = {"endDate": "2026-11-01T00:00:00.000Z"}


def test_a_table_of_the_other_api_ends_well_with_its_reason_and_keeps_its_state() -> None:
    sync = Sync(Account(), "audit_logs", "users", state=[state_message("audit_logs", **STATE)])
    assert sync.error == ""
    assert sync.ended("audit_logs") == "COMPLETE"
    assert sync.rows("audit_logs") == []
    assert sync.state_of("audit_logs") == STATE
    (warning,) = sync.warnings("audit_logs")
    assert "Opsgenie does not have it" in warning


def test_a_sync_of_nothing_but_such_a_table_does_not_pass_as_one_that_read_something() -> None:
    sync = Sync(Account(), "audit_logs")
    assert "audit_logs" in sync.error
    assert sync.ended("audit_logs") == "INCOMPLETE"


@pytest.mark.parametrize("status", [402, 403, 404, 410])
def test_no_stream_is_complete_if_all_are_refused(status: int) -> None:
    """As after the end of Opsgenie: a destination replaces the table of a stream that is complete by what was read."""
    account = Account()
    account.refused = {".*": Refused(status, "Opsgenie has ended.")}
    names = ("alerts", "alert_notes", "teams", "team_logs", "users")
    sync = Sync(account, *names)
    assert "every selected stream was skipped" in sync.error
    assert "fill in 'jira_service_management'" in sync.error
    assert {sync.ended(name) for name in names} == {"INCOMPLETE"}


@pytest.mark.parametrize("named", [["teams", "users"], ["users", "teams"], ["teams", "alerts"]])
def test_a_refused_stream_is_complete_if_another_one_was_read(named: list[str]) -> None:
    account = Account()
    account.users = [{"id": "u", "username": "u"}]
    account.refused = {"/v2/teams": 403}
    sync = Sync(account, *named)
    assert sync.error == ""
    assert {sync.ended(name) for name in named} == {"COMPLETE"}
