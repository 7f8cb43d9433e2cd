"""Every command speaks the protocol, also at debug level, and never the key."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector, Outcome, assert_explained, read_message
from integration_tests.sandbox.client import Sandbox


def assert_without_key(outcome: Outcome, key: str) -> None:
    said = outcome.stdout + outcome.stderr
    for form in (key, quote(f"GenieKey {key}"), base64.b64encode(key.encode()).decode(), f":{key}"):
        assert form not in said


def test_spec(tmp_path: Path) -> None:
    outcome = Connector(tmp_path, {}).spec()
    assert outcome.code == 0
    (message,) = outcome.of_type("SPEC")
    properties = message["spec"]["connectionSpecification"]["properties"]
    assert properties["api_token"]["airbyte_secret"] is True
    assert {"api_token", "endpoint", "start_date"} <= set(properties)


@pytest.mark.parametrize(
    "line",
    [
        '{"type": "RECORD"}',
        '{"type": "DEBUG", "message": "..."}',
        '{"type": "LOG", "log": {"level": "LOUD", "message": "..."}}',
        '{"type": "LOG", "log": {"level": "INFO", "message": "..."}, "data": {}}',
        '{"type": "RECORD", "record": {"stream": "teams", "data": {}}}',
        '{"type": "RECORD", "record": {"stream": "teams", "data": {}, "emitted_at": 1, "row": 1}}',
        "Backing off",
    ],
    ids=["no content", "unknown type", "unknown level", "unknown key", "no time", "unknown key inside", "no JSON"],
)
def test_what_is_no_message_does_not_pass_for_one(line: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        read_message(line)


@pytest.mark.parametrize("debug", [False, True], ids=["info", "debug"])
def test_every_line_is_a_message_and_none_holds_the_key(
    debug: bool, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    flags = ["--debug"] if debug else []
    key = sandbox.key("full")
    catalog = connector.catalog()
    for outcome in (
        connector.run("spec", *flags),
        connector.check(*flags),
        connector.discover(*flags),
        connector.read(
            [catalog[name] for name in ("teams", "team_members", "alerts", "alert_notes")], "incremental", [], *flags
        ),
    ):
        assert outcome.code == 0
        assert outcome.stderr == ""
        assert_without_key(outcome, key)


def test_each_command_ends_with_its_one_answer(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox)
    answers = {"SPEC": connector.spec(), "CONNECTION_STATUS": connector.check(), "CATALOG": connector.discover()}
    for kind, outcome in answers.items():
        others = [message["type"] for message in outcome.messages if message["type"] != "LOG"]
        assert others == [kind]


def test_the_catalogs_streams_are_what_destinations_take(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    for name, stream in connect(sandbox).catalog().items():
        schema = stream["json_schema"]
        Draft7Validator.check_schema(schema)
        keys = [*stream["source_defined_primary_key"], stream.get("default_cursor_field") or []]
        assert all(field in schema["properties"] for key in keys for field in key), name
        assert "full_refresh" in stream["supported_sync_modes"]
        assert ("incremental" in stream["supported_sync_modes"]) == bool(stream.get("default_cursor_field")), name


@pytest.mark.parametrize("fault", ["429 without headers", "503"])
def test_each_wait_of_a_long_one_is_told(
    fault: str, sandbox: Sandbox, tmp_path: Path, connect: Callable[..., Connector]
) -> None:
    stream = connect(sandbox).catalog()["users"]
    sandbox.settings(fault={"name": fault, "on": "/v2/users", "times": 10})
    config = {"api_token": sandbox.key(), "endpoint": sandbox.url}
    outcome = Connector(tmp_path, config).hurried.read([stream])
    assert outcome.code == 0, outcome.errors
    waits = [wait for line in outcome.logs for wait in re.findall(r"Trying a call again in (.*?), because", line)]
    # What is longer than a minute is told by the lanes (unit_tests/test_lanes.py).
    assert waits == ["1 second", *(f"{number} seconds" for number in (2, 4, 8, 16, 32, 60, 60, 60, 60))]


def test_a_wait_of_half_an_hour_for_the_next_call_is_not_silent(
    own_sandbox: Callable[..., Sandbox], tmp_path: Path, connect: Callable[..., Connector]
) -> None:
    account = own_sandbox(settings={"limits": {"configuration": [[10, 1800]]}})
    stream = connect(account).catalog()["teams"]
    # One call in half an hour, and the first of them asks for the limits.
    config = {"api_token": account.key(), "endpoint": account.url, "rate_limit_share": 10}
    outcome = Connector(tmp_path, config).hurried.read([stream])
    assert outcome.code == 0, outcome.errors
    assert len(outcome.records["teams"]) == len(list(account.truth("teams")))
    (named,) = [at for at, line in enumerate(outcome.logs) if "allows 10 calls in 30 minutes" in line]
    # Some thirty, every 50 to 60 seconds; a busy machine oversleeps some of them on so fast a clock.
    assert outcome.logs.count("Waiting for the API to answer, or for its rate limit.") >= 5
    assert named < outcome.logs.index("Waiting for the API to answer, or for its rate limit.")


def test_a_sync_that_waits_repeats_the_state_that_it_was_given(
    own_sandbox: Callable[..., Sandbox], tmp_path: Path, connect: Callable[..., Connector]
) -> None:
    """For Airbyte, only records and states show that a source is alive."""
    account = own_sandbox()
    stream = connect(account).catalog()["alerts"]
    first = connect(account).read([stream], "incremental", [])
    account.settings(limits={"search": [[10, 1800]]})
    config = {"api_token": account.key(), "endpoint": account.url, "rate_limit_share": 10}
    outcome = Connector(tmp_path, config).hurried.read([stream], "incremental", first.last_states)
    assert outcome.code == 0, outcome.errors
    (given,), *repeated, last = [first.last_states, *outcome.states]
    assert len(repeated) >= 5
    assert all(each["stream"] == given["stream"] for each in repeated)
    assert sum(each["sourceStats"]["recordCount"] for each in outcome.states) == len(outcome.records["alerts"])
    assert last["stream"]["stream_state"].keys() == given["stream"]["stream_state"].keys()


def test_the_configuration_of_airbytes_own_connector_works(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, start_date="2022-07-01T00:00:00Z")
    assert connector.check().connection == ("SUCCEEDED", None)
    assert connector.read([connector.catalog()["teams"]]).code == 0


def test_without_a_command_it_says_which_there_are(tmp_path: Path) -> None:
    outcome = Connector(tmp_path, {}).run()
    assert (outcome.code, outcome.messages) == (2, [])  # as argparse ends for a wrong command
    assert outcome.stderr.startswith("The command is missing: write spec, check, discover or read, ")
    assert outcome.stderr.count("\n") == 1
    assert_explained(outcome.stderr)


@pytest.mark.parametrize(
    "arguments", ["check --config {api_token: %s}", "%s check", "read --config c --catalog d --api_token=%s"]
)
def test_a_key_on_a_command_line_that_is_not_accepted_is_not_repeated(arguments: str, tmp_path: Path) -> None:
    key = "0f0e0d0c-1234-4567-89ab-0123456789ab"
    outcome = Connector(tmp_path, {}).run(*(arguments % key).split())
    assert outcome.code == 2
    assert "error: " in outcome.stderr
    assert not any(piece in outcome.stderr for piece in (key[:13], key[-12:]))


def test_a_stream_that_fails_is_named_and_the_process_says_so(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    catalog = connect(sandbox).catalog()
    outcome = connect(sandbox, "disabled").read([catalog["teams"]])
    assert outcome.code == 1
    assert outcome.statuses["teams"][-1] == "INCOMPLETE"
    assert outcome.errors[0].startswith("teams: ")
    assert all("Traceback" not in error for error in outcome.errors)


def test_a_read_with_a_malformed_configuration_says_so(tmp_path: Path) -> None:
    catalog = Connector(tmp_path, {"api_token": "0" * 36}).catalog()
    outcome = Connector(tmp_path, {"api_token": "0" * 36, "num_workers": 0}).read([catalog["teams"]])
    assert outcome.code == 1
    assert "'num_workers'" in outcome.errors[0]


def test_a_configuration_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{")
    outcome = Connector(tmp_path, {}).run("check", "--config", str(path))
    assert outcome.code == 1
    assert "does not contain a JSON object" in outcome.errors[0]
