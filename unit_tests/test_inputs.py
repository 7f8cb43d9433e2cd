"""Configuration, catalog and state as people have them in files: what is clear is taken, the rest refused by name."""

from __future__ import annotations

import errno
import json
import os
import threading
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateMessageSerializer, ConfiguredAirbyteCatalogSerializer

from source_opsgenie.http.errors import ApiError
from source_opsgenie.source import SourceOpsgenie

Json = dict[str, Any]

STATE = {"updatedAt": "2026-10-01T00:00:00Z"}
STREAM = {"type": "STREAM", "stream": {"stream_descriptor": {"name": "alerts"}, "stream_state": STATE}}
ENTRY = {"streamDescriptor": {"name": "alerts", "namespace": None}, "streamState": STATE}
DESCRIPTOR = {"name": "alerts", "namespace": "public"}
IN_A_NAMESPACE = {"type": "STREAM", "stream": {"stream_descriptor": DESCRIPTOR, "stream_state": STATE}}
GLOBAL = {"type": "GLOBAL", "global": {"stream_states": [STREAM["stream"]]}}

ALERTS = {"name": "alerts", "json_schema": {"properties": {"ownerTeam": {}}}, "supported_sync_modes": ["incremental"]}
CONFIGURED = {"stream": ALERTS, "sync_mode": "incremental", "destination_sync_mode": "append"}


def message(kind: str, **content: object) -> str:
    return json.dumps({"type": kind, **content})


LOG = message("LOG", log={"level": "INFO", "message": "Starting."})
OLDER = {"type": "STREAM", "stream": {"stream_descriptor": {"name": "alerts"}, "stream_state": {}}}
STATES_LINE = message("STATE", state=OLDER)
ODD = "\u2028\u2029\u0085\x0c \U0001f600"
RECORD = f'{{"type":"RECORD","record":{{"stream":"alerts","data":{{"STATE":"{ODD}"}}}}}}'

SIMILAR = message("RECORD", record={"stream": "alerts", "data": {"STATE": "VT"}})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.json"


def write(file: Path, content: bytes | str) -> str:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps([STREAM]), id="as Airbyte writes it"),
        pytest.param("\ufeff" + json.dumps([STREAM]), id="byte order mark"),
        pytest.param(json.dumps([STREAM]).encode("utf-16"), id="UTF-16"),
        pytest.param(json.dumps(STREAM), id="one state"),
        pytest.param(message("STATE", state=STREAM), id="a message"),
        pytest.param(f"{LOG}\n{message('STATE', state=STREAM)}\n", id="lines of output"),
        pytest.param(json.dumps([{"type": "STATE", "state": STREAM}]), id="a list of messages"),
        pytest.param(f"[\n{message('STATE', state=STREAM)}\n]", id="a list of messages, one a line"),
        pytest.param(f"{message('STATE', state=OLDER)}\n{message('STATE', state=STREAM)}\n", id="several states"),
        pytest.param(f"{message('STATE', state=STREAM)}\n{LOG[:30]}", id="output cut off"),
        pytest.param(f"{message('STATE', state=STREAM)}\n{STATES_LINE[:90]}", id="output cut off in a state"),
        pytest.param(f"{message('STATE', state=STREAM)}\n".encode() + RECORD.encode()[:-4], id="in a character"),
        pytest.param(f"{message('STATE', state=STREAM)}\n{RECORD}\n", id="a record with other ends of lines"),
        pytest.param(f"{message('STATE', state=STREAM)}\n{SIMILAR}\n", id="a record that has the word"),
        pytest.param(f'{message("STATE", state=STREAM)}\n{"[" * 5_000}"STATE"\n', id="a line nested too deeply"),
        pytest.param(f"{message('STATE', state=STREAM)}\r\n{LOG}\r\n", id="lines of Windows"),
        pytest.param(f"{LOG}\n{message('STATE', state=STREAM)}\n".encode("utf-16"), id="lines of output in UTF-16"),
        pytest.param(f"Unable to find image\n{message('STATE', state=STREAM)}\n", id="what docker printed"),
        pytest.param(json.dumps([ENTRY]), id="the web page's"),
        pytest.param(json.dumps({"stateType": "stream", "connectionId": "c", "streamState": [ENTRY]}), id="the API's"),
        pytest.param(json.dumps({"alerts": STATE}), id="by the stream's name"),
        pytest.param(json.dumps({"type": "LEGACY", "data": {"alerts": STATE}}), id="legacy"),
        pytest.param(json.dumps([GLOBAL]), id="global"),
        pytest.param(json.dumps([IN_A_NAMESPACE]), id="in a namespace, which no stream has"),
    ],
)
def test_a_state_that_is_clear_is_taken(content: bytes | str, file: Path) -> None:
    (state,) = map(AirbyteStateMessageSerializer.dump, SourceOpsgenie.read_state(write(file, content)))
    assert state["type"] == "STREAM"
    assert state["stream"]["stream_descriptor"] == {"name": "alerts"}
    assert state["stream"]["stream_state"] == STATE


@pytest.mark.parametrize("begin", ["[", " ["])
def test_a_list_of_messages_with_one_on_each_line_is_read_whole(begin: str, file: Path) -> None:
    of_teams = {"type": "STREAM", "stream": {"stream_descriptor": {"name": "teams"}, "stream_state": {}}}
    messages = ",\n".join(message("STATE", state=each) for each in (STREAM, of_teams))
    states = map(AirbyteStateMessageSerializer.dump, SourceOpsgenie.read_state(write(file, f"{begin}\n{messages}\n]")))
    assert [state["stream"]["stream_descriptor"]["name"] for state in states] == ["alerts", "teams"]


def test_output_that_comes_through_a_pipe_is_taken(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(f"{LOG}\n{message('STATE', state=STREAM)}\n",))
    writer.start()
    (state,) = SourceOpsgenie.read_state(str(pipe))
    writer.join()
    assert AirbyteStateMessageSerializer.dump(state) == STREAM


@pytest.mark.slow
def test_output_is_not_held_in_memory(file: Path) -> None:
    record = message("RECORD", record={"stream": "alerts", "data": {"message": "x" * 1_000}})
    with file.open("w") as output:
        output.writelines(f"{record}\n" for _ in range(20_000))
        output.write(f"{message('STATE', state=STREAM)}\n")
    tracemalloc.start()
    (_,) = SourceOpsgenie.read_state(str(file))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < file.stat().st_size / 20


@pytest.mark.parametrize("content", ["[]", "{}", "null"])
def test_a_state_of_nothing_is_that_of_a_first_sync(content: str, file: Path) -> None:
    assert SourceOpsgenie.read_state(write(file, content)) == []


@pytest.mark.parametrize("given", [[{**ENTRY, "streamState": None}], {"alerts": None}])
def test_a_stream_without_a_state_has_none(given: object, file: Path) -> None:
    (state,) = SourceOpsgenie.read_state(write(file, json.dumps(given)))
    assert state.stream is not None
    assert state.stream.stream_state is None


@pytest.mark.parametrize(
    "content",
    [
        *("", " \n", "{", "7", '"x"', "[7]", "[" * 5_000, b"\xff\xfe\x00\xd8", b"\xc3\x28", LOG),
        *('[{"type": "STREAM"}]', '[{"type": "STREAM", "stream": 3}]', '{"streams": []}', json.dumps(STATE)),
        json.dumps([{**ENTRY, "streamDescriptor": {"name": 7}}]),
        json.dumps([{**ENTRY, "streamState": [1]}]),
        json.dumps([{**ENTRY, "streamState": "x"}]),
    ],
    ids=range(17),
)
def test_a_file_that_is_no_state_is_named(content: bytes | str, file: Path) -> None:
    with pytest.raises(ApiError) as raised:
        SourceOpsgenie.read_state(write(file, content))
    assert str(raised.value.message).startswith(f"The state file {file} does not contain a state: ")


def as_the_web_page(configured: Json, *, selected: bool = True) -> Json:
    """Return a stream and its configuration as Airbyte's own API shows them."""
    names = {"name": "name", "json_schema": "jsonSchema", "supported_sync_modes": "supportedSyncModes"}
    stream = {names[key]: value for key, value in configured["stream"].items()}
    config = {"syncMode": configured["sync_mode"], "destinationSyncMode": configured["destination_sync_mode"]}
    return {"stream": stream, "config": {**config, "cursorField": [], "selected": selected, "aliasName": "alerts"}}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps({"streams": [CONFIGURED]}), id="as Airbyte writes it"),
        pytest.param("\ufeff" + json.dumps({"streams": [CONFIGURED]}), id="byte order mark"),
        pytest.param(message("CATALOG", catalog={"streams": [ALERTS]}), id="a message"),
        pytest.param(f"{LOG}\n{message('CATALOG', catalog={'streams': [ALERTS]})}\n", id="lines of output"),
        pytest.param(json.dumps({"streams": [ALERTS]}), id="as discovered"),
        pytest.param(json.dumps([CONFIGURED]), id="a list"),
        pytest.param(json.dumps([{**CONFIGURED, "destination_sync_mode": "overwrite_dedup"}]), id="Airbyte's own mode"),
        pytest.param(
            json.dumps(
                {"syncCatalog": {"streams": [as_the_web_page(CONFIGURED), as_the_web_page(CONFIGURED, selected=False)]}}
            ),
            id="the web page's",
        ),
    ],
)
def test_a_catalog_that_is_clear_is_taken(content: bytes | str, file: Path) -> None:
    (configured,) = ConfiguredAirbyteCatalogSerializer.dump(SourceOpsgenie.read_catalog(write(file, content)))[
        "streams"
    ]
    assert CONFIGURED.items() <= {**configured, "stream": ALERTS}.items()
    assert ALERTS.items() <= configured["stream"].items()


def test_a_stream_that_cannot_be_read_incrementally_is_read_in_full(file: Path) -> None:
    teams = {"name": "teams", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    (configured,) = SourceOpsgenie.read_catalog(write(file, json.dumps({"streams": [teams]}))).streams
    assert configured.sync_mode.value == "full_refresh"


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "7", "{}", '{"streams": 7}', '{"streams": [7]}', '{"streams": [{"name": "alerts"}]}', LOG),
        '{"streams": [{"stream": {"name": "alerts"}, "sync_mode": "hourly"}]}',
        '{"streams": [{"stream": {"name": "alerts", "supported_sync_modes": 7}}]}',
    ],
    ids=range(10),
)
def test_a_file_that_is_no_catalog_is_named(content: str, file: Path) -> None:
    with pytest.raises(ApiError) as raised:
        SourceOpsgenie.read_catalog(write(file, content))
    assert str(raised.value.message).startswith(f"The catalog file {file} does not contain a configured catalog: ")


@pytest.mark.parametrize(
    "content", ['{"streams": []}', '{"streams": [{"stream": {"name": "alerts"}, "config": {"selected": false}}]}']
)
def test_a_catalog_that_selects_nothing_is_named(content: str, file: Path) -> None:
    with pytest.raises(ApiError) as raised:
        SourceOpsgenie.read_catalog(write(file, content))
    assert raised.value.message == f"The catalog file {file} selects no stream. Select those that are to be read."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_configuration_in_any_encoding_is_taken(encoding: str, file: Path) -> None:
    config = {"api_token": "k", "alert_query": "message: \u00e9"}
    assert SourceOpsgenie.read_config(write(file, json.dumps(config, ensure_ascii=False).encode(encoding))) == config


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("[]", ""),
        ("[" * 100_000, ""),
        ("", " (Expecting value: line 1, column 1)"),
        ('{\n  "api_token": "k"\n  "endpoint": "h"\n}', " (Expecting ',' delimiter: line 3, column 3)"),
        ('{"a": 1}\n{"b": 2}', " (Extra data: line 2, column 1)"),
    ],
    ids=range(5),
)
def test_a_file_that_is_no_configuration_is_named(content: str, where: str, file: Path) -> None:
    with pytest.raises(ApiError) as raised:
        SourceOpsgenie.read_config(write(file, content))
    assert raised.value.message == f"The configuration file {file} does not contain a JSON object{where}."


@pytest.mark.parametrize("kind", ["configuration", "catalog", "state"])
def test_a_file_that_cannot_be_read_is_named(kind: str, tmp_path: Path) -> None:
    read = {"configuration": "read_config", "catalog": "read_catalog", "state": "read_state"}[kind]
    for path, reason in ((tmp_path / "none.json", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ApiError) as raised:
            getattr(SourceOpsgenie, read)(str(path))
        assert raised.value.message == f"The {kind} file {path} cannot be read: {reason}."


@pytest.mark.parametrize("kind", ["configuration", "catalog", "state"])
def test_a_file_of_another_user_says_how_to_run_a_container(
    kind: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.open", refuse)  # root, who may run the tests, reads every file
    read = {"configuration": "read_config", "catalog": "read_catalog", "state": "read_state"}[kind]
    with pytest.raises(ApiError) as raised:
        getattr(SourceOpsgenie, read)(str(file))
    assert raised.value.message == (
        f"The {kind} file {file} cannot be read: Permission denied. In a container, run the connector as the user who "
        'may read the file: docker run --user "$(id -u):$(id -g)" ...'
    )
