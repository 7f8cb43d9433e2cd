"""Runs lanes side by side: for each rate-limit domain of an API, one thread with a read loop of the CDK.

The API counts the calls of each domain separately. So a sync can be as short as that of its slowest domain, instead of
the sum of all. The order inside a stream, states after the records they cover, statuses and traces stay the CDK's. The
messages of all lanes meet in one bounded queue, from which the main thread takes them: it alone writes to stdout.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    Level,
    Type,
)
from airbyte_cdk.sources import AbstractSource
from airbyte_cdk.sources.message import InMemoryMessageRepository, MessageRepository
from airbyte_cdk.sources.streams import Stream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from typing_extensions import Self

from source_opsgenie.cdk import FAILED_STREAMS, LEVELS, PRINT_BUFFER
from source_opsgenie.engine.progress import Reporter
from source_opsgenie.http.errors import ApiError, config_error
from source_opsgenie.http.limiter import StoppedError

Messages = list[AirbyteMessage]

# Messages go from thread to thread in batches, because a hand-over costs more than a record. A batch is handed over
# when it is full, when it is old as a message joins it, or when that message is not a record. It is also handed over
# with a record that has a file, so that no more than about `QUEUE_SIZE` files wait for a slow destination.
BATCH_SIZE = 50
BATCH_AGE = 0.5  # seconds
QUEUE_SIZE = 20  # batches; a slow destination slows the lanes down

WAKE = 0.5  # seconds; how often a waiting thread checks whether to stop

# Airbyte ends a sync from which no record and no state came for hours, for example because it waits for a rate limit,
# or lists rows of which none has changed. Log lines do not count for Airbyte, but show a user that nothing is wrong.
SECONDS_BETWEEN_MESSAGES = 50.0
SIGNS_OF_LIFE = frozenset({Type.RECORD, Type.STATE})


class Lane(AbstractSource):
    """The CDK's read loop over some streams."""

    name = ""
    message_repository: MessageRepository | None = None

    def __init__(self, name: str, streams: Sequence[Stream], catalog: ConfiguredAirbyteCatalog) -> None:
        self.name = name  # the log has it
        self.message_repository = InMemoryMessageRepository()  # several threads cannot safely empty the CDK's
        self.catalog = catalog
        self._streams = list(streams)

    def streams(self, config: Mapping[str, Any]) -> list[Stream]:  # noqa: ARG002 - the CDK's signature
        """Return the streams of all lanes; the catalog selects this lane's."""
        return self._streams

    def check_connection(self, logger: logging.Logger, config: Mapping[str, Any]) -> tuple[bool, Any]:
        """Raise an error: `source.py` checks connections, not a lane."""
        raise NotImplementedError


class MissingStream(Stream):
    """Stands for a stream of the catalog that does not exist. By default, the CDK's loop would pass it over."""

    primary_key = None

    def __init__(self, name: str) -> None:
        self.name = name

    def read_records(self, *_: object, **__: object) -> NoReturn:
        """Raise an error that names the stream."""
        raise config_error(
            f"{self.name}: there is no such stream. Remove it from the catalog; in Airbyte, refresh the source schema "
            "of the connection."
        )

    read = read_records


class Lanes:
    """Runs lanes and joins their messages.

    Attributes:
        failed: the error message of each stream that failed.
    """

    def __init__(self, lanes: Sequence[Lane], reporter: Reporter, stop: threading.Event) -> None:
        self._lanes = lanes
        self.failed: dict[str, str] = {}
        self._reporter = reporter
        self._stop = stop
        self._queue: queue.Queue[Messages | Lane] = queue.Queue(QUEUE_SIZE)
        self._errors: list[Exception] = []
        self._own: Messages = []
        self._given: dict[str, AirbyteStateMessage] = {}  # the state with which each stream begins
        self._states: dict[str, AirbyteStateMessage] = {}  # the last state of each stream that is running
        # Seconds of waiting since the last message, and since the last sign of life. The time for which the destination
        # takes no message does not count.
        self._waited = self._silent = 0.0
        self._reader = threading.current_thread()

    def read(self, logger: logging.Logger, state: list[AirbyteStateMessage] | None) -> Iterator[AirbyteMessage]:
        """Yield the messages of all lanes, until the last has ended.

        Raises:
            StoppedError: `stop` was set meanwhile.
            Exception: an error of a lane itself; those of its streams are in `failed`.
        """
        self._given = {
            each.stream.stream_descriptor.name: each
            for each in state or []
            if each.stream is not None and each.stream.stream_state is not None
        }
        with LogMessages(self.put):
            for lane in self._lanes:
                arguments = (lane, logger, state)
                threading.Thread(target=self._run, args=arguments, name=lane.name, daemon=True).start()
            try:
                yield from self._joined(logger)
            finally:
                self._stop.set()
            if self._errors:
                raise self._errors[0]

    def _joined(self, logger: logging.Logger) -> Iterator[AirbyteMessage]:
        running = len(self._lanes)
        while running:
            batch = self._taken()
            if not batch:
                PRINT_BUFFER.flush()  # messages yielded so far must not wait for the next ones
                if self._waited > SECONDS_BETWEEN_MESSAGES:
                    logger.info("Waiting for the API to answer, or for its rate limit.")
            if self._stop.is_set() and not self._errors:
                raise StoppedError
            if isinstance(batch, Lane):
                running -= 1
                batch = []
            messages, self._own = [*batch, *self._own], []
            for message in messages:
                self._note(message)
                yield message
            yield from self._sign_of_life()
            for line in self._reporter.lines():
                logger.info(line)
            if messages:
                self._waited = 0.0
            if self._errors:
                break
        yield from self._own  # what the reader logged in the last turn

    def _taken(self) -> Messages | Lane:
        """Return what a lane has put into the queue, no messages if that takes too long, and count the time."""
        looked = time.monotonic()
        batch: Messages | Lane = []
        with suppress(queue.Empty):
            batch = self._queue.get(timeout=WAKE)
        passed = time.monotonic() - looked
        self._waited += passed
        self._silent += passed
        return batch

    def _sign_of_life(self) -> Iterator[AirbyteMessage]:
        """Yield the last state of a running stream once more, if no record and no state of any stream came for long.

        The state that a stream was given may be repeated even if the stream does not use it: Airbyte has no newer one.
        """
        if self._silent > SECONDS_BETWEEN_MESSAGES and self._states:
            self._silent = 0.0
            yield AirbyteMessage(type=Type.STATE, state=replace(next(iter(self._states.values())), sourceStats=None))

    def _note(self, message: AirbyteMessage) -> None:
        """Note which streams begin, end and fail, their states, and signs of life."""
        if message.type in SIGNS_OF_LIFE:
            self._silent = 0.0
        if message.state is not None and message.state.stream is not None:
            self._states[message.state.stream.stream_descriptor.name] = message.state
        if message.trace is None:
            return
        error, status = message.trace.error, message.trace.stream_status
        if error is not None and error.stream_descriptor is not None:
            self.failed[error.stream_descriptor.name] = str(error.message)
        if status is not None:
            name = status.stream_descriptor.name
            if status.status == AirbyteStreamStatus.STARTED:
                self._reporter.started(name)
                if name in self._given:
                    self._states[name] = self._given[name]
            elif status.status in {AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE}:
                self._reporter.ended(name)
                self._states.pop(name, None)

    def put(self, message: AirbyteMessage) -> None:
        """Hand over a message from any thread."""
        if threading.current_thread() is self._reader:
            self._own.append(message)
        else:
            self._put([message])

    def _put(self, item: Messages | Lane) -> None:
        """Put an item into the queue, and wait while it is full, unless the sync has stopped."""
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=WAKE)
            except queue.Full:
                continue
            return

    def _run(self, lane: Lane, logger: logging.Logger, state: list[AirbyteStateMessage] | None) -> None:
        try:
            # Without the configuration, which the streams have. The CDK would take `_limit` from it, and end a slice
            # early, so that the states of later ones would pass over what was left out.
            for batch in _batches(lane.read(logger, {}, lane.catalog, state)):
                self._put(batch)
                if self._stop.is_set():
                    return
        except AirbyteTracedException as error:
            # The CDK's summary of the streams that failed; each of them has reported its own error.
            if not str(error.message).startswith(FAILED_STREAMS):
                self._errors.append(error)
        except Exception as error:  # noqa: BLE001 - it is raised again in the main thread
            self._errors.append(error)
        finally:
            self._put(lane)


def _batches(messages: Iterator[AirbyteMessage]) -> Iterator[Messages]:
    batch: Messages = []
    batch_since = 0.0
    for message in messages:
        now = time.monotonic()
        if not batch:
            batch_since = now
        batch.append(message)
        has_file = message.record is not None and message.record.file_reference is not None
        if message.type != Type.RECORD or has_file or len(batch) >= BATCH_SIZE or now - batch_since > BATCH_AGE:
            yield batch
            batch = []
    yield batch  # it may be empty


def by_domain(streams: Sequence[Stream], configured: Sequence[ConfiguredAirbyteStream]) -> list[Lane]:
    """Divide the configured streams into lanes, one for each domain that their calls count against.

    They are read in the order of `streams`, parents first, whatever the order of the catalog. So the rows that a parent
    keeps are there when its child streams need them.
    """
    chosen = {each.stream.name: each for each in configured}
    known = {stream.name for stream in streams}
    streams = [*streams, *(MissingStream(name) for name in chosen if name not in known)]
    parts: dict[str, list[ConfiguredAirbyteStream]] = {}
    for stream in streams:
        if stream.name in chosen:
            parts.setdefault(getattr(stream, "lane", "none"), []).append(chosen[stream.name])
    # The CDK's loop logs the name as a source's: `Starting syncing ...`.
    return [
        Lane(f"source-opsgenie[{domain}]", streams, ConfiguredAirbyteCatalog(streams=part))
        for domain, part in parts.items()
    ]


class LogMessages(logging.Handler):
    """Turns log lines of any thread into messages. It replaces the CDK's handler, which prints from each thread."""

    def __init__(self, put: Callable[[AirbyteMessage], None]) -> None:
        super().__init__()
        self._put_message = put

    def __enter__(self) -> Self:
        """Replace the CDK's handler."""
        root = logging.getLogger()
        self._printing = [each for each in root.handlers if getattr(each, "stream", None) is PRINT_BUFFER]
        for handler in self._printing:
            root.removeHandler(handler)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the CDK's handler."""
        root = logging.getLogger()
        root.removeHandler(self)
        for handler in self._printing:
            # A call that is still under way may log a line while the main thread writes a message.
            handler.addFilter(_is_of_the_main_thread)
            root.addHandler(handler)

    def handle(self, record: logging.LogRecord) -> bool:
        """Hand a line over, without the traceback of an error whose text is a sentence for the user.

        It does not take the lock that handlers usually hold. With the lock, a lane could wait for the full queue, while
        the reader, which empties the queue, would wait for the lock to log a line of its own.
        """
        if record.exc_info and isinstance(record.exc_info[1], ApiError):
            record.exc_info = record.exc_text = None
        url = getattr(record, "url", None)
        text = self.format(record) + (f" {url}" if url else "")
        level = LEVELS.get(record.levelno, Level.INFO)
        self._put_message(AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=level, message=text)))
        return True


def _is_of_the_main_thread(record: logging.LogRecord) -> bool:
    return record.thread == threading.main_thread().ident
