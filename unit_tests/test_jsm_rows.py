"""JSM's rows become the connector's: the same columns as Opsgenie's, and nothing received is lost.

The answers are the sandbox's samples, one of each endpoint. What they become is written out here, and fits the schema
that both APIs share.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from source_opsgenie.jsm import catalog
from source_opsgenie.jsm.paging import bare_list
from source_opsgenie.jsm.rows import account, alerts, integrations, policies, schedules, services, teams, users
from source_opsgenie.jsm.rows.names import Names
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.jsm.streams.integrations import SyncActionGroups
from source_opsgenie.jsm.streams.schedules import NextOnCalls, OnCalls
from source_opsgenie.jsm.streams.timelines import periods
from source_opsgenie.records.base import Record, json_schema, write_json_texts
from source_opsgenie.records.masking import MASK, masked
from source_opsgenie.streams.catalog import name_of
from unit_tests.schemas import undeclared

Row = dict[str, Any]

PATH = Path(__file__).parents[1] / "integration_tests" / "sandbox" / "jsm" / "samples.json"
SAMPLES: dict[str, Any] = {name: sample["answer"] for name, sample in json.loads(PATH.read_text()).items()}

TEAM, TEAM_TWO = "7f2c1e0a-51d4-4c0e-9a3b-0d6f5a1b2c01", "7f2c1e0a-51d4-4c0e-9a3b-0d6f5a1b2c02"
ADA, BEN = "712020:1a2b3c4d-0001-4001-8001-00000000a001", "5f0c0ffee0ddba11c0de0002"
SCHEDULE, ESCALATION = "0b1d2e3f-1111-4222-8333-444455556661", "c0ffee00-2222-4333-8444-555566667771"
PRIMARY, NIGHTS = "0b1d2e3f-1111-4222-8333-444455556671", "0b1d2e3f-1111-4222-8333-444455556672"
ALERT = "3d9f6a70-0aaa-4bbb-8ccc-0d0d0d0d0d01-1791158400123"

# Ben hides his address.
NAMES = Names(
    {
        "users": {ADA: "user1@example.com"},
        "teams": {TEAM: "Team One", TEAM_TWO: "Team Two"},
        "schedules": {SCHEDULE: "Team One_schedule"},
        "escalations": {ESCALATION: "Team One_escalation"},
    }
)
NO_NAMES = Names()
TEAM_ROW = {"id": TEAM, "name": "Team One"}
SCHEDULE_ROW = SAMPLES["schedules"]["values"][0]
SCHEDULE_PARENT = {"id": SCHEDULE, "name": "Team One_schedule", "enabled": True}
RULE_ROW = SAMPLES["notification_rules"]["values"][0]

STREAMS: dict[str, Any] = {name_of(kind): kind for kind in catalog.STREAMS}
PARENTS = {
    "notification_rule_steps": RULE_ROW,
    "schedule_overrides": SCHEDULE_ROW,
    "on_calls": SCHEDULE_ROW,
    "next_on_calls": SCHEDULE_ROW,
    "escalations": TEAM_ROW,
}
LOGS: dict[str, Callable[[list[Row]], Iterator[Row]]] = {
    "alert_logs": alerts.alert_logs,
    "audit_logs": account.audit_logs,
}

# The rows of each table as received.
RECEIVED: dict[str, list[Any]] = {
    **{
        name: SAMPLES[name]["values"]
        for name in (
            *("alerts", "alert_logs", "alert_notes", "alert_attachments", "notification_rules"),
            *("notification_rule_steps", "contacts", "team_routing_rules", "schedules", "schedule_rotations"),
            *("schedule_overrides", "escalations", "forwarding_rules", "audit_logs", "heartbeats", "jec_channels"),
        )
    },
    "users": bare_list(SAMPLES["jira_users"]),
    "teams": SAMPLES["teams"]["platformTeams"],
    "team_members": SAMPLES["platform_team_members"]["results"],
    "team_roles": bare_list(SAMPLES["team_roles"]),
    "alert_policies": [SAMPLES["alert_policy"], *SAMPLES["team_policies_alert"]["values"]],
    "notification_policies": [SAMPLES["team_policy_notification"], *SAMPLES["team_policies_notification"]["values"]],
    "schedule_timelines": periods(SAMPLES["schedule_timeline"]),
    "on_calls": OnCalls.paging.rows_of(SAMPLES["schedule_on_calls"]),
    "next_on_calls": NextOnCalls.paging.rows_of(SAMPLES["schedule_next_on_calls"]),
    "services": SAMPLES["services"]["services"],
    "maintenance": SAMPLES["global_maintenances"]["values"] + SAMPLES["team_maintenances"]["values"],
    "integrations": [*SAMPLES["integrations"]["values"], SAMPLES["integration"]],
    "integration_actions": [*SAMPLES["integration_actions"]["values"], SAMPLES["integration_action"]],
    "syncs": [*SAMPLES["syncs"]["values"], SAMPLES["sync"]],
    "sync_actions": [*SAMPLES["sync_actions"]["values"], SAMPLES["sync_action"]],
    "sync_action_groups": SyncActionGroups.paging.rows_of(SAMPLES["sync_action_groups"]),
    "custom_user_roles": [*SAMPLES["custom_user_roles"]["values"], SAMPLES["custom_user_role"]],
}
MASKED = {name for name in RECEIVED if STREAMS[name].mask_secrets and name not in LOGS}


def translated(name: str, row: Row, names: Names = NAMES) -> Row:
    """Translate a row by the facts of its stream; for logs, which are translated together, as the only line."""
    if name in LOGS:
        return next(LOGS[name]([row]))
    if name == "teams":
        return teams.team(row)
    kind = STREAMS[name]
    made: Row = kind.translation(row, names, PARENTS.get(name, {}))
    if kind.translation is JsmStream.translation and name in MASKED:
        made = masked(made)  # the other translations mask by themselves
    return made if kind.naming is None else kind.naming(made, names)


def rows(name: str) -> list[Row]:
    """Return the samples of a table, translated."""
    return [translated(name, row) for row in RECEIVED[name]]


def assert_fits(record: type[Record], row: Row) -> None:
    row = copy.deepcopy(row)
    write_json_texts(record, row)
    assert undeclared(json_schema(record), row) == []
    assert [error.message for error in Draft7Validator(json_schema(record)).iter_errors(row)] == []


@pytest.mark.parametrize("name", RECEIVED)
def test_a_translated_row_is_one_of_the_shared_schema(name: str) -> None:
    assert RECEIVED[name]
    for row in rows(name):
        assert_fits(STREAMS[name].record, row)


# What each becomes.


def test_an_alert_has_opsgenies_columns_beside_jsms_own() -> None:
    closed, snoozed = rows("alerts")
    assert closed == {
        "id": ALERT,
        "tinyId": "4821",
        "createdAt": "2026-10-05T00:00:00.123Z",
        "updatedAt": "2026-10-05T00:19:41.5Z",
        "message": "disk almost full on db-1",
        "entity": "db-1",
        "source": "monitor-1",
        "status": "closed",
        "jsm_status": "closed",
        "alias": "disk-db-1",
        "tags": ["disk", "prod"],
        "details": {"used": "93%", "region": "eu"},
        "description": "More than 90 % of the volume is in use.",
        "acknowledged": True,
        "ackTime": "2026-10-05T00:04:10.623Z",
        "closeTime": "2026-10-05T00:19:41.5Z",
        "report": {"ackTime": 250_500, "closeTime": 1_181_377},
        "count": 3,
        "owner": "user1@example.com",
        "snoozed": False,
        "lastOccurredAt": "2026-10-05T00:03:02Z",
        "integration": {"name": "Default API", "type": "API"},
        "priority": "P2",
        "responders": [{"id": TEAM, "type": "team"}, {"id": ADA, "type": "user"}],
        "teams": [{"id": TEAM}],
        "actions": ["restart"],
        "seen": True,
        "isSeen": True,
    }
    assert (snoozed["status"], snoozed["jsm_status"]) == ("open", "snoozed")
    assert (snoozed["seen"], snoozed["isSeen"], snoozed["teams"]) == (False, False, [{"id": TEAM}])
    assert not {"report", "details", "description"} & snoozed.keys()


@pytest.mark.parametrize(
    ("received", "status"),
    [("open", "open"), ("acked", "open"), ("snoozed", "open"), ("closed", "closed"), ("resolved", "resolved"), (7, 7)],
)
def test_the_status_of_an_alert_is_opsgenies_word(received: object, status: object) -> None:
    assert alerts.alert({"status": received}) == {"status": status, "jsm_status": received}


def test_the_time_of_the_last_occurrence_is_taken_in_both_spellings() -> None:
    assert alerts.alert({"lastOccuredAt": "t"}) == {"lastOccurredAt": "t"} == alerts.alert({"lastOccurredAt": "t"})


def test_the_details_of_an_alert_are_texts() -> None:
    given_values = {"text": "a", "number": 1, "object": {"ä": [1, None]}, "null": None}
    expected = {"text": "a", "number": "1", "object": '{"ä":[1,null]}', "null": None}
    assert alerts.alert({"extraProperties": given_values}) == {"details": expected}


@pytest.mark.parametrize(("field", "column"), [("integrationName", "name"), ("integrationType", "type")])
def test_an_integration_of_which_a_part_is_known_is_shown(field: str, column: str) -> None:
    assert alerts.alert({field: "a"}) == {"integration": {column: "a"}}


def test_a_part_of_an_integration_that_is_null_stays_as_received() -> None:
    assert alerts.alert({"integrationName": None}) == {"integrationName": None}
    made = alerts.alert({"integrationName": None, "integrationType": "API"})
    assert made == {"integrationName": None, "integration": {"type": "API"}}


@pytest.mark.parametrize("at", ["soon", 5, None, "", {}])
def test_a_time_that_cannot_be_read_gives_no_report(at: object) -> None:
    assert "report" not in alerts.alert({"createdAt": "2026-10-05T00:00:00Z", "ackTime": at})
    assert "report" not in alerts.alert({"createdAt": at, "ackTime": "2026-10-05T00:00:00Z"})


def test_a_line_of_an_alerts_log_has_a_key() -> None:
    lines = list(alerts.alert_logs(RECEIVED["alert_logs"]))
    assert lines[0] == {
        "createdAt": "2026-10-05T00:00:00.123Z",
        "type": "system",
        "log": "Alert created via API[Default API]",
        "owner": "System",
        "offset": lines[0]["offset"],
    }
    assert re.fullmatch(r"1791158400123-[0-9a-f]{16}-0", lines[0]["offset"])
    assert len({line["offset"] for line in lines}) == 3


def lines_of(moments: list[str]) -> list[Row]:
    return [{"logTime": at, "logType": kind, "log": "x", "owner": "o"} for at in moments for kind in ("a", "b", "a")]


@pytest.mark.parametrize("moments", [["2026-10-05T00:00:00.1Z", "2026-10-05T00:00:00.2Z"], ["soon", "later"]])
@given(order=st.randoms(use_true_random=False))
def test_the_keys_of_lines_depend_on_neither_order_nor_page(moments: list[str], order: random.Random) -> None:
    def keys(lines: list[Row]) -> Counter[str]:
        made = [{name: value for name, value in line.items() if name != "x"} for line in alerts.alert_logs(lines)]
        return Counter(json.dumps(line, sort_keys=True) for line in made)

    lines = lines_of(moments)
    shuffled = order.sample(lines, len(lines))
    assert keys(shuffled) == keys(lines)
    assert len(keys(lines)) == len(lines)
    (alone,) = alerts.alert_logs([lines[1]])
    assert alone["offset"] in {line["offset"] for line in alerts.alert_logs(lines)}


def test_the_audit_log_has_keys_and_one_name_for_its_text() -> None:
    received = RECEIVED["audit_logs"]
    (first, second, again) = account.audit_logs([*received, received[0]])
    assert first == {**received[0], "id": first["id"]}
    assert re.fullmatch(r"1791158400200-[0-9a-f]{16}-0", first["id"])
    assert again["id"] == first["id"].removesuffix("0") + "1"
    assert second["id"] not in {first["id"], again["id"]}
    renamed = {("summary" if name == "message" else name): value for name, value in received[0].items()}
    assert list(account.audit_logs([renamed])) == [first]


def test_a_note_and_an_attachment_have_opsgenies_names() -> None:
    assert rows("alert_notes") == [{**RECEIVED["alert_notes"][0], "offset": "1791158700000000050"}]
    assert alerts.alert_note({"id": 17, "note": "n"}) == {"id": 17, "offset": "17", "note": "n"}
    assert rows("alert_attachments") == [
        {"id": "1791158500000", "name": "graph.png", "insertedAt": "2026-10-05T00:01:40Z"}
    ]


def test_a_user_of_jira_is_one_of_opsgenie() -> None:
    ada, ben = rows("users")
    assert {name: ada[name] for name in ("id", "username", "fullName", "blocked", "active", "timeZone", "locale")} == {
        "id": ADA,
        "username": "user1@example.com",
        "fullName": "User One",
        "blocked": False,
        "active": True,
        "timeZone": "Europe/London",
        "locale": "en_GB",
    }
    assert ada["avatarUrls"] == {"16x16": "https://avatars.example.com/1"}
    assert (ben["id"], ben["blocked"], "username" in ben) == (BEN, True, False)


def test_teams_and_members_have_opsgenies_names() -> None:
    assert rows("teams") == [{"id": TEAM, "name": "Team One"}, {"id": TEAM_TWO, "name": "Team Two"}]
    received = RECEIVED["teams"][0]
    described = {**SAMPLES["platform_teams"]["entities"][0], "description": "the first"}
    assert teams.team(received, described) == {"id": TEAM, "name": "Team One", "description": "the first"}
    assert rows("team_members") == [
        {"user_id": ADA, "user": {"id": ADA, "username": "user1@example.com"}},
        {"user_id": BEN, "user": {"id": BEN}},
    ]


def test_a_routing_rule_names_whom_it_notifies() -> None:
    first, default = rows("team_routing_rules")
    assert first["notify"] == {"id": ESCALATION, "type": "escalation", "name": "Team One_escalation"}
    assert default["notify"] == {"type": "none"}


def test_notification_rules_have_durations_and_schedules() -> None:
    first, turn = rows("notification_rules")
    (step,) = first["steps"]
    assert step["sendAfter"] == {"timeAmount": 0, "timeUnit": "minutes"}
    assert turn["schedules"] == [{"id": SCHEDULE, "type": "schedule", "name": "Team One_schedule"}]
    (row,) = rows("notification_rule_steps")
    assert row == {**step, "_parent": {"id": RULE_ROW["id"], "name": "New Alert"}}
    # It was taken out of a rule that was translated before.
    assert users.notification_rule_step(step, NO_NAMES, RULE_ROW) == row


def test_an_alert_policy_has_opsgenies_columns() -> None:
    policy = rows("alert_policies")[0]
    expected = {
        "type": "alert",
        "policyDescription": "prod is P1",
        "description": "{{description}}",
        "teamId": None,
        "priority": "P1",
        "updatePriority": True,
        "priorityValue": "P1",
        "timeRestrictions": {
            "type": "time-of-day",
            "restrictions": [{"startHour": 8, "startMin": 0, "endHour": 18, "endMin": 30}],
        },
        "timeRestriction": SAMPLES["alert_policy"]["timeRestriction"],
        **dict.fromkeys(("ignoreOriginalActions", "ignoreOriginalDetails", "ignoreOriginalTags"), False),
        "ignoreOriginalResponders": False,
    }
    assert {name: policy[name] for name in expected} == expected
    assert not {name for name in policy if name.startswith(("keep", "alertD"))}


def test_a_policy_that_leaves_the_priority_sets_none() -> None:
    assert policies.alert_policy({"updatePriority": False, "priorityValue": "P1"}) == {
        "updatePriority": False,
        "priorityValue": "P1",
    }


def test_the_responders_of_a_policy_are_objects() -> None:
    received = [ADA, {"id": TEAM, "type": "team"}, {"id": ADA, "type": "user"}, 3, ""]
    assert policies.alert_policy({"responders": received}) == {
        "responders": [
            {"id": ADA},
            {"id": TEAM, "type": "team"},
            {"id": ADA, "type": "user"},
            3,
            "",
        ]
    }


def test_a_notification_policy_has_opsgenies_columns() -> None:
    policy = rows("notification_policies")[0]
    assert (policy["type"], policy["teamId"], policy["policyDescription"], policy["description"]) == (
        "notification",
        TEAM,
        "",
        "",
    )
    assert "timeRestrictions" not in policy
    assert policy["delayAction"] == {
        "waitDuration": 0,
        "delayOption": "next-time",
        "delayTime": {"hours": 7, "minutes": 30},
        "untilHour": 7,
        "untilMinute": 30,
    }
    assert policy["deduplicationAction"] == {
        "waitDuration": 5,
        "frequency": 0,
        "countValueLimit": 4,
        "count": 4,
        "deduplicationActionType": "value-based",
    }
    assert policy["autoCloseAction"] == {
        "waitDuration": 2,
        "durationFormat": "hours",
        "duration": {"timeAmount": 2, "timeUnit": "hours"},
    }
    assert policy["autoRestartAction"]["duration"] == {"timeAmount": 30, "timeUnit": "minutes"}
    assert policy["autoRestartAction"]["maxRepeatCount"] == 3


@pytest.mark.parametrize("unit", [{}, {"durationFormat": None}, {"durationFormat": ""}])
def test_a_duration_whose_unit_is_not_stated_is_not_made_up(unit: Row) -> None:
    action = {"waitDuration": 5, **unit}
    assert policies.notification_policy({"autoCloseAction": action}) == {"autoCloseAction": action}


@pytest.mark.parametrize(
    ("word", "option"),
    [("nextTime", "next-time"), ("forDuration", "for-duration"), ("nextMonday", "next-monday"), ("next-x", "next-x")],
)
def test_the_option_of_a_delay_is_opsgenies_word(word: str, option: str) -> None:
    assert policies.notification_policy({"delayAction": {"delayOption": word}}) == {
        "delayAction": {"delayOption": option}
    }


def test_a_schedule_names_its_team_and_its_participants() -> None:
    (schedule,) = rows("schedules")
    assert (schedule["ownerTeam"], schedule["teamId"]) == ({"id": TEAM, "name": "Team One"}, TEAM)
    assert schedule["rotations"] == rows("schedule_rotations")
    assert [rotation["participants"] for rotation in schedule["rotations"]] == [
        [
            {"type": "user", "id": ADA, "username": "user1@example.com"},
            {"type": "user", "id": BEN},
            {"type": "none"},
        ],
        [
            {"type": "team", "id": TEAM, "name": "Team One"},
            {"type": "escalation", "id": ESCALATION, "name": "Team One_escalation"},
        ],
    ]
    bare = schedules.schedule(SCHEDULE_ROW, NO_NAMES)
    assert bare["ownerTeam"] == {"id": TEAM}
    assert bare["rotations"][1]["participants"] == SCHEDULE_ROW["rotations"][1]["participants"]


def test_an_override_says_whom_and_what_it_replaces() -> None:
    assert rows("schedule_overrides") == [
        {
            "_parent": SCHEDULE_PARENT,
            "alias": "f00dfeed-9999-4aaa-8bbb-ccccddddeee1",
            "user": {"type": "user", "id": BEN},
            "startDate": "2026-12-24T08:00:00Z",
            "endDate": "2026-12-27T08:00:00Z",
            "rotations": [{"id": PRIMARY, "name": "Primary"}],
        }
    ]
    everything = schedules.schedule_override({"responder": {"type": "noone"}, "rotationIds": None}, NAMES, {})
    assert everything == {"_parent": {}, "user": {"type": "none"}, "rotations": None}


def test_a_rotation_that_is_not_an_object_costs_no_override_its_rotation() -> None:
    schedule = {"rotations": ["other", {"id": "r", "name": "R"}]}
    made = schedules.schedule_override({"rotationIds": ["r"]}, NAMES, schedule)
    assert made["rotations"] == [{"id": "r", "name": "R"}]


def test_a_timeline_becomes_periods() -> None:
    periods = rows("schedule_timelines")
    assert Counter(period["layer"] for period in periods) == {"final": 5, "base": 1, "override": 1, "forwarding": 1}
    past, base, override, forwarded, deleted = periods[:5]
    assert past == {
        "layer": "final",
        "rotation_id": PRIMARY,
        "rotation_name": "Primary",
        "rotation_order": 1,
        "rotation_deleted": False,
        "startDate": "2026-10-01T00:00:00Z",
        "endDate": "2026-10-05T08:00:00Z",
        "type": "historical",
        "recipient": {"id": ESCALATION, "type": "escalation", "name": "Team One_escalation"},
        "flattenedRecipients": [
            {"id": ADA, "type": "user", "name": "user1@example.com"},
            {"id": BEN, "type": "user"},
        ],
    }
    assert (base["type"], base["recipient"]["id"]) == ("default", ADA)
    assert override["type"] == "override"
    assert forwarded["fromUser"] == {"id": ADA, "type": "user", "deleted": False, "name": "user1@example.com"}
    assert (deleted["rotation_order"], deleted["rotation_deleted"]) == (None, True)
    assert deleted["recipient"] == {"type": "none"}


def test_who_is_on_call_is_named_at_any_depth() -> None:
    (now,) = rows("on_calls")
    assert now == {
        "_parent": SCHEDULE_PARENT,
        "onCallParticipants": [
            {"id": TEAM, "type": "team", "name": "Team One"},
            {
                "id": ESCALATION,
                "type": "escalation",
                "name": "Team One_escalation",
                "onCallParticipants": [
                    {
                        "id": BEN,
                        "type": "user",
                        "forwardedFrom": {"id": ADA, "type": "user", "name": "user1@example.com"},
                    }
                ],
            },
        ],
    }
    (then,) = rows("next_on_calls")
    assert then == {"_parent": SCHEDULE_PARENT, "nextOnCallRecipients": [{"id": BEN, "type": "user"}]}
    nested = {"nextOnCallParticipants": [{"type": "escalation", "nextOnCallParticipants": [{"type": "noone"}]}]}
    assert schedules.next_on_call(nested, NAMES, {})["nextOnCallRecipients"] == [
        {"type": "escalation", "onCallParticipants": [{"type": "none"}]}
    ]


def test_participants_may_be_nested_deeper_than_the_stack_reaches() -> None:
    inside: list[Any] = [{"type": "noone"}]
    for _ in range(5_000):
        inside = [{"type": "escalation", "id": ESCALATION, "onCallParticipants": inside}]
    made = schedules.on_call({"onCallParticipants": inside}, NAMES, {})["onCallParticipants"]
    for _ in range(5_000):
        assert made[0]["name"] == "Team One_escalation"
        made = made[0]["onCallParticipants"]
    assert made == [{"type": "none"}]


def test_an_escalation_has_opsgenies_columns() -> None:
    (escalation,) = rows("escalations")
    assert (escalation["ownerTeam"], escalation["enabled"]) == (TEAM_ROW, True)
    assert [rule["delay"] for rule in escalation["rules"]] == [
        {"timeAmount": 1, "timeUnit": "minutes"},
        {"timeAmount": 30, "timeUnit": "minutes"},
    ]
    assert [rule["recipient"] for rule in escalation["rules"]] == [
        {"id": SCHEDULE, "type": "schedule", "name": "Team One_schedule"},
        {"id": TEAM, "type": "team", "name": "Team One"},
    ]


def test_a_truth_value_is_no_duration() -> None:
    row = {"rules": [{"delay": True}]}
    assert schedules.escalation(row, NAMES) == row


def test_a_forwarding_rule_names_its_users() -> None:
    assert rows("forwarding_rules") == [
        {
            "id": "beadface-aaaa-4bbb-8ccc-ddddeeeefff1",
            "fromUser": {"id": ADA, "username": "user1@example.com"},
            "toUser": {"id": BEN},
            "startDate": "2026-10-08T08:00:00Z",
            "endDate": "2026-10-09T08:00:00Z",
        }
    ]


def test_a_service_has_a_team_and_an_audience() -> None:
    (service,) = rows("services")
    assert service == {
        **{name: value for name, value in RECEIVED["services"][0].items() if name != "owner"},
        "teamId": TEAM,
    }
    assert services.service({"owner": ""}) == {"teamId": None}
    audience = services.service_audience_template(service)
    assert audience == {
        "service_id": "b:aW52ZW50ZWQ=",
        "responder": {"individuals": [ADA], "teams": [TEAM]},
        "stakeholder": {"individuals": [BEN]},
    }
    assert_fits(STREAMS["service_audience_templates"].record, audience)


def test_a_maintenance_has_a_time() -> None:
    global_one, of_a_team = rows("maintenance")
    assert global_one["time"] == {"startDate": "2026-09-01T20:00:00Z", "endDate": "2026-09-01T23:00:00Z"}
    assert not {"startDate", "endDate", "teamId"} & global_one.keys()
    assert (of_a_team["teamId"], of_a_team["rules"][0]["entity"]["type"]) == (TEAM, "sync")


def test_a_heartbeat_has_opsgenies_words() -> None:
    (heartbeat,) = rows("heartbeats")
    expected = {
        "intervalUnit": "days",
        "status": "Responsive",
        "expired": False,
        "ownerTeam": {"id": TEAM, "name": "Team One"},
    }
    assert {name: heartbeat[name] for name in expected} == expected
    assert "ownerTeamId" not in heartbeat
    assert integrations.heartbeat({"status": "Unresponsive"}, NAMES)["expired"] is True
    assert "expired" not in integrations.heartbeat({"status": "Off"}, NAMES)


def test_an_integration_has_its_settings_masked_and_lifted() -> None:
    global_one, _, webhook = rows("integrations")
    assert (global_one["isGlobal"], "ownerTeam" in global_one) == (True, False)
    expected = {
        "ownerTeam": {"id": TEAM, "name": "Team One"},
        "teamId": TEAM,
        "isGlobal": False,
        "isAdvanced": True,
        "addAlertDetails": False,
        "addAlertDescription": False,
        "url": MASK,
        "headers": {"X-Auth": MASK},
        "typeSpecificProperties": {
            "addAlertDetails": False,
            "headers": {"X-Auth": MASK},
            "addAlertDescription": False,
            "forwardingActionGroupEnabled": True,
            "url": MASK,
        },
    }
    assert {name: webhook[name] for name in expected} == expected
    assert "forwardingEnabled" not in webhook


def test_a_setting_of_another_type_stays_where_it_is() -> None:
    odd = {
        "suppressNotifications": "yes",
        "tags": ["a", 1],
        "responders": [{"id": 5}],
        "extraProperties": [],
        "url": [],
    }
    row = integrations.integration({"typeSpecificProperties": odd}, NAMES)
    assert row == {"isGlobal": True, "typeSpecificProperties": odd}
    fitting = {
        "suppressNotifications": True,
        "tags": ["a"],
        "priority": "P3",
        "responders": [{"id": TEAM, "type": "team", "name": None}],
    }
    row = integrations.integration({"typeSpecificProperties": fitting, "priority": "P1"}, NAMES)
    assert (row["suppressNotifications"], row["tags"], row["priority"]) == (True, ["a"], "P1")
    assert row["responders"] == [{"id": TEAM, "type": "team", "name": None}]


SECRET = "geheim-7f3a"  # noqa: S105 - no secret of anybody's


@pytest.mark.parametrize("name", sorted(MASKED))
def test_no_secret_leaves_by_any_way(name: str) -> None:
    settings_with_secrets = {
        "apiKey": SECRET,
        "token": SECRET,
        "password": SECRET,
        "url": f"https://hooks.example.com/{SECRET}",
        "webhookUrl": f"https://hooks.example.com/{SECRET}",
        "headers": {"X-Any": SECRET},
        "note": f"Authorization: Basic {SECRET}",
        "description": f"https://user:{SECRET}@example.com",
    }
    places = ("typeSpecificProperties", "properties", "fieldMappings", "actionMapping", "rootAction", "other")
    row = translated(name, dict.fromkeys(places, settings_with_secrets) | settings_with_secrets)
    assert SECRET not in json.dumps(row)


def test_an_action_of_an_integration_has_opsgenies_columns() -> None:
    listed, action = rows("integration_actions")
    assert listed == RECEIVED["integration_actions"][0]
    expected = {
        "id": "1791000000000000029",
        "type": "create",
        "note": "",
        "user": "",
        "alias": "{{alias}}",
        "message": "{{message}}",
        "alertActions": [],
        "extraProperties": {"from": "{{source}}"},
        "responders": [{"type": "team", "id": TEAM}],
        "appendAttachments": True,
        "ignoreAlertActionsFromPayload": False,
        "ignoreRespondersFromPayload": True,
        "ignoreTagsFromPayload": False,
        "ignoreExtraPropertiesFromPayload": False,
        "fieldMappings": SAMPLES["integration_action"]["fieldMappings"],
        "typeSpecificProperties": SAMPLES["integration_action"]["typeSpecificProperties"],
    }
    assert {name: action[name] for name in expected} == expected


def test_the_settings_of_a_sync_have_one_name() -> None:
    assert rows("syncs")[1] == SAMPLES["sync"]
    assert integrations.sync({"typeSpecificProperties": {"a": 1}}) == {"properties": {"a": 1}}


# Whatever comes.


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("alerts", {"status": "acked", "jsm_status": "a"}),
        ("alerts", {"seen": True, "isSeen": False}),
        ("alerts", {"lastOccuredAt": "a", "lastOccurredAt": "b", "extraProperties": "c", "details": "d"}),
        ("alerts", {"integrationName": "a", "integration": "b", "responders": [], "teams": "c"}),
        ("alert_logs", {"offset": "a", "logTime": "b", "createdAt": "c", "logType": "d", "type": "e"}),
        ("alert_notes", {"offset": "a", "id": "b"}),
        ("users", {"active": True, "blocked": True, "accountId": "a", "id": "b"}),
        ("team_members", {"accountId": "a", "user_id": "b", "user": "c"}),
        ("forwarding_rules", {"fromUserId": "a", "fromUser": "b"}),
        (
            "alert_policies",
            {"keepOriginalTags": True, "ignoreOriginalTags": True, "priority": "a", "priorityValue": "b"},
        ),
        ("notification_policies", {"autoCloseAction": {"duration": "a", "waitDuration": 1, "durationFormat": "days"}}),
        ("notification_policies", {"deduplicationAction": {"count": 1, "countValueLimit": 2}}),
        ("notification_policies", {"delayAction": {"untilHour": 1, "delayTime": {"hours": 2}}}),
        ("heartbeats", {"ownerTeamId": "a", "ownerTeam": "b", "status": "Responsive", "expired": "c"}),
        ("maintenance", {"startDate": "a", "time": "b"}),
        ("audit_logs", {"id": "a", "summary": "b", "message": "c"}),
        ("syncs", {"typeSpecificProperties": "a", "properties": "b"}),
    ],
)
def test_a_field_whose_new_name_is_taken_keeps_its_own(name: str, row: Row) -> None:
    assert translated(name, row) == row


@pytest.mark.parametrize("name", RECEIVED)
def test_a_field_whose_new_name_is_null_counts_as_one_without(name: str) -> None:
    for row in RECEIVED[name]:
        made = translated(name, row)
        nulls = dict.fromkeys(made.keys() - row.keys() - {"_parent"})  # a column of Opsgenie's own
        assert translated(name, {**row, **nulls}) == made


def test_a_reference_whose_name_is_null_gets_it() -> None:
    assert NAMES.named({"type": "team", "id": TEAM, "name": None})["name"] == NAMES.of("team", TEAM)


def test_lines_whose_key_is_null_get_one_each() -> None:
    line = {"log": "a", "logTime": "2026-10-05T00:00:00Z", "offset": None}
    first, second = alerts.alert_logs([line, line])
    assert first["offset"] is not None
    assert first["offset"] != second["offset"]


WORDS = {"noone", "none", "team", "user", "escalation", "schedule", "closed", "acked", "Responsive", "base"}
KNOWN_WORDS = WORDS | {"valueBased", "nextTime", "2026-10-05T00:00:00Z", ADA, TEAM}
TRANSLATED_WORDS = WORDS | {"none", "default"}


def names_in(value: object) -> set[str]:
    """Return the names of all fields, at any depth."""
    if isinstance(value, dict):
        return {*value, *(name for inner in value.values() for name in names_in(inner))}
    return {name for inner in value for name in names_in(inner)} if isinstance(value, list) else set()


FIELDS = sorted(
    names_in(list(SAMPLES.values()))
    | {name for table in RECEIVED for name in json_schema(STREAMS[table].record)["properties"]}
    | {"nextOnCallParticipants", "summary", "responder", "from"}
)
SCALARS = [None, True, False, 0, -5, 2**70, 0.5, -1e300, "", "\ud800", "a", *sorted(KNOWN_WORDS)]
SEEDS = st.integers(0, 2**32)
DEEPEST = 3


def anything(draw: random.Random, depth: int = 0) -> Any:
    """Draw a JSON value."""
    kind = draw.random() if depth < DEEPEST else 1.0
    if kind < 0.2:
        return [anything(draw, depth + 1) for _ in range(draw.randint(0, 3))]
    if kind < 0.4:
        return fields(draw, draw.randint(0, 4), depth + 1)
    return draw.choice(SCALARS)


def fields(draw: random.Random, number: int, depth: int = 0) -> Row:
    """Draw fields, most of them of names that occur."""
    names = (draw.choice(FIELDS) if draw.random() < 0.8 else draw.choice(["", "x", "\u00e9~"]) for _ in range(number))
    return {name: anything(draw, depth) for name in names}


def distorted(value: Any, draw: random.Random) -> Any:
    """Draw an answer in which any part may be anything."""
    if draw.randrange(6) == 0:
        return anything(draw)
    if isinstance(value, dict):
        kept = {name: distorted(inner, draw) for name, inner in value.items() if draw.randrange(8)}
        return kept | fields(draw, draw.randint(0, 2))
    return [distorted(inner, draw) for inner in value] if isinstance(value, list) else value


def some_row(name: str, seed: int) -> Row:
    """Draw a row of a table in which any part may be anything."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    while True:
        row = distorted(draw.choice(RECEIVED[name]), draw)
        if isinstance(row, dict):
            return row


def marked(value: Any, counter: list[int]) -> Any:
    """Replace each text and each number by another value that can be recognized; words with a meaning stay."""
    if isinstance(value, dict):
        return {name: marked(inner, counter) for name, inner in value.items()}
    if isinstance(value, list):
        return [marked(inner, counter) for inner in value]
    if value is None or isinstance(value, bool) or value in KNOWN_WORDS:
        return value
    counter[0] += 1
    return f"t{counter[0]}x" if isinstance(value, str) else 7_000_000_000 + counter[0]


def leaves(value: object) -> Counter[str]:
    """Count what is inside a value: marks, words, truth values together, and nulls."""
    text = json.dumps(value)
    found = Counter(re.findall(r"\bt\d+x\b|\b7\d{9}\b", text))
    plain = re.sub(r'\\*"(?:[^"\\]|\\.)*?\\*"\s*:', "", text)  # without the names of fields
    found["truth"] = len(re.findall(r"\b(?:true|false)\b", plain))
    found["null"] = len(re.findall(r"\bnull\b", plain))
    return found


def without_null_fields(value: Any) -> Any:
    """Leave out the fields that are null, which count as absent, so that a translation may fill them."""
    if isinstance(value, dict):
        return {name: without_null_fields(inner) for name, inner in value.items() if inner is not None}
    return [without_null_fields(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", RECEIVED)
@given(seed=SEEDS, names=st.sampled_from([NAMES, NO_NAMES]))
def test_whatever_comes_is_a_row_that_holds_all_that_was_received(name: str, seed: int, names: Names) -> None:
    received = marked(some_row(name, seed), [0])
    before = copy.deepcopy(received)
    made = translated(name, received, names)
    assert isinstance(made, dict)
    assert received == before
    shown = masked(received) if name in MASKED else received
    assert leaves(without_null_fields(shown)) - leaves(made) == Counter()


@pytest.mark.parametrize("name", RECEIVED)
@given(seed=SEEDS)
def test_a_row_is_translated_in_the_same_way_each_time(name: str, seed: int) -> None:
    row = some_row(name, seed)
    assert translated(name, row) == translated(name, copy.deepcopy(row))
