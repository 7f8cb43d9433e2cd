"""Where a read stands, for somebody who waits: one line that is written again on a terminal, a line a minute elsewhere.

The relay hears the connector and writes down what it knows; the archive's own process, which PyAirbyte keeps busy,
shows it by a thread.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

from archive.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

ON_A_TERMINAL, ELSEWHERE = 0.5, 60.0  # seconds between two looks
WRITING = 0.5  # seconds between two notes of the relay

# What the connector's log says of a running stream once a minute, see source_opsgenie/engine/progress_report.py.
STANDING = re.compile(
    r"^(?P<stream>\w+): (?P<done>[\d,]+ (?:of about [\d,]+ )?[a-z_]+)(?: so far)?, "
    r"(?P<rate>[\d,]+) calls a minute \([^)]*\)(?:, about (?P<left>.+) left)?$"
)
UNITS = {"s": 1, "min": 60, "h": 3600, "days": 86_400}


@dataclass
class Standing:
    """How far the streams of a read are.

    Attributes:
        rows: the rows that each has brought.
        expected: the rows that each is expected to bring, where that is known.
        told: what the connector's log said last of each.
        running: the streams that have begun and not ended.
        ended: the number of those that have.
        is_read: whether the connector has brought all that it will; PyAirbyte then writes it into the database.
    """

    rows: dict[str, int] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    ended: int = 0
    is_read: bool = False

    @classmethod
    def load(cls, path: Path) -> Standing:
        """Read what the relay has written; nothing before it has."""
        with suppress(OSError, ValueError):
            return cls(**json.loads(path.read_text()))
        return cls()

    def save(self, path: Path) -> None:
        """Write it down in one step."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.replace(path)

    def hear(self, message: dict[str, Any]) -> None:
        """Follow a message that is no row."""
        trace = message.get("trace", {})
        status, estimate = trace.get("stream_status"), trace.get("estimate")
        if status:
            name, word = status["stream_descriptor"]["name"], status["status"]
            if word == "STARTED" and name not in self.running:
                self.running.append(name)
            elif word in {"COMPLETE", "INCOMPLETE"} and name in self.running:
                self.running.remove(name)
                self.ended += 1
        elif estimate and estimate.get("row_estimate") is not None:
            self.expected[estimate["name"]] = estimate["row_estimate"]
        elif message["type"] == "LOG":
            found = STANDING.match(message["log"]["message"])
            if found:
                self.told[found["stream"]] = message["log"]["message"]

    def words(self, done: int, streams: int) -> str:
        """Say it, of so many streams of which so many had been read before."""
        begin = f"{done + self.ended} of {streams} streams done"
        if self.is_read:
            return f"{begin}; writing {sum(self.rows.values()):,} rows into the database"
        if not self.running:
            return begin
        name = max(self.running, key=self._seconds_left)
        told = STANDING.match(self.told.get(name, ""))
        parts = [self._rows_of(name) if told is None else f"{name}: {told['done']}"]
        rates = [found["rate"] for found in map(STANDING.match, map(self._told_of, self.running)) if found]
        if rates:
            parts.append(f"{sum(int(rate.replace(',', '')) for rate in rates):,} calls a minute")
        if told is not None and told["left"]:
            parts.append(f"about {told['left']} left")
        return f"{begin}; {', '.join(parts)}"

    def _rows_of(self, name: str) -> str:
        rows, expected = self.rows.get(name, 0), self.expected.get(name)
        return f"{name}: {rows:,}" + ("" if expected is None else f" of about {max(expected, rows):,}") + " rows"

    def _told_of(self, name: str) -> str:
        return self.told.get(name, "")

    def _seconds_left(self, name: str) -> tuple[float, int]:
        """Order the running streams: the one that takes longest is the one to wait for."""
        told = STANDING.match(self._told_of(name))
        words = re.findall(r"(\d+) (\w+)", told["left"] or "") if told else []
        return sum(int(number) * UNITS.get(unit, 0) for number, unit in words), self.rows.get(name, 0)


class Notes:
    """The relay's side: keeps a standing, and writes it down now and then."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._standing = Standing()
        self._next = 0.0

    def row(self, stream: str) -> None:
        """Count a row."""
        self._standing.rows[stream] = self._standing.rows.get(stream, 0) + 1
        self._write()

    def hear(self, message: dict[str, Any]) -> None:
        """Follow any other message."""
        self._standing.hear(message)
        self._write()

    def end(self) -> None:
        """Note that the read is over; PyAirbyte needs a while to write what it brought."""
        self._standing.is_read = True
        self._standing.save(self._path)

    def _write(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + WRITING
            self._standing.save(self._path)


class Line(ABC):
    """Shows in a line how far something is, for a block: written again on a terminal, now and then elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def words(self) -> str:
        """Say how far it is."""

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with an empty line on a terminal for what comes next."""
        self._ended.set()
        self._thread.join()
        if self._is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _run(self) -> None:
        while not self._ended.wait(ON_A_TERMINAL if self._is_terminal else ELSEWHERE):
            self.show()

    def show(self) -> None:
        """Write the line, over the one before on a terminal."""
        words = plain(self.words())
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._out.write(f"\r{words[:width]}\x1b[K")
        else:
            self._out.write(f"{words}.\n")
        self._out.flush()


class Display(Line):
    """The archive's side: shows the standing of a read."""

    def __init__(self, path: Path, done: int, streams: int, out: TextIO) -> None:
        super().__init__(out)
        self._path = path
        self._done = done
        self._streams = streams

    def __enter__(self) -> Self:
        """Begin, without what an earlier read has left."""
        self._path.unlink(missing_ok=True)
        return super().__enter__()

    def words(self) -> str:
        """Say how far the streams are."""
        return Standing.load(self._path).words(self._done, self._streams)


class FilesDone(Line):
    """Shows how many files are done.

    Attributes:
        done: their number.
    """

    def __init__(self, what: str, count: int, out: TextIO) -> None:
        super().__init__(out)
        self._what = what
        self._count = count
        self.done = 0

    def words(self) -> str:
        """Say it."""
        return f"{self._what} {self.done:,} of {self._count:,} files"
