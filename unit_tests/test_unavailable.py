"""Tables that the configured API does not have. Against a simulated account."""

from __future__ import annotations

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
    assert "audit_logs" in Sync(Account(), "audit_logs").error


def test_a_sync_whose_every_stream_is_refused_says_where_the_account_may_be() -> None:
    account = Account()
    account.refused = {".*": Refused(403, "Opsgenie has ended.")}
    sync = Sync(account, "alerts", "teams")
    assert "every selected stream was skipped" in sync.error
    assert "fill in 'jira_service_management'" in sync.error
