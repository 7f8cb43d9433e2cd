"""Stands between PyAirbyte and the connector: passes messages on, and ends a read where what was read can be kept.

PyAirbyte keeps rows and states when a read has ended, and not before; it keeps nothing of a read in which anything
failed. So a read that takes hours must be cut into portions, and a stream that fails must not cost the others theirs.
PyAirbyte also writes the configuration to a temporary file that everybody may read: the relay puts the file with the
key in the place of that one, so that PyAirbyte never holds the key. And one value that its column cannot take would
make PyAirbyte fail: such values are set aside.

It is a program of its own, run by PyAirbyte as if it were the connector. Its first argument names a file of settings.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archive import set_aside
from archive.progress import Notes

RECORD = b'{"type":"RECORD"'
SKIPPED = re.compile(r"^(?P<stream>\w+): the stream is skipped, because (?P<why>.*)$", re.DOTALL)
ENDED = ("COMPLETE", "INCOMPLETE")
LOOK = 1.0  # seconds between two looks at whether the archive is still there
PATIENCE = 30  # seconds for the connector to end after it was told to


@dataclass
class Told:
    """What the connector said of a read, beside rows and states.

    Attributes:
        complete: the streams read to their end.
        skipped: the streams that the key or the plan does not include, and why.
        warnings: every other warning.
        failed: the streams that failed, and why.
        error: why the connector failed as a whole.
        cut: whether the relay ended the read before its end.
    """

    complete: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    cut: bool = False

    @classmethod
    def load(cls, path: Path) -> Told:
        """Read what a relay has written."""
        return cls(**json.loads(path.read_text()))

    def hear(self, message: dict[str, Any]) -> bool:
        """Note a message; tell whether it goes to PyAirbyte, which throws everything away when it sees an error."""
        if message["type"] == "LOG" and message["log"]["level"] == "WARN":
            self._hear_warning(message["log"]["message"])
        trace = message.get("trace", {})
        status = trace.get("stream_status")
        if status and status["status"] == "COMPLETE":
            self.complete.append(status["stream_descriptor"]["name"])
        if trace.get("type") == "ERROR":
            self._hear_error(trace["error"])
            return False
        return True

    def _hear_warning(self, text: str) -> None:
        skipped = SKIPPED.match(text)
        if skipped:
            self.skipped[skipped["stream"]] = skipped["why"].removesuffix(".")
        elif text not in self.warnings:
            self.warnings.append(text)

    def _hear_error(self, error: dict[str, Any]) -> None:
        stream = error.get("stream_descriptor")
        if stream:
            self.failed[stream["name"]] = error["message"]
        else:
            self.error = error["message"]


class Portion:
    """Knows when a read may be cut: its time is up, it has brought something to an end, and nothing is owed.

    A stream is owed when it has begun and has neither ended nor given out a state: cut there, it would begin at the
    same place again, and might do so for ever. States of streams that are read in full say nothing of their progress.
    """

    def __init__(self, seconds: float, incremental: set[str]) -> None:
        self._until = time.monotonic() + seconds
        self._incremental = incremental
        self._owed: set[str] = set()
        self._advanced = False

    def hear(self, message: dict[str, Any]) -> None:
        """Follow the streams."""
        status = message.get("trace", {}).get("stream_status")
        if status:
            name = status["stream_descriptor"]["name"]
            if status["status"] == "STARTED":
                self._owed.add(name)
            elif status["status"] in ENDED:
                self._pay(name)
        elif message["type"] == "STATE":
            name = message["state"]["stream"]["stream_descriptor"]["name"]
            if name in self._incremental:
                self._pay(name)

    def _pay(self, name: str) -> None:
        self._owed.discard(name)
        self._advanced = True

    @property
    def is_over(self) -> bool:
        """Whether this is the moment to cut."""
        return self._advanced and not self._owed and time.monotonic() >= self._until


class Rows:
    """Passes rows on, without the values that their columns cannot take: those go into a file."""

    def __init__(self, catalog: Path, file: Path) -> None:
        streams = [each["stream"] for each in json.loads(catalog.read_text())["streams"]]
        self._columns = {stream["name"]: set_aside.Columns(stream) for stream in streams}
        self._file = file

    def passed(self, line: bytes) -> tuple[str, bytes]:
        """Return the stream of a row, and the row as PyAirbyte can take it."""
        message = json.loads(line)
        record = message["record"]
        columns = self._columns.get(record["stream"])
        if columns is not None:
            record["data"], odd = columns.sort(record["data"])
            if odd:
                set_aside.write(self._file, odd)
                line = json.dumps(message).encode() + b"\n"
        return record["stream"], line


def relay(command: list[str], portion: Portion, told: Told, rows: Rows, notes: Notes) -> None:
    """Run the connector, pass its messages on, and cut when the portion is over."""
    out = sys.stdout.buffer
    with subprocess.Popen(command, stdout=subprocess.PIPE) as connector:  # noqa: S603 - our own program
        threading.Thread(target=watch, args=(connector, os.getppid()), daemon=True).start()
        try:
            for line in connector.stdout or ():
                if line.startswith(RECORD):
                    stream, passed = rows.passed(line)
                    out.write(passed)
                    notes.row(stream)
                    continue
                message = json.loads(line)
                portion.hear(message)
                notes.hear(message)
                if told.hear(message):
                    out.write(line)
                    out.flush()
                if portion.is_over:
                    told.cut = True
                    break
            out.flush()
            notes.end()
        finally:
            if told.cut or sys.exc_info()[0] is not None:
                end(connector)
    if connector.returncode and not (told.cut or told.failed or told.error):
        told.error = f"The connector ended with exit code {connector.returncode}."


def watch(connector: subprocess.Popen[bytes], archive: int) -> None:
    """End the connector with the archive: killed, that leaves nobody to tell, and calls would go on being made."""
    while connector.poll() is None:
        if os.getppid() != archive:
            connector.terminate()
            return
        time.sleep(LOOK)


def end(connector: subprocess.Popen[bytes]) -> None:
    """End the connector, whatever it is doing."""
    connector.terminate()
    if connector.stdout:
        connector.stdout.close()
    try:
        connector.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        connector.kill()


def incremental_streams(catalog: Path) -> set[str]:
    """Return the streams of a catalog that go on from a state."""
    streams = json.loads(catalog.read_text())["streams"]
    return {each["stream"]["name"] for each in streams if each["sync_mode"] == "incremental"}


def main(settings_path: str, *arguments: str) -> int:
    """Relay a read; hand any other command to the connector as it is."""
    settings = json.loads(Path(settings_path).read_text())
    command = [settings["connector"], *arguments]
    if "--config" in command:
        command[command.index("--config") + 1] = settings["config"]
    if "read" not in arguments:
        os.execv(command[0], command)  # noqa: S606 - our own program
    catalog = Path(command[command.index("--catalog") + 1])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the archive is the one that answers
    told = Told()
    portion = Portion(settings["portion_seconds"], incremental_streams(catalog))
    rows = Rows(catalog, Path(settings["set_aside"]))
    try:
        relay(command, portion, told, rows, Notes(Path(settings["standing"])))
    except BrokenPipeError:  # the archive has ended, and nobody is left to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    # Not before the last message has gone out: PyAirbyte's reader waits for the end of this process.
    Path(settings["told"]).write_text(json.dumps(asdict(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
