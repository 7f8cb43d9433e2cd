from __future__ import annotations

from typing import Any

import pytest

from archive.relay import Portion, Told

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
        ("heard", "is_over"),
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
    def test_ends_where_nothing_is_owed(self, heard: list[Message], is_over: bool) -> None:
        portion = Portion(0, {"alerts"})
        for message in heard:
            portion.hear(message)
        assert portion.is_over == is_over

    def test_does_not_end_before_its_time(self) -> None:
        portion = Portion(3600, {"alerts"})
        portion.hear(status("alerts", "COMPLETE"))
        assert not portion.is_over


class TestTold:
    def test_keeps_errors_from_pyairbyte(self) -> None:
        told = Told()
        assert not told.hear(error("teams: Opsgenie does not answer.", "teams"))
        assert not told.hear(error("These streams were not read completely."))
        assert told.failed == {"teams": "teams: Opsgenie does not answer."}
        assert told.error == "These streams were not read completely."

    def test_tells_streams_that_are_left_out_from_other_warnings(self) -> None:
        told = Told()
        assert told.hear(log("users: the stream is skipped, because the key lacks a right."))
        assert told.hear(log("contacts: the rows of 2 parents were skipped, because they are gone (HTTP 403): u1, u2."))
        assert told.hear(log("contacts: the rows of 2 parents were skipped, because they are gone (HTTP 403): u1, u2."))
        assert told.hear(log("Read 3 records", "INFO"))
        assert told.skipped == {"users": "the key lacks a right"}
        assert told.warnings == [
            "contacts: the rows of 2 parents were skipped, because they are gone (HTTP 403): u1, u2."
        ]

    def test_knows_complete_streams(self) -> None:
        told = Told()
        for word in ("STARTED", "RUNNING", "COMPLETE"):
            assert told.hear(status("alerts", word))
        assert told.hear(status("users", "INCOMPLETE"))
        assert told.complete == ["alerts"]
