"""Shows the progress of a read: on a terminal in one line that is rewritten, elsewhere in a line a minute.

The relay follows the connector's messages and writes the progress to a file. The archive's own process is busy with
PyAirbyte meanwhile, so a thread of it reads that file and shows the progress.
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
from pathlib import Path
from typing import Any, TextIO

from typing_extensions import Self

from archive.paths import write_text
from archive.plain import plain
from archive.report.formatting import quantity

TERMINAL_SECONDS, LOG_SECONDS = 0.5, 60.0  # between two updates of the line
WRITE_SECONDS = 0.5  # between two updates of the relay's file

# The line that the connector logs once a minute for each running stream, see source_opsgenie/engine/progress.py.
PROGRESS_LINE = re.compile(
    r"^(?P<stream>\w+): (?P<done>[\d,]+ (?:of about [\d,]+ )?(?:changed )?[a-z_]+)(?: so far)?, "
    r"(?P<rate>[\d,]+) calls a minute \([^)]*\)(?:, about (?P<left>.+) left)?$"
)
ENDED = ("COMPLETE", "INCOMPLETE")  # the last states of a stream
UNITS = {"s": 1, "min": 60, "h": 3600, "days": 86_400}


@dataclass
class ReadProgress:
    """The progress of a read.

    Attributes:
        rows: the number of rows read so far, by stream.
        expected: the expected number of rows, by stream, where the connector estimates it.
        progress_lines: the last progress line in the connector's log, by stream.
        running: the streams that have started and not ended.
        ended: the number of streams that have ended.
        is_read: whether the connector has finished, so that only PyAirbyte's writing into the database remains.
    """

    rows: dict[str, int] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)
    progress_lines: dict[str, str] = field(default_factory=dict)
    running: list[str] = field(default_factory=list)
    ended: int = 0
    is_read: bool = False

    @classmethod
    def load(cls, path: Path) -> ReadProgress:
        """Load what the relay wrote; an empty progress before it has written anything."""
        with suppress(OSError, ValueError):
            return cls(**json.loads(path.read_text()))
        return cls()

    def save(self, path: Path) -> None:
        """Write the progress to a file in one step."""
        write_text(path, json.dumps(asdict(self)))

    def observe(self, message: dict[str, Any]) -> None:
        """Update the progress from a message that is not a row."""
        trace = message.get("trace", {})
        status, estimate = trace.get("stream_status"), trace.get("estimate")
        if status:
            name, word = status["stream_descriptor"]["name"], status["status"]
            if word == "STARTED" and name not in self.running:
                self.running.append(name)
            elif word in ENDED and name in self.running:
                self.running.remove(name)
                self.ended += 1
        elif estimate and estimate.get("row_estimate") is not None:
            self.expected[estimate["name"]] = estimate["row_estimate"]
        elif message["type"] == "LOG":
            found = PROGRESS_LINE.match(message["log"]["message"])
            if found:
                self.progress_lines[found["stream"]] = message["log"]["message"]

    def describe(self, done: int, streams: int) -> str:
        """Describe the progress in a line; `done` of all `streams` were complete before this read."""
        begin = f"{done + self.ended} of {streams} streams done"
        if self.is_read:
            return f"{begin}; writing {sum(self.rows.values()):,} rows into the database"
        if not self.running:
            return begin
        name = max(self.running, key=self._seconds_left)
        logged = self._logged(name)
        parts = [self._rows_of(name) if logged is None else f"{name}: {logged['done']}"]
        rates = [found["rate"] for found in map(self._logged, self.running) if found]
        if rates:
            parts.append(f"{sum(int(rate.replace(',', '')) for rate in rates):,} calls a minute")
        if logged is not None and logged["left"]:
            parts.append(f"about {logged['left']} left")
        return f"{begin}; {', '.join(parts)}"

    def _rows_of(self, name: str) -> str:
        rows, expected = self.rows.get(name, 0), self.expected.get(name)
        if expected is None:
            return f"{name}: {quantity(rows, 'row')}"
        return f"{name}: {rows:,} of about {quantity(max(expected, rows), 'row')}"

    def _logged(self, name: str) -> re.Match[str] | None:
        return PROGRESS_LINE.match(self.progress_lines.get(name, ""))

    def _seconds_left(self, name: str) -> tuple[float, int]:
        """Return a key that sorts the stream with the longest time left last, or else the one with the most rows."""
        logged = self._logged(name)
        durations = re.findall(r"\b(\d+) (\w+)", logged["left"] or "") if logged else []
        return sum(int(number) * UNITS.get(unit, 0) for number, unit in durations), self.rows.get(name, 0)


class ProgressWriter:
    """Keeps the progress of a read in the relay, and writes it to a file twice a second at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._progress = ReadProgress()
        self._next = 0.0

    def count_row(self, stream: str) -> None:
        """Count a row."""
        self._progress.rows[stream] = self._progress.rows.get(stream, 0) + 1
        self._write()

    def observe(self, message: dict[str, Any]) -> None:
        """Update the progress from any other message."""
        self._progress.observe(message)
        self._write()

    def end(self) -> None:
        """Write that the read has ended; PyAirbyte then needs a while to write the rows into the database."""
        self._progress.is_read = True
        self._progress.save(self._path)

    def _write(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + WRITE_SECONDS
            self._progress.save(self._path)


class StatusLine(ABC):
    """A line that shows the progress of a `with` block: rewritten on a terminal, repeated once a minute elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._is_terminal = out.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @abstractmethod
    def text(self) -> str:
        """Return the text of the line."""

    def __enter__(self) -> Self:
        """Start showing the line."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and clear the line on a terminal."""
        self._ended.set()
        self._thread.join()
        if self._is_terminal:
            self._out.write("\r\x1b[K")
            self._out.flush()

    def _run(self) -> None:
        while not self._ended.wait(TERMINAL_SECONDS if self._is_terminal else LOG_SECONDS):
            self.show()

    def show(self) -> None:
        """Write the line; on a terminal, over the previous one."""
        text = plain(self.text())
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1
            self._out.write(f"\r{text[:width]}\x1b[K")
        else:
            self._out.write(f"{text}.\n")
        self._out.flush()


class StreamStatus(StatusLine):
    """A line with the progress of a read, from the file that the relay writes."""

    def __init__(self, path: Path, done: int, streams: int, out: TextIO) -> None:
        super().__init__(out)
        self._path = path
        self._done = done
        self._streams = streams

    def __enter__(self) -> Self:
        """Remove the file of an earlier read, and start showing the line."""
        self._path.unlink(missing_ok=True)
        return super().__enter__()

    def text(self) -> str:
        """Return the progress of the streams."""
        return ReadProgress.load(self._path).describe(self._done, self._streams)


class FileStatus(StatusLine):
    """A line with the number of files that are done.

    Attributes:
        done: the number of files done so far.
    """

    def __init__(self, verb: str, count: int, out: TextIO) -> None:
        super().__init__(out)
        self._verb = verb
        self._count = count
        self.done = 0

    def text(self) -> str:
        """Return the number of files done."""
        return f"{self._verb} {self.done:,} of {self._count:,} files"
