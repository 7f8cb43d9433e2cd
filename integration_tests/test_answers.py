"""The SQL in examples/sql, run on the copies, against the same answers worked out from the account itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integration_tests.archive import ROOT, asked
from integration_tests.copies import Copies
from integration_tests.warehouse import SCHEMA, Database, Row

Truth = dict[str, list[Row]]

MODELS = ROOT / "examples" / "sql"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.fixture
def truth(copies: Copies) -> Truth:
    return copies.second_truth


def answer(database: Database, name: str) -> list[Row]:
    (rows,) = database.ask((MODELS / f"{name}.sql").read_text(encoding="utf-8"))
    return rows


def agree(got: list[Row], expected: list[Row]) -> None:
    """Compare in order, numbers but for what floating point leaves of them."""
    assert [list(row) for row in got[:1]] == [list(row) for row in expected[:1]], "the columns"
    assert len(got) == len(expected)
    for mine, theirs in zip(got, expected, strict=True):
        assert mine == {name: nearly(value) if isinstance(value, float) else value for name, value in theirs.items()}


def nearly(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-6)


def moment(text: str) -> datetime:
    """Read a timestamp of the API."""
    form = "%Y-%m-%dT%H:%M:%S.%fZ" if "." in text else "%Y-%m-%dT%H:%M:%SZ"
    return datetime.strptime(text, form).replace(tzinfo=timezone.utc)


def month_of(at: datetime) -> str:
    return at.strftime("%Y-%m-01")


def team_names(truth: Truth) -> dict[str, str]:
    return {team["id"]: team["name"] for team in truth["teams"]}


def is_acknowledged(alert: Row) -> bool:
    return alert["acknowledged"] or "ackTime" in alert.get("report", {})


def percentile(values: list[float], part: float) -> float | None:
    """Return the value that a part of all are not above; between two values in proportion."""
    if not values:
        return None
    values = sorted(values)
    at = part * (len(values) - 1)
    below = int(at)
    beyond = min(below + 1, len(values) - 1)
    return values[below] + (at - below) * (values[beyond] - values[below])


def last_if_none(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def test_time_to_acknowledge_and_close(truth: Truth, database: Database) -> None:
    groups: dict[tuple[str, tuple[bool, str], str], list[Row]] = defaultdict(list)
    for alert in truth["alerts"]:
        team = team_names(truth).get(alert["ownerTeamId"])
        groups[month_of(moment(alert["createdAt"])), last_if_none(team), alert["priority"]].append(alert)
    expected = []
    for (month, (_, team), priority), alerts in sorted(groups.items()):
        reports = [alert.get("report", {}) for alert in alerts]
        acknowledge, close = (
            [report[name] / 1000 for report in reports if name in report] for name in ("ackTime", "closeTime")
        )
        expected.append(
            {
                "team": team or None,
                "priority": priority,
                "month": month,
                "alerts": len(alerts),
                "acknowledged": sum(map(is_acknowledged, alerts)),
                "closed": sum(alert["status"] == "closed" for alert in alerts),
                "acknowledge_median_seconds": percentile(acknowledge, 0.5),
                "acknowledge_p90_seconds": percentile(acknowledge, 0.9),
                "close_median_seconds": percentile(close, 0.5),
                "close_p90_seconds": percentile(close, 0.9),
            }
        )
    got = answer(database, "time_to_acknowledge_and_close")
    agree(got, expected)
    # It is told apart: half from nine in ten, what was acknowledged from what was closed, no team from some.
    assert any(row["acknowledge_median_seconds"] != row["acknowledge_p90_seconds"] for row in got)
    assert any(row["close_median_seconds"] != row["close_p90_seconds"] for row in got)
    assert any(row["acknowledged"] > row["closed"] for row in got)
    assert {None} < {row["team"] for row in got}


def test_pages_outside_working_hours(truth: Truth, database: Database) -> None:
    pages: dict[str, list[datetime]] = defaultdict(list)
    zones = {user["id"]: ZoneInfo(user["timeZone"]) for user in truth["users"]}
    for recipient in truth["alert_recipients"]:
        user = recipient["user"]["id"]
        pages[user].append(moment(recipient["createdAt"]).astimezone(zones[user]))
    expected = [
        {
            "user_id": user["id"],
            "user_name": user["fullName"],
            "time_zone": user["timeZone"],
            "pages": len(pages[user["id"]]),
            "outside_working_hours": sum(at.weekday() > 4 or not 9 <= at.hour < 18 for at in pages[user["id"]]),
            "at_night": sum(at.hour in (22, 23, 0, 1, 2, 3, 4, 5, 6) for at in pages[user["id"]]),
        }
        for user in truth["users"]
    ]
    got = answer(database, "pages_outside_working_hours")
    agree(got, sorted(expected, key=lambda row: (-row["pages"], row["user_id"])))
    assert sum(row["pages"] for row in got) == len(truth["alert_recipients"])
    zones_at_night = {
        row["time_zone"] for row in got if row["pages"] > row["outside_working_hours"] > row["at_night"] > 0
    }
    assert len(zones_at_night) > 2


@pytest.mark.parametrize(
    ("old", "new"), [("'Asia/Tokyo'", "NULL"), ("NULL", "'Asia/Tokyo'"), ("'Asia/Tokyo'", "'Europe/Berlin'")]
)
def test_a_person_with_two_ids_has_the_time_zone_of_the_one_that_was_paged_or_else_of_the_other(
    old: str, new: str
) -> None:
    report = ROOT / "archive" / "report" / "sql" / "pages_by_hour.sql"
    *_, pages, hours = asked(
        None,
        "CREATE TABLE users (id VARCHAR, username VARCHAR, fullname VARCHAR, timezone VARCHAR)",
        f"INSERT INTO users VALUES ('a-old', 'me@acme.com', 'Me', {old}), ('b-new', 'Me@acme.com', 'Me', {new})",  # noqa: S608 - own names
        "CREATE TABLE alert_recipients (user_id VARCHAR, createdat TIMESTAMPTZ)",
        "INSERT INTO alert_recipients VALUES ('a-old', '2026-03-02 15:00:00+00')",  # midnight in Tokyo
        (MODELS / "pages_outside_working_hours.sql").read_text(encoding="utf-8"),
        report.read_text(encoding="utf-8"),
    )
    assert pages == [["b-new", "Me", "Asia/Tokyo", 1, 1, 1]]
    assert hours == [[2, 0, 1, 0]]  # on Tuesday


def test_on_call_hours(truth: Truth, database: Database) -> None:
    names = {user["id"]: user["fullName"] for user in truth["users"]}
    members: dict[str, list[str]] = defaultdict(list)
    for member in truth["team_members"]:
        members[member["team_id"]].append(member["user_id"])
    called: dict[tuple[str, str], list[tuple[datetime, datetime]]] = defaultdict(list)
    for period in truth["schedule_timelines"]:
        recipients = [period["recipient"]] if "recipient" in period else period["flattenedRecipients"]
        ids = [recipient.get("id") for recipient in recipients]
        for user in {user for each in ids for user in members.get(each, [each])} & names.keys():
            called[user, period["layer"]].append((moment(period["startDate"]), moment(period["endDate"])))
    hours: dict[tuple[str, str, str], dict[str, float]] = defaultdict(lambda: {"final": 0.0, "override": 0.0})
    for (user, layer), periods in called.items():
        if layer in {"final", "override"}:
            for start, end in covered(periods):
                hours[month_of(start), names[user], user][layer] += (end - start) / HOUR
    expected = [
        {
            "user_id": user,
            "user_name": name,
            "month": month,
            "hours": by_layer["final"],
            "override_hours": by_layer["override"],
        }
        for (month, name, user), by_layer in sorted(hours.items())
    ]
    got = answer(database, "on_call_hours")
    agree(got, expected)
    assert all(row["hours"] <= 31 * 24 for row in got)
    overrides = [row for row in got if row["override_hours"]]
    assert all(row["hours"] >= row["override_hours"] for row in overrides)
    # The override that ended between the two syncs began in another month.
    assert any(
        before["user_id"] == after["user_id"] and before["month"] != after["month"]
        for before in overrides
        for after in overrides
    )


def covered(periods: list[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Return the stretches between neighbouring ends of periods, and of months, that lie in at least one period."""
    first, last = min(start for start, _ in periods), max(end for _, end in periods)
    changes: dict[datetime, int] = defaultdict(int)
    for start, end in periods:
        changes[start] += 1
        changes[end] -= 1
    for years in range(first.year, last.year + 1):
        for month in range(1, 13):
            changes[datetime(years, month, 1, tzinfo=timezone.utc)] += 0
    depth = 0
    for start, end in pairwise(sorted(changes)):
        depth += changes[start]
        if depth:
            yield start, end


def test_noisiest_sources(truth: Truth, database: Database) -> None:
    by_source: dict[str | None, list[Row]] = defaultdict(list)
    for alert in truth["alerts"]:
        by_source[alert["source"] or None].append(alert)
    expected = [
        {
            "source": source,
            "alerts": len(alerts),
            "occurrences": sum(alert["count"] for alert in alerts),
            "never_acknowledged": sum(not is_acknowledged(alert) for alert in alerts),
            "share_of_all": len(alerts) / len(truth["alerts"]),
        }
        for source, alerts in by_source.items()
    ]
    got = answer(database, "noisiest_sources")
    agree(got, sorted(expected, key=lambda row: (-row["alerts"], last_if_none(row["source"]))))
    assert len(got) > 3
    assert sum(row["share_of_all"] for row in got) == pytest.approx(1)
    assert all(0 < row["never_acknowledged"] < row["alerts"] < row["occurrences"] for row in got)


def test_unacknowledged_alerts(truth: Truth, database: Database) -> None:
    known_until = max(moment(alert["updatedAt"]) for alert in truth["alerts"])
    expected = []
    for alert in truth["alerts"]:
        if is_acknowledged(alert):
            continue
        created, lasted = moment(alert["createdAt"]), alert.get("report", {}).get("closeTime")
        closed = None if lasted is None else created + timedelta(milliseconds=lasted)
        expected.append(
            {
                "id": alert["id"],
                "tiny_id": alert["tinyId"],
                "message": alert["message"],
                "priority": alert["priority"],
                "team": team_names(truth).get(alert["ownerTeamId"]),
                "created_at": created - EPOCH,
                "closed_at": closed and closed - EPOCH,
                "open_seconds": ((closed or known_until) - created).total_seconds(),
            }
        )
    expected.sort(key=lambda row: row["id"])
    expected.sort(key=lambda row: row["created_at"], reverse=True)
    got = answer(database, "unacknowledged_alerts")
    agree(with_seconds(got), with_seconds(expected))
    assert any(row["closed_at"] is None for row in got)
    assert any(row["closed_at"] for row in got)
    assert {None} < {row["team"] for row in got}


def with_seconds(rows: list[Row]) -> list[Row]:
    """Make times numbers, so that they are compared as such."""
    return [row | {name: seconds(row[name]) for name in ("created_at", "closed_at")} for row in rows]


def seconds(value: Any) -> float | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) - EPOCH
    return None if value is None else float(value.total_seconds())


def test_incident_timelines(truth: Truth, database: Database) -> None:
    incidents = {incident["id"]: incident for incident in truth["incidents"]}
    told = [
        (
            entry["incident_id"],
            moment(entry["eventTime"]),
            entry["type"],
            entry["actor"]["name"],
            ": ".join(entry[name]["content"] for name in ("title", "description") if name in entry),
        )
        for entry in truth["incident_timeline_entries"]
    ]
    told += [
        (log["incident_id"], moment(log["createdAt"]), "log", log["owner"], log["log"])
        for log in truth["incident_logs"]
    ]
    got = answer(database, "incident_timelines")
    assert list(got[0]) == ["incident_id", "message", "at", "kind", "actor", "text"]
    assert sorted((*row.values(),) for row in got) == sorted(
        (incident, incidents[incident]["message"], at.isoformat(), *rest) for incident, at, *rest in told
    )
    order = [
        (moment(incidents[row["incident_id"]]["createdAt"]), row["incident_id"], datetime.fromisoformat(row["at"]))
        for row in got
    ]
    assert order == sorted(order)
    assert {"log", "IncidentOpened", "CustomUserEntry"} < {row["kind"] for row in got}


def test_each_model_says_what_it_measures_and_is_tested() -> None:
    models = sorted(path.stem for path in MODELS.glob("*.sql"))
    assert [name for name in models if f"test_{name}" not in globals()] == []
    for name in models:
        text = (MODELS / f"{name}.sql").read_text(encoding="utf-8")
        assert text.startswith("-- "), name
        assert not text.rstrip().endswith(";"), f"{name} could not stand in a CREATE VIEW"


PAGES = [*sorted((ROOT / "docs").glob("**/*.md")), ROOT / "archive" / "README.md", MODELS / "README.md"]
COLUMNS = sorted((ROOT / "docs" / "columns").glob("*.md"))


def test_sql_in_the_pages_runs(copies: Copies, database: Database) -> None:
    blocks = [
        block.rstrip().removesuffix(";")
        for page in PAGES
        for block in re.findall(r"^ *```sql\n(.*?)```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    ]
    assert blocks
    # Only tables that Opsgenie does not have are empty.
    filled = [not any(f"FROM {name}\n" in block for name in set(copies.catalog) - copies.filled) for block in blocks]
    assert [bool(rows) for rows in database.ask(*blocks)] == filled


def test_the_pages_of_columns_have_those_of_every_table_and_a_query(copies: Copies, database: Database) -> None:
    described, asked = {}, set()
    for page in COLUMNS:
        for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            table = section.split()[0]
            columns = re.findall(r"^\| `([\w]+)` \| \w+ \| \S", section, re.MULTILINE)
            described[table] = sorted(columns)
            asked |= set(re.findall(r"```sql\nSELECT\n[^`]*?^FROM (\w+)$", section, re.MULTILINE)) & {table}
    (rows,) = database.ask(
        f"SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = '{SCHEMA}'"  # noqa: S608
    )
    held: dict[str, list[str]] = {name: [] for name in copies.catalog}
    for row in rows:
        if row["table_name"] in held and not row["column_name"].startswith("_airbyte"):
            held[row["table_name"]].append(row["column_name"])
    assert described == {table: sorted(columns) for table, columns in held.items()}
    assert asked == set(held)
