"""`check`: a plain yes for every key that reads anything, one plain sentence for everything else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from integration_tests.connector import Connector
from integration_tests.loopback import LOOPBACK, served
from integration_tests.sandbox.client import Sandbox
from source_opsgenie.opsgenie.catalog import STREAMS
from source_opsgenie.streams.sub_stream import SubStream

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"


@pytest.mark.parametrize(
    ("kind", "why", "unreadable"),
    [
        ("full", "", {}),
        (
            "no_config",
            "the key lacks Configuration Access",
            {"users": "contacts", "teams": "team_members", "integrations": "integration_actions", "heartbeats": ""},
        ),
        (
            "team",
            "a team's key reads only what its team owns",
            {"users": "notification_rule_steps", "account": "", "log_files": ""},
        ),
    ],
    ids=["full", "no_config", "team"],
)
def test_what_the_key_cannot_read_is_logged(
    kind: str,
    why: str,
    unreadable: dict[str, str],
    sandbox: Sandbox,
    connect: Callable[..., Connector],
) -> None:
    outcome = connect(sandbox, kind).hurried.check()
    assert outcome.code == 0
    assert outcome.connection == ("SUCCEEDED", None)
    told = {line.partition(":")[0]: line for line in outcome.warnings}
    assert unreadable.keys() <= told.keys()
    assert not {"alerts", "incidents", "saved_searches"} & told.keys()
    assert bool(told) is bool(unreadable)
    assert all(why in line for line in told.values())
    assert all(below in told[stream] for stream, below in unreadable.items())
    lists, verdict = sum(not issubclass(kind, SubStream) for kind in STREAMS), 2
    assert sandbox.stats()["total"] <= lists + verdict


def test_what_the_plan_does_not_include_is_logged(sandbox: Sandbox, connect: Callable[..., Connector]) -> None:
    sandbox.settings(plan="Essentials")
    outcome = connect(sandbox).hurried.check()
    assert outcome.connection == ("SUCCEEDED", None)
    told = {line.partition(":")[0]: line for line in outcome.warnings}
    assert told.keys() == {"incidents", "services", "custom_incident_templates", "log_files"}
    assert all("the account's plan does not include it" in line for line in told.values())
    assert "incident_timeline_entries" in told["incidents"]


class OnlyTheAccount(BaseHTTPRequestHandler):
    """An API that answers the check's own question, and is silent to all others."""

    def do_GET(self) -> None:
        if self.path != "/v2/account":
            threading.Event().wait(60)
            return
        body = b'{"data": {"name": "acme"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def stalling() -> Iterator[str]:
    with served(ThreadingHTTPServer((LOOPBACK, 0), OnlyTheAccount)) as address:
        yield address


def test_lists_that_do_not_answer_do_not_fail_the_check(stalling: str, tmp_path: Path) -> None:
    outcome = Connector(tmp_path, {"api_token": KEY, "endpoint": stalling}).check()
    assert outcome.connection == ("SUCCEEDED", None)
    (warning,) = outcome.warnings
    assert "got no answer for these streams" in warning
    assert "alerts" in warning
    assert "log_files" in warning


def test_odd_but_usable_configurations_are_told_in_check_and_read(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    connector = connect(sandbox, startdate="2024-01-01", start_date="2999-01-01").hurried
    for outcome in (connector.check(), connector.read([connector.catalog()["teams"]])):
        assert outcome.code == 0
        assert len([line for line in outcome.warnings if "'startdate': did you mean 'start_date'?" in line]) == 1
        assert len([line for line in outcome.warnings if "'start_date' (2999-01-01) is in the future" in line]) == 1


def test_a_key_and_a_host_that_are_swapped_are_told_without_masked_words(tmp_path: Path) -> None:
    """The host stands where the key belongs, so a sentence that names it would have it masked."""
    outcome = Connector(tmp_path, {"api_token": "api.opsgenie.com", "endpoint": KEY}).check()
    status, message = outcome.connection
    assert status == "FAILED"
    assert message is not None
    assert "'endpoint' is not valid: it contains a key, which goes into 'api_token'" in message
    assert "*" not in message


@pytest.mark.parametrize("empty", ["", None])
def test_an_optional_field_that_is_empty_is_what_the_specification_allows(
    empty: str | None, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    optional = ("start_date", "alert_query", "lookback_window")
    connector = connect(sandbox, **dict.fromkeys(optional, empty)).hurried
    (message,) = connector.spec().of_type("SPEC")
    schema = message["spec"]["connectionSpecification"]
    assert set(optional) < set(schema["properties"])
    assert list(Draft7Validator(schema).iter_errors(connector.config)) == []
    outcome = connector.check()
    assert outcome.connection == ("SUCCEEDED", None)
    assert outcome.warnings == []


def test_a_check_that_fails_names_a_misspelled_key_as_well(tmp_path: Path) -> None:
    config = {"api_token": "a-key-of-some-length", "endpoint": "http://127.0.0.1:9", "start-date": "2024-01-01"}
    outcome = Connector(tmp_path, config).check()
    assert outcome.connection[0] == "FAILED"
    assert [line for line in outcome.warnings if "'start-date': did you mean 'start_date'?" in line]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("no_read", "cannot read anything: give it the rights Read and Configuration Access"),
        ("disabled", "disabled"),
        ("other_region", "region"),
        ("unknown", "does not know the key"),
        ("malformed", "format of a key"),
    ],
)
def test_keys_that_read_nothing_fail_with_a_sentence(
    kind: str, words: str, sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    outcome = connect(sandbox, kind).hurried.check()
    status, message = outcome.connection
    assert status == "FAILED"
    assert words in str(message)
    assert "fill in 'jira_service_management'" in str(message)
    assert str(message).endswith(".")
    assert "Traceback" not in outcome.stdout
    assert outcome.code == 0


class WebPage(BaseHTTPRequestHandler):
    """A website where the API should be."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!DOCTYPE html><html><body>Log in to Opsgenie</body></html>")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def web_site() -> Iterator[str]:
    with served(HTTPServer((LOOPBACK, 0), WebPage)) as address:
        yield address


def test_a_web_site_is_not_the_api(web_site: str, tmp_path: Path) -> None:
    status, message = Connector(tmp_path, {"api_token": KEY, "endpoint": web_site}).check().connection
    assert status == "FAILED"
    assert "a web page" in str(message)
    assert "'endpoint'" in str(message)


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        status, message = Connector(tmp_path, {"api_token": KEY, "endpoint": endpoint}).check().connection
    assert status == "FAILED"
    assert "No connection to Opsgenie" in str(message)


def test_a_host_that_accepts_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        status, message = Connector(tmp_path, {"api_token": KEY, "endpoint": endpoint}).check().connection
    assert status == "FAILED"
    assert "does not answer" in str(message)


# What else is malformed is in unit_tests/test_config.py and unit_tests/test_endpoints.py.
@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, "'api_token' is missing"),
        ({"api_token": f"{KEY}\n{KEY}"}, "'api_token'"),
        ({"api_token": 7}, "'api_token'"),
        ({"api_token": KEY, "endpoint": "\N{SNOWMAN}.opsgenie.com"}, "'endpoint'"),
        ({"api_token": KEY, "endpoint": "http://192.168.0.1"}, "'endpoint'"),
        ({"api_token": KEY, "endpoint": "https://me:secret@api.opsgenie.com"}, "'endpoint'"),
        ({"api_token": KEY, "start_date": "2024-02-30"}, "'start_date'"),
        ({"api_token": KEY, "alert_query": ["status: open"]}, "'alert_query'"),
        ({"api_token": KEY, "lookback_window": 300}, "'lookback_window'"),
        ({"api_token": KEY, "rate_limit_share": 80.5}, "'rate_limit_share'"),
        ({"api_token": KEY, "num_workers": True}, "'num_workers'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_malformed_configuration_names_the_field(config: dict[str, Any], words: str, tmp_path: Path) -> None:
    connector = Connector(tmp_path, config)
    checked = connector.check()
    status, message = checked.connection
    assert status == "FAILED"
    assert words in str(message)
    read = connector.read([Connector(tmp_path, {"api_token": KEY}).catalog()["teams"]])
    assert read.code == 1
    assert read.errors[0] == message
    for outcome in (checked, read):
        assert KEY not in outcome.stdout + outcome.stderr
        assert "secret" not in outcome.stdout
        assert not [line for line in (message, *outcome.logs) if "Traceback" in str(line)]


def test_a_query_that_opsgenie_does_not_understand_is_named(
    sandbox: Sandbox, connect: Callable[..., Connector]
) -> None:
    status, message = connect(sandbox, alert_query="createdAt >= yesterday").hurried.check().connection
    assert status == "FAILED"
    assert "'alert_query'" in str(message)


def test_blanks_around_a_pasted_key_are_trimmed(sandbox: Sandbox, tmp_path: Path) -> None:
    pasted = {"api_token": f"  {sandbox.key('full')}\n", "endpoint": f" {sandbox.url} "}
    assert Connector(tmp_path, pasted).hurried.check().connection == ("SUCCEEDED", None)
