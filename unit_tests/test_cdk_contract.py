"""What the connector takes from the CDK without a promise holds for the CDK that is installed."""

from __future__ import annotations

import io
import json
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests_mock
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import init_logger
from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.sources.streams.http import HttpClient
from airbyte_cdk.sources.streams.http.error_handlers import BackoffStrategy, HttpStatusErrorHandler
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.cdk import ATTACHMENTS, CLIENT_MODULE, FAILED_STREAMS, LEVELS, PRINT_BUFFER, RETRY_MODULE
from source_opsgenie.engine.lanes import Lane
from source_opsgenie.source import SourceOpsgenie

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ADDRESS = "https://api.example.com/list"
LOGGER = logging.getLogger("airbyte")


class Broken(Stream):
    """A stream that fails."""

    primary_key = None

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # cached in the CDK
        return {"type": "object", "properties": {}}

    def read_records(self, *_: Any, **__: Any) -> Iterable[Mapping[str, Any]]:  # noqa: ANN401 - the CDK's
        raise ValueError("broken")


@pytest.mark.parametrize("name", ["broken", "unknown"])
def test_the_error_that_sums_up_failed_streams_is_known_by_its_beginning(name: str) -> None:
    configured = ConfiguredAirbyteStream(
        stream=AirbyteStream(name=name, json_schema={}, supported_sync_modes=[SyncMode.full_refresh]),
        sync_mode=SyncMode.full_refresh,
        destination_sync_mode=DestinationSyncMode.append,
    )
    lane = Lane("any", [Broken()], ConfiguredAirbyteCatalog(streams=[configured]))
    with pytest.raises(AirbyteTracedException) as raised:
        list(lane.read(LOGGER, {}, lane.catalog))
    assert str(raised.value.message).startswith(FAILED_STREAMS)


def test_the_log_and_the_messages_are_printed_by_one_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(sys, "__stdout__", printed)
    init_logger("airbyte")
    assert PRINT_BUFFER in [getattr(handler, "stream", None) for handler in logging.getLogger().handlers]
    PRINT_BUFFER.write("a line\n")
    PRINT_BUFFER.flush()
    assert printed.getvalue() == "a line\n"


def test_every_level_of_python_has_one_of_the_protocol() -> None:
    names = {level: str(LEVELS[level].value) for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)}
    assert list(names.values()) == ["DEBUG", "INFO", "WARN", "ERROR"]


class AtOnce(BackoffStrategy):
    """Retries without a wait."""

    def backoff_time(self, *_: Any, **__: Any) -> float:  # noqa: ANN401 - the CDK's
        return 0.001


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> list[logging.LogRecord]:
    """Call an API that refuses for ever, with all lines of the client's log."""
    logger = logging.getLogger("airbyte")
    monkeypatch.setattr(logger, "filters", [])  # with those of the connector these lines would be dropped
    monkeypatch.setattr(time, "sleep", lambda _: None)
    client = HttpClient(
        "contract", logger, error_handler=HttpStatusErrorHandler(logger, max_retries=2), backoff_strategy=AtOnce()
    )
    with requests_mock.Mocker() as mocker, caplog.at_level(logging.DEBUG, "airbyte"):
        mocker.get(ADDRESS, status_code=503, text="the whole answer")
        with pytest.raises(AirbyteTracedException):
            client.send_request("GET", ADDRESS, request_kwargs={}, headers={"Authorization": "the key"})
    return caplog.records


def test_lines_about_retries_come_from_the_modules_that_are_dropped(logged: list[logging.LogRecord]) -> None:
    modules = {record.module for record in logged if "Retrying in" in record.getMessage()}
    assert modules == {RETRY_MODULE}
    assert {record.module for record in logged} == {CLIENT_MODULE, RETRY_MODULE}


def test_headers_and_bodies_are_in_the_attachments_that_are_dropped(logged: list[logging.LogRecord]) -> None:
    quoting = {
        (record.module, name)
        for record in logged
        for name, value in vars(record).items()
        if "the key" in str(value) or "the whole answer" in str(value)
    }
    assert quoting
    for module, name in quoting:
        assert module == CLIENT_MODULE
        assert name in ATTACHMENTS


def test_the_entry_point_leaves_masking_and_validation_to_its_hooks(tmp_path: Path) -> None:
    called: list[str] = []

    class Hooked(AirbyteEntrypoint):
        @staticmethod
        def set_up_secret_filter(*_: Any) -> None:  # noqa: ANN401 - the CDK's
            called.append("set_up_secret_filter")

        @staticmethod
        def validate_connection(*_: Any) -> None:  # noqa: ANN401 - the CDK's
            called.append("validate_connection")

    path = tmp_path / "config.json"
    path.write_text(json.dumps({"api_token": ""}))
    entrypoint = Hooked(SourceOpsgenie())
    list(entrypoint.run(entrypoint.parse_args(["check", "--config", str(path)])))
    assert called == ["set_up_secret_filter", "validate_connection"]
