from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archive.copying import ConfigFile, Copy
from archive.paths import WARNINGS
from archive.progress import ProgressWriter, ReadProgress
from archive.relay import Portion, ReadOutcome, RowFilter, given_states, relay
from archive.run import Run, now, write_time
from archive.warning_file import WarningFile

ROOT = Path(__file__).parents[1]

Message = dict[str, Any]


def status(stream: str, word: str) -> Message:
    inner = {"stream_descriptor": {"name": stream}, "status": word}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": inner}}


def state(stream: str, at: str = "later") -> Message:
    inner = {"stream_descriptor": {"name": stream}, "stream_state": {"at": at}}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": inner}}


def log(text: str, level: str = "WARN") -> Message:
    return {"type": "LOG", "log": {"level": level, "message": text}}


def error(text: str, stream: str | None = None) -> Message:
    descriptor = {} if stream is None else {"stream_descriptor": {"name": stream}}
    return {"type": "TRACE", "trace": {"type": "ERROR", "error": {"message": text, **descriptor}}}


class TestPortion:
    @pytest.mark.parametrize(
        ("observed", "is_over"),
        [
            pytest.param([], False, id="nothing has happened"),
            pytest.param([log("Starting", "INFO")], False, id="no stream has begun"),
            pytest.param([status("alerts", "STARTED")], False, id="a stream has begun"),
            pytest.param([status("alerts", "STARTED"), state("alerts")], True, id="it has given out a state"),
            pytest.param(
                [status("alerts", "STARTED"), state("alerts", "given")], False, id="the state that it was given"
            ),
            pytest.param([status("users", "STARTED"), state("users")], False, id="a state of a stream read in full"),
            pytest.param([status("users", "STARTED"), status("users", "COMPLETE")], True, id="it is complete"),
            pytest.param([status("users", "STARTED"), status("users", "INCOMPLETE")], True, id="it has failed"),
            pytest.param(
                [status("users", "STARTED"), status("alerts", "STARTED"), state("alerts")],
                False,
                id="another stream is in the middle",
            ),
        ],
    )
    def test_ends_where_no_stream_is_pending(self, observed: list[Message], is_over: bool) -> None:
        portion = Portion(0, {"alerts"}, {"alerts": {"at": "given"}})
        for message in observed:
            portion.observe(message)
        assert portion.is_over == is_over

    def test_does_not_end_before_its_time(self) -> None:
        portion = Portion(3600, {"alerts"}, {})
        portion.observe(status("alerts", "COMPLETE"))
        assert not portion.is_over


def test_the_states_that_are_given_are_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps([state("alerts", "given")["state"], {"type": "STREAM"}]))
    assert given_states(str(file)) == {"alerts": {"at": "given"}}
    file.write_text("[]")
    assert given_states(str(file)) == {}


class TestReadOutcome:
    def test_keeps_errors_from_pyairbyte(self) -> None:
        outcome = ReadOutcome()
        assert not outcome.observe(error("teams: Opsgenie does not answer.", "teams"))
        assert not outcome.observe(error("These streams were not read completely."))
        assert outcome.failed == {"teams": "teams: Opsgenie does not answer."}
        assert outcome.error == "These streams were not read completely."

    def test_distinguishes_skipped_streams_from_other_warnings(self) -> None:
        outcome = ReadOutcome()
        assert outcome.observe(log("users: the stream is skipped, because the key lacks a right."))
        warning = "contacts: the rows of 2 users were skipped, because they are gone (HTTP 403): u1, u2."
        assert outcome.observe(log(warning))
        assert outcome.observe(log(warning))
        assert outcome.observe(log("Read 3 records", "INFO"))
        assert outcome.skipped == {"users": "the key lacks a right"}
        assert outcome.warnings == [warning]

    def test_knows_complete_streams(self) -> None:
        outcome = ReadOutcome()
        for word in ("STARTED", "RUNNING", "COMPLETE"):
            assert outcome.observe(status("alerts", word))
        assert outcome.observe(status("users", "INCOMPLETE"))
        assert outcome.complete == ["alerts"]


class TestRelay:
    """The connector is a script, whose first argument is a file with its messages."""

    def relayed(self, folder: Path, messages: list[Message], script: str, seconds: float = 3600) -> ReadOutcome:
        outcome, printed = ReadOutcome(), folder / "messages"
        printed.write_text("".join(f"{json.dumps(message)}\n" for message in messages))
        relay(
            ["sh", "-c", script, "connector", str(printed)],
            Portion(seconds, {"alerts"}, {}),
            outcome,
            RowFilter([], folder / "set_aside.jsonl"),
            ProgressWriter(folder / "progress.json"),
            warnings=WarningFile(folder / WARNINGS),
        )
        return outcome

    def test_tells_that_the_connector_broke_down(self, tmp_path: Path) -> None:
        outcome = self.relayed(tmp_path, [status("alerts", "STARTED")], 'cat "$1"; exit 137')
        assert (outcome.complete, outcome.error) == ([], "The connector ended with exit code 137.")
        failed = [error("alerts: gave up.", "alerts"), error("These streams were not read completely.")]
        assert self.relayed(tmp_path, failed, 'cat "$1"; exit 1').error == "These streams were not read completely."
        assert self.relayed(tmp_path, failed[:1], 'cat "$1"; exit 1').error is None
        assert self.relayed(tmp_path, failed[:1], 'cat "$1"').failed == {"alerts": "alerts: gave up."}

    @pytest.mark.parametrize("stubborn", ["", "trap '' TERM;"])
    def test_ends_the_connector_when_a_portion_is_over(
        self, stubborn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("archive.relay.TERMINATION_SECONDS", 0.1)
        outcome = self.relayed(
            tmp_path, [state("alerts"), log("Late.")], f'{stubborn} cat "$1"; exec sleep 600', seconds=0
        )
        assert (outcome.cut, outcome.error, outcome.warnings) == (True, None, [])


class TestConfigFile:
    def test_decides_which_rows_are_read_unless_only_the_host_or_the_speed_differs(self) -> None:
        def selects(**further: object) -> str:
            return ConfigFile(Path("config.json"), {"api_token": "0123", **further}, "").selects

        assert selects() == selects(endpoint="api.eu.opsgenie.com", num_workers=1) == selects(lookback_window="P1D")
        assert selects(start_date="2026-01-01", alert_query="x") == selects(alert_query="x", start_date="2026-01-01")
        assert len({selects(), selects(start_date="2026-01-01"), selects(alert_query="x")}) == 3

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_is_read_in_the_forms_that_the_connector_accepts(self, encoding: str, tmp_path: Path) -> None:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"api_token": "0123"}), encoding=encoding)
        assert ConfigFile.read(path).values == {"api_token": "0123"}

    @pytest.mark.slow
    @pytest.mark.parametrize("change", [None, "another account", "removed"])
    def test_is_not_read_with_if_it_has_changed_since_the_run_began(self, change: str | None, tmp_path: Path) -> None:
        """The connector's own output shows whether it was started."""
        work, config, catalog, states = (
            tmp_path / name for name in ("work", "config.json", "catalog.json", "state.json")
        )
        work.mkdir()
        config.write_text(json.dumps({"api_token": "0123"}))
        catalog.write_text('{"streams": []}')
        states.write_text("[]")
        connector = tmp_path / "connector"
        connector.write_text(f"#!/bin/sh\necho '{json.dumps(log('Read.'))}'\n")
        connector.chmod(0o700)
        Copy(connector, ConfigFile.read(config), tmp_path / "opsgenie.duckdb", work, 300)
        if change == "removed":
            config.unlink()
        elif change:
            config.write_text(json.dumps({"api_token": change}))
        files = ["--config", "-", "--catalog", str(catalog), "--state", str(states)]
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "archive.relay", work / "relay.json", "read", *files],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        outcome = ReadOutcome.load(work / "outcome.json")
        if change:
            assert outcome.error == f"{config} was changed or removed after the run began: run the same command again."
            assert done.stdout == ""
        else:
            assert outcome.error is None
            assert "Read." in done.stdout
            assert WarningFile(tmp_path / WARNINGS).load() == ["Read."]  # where the next run looks for it


class TestCopy:
    def test_goes_on_until_each_stream_is_complete_or_has_failed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outcomes = [
            ReadOutcome(complete=["teams"], failed={"users": "users: gave up."}, cut=True),
            ReadOutcome(cut=True),
            ReadOutcome(complete=["alerts"], error="The connector ended with exit code 137."),
            ReadOutcome(),
        ]
        asked: list[list[str]] = []

        def read(_: Copy, __: None, ___: None, streams: list[str]) -> ReadOutcome:
            asked.append(streams)
            return outcomes.pop(0)

        monkeypatch.setattr(Copy, "_open", lambda _: (None, None))
        monkeypatch.setattr(Copy, "_read", read)
        copy = Copy(tmp_path, ConfigFile(tmp_path, {}, ""), tmp_path / "opsgenie.duckdb", tmp_path, 300)
        run, saved = Run(write_time(now())), []
        copy.run(["teams", "users", "alerts", "roles"], run, tmp_path / "progress", lambda: saved.append(list(asked)))
        assert asked == [["teams", "users", "alerts", "roles"], ["alerts", "roles"], ["alerts", "roles"]]
        assert saved == [asked[:1], asked[:2], asked]
        assert list(run.complete) == list(run.read_from) == ["teams", "alerts"]
        assert run.failed == {"users": "users: gave up.", "roles": "The connector ended with exit code 137."}

        resumed = Run.load(tmp_path / "progress")
        assert resumed is not None
        assert resumed.failed == {}
        copy.run(["teams", "alerts"], resumed, tmp_path / "progress", saved.clear)
        assert len(asked) == 3
        copy.run(["teams", "users"], resumed, tmp_path / "progress", saved.clear)
        assert asked[3:] == [["users"]]
        assert resumed.failed == {"users": "The read ended before the stream was complete."}
        assert len(saved) == 3

    def test_a_move_is_saved_once_rows_were_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        failed = {"teams": "teams: gave up."}
        outcomes = [ReadOutcome(failed=failed), ReadOutcome(failed=failed), ReadOutcome(complete=["teams"])]
        rows = [{}, {"teams": 1}, {}]
        saved: list[str] = []

        def read(*_: object) -> ReadOutcome:
            ReadProgress(rows.pop(0)).save(tmp_path / "progress.json")
            return outcomes.pop(0)

        monkeypatch.setattr(Copy, "_open", lambda _: (None, None))
        monkeypatch.setattr(Copy, "_read", read)
        monkeypatch.setattr(Run, "save", lambda *_: saved.append("run"))
        copy = Copy(tmp_path, ConfigFile(tmp_path, {}, ""), tmp_path / "opsgenie.duckdb", tmp_path, 300)
        for expected in (["run"], ["move", "run"], ["move", "run"]):
            copy.run(["teams"], Run(write_time(now())), tmp_path / "progress", lambda: saved.append("move"))
            assert saved == expected
            saved.clear()


class TestRun:
    @pytest.mark.parametrize(
        "text", ["{", "[]", "{}", '{"started": "soon"}', '{"started": "2026-01-01", "read_from": {"teams": "soon"}}']
    )
    def test_is_new_if_the_file_is_damaged(self, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "progress"
        path.write_text(text)
        assert Run.load(path) is None
        assert f"{path} is damaged and will be replaced" in capsys.readouterr().out

    def test_has_each_warning_once(self) -> None:
        run = Run(write_time(now()), warnings=["One."])
        run.record(ReadOutcome(warnings=["One.", "Another."]), now())
        run.record(ReadOutcome(warnings=["Another."]), now())
        assert run.warnings == ["One.", "Another."]
