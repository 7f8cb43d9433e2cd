"""The archive of an account that has moved to JSM Operations: complete, and true to what was there before."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from archive.sums import hash_of
from integration_tests.archive import ROOT, Archive
from integration_tests.connector import Connector
from integration_tests.sandbox.client import Sandbox
from integration_tests.test_report import tables_of, views_of
from integration_tests.test_warehouse import comparable
from integration_tests.warehouse import Database, Row
from source_opsgenie.catalog import NOT_IN_JSM
from source_opsgenie.jsm.catalog import STREAMS
from source_opsgenie.streams.catalog import name_of

Start = Callable[..., Sandbox]

READABLE = tuple(map(name_of, STREAMS))
COUNTED = ("alerts", "services")
LOGS = "/jsm/ops/api/v1/alerts/{id}/logs"
HOUR = 3_600_000

# The keys that the connector makes, because JSM sends none.
MADE = {"alert_logs": "offset", "audit_logs": "id"}

# The charts that are made of alert_recipients and of incidents.
NOT_DRAWN_OF_JSM = {"pages-by-hour", "load-by-person", "incidents-by-month"}

EXAMPLES = ROOT / "examples" / "sql"
VIEWS = ROOT / "archive" / "sql" / "views"


def database(archive: Archive) -> Database:
    return Database("duckdb", {"db_path": str(archive.output / "opsgenie.duckdb")})


def answer(archive: Archive, sql: str) -> list[Row]:
    (rows,) = database(archive).ask(sql)
    return rows


def without(rows: Iterable[Row], *columns: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in columns} for row in rows]


def in_any_order(rows: Iterable[Row]) -> list[str]:
    return sorted(map(repr, rows))


class TestWhole:
    def test_every_value_of_every_table_is_that_of_the_account(self, moved_archive: Archive, tmp_path: Path) -> None:
        catalog = Connector(tmp_path, moved_archive.account.jsm_config()).catalog()
        answers = database(moved_archive).ask(*(f'SELECT * FROM "{name}"' for name in READABLE))  # noqa: S608 - streams
        for name, rows in zip(READABLE, answers, strict=True):
            made = MADE.get(name, "")
            truth = moved_archive.account.jsm_truth(name)
            copied = sorted(comparable(catalog[name], row | {made: None}, is_copy=True) for row in rows)
            assert copied == sorted(comparable(catalog[name], row | {made: None}, is_copy=False) for row in truth), name
            assert rows, name
            key = [column.lower() for (column,) in catalog[name]["source_defined_primary_key"]]
            assert len({tuple(row[column] for column in key) for row in rows}) == len(rows), name

    def test_the_verification_says_what_was_counted_and_what_jsm_does_not_have(self, moved_archive: Archive) -> None:
        findings = moved_archive.findings
        truth = moved_archive.truth(*READABLE)
        assert {name: each["rows"] for name, each in findings.items() if each["outcome"] == "complete"} == truth
        assert {name: each["counted"] for name, each in findings.items() if each["counted"] is not None} == {
            name: truth[name] for name in COUNTED
        }
        not_read = {name: each["why"] for name, each in findings.items() if each["outcome"] == "not read"}
        assert not_read == NOT_IN_JSM
        assert moved_archive.verification["sound"]
        assert moved_archive.verification["verdict"] == (
            "Everything that the API of JSM Operations lists is here: 2 streams have all rows that JSM Operations "
            f"counts (alerts, services), and {len(READABLE) - 2} streams without such a count were read to the end. "
            f"{len(NOT_IN_JSM)} tables cannot be read from JSM Operations."
        )
        page = (moved_archive.output / "verification.md").read_text()
        assert "SANDBOX: the account is made up" in page
        assert page.count("JSM keeps incidents as Jira work items") == 1
        assert page.count("JSM Operations has no API for saved searches") == 1
        assert "found by this run" not in page

    def test_the_token_goes_to_jsm_alone_and_is_in_no_file(self, moved_archive: Archive) -> None:
        token = moved_archive.account.credential()["token"]
        assert moved_archive.holds(token) == []
        stats = moved_archive.account.stats()
        assert stats["keys_seen_elsewhere"] == 0
        assert stats["violations"] == []
        assert not [path for path in stats["calls"] if path.startswith(("/v1/", "/v2/"))]  # Opsgenie's

    def test_the_folder_explains_itself(self, moved_archive: Archive) -> None:
        page = (moved_archive.output / "README.md").read_text()
        assert page.startswith("# JSM Operations of 127.0.0.1")
        assert "SANDBOX" in page
        questions = re.findall(r"```sql\n(.*?);\n```", page, re.DOTALL)
        assert len(questions) == 8
        for of_missing_tables in ("What happened in each incident", "Who is paged"):
            assert of_missing_tables not in page.partition("## Questions")[2]
        assert "The answer is incomplete, because this copy has no rows of alert_recipients." in page
        moment = moved_archive.ask("SELECT max(starts) FROM on_call_at")[0][0][0]
        answers = moved_archive.ask(*(each.replace("2026-03-01 03:00:00+00", moment) for each in questions))
        assert all(answers)
        (views,) = moved_archive.ask("SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal")
        assert {*READABLE, *NOT_IN_JSM} < {name for (name,) in views}
        assert {path.stem for path in (moved_archive.output / "csv").iterdir()} == {
            *(*READABLE, "files", "alert_story", "on_call_at")
        }

    def test_the_report_draws_what_there_is_and_says_what_there_is_not(self, moved_archive: Archive) -> None:
        text = moved_archive.report.read_text()
        assert "<h1>SANDBOX: JSM Operations of 127.0.0.1" in text
        assert "<dt>Alerts</dt><dd>200</dd>" in text
        assert '<dt>Incidents</dt><dd>-</dd><dd class="note">not in this copy</dd>' in text
        assert '<dt>Pages outside working hours</dt><dd>-</dd><dd class="note">not in this copy</dd>' in text
        (names,) = re.findall(r"tables cannot be read from JSM Operations \(([^)]*)\)", text)
        assert {*names.split(", ")} == set(NOT_IN_JSM)
        assert "Opsgenie account" not in text


class TestSameAnswers:
    """The SQL of the examples, of the folder and of the report, on the same account before and after its move."""

    def test_every_query_is_compared(self) -> None:
        compared = {"time_to_acknowledge_and_close", "unacknowledged_alerts", "noisiest_sources", "on_call_hours"}
        assert {path.stem for path in EXAMPLES.glob("*.sql")} == compared | {
            "pages_outside_working_hours",
            "incident_timelines",
        }
        assert {path.stem for path in VIEWS.glob("*.sql")} == {
            *("alert_story", "alerts_with_names", "on_call_at", "incident_story")
        }

    @pytest.mark.parametrize("name", ["time_to_acknowledge_and_close", "unacknowledged_alerts", "noisiest_sources"])
    def test_answers_about_alerts_are_equal(self, name: str, whole_archive: Archive, moved_archive: Archive) -> None:
        sql = (EXAMPLES / f"{name}.sql").read_text()
        before = answer(whole_archive, sql)
        assert before
        assert answer(moved_archive, sql) == before

    def test_hours_on_call_are_equal_but_for_the_ids_of_users(
        self, whole_archive: Archive, moved_archive: Archive
    ) -> None:
        sql = (EXAMPLES / "on_call_hours.sql").read_text()
        before, after = (without(answer(each, sql), "user_id") for each in (whole_archive, moved_archive))
        assert before
        assert in_any_order(after) == in_any_order(before)

    def test_pages_are_not_there_and_their_users_are(self, whole_archive: Archive, moved_archive: Archive) -> None:
        """JSM does not tell the recipients of alerts, so nobody is paged, as far as the tables know."""
        sql = (EXAMPLES / "pages_outside_working_hours.sql").read_text()
        before, after = answer(whole_archive, sql), answer(moved_archive, sql)
        zones = [Counter((row["user_name"], row["time_zone"]) for row in rows) for rows in (before, after)]
        # Users of the site without Operations cannot be told apart.
        assert zones[0] <= zones[1]
        assert len(after) == moved_archive.truth("users")["users"]
        assert sum(row["pages"] for row in before) > 0 == sum(row["pages"] for row in after)

    def test_the_timelines_of_incidents_are_not_there(self, whole_archive: Archive, moved_archive: Archive) -> None:
        sql = "SELECT * FROM incident_story"
        assert whole_archive.ask(sql) != [[]]
        assert moved_archive.ask(sql) == [[]]

    def test_the_story_of_an_alert_is_the_same_but_for_who_took_it(
        self, whole_archive: Archive, moved_archive: Archive
    ) -> None:
        sql = (
            "SELECT alert_id, happened_at, kind, what, CASE WHEN kind IN ('created', 'log', 'note') THEN who END "
            "FROM alert_story WHERE kind <> 'notified' ORDER BY ALL"
        )
        who = "SELECT DISTINCT who FROM alert_story WHERE kind IN ('acknowledged', 'closed')"
        (before, takers), (after, nobody) = whole_archive.ask(sql, who), moved_archive.ask(sql, who)
        assert {row[2] for row in before} == {"created", "log", "note", "acknowledged", "closed"}
        assert after == before
        assert len(takers) > 1
        assert nobody == [[None]]

    def test_alerts_have_the_same_names_but_for_who_took_them(
        self, whole_archive: Archive, moved_archive: Archive
    ) -> None:
        # Of the details, one in seven has a further property in JSM.
        sql = "SELECT * EXCLUDE (owner, acknowledged_by, closed_by, details) FROM alerts_with_names ORDER BY id"
        owners = "SELECT id, owner FROM alerts_with_names"
        (before, told), (after, owned) = whole_archive.ask(sql, owners), moved_archive.ask(sql, owners)
        assert before
        assert after == before
        # An owner whose profile hides the address has the address for a name: it leads to no user.
        hidden = hidden_in(moved_archive)
        names, others = dict(told), {identity: name for identity, name in owned if name not in hidden}
        assert others == {identity: name for identity, name in names.items() if identity in others}
        assert {names[identity]: name for identity, name in owned if name in hidden} == {
            name: address for address, name in hidden.items()
        }

    def test_who_was_on_call_is_the_same_but_for_the_ids_of_users(
        self, whole_archive: Archive, moved_archive: Archive
    ) -> None:
        sql = "SELECT * EXCLUDE (user_id, username) FROM on_call_at ORDER BY ALL"
        before, after = whole_archive.ask(sql), moved_archive.ask(sql)
        assert before[0]
        assert after == before

    def test_the_report_shows_the_same_of_each_team_and_period(
        self, whole_archive: Archive, moved_archive: Archive
    ) -> None:
        before, after = (views_of(each.report.read_text()) for each in (whole_archive, moved_archive))
        assert list(after) == list(before)
        for team, periods in before.items():
            assert list(after[team]) == list(periods)
            for label, view in periods.items():
                shown, expected = tables_of(after[team][label]["charts"]), tables_of(view["charts"])
                assert {*expected} - {*shown} <= NOT_DRAWN_OF_JSM
                assert shown == {name: rows for name, rows in expected.items() if name not in NOT_DRAWN_OF_JSM}, (
                    team,
                    label,
                )
                assert after[team][label]["mtta"] == view["mtta"]
                assert of_alerts(after[team][label]["tiles"]) == of_alerts(view["tiles"])


def hidden_in(archive: Archive) -> dict[str, str]:
    """Return the names of the users of the account whose profiles hide their addresses, by these."""
    shown = {row.get("username") for row in archive.account.jsm_truth("users")}
    return {row["username"]: row["fullName"] for row in archive.account.truth("users") if row["username"] not in shown}


def of_alerts(tiles: str) -> list[str]:
    """Return the figures that are not about pages or incidents."""
    return [tile for tile in tiles.splitlines() if "Pages" not in tile and "Incidents" not in tile]


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a folder."""
    return {str(path.relative_to(folder)): hash_of(path) for path in folder.rglob("*") if path.is_file()}


STREAMS_MOVED = (
    *("alerts", "alert_details", "alert_logs", "alert_notes", "alert_recipients", "incidents", "users", "teams"),
    *("team_members", "schedules", "schedule_timelines", "heartbeats", "integrations", "integration_actions"),
    *("services", "audit_logs"),
)
OF_OPSGENIE = STREAMS_MOVED[:-1]


@dataclass(frozen=True)
class Moved:
    """A folder that was begun from Opsgenie, and went on from JSM Operations after the account had moved and changed.

    Attributes:
        before: the rows of each table before the move.
        changed: the ids of the alerts that changed since.
        printed: what the run from JSM printed.
        stats: what the account counted of it.
    """

    archive: Archive
    before: dict[str, int]
    changed: set[str]
    printed: str
    stats: dict[str, Any]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    with Sandbox(profile="small", seed=1, alerts=60, incidents=5, teams=2) as account:
        archive = Archive(account, tmp_path_factory.mktemp("moving"), streams=OF_OPSGENIE)
        archive.run()
        before = archive.rows(*OF_OPSGENIE)
        account.migrate()
        changed = account.mutate(
            [
                {"op": "note", "target": "alerts", "index": 3, "advance_ms": HOUR},
                {"op": "note", "target": "alerts", "index": 41, "advance_ms": HOUR},
                {"op": "close", "target": "alerts", "index": 59, "advance_ms": HOUR},
                {"op": "create", "target": "alerts", "advance_ms": HOUR},
                {"op": "wait", "target": "alerts", "advance_ms": 48 * HOUR},
            ]
        )
        account.reset_stats()
        # As a run that was killed leaves it: what it read to the end was Opsgenie's.
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        killed = {"started": now, "complete": dict.fromkeys(OF_OPSGENIE, now)}
        (archive.output / ".progress.json").write_text(json.dumps(killed))
        archive.has_moved, archive.streams = True, STREAMS_MOVED
        printed = archive.run()
        yield Moved(archive, before, {row["id"] for row in changed if row}, printed, account.stats())


class TestMove:
    """A folder that was begun from Opsgenie goes on from JSM Operations."""

    def test_it_goes_on_without_a_backfill_and_says_so_once(self, moved: Moved) -> None:
        assert moved.printed.count("This folder was started from Opsgenie and continues from JSM Operations") == 1
        assert moved.archive.verification["sound"], moved.printed
        assert moved.stats["calls"][LOGS] <= len(moved.changed) + 1  # and what shares the moment of the cursor
        assert moved.stats["keys_seen_elsewhere"] == 0
        assert not [path for path in moved.stats["calls"] if path.startswith(("/v1/", "/v2/"))]  # Opsgenie's

    def test_nothing_is_lost_and_nothing_is_there_twice(self, moved: Moved) -> None:
        archive, account = moved.archive, moved.archive.account
        same = ("alerts", "alert_details", "alert_logs", "alert_notes", "teams", "schedules", "audit_logs")
        rekeyed = ("heartbeats", "integrations", "integration_actions")
        assert archive.rows(*same, *rekeyed) == archive.truth(*same, *rekeyed)
        assert archive.rows("alerts")["alerts"] == moved.before["alerts"] + 1
        told = archive.ask("SELECT alert_id, type, log FROM alert_logs", "SELECT alert_id, note FROM alert_notes")
        logs = Counter((row["alert_id"], row["type"], row["log"]) for row in account.jsm_truth("alert_logs"))
        notes = Counter((row["alert_id"], row["note"]) for row in account.jsm_truth("alert_notes"))
        assert [Counter(map(tuple, rows)) for rows in told] == [logs, notes]
        columns = 'schedule_id, layer, rotation_id, "startDate", "endDate"'
        periods, named = archive.ask(
            f"SELECT count(*), count(DISTINCT ({columns})) FROM schedule_timelines",  # noqa: S608 - own names
            "SELECT count(*) FROM alerts_with_names",
        )
        assert periods[0][0] == periods[0][1] > moved.before["schedule_timelines"]
        assert named[0][0] == moved.before["alerts"] + 1

    def test_what_jsm_does_not_have_is_kept_and_named(self, moved: Moved) -> None:
        kept = {name: moved.before[name] for name in ("alert_recipients", "incidents")}
        assert min(kept.values()) > 0
        assert moved.archive.rows(*kept) == kept
        assert {name: moved.archive.findings[name]["outcome"] for name in kept} == dict.fromkeys(kept, "not read")
        told = f"are kept: alert_recipients ({kept['alert_recipients']} rows), incidents ({kept['incidents']} rows)."
        assert f"Rows of these tables that earlier runs read {told}" in moved.printed
        assert told in moved.archive.report.read_text()
        assert told in (moved.archive.output / "verification.md").read_text().replace("\\", "")
        assert f"<dt>Incidents</dt><dd>{kept['incidents']}</dd>" in moved.archive.report.read_text()

    def test_rows_with_ids_of_before_are_counted_apart(self, moved: Moved) -> None:
        of_jsm = moved.archive.truth("services")["services"]
        services = moved.archive.findings["services"]
        assert services["rows"] == moved.before["services"] + of_jsm
        assert services["counted"] == of_jsm
        assert services["gone"] == services["difference"] == moved.before["services"]
        told = f"services: JSM Operations does not list {moved.before['services']} rows any more (deleted, or not"
        assert told in moved.printed
        assert told in (moved.archive.output / "verification.md").read_text().replace("\\", "")

    def test_a_user_with_two_ids_is_one_person(self, moved: Moved) -> None:
        archive, account = moved.archive, moved.archive.account
        ids = {row["id"] for truth in (account.truth, account.jsm_truth) for row in truth("users")}
        known = dict(archive.ask("SELECT id, username FROM users WHERE username IS NOT NULL")[0])
        assert {row[0] for row in archive.ask("SELECT id FROM users")[0]} == ids
        assert len(set(known.values())) < len(known)
        hours, pages = (
            [row | {"user_id": known[row["user_id"]]} for row in answer(archive, sql) if row["user_id"] in known]
            for sql in (
                (EXAMPLES / f"{name}.sql").read_text() for name in ("on_call_hours", "pages_outside_working_hours")
            )
        )
        assert max(Counter((row["user_id"], row["month"]) for row in hours).values()) == 1
        assert max(Counter(row["user_id"] for row in pages).values()) == 1
        (twice,) = archive.ask(
            "SELECT username FROM on_call_at WHERE username IS NOT NULL "
            "GROUP BY username, schedule_id, rotation, starts, ends HAVING count(*) > 1"
        )
        assert twice == []

    def test_a_further_run_says_and_changes_nothing_and_there_is_no_way_back(self, moved: Moved) -> None:
        archive = moved.archive
        rows = archive.rows(*STREAMS_MOVED)
        assert "started from Opsgenie" not in archive.run()
        assert archive.rows(*STREAMS_MOVED) == rows
        # It would read everything once more, by keys that the rows of JSM do not have.
        back = replace(archive, has_moved=False, streams=OF_OPSGENIE)
        printed = back.run(code=2)
        assert "has been filled from JSM Operations at 127.0.0.1 since " in printed
        assert "so Opsgenie is not read into it any more" in printed
        assert archive.account.stats()["keys_seen_elsewhere"] == 0

    def test_alerts_with_new_ids_are_said_to_be_missing_and_those_of_another_site_are_not_read(
        self, own_sandbox: Start, tmp_path: Path
    ) -> None:
        account = own_sandbox(alerts=40, settings={"jsm": {"ids": "changed"}})
        archive = Archive(account, tmp_path, streams=["alerts"])
        archive.run()
        files = hashes(archive.output)
        wrong = replace(archive, account=own_sandbox(seed=7, alerts=9, migrated=True), has_moved=True)
        printed = wrong.run(code=2)
        assert re.search(r"has none of the \d alerts of this folder that were looked up there", printed)
        assert "started from Opsgenie" not in printed
        assert hashes(archive.output) == files
        account.migrate()
        archive.has_moved = True
        assert "NOT VERIFIED: rows or files may be missing in alerts. verification.md says why." in archive.run(code=1)
        assert "rows are missing in the archive" in archive.findings["alerts"]["why"]

    def test_a_folder_of_another_site_is_not_touched(self, site: Sandbox, tmp_path: Path) -> None:
        archive = Archive(site, tmp_path, streams=["teams"], has_moved=True)
        archive.output.mkdir()
        (archive.output / ".account.json").write_text('{"region": null, "name": null, "site": "acme.atlassian.net"}')
        assert "belongs to the account at acme.atlassian.net" in archive.run(code=2)
