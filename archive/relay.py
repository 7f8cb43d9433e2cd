"""Runs the connector for PyAirbyte, forwards its messages, and ends a read at a point where its rows can be saved.

PyAirbyte runs this program as if it were the connector. The first argument is the path of a settings file. The relay
works around five properties of PyAirbyte:

- It saves rows and states only when a read has ended. So the relay cuts a read of hours into portions.
- It discards a read in which anything failed. So the relay does not forward errors: a stream that fails costs the
  others nothing.
- It writes the configuration to a temporary file that every user of the machine can read. So PyAirbyte gets a
  configuration without the key, and the relay gives the connector the user's own file. If that has changed since the
  run began, it may be for another account, so the relay does not read with it.
- It fails if a value does not fit its column. So the relay sets such values aside.
- It drops the offsets of times from UTC. So the relay puts times into UTC.
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
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from archive import set_aside
from archive.progress import ENDED, ProgressWriter
from archive.sums import hash_of
from archive.warning_file import WarningFile

# The CDK writes the rows that orjson refuses, such as those with whole numbers beyond 64 bits, with blanks.
RECORD = (b'{"type":"RECORD"', b'{"type": "RECORD"')
SKIPPED = re.compile(r"^(?P<stream>\w+): the stream is skipped, because (?P<why>.*)$", re.DOTALL)
POLL_SECONDS = 1.0  # between two checks whether the archive is still running
TERMINATION_SECONDS = 30  # for the connector to end after SIGTERM


@dataclass
class ReadOutcome:
    """The outcome of a read, according to the connector's messages.

    Attributes:
        complete: the streams that were read to their end.
        skipped: the streams that the key or the plan does not include, with the reason.
        warnings: all other warnings.
        failed: the streams that failed, with the error message.
        error: the error message if the connector failed as a whole.
        cut: whether the relay ended the read early.
    """

    complete: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    cut: bool = False

    @classmethod
    def load(cls, path: Path) -> ReadOutcome:
        """Load what a relay wrote."""
        return cls(**json.loads(path.read_text()))

    def observe(self, message: dict[str, Any]) -> bool:
        """Record a message; return whether to forward it to PyAirbyte, which discards a read that contains an error."""
        if message["type"] == "LOG" and message["log"]["level"] == "WARN":
            self._observe_warning(message["log"]["message"])
        trace = message.get("trace", {})
        status = trace.get("stream_status")
        if status and status["status"] == "COMPLETE":
            self.complete.append(status["stream_descriptor"]["name"])
        if trace.get("type") == "ERROR":
            self._observe_error(trace["error"])
            return False
        return True

    def _observe_warning(self, text: str) -> None:
        skipped = SKIPPED.match(text)
        if skipped:
            self.skipped[skipped["stream"]] = skipped["why"].removesuffix(".")
        elif text not in self.warnings:
            self.warnings.append(text)

    def _observe_error(self, error: dict[str, Any]) -> None:
        stream = error.get("stream_descriptor")
        if stream:
            self.failed[stream["name"]] = error["message"]
        else:
            self.error = error["message"]


class Portion:
    """Decides when a read may be cut: its time is up, some stream has advanced, and no stream is pending.

    A stream is pending from its start until it ends or emits its first state. If it were cut before that, the next read
    would start it at the same place, possibly for ever. States of full-refresh streams do not count, because they hold
    no progress. Nor does the state that a stream was given, which the connector repeats while it waits.
    """

    def __init__(self, seconds: float, incremental: set[str], given: Mapping[str, Any]) -> None:
        self._until = time.monotonic() + seconds
        self._incremental = incremental
        self._given = given
        self._pending: set[str] = set()
        self._advanced = False

    def observe(self, message: dict[str, Any]) -> None:
        """Update the pending streams from a message that is not a row."""
        status = message.get("trace", {}).get("stream_status")
        if status:
            name = status["stream_descriptor"]["name"]
            if status["status"] == "STARTED":
                self._pending.add(name)
            elif status["status"] in ENDED:
                self._advance(name)
        elif message["type"] == "STATE":
            stream = message["state"]["stream"]
            name = stream["stream_descriptor"]["name"]
            if name in self._incremental and stream["stream_state"] != self._given.get(name):
                self._advance(name)

    def _advance(self, name: str) -> None:
        self._pending.discard(name)
        self._advanced = True

    @property
    def is_over(self) -> bool:
        """Return whether the read may be cut now."""
        return self._advanced and not self._pending and time.monotonic() >= self._until


class RowFilter:
    """Removes values that do not fit their columns from rows, writes them to a file, and puts times into UTC."""

    def __init__(self, configured: list[dict[str, Any]], file: Path) -> None:
        """Take the configured streams of the catalog, and the file for the values."""
        streams = [each["stream"] for each in configured]
        self._columns = {stream["name"]: set_aside.Columns(stream) for stream in streams}
        self._file = file

    def filter(self, line: bytes) -> tuple[str, bytes]:
        """Return the stream of a row, and its message without the values that PyAirbyte would fail with."""
        message = json.loads(line)
        record = message["record"]
        columns = self._columns.get(record["stream"])
        if columns is not None:
            data, misfits = columns.split(record["data"])
            set_aside.write(self._file, misfits)
            if data is not record["data"]:
                record["data"] = data
                line = json.dumps(message).encode() + b"\n"
        return record["stream"], line


def relay(
    command: list[str],
    portion: Portion,
    outcome: ReadOutcome,
    row_filter: RowFilter,
    progress: ProgressWriter,
    *,
    warnings: WarningFile,
) -> None:
    """Run the connector, forward its messages, and end it when the portion is over.

    A warning is on the disk before the state that follows it is forwarded.
    """
    out = sys.stdout.buffer
    with subprocess.Popen(command, stdout=subprocess.PIPE) as connector:  # noqa: S603 - our own program
        threading.Thread(target=watch, args=(connector, os.getppid()), daemon=True).start()
        try:
            for line in connector.stdout or ():
                if not line.endswith(b"\n"):
                    break  # the connector was killed while it wrote this line
                if line.startswith(RECORD):
                    stream, filtered = row_filter.filter(line)
                    out.write(filtered)
                    progress.count_row(stream)
                    continue
                message = json.loads(line)
                portion.observe(message)
                progress.observe(message)
                known = len(outcome.warnings)
                is_forwarded = outcome.observe(message)
                warnings.add(outcome.warnings[known:])
                if is_forwarded:
                    out.write(line)
                    out.flush()
                if portion.is_over:
                    outcome.cut = True
                    break
            out.flush()
            progress.end()
        finally:
            if outcome.cut or sys.exc_info()[0] is not None:
                end(connector)
    if connector.returncode and not (outcome.cut or outcome.failed or outcome.error):
        outcome.error = f"The connector ended with exit code {connector.returncode}."


def watch(connector: subprocess.Popen[bytes], archive: int) -> None:
    """End the connector when the archive ends: an archive that was killed cannot, and calls would continue."""
    while connector.poll() is None:
        if os.getppid() != archive:
            connector.terminate()
            return
        time.sleep(POLL_SECONDS)


def end(connector: subprocess.Popen[bytes]) -> None:
    """Terminate the connector, and kill it if it does not end."""
    connector.terminate()
    if connector.stdout:
        connector.stdout.close()
    try:
        connector.wait(TERMINATION_SECONDS)
    except subprocess.TimeoutExpired:
        connector.kill()


def incremental_streams(configured: list[dict[str, Any]]) -> set[str]:
    """Return the names of the configured streams that are read incrementally."""
    return {each["stream"]["name"] for each in configured if each["sync_mode"] == "incremental"}


def given_states(path: str) -> dict[str, Any]:
    """Return the states in a file of PyAirbyte's, by stream."""
    streams = [each["stream"] for each in json.loads(Path(path).read_text()) if each.get("stream")]
    return {stream["stream_descriptor"]["name"]: stream["stream_state"] for stream in streams}


def digest_of(config: Path) -> str:
    """Return the hash of a file; an empty text if it cannot be read."""
    try:
        return hash_of(config)
    except OSError:
        return ""


def main(settings_path: str, *arguments: str) -> int:
    """Relay a read; replace this process with the connector for any other command."""
    settings = json.loads(Path(settings_path).read_text())
    command = [settings["connector"], *arguments]
    if "--config" in command:
        command[command.index("--config") + 1] = settings["config"]
    if "read" not in arguments:
        os.execv(command[0], command)  # noqa: S606 - our own program
    configured = json.loads(Path(command[command.index("--catalog") + 1]).read_text())["streams"]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes of the terminal; the archive handles it
    outcome = ReadOutcome()
    given = given_states(command[command.index("--state") + 1])
    portion = Portion(settings["portion_seconds"], incremental_streams(configured), given)
    row_filter = RowFilter(configured, Path(settings["set_aside"]))
    config = Path(settings["config"])
    try:
        if digest_of(config) != settings["config_digest"]:
            outcome.error = f"{config} was changed or removed after the run began: run the same command again."
        else:
            progress = ProgressWriter(Path(settings["progress"]))
            relay(command, portion, outcome, row_filter, progress, warnings=WarningFile(Path(settings["warnings"])))
    except BrokenPipeError:  # the archive has ended, so nobody reads the output
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    # After the last message was written, and before this process ends, which is what PyAirbyte waits for.
    Path(settings["outcome"]).write_text(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
