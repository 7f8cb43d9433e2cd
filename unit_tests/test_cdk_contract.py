"""What the connector relies on in the CDK beyond its promises: a test each, which fails where an update changes it."""

from __future__ import annotations

import argparse
import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import AirbyteLogFormatter, init_logger
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    Level,
    Status,
    SyncMode,
    Type,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.message import InMemoryMessageRepository
from airbyte_cdk.sources.streams import CheckpointMixin, Stream
from airbyte_cdk.sources.streams.call_rate import LimiterSession
from airbyte_cdk.sources.streams.http import HttpClient, HttpStream
from airbyte_cdk.sources.streams.http.error_handlers import (
    BackoffStrategy,
    ErrorHandler,
    ErrorResolution,
    ResponseAction,
)
from airbyte_cdk.sources.utils import files_directory
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.cdk import (
    ATTACHMENTS,
    CLIENT_MODULE,
    FAILED_STREAMS,
    LEVELS,
    PRINT_BUFFER,
    RETRY_MODULE,
    get_files_directory,
)
from source_opsgenie.config import Config
from source_opsgenie.http.errors import config_error
from source_opsgenie.http.redact import without_answers
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.source import SourceOpsgenie
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.checkpointed import Checkpointed
from source_opsgenie.streams.sub_stream import SubStream
from unit_tests.simulated import CONFIG, HOST, Account, unique

LOGGER = logging.getLogger("airbyte")
URL = "https://api.example.net/things"


# The CDK's own loop over a stream: `parse_response`, `next_page_token`, `path` and `request_params` are true.


def plain_streams() -> list[ApiStream]:
    """Return the streams that are a list of the account, whose rows need no further call."""
    streams = create_streams(context_of(Config.parse(CONFIG), threading.Event()))
    return [
        each
        for each in streams
        if not isinstance(each, SubStream | Checkpointed) and each.detail_path is None and "{" not in each.list_path
    ]


@pytest.mark.parametrize("name", [each.name for each in plain_streams()])
def test_the_cdks_own_loop_gives_the_rows_of_a_plain_stream(name: str) -> None:
    stream, again = (next(each for each in plain_streams() if each.name == name) for _ in range(2))
    rows: list[Any] = [{"id": f"r{number}", "name": f"n{number}", "odd": "\0"} for number in range(250)]
    account = Account()
    account.users = [{**row, "username": row["id"]} for row in rows]
    account.logs = {row["id"]: [] for row in rows}
    account.periods = {row["id"]: [] for row in rows}
    account.below[f"/{stream.list_path}"] = {"heartbeats": rows} if name == "heartbeats" else rows
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, content=account.answer)
        own = [dict(row) for row in again.rows()]
        theirs: list[Any] = list(HttpStream.read_records(stream, SyncMode.full_refresh))
    assert own
    assert unique(theirs) == unique(own)
    assert len(theirs) == len(own)


def test_the_cdks_own_loop_shows_no_secret() -> None:
    stream = next(
        each
        for each in create_streams(context_of(Config.parse(CONFIG), threading.Event()))
        if each.name == "integrations"
    )
    with requests_mock.Mocker() as mocker:
        account = Account()
        account.below["/v2/integrations"] = [{"id": "i", "name": "n", "password": "hunter2"}]
        mocker.get(requests_mock.ANY, content=account.answer)
        assert list(HttpStream.read_records(stream, SyncMode.full_refresh)) == [
            {"id": "i", "name": "n", "password": "***"}
        ]


def test_the_cdks_own_loop_gives_no_row_of_a_list_that_is_refused() -> None:
    stream = next(each for each in plain_streams() if each.name == "users")
    account = Account()
    account.refused["/v2/users"] = 402
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, content=account.answer)
        assert list(HttpStream.read_records(stream, SyncMode.full_refresh)) == []


# HttpClient: one call.


class Handler(ErrorHandler):
    """Asks for another attempt as often as told, then does something else."""

    def __init__(self, retries: int, then: ResponseAction) -> None:
        self.retries = retries
        self.then = then
        self.seen: list[threading.Thread] = []

    @property
    def max_retries(self) -> int:
        return 1_000_000

    @property
    def max_time(self) -> int:
        return 365 * 86_400

    def interpret_response(self, response_or_exception: requests.Response | Exception | None) -> ErrorResolution:
        self.seen.append(threading.current_thread())
        action = self.then if len(self.seen) > self.retries else ResponseAction.RETRY
        return ErrorResolution(action, None, "so it is")


class Minute(BackoffStrategy):
    def backoff_time(
        self, response_or_exception: requests.Response | requests.RequestException | None, attempt_count: int
    ) -> float:
        return 60.0


class Budget:
    """Notes which request was let pass, and which was answered."""

    def __init__(self) -> None:
        self.passed: list[Any] = []
        self.answered: list[Any] = []

    def acquire_call(self, request: Any, block: bool = True, timeout: float | None = None) -> None:
        self.passed.append(request)

    def update_from_response(self, request: Any, response: Any) -> None:
        self.answered.append(request)


def call(handler: Handler, status: int = 200) -> tuple[requests.Response, Budget]:
    spent = Budget()
    budget: Any = spent
    client = HttpClient(
        "x", LOGGER, handler, session=LimiterSession(api_budget=budget), backoff_strategy=Minute(), authenticator=None
    )
    with requests_mock.Mocker() as mocker:
        mocker.get(URL, json={"data": []}, status_code=status)
        _, response = client.send_request("GET", URL, request_kwargs={}, params={})
    return response, spent


def test_the_budget_meets_the_same_request_before_and_after_a_call() -> None:
    _, budget = call(Handler(0, ResponseAction.SUCCESS))
    assert len(budget.passed) == 1
    assert budget.passed[0] is budget.answered[0]


def test_retries_stay_on_their_thread_and_last_as_long_as_the_handler_wants(naps: list[float]) -> None:
    handler = Handler(500, ResponseAction.SUCCESS)
    _, budget = call(handler, 503)
    assert len(handler.seen) == len(budget.passed) == 501
    assert set(handler.seen) == {threading.current_thread()}
    assert sum(naps) >= 500 * 60


@pytest.mark.usefixtures("naps")
def test_a_retry_prints_nothing() -> None:
    printed = io.StringIO()
    with redirect_stdout(printed):
        call(Handler(3, ResponseAction.SUCCESS), 429)
    assert printed.getvalue() == ""


def test_an_ignored_answer_is_given_back_and_a_failed_one_is_a_traced_error() -> None:
    response, _ = call(Handler(0, ResponseAction.IGNORE), 403)
    assert response.status_code == 403
    with pytest.raises(AirbyteTracedException):
        call(Handler(0, ResponseAction.FAIL), 400)


@pytest.mark.usefixtures("naps")
def test_what_the_client_logs_has_the_attachments_and_modules_that_are_filtered(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOGGER, "filters", [])
    with caplog.at_level(logging.DEBUG, "airbyte"):
        for handler, status in ((Handler(1, ResponseAction.SUCCESS), 429), (Handler(0, ResponseAction.FAIL), 400)):
            with suppress(AirbyteTracedException):
                call(handler, status)
    records = [each for each in caplog.records if each.module in {CLIENT_MODULE, RETRY_MODULE}]
    assert {each.module for each in records} == {CLIENT_MODULE, RETRY_MODULE}
    usual = set(vars(logging.LogRecord("", 0, "", 0, None, None, None))) | {"message", "asctime"}
    attached = {name for each in records for name in vars(each)} - usual
    assert attached == {*ATTACHMENTS, "url", "status"}
    kept = [each for each in records if without_answers(each)]
    assert {name for each in kept for name in vars(each)} - usual == {"url", "status"}
    assert all("data" not in each.getMessage() for each in kept)


# The read loop, which a lane runs in a thread.


class Slices(Stream, CheckpointMixin):
    """Notes in which order it is asked for what."""

    primary_key = None
    cursor_field = "n"
    state_checkpoint_interval = 2

    def __init__(self, name: str = "slices", error: Exception | None = None) -> None:
        self.__dict__["name"] = name
        self.seen: list[str] = []
        self._error = error
        self._n = 0

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {"n": self._n}

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        self.seen.append(f"state given: {dict(value)}")

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # cached in the CDK
        return {"type": "object", "properties": {}}

    def stream_slices(self, **_: Any) -> Iterable[Mapping[str, Any] | None]:
        for number in (1, 2):
            self.seen.append(f"slice {number}")
            yield {"number": number}

    def read_records(
        self,
        sync_mode: SyncMode,
        cursor_field: list[str] | None = None,
        stream_slice: Mapping[str, Any] | None = None,
        stream_state: Mapping[str, Any] | None = None,
    ) -> Iterable[Mapping[str, Any]]:
        for _ in range(3):
            self._n += 1
            yield {"n": self._n}
        if self._error is not None:
            raise self._error


class Loop(AbstractSource):
    """The CDK's read loop, with messages of its own."""

    def __init__(self, *streams: Slices) -> None:
        self._streams = list(streams)
        self.repository = InMemoryMessageRepository()

    @property
    def message_repository(self) -> InMemoryMessageRepository:
        return self.repository

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        return True, None

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:
        return list(self._streams)

    def read_all(self, stream: Slices) -> Iterator[AirbyteMessage]:
        configured = ConfiguredAirbyteStream(
            stream=AirbyteStream(
                name=stream.name,
                json_schema={},
                supported_sync_modes=[SyncMode.full_refresh, SyncMode.incremental],
            ),
            sync_mode=SyncMode.incremental,
            destination_sync_mode=DestinationSyncMode.append,
        )
        return self.read(LOGGER, {}, ConfiguredAirbyteCatalog(streams=[configured]), [])


def numbers(messages: Iterable[AirbyteMessage]) -> list[tuple[str, int]]:
    """Return records and states in their order, by what they hold."""
    found = []
    for each in messages:
        if each.type == Type.RECORD and each.record:
            found.append(("record", each.record.data["n"]))
        if each.type == Type.STATE and each.state and each.state.stream and each.state.stream.stream_state:
            found.append(("state", vars(each.state.stream.stream_state)["n"]))
    return found


def test_slices_are_taken_one_by_one_each_after_the_state_of_the_one_before() -> None:
    stream = Slices()
    moments: list[tuple[str, int, int]] = []
    for message in Loop(stream).read_all(stream):
        taken = sum(1 for each in stream.seen if each.startswith("slice"))
        moments += [(*each, taken) for each in numbers([message])]
    assert stream.seen == ["state given: {}", "slice 1", "slice 2"]
    assert [taken for kind, number, taken in moments if number <= 3] == [1] * 5
    assert ("state", 3, 1) in moments


def test_a_state_is_asked_for_in_the_middle_of_a_slice_and_at_its_end() -> None:
    stream = Slices()
    found = numbers(Loop(stream).read_all(stream))
    assert found[:5] == [("record", 1), ("record", 2), ("state", 2), ("record", 3), ("state", 3)]


def test_a_failed_stream_has_no_state_behind_its_last_and_its_error_is_summed_up_by_repr() -> None:
    stream = Slices(error=config_error("slices: it broke."))
    messages: list[AirbyteMessage] = []
    with pytest.raises(AirbyteTracedException) as raised:
        messages.extend(Loop(stream).read_all(stream))  # what came before the error is kept
    text = str(raised.value.message)
    assert text.startswith(FAILED_STREAMS)
    assert text.endswith("slices: slices: it broke.")


def test_loops_in_several_threads_keep_their_messages_apart() -> None:
    streams = {name: Slices(name) for name in "abcd"}
    found: dict[str, list[AirbyteMessage]] = {}

    def run(name: str) -> None:
        loop = Loop(streams[name])
        loop.repository.emit_message(
            AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=f"of {name}"))
        )
        found[name] = list(loop.read_all(streams[name]))

    threads = [threading.Thread(target=run, args=(name,)) for name in streams]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in streams:
        assert [each.log.message for each in found[name] if each.log] == [f"of {name}"]
        assert {each.record.stream for each in found[name] if each.record} == {name}


# What is printed.


def test_the_cdks_handler_is_known_by_its_stream() -> None:
    before = list(logging.getLogger().handlers)
    try:
        init_logger("airbyte")
        assert any(getattr(each, "stream", None) is PRINT_BUFFER for each in logging.getLogger().handlers)
    finally:
        logging.getLogger().handlers[:] = before


def test_every_level_has_a_word_of_the_protocol() -> None:
    levels = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.FATAL)
    words = [LEVELS[level] for level in levels]
    assert words == [Level.DEBUG, Level.INFO, Level.WARN, Level.ERROR, Level.FATAL]


def test_the_entry_point_asks_its_static_hooks_and_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Hooked(AirbyteEntrypoint):
        @staticmethod
        def set_up_secret_filter(config: Any, connection_specification: Any) -> None:  # noqa: ARG004 - the CDK's
            asked.append("secrets")

        @staticmethod
        def validate_connection(source_spec: Any, config: Any) -> None:  # noqa: ARG004 - the CDK's
            asked.append("validate")

    class Source(SourceOpsgenie):
        @staticmethod
        def read_config(config_path: str) -> MutableMapping[str, Any]:
            asked.append(f"read {config_path}")
            return {"api_token": "x"}

        def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
            asked.append("configure")
            return config

        def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
            asked.append("check")
            return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    before, level = list(logging.getLogger().handlers), LOGGER.level
    try:
        lines = list(Hooked(Source()).run(argparse.Namespace(command="check", config="c.json", debug=False)))
    finally:
        logging.getLogger().handlers[:] = before
        LOGGER.setLevel(level)
        os.environ.pop("REQUEST_CACHE_PATH", None)
    assert asked == ["read c.json", "configure", "secrets", "validate", "check"]
    assert json.loads(lines[-1])["connectionStatus"]["status"] == "SUCCEEDED"


def test_the_hook_for_uncaught_errors_prints_a_trace_and_the_environment_makes_debug_lines_messages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    record = logging.LogRecord("airbyte", logging.DEBUG, "", 0, "sent", None, None)
    assert json.loads(AirbyteLogFormatter().format(record))["type"] == "LOG"
    printed = io.StringIO()
    with redirect_stdout(printed):
        config_error("It failed.").emit_message()
    assert json.loads(printed.getvalue())["trace"]["error"]["message"] == "It failed."


def test_files_go_into_the_staging_directory_if_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files_directory, "AIRBYTE_STAGING_DIRECTORY", str(tmp_path))
    assert get_files_directory() == str(tmp_path)
    monkeypatch.setattr(files_directory, "AIRBYTE_STAGING_DIRECTORY", str(tmp_path / "gone"))
    assert get_files_directory() == "/tmp/airbyte-file-transfer"  # noqa: S108 - the CDK's


def test_streams_are_built_without_a_call() -> None:
    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, status_code=500)
        assert len(create_streams(context_of(Config.parse(CONFIG), threading.Event()))) > 40
        assert not mocker.called
    assert HOST.startswith("https://")
