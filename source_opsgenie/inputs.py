"""Reads the files of a command: configuration, catalog and state, in all forms that people have.

Airbyte writes the forms of the protocol. People bring others: files with a byte order mark, or in UTF-16 as PowerShell
writes them; whole lines of the connector's output; what Airbyte's web pages and its API show, with names such as
`streamDescriptor`; states by the name of their stream, as old connectors had them. Every clear form is accepted. For
anything else, an error names the file and says what was expected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

from airbyte_cdk.models import (
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    SyncMode,
)

from source_opsgenie.http.errors import config_error

Json = dict[str, Any]

# Keys that may be around a state or a catalog, outermost first: a message of the protocol, its parts, an answer of
# Airbyte's API, a legacy state.
_AROUND_STATES = ("state", "stream", "global", "global_state", "stream_states", "data")
_AROUND_STREAMS = ("catalog", "sync_catalog")

LONGEST_MARK = 4  # bytes at the beginning of a file that tell its encoding

# The image's own user may not read a file that is its owner's alone, as a configuration should be.
RUN_AS_OWNER = (
    ' In a container, run the connector as the user who may read the file: docker run --user "$(id -u):$(id -g)" ...'
)


class UnclearError(ValueError):
    """A file does not hold what was expected."""


def read_config(config_path: str) -> MutableMapping[str, Any]:
    """Read the configuration file.

    Raises:
        ApiError: the file cannot be read, or does not contain a JSON object.
    """
    config, where = None, ""
    try:
        (config,) = _documents(config_path, "configuration")
    except json.JSONDecodeError as error:
        where = f" ({error.msg}: line {error.lineno}, column {error.colno})"
    except ValueError:
        pass
    if not isinstance(config, dict):
        raise config_error(f"The configuration file {config_path} does not contain a JSON object{where}.")
    return config


def read_catalog(catalog_path: str) -> ConfiguredAirbyteCatalog:
    """Read the catalog file.

    Raises:
        ApiError: the file cannot be read, or is not a catalog.
    """
    try:
        streams = [stream for document in _documents(catalog_path, "catalog") for stream in _streams_of(document)]
        catalog: ConfiguredAirbyteCatalog = ConfiguredAirbyteCatalogSerializer.load({"streams": streams})
    except ValueError:
        raise config_error(
            f"The catalog file {catalog_path} does not contain a configured catalog: a JSON object with the list "
            "'streams' was expected, and for each of them 'stream' and 'sync_mode'. The output of 'discover' will do "
            "as well."
        ) from None
    if not catalog.streams:
        raise config_error(f"The catalog file {catalog_path} selects no stream. Select those that are to be read.")
    return catalog


def read_state(state_path: str) -> list[AirbyteStateMessage]:
    """Read the state file; without a path, there is no state.

    Raises:
        ApiError: the file cannot be read, or does not contain a state.
    """
    if not state_path:
        return []
    try:
        # Output may have thousands of states of a stream, of which the last one counts.
        latest = {
            str(state["stream"]["stream_descriptor"]["name"]): state
            for document in _documents(state_path, "state")
            for state in _states_of(document)
        }
        return [AirbyteStateMessageSerializer.load(state) for state in latest.values()]
    except ValueError:
        raise config_error(
            f"The state file {state_path} does not contain a state: a JSON list of the states that a sync emitted was "
            "expected, or an object with a state for each stream's name. For a first sync write [], or leave out "
            "'--state'."
        ) from None


def _documents(path: str, kind: str) -> Iterator[Any]:
    """Yield what a file holds: the messages of a kind in the connector's output, or else one JSON document.

    Output is read line by line, because it may be larger than the memory.
    """
    with _opened(path, kind) as file:
        encoding = json.detect_encoding(file.read(LONGEST_MARK))
        file.seek(0)
        # A character may be cut off at the end, and a text may contain other ends of lines, such as U+2028.
        lines = TextIOWrapper(file, encoding, errors="replace", newline="\n")
        is_output = False
        if not lines.readline().lstrip().startswith("["):  # a list, which may have a message on each line
            lines.seek(0)
            for message in filter(None, (_message_in(line, kind) for line in lines)):
                is_output = True
                yield message
        lines.detach()
        if not is_output:
            file.seek(0)
            try:
                yield json.loads(file.read().decode(encoding))
            except RecursionError:
                raise UnclearError from None


@contextmanager
def _opened(path: str, kind: str) -> Iterator[BinaryIO]:
    """Open a file, which may be a pipe."""
    try:
        with Path(path).open("rb") as file:
            yield file if file.seekable() else BytesIO(file.read())
    except OSError as error:
        if path.lstrip().startswith(("{", "[")):  # it is not repeated: it may hold the key
            raise config_error(
                f"The command line contains the {kind} itself: give the path of a file instead."
            ) from None
        advice = RUN_AS_OWNER if isinstance(error, PermissionError) else ""
        raise config_error(f"The {kind} file {path} cannot be read: {error.strerror}.{advice}") from None


def _message_in(line: str, kind: str) -> Json | None:
    """Return the message of a kind that a line of output is.

    Any other line is passed over: a record, what docker printed, the last line of a process that was killed.
    """
    if f'"{kind.upper()}"' not in line:
        return None
    try:
        message = _with_snake_case(json.loads(line))
    except (ValueError, RecursionError):
        return None
    return message if message.get("type") == kind.upper() else None


def _streams_of(document: Any) -> Iterator[Json]:
    """Yield the configured streams of a catalog."""
    if isinstance(document, list):
        for each in document:
            yield from _configured(each)
        return
    given = _with_snake_case(document)
    for around in _AROUND_STREAMS:
        if given.get(around) is not None:
            yield from _streams_of(given[around])
            return
    if not isinstance(given.get("streams"), list):
        raise UnclearError
    yield from _streams_of(given["streams"])


def _configured(document: Any) -> Iterator[Json]:
    """Yield a stream with its mode, unless it is deselected. A stream without a mode gets the best one."""
    given = _with_snake_case(document)
    if "json_schema" in given:
        given = {"stream": given}
    stream = {"json_schema": {}, "supported_sync_modes": [], **_with_snake_case(given.get("stream"))}
    modes = stream["supported_sync_modes"]
    config = _with_snake_case(given.get("config") or {})
    if config.get("selected") is False:
        return
    incremental = isinstance(modes, list) and SyncMode.incremental.value in modes
    best = SyncMode.incremental if incremental else SyncMode.full_refresh
    # What the destination does is not the source's concern, and Airbyte has modes that the protocol does not know.
    yield {"sync_mode": best.value, **config, **given, "destination_sync_mode": "append", "stream": stream}


def _states_of(document: Any) -> Iterator[Json]:
    """Yield a STREAM state for each stream."""
    if document is None:
        return
    if isinstance(document, list):
        for each in document:
            yield from _states_of(each)
        return
    given = _with_snake_case(document)
    if isinstance(given.get("stream_state"), list):  # as the API answers
        yield from _states_of(given["stream_state"])
    elif "stream_descriptor" in given:
        # Without the namespace: no stream has one, and the CDK would look for the state in vain.
        descriptor = {"name": _with_snake_case(given["stream_descriptor"]).get("name")}
        yield {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": given.get("stream_state")}}
    elif around := next((key for key in _AROUND_STATES if given.get(key) is not None), None):
        yield from _states_of(given[around])
    else:
        for name, state in document.items():
            if state is not None and not isinstance(state, dict):
                raise UnclearError
            yield {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": state}}


def _with_snake_case(document: Any) -> Json:
    """Return an object with its keys as in the protocol; their values stay as they are."""
    if not isinstance(document, dict):
        raise UnclearError
    return {re.sub("(?<=[a-z])(?=[A-Z])", "_", key).lower(): value for key, value in document.items()}
