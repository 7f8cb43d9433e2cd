"""What the user learns of a key before the copy."""

from __future__ import annotations

from archive.sight import TEAM_KEY, Sight
from source_opsgenie.jsm.check import NO_TEAM_IN_CHECK
from source_opsgenie.streams.list_check import DESELECT

LACKING = 'Opsgenie says "No" (request %d): the key lacks Configuration Access (Settings > API key management)'
USERS = f"users: a sync cannot read this stream, because {LACKING % 1}. Nor can it read the child streams: contacts, "
USERS += f"notification_rules. {DESELECT}"
TEAMS = f"teams: a sync cannot read this stream, because {LACKING % 2}. {DESELECT}"
ACCOUNT = f"account: a sync cannot read this stream, because Opsgenie has retired it. {DESELECT}"
KEY = 'Opsgenie says "No": the key lacks Configuration Access (Settings > API key management).'


def test_streams_that_cannot_be_read_are_counted_and_named_by_reason() -> None:
    count, first, second, advice = Sight.of([USERS, TEAMS, ACCOUNT]).before(
        ["alerts", "users", "contacts", "notification_rules", "teams", "account"]
    )
    assert count == "5 of 6 streams cannot be read."
    assert first == f"4 streams will be skipped (users, contacts, notification_rules, teams), because {KEY}"
    assert second == "1 stream will be skipped (account), because Opsgenie has retired it."
    assert "press Ctrl-C" in advice


def test_streams_that_are_not_selected_do_not_matter() -> None:
    assert Sight.of([USERS, TEAMS]).before(["alerts", "teams"])[0] == "1 of 2 streams cannot be read."
    assert Sight.of([USERS, TEAMS]).before(["alerts"]) == []
    assert Sight.of([]).before(["alerts"]) == []


def test_a_key_of_a_team_is_recognized() -> None:
    assert Sight.of([USERS, ACCOUNT]).limits == [TEAM_KEY]
    assert TEAM_KEY in Sight.of([USERS, ACCOUNT]).before(["alerts"])
    assert Sight.of([USERS, ACCOUNT, TEAMS]).limits == []


def test_a_token_that_sees_no_team_and_other_warnings_are_told() -> None:
    sight = Sight.of([NO_TEAM_IN_CHECK, "The configuration has an unknown field 'x': it has no effect."])
    assert sight.limits == [NO_TEAM_IN_CHECK]
    told = sight.before(["alerts"])
    assert told[0] == NO_TEAM_IN_CHECK
    assert told[-1] == "Warning: The configuration has an unknown field 'x': it has no effect."
