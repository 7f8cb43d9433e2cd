"""The warnings of a run that ended before its rows were saved, or whose account has moved since."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import Self

from archive import row_counts, saved_streams
from archive.holes import Holes
from archive.origin import Origin
from archive.paths import PROGRESS, WARNINGS
from archive.relay import Portion, ReadOutcome, RowFilter, relay
from archive.run import Run, now, write_time
from archive.start import start
from archive.warning_file import WarningFile
from source_opsgenie.config import Config
from source_opsgenie.streams.skips import NONE_FOUND
from unit_tests.test_archive_relay import log, state

ORIGIN = Origin.of(Config.parse({"api_token": "0123456789abcdef"}))
SELECTS = "as before"
LOGS = "alert_logs: the rows of 5 alerts were skipped, because the key may not (HTTP 403): a."
NOT_FOUND = NONE_FOUND % ("alert_logs", "2 alerts", 404)
ROLES = "team_roles: the rows of 3 teams were skipped, because the key may not (HTTP 403): t."
WIDER = "The state was made by a sync that could not read the account."


class Kept:
    """A database with the states of some streams, as `Store` answers about it."""

    counted: Mapping[str, int] = {}
    saved: Mapping[str, str] = {}  # the streams that each run has completed

    def __init__(self, *with_state: str) -> None:
        self._with_state = with_state

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None: ...

    def count(self, _: str) -> int:
        return 3

    def execute(self, *_: str) -> None:
        """Create a table."""

    def columns(self, _: str) -> dict[str, str]:
        return {"stream_name": "VARCHAR"}

    def has_state(self, stream: str) -> bool:
        return stream in self._with_state

    def rows(self, sql: str) -> list[Any]:
        if row_counts.TABLE in sql:
            return list(self.counted.items())
        if saved_streams.TABLE in sql:
            return list(self.saved.items())
        raise AssertionError(sql)


def started(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *with_state: str,
    selects: str = SELECTS,
    unseen: list[str] | None = None,
) -> Run:
    database = folder / "opsgenie.duckdb"
    database.touch()
    monkeypatch.setattr("archive.start.Store", lambda _: Kept(*with_state))
    monkeypatch.setattr("archive.start.remove_duplicates", lambda *_: None)
    streams = [stream for stream in ORIGIN.streams if stream.name == "teams"]
    return start(database, folder / PROGRESS, streams, ORIGIN, selects=selects, unseen=unseen)


class Out:
    """The pipe to PyAirbyte, which notes what is in the file of warnings when a message comes."""

    def __init__(self, file: WarningFile) -> None:
        self._file = file
        self.seen: list[list[str]] = []

    @property
    def buffer(self) -> Out:
        return self

    def write(self, line: bytes) -> None:
        if b"STATE" in line:
            self.seen.append(self._file.load())

    def flush(self) -> None: ...


def relayed(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Out, ReadOutcome]:
    """Relay what a program prints in the connector's place."""
    file, outcome = WarningFile(folder / WARNINGS), ReadOutcome()
    out = Out(file)
    monkeypatch.setattr(sys, "stdout", out)
    progress: Any = type("Progress", (), {"observe": lambda *_: None, "end": lambda _: None})()
    connector, rows = [sys.executable, "-c", program], RowFilter([], folder / "aside")
    relay(connector, Portion(300, set(), {}), outcome, rows, progress, warnings=file)
    return out, outcome


def test_a_warning_is_on_the_disk_before_the_state_that_follows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = [state("alert_logs"), log(LOGS), state("alert_logs"), log(ROLES), log(LOGS), state("alert_logs")]
    out, _ = relayed(f"print({chr(10).join(map(json.dumps, messages))!r})", tmp_path, monkeypatch)
    assert out.seen == [[], [LOGS], [LOGS, ROLES]]


def test_a_connector_that_is_killed_in_the_middle_of_a_line_ends_the_read_with_its_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = f"{json.dumps(state('alert_logs'))}\n{{"
    program = f"import os; print({cut!r}, end='', flush=True); os.kill(os.getpid(), 9)"
    out, outcome = relayed(program, tmp_path, monkeypatch)
    assert len(out.seen) == 1
    assert outcome.error == "The connector ended with exit code -9."


def test_a_line_that_a_killed_run_left_incomplete_spoils_no_other(tmp_path: Path) -> None:
    file = WarningFile(tmp_path / WARNINGS)
    assert file.load() == []
    file.add([LOGS])
    with (tmp_path / WARNINGS).open("ab") as opened:
        opened.write(b'"caf\xc3')
    file.add([ROLES, LOGS])
    assert file.load() == [LOGS, ROLES]


def test_the_next_run_has_the_warnings_that_will_not_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = WarningFile(tmp_path / WARNINGS)
    file.add([LOGS, ROLES, WIDER, NOT_FOUND])
    # Without a progress, as after a move. Streams that are read in full warn again, and what is owed is read again.
    run = started(tmp_path, monkeypatch, "alert_logs", "team_roles")
    assert run.warnings == file.load() == [LOGS, WIDER]
    assert started(tmp_path, monkeypatch, "alert_logs").warnings == [LOGS, WIDER]  # each of them once
    (tmp_path / PROGRESS).unlink()
    assert started(tmp_path, monkeypatch).warnings == [WIDER]  # the stream is read from its beginning
    assert started(tmp_path, monkeypatch, "alert_logs").warnings == [WIDER]  # and has a state after that


def test_rows_that_are_missing_since_the_last_run_are_a_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Kept, "counted", {"alerts": 3, "team_logs": 4, "users": 2})
    run = started(tmp_path, monkeypatch)
    assert run.warnings == [
        (
            "team_logs: 1 row that the table had at the end of the last run is missing now. Restore opsgenie.duckdb "
            "from a backup, or copy the account again into another folder (OUTPUT)."
        )
    ]
    (stream,) = (each for each in ORIGIN.streams if each.name == "team_logs")
    assert Holes(run.warnings).lacks_rows(stream)


def test_without_the_database_nothing_is_left_of_its_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = write_time(now())
    unfinished = Run(begun, complete={"teams": begun}, warnings=[LOGS], selects=SELECTS)
    unfinished.save(tmp_path / PROGRESS)
    monkeypatch.setattr(Kept, "saved", {begun: '["teams"]'})
    assert set(started(tmp_path, monkeypatch).complete) == {"teams"}
    (tmp_path / "opsgenie.duckdb").unlink()
    WarningFile(tmp_path / WARNINGS).add([LOGS])
    monkeypatch.setattr("archive.start.Store", lambda _: Kept("alert_logs"))
    run = start(tmp_path / "opsgenie.duckdb", tmp_path / PROGRESS, [], ORIGIN, selects=SELECTS, unseen=[])
    assert (run.complete, run.warnings) == ({}, [])


@pytest.mark.parametrize(
    ("changed", "is_new"),
    [
        ({"selects": "other rows"}, True),
        ({"unseen": ["users"]}, True),
        ({"unseen": ["teams", "users"]}, False),
        ({"unseen": ["alerts", "teams", "users"]}, False),  # fewer rights
        ({"unseen": None}, False),  # the check was not complete
    ],
)
def test_a_run_with_another_configuration_or_more_rights_is_a_new_one(
    changed: dict[str, Any], is_new: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = write_time(now())
    monkeypatch.setattr(Kept, "saved", {begun: '["teams"]'})
    Run(begun, complete={"teams": begun}, selects=SELECTS, unseen=["teams", "users"]).save(tmp_path / PROGRESS)
    run = started(tmp_path, monkeypatch, **{"unseen": ["teams", "users"], **changed})
    assert (run.complete == {}) is is_new
    assert is_new or {"teams", "users"} <= {*run.unseen}


def test_a_stream_that_the_database_does_not_know_to_be_complete_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = write_time(now())
    run = Run(begun, complete=dict.fromkeys(("teams", "users"), begun), selects=SELECTS)
    for saved in ({begun: '["teams", "alerts"]'}, {"2026-01-01": '["teams", "users"]'}):
        run.save(tmp_path / PROGRESS)
        monkeypatch.setattr(Kept, "saved", saved)
        assert set(started(tmp_path, monkeypatch).complete) == ({"teams"} if begun in saved else set())


def test_what_is_read_again_in_full_has_no_earlier_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = write_time(now())
    run = Run(begun, complete={"team_roles": begun}, warnings=[LOGS, ROLES, WIDER], selects=SELECTS)
    run.save(tmp_path / PROGRESS)
    monkeypatch.setattr(Kept, "saved", {begun: '["team_roles"]'})
    assert started(tmp_path, monkeypatch, "alert_logs").warnings == [LOGS, ROLES, WIDER]
    monkeypatch.setattr(Kept, "saved", {})
    assert started(tmp_path, monkeypatch, "alert_logs").warnings == [LOGS, WIDER]


def test_rows_that_are_missing_are_remembered_until_the_run_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kept, "counted", {"alert_logs": 4})
    run = started(tmp_path, monkeypatch, "alert_logs")
    assert len(run.warnings) == 1
    (tmp_path / PROGRESS).unlink()
    monkeypatch.setattr(Kept, "counted", {"alert_logs": 3})  # because new rows have come
    assert started(tmp_path, monkeypatch, "alert_logs").warnings == run.warnings
