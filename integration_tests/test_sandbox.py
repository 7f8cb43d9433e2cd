"""The sandbox refuses, pages and changes as Opsgenie does: what the other tests rest on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from integration_tests.sandbox import text
from integration_tests.sandbox.alerts import Alerts
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.noise import NumberedIds
from integration_tests.sandbox.query import FOREVER, Language, parse
from integration_tests.sandbox.refusal import Refusal
from integration_tests.sandbox.sizes import Size

OLDEST_FIRST = {"sort": "createdAt", "order": "asc"}
NEWEST_CHANGE_FIRST = {"sort": "updatedAt", "order": "desc"}


def get(account: Sandbox, path: str, key: str = "full", /, **query: object) -> requests.Response:
    address = path if path.startswith("http") else account.url + path
    headers = {"Authorization": f"GenieKey {account.key(key)}"}
    return requests.get(
        address, params={name: str(value) for name, value in query.items()}, headers=headers, timeout=30
    )


def data(account: Sandbox, path: str, /, **query: object) -> Any:
    answer = get(account, path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def by_links(account: Sandbox, path: str, /, **query: object) -> list[Any]:
    answer = get(account, path, **query).json()
    rows: list[Any] = answer["data"]
    while "next" in answer["paging"]:
        answer = get(account, answer["paging"]["next"]).json()
        assert answer["data"]
        rows += answer["data"]
    return rows


def truth_below(account: Sandbox, stream: str, column: str) -> dict[str, list[dict[str, Any]]]:
    below: dict[str, list[dict[str, Any]]] = {}
    for row in account.truth(stream):
        below.setdefault(row.pop(column), []).append(row)
    return below


def as_in_the_api(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "incident_updatedAt"}


# Lists and pages


@pytest.mark.parametrize(
    ("path", "stream"), [("/v2/alerts", "alerts"), ("/v1/incidents", "incidents"), ("/v2/users", "users")]
)
@pytest.mark.parametrize("size", [7, 100])
def test_links_lead_through_a_whole_list(path: str, stream: str, size: int, sandbox: Sandbox) -> None:
    rows = by_links(sandbox, path, limit=size, **OLDEST_FIRST)
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in sandbox.truth(stream))
    stamps = [text.millis(row["createdAt"]) for row in rows]
    assert stream == "users" or stamps == sorted(stamps)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    ("path", "stream", "column"),
    [
        ("/v2/alerts/{}/logs", "alert_logs", "alert_id"),
        ("/v2/alerts/{}/notes", "alert_notes", "alert_id"),
        ("/v1/incidents/{}/logs", "incident_logs", "incident_id"),
    ],
)
def test_record_cursors_lead_through_a_long_list(
    path: str, stream: str, column: str, order: str, sandbox: Sandbox
) -> None:
    parent, rows = max(truth_below(sandbox, stream, column).items(), key=lambda item: len(item[1]))
    assert len(rows) > 100
    read = by_links(sandbox, path.format(parent), limit=60, order=order)  # pages that no offset is shared between
    assert read == (rows if order == "asc" else rows[::-1])


def test_the_timeline_leads_on_by_its_next_offset(sandbox: Sandbox) -> None:
    incident, rows = max(
        truth_below(sandbox, "incident_timeline_entries", "incident_id").items(), key=lambda item: len(item[1])
    )
    read: list[Any] = []
    query: dict[str, Any] = {"limit": 20, "order": "asc"}
    while True:
        page = data(sandbox, f"/v2/incident-timelines/{incident}/entries", **query)
        read += page["entries"]
        if "nextOffset" not in page:
            break
        query["offset"] = page["nextOffset"]
    assert read == [as_in_the_api(row) for row in rows]
    assert len(rows) > 20


@pytest.mark.parametrize(("choice", "shown"), [("absent", None), ("empty", ""), ("repeat", "cursor")])
def test_the_last_timeline_page_ends_as_set(choice: str, shown: str | None, sandbox: Sandbox) -> None:
    sandbox.settings(timeline_last_offset=choice)
    incident, _ = min(
        truth_below(sandbox, "incident_timeline_entries", "incident_id").items(), key=lambda item: len(item[1])
    )
    last = data(sandbox, f"/v2/incident-timelines/{incident}/entries").get("nextOffset")
    assert (shown == "cursor" and last) or last == shown


def test_entries_of_one_event_share_their_id_as_set(sandbox: Sandbox) -> None:
    sandbox.settings(timeline_ids="shared")
    rows = list(sandbox.truth("incident_timeline_entries"))
    assert len({(row["incident_id"], row["id"].partition("#")[0]) for row in rows}) < len(rows)
    assert len({(row["incident_id"], row["id"]) for row in rows}) == len(rows)
    incident, expected = max(
        truth_below(sandbox, "incident_timeline_entries", "incident_id").items(), key=lambda item: len(item[1])
    )
    read: list[Any] = []
    offset: dict[str, str] = {}
    while len(read) < len(expected):
        page = data(sandbox, f"/v2/incident-timelines/{incident}/entries", limit=4, order="asc", **offset)
        read += page["entries"]
        offset = {"offset": page.get("nextOffset", "")}
    assert read == [as_in_the_api({**row, "id": row["id"].partition("#")[0]}) for row in expected]


@pytest.mark.parametrize("choice", ["absent", "itself", "known ids"])
def test_the_last_page_of_a_list_leads_on_as_set(choice: str, sandbox: Sandbox) -> None:
    sandbox.settings(last_link=choice)
    below = truth_below(sandbox, "incident_associated_alerts", "incident_id")
    incident, rows = max(below.items(), key=lambda item: len(item[1]))
    pages = [get(sandbox, f"/v1/incidents/{incident}/associated-alert-ids", limit=25, order="asc").json()]
    while "next" in pages[-1]["paging"] and len(pages) < 5:
        pages.append(get(sandbox, pages[-1]["paging"]["next"]).json())
    ids = [each for page in pages for each in page["data"]]
    assert ids[: len(rows)] == [row["alert_id"] for row in rows]
    assert (len(ids) == len(rows)) == (choice == "absent")
    assert set(ids) == set(ids[: len(rows)])
    alert = next(iter(truth_below(sandbox, "alert_logs", "alert_id")))
    paging = get(sandbox, f"/v2/alerts/{alert}/logs", limit=100, order="asc").json()["paging"]
    assert ("next" in paging) == (choice == "itself")
    if choice == "itself":
        assert get(sandbox, paging["next"]).json()["paging"] == paging


def test_an_empty_page_leads_on_as_set(sandbox: Sandbox) -> None:
    sandbox.settings(empty_pages=True)
    incident, rows = max(
        truth_below(sandbox, "incident_timeline_entries", "incident_id").items(), key=lambda item: len(item[1])
    )
    offset: dict[str, str] = {}
    pages: list[list[Any]] = []
    while not pages or offset["offset"]:
        page = data(sandbox, f"/v2/incident-timelines/{incident}/entries", order="asc", **offset)
        pages.append(page["entries"])
        offset = {"offset": page.get("nextOffset", "")}
    assert [entry["id"] for page in pages for entry in page] == [row["id"] for row in rows]
    assert [not page for page in pages] == [at % 2 == 1 for at in range(len(pages))]
    alert, rows = max(truth_below(sandbox, "alert_logs", "alert_id").items(), key=lambda item: len(item[1]))
    body = get(sandbox, f"/v2/alerts/{alert}/logs", limit=1, order="asc").json()
    empty = get(sandbox, body["paging"]["next"]).json()
    assert empty["data"] == []
    assert get(sandbox, empty["paging"]["next"]).json()["data"][0]["offset"] == rows[1]["offset"]


def test_team_logs_show_an_offset_on_every_page(sandbox: Sandbox) -> None:
    team, rows = max(truth_below(sandbox, "team_logs", "team_id").items(), key=lambda item: len(item[1]))
    read: list[Any] = []
    query: dict[str, Any] = {"limit": 100, "order": "asc"}
    while True:
        page = data(sandbox, f"/v2/teams/{team}/logs", **query)
        assert len(page["offset"]) == 19
        if not page["logs"]:
            break
        read += page["logs"]
        query["offset"] = page["offset"]
    assert read == rows


@pytest.mark.parametrize(
    ("stream", "path", "inside"),
    [
        ("alert_recipients", "/v2/alerts/{}/recipients", None),
        ("contacts", "/v2/users/{}/contacts", None),
        ("team_roles", "/v2/teams/{}/roles", None),
        ("team_routing_rules", "/v2/teams/{}/routing-rules", None),
        ("team_members", "/v2/teams/{}", "members"),
    ],
)
def test_a_single_answer_holds_what_is_true(stream: str, path: str, inside: str | None, sandbox: Sandbox) -> None:
    row, *_ = sandbox.truth(stream)
    column, parent = next(iter(row.items()))
    listed = data(sandbox, path.format(parent))
    rows = listed[inside] if inside else listed
    added = {column, "user_id"} if "user" in row else {column}
    assert rows[0] == {name: value for name, value in row.items() if name not in added}


def test_the_single_alert_shows_more_than_the_list(sandbox: Sandbox) -> None:
    listed = data(sandbox, "/v2/alerts", limit=1, **OLDEST_FIRST)[0]
    single = data(sandbox, f"/v2/alerts/{listed['id']}")
    assert single.items() >= listed.items()
    assert set(single) - set(listed) == {"actions", "entity", "description", "details"}
    assert data(sandbox, f"/v2/alerts/{listed['tinyId']}", identifierType="tiny") == single
    assert data(sandbox, "/v2/alerts/" + listed["alias"].replace("#", "%23"), identifierType="alias") == single


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v2/alerts", {"limit": 101}),
        ("/v2/alerts", {"limit": 0}),
        ("/v2/alerts", {"limit": "ten"}),
        ("/v2/alerts", {"offset": -1}),
        ("/v2/alerts", {"sort": "insertedAt"}),
        ("/v2/alerts", {"order": "up"}),
        ("/v1/incidents", {"sort": "count"}),
        ("/v2/users", {"limit": 101}),
    ],
)
def test_undocumented_parameters_are_refused(path: str, query: dict[str, object], sandbox: Sandbox) -> None:
    assert get(sandbox, path, **query).status_code == 422


def test_an_oversized_page_can_be_cut_instead(sandbox: Sandbox) -> None:
    incident = next(iter(sandbox.truth("incidents")))["id"]
    assert get(sandbox, f"/v2/incident-timelines/{incident}/entries", limit=21).status_code == 422
    sandbox.settings(oversize="clamp")
    assert len(data(sandbox, "/v2/alerts", limit=200)) == 100


# The window


def test_beyond_the_window_is_refused(sandbox: Sandbox) -> None:
    sandbox.settings(window_size=100)
    inside = get(sandbox, "/v2/alerts", limit=50, **OLDEST_FIRST).json()
    beyond = get(sandbox, inside["paging"]["next"])
    assert beyond.status_code == 422
    assert beyond.json()["message"] == "Sum of offset and limit should be lower than 100"
    assert sandbox.stats()["violations"][0].startswith("beyond the window: /v2/alerts?")


def test_a_silent_window_just_ends(sandbox: Sandbox) -> None:
    sandbox.settings(window_size=100, window="silent")
    assert len(by_links(sandbox, "/v2/alerts", limit=50, **OLDEST_FIRST)) == 50
    assert data(sandbox, "/v2/alerts", limit=50, offset=50) == []


# The query language


def ids_where(rows: list[dict[str, Any]], passes: Callable[[dict[str, Any]], bool]) -> set[str]:
    return {row["id"] for row in rows if passes(row)}


QUERIES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "status: open": lambda row: row["status"] == "open",
    "status:open AND priority:P1": lambda row: row["status"] == "open" and row["priority"] == "P1",
    "priority:(P1 OR P2)": lambda row: row["priority"] in ("P1", "P2"),
    "NOT (status:open OR priority:P3)": lambda row: row["status"] != "open" and row["priority"] != "P3",
    'tag:"night shift"': lambda row: "night shift" in row["tags"],
    "tag:stag*": lambda row: "staging" in row["tags"],
    'message:"db-primary"': lambda row: "db-primary" in row["message"],
    "latency": lambda row: "latency" in row["message"],
    "count > 5": lambda row: row["count"] > 5,
    "createdAt >= 1777000000000 AND createdAt < 1782000000000 AND status:closed": lambda row: (
        1_777_000_000_000 <= text.millis(row["createdAt"]) < 1_782_000_000_000 and row["status"] == "closed"
    ),
    "createdAt < 1777000000000 OR status:open": lambda row: (
        text.millis(row["createdAt"]) < 1_777_000_000_000 or row["status"] == "open"
    ),
    'createdAt >= "01-06-2026"': lambda row: row["createdAt"] >= "2026-06-01",
    'createdAt < "01-06-2026T12:00:00Z"': lambda row: row["createdAt"] < "2026-06-01T12",
}


@pytest.mark.parametrize("sort", ["createdAt", "updatedAt", "message"])
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_what_it_says(query: str, sort: str, sandbox: Sandbox) -> None:
    expected = ids_where(list(sandbox.truth("alerts")), QUERIES[query])
    found = by_links(sandbox, "/v2/alerts", limit=100, sort=sort, order="asc", query=query)
    assert expected
    assert {row["id"] for row in found} == expected
    assert len(found) == len(expected)
    assert data(sandbox, "/v2/alerts/count", query=query)["count"] == len(expected)


@pytest.mark.parametrize(
    "query",
    [
        *("createdAt >= yesterday", 'createdAt > "2026-06-01"', "createdAt:01-06"),
        *("createdAt >= 0", "createdAt >= 1777000000", "createdAt < 17770000000000"),
    ],
)
def test_a_time_in_another_form_is_refused_in_opsgenies_words(query: str, sandbox: Sandbox) -> None:
    answer = get(sandbox, "/v2/alerts", query=query)
    assert answer.status_code == 422
    assert answer.json()["message"] == text.TIME_FORMAT


@pytest.mark.parametrize(
    "query",
    ["colour:red", "status:", "(status:open", "status:open)", "status:open priority:P1", "AND", "status > open", '"'],
)
def test_a_query_that_cannot_be_read_is_refused(query: str, sandbox: Sandbox) -> None:
    assert get(sandbox, "/v2/alerts", query=query).status_code == 422


@pytest.mark.parametrize("choice", ["nothing", "everything"])
def test_a_filter_on_updated_at_cannot_be_trusted(choice: str, sandbox: Sandbox) -> None:
    query = "updatedAt >= 1777000000000"
    assert get(sandbox, "/v2/alerts", query=query).status_code == 422
    everything = data(sandbox, "/v2/alerts/count")["count"]
    sandbox.settings(updated_at_filter=choice)
    count = data(sandbox, "/v2/alerts/count", query=query)["count"]
    assert count == (everything if choice == "everything" else 0)


def test_bounds_in_brackets_are_still_bounds() -> None:
    query = parse("(createdAt >= 1777000000005 AND (createdAt < 1777000000009))", Language(values={}))
    assert (query.since, query.until, query.test) == (1_777_000_000_005, 1_777_000_000_009, None)
    assert parse("createdAt >= 1777000000005 OR createdAt < 1777000000003", Language(values={})).until == FOREVER
    with pytest.raises(Refusal):
        parse("createdAt !", Language(values={}))


@pytest.mark.parametrize("choice", ["supported", "400", "422", "ignored"])
def test_incidents_sort_by_update_as_set(choice: str, sandbox: Sandbox) -> None:
    sandbox.settings(incidents_sort_updated_at=choice)
    answer = get(sandbox, "/v1/incidents", limit=100, sort="updatedAt", order="asc")
    assert answer.status_code == (int(choice) if choice.isdigit() else 200)
    if answer.ok:
        stamps = [text.millis(row["updatedAt"]) for row in answer.json()["data"]]
        assert (stamps == sorted(stamps)) == (choice == "supported")


# Who may read what


@pytest.mark.parametrize(
    ("kind", "path", "status", "words"),
    [
        ("full", "/v2/account", 200, None),
        ("full", "/v2/request-limits/", 200, None),
        ("full", "/v2/no-such-thing", 404, "No handler found"),
        ("no_config", "/v2/alerts", 200, None),
        ("no_config", "/v1/incidents", 200, None),
        ("no_config", "/v2/users", 403, text.NO_CONFIGURATION_ACCESS),
        ("no_config", "/v2/incident-timelines/x/entries", 403, text.NO_CONFIGURATION_ACCESS),
        ("team", "/v2/teams", 200, None),
        ("team", "/v2/account", 403, text.TEAM_KEY),
        ("team", "/v2/request-limits/", 403, text.TEAM_KEY),
        ("no_read", "/v2/alerts", 403, text.NO_READ_ACCESS),
        ("disabled", "/v2/alerts", 401, "Could not authenticate"),
        ("other_region", "/v2/alerts", 401, "Could not authenticate"),
        ("unknown", "/v2/alerts", 401, "Could not authenticate"),
        ("malformed", "/v2/alerts", 422, "Key format is not valid!"),
    ],
)
def test_each_key_reads_what_it_may(kind: str, path: str, status: int, words: str | None, sandbox: Sandbox) -> None:
    answer = get(sandbox, path, kind)
    assert answer.status_code == status
    assert answer.json().get("message") == words
    assert answer.json().get("code") == (40301 if status == 403 else None)
    assert answer.json()["requestId"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize("prefix", ["", "genieKey ", "Bearer ", "GenieKey"])
def test_only_the_exact_prefix_is_taken(prefix: str, sandbox: Sandbox) -> None:
    headers = {"Authorization": prefix + sandbox.key()}
    assert requests.get(f"{sandbox.url}/v2/alerts", headers=headers, timeout=30).status_code == 401


def test_a_teams_key_sees_its_team_alone(sandbox: Sandbox) -> None:
    (team,) = get(sandbox, "/v2/teams", "team").json()["data"]
    seen = get(sandbox, "/v2/alerts", "team", limit=100, **OLDEST_FIRST).json()["data"]
    assert seen
    assert all(team["id"] in [each["id"] for each in row["teams"]] for row in seen)
    other = next(row for row in sandbox.truth("alerts") if not row["teams"])
    assert get(sandbox, f"/v2/alerts/{other['id']}/logs", "team").status_code == 404
    stranger = next(row for row in sandbox.truth("teams") if row["id"] != team["id"])
    assert get(sandbox, f"/v2/teams/{stranger['id']}/roles", "team").status_code == 403


@pytest.mark.parametrize(
    ("plan", "status"), [("Enterprise", 200), ("Standard", 200), ("Essentials", 402), ("Free", 402)]
)
def test_a_plan_may_lack_incidents(plan: str, status: int, sandbox: Sandbox) -> None:
    sandbox.settings(plan=plan)
    assert get(sandbox, "/v1/incidents").status_code == status
    assert data(sandbox, "/v2/account")["plan"]["name"] == plan


# Limits and what is watched


@pytest.mark.parametrize("headers", [True, False])
def test_one_call_too_many_is_refused(headers: bool, sandbox: Sandbox) -> None:
    sandbox.settings(limits={"search": [[3, 60], [2, 600]]}, throttle_headers=headers)
    answers = [get(sandbox, "/v2/alerts") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[2].json()["message"] == text.THROTTLED
    assert answers[2].headers.get("X-RateLimit-Period-In-Sec") == ("600" if headers else None)
    assert answers[0].headers["X-RateLimit-State"] == "OK"
    assert get(sandbox, "/v2/teams").status_code == 200  # another domain
    assert sandbox.stats()["throttled"] == {"search/600": 2}


def test_request_limits_show_what_holds(sandbox: Sandbox) -> None:
    sandbox.settings(limits={"search": [[120, 60], [10, 1]]})
    shown = {row["domain"]: row["limits"] for row in data(sandbox, "/v2/request-limits/")["rateLimits"]}
    assert shown["search"] == [{"limit": 120, "periodInSeconds": 60}, {"limit": 10, "periodInSeconds": 1}]
    sandbox.settings(request_limits_visible=False)
    assert get(sandbox, "/v2/request-limits/").status_code == 403


def test_careless_calls_are_noticed(sandbox: Sandbox) -> None:
    get(sandbox, "/v2/alerts")
    get(sandbox, "/v2/heartbeats/nightly/ping")
    requests.post(f"{sandbox.url}/v2/alerts", json={}, timeout=30)
    get(sandbox, f"{sandbox.control}/stats")
    stats = sandbox.stats()
    assert {each.partition(":")[0] for each in stats["violations"]} == {
        "no page size",
        "no sort",
        "no order",
        "heartbeat ping",
        "POST request",
    }
    assert stats["keys_seen_elsewhere"] == 1
    assert stats["calls"]["/v2/heartbeats/{name}/ping"] == 1
    assert urlsplit(sandbox.requests(1)[0]).path == "/v2/alerts"


@pytest.mark.parametrize("change", [{"colour": "red"}, {"window": "open"}, {"limits": {"everything": [[1, 1]]}}])
def test_a_setting_that_does_not_exist_is_refused(change: dict[str, Any], sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match=r"setting|one of|domain"):
        sandbox.settings(**change)


# Changes


def test_changes_move_the_clock_and_the_truth(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox()
    before = [row["id"] for row in account.truth("alerts")]
    # The list is asked in the order of updates first, so that the kept order is one to keep up.
    data(account, "/v2/alerts", **NEWEST_CHANGE_FIRST)
    created, updated, closed, noted, gone = account.mutate(
        [
            {"op": "create", "fields": {"message": "new"}, "advance_ms": 60_000},
            {"op": "update", "index": 7},
            {"op": "close", "id": created_open(account)},
            {"op": "note", "index": 9},
            {"op": "delete", "index": 10},
        ]
    )
    assert created["status"] == "open"
    assert created["createdAt"] == "2026-11-01T12:01:00Z"
    assert closed["status"] == "closed"
    assert gone is None
    newest = data(account, "/v2/alerts", limit=4, **NEWEST_CHANGE_FIRST)
    assert newest == [noted, closed, updated, created]
    after = [row["id"] for row in account.truth("alerts")]
    assert after == [*before[:10], *before[11:], created["id"]]
    assert [row["id"] for row in by_links(account, "/v2/alerts", limit=100, **OLDEST_FIRST)] == after
    assert get(account, f"/v2/alerts/{before[10]}/logs").status_code == 404
    notes = data(account, f"/v2/alerts/{noted['id']}/notes", order="desc", limit=1)
    assert notes[0]["createdAt"] == noted["updatedAt"]
    assert get(account, "/v2/account").headers["Date"] == "Sun, 01 Nov 2026 12:01:04 GMT"


def created_open(account: Sandbox) -> str:
    rows = list(account.truth("alerts"))
    identity: str = next(row["id"] for row in rows[20:] if row["status"] == "open")
    return identity


@pytest.mark.parametrize("target", ["alerts", "incidents"])
@pytest.mark.parametrize("moves", [True, False])
def test_a_note_moves_its_parent_as_set(target: str, moves: bool, own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(settings={"notes_move_updated_at": moves})
    before = next(iter(account.truth(target)))
    (row,) = account.mutate([{"op": "note", "target": target, "index": 0}])
    assert (row["updatedAt"] != before["updatedAt"]) == moves
    with pytest.raises(ValueError, match="no such row"):
        account.mutate([{"op": "update", "id": "nobody"}])


# The data


def test_the_small_account_is_as_varied_as_real_ones(sandbox: Sandbox) -> None:
    rows = list(sandbox.truth("alerts"))
    stamps = [row["createdAt"] for row in rows]
    assert {len(stamp.partition(".")[2]) for stamp in stamps} == {0, 2, 3, 4}
    assert max(stamps.count(stamp) for stamp in stamps) >= 7
    for name in ("integration", "report", "snoozedUntil"):
        assert {name in row for row in rows} == {True, False}
    for name in ("owner", "ownerTeamId"):
        assert {row[name] == "" for row in rows} == {True, False}
    assert any(not row["message"].isascii() for row in rows)
    for row in rows:
        assert text.millis(row["createdAt"]) <= text.millis(row["updatedAt"]) <= text.millis(sandbox.now)


def test_log_offsets_are_unique_inside_an_alert_only(sandbox: Sandbox) -> None:
    offsets = [(row["alert_id"], row["offset"]) for row in sandbox.truth("alert_logs")]
    assert len(set(offsets)) == len(offsets)
    assert len({offset for _, offset in offsets}) < len(offsets)
    twins = [(row["incident_id"], row["offset"]) for row in sandbox.truth("incident_logs")]
    assert len(set(twins)) < len(twins)


def test_an_id_leads_back_to_its_number() -> None:
    ids = NumberedIds(1, "alert")
    assert [ids.number(ids.id(number)) for number in (0, 1, 999_999)] == [0, 1, 999_999]
    assert ids.number("nobody") is None
    assert NumberedIds(2, "alert").number(ids.id(5)) is None


def test_the_same_seed_gives_the_same_account(own_sandbox: Callable[..., Sandbox]) -> None:
    first, again, other = (own_sandbox(alerts=50, seed=seed) for seed in (5, 5, 6))
    assert list(first.truth("alert_logs")) == list(again.truth("alert_logs"))
    assert list(first.truth("users")) == list(again.truth("users"))
    assert next(first.truth("alerts")) != next(other.truth("alerts"))


def test_a_burst_is_as_large_as_asked() -> None:
    now = text.millis("2026-11-01T12:00:00Z")
    alerts = Alerts(1, Configuration(1, Size(alerts=1_000, incidents=0, teams=1, users=2), now), 1_000, 250, now)
    assert alerts.created == type(alerts.created)("q", sorted(alerts.created))
    assert max(alerts.created.count(moment) for moment in set(alerts.created)) >= 250


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_million_alerts_are_not_held(own_sandbox: Callable[..., Sandbox]) -> None:
    account = own_sandbox(profile="million", alerts=1_000_000)
    assert data(account, "/v2/alerts/count", query="createdAt >= 1262304000000")["count"] == 1_000_000
    assert len(data(account, "/v2/alerts", limit=100, **NEWEST_CHANGE_FIRST)) == 100
    status = Path(f"/proc/{account.process.pid}/status").read_text(encoding="utf-8")
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    assert int(peak) < 400 * 1024
