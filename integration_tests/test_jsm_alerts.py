"""Alerts of JSM Operations, and what is below each of them, by the whole process: nothing lost, nothing asked twice."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.rows import canonical
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_nothing_lost import assert_each_once

Row = dict[str, Any]
Join = "Callable[..., Connector]"

ALERTS = "/jsm/ops/api/v1/alerts"
SINGLE = f"{ALERTS}/{{id}}"
LOGS, NOTES = f"{SINGLE}/logs", f"{SINGLE}/notes"
ATTACHMENTS = f"{ALERTS}/{{alertId}}/attachments"

STREAMS = ("alerts", "alert_details", "alert_logs", "alert_notes")
MADE = {"alert_logs": "offset", "audit_logs": "id"}  # keys that the connector makes

MINUTE = 60_000


@pytest.fixture
def join(tmp_path: Path) -> Callable[..., Connector]:
    """Make a connector for an account that has moved, with a credential of some kind and further configuration."""

    def make(account: Sandbox, kind: str = "classic", **further: object) -> Connector:
        return Connector(tmp_path, {"lookback_window": "PT0S", **account.jsm_config(kind), **further}).hurried

    return make


def read(connector: Connector, names: Iterable[str], *state: Any) -> Outcome:
    catalog = connector.catalog()
    return connector.read([catalog[name] for name in names], "incremental", *(state or ([],)))


def without_made_key(name: str, row: Row) -> Row:
    return {column: value for column, value in row.items() if column != MADE.get(name)}


def without_empty(row: Row) -> Row:
    return {column: value for column, value in row.items() if value or column not in {"entity", "actions"}}


def assert_complete(outcome: Outcome, account: Sandbox, names: Iterable[str]) -> None:
    assert outcome.code == 0, outcome.errors
    for name in names:
        assert_each_once([without_made_key(name, row) for row in outcome.records[name]], account.jsm_truth(name))


# All of it


@pytest.mark.parametrize(("listed", "status"), [("full", "five"), ("thin", "two"), ("sparse", "five")])
def test_every_table_is_complete_and_details_are_asked_for_only_where_the_list_lacks_them(
    listed: str, status: str, site: Sandbox, join: Callable[..., Connector]
) -> None:
    site.settings(jsm={"alert_list": listed, "alert_status": status})
    outcome = read(join(site), STREAMS)
    assert_complete(outcome, site, ("alerts", "alert_logs", "alert_notes"))
    # A list that leaves out what is empty is as complete as the single alert, but for that.
    details = (without_empty(row) if listed == "sparse" else row for row in site.jsm_truth("alert_details"))
    assert_each_once(
        [without_empty(row) if listed == "sparse" else row for row in outcome.records["alert_details"]], details
    )
    rows = list(site.jsm_truth("alerts"))
    complete = [row for row in rows if "description" in row and "details" in row]
    assert site.calls().get(SINGLE, 0) == len(rows) - len(complete)
    assert {"full": complete == rows, "thin": not complete, "sparse": 0 < len(complete) < len(rows)}[listed]
    assert {row["status"] for row in outcome.records["alerts"]} == {"open", "closed"}
    assert len({(row["alert_id"], row["offset"]) for row in outcome.records["alert_logs"]}) == sum(
        1 for _ in site.jsm_truth("alert_logs")
    )
    assert site.stats()["violations"] == []


@pytest.mark.parametrize(
    ("form", "last"),
    [("v1", "absent"), ("api", "empty"), ("bare", "null"), ("url", "absent"), ("absolute", "null")],
)
def test_every_form_of_a_link_is_followed(
    form: str, last: str, own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    choices = {"next_link": form, "last_link": last, "short_pages": 3, "attachments": "answered"}
    account = own_sandbox(migrated=True, alerts=25, settings={"jsm": choices})
    names = (*STREAMS, "alert_attachments")
    assert_complete(read(join(account), names), account, names)
    assert account.stats()["violations"] == []


def test_a_list_longer_than_the_window(own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]) -> None:
    account = own_sandbox(migrated=True, alerts=21_000)
    assert_complete(read(join(account), ["alerts"]), account, ["alerts"])
    assert account.stats()["violations"] == []


# What changed


def change(account: Sandbox) -> set[str]:
    """Let happen what may happen to alerts, and return the ids of those it happened to."""
    rows = list(account.jsm_truth("alerts"))
    closed = [row["id"] for row in rows if row["status"] == "closed"]
    opened = [row["id"] for row in rows if row["status"] == "open"]
    operations = [
        {"op": "note", "id": closed[0]},
        {"op": "note", "id": closed[-1]},
        {"op": "update", "id": closed[len(closed) // 2], "fields": {"status": "open"}},  # reopened by hand
        {"op": "close", "id": opened[0]},
        {"op": "update", "id": opened[-1]},
        {"op": "create"},
    ]
    return {row["id"] for row in account.mutate([{**each, "advance_ms": MINUTE} for each in operations])}


@pytest.mark.parametrize("sort", ["honoured", "ignored", "400", "422"])
def test_a_second_sync_delivers_what_changed(
    sort: str, own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=1_500, settings={"jsm": {"sort_updated_at": sort}})
    connector = join(account)
    now = {"updatedAt": account.now}
    state = [
        {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": now}} for name in STREAMS
    ]
    ids = change(account)
    account.reset_stats()
    outcome = read(connector, STREAMS, state)
    assert outcome.code == 0, outcome.errors
    for name in STREAMS:
        key = "id" if name in {"alerts", "alert_details"} else "alert_id"
        truth = [row for row in account.jsm_truth(name) if row[key] in ids]
        assert_each_once([without_made_key(name, row) for row in outcome.records[name]], truth)
    calls = account.calls()
    assert calls[LOGS] == calls[NOTES] == len(ids)
    assert (calls[ALERTS] < 12) is (sort == "honoured")  # the whole list has 15 pages
    assert account.stats()["violations"] == []


def test_a_third_sync_without_a_change_asks_for_no_alert(
    own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=150)
    connector = join(account)
    first = read(connector, STREAMS)
    change(account)
    second = read(connector, STREAMS, first.last_states)
    account.reset_stats()
    third = read(connector, STREAMS, second.last_states)
    assert third.code == 0, third.errors
    newest = {row["id"] for row in second.records["alerts"]}  # what shares the moment of the cursor comes again
    assert {row["id"] for row in third.records["alerts"]} <= newest
    assert len(third.records["alerts"]) <= 1
    assert account.calls().get(LOGS, 0) <= 1


@pytest.mark.parametrize("sort", ["honoured", "ignored"])
def test_nothing_is_lost_while_the_account_changes(
    sort: str, own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=300, settings={"jsm": {"sort_updated_at": sort}})
    connector, names = join(account, lookback_window="PT5M"), ("alerts", "alert_notes")
    account.settings(churn={"alerts": 0.5})
    first = read(connector, names)
    second = read(connector, names, first.last_states)
    account.settings(churn={})
    third = read(connector, names, second.last_states)
    for outcome in (first, second, third):
        assert outcome.code == 0, outcome.errors
    for name, key in (("alerts", ("id",)), ("alert_notes", ("alert_id", "offset"))):
        held = {
            tuple(row[column] for column in key): canonical(row)
            for outcome in (first, second, third)
            for row in outcome.records[name]
        }
        assert {canonical(row) for row in account.jsm_truth(name)} <= set(held.values())


def test_more_changes_than_memory_should_hold_are_read_by_creation_time(
    own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=21_000, settings={"jsm": {"sort_updated_at": "honoured"}})
    state = [
        {
            "type": "STREAM",
            "stream": {"stream_descriptor": {"name": "alerts"}, "stream_state": {"updatedAt": "2020-01-01T00:00:00Z"}},
        }
    ]
    outcome = read(join(account), ["alerts"], state)
    assert outcome.code == 0, outcome.errors
    assert {row["id"] for row in account.jsm_truth("alerts")} == {row["id"] for row in outcome.records["alerts"]}
    assert account.stats()["violations"] == []


# Attachments, which are refused to tokens


@pytest.mark.parametrize("status", ["401", "403"])
def test_attachments_that_are_refused_are_told_once_and_asked_for_three_times(
    status: str, site: Sandbox, join: Callable[..., Connector]
) -> None:
    site.settings(jsm={"attachments": status})
    outcome = read(join(site), ["alerts", "alert_attachments"])
    assert_complete(outcome, site, ["alerts"])
    (warning,) = outcome.warnings
    assert warning.startswith("alert_attachments: the stream is skipped, because JSM Operations says ")
    assert site.calls()[ATTACHMENTS] <= 1 + 2 + 10  # the first, the sample, and what the workers had begun
    # The state stays where it was: should they be answered one day, all of them are due.
    assert all("createdAt" not in state["stream"]["stream_state"] for state in states_of(outcome, "alert_attachments"))


def test_attachments_that_are_answered_are_read(site: Sandbox, join: Callable[..., Connector]) -> None:
    site.settings(jsm={"attachments": "answered"})
    outcome = read(join(site), ["alert_attachments"])
    assert_complete(outcome, site, ["alert_attachments"])
    assert outcome.warnings == []


def states_of(outcome: Outcome, name: str) -> list[Row]:
    return [state for state in outcome.last_states if state["stream"]["stream_descriptor"]["name"] == name]


# Killed


@pytest.mark.parametrize("after", [20, 420, 900, 1500])
def test_a_sync_that_is_killed_goes_on_without_a_gap(
    after: int, own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=250)
    connector = join(account)
    names = ("alerts", "alert_logs", "alert_notes")
    catalog = connector.catalog()
    killed = connector.killed([catalog[name] for name in names], "incremental", [], after)
    change(account)
    resumed = read(connector, names, killed.last_states)
    assert resumed.code == 0, resumed.errors
    for name in names:
        held = {canonical(without_made_key(name, row)) for each in (killed, resumed) for row in each.records[name]}
        assert {canonical(row) for row in account.jsm_truth(name)} <= held


@pytest.mark.parametrize("after", [20, 250, 600])
def test_no_stream_with_a_state_lacks_a_row_after_a_sync_that_was_killed(
    after: int, own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    choices = {"attachments": "answered", "short_pages": 3}
    account = own_sandbox(migrated=True, alerts=40, schedules=3, settings={"jsm": choices})
    connector = join(account)
    names = ("audit_logs", "schedule_timelines", "alert_details", "alert_attachments")
    catalog = connector.catalog()
    killed = connector.killed([catalog[name] for name in names], "incremental", [], after)
    assert killed.code != 0
    resumed = read(connector, names, killed.last_states)
    assert resumed.code == 0, resumed.errors
    for name in names:
        held = {canonical(without_made_key(name, row)) for each in (killed, resumed) for row in each.records[name]}
        assert {canonical(row) for row in account.jsm_truth(name)} <= held


def test_a_sync_goes_on_from_every_state_it_gave_out(
    own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    account = own_sandbox(migrated=True, alerts=350)
    connector = join(account)
    whole = read(connector, ["alert_notes"])
    assert_complete(whole, account, ["alert_notes"])
    lines = [message for message in whole.messages if message["type"] in {"RECORD", "STATE"}]
    places = [place for place, message in enumerate(lines) if message["type"] == "STATE"]
    assert len(places) > 3
    for place in places[:: max(1, len(places) // 3)]:
        before = [canonical(each["record"]["data"]) for each in lines[:place] if each["type"] == "RECORD"]
        state = {key: value for key, value in lines[place]["state"].items() if key != "sourceStats"}
        rest = read(connector, ["alert_notes"], [state])
        held = {*before, *map(canonical, rest.records["alert_notes"])}
        assert held == set(map(canonical, account.jsm_truth("alert_notes")))


# From Opsgenie


@pytest.mark.parametrize(("sort", "ids"), [("honoured", "kept"), ("ignored", "changed")])
def test_a_state_made_from_opsgenie_goes_on_in_jsm(
    sort: str,
    ids: str,
    own_sandbox: Callable[..., Sandbox],
    connect: Callable[..., Connector],
    join: Callable[..., Connector],
) -> None:
    account = own_sandbox(settings={"jsm": {"sort_updated_at": sort, "ids": ids}})
    before = read(connect(account, lookback_window="PT0S"), STREAMS)
    assert before.code == 0, before.errors
    account.migrate()
    indices = (3, 50, len(before.records["alerts"]) - 1)
    changed = account.mutate([{"op": "note", "index": index, "advance_ms": MINUTE} for index in indices])
    changed += account.mutate([{"op": "create", "advance_ms": MINUTE}])
    short = {row["tinyId"] for row in changed}
    account.reset_stats()
    after = read(join(account), STREAMS, before.last_states)
    assert after.code == 0, after.errors
    newest = max(before.records["alerts"], key=lambda row: row["updatedAt"])["tinyId"]
    for name in ("alerts", "alert_details"):
        assert short <= {row["tinyId"] for row in after.records[name]} <= {*short, newest}
        truth = {canonical(row) for row in account.jsm_truth(name)}
        assert {canonical(row) for row in after.records[name]} <= truth
    identities = {row["id"] for row in after.records["alerts"]}
    assert account.calls()[LOGS] == account.calls()[NOTES] == len(identities)  # no backfill
    assert (identities <= {row["id"] for row in before.records["alerts"]} | {changed[-1]["id"]}) is (ids == "kept")
    (line,) = [line for line in after.logs if "comes from Opsgenie" in line]
    assert "does not read the history again" in line
    assert "keep both rows" in line
    assert after.warnings == []
    # The next sync is one of JSM's own, and says nothing of it.
    again = read(join(account), STREAMS, after.last_states)
    assert again.code == 0, again.errors
    assert not [line for line in again.logs if "comes from Opsgenie" in line]


def test_a_state_of_jsm_is_not_one_of_opsgenie(
    site: Sandbox, join: Callable[..., Connector], connect: Callable[..., Connector]
) -> None:
    state = read(join(site), ["alerts"]).last_states
    back = read(connect(site), ["alerts"], state)
    assert back.code == 0, back.errors
    assert len(back.records["alerts"]) == len(list(site.truth("alerts")))
    assert [line for line in back.warnings if "the given state was not made with Opsgenie" in line]


def test_a_site_whose_address_changes_goes_on_from_its_states(site: Sandbox, join: Callable[..., Connector]) -> None:
    before = read(join(site), ["alerts"])
    renamed = site.jsm_config("classic")["jira_service_management"]
    renamed["site"] = renamed["site"].replace("127.0.0.1", "localhost")
    after = read(join(site, jira_service_management=renamed), ["alerts"], before.last_states)
    assert (after.code, after.warnings) == (0, []), after.errors
    assert len(after.records["alerts"]) < len(before.records["alerts"])


# Limits that nobody tells


def test_a_limit_that_is_not_told_is_found_and_kept(
    own_sandbox: Callable[..., Sandbox], join: Callable[..., Connector]
) -> None:
    """With each of the headers that may tell it: see test_jsm_read.py."""
    choices = {"limits": {"operations": [[25, 3]]}, "throttle_headers": "none"}
    account = own_sandbox(migrated=True, alerts=60, settings={"jsm": choices})
    names = ("alerts", "alert_logs", "alert_notes")
    outcome = read(join(account).unhurried, names)
    assert_complete(outcome, account, names)
    refused = account.stats()["throttled"]["operations/3"]
    assert 0 < refused <= 12
    assert [line for line in outcome.logs if "throttles calls. They pause for" in line]


# Tables that JSM does not have


def test_a_table_that_jsm_does_not_have_ends_well_with_one_warning(
    site: Sandbox, join: Callable[..., Connector]
) -> None:
    outcome = read(join(site), ["alert_recipients", "alerts"])
    assert outcome.code == 0, outcome.errors
    (warning,) = outcome.warnings
    assert warning.startswith(
        "alert_recipients: this stream cannot be read with this configuration. JSM Operations has no list of"
    )
    assert outcome.statuses["alert_recipients"][-1] == "COMPLETE"
    assert outcome.records["alert_recipients"] == []


def test_a_sync_of_nothing_but_such_tables_fails_with_their_reasons(
    site: Sandbox, join: Callable[..., Connector]
) -> None:
    outcome = read(join(site), ["alert_recipients", "account"])
    assert outcome.code != 0
    (error,) = outcome.errors
    assert "alert_recipients: JSM Operations has no list of an alert's recipients" in error
    assert "account: JSM Operations has no account object" in error


def test_a_table_of_jsm_ends_well_with_one_warning_on_opsgenie(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    outcome = read(connect(sandbox), ["audit_logs", "teams"])
    assert outcome.code == 0, outcome.errors
    (warning,) = outcome.warnings
    assert warning.startswith(
        "audit_logs: this stream cannot be read with this configuration. Opsgenie does not have it."
    )


def test_there_is_one_catalog_for_both(
    site: Sandbox, sandbox: Sandbox, join: Callable[..., Connector], connect: Callable[..., Connector]
) -> None:
    of_jsm, of_opsgenie = (
        {stream["name"]: stream for stream in found["catalog"]["streams"]}
        for outcome in (join(site).discover(), connect(sandbox).discover())
        for found in outcome.of_type("CATALOG")
    )
    assert list(of_jsm) == list(of_opsgenie)
    assert {name for name in of_jsm if of_jsm[name] != of_opsgenie[name]} == {"heartbeats", "integration_actions"}
    for name in ("heartbeats", "integration_actions"):
        key = "source_defined_primary_key"
        assert {**of_jsm[name], key: None} == {**of_opsgenie[name], key: None}


# The token


@pytest.mark.parametrize("kind", ["classic", "oauth", "expired", "no_operations"])
def test_the_token_comes_out_in_no_form(kind: str, site: Sandbox, join: Callable[..., Connector]) -> None:
    connector = join(site, kind)
    email, token = site.credential(kind).get("email", ""), site.credential(kind)["token"]
    forms = {token, b64encode(f"{email}:{token}".encode()).decode()}
    for outcome in (
        connector.check("--debug"),
        connector.read([connector.catalog()["alerts"]], "incremental", [], "--debug"),
    ):
        assert not [form for form in forms if form in outcome.stdout + outcome.stderr]
    assert site.stats()["keys_seen_elsewhere"] == 0


# The most calls of a long list


def test_pages_are_as_large_as_they_may_be(site: Sandbox, join: Callable[..., Connector]) -> None:
    read(join(site), ["alert_notes"])
    asked = [request for request in site.requests(1000) if "/notes" in request]
    assert asked
    assert all("size=100" in request for request in asked)
    assert Counter(asked).most_common(1)[0][1] == 1
    assert all(earlier != later for earlier, later in pairwise(asked))
