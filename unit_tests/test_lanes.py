from __future__ import annotations

import io
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count, pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteRecordMessage,
    AirbyteRecordMessageFileReference,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStream,
    AirbyteStreamState,
    AirbyteStreamStatus,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    Level,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_opsgenie.engine import lanes as lanes_module
from source_opsgenie.engine.lanes import Lane, Lanes, LogMessages, by_domain
from source_opsgenie.engine.progress import Reporter
from source_opsgenie.http.limiter import StoppedError

LOGGER = logging.getLogger("airbyte")
PATIENCE = 30  # seconds; a test that would hang must end


class Numbers(Stream):
    """A stream whose rows are made by a function."""

    primary_key = None

    def __init__(self, name: str, domain: str, make: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        self.__dict__["name"] = name
        self.lane = domain
        self._make = make

    def get_json_schema(self) -> Mapping[str, Any]:  # type: ignore[override] # cached in the CDK
        return {"type": "object", "properties": {}}

    def read_records(self, *_: Any, **__: Any) -> Iterable[Mapping[str, Any]]:
        yield from self._make()


def lanes_of(*streams: Numbers, stop: threading.Event | None = None) -> Lanes:
    configured = [
        ConfiguredAirbyteStream(
            stream=AirbyteStream(name=each.name, json_schema={}, supported_sync_modes=[SyncMode.full_refresh]),
            sync_mode=SyncMode.full_refresh,
            destination_sync_mode=DestinationSyncMode.append,
        )
        for each in streams
    ]
    return Lanes(by_domain(streams, configured), Reporter([]), stop or threading.Event())


def counted(most: int) -> Callable[[], Iterator[dict[str, int]]]:
    return lambda: ({"n": number} for number in range(most))


def records(messages: Iterable[AirbyteMessage]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for message in messages:
        if message.type == Type.RECORD and message.record is not None:
            found.setdefault(message.record.stream, []).append(message.record.data["n"])
    return found


def test_few_files_wait_for_a_slow_destination() -> None:
    """A batch of fifty would put as many files into the staging directory before the first of them is told."""
    file = AirbyteRecordMessageFileReference(
        staging_file_url="a",
        source_file_relative_path="a",
        file_size_bytes=1,
    )
    record = AirbyteRecordMessage(stream="a", data={"n": 0}, emitted_at=0)
    with_file = replace(record, file_reference=file)
    messages = [AirbyteMessage(type=Type.RECORD, record=each) for each in (record, with_file, with_file, record)]
    assert [len(batch) for batch in lanes_module._batches(iter(messages))] == [2, 1, 1]


def test_a_row_of_a_slow_stream_does_not_wait_until_a_batch_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = count()
    monkeypatch.setattr(lanes_module, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    record = AirbyteMessage(type=Type.RECORD, record=AirbyteRecordMessage(stream="a", data={"n": 0}, emitted_at=0))
    assert [len(batch) for batch in lanes_module._batches(iter([record] * 5))] == [2, 2, 1]


def test_streams_of_one_domain_share_a_lane() -> None:
    streams = [Numbers(name, domain, counted(1)) for name, domain in (("a", "x"), ("b", "y"), ("c", "x"))]
    configured = lanes_of(*streams)._lanes
    assert [[each.stream.name for each in lane.catalog.streams] for lane in configured] == [["a", "c"], ["b"]]
    assert [lane.name for lane in configured] == ["source-opsgenie[x]", "source-opsgenie[y]"]  # not as a stream


def test_the_rows_of_all_lanes_come_each_in_its_order() -> None:
    lanes = lanes_of(*(Numbers(name, name, counted(500)) for name in "abc"))
    assert records(lanes.read(LOGGER, None)) == {name: list(range(500)) for name in "abc"}
    assert lanes.failed == {}


def test_a_stream_that_fails_is_named_once_and_the_others_go_on() -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"n": 1}
        raise ValueError("broken")

    lanes = lanes_of(Numbers("a", "x", broken), Numbers("b", "x", counted(9)), Numbers("c", "y", counted(9)))
    messages = list(lanes.read(LOGGER, None))
    assert records(messages) == {"a": [1], "b": list(range(9)), "c": list(range(9))}
    assert list(lanes.failed) == ["a"]
    (logged,) = [each.log.message for each in messages if each.log and "ValueError: broken" in each.log.message]
    assert "Traceback" in logged  # an error of the connector itself shows its developers where it arose


def test_a_stream_that_does_not_exist_fails_with_a_sentence_and_the_others_go_on() -> None:
    known, missing = Numbers("a", "x", counted(9)), Numbers("fleas", "x", counted(9))
    configured = [each for lane in lanes_of(missing, known)._lanes for each in lane.catalog.streams]
    lanes = Lanes(by_domain([known], configured), Reporter([]), threading.Event())
    messages = list(lanes.read(LOGGER, None))
    assert records(messages) == {"a": list(range(9))}
    assert list(lanes.failed) == ["fleas"]
    assert lanes.failed["fleas"].startswith("fleas: there is no such stream.")
    assert not [each.log.message for each in messages if each.log and "Traceback" in each.log.message]


class Crowded(queue.Queue[Any]):
    """Has no room at every other attempt, as if a slow destination took nothing meanwhile."""

    has_room = True

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        self.has_room = not self.has_room
        if not self.has_room:
            raise queue.Full
        super().put(item, block, timeout)


def test_no_row_is_lost_while_the_queue_is_full() -> None:
    lanes = lanes_of(Numbers("a", "x", counted(500)))
    lanes._queue = Crowded()
    assert records(lanes.read(LOGGER, None)) == {"a": list(range(500))}


class Attentive(Reporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        super().__init__([])
        self.told: list[str] = []

    def started(self, name: str) -> None:
        self.told.append(f"{name} started")

    def ended(self, name: str) -> None:
        self.told.append(f"{name} ended")


def test_the_reporter_is_told_when_each_stream_begins_and_ends() -> None:
    def broken() -> Iterator[dict[str, int]]:
        yield {"n": 1}
        raise ValueError("broken")

    lanes = lanes_of(Numbers("a", "x", broken), Numbers("b", "x", counted(9)))
    lanes._reporter = reporter = Attentive()
    list(lanes.read(LOGGER, None))
    assert reporter.told == ["a started", "a ended", "b started", "b ended"]


def test_an_error_with_a_sentence_that_is_of_no_stream_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Iterator[AirbyteMessage]:
        raise AirbyteTracedException(message="the state cannot be read")

    monkeypatch.setattr(Lane, "read", refuse)
    with pytest.raises(AirbyteTracedException, match="the state cannot be read"):
        list(lanes_of(Numbers("a", "x", counted(1))).read(LOGGER, None))


def test_an_error_of_a_lane_itself_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def endless() -> Iterator[dict[str, int]]:
        number = 0
        while not gate.is_set():
            yield {"n": number}
            number += 1

    def explode(self: Lane, *_: Any) -> Iterator[AirbyteMessage]:
        if self.name == "source-opsgenie[y]":
            raise MemoryError("no room")
        record = AirbyteRecordMessage(stream="a", data={"n": 0}, emitted_at=0)
        while not gate.is_set():
            yield AirbyteMessage(type=Type.RECORD, record=record)

    monkeypatch.setattr(Lane, "read", explode)
    lanes = lanes_of(Numbers("a", "x", endless), Numbers("b", "y", counted(1)))
    with pytest.raises(MemoryError):
        list(lanes.read(LOGGER, None))
    gate.set()


def test_told_to_stop_it_stops() -> None:
    stop = threading.Event()
    gate = threading.Event()

    def waiting() -> Iterator[dict[str, int]]:
        yield {"n": 0}
        stop.set()
        gate.wait()

    with pytest.raises(StoppedError):
        list(lanes_of(Numbers("a", "x", waiting), stop=stop).read(LOGGER, None))
    gate.set()


def test_log_lines_of_lanes_come_as_messages() -> None:
    def talking() -> Iterator[dict[str, int]]:
        LOGGER.warning("look here")
        yield {"n": 0}

    messages = list(lanes_of(Numbers("a", "x", talking)).read(LOGGER, None))
    assert "look here" in [message.log.message for message in messages if message.log is not None]
    assert logging.getLogger().handlers == [
        each for each in logging.getLogger().handlers if type(each).__name__ != "LogMessages"
    ]


def test_the_line_about_a_call_names_its_address() -> None:
    told: list[str] = []
    with LogMessages(lambda message: told.append(message.log.message if message.log else "")):
        LOGGER.warning("Making a call.", extra={"url": "https://api.opsgenie.com/v2/teams"})
    assert told == ["Making a call. https://api.opsgenie.com/v2/teams"]


class Talkative(Reporter):
    """Has a line to say whenever it is asked."""

    def __init__(self) -> None:
        super().__init__([])
        self.said: list[str] = []

    def lines(self) -> Iterator[str]:
        self.said.append(f"line {len(self.said)}")
        yield self.said[-1]


@pytest.mark.parametrize("fails", [False, True])
def test_every_line_that_the_reader_logs_comes_out(fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(self: Lane, *_: Any) -> Iterator[AirbyteMessage]:
        raise MemoryError("no room")

    if fails:
        monkeypatch.setattr(Lane, "read", explode)
    reporter = Talkative()
    lanes = lanes_of(Numbers("a", "x", counted(500)))
    lanes._reporter = reporter
    logged: list[str] = []
    with suppress(MemoryError):
        for message in lanes.read(LOGGER, None):
            logged += [message.log.message] if message.log is not None else []
    assert reporter.said
    assert [line for line in logged if line.startswith("line ")] == reporter.said


def test_a_thread_that_is_left_over_prints_nothing() -> None:
    printed = io.StringIO()
    printing = logging.StreamHandler(printed)
    root = logging.getLogger()
    root.addHandler(printing)
    try:
        with LogMessages(lambda _: None) as instead:
            root.removeHandler(printing)
            instead._printing.append(printing)
        left_over = threading.Thread(target=LOGGER.warning, args=("from a thread",))
        left_over.start()
        left_over.join()
        LOGGER.warning("from the main thread")
    finally:
        root.removeHandler(printing)
    assert printed.getvalue() == "from the main thread\n"


def test_a_silence_of_ten_minutes_is_broken_every_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    class Silent(queue.Queue[Any]):
        """Gives nothing for ten minutes, which pass while it is waited for."""

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            nonlocal now
            if now < 600 and timeout is not None:
                now += timeout
                raise queue.Empty
            return super().get(block, timeout)

    monkeypatch.setattr(lanes_module, "time", SimpleNamespace(monotonic=lambda: now))
    lanes = lanes_of(Numbers("a", "x", counted(1)))
    lanes._queue = Silent()
    moments = [now for message in lanes.read(LOGGER, None)]
    assert all(later - earlier <= 60 for earlier, later in pairwise([0.0, *moments]))
    assert len([moment for moment in moments if moment < 600]) == 11


def state_of(name: str, **state: str) -> AirbyteMessage:
    stream = AirbyteStreamState(StreamDescriptor(name=name), AirbyteStateBlob(state) if state else None)
    return AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=stream))


class Script(queue.Queue[Any]):
    """Gives messages at their times, in seconds, whatever the lanes put."""

    now = 0.0

    def __init__(self, *script: tuple[float, Any]) -> None:
        super().__init__()
        self._script = [*script]

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Take nothing."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if self.now < self._script[0][0]:
            self.now += timeout or 0
            raise queue.Empty
        return self._script.pop(0)[1]


def test_in_a_long_silence_the_last_state_of_a_running_stream_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airbyte ends a sync without a record or a state for hours; log lines do not count."""
    row = AirbyteMessage(type=Type.RECORD, record=AirbyteRecordMessage(stream="a", data={"n": 0}, emitted_at=0))
    line = AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message="progress"))
    began, ended = (
        as_airbyte_message(SimpleNamespace(name="a", namespace=None), status)
        for status in (AirbyteStreamStatus.STARTED, AirbyteStreamStatus.COMPLETE)
    )
    lanes = lanes_of(Numbers("a", "x", counted(0)))
    script = Script(
        (100, [began]),
        *((moment, [line]) for moment in range(120, 300, 20)),
        (300, [state_of("a", at="1"), row]),
        (340, [row]),
        (460, [ended]),
        (700, lanes._lanes[0]),
    )
    monkeypatch.setattr(lanes_module, "time", SimpleNamespace(monotonic=lambda: script.now))
    lanes._queue = script
    given = [state_of("a", at="0"), state_of("b", at="0"), state_of("c")]
    came = [
        (vars(message.state.stream.stream_state)["at"], script.now // 10 * 10, message.state.sourceStats)
        for message in lanes.read(LOGGER, [each.state for each in given if each.state is not None])
        if message.state is not None and message.state.stream is not None
    ]
    assert came == [
        *(("0", moment, None) for moment in (100, 150, 200, 250)),
        *(("1", moment, None) for moment in (300, 390, 440)),
    ]


def test_a_state_that_was_never_given_is_not_invented(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = lanes_of(Numbers("a", "x", counted(0)))
    started = as_airbyte_message(SimpleNamespace(name="a", namespace=None), AirbyteStreamStatus.STARTED)
    script = Script((0, [started]), (600, lanes._lanes[0]))
    monkeypatch.setattr(lanes_module, "time", SimpleNamespace(monotonic=lambda: script.now))
    lanes._queue = script
    given = state_of("a").state
    assert given is not None
    assert not [message for message in lanes.read(LOGGER, [given]) if message.state is not None]


def test_a_destination_that_takes_nothing_is_no_api_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = 0.0, 0

    def flush() -> None:
        """Wait for the destination at first."""
        nonlocal now
        now = max(now, 1200.0)

    class Late(queue.Queue[Any]):
        """Gives nothing at first."""

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            nonlocal looks
            looks += 1
            if looks < 3:
                raise queue.Empty
            return super().get(block, timeout)

    monkeypatch.setattr(lanes_module, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(lanes_module, "PRINT_BUFFER", SimpleNamespace(flush=flush))
    lanes = lanes_of(Numbers("a", "x", counted(1)))
    lanes._queue = Late()
    logged = [message.log.message for message in lanes.read(LOGGER, None) if message.log is not None]
    assert now >= 1200
    assert [line for line in logged if "Waiting" in line] == []


def test_the_reader_may_log_while_a_lane_waits_with_a_line_of_its_own() -> None:
    """The lane's line waits for room in the queue; only the reader makes room, and must not wait for the lane."""
    waits, room = threading.Event(), threading.Event()
    reader = threading.current_thread()
    told: list[str] = []

    def put(message: AirbyteMessage) -> None:
        assert message.log is not None
        if threading.current_thread() is not reader:
            waits.set()
            room.wait(PATIENCE)
        told.append(message.log.message)

    with LogMessages(put):
        lane = threading.Thread(target=LOGGER.warning, args=("from a lane",))
        lane.start()
        assert waits.wait(PATIENCE)
        LOGGER.warning("from the reader")
        assert told == ["from the reader"]
        room.set()
        lane.join()
    assert told == ["from the reader", "from a lane"]


def test_a_reader_that_stops_reading_stops_the_lanes() -> None:
    lanes = lanes_of(Numbers("a", "stopped", counted(10**9)))
    messages = lanes.read(LOGGER, None)
    for message in messages:
        if message.type == Type.RECORD:
            break
    (lane,) = [each for each in threading.enumerate() if each.name == "source-opsgenie[stopped]"]
    messages.close()  # type: ignore[attr-defined] # a generator
    assert lanes._stop.is_set()
    lane.join(PATIENCE)
    assert not lane.is_alive()
