"""What the process prints."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

from airbyte_cdk.exception_handler import init_uncaught_exception_handler
from airbyte_cdk.logger import PRINT_BUFFER, init_logger

from source_opsgenie import run
from source_opsgenie.http.errors import config_error
from source_opsgenie.source import SourceOpsgenie

if TYPE_CHECKING:
    import pytest

LINE = '{"type": "LOG", "log": {"level": "INFO", "message": "of another thread"}}\n'


class Interrupted(io.StringIO):
    """A stdout on which another thread logs whenever a line is not ended yet."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if not text.endswith("\n") and text:
            super().write(LINE)
        return written


class Failing:
    def run(self, _: Any) -> Any:  # noqa: ANN401 - stands for the CDK's
        yield LINE.rstrip()
        raise config_error("It failed.")


def test_no_line_of_another_thread_gets_into_the_middle_of_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = Interrupted()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr(sys, "__stdout__", printed)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    init_uncaught_exception_handler(init_logger("airbyte"))
    entrypoint: Any = Failing()
    assert run._print_messages(entrypoint, None, run.Signals(SourceOpsgenie())) == run.FAILED
    PRINT_BUFFER.flush()
    messages = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert any(message.get("trace", {}).get("error", {}).get("message") == "It failed." for message in messages)
