"""The archive: complete, whatever interrupts it, and honest about what it is not."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.copying import ConfigFile
from archive.run import now, write_time
from integration_tests.archive import PYTHON, WHOLE, Archive, asked, ended, ran
from integration_tests.fork_server import Process
from integration_tests.sandbox.client import Sandbox
from integration_tests.sandbox.text import millis
from source_opsgenie.opsgenie.catalog import STREAMS
from source_opsgenie.streams.catalog import name_of

Start = Callable[..., Sandbox]

ALERTS = 130  # more than a page, and more than there are between two states of their child streams
MANY = 400  # several states apart
OWN = ("files", "log_lines")  # tables of the archive's own
STORIES = ("alert_story", "incident_story", "on_call_at")  # views that join them
CHECK = 1  # calls of the connection check for each list
LOGS = "/v2/alerts/{alertId}/logs"
PAGES = ("README.md", "verification.md", "report.html")


class TestWhole:
    def test_every_stream_has_the_rows_of_the_account(self, whole_archive: Archive) -> None:
        streams = list(whole_archive.findings)
        truth = whole_archive.truth(*streams)
        assert set(map(name_of, STREAMS)) <= set(streams)
        assert whole_archive.rows(*streams) == truth
        assert {name: finding["rows"] for name, finding in whole_archive.findings.items()} == truth
        assert {name: finding["distinct_keys"] for name, finding in whole_archive.findings.items()} == truth

    def test_every_stream_has_a_parquet_file_with_the_same_rows(self, whole_archive: Archive) -> None:
        folder = whole_archive.output / "parquet"
        files = sorted(folder.iterdir())
        counts = asked(None, *(f"SELECT count(*) FROM '{path}'" for path in files))  # noqa: S608 - own names
        rows = {path.stem: count[0][0] for path, count in zip(files, counts, strict=True)}
        assert {name: count for name, count in rows.items() if name in whole_archive.findings} == {
            name: finding["rows"] for name, finding in whole_archive.findings.items()
        }
        own = whole_archive.ask(*(f"SELECT count(*) FROM {name}" for name in OWN))  # noqa: S608 - own names
        assert {name: rows[name] for name in OWN} == {name: count[0][0] for name, count in zip(OWN, own, strict=True)}

    def test_the_counts_of_opsgenie_are_shown_where_there_are_any(self, whole_archive: Archive) -> None:
        counted = {name: each["counted"] for name, each in whole_archive.findings.items()}
        assert {name: count for name, count in counted.items() if count is not None} == whole_archive.truth(
            "alerts", "incidents", "users"
        )
        assert whole_archive.verification["sound"]
        assert whole_archive.verification["verdict"] == (
            "Everything that the API of Opsgenie lists is here: 3 streams have all rows that Opsgenie counts (alerts, "
            "incidents, users), and 46 streams without such a count were read to the end. On-call timelines begin 12 "
            "months before the first copy, unless an earlier run had a start_date."
        )
        assert "SANDBOX: the account is made up" in (whole_archive.output / "verification.md").read_text()

    def test_the_times_are_those_of_the_rows(self, whole_archive: Archive) -> None:
        created = sorted(row["createdAt"] for row in whole_archive.account.truth("alerts"))
        finding = whole_archive.findings["alerts"]
        assert finding["time_column"] == "createdat"
        assert finding["first"][:19] == created[0][:19]
        assert finding["last"][:19] == created[-1][:19]

    def test_the_key_is_in_no_file(self, whole_archive: Archive) -> None:
        assert whole_archive.holds(whole_archive.account.key("full")) == []

    def test_nothing_of_the_work_is_left(self, whole_archive: Archive) -> None:
        assert sorted(path.name for path in whole_archive.output.iterdir()) == [
            *(".account.json", ".lock"),
            *("README.md", "SHA256SUMS", "columns.md", "csv", "files", "opsgenie.duckdb", "parquet", "report.html"),
            *("verification.json", "verification.md"),
        ]


class TestFolder:
    """The folder explains itself to somebody who has nothing else."""

    def test_a_view_a_stream_has_the_names_of_the_api_and_times_with_their_zone(self, whole_archive: Archive) -> None:
        (columns,) = whole_archive.ask(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE schema_name = 'main' AND NOT internal"
        )
        by_view: dict[str, dict[str, str]] = {}
        for view, column, kind in columns:
            by_view.setdefault(view, {})[column] = kind
        assert set(whole_archive.findings) < set(by_view)
        assert by_view["alerts"]["createdAt"] == "TIMESTAMP WITH TIME ZONE"
        assert not [column for _, column, _ in columns if column.startswith("_airbyte")]
        row = next(iter(whole_archive.account.truth("alerts")))
        assert set(row) <= set(by_view["alerts"])
        assert whole_archive.ask(f"SELECT epoch_ms(\"createdAt\") FROM alerts WHERE id = '{row['id']}'") == [  # noqa: S608 - own names
            [[millis(row["createdAt"])]]
        ]

    def test_every_column_is_described(self, whole_archive: Archive) -> None:
        (columns,) = whole_archive.ask("SELECT table_name, comment FROM duckdb_columns() WHERE schema_name = 'main'")
        assert all(comment for view, comment in columns if view in {*whole_archive.findings, *OWN})
        page = (whole_archive.output / "columns.md").read_text()
        assert "| `report.ackTime` |  | Time from creation to acknowledgement, in milliseconds. |" in page
        assert all(f"\n## {table}\n" in page for table in [*whole_archive.findings, *OWN])

    def test_its_questions_are_answered_by_what_is_there(self, whole_archive: Archive) -> None:
        page = (whole_archive.output / "README.md").read_text()
        questions = re.findall(r"```sql\n(.*?);\n```", page, re.DOTALL)
        assert len(questions) == 10
        moment = whole_archive.ask("SELECT max(starts) FROM on_call_at")[0][0][0]
        asked_for = [each.replace("2026-03-01 03:00:00+00", moment) for each in questions]
        assert all(whole_archive.ask(*asked_for))
        assert "SANDBOX" in page
        assert "Everything that the API of Opsgenie lists is here: 3 streams have all rows" in page
        assert "The answer is incomplete" not in page
        for name in re.findall(r"^\| `([\w.]+)/?`", page.partition("## How to open")[0], re.MULTILINE):
            assert (whole_archive.output / name).exists(), name

    def test_stories_hold_what_happened(self, whole_archive: Archive) -> None:
        truth = whole_archive.truth("alerts", "alert_logs", "alert_notes", "alert_recipients", "incidents")
        kinds, incidents, named = whole_archive.ask(
            "SELECT kind, count(*) FROM alert_story GROUP BY kind",
            "SELECT count(*) FROM incident_story WHERE kind = 'created'",
            "SELECT count(*) FROM alerts_with_names",
        )
        told = dict(kinds)
        assert told["created"] == truth["alerts"] == named[0][0]
        assert told["log"] == truth["alert_logs"]
        assert told["note"] == truth["alert_notes"]
        assert told["notified"] == truth["alert_recipients"]
        assert incidents[0][0] == truth["incidents"]

    def test_who_was_on_call_is_known_of_people_who_have_left_the_account(
        self, whole_archive: Archive, tmp_path: Path
    ) -> None:
        copy = tmp_path / "copy.duckdb"
        copy.write_bytes((whole_archive.output / "opsgenie.duckdb").read_bytes())
        sql = "SELECT schedule, starts, ends, user_id, username FROM on_call_at ORDER BY ALL"
        ((gone, username), *_), told = asked(
            copy, "SELECT user_id, username FROM on_call_at GROUP BY ALL ORDER BY count(*) DESC, user_id", sql
        )
        _, named, still_told = asked(
            copy,
            f"DELETE FROM account.users WHERE id = '{gone}'",  # noqa: S608 - own names
            f"SELECT DISTINCT person FROM on_call_at WHERE user_id = '{gone}'",  # noqa: S608 - own names
            sql,
        )
        assert named == [[username]]
        assert still_told == told

    def test_a_spreadsheet_opens_the_csv_files(self, whole_archive: Archive) -> None:
        folder = whole_archive.output / "csv"
        assert {path.stem for path in folder.iterdir()} == {*whole_archive.findings, *OWN, *STORIES}
        raw = (folder / "alerts.csv").read_bytes()
        assert raw.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
        teams = {row["id"]: row["name"] for row in whole_archive.account.truth("teams")}
        expected = {
            row["id"]: teams.get(row.get("ownerTeamId", ""), "") for row in whole_archive.account.truth("alerts")
        }
        assert {row["id"]: row["team"] for row in rows} == expected
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["createdAt"]) for row in rows)

    def test_the_stories_are_there_without_duckdb(self, whole_archive: Archive) -> None:
        for name in STORIES:
            with (whole_archive.output / "csv" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.DictReader(file))
            path = whole_archive.output / "parquet" / f"{name}.parquet"
            counts = whole_archive.ask(f"SELECT count(*) FROM {name}", f"SELECT count(*) FROM '{path}'")  # noqa: S608 - own names
            assert counts == [[[len(rows)]], [[len(rows)]]]
            assert rows

    def test_anybody_can_check_the_files(self, whole_archive: Archive, tmp_path: Path) -> None:
        copy = tmp_path / "copy"
        shutil.copytree(whole_archive.output, copy)
        listed = {line[66:] for line in (copy / "SHA256SUMS").read_text().splitlines()}
        files = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
        assert files - listed == {".account.json", ".lock", "SHA256SUMS"}
        check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
        assert subprocess.run(check, cwd=copy, check=False).returncode == 0  # noqa: S603 - a fixed command
        (copy / "csv" / "teams.csv").write_text("something else")
        changed = subprocess.run(check, cwd=copy, check=False, capture_output=True, text=True)  # noqa: S603 - as above
        assert "csv/teams.csv: FAILED" in changed.stdout


class TestKilled:
    def test_the_next_run_goes_on_and_nothing_is_missing(self, few: Callable[..., Archive]) -> None:
        streams = ("alerts", "alert_logs", "users", "teams")
        archive = few(*streams, alerts=MANY, options=("--portion-seconds", "0"))
        archive.account.settings(latency_ms=5)
        with archive.start() as process:
            kill_between_two_portions(process, archive.account, LOGS)
        assert (archive.output / ".work").is_dir()
        assert archive.holds(archive.account.key("full")) == []
        ((kept,),), ((states,),) = archive.ask(
            "SELECT count(DISTINCT alert_id) FROM account.alert_logs", "SELECT count(*) FROM account._airbyte_state"
        )
        assert kept > 0
        assert states > 0
        assert json.loads((archive.output / ".progress.json").read_text())["api_started"]  # from the answers' dates
        archive.account.reset_stats()
        archive.options = []

        printed = archive.run()

        assert "Resuming the run of " in printed
        assert archive.rows(*streams) == archive.truth(*streams)
        assert archive.verification["sound"]
        calls = archive.account.calls()
        assert calls[LOGS] < MANY  # those below the state that was kept are not asked for again
        # The streams were complete. The check asks once for each list; the cost and the verification ask for the number
        # of users.
        assert calls["/v2/users"] == CHECK + 2
        assert calls["/v2/teams"] == CHECK

    def test_after_the_last_read_the_rest_is_still_done(self, few: Callable[..., Archive]) -> None:
        archive = few("teams")
        with archive.start() as process:
            for line in process.stdout or ():
                if "1 stream complete." in line:
                    process.kill()
        archive.account.reset_stats()
        printed = archive.run()
        assert "1 stream is complete, and not read again." in printed
        assert "All rows are saved, so none is read again." in printed
        assert "What has changed" not in printed
        assert archive.findings["teams"]["rows"] == archive.truth("teams")["teams"]
        assert (archive.output / "parquet" / "teams.parquet").is_file()
        assert archive.report.is_file()
        assert archive.account.calls()["/v2/teams"] == CHECK  # the stream was complete


class TestStopped:
    def test_ctrl_c_is_answered_and_the_same_command_goes_on(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "alert_logs", alerts=MANY, options=("--portion-seconds", "0"))
        archive.account.settings(latency_ms=5)
        with archive.start_alone() as process:
            told = ""
            for line in process.stdout or ():
                told += line
                if "rows saved" in line:
                    process.send_signal(signal.SIGINT)
                    break
            told += process.communicate()[0]
        assert process.returncode == 130
        assert "Traceback" not in told
        assert f"The account has {MANY:,} alerts, 5 incidents" in told
        assert re.search(
            r"The run was stopped\. \d of 2 streams are complete. All rows read until \d\d:\d\d:\d\d are saved", told
        )
        assert f"-m archive --config {archive.config} --output {archive.output}" in told
        archive.options = []
        assert "Resuming the run of " in archive.run()
        assert archive.rows("alerts", "alert_logs") == archive.truth("alerts", "alert_logs")


def kill_between_two_portions(process: Process, account: Sandbox, endpoint: str) -> None:
    """Kill a run that has kept a portion with answers of an endpoint, while it asks for more of them."""
    for line in process.stdout:
        kept = account.calls().get(endpoint, 0)
        if ": reading " in line and kept:
            break
    while account.calls()[endpoint] == kept:
        assert process.poll() is None
    process.kill()


class TestAgain:
    def test_runs_add_what_is_new_keep_what_is_gone_and_tell_what_is_missing(self, few: Callable[..., Archive]) -> None:
        streams = ("alerts", "alert_notes", "users")
        archive = few(*streams, alerts=ALERTS)
        archive.run()
        rows = list(archive.account.truth("alerts"))
        # All of the first month, and one of the month in which another will be missing: they must not cancel out.
        gone = {row["id"] for row in rows if row["createdAt"][:7] == rows[0]["createdAt"][:7]} | {rows[61]["id"]}
        lost = rows[60]["id"]
        archive.account.mutate(
            [
                {"op": "create", "target": "alerts", "advance_ms": 3_600_000},
                {"op": "note", "target": "alerts", "index": 80, "advance_ms": 1},
                *({"op": "delete", "target": "alerts", "id": each} for each in gone),
            ]
        )
        ahead = "UPDATE account.alerts SET _airbyte_extracted_at = _airbyte_extracted_at + INTERVAL 1 DAY"
        asked(archive.output / "opsgenie.duckdb", ahead)  # as by a clock that was ahead

        assert "This run takes about 3 calls and a minute or less. Reading what has changed since" in archive.run()

        assert {name: each["added"] for name, each in archive.findings.items()} == {
            "alerts": 1,
            "alert_notes": 1,
            "users": 0,
        }
        finding = archive.findings["alerts"]
        assert finding["rows"] == finding["distinct_keys"] == ALERTS + 1
        assert finding["counted"] == ALERTS + 1 - len(gone)
        assert finding["difference"] == finding["gone"] == len(gone)
        assert (
            f"Opsgenie does not list {len(gone)} rows any more (deleted, or not visible to this key); they are kept"
            in finding["why"]
        )
        assert finding["sound"]
        changed = next(row for row in archive.account.truth("alerts") if row["id"] == rows[80]["id"])
        assert archive.ask(f"SELECT epoch_ms(updatedat) FROM account.alerts WHERE id = '{changed['id']}'") == [  # noqa: S608 - own names
            [[millis(changed["updatedAt"])]]
        ]

        database = archive.output / "opsgenie.duckdb"
        notes = archive.rows("alert_notes")["alert_notes"]
        asked(database, f"DELETE FROM account.alerts WHERE id = '{lost}'", "DELETE FROM account.alert_notes")  # noqa: S608 - own names
        printed = archive.run(code=1)

        assert f"1 row is missing in the archive: {lost}." in archive.findings["alerts"]["why"]
        assert "NOT VERIFIED: rows or files may be missing in alerts, alert_notes. verification.md says why." in printed
        # Nothing else counts the notes.
        told = f"{notes} rows that the table had at the end of the last run are missing now. Restore opsgenie.duckdb"
        assert told in archive.findings["alert_notes"]["why"]


class TestHonest:
    def test_a_part_of_an_account_is_said_to_be_one(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "incidents", "alert_logs")
        created = sorted(row["createdAt"] for row in archive.account.truth("alerts"))
        archive.settings = {"start_date": f"{created[20][:10]}T00:00:00Z", "alert_query": "priority: P1"}
        printed = archive.run()
        assert archive.verification["sound"]
        assert 0 < archive.rows("alerts")["alerts"] < 20
        part = "Only a part of the account is selected: alerts that match the alert_query "
        start = f"since the start_date {created[20][:10]}, which leaves out "
        assert part in printed.partition("Portion 1")[0]
        selection = archive.verification["selection"]
        assert (selection["alert_query"], selection["start_date"]) == ("priority: P1", created[20][:10])
        for text in (printed, *((archive.output / name).read_text() for name in PAGES)):
            for words in ("Complete for what was selected", part, start, "3 of 49 streams"):
                assert words in text.replace("\\", "")

    def test_a_query_does_not_make_the_other_rows_gone(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts")
        archive.run()
        archive.settings = {"alert_query": "priority: P1"}
        archive.run()
        others = archive.findings["alerts"]["gone"]
        assert others > 0
        told = f"Opsgenie does not list {others} rows any more (deleted, or not visible to this key, or not matched by"
        assert told in archive.findings["alerts"]["why"]
        archive.settings = {}
        archive.run()
        assert archive.verification["sound"]
        assert (archive.findings["alerts"]["gone"], archive.findings["alerts"]["why"]) == (0, "")

    def test_a_start_date_before_the_account_leaves_out_nothing(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "schedules", "schedule_timelines", schedules=1)
        printed = archive.run()
        assert "No start_date is set, so schedule_timelines goes back 12 months only." in printed
        archive.settings = {"start_date": "2020-01-01"}
        printed = archive.run()
        assert archive.verification["sound"]
        assert archive.rows("alerts") == archive.truth("alerts")
        assert "since the start_date" not in printed
        assert "start_date is set" not in printed
        calls = archive.account.calls()["/v2/schedules/{scheduleId}/timeline"]
        assert calls > archive.truth("schedules")["schedules"] * 12 * 6  # a call a month, since 2020
        assert r"On-call timelines from before the start\_date" in (archive.output / "README.md").read_text()

    @pytest.mark.parametrize(
        ("key", "plan", "skipped", "reason"),
        [
            ("no_config", "Enterprise", {"users", "contacts", "teams", "account"}, "onfiguration"),
            ("full", "Essentials", {"incidents", "incident_logs"}, "plan"),
        ],
    )
    def test_streams_that_are_left_out_are_told_with_the_reason(
        self, few: Callable[..., Archive], key: str, plan: str, skipped: set[str], reason: str
    ) -> None:
        streams = ("alerts", "incidents", "incident_logs", "users", "contacts", "teams", "account")
        archive = few(*streams, key=key, settings={"plan": plan})
        printed = archive.run()
        require_skipped(archive, printed, skipped, reason)
        assert "The key probably belongs to a team" not in printed
        assert "There is nothing to draw, because there are no rows of schedule_timelines" in archive.report.read_text()

    def test_what_the_key_of_a_team_leaves_out_is_told_and_a_key_that_sees_more_completes_nothing(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few(
            *("alerts", "alert_logs", "incidents", "incident_logs", "users", "contacts", "teams", "account"),
            *("schedules", "schedule_timelines"),
            key="team",
        )
        printed = archive.run()
        require_skipped(archive, printed, {"users", "contacts", "account"}, "team")
        assert "The key probably belongs to a team" in printed.partition("Portion 1")[0]
        archive.key = "full"
        printed = archive.run(code=1)
        assert {name: each["outcome"] for name, each in archive.findings.items() if each["outcome"] != "complete"} == {
            "alerts": "unverified",
            "alert_logs": "unverified",
            "incidents": "unverified",
            "incident_logs": "unverified",
            "schedule_timelines": "unverified",
        }
        assert "copy the account again into another folder (OUTPUT)." in printed
        assert "2 streams are not verified (incident_logs, schedule_timelines)" in archive.report.read_text()

    def test_a_stream_that_fails_costs_the_others_nothing_and_is_read_by_the_next_run(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("alerts", "teams", settings={"refusals": {"/v2/teams": [422, 1]}})
        archive.run(code=1)
        assert archive.findings["teams"]["outcome"] == "failed"
        assert archive.rows("alerts") == archive.truth("alerts")
        archive.account.settings(refusals={})
        archive.run()
        assert archive.rows("alerts", "teams") == archive.truth("alerts", "teams")

    def test_one_odd_value_is_set_aside_and_everything_else_is_kept(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "teams", options=("--csv",))
        archive.program = WHOLE
        odd = {"lastOccurredAt": "soon", "count": "many", "日本": {"a": 1}}
        formula = '=HYPERLINK("http://example.com")\u0007'
        row, _ = archive.account.mutate(
            [
                {"op": "update", "target": "alerts", "index": 7, "fields": odd},
                {"op": "update", "target": "alerts", "index": 1, "fields": {"message": formula}},
            ]
        )
        printed = archive.run()
        assert archive.rows("alerts", "teams") == archive.truth("alerts", "teams")
        lines = (archive.output / "set_aside.jsonl").read_text().splitlines()
        kept = {line["field"]: (line["key"], line["value"]) for line in map(json.loads, lines)}
        assert kept == {field: ({"id": row["id"]}, value) for field, value in odd.items()}
        assert "alerts: 1 value of 'lastOccurredAt' is not in the table, because it is not a time" in printed
        assert "alerts: 1 value of '日本' is not in the table" in (archive.output / "verification.md").read_text()
        (values,) = archive.ask(f"SELECT lastoccurredat, count FROM account.alerts WHERE id = '{row['id']}'")  # noqa: S608 - own names
        assert values == [[None, None]]
        # What a spreadsheet would compute stays a text.
        with (archive.output / "csv" / "alerts.csv").open(encoding="utf-8-sig", newline="") as file:
            assert "'" + formula[:-1] in [each["message"] for each in csv.DictReader(file)]


def require_skipped(archive: Archive, printed: str, skipped: set[str], reason: str) -> None:
    """Require that a run has told which streams it leaves out, and why."""
    streams = tuple(archive.streams)
    told = {name: each["why"] for name, each in archive.findings.items() if each["outcome"] == "skipped"}
    assert set(told) == skipped
    assert any(reason in why for why in told.values()), told
    # One sentence for all streams with the same reason, in the report as well.
    notice = f"{len(skipped)} streams are skipped ("
    assert printed.count(" are skipped (") == 1, printed
    assert notice in printed
    before = printed.partition("Portion 1")[0]
    assert f"{len(skipped)} of {len(streams)} streams cannot be read." in before
    assert "press Ctrl-C now" in before
    assert f"{len(streams) - len(skipped)} of {len(streams)} streams are here" in printed
    assert notice in archive.report.read_text()
    assert f"{len(skipped)} streams are skipped" in printed
    assert archive.findings["alerts"]["rows"] > 0


EXPORT = """
import json
import sys
from pathlib import Path
from archive import views
from archive.store import Store

folder = Path(sys.argv[1])
with Store(folder / "opsgenie.duckdb") as store:
    store.execute("CREATE TABLE main.texts AS SELECT unnest(['soon', '1']) AS text")
    for name, what in (("whole", "text"), ("odd", "CAST(text AS INTEGER)")):
        store.execute(f"CREATE VIEW main.{name} AS SELECT {what} FROM main.texts")
    views.joined_views = lambda: ["whole", "odd"]
    print(json.dumps(views.export_joined(store, folder / "parquet")))
"""


class TestViews:
    def test_one_that_cannot_be_computed_is_named_and_costs_nothing_else(self, tmp_path: Path) -> None:
        for kind in ("parquet", "csv"):
            (tmp_path / kind).mkdir()
            (tmp_path / kind / f"odd.{kind}").write_text("of an earlier run")
        exported, (warning,) = json.loads(ended([str(PYTHON), "-c", EXPORT, str(tmp_path)], 0))
        assert exported == ["whole"]
        assert warning.startswith(
            "The view odd is not in a file of its own, because DuckDB cannot compute it: Conversion"
        )
        assert warning.endswith(". The tables are not affected.")
        assert [path.name for path in (tmp_path / "parquet").iterdir()] == ["whole.parquet"]
        assert list((tmp_path / "csv").iterdir()) == []


REMOVE_DUPLICATES = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from archive import moved
from archive.store import Store

since = datetime(2026, 1, 2, tzinfo=timezone.utc)
with Store(Path(sys.argv[1])) as store:
    for name, is_incremental in (("listed", False), ("changed", True), ("alert_notes", True)):
        key = ["id"] if name == "alert_notes" else ["id", "part"]
        stream = SimpleNamespace(name=name, primary_key=key, supports_incremental=is_incremental)
        moved.remove_duplicates(store, stream, since)
        table = store.summarize(name, moved.key_of(stream, store), since)
        store.execute("INSERT INTO main.summaries VALUES (?, ?, ?)", name, table.rows, table.keys)
"""


SUMMARIZE = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from archive.store import Store

with Store(Path(sys.argv[1])) as store:
    print(store.summarize("log_files", "filename", datetime(2026, 1, 1, tzinfo=timezone.utc)).last)
"""


def test_a_number_that_is_no_time_is_left_out_of_the_first_and_the_last(tmp_path: Path) -> None:
    database = tmp_path / "opsgenie.duckdb"
    nanoseconds = 1_700_000_000_000_000_000
    asked(
        database,
        "CREATE SCHEMA account",
        "CREATE TABLE account.log_files (filename VARCHAR, date BIGINT, _airbyte_extracted_at TIMESTAMP)",
        f"INSERT INTO account.log_files VALUES ('a', {nanoseconds // 10**6}, now()), ('b', {nanoseconds}, now())",  # noqa: S608 - own values
    )
    assert ended([str(PYTHON), "-c", SUMMARIZE, str(database)], 0) == "2023-11-14T22:13:20.000Z\n"


class TestDuplicates:
    def test_no_row_replaces_one_that_is_not_its_earlier_state(self, tmp_path: Path) -> None:
        database = tmp_path / "opsgenie.duckdb"
        old, new, later = "2026-01-01", "2026-01-03", "9999-01-01"  # the last one by a clock that was ahead
        rows: list[tuple[str | None, str, str, str]] = [
            ("1", "a", "stays", old),
            ("2", "a", "older", old),
            ("2", "a", "newer", new),
            ("3", "a", "ahead", later),
            ("3", "a", "newer", new),
            ("4", "a", "same", new),
            ("4", "a", "same", new),
            ("5", "a", "one", new),
            ("5", "a", "another", new),
            (None, "a", "one", new),
            (None, "a", "another", new),
            (None, "a", "same", old),
            (None, "a", "same", new),
        ]
        values = ", ".join(
            f"({'NULL' if row[0] is None else row[0]}, '{row[1]}', '{row[2]}', '{row[3]}')" for row in rows
        )
        # Of Opsgenie, with and without an offset, and of JSM.
        of_notes = [("'1'", "NULL", "x"), ("'1'", "NULL", "y"), ("'2'", "NULL", "z"), ("NULL", "NULL", "one")]
        of_notes += [("NULL", "NULL", "another"), ("NULL", "'n1'", "v"), ("NULL", "'n1'", "w")]
        of_notes += [("'5'", "NULL", "equal"), ("'6'", "NULL", "equal"), ("NULL", "'n5'", "equal")]
        notes = ", ".join(f"({offset}, {each}, '{text}')" for offset, each, text in of_notes)
        columns = "id VARCHAR, part VARCHAR, name VARCHAR, _airbyte_extracted_at TIMESTAMP"
        asked(
            database,
            "CREATE SCHEMA account",
            "CREATE TABLE main.summaries (stream VARCHAR, rows BIGINT, keys BIGINT)",
            *(f"CREATE TABLE account.{name} ({columns})" for name in ("listed", "changed")),
            *(f"INSERT INTO account.{name} VALUES {values}" for name in ("listed", "changed")),  # noqa: S608 - own names
            f'CREATE TABLE account.alert_notes ({columns}, alert_id VARCHAR, "offset" VARCHAR, note VARCHAR)',
            "ALTER TABLE account.alert_notes ADD COLUMN owner VARCHAR",
            "ALTER TABLE account.alert_notes ADD COLUMN createdat TIMESTAMP",
            f"INSERT INTO account.alert_notes BY NAME SELECT 'a1' AS alert_id, * FROM (VALUES {notes}) "  # noqa: S608 - own names
            'AS each("offset", id, note)',
        )
        ended([str(PYTHON), "-c", REMOVE_DUPLICATES, str(database)], 0)
        kept = ["1 stays", "2 newer", "3 newer", "4 same", "5 another", "None another", "None one", "None same"]
        listed, changed, found, summaries = asked(
            database,
            "SELECT id, name FROM account.listed ORDER BY id, name",
            "SELECT id, name FROM account.changed ORDER BY id, name",
            'SELECT "offset", id, note FROM account.alert_notes ORDER BY ALL',
            "FROM main.summaries ORDER BY stream",
        )
        assert sorted(f"{each} {name}" for each, name in changed) == kept
        assert sorted(f"{each} {name}" for each, name in listed) == sorted([*kept, "5 one"])
        assert found == [
            ["1", None, "y"],
            ["2", None, "z"],
            ["6", None, "equal"],
            [None, "n1", "w"],
            [None, "n5", "equal"],
            [None, None, "another"],
            [None, None, "one"],
        ]
        assert summaries == [["alert_notes", 7, 7], ["changed", 8, 8], ["listed", 9, 8]]

    def test_a_run_of_other_streams_removes_those_of_a_killed_run_and_no_rows_with_one_key(
        self, few: Callable[..., Archive]
    ) -> None:
        schedules = [{"id": "s1", "name": "one"}, {"id": "s1", "name": "another"}]
        odd = {"/v2/schedules": ",".join(map(json.dumps, schedules))}
        archive = few("schedules", "teams", "users", settings={"odd": odd})
        archive.run(code=1)
        # As a run that was killed leaves a table, one that PyAirbyte loads rows into, and its progress.
        copied = ("users_01kb1zq7t", "users_opsgenie", "my_users_01kb1zq7t")  # the others are the user's own
        asked(
            archive.output / "opsgenie.duckdb",
            "INSERT INTO account.users SELECT * FROM account.users",
            *(f"CREATE TABLE account.{name} AS FROM account.users" for name in copied),
        )
        progress = {"started": write_time(now()), "selects": ConfigFile.read(archive.config).selects}
        (archive.output / ".progress.json").write_text(json.dumps(progress))
        archive.streams = ("teams",)
        (archive.output / "parquet" / "users.parquet").unlink()
        assert "Resuming the run of " in archive.run()
        assert archive.rows("teams", "users") == archive.truth("teams", "users")
        assert (archive.output / "parquet" / "users.parquet").exists()  # that run had not come to it
        tables, named = archive.ask(
            "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%users%' ORDER BY ALL",
            "SELECT name FROM schedules WHERE id = 's1' ORDER BY name",
        )
        assert tables == [["my_users_01kb1zq7t"], ["users"], ["users"], ["users_opsgenie"]]  # a table, and its view
        assert named == [["another"], ["one"]]

    def test_what_the_api_may_send_is_kept_or_said_not_to_be(self, few: Callable[..., Archive]) -> None:
        recipients = [
            {"user": {"username": f"{name}@x.org"}, "state": "action", "createdAt": "2026-01-01T00:00:00Z"}
            for name in ("a", "b")
        ]
        large = {"n": 2**65}
        schedules = [{"id": "s1", "name": "one"}, {"id": "s1", "name": "another", "ownerTeam": large}]
        odd = {
            "/v2/alerts/{alertId}/recipients": ",".join(map(json.dumps, recipients)),
            "/v2/schedules": ",".join(map(json.dumps, schedules)),
        }
        archive = few("alerts", "alert_recipients", "schedules", alerts=5, settings={"odd": odd})
        archive.program = WHOLE
        fields: list[dict[str, object]] = [
            {"lastOccurredAt": "2026-01-01T10:30:00+02:00"},
            {"lastOccurredAt": "2026-01-01T08:30Z"},
            {"report": {"ackTime": "NaN", "closeTime": 1e300}},
        ]
        changes = [
            {"op": "update", "target": "alerts", "index": place, "fields": each} for place, each in enumerate(fields)
        ]
        changed = [row["id"] for row in archive.account.mutate(changes)]
        archive.run(code=1)
        assert archive.verification["verdict"].startswith("NOT VERIFIED: rows or files may be missing in schedules.")
        assert archive.findings["alert_recipients"]["outcome"] == "complete"
        finding = archive.findings["schedules"]
        assert finding["outcome"] == "unverified"
        assert finding["rows"] == finding["distinct_keys"] + 1
        assert finding["why"] == "1 row has the same key as another row; all of them are kept."
        times, unknown, named = archive.ask(
            f"SELECT epoch_ms(lastoccurredat) FROM account.alerts WHERE id IN ('{changed[0]}', '{changed[1]}')",  # noqa: S608 - own names
            "SELECT count(*) FROM account.alert_recipients WHERE user_id IS NULL",
            "SELECT name FROM account.schedules WHERE id = 's1' ORDER BY name",
        )
        assert times == [[millis("2026-01-01T08:30:00Z")]] * 2
        assert unknown == [[len(recipients) * 5]]
        assert named == [["another"], ["one"]]
        (aside,) = map(json.loads, (archive.output / "set_aside.jsonl").read_text().splitlines())
        assert (aside["key"], aside["field"], aside["value"]) == ({"id": "s1"}, "ownerTeam", large)
        assert (archive.output / "parquet" / "alert_story.parquet").exists()


class TestNotBegun:
    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            ((), "make archive CONFIG=config.json OUTPUT=../opsgenie-archive"),
            (("config=config.json",), "make archive has no variable config; it takes CONFIG, OUTPUT and CSV"),
            (("CONFIG=sandbox", "OUTPT=folder"), "make archive has no variable OUTPT"),
        ],
    )
    def test_make_says_how_before_it_sets_anything_up(self, arguments: tuple[str, ...], told: str) -> None:
        assert told in ended(["make", "--no-print-directory", "--always-make", "archive", *arguments], 2)

    def test_make_hands_its_variables_on(self) -> None:
        # What is set up already is not to be set up anew, not even in words.
        kept = [f"--old-file={each}/ready" for each in (".venv", ".venv-demo")]
        settings = ["CONFIG=config.json", "OUTPUT=../copy", "CSV=yes"]
        printed = ended(["make", "--no-print-directory", "--dry-run", *kept, "archive", *settings], 0)
        assert '-m archive --config "config.json" --output "../copy" --csv' in printed

    def test_without_a_configuration_the_line_to_type_is_shown(self) -> None:
        assert "make archive CONFIG=config.json OUTPUT=" in ended([str(PYTHON), "-m", "archive", "--config", ""], 2)

    def test_damaged_files_are_named(self, few: Callable[..., Archive]) -> None:
        archive = few("teams")
        archive.output.mkdir()
        account, database = archive.output / ".account.json", archive.output / "opsgenie.duckdb"
        account.write_text("{")
        assert f"{account} is damaged" in archive.run(code=2)
        account.unlink()
        database.write_text("no database" * 1000)
        assert f"{database} is damaged or not a DuckDB file" in archive.run(code=2)
        database.unlink()
        asked(database, "CREATE TABLE some_table (some_column INTEGER)")
        (archive.output / ".progress.json").write_text("[]")
        assert ".progress.json is damaged and will be replaced" in archive.run()
        assert archive.rows("teams") == archive.truth("teams")

    def test_a_database_that_is_damaged_is_not_written_and_nothing_vouches_for_it(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("alerts", "alert_logs")
        archive.run()
        database = archive.output / "opsgenie.duckdb"
        whole = database.read_bytes()
        garbage = bytes(range(256))
        for damaged in (
            whole[: len(whole) // 2],
            b"".join(garbage + whole[at + len(garbage) : at + 8192] for at in range(0, len(whole), 8192)),
            whole[:12288] + b"".join(garbage + whole[at + 256 : at + 65536] for at in range(12288, len(whole), 65536)),
        ):
            database.write_bytes(damaged)
            printed = archive.run(code=2)
            assert re.search(f"{database} is damaged .* move the file away, and run again", printed)
            assert len(printed.splitlines()) == 2  # the first says that it is the sandbox
            assert database.read_bytes() == damaged
            assert (archive.output / "README.md").read_text().count("opsgenie.duckdb is damaged") == 1
            for page in ("verification.md", "verification.json", "SHA256SUMS"):
                assert not (archive.output / page).exists()
        database.unlink()
        archive.run()
        assert archive.rows("alert_logs") == archive.truth("alert_logs")
        assert "is damaged" not in (archive.output / "README.md").read_text()

    def test_a_new_folder_is_removed_again_if_nothing_could_begin(self, few: Callable[..., Archive]) -> None:
        archive = few("teams")
        arguments = archive.arguments()
        archive.config.write_text('{"api_token"')
        assert f"{archive.config} does not contain a JSON object (Expecting" in ran("archive", *arguments, code=2)
        archive.config.write_text('{"api_token": "no-key-at-all", "endpoint": "http://127.0.0.1:9", "startdate": "x"}')
        printed = ran("archive", *arguments, code=2)
        assert printed.startswith("The configuration has an unknown field 'startdate': did you mean 'start_date'?")
        assert "refuses the connection" in printed
        archive.config.unlink()
        assert f"{archive.config} cannot be read: No such file" in ran("archive", *arguments, code=2)
        assert not archive.output.exists()

    def test_a_key_that_is_refused(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", key="disabled")
        printed = archive.run(code=2)
        assert "key" in printed
        assert archive.account.key("disabled") not in printed

    def test_a_folder_that_holds_another_account(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts")
        archive.output.mkdir()
        (archive.output / ".account.json").write_text('{"region": null, "name": "another"}')
        assert "belongs to the account another" in archive.run(code=2)

    def test_a_folder_that_another_run_is_writing_to(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts")
        archive.output.mkdir()
        with (archive.output / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert "Another run is writing" in archive.run(code=2)

    def test_a_stream_that_does_not_exist(self, few: Callable[..., Archive], tmp_path: Path) -> None:
        assert "There is no stream alarms" in few("alarms").run(code=2)
        folder = tmp_path / "of the made-up account"
        arguments = ("--config", "sandbox", "--output", str(folder), "--streams", "alarms")
        assert "There is no stream alarms" in ran("archive", *arguments, code=2)
        assert not folder.exists()

    def test_a_stream_that_the_account_has_only_after_its_move(self, few: Callable[..., Archive]) -> None:
        assert "no stream syncs here: docs/streams.md lists those of Opsgenie, and those" in few("syncs").run(code=2)
