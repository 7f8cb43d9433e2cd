from __future__ import annotations

from typing import Any

import pytest

from archive.relay import Portion, ReadOutcome

Message = dict[str, Any]


def status(stream: str, word: str) -> Message:
    inner = {"stream_descriptor": {"name": stream}, "status": word}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": inner}}


def state(stream: str) -> Message:
    return {"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": stream}}}}


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
        portion = Portion(0, {"alerts"})
        for message in observed:
            portion.observe(message)
        assert portion.is_over == is_over

    def test_does_not_end_before_its_time(self) -> None:
        portion = Portion(3600, {"alerts"})
        portion.observe(status("alerts", "COMPLETE"))
        assert not portion.is_over


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
