"""What the process prints."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
import tempfile
from typing import Any

import pytest
from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import PRINT_BUFFER, init_logger
from airbyte_cdk.models import ConfiguredAirbyteCatalog

from source_opsgenie import run
from source_opsgenie.http.errors import config_error
from source_opsgenie.http.limiter import StoppedError
from source_opsgenie.signals import end_by
from source_opsgenie.source import SourceOpsgenie
from unit_tests.messages import is_explained
from unit_tests.simulated import CONFIG, LOGGER, Account, Sync

LINE = '{"type": "LOG", "log": {"level": "INFO", "message": "of another thread"}}\n'


class Interrupted(io.StringIO):
    """A stdout on which another thread logs whenever a line is not ended yet."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if not text.endswith("\n") and text:
            super().write(LINE)
        return written


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def run(self, _: Any) -> Any:
        yield LINE.rstrip()
        raise self.error


@pytest.mark.parametrize(
    ("error", "sentence", "logged"),
    [
        (config_error("It failed."), "It failed.", []),
        (ValueError("odd"), "Something went wrong in the connector. See the logs for more details.", ["FATAL"]),
    ],
)
def test_no_line_of_another_thread_gets_into_the_middle_of_an_error(
    error: Exception, sentence: str, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = Interrupted()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr(sys, "__stdout__", printed)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    init_uncaught_exception_handler(init_logger("airbyte"))
    entrypoint: Any = Failing(error)
    assert run._print_messages(entrypoint, argparse.Namespace()) == run.FAILED
    PRINT_BUFFER.flush()
    messages = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert [each["trace"]["error"]["message"] for each in messages if each["type"] == "TRACE"] == [sentence]
    lines = [each["log"] for each in messages if each["type"] == "LOG"]
    assert [line["level"] for line in lines if "of another thread" not in line["message"]] == logged


@pytest.mark.parametrize(("process", "signals_raised"), [(1, []), (2, [signal.SIGTERM])])
def test_only_the_first_process_of_a_container_ends_with_an_exit_code(
    process: int, signals_raised: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "raise_signal", done.append)
    with pytest.raises(SystemExit, match="143"):
        end_by(signal.SIGTERM)
    assert done == signals_raised


def test_a_process_whose_main_thread_takes_no_signal_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.setattr(signal, "pthread_kill", lambda *_: None)
    monkeypatch.setattr(run, "LAST_WAIT", 0)
    with pytest.raises(SystemExit, match="143"):
        run.Signals(SourceOpsgenie())._insist(signal.SIGTERM)


def test_without_a_place_for_temporary_files_a_command_ends_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr(sys, "__stdout__", printed)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    entrypoint = run.Entrypoint(SourceOpsgenie())
    assert run._print_messages(entrypoint, entrypoint.parse_args(["spec"])) == run.FAILED
    PRINT_BUFFER.flush()
    messages = map(json.loads, printed.getvalue().splitlines())
    (error,) = [message["trace"]["error"]["message"] for message in messages if message["type"] == "TRACE"]
    assert error.startswith("There is no directory for temporary files: mount one on /tmp")
    assert is_explained(error)


def test_a_sync_that_was_told_to_end_before_it_began_does_not_begin() -> None:
    source = SourceOpsgenie()
    source.end()
    with pytest.raises(StoppedError):
        list(source.read(LOGGER, CONFIG, ConfiguredAirbyteCatalog(streams=[])))


def test_a_catalog_that_lists_a_stream_twice_is_refused_before_any_call() -> None:
    account = Account()
    sync = Sync(account, "teams", "alerts", "teams")
    assert sync.error == "The catalog lists a stream more than once: teams. List each of them once."
    assert account.calls == []
