"""Every command speaks the protocol, also at debug level, and never the key."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from integration_tests.connector import Connector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from integration_tests.connector import Outcome
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


@pytest.mark.parametrize("debug", [False, True], ids=["info", "debug"])
def test_every_line_is_a_message_and_none_holds_the_key(
    debug: bool, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox)
    flags = ["--debug"] if debug else []
    key = sandbox.key("full")
    catalog = connector.catalog()
    for outcome in (
        connector.check(*flags),
        connector.discover(*flags),
        connector.read(
            [catalog[name] for name in ("teams", "team_members", "alerts", "alert_notes")], "incremental", [], *flags
        ),
    ):
        assert outcome.code == 0
        assert outcome.stderr == ""
        assert_without_key(outcome, key)


def test_the_configuration_of_airbytes_own_connector_works(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    connector = connect(sandbox, start_date="2022-07-01T00:00:00Z")
    assert connector.check().connection == ("SUCCEEDED", None)
    assert connector.read([connector.catalog()["teams"]]).code == 0


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
    assert "does not hold a JSON object" in outcome.errors[0]
