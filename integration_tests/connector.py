"""The connector as its users have it: a process with files going in and messages coming out."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from airbyte_cdk.models import AirbyteMessageSerializer

from integration_tests.forks import CONNECTOR, HURRIED, fork_server
from unit_tests.messages import is_explained

Row = dict[str, Any]
Message = dict[str, Any]

TIMEOUT = 300  # seconds; a test that hangs must end

# Variables that the interpreter reads when it starts: a fork of a process that has started does not.
READ_AT_START = frozenset({"PYTHONPATH"})

# Messages of the CDK's own.
OF_THE_CDK = re.compile(
    "Refresh the connection's source schema to resolve this warning"
    "|There was an error during the serialization of an AirbyteMessage"
)

_CATALOGS: dict[bool, dict[str, Any]] = {}

# What a message of each type holds besides its type: that, and nothing else.
CONTENTS = {
    "CATALOG": "catalog",
    "CONNECTION_STATUS": "connectionStatus",
    "LOG": "log",
    "RECORD": "record",
    "SPEC": "spec",
    "STATE": "state",
    "TRACE": "trace",
}


def refuse(constant: str) -> NoReturn:
    """Refuse NaN and the infinite numbers, which are no JSON."""
    raise ValueError(f"{constant} is no JSON")


STRICT = json.JSONDecoder(parse_constant=refuse)


def read_message(line: str) -> Message:
    """Read a line of stdout by the protocol's own models.

    They leave out what they do not know and do not miss a message's content: so it has to come back whole, and to be
    there.
    """
    message: Message = STRICT.decode(line)
    known = AirbyteMessageSerializer.dump(AirbyteMessageSerializer.load(message))
    assert known == message, f"the protocol does not know all of {line}"
    assert set(message) == {"type", CONTENTS[message["type"]]}, f"the content is missing in {line}"
    return message


def assert_explained(message: str) -> None:
    """Assert that the documentation says what to do about a message, whatever a test did to be given it."""
    assert is_explained(message), f"docs/opsgenie.md does not explain: {message}"


@dataclass
class Outcome:
    """What a run of the connector has printed, and how it ended."""

    code: int
    stdout: str
    stderr: str
    messages: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read every line of stdout by the protocol's own models: a line that is no message fails the test.

        So does a failure or a warning that the documentation does not explain.
        """
        for line in filter(None, self.stdout.split("\n")):
            self.messages.append(read_message(line))
        for message in self.of_type("CONNECTION_STATUS"):
            if message["connectionStatus"]["status"] == "FAILED":
                assert_explained(message["connectionStatus"]["message"])
        for told in (*self.errors, *self.warnings):
            if not OF_THE_CDK.search(told):
                assert_explained(told)

    def of_type(self, kind: str) -> list[Message]:
        """Return the messages of one type, e.g. RECORD."""
        return [message for message in self.messages if message["type"] == kind]

    @cached_property
    def records(self) -> dict[str, list[Row]]:
        """The records by stream, in their order."""
        found: dict[str, list[Row]] = defaultdict(list)
        for message in self.of_type("RECORD"):
            found[message["record"]["stream"]].append(message["record"]["data"])
        return found

    @property
    def states(self) -> list[Message]:
        """Every state given out, in order."""
        return [message["state"] for message in self.of_type("STATE")]

    @property
    def last_states(self) -> list[Message]:
        """The last state of each stream: what the next sync starts from."""
        latest = {state["stream"]["stream_descriptor"]["name"]: state for state in self.states}
        return [{key: value for key, value in state.items() if key != "sourceStats"} for state in latest.values()]

    @property
    def statuses(self) -> dict[str, list[str]]:
        """The status messages by stream."""
        found: dict[str, list[str]] = defaultdict(list)
        for message in self.of_type("TRACE"):
            status = message["trace"].get("stream_status")
            if status:
                found[status["stream_descriptor"]["name"]].append(status["status"])
        return found

    @property
    def errors(self) -> list[str]:
        """What a user reads of errors."""
        return [m["trace"]["error"]["message"] for m in self.of_type("TRACE") if m["trace"]["type"] == "ERROR"]

    @property
    def failure_types(self) -> dict[str, str]:
        """What kind of error each failed stream's is: config_error, transient_error or system_error."""
        traces = [m["trace"]["error"] for m in self.of_type("TRACE") if m["trace"]["type"] == "ERROR"]
        return {e["stream_descriptor"]["name"]: e["failure_type"] for e in traces if e.get("stream_descriptor")}

    @property
    def connection(self) -> tuple[str, str | None]:
        """Status and message of a check."""
        (message,) = self.of_type("CONNECTION_STATUS")
        return message["connectionStatus"]["status"], message["connectionStatus"].get("message")

    @property
    def logs(self) -> list[str]:
        """The log lines."""
        return [message["log"]["message"] for message in self.of_type("LOG")]

    @property
    def warnings(self) -> list[str]:
        """The log lines of level WARN."""
        return [m["log"]["message"] for m in self.of_type("LOG") if m["log"]["level"] == "WARN"]


@dataclass
class Connector:
    """Runs the connector's commands with a configuration."""

    folder: Path
    config: Mapping[str, Any]
    module: str = CONNECTOR

    @property
    def hurried(self) -> Connector:
        """The same on a fast clock, for what waits for limits or for retries."""
        return replace(self, module=HURRIED)

    @property
    def unhurried(self) -> Connector:
        """The same on the real clock, for limits of real seconds."""
        return replace(self, module=type(self).module)

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Outcome:
        """Run a command line to its end."""
        variables = {**os.environ, **(environment or {})}
        if READ_AT_START.isdisjoint(environment or ()):
            return Outcome(*fork_server(self.module).run(self.module, arguments, variables, TIMEOUT))
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", self.module, *arguments],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env=variables,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def spec(self) -> Outcome:
        """Run `spec`."""
        return self.run("spec")

    def check(self, *arguments: str) -> Outcome:
        """Run `check`."""
        return self.run("check", "--config", self.write("config.json", self.config), *arguments)

    def discover(self, *arguments: str) -> Outcome:
        """Run `discover`."""
        return self.run("discover", "--config", self.write("config.json", self.config), *arguments)

    def catalog(self) -> dict[str, Any]:
        """Return the discovered streams by name: the same for every configuration of an API, and asked for once."""
        api = "jira_service_management" in self.config
        if api not in _CATALOGS:
            (message,) = self.discover().of_type("CATALOG")
            _CATALOGS[api] = {stream["name"]: stream for stream in message["catalog"]["streams"]}
        return copy.deepcopy(_CATALOGS[api])

    def read(
        self,
        streams: Iterable[Mapping[str, Any]],
        mode: str = "full_refresh",
        state: list[Message] | None = None,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run `read` of some streams, in one mode where they have it."""
        return self.run(*self.read_line(streams, mode, state), *arguments, environment=environment)

    def killed(self, streams: Iterable[Mapping[str, Any]], mode: str, state: list[Message], after: int) -> Outcome:
        """Run `read` and kill it by SIGKILL after so many lines; what it had written by then counts."""
        line = self.read_line(streams, mode, state)
        lines = []
        with (
            open(os.devnull, "w") as nothing,  # noqa: PTH123 - no file of ours
            fork_server(self.module).start(self.module, line, os.environ, nothing.fileno()) as process,
        ):
            for each in process.stdout.buffer:  # bytes, because the last line may end in the middle of a character
                lines.append(each)
                if len(lines) == after:
                    process.kill()
        whole = [line.decode() for line in lines if line.endswith(b"\n")]
        return Outcome(process.wait(), "".join(whole), "")

    def read_line(self, streams: Iterable[Mapping[str, Any]], mode: str, state: list[Message] | None) -> list[str]:
        """Write the files of a read, and give its arguments."""
        configured = [
            {
                "stream": stream,
                "sync_mode": mode if mode in stream["supported_sync_modes"] else "full_refresh",
                "destination_sync_mode": "append",
                "cursor_field": stream.get("default_cursor_field", []),
                "primary_key": stream.get("source_defined_primary_key", []),
            }
            for stream in streams
        ]
        line = [
            *("--config", self.write("config.json", self.config)),
            *("--catalog", self.write("catalog.json", {"streams": configured})),
        ]
        if state is not None:
            line += ["--state", self.write("state.json", state)]
        return ["read", *line]

    def write(self, name: str, content: object) -> str:
        """Write an input file and give its path."""
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)
