"""The whole connector against accounts of random rows: every row comes out, or its stream says in words that not."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections import defaultdict
from typing import Any

import pytest
import requests_mock
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
    TraceType,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import example, given, settings
from hypothesis import strategies as st

from source_opsgenie.config import Config
from source_opsgenie.opsgenie.catalog import create_streams
from source_opsgenie.opsgenie.context import context_of
from source_opsgenie.source import SourceOpsgenie
from unit_tests.random_account import NOW, START, RandomAccount

CONFIG = {"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10", "start_date": START}
STREAMS = create_streams(context_of(Config.parse(CONFIG), threading.Event()))
ACCOUNTS = 500 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 25

# A page of which next to nothing is a row ends a stream with an error, and its children; in pages so small it happens.
MOST_FAILED = 8


class Sync:
    """One sync of all streams, and what came of it."""

    def __init__(self, mode: SyncMode, state: list[AirbyteStateMessage] | None = None) -> None:
        self.records: dict[str, list[str]] = defaultdict(list)
        self.statuses: dict[str, AirbyteStreamStatus] = {}
        self.errors: dict[str, str] = {}
        self.states: dict[str, AirbyteStateMessage] = {}
        source, logger = SourceOpsgenie(), logging.getLogger("airbyte")
        configured = [
            ConfiguredAirbyteStream(
                stream=stream,
                sync_mode=mode if mode in (stream.supported_sync_modes or []) else SyncMode.full_refresh,
                destination_sync_mode=DestinationSyncMode.append,
            )
            for stream in source.discover(logger, CONFIG).streams
        ]
        try:
            for message in source.read(logger, CONFIG, ConfiguredAirbyteCatalog(streams=configured), state):
                self._take(message)
        except AirbyteTracedException as error:
            self.errors["the sync"] = str(error.message)

    @property
    def failed(self) -> list[str]:
        """The streams that are not complete."""
        return [name for name, status in self.statuses.items() if status != AirbyteStreamStatus.COMPLETE]

    def is_explained(self, name: str) -> bool:
        """Return whether a stream is complete, or says in a sentence of its own why it is not."""
        if self.statuses[name] == AirbyteStreamStatus.COMPLETE:
            return name not in self.errors
        return self.errors[name].startswith(f"{name}: ") and "the sync" in self.errors

    def _take(self, message: AirbyteMessage) -> None:
        if message.type == Type.RECORD and message.record:
            self.records[message.record.stream].append(json.dumps(message.record.data, sort_keys=True))
        elif message.type == Type.STATE and message.state and message.state.stream:
            self.states[message.state.stream.stream_descriptor.name] = message.state
        elif message.type == Type.TRACE and message.trace and message.trace.stream_status:
            status = message.trace.stream_status
            self.statuses[status.stream_descriptor.name] = status.status
        elif message.type == Type.TRACE and message.trace and message.trace.type == TraceType.ERROR:
            error = message.trace.error
            assert error
            assert error.stream_descriptor
            self.errors[error.stream_descriptor.name] = str(error.message)


@pytest.mark.slow
@settings(max_examples=ACCOUNTS)
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(list(SyncMode)))
@example(seed=11605171, mode=SyncMode.full_refresh)  # rows of a list by offset whose equal ids are no ids
def test_every_row_of_any_account_comes_out(seed: int, mode: SyncMode) -> None:
    account = RandomAccount(STREAMS, seed)

    def answer(request: Any, context: Any) -> bytes:
        body = account.answer(request.url)
        context.status_code = 404 if body is None else 200
        context.headers["Date"] = NOW
        return json.dumps(body or {"message": "No such thing"}).encode()

    with requests_mock.Mocker() as mocker:
        mocker.get(requests_mock.ANY, content=answer)
        first = Sync(mode)
        second = Sync(SyncMode.incremental, list(first.states.values()))
    for name in account.streams:
        served = {json.dumps(row, sort_keys=True) for row in account.truth(name)}
        assert first.is_explained(name)
        assert second.is_explained(name)
        lost = served - set(first.records[name])
        assert not lost or first.statuses[name] == AirbyteStreamStatus.INCOMPLETE, name
        assert {*first.records[name], *second.records[name]} <= served, name
    assert len(first.failed) <= MOST_FAILED
