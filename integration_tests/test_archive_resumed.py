"""An archive whose runs differ: continued by another key, with another configuration, or days later."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from integration_tests.archive import Archive, asked
from integration_tests.sandbox.client import Sandbox

Start = Callable[..., Sandbox]

DAY = 86_400_000  # milliseconds
TIMELINE = "/v2/schedules/{scheduleId}/timeline"


def kill_after_the_last_read(archive: Archive) -> None:
    """Start a run, and kill it when all its rows are saved."""
    with archive.start() as process:
        for line in process.stdout or ():
            if "complete." in line:
                process.kill()


class TestAnotherConfiguration:
    def test_what_a_key_that_sees_less_has_read_is_not_taken_for_all(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "alert_logs", "integrations", key="team")
        kill_after_the_last_read(archive)
        truth = archive.truth("alerts", "integrations")
        assert archive.rows("alerts")["alerts"] < truth["alerts"]
        assert archive.rows("integrations")["integrations"] < truth["integrations"]
        archive.key = "full"
        archive.run(code=1)
        assert archive.rows("integrations")["integrations"] == truth["integrations"]
        assert {name: each["outcome"] for name, each in archive.findings.items()} == {
            "alerts": "unverified",
            "alert_logs": "unverified",
            "integrations": "complete",
        }

    def test_timelines_that_begin_later_are_not_taken_for_those_that_are_wanted(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("schedules", "schedule_timelines", schedules=1)
        kill_after_the_last_read(archive)
        archive.account.reset_stats()
        archive.settings = {"start_date": "2020-01-01"}
        archive.run()
        assert archive.account.calls()[TIMELINE] > archive.truth("schedules")["schedules"] * 12 * 6  # a call a month

    def test_a_key_in_between_that_sees_less_leaves_out_changes(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "alert_notes")
        archive.run()
        team = next(iter(archive.account.truth("teams")))["id"]
        rows = list(archive.account.truth("alerts"))
        own = next(row["id"] for row in rows if row.get("ownerTeamId") == team)
        other = next(row["id"] for row in rows if row.get("ownerTeamId") != team)
        notes = [{"op": "note", "target": "alerts", "id": each, "advance_ms": DAY} for each in (other, own)]
        archive.account.mutate(notes)
        archive.key = "team"
        archive.run()
        archive.key = "full"
        archive.run(code=1)
        assert archive.rows("alert_notes")["alert_notes"] < archive.truth("alert_notes")["alert_notes"]
        assert archive.findings["alert_notes"]["outcome"] == "unverified"


class TestLater:
    def test_a_row_that_changed_while_the_run_was_interrupted_is_no_duplicate(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("teams", settings={"odd": {"/v2/teams": '{"id": "t1", "name": "before"}'}})
        kill_after_the_last_read(archive)
        make_two_days_older(archive.output)
        archive.account.settings(odd={"/v2/teams": '{"id": "t1", "name": "after"}'})
        archive.run()
        assert archive.ask("SELECT name FROM teams WHERE id = 't1'") == [[["after"]]]


class TestMoved:
    """The account moves, and JSM Operations does not have the table."""

    def test_what_the_last_run_did_not_complete_before_it_was_killed_stays_so(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("alerts", "incidents", incidents=20)
        archive.run()
        archive.streams = ("alerts", "incidents", "incident_logs")  # the last one was never read before
        kill_after_the_last_read(archive)
        archive.account.migrate()
        archive.has_moved = True
        archive.run(code=1)
        unsound = {name: each["why"] for name, each in archive.findings.items() if not each["sound"]}
        assert set(unsound) == {"incidents", "incident_logs"}
        assert all("this table: The last run that read it has not ended. While" in why for why in unsound.values())
        added = {name: each["added"] for name, each in archive.findings.items()}
        assert (added["alerts"], added["incidents"]) == (0, 0)  # the duplicates of that run do not count

    def test_a_table_that_the_last_run_could_not_read_is_not_complete(self, few: Callable[..., Archive]) -> None:
        archive = few("alerts", "incidents")
        archive.run()
        archive.account.settings(plan="Essentials")
        archive.run()
        skipped = archive.findings["incidents"]
        assert skipped["outcome"] == "skipped"
        archive.account.migrate()
        archive.has_moved = True
        archive.run(code=1)
        told = "The last read from Opsgenie did not complete this table: "
        assert f"{told}{skipped['why']}" in archive.findings["incidents"]["why"]
        assert told in archive.report.read_text()

    def test_a_read_that_was_killed_before_the_move_is_told_whatever_it_had_saved(
        self, few: Callable[..., Archive]
    ) -> None:
        archive = few("teams", "incidents")
        archive.run()
        (archive.output / "opsgenie.duckdb").unlink()
        with archive.start() as process:
            for line in process.stdout or ():
                if "Portion 1: reading" in line:
                    process.kill()
        archive.account.migrate()
        archive.has_moved = True
        archive.run(code=1)
        assert "The last run that read it has not ended." in archive.findings["incidents"]["why"]

    def test_a_database_that_is_gone_after_the_move_is_missed(self, few: Callable[..., Archive]) -> None:
        archive = few("teams", "incidents")
        archive.run()
        archive.account.migrate()
        archive.has_moved = True
        archive.run()
        (archive.output / "opsgenie.duckdb").unlink()
        archive.run(code=1)
        assert "The database that had its rows is gone." in archive.findings["incidents"]["why"]
        assert archive.findings["teams"]["sound"]


def make_two_days_older(output: Path) -> None:
    """Let the run that was killed have been one of two days ago."""
    age = timedelta(days=2)
    path = output / ".progress.json"
    progress = json.loads(path.read_text())
    progress["started"] = (datetime.fromisoformat(progress["started"]) - age).isoformat()
    progress["complete"] = {
        name: (datetime.fromisoformat(when) - age).isoformat() for name, when in progress["complete"].items()
    }
    path.write_text(json.dumps(progress))
    asked(
        output / "opsgenie.duckdb",
        "UPDATE account.teams SET _airbyte_extracted_at = _airbyte_extracted_at - INTERVAL 2 DAY",
    )
