"""Faults of the user's own set-up: told in a sentence, and not taken for an outage."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, Outcome
from integration_tests.sandbox.client import Sandbox
from integration_tests.tls import Server, certificate

KEY = "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10"
OPSGENIE = "api.opsgenie.com"
NEEDS_A_PASSWORD = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
FORBIDS = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "DEPLOYMENT_MODE")

# A minute of waits of 1, 2, 4 ... seconds: six attempts if they take no time, and four however long they take.
MOST_ATTEMPTS = 6
LEAST_ATTEMPTS = 4
ASKS_FOR_LIMITS = 3
ASKS_IF_ALIVE = 2  # before a call is given up


def check(connector: Connector, **environment: str) -> str:
    """Return the sentence of a check that fails."""
    line = ("check", "--config", connector.write("config.json", connector.config))
    status, message = connector.run(*line, environment=environment).connection
    assert status == "FAILED"
    assert message is not None
    assert message.endswith(".")
    assert message.count("No connection to Opsgenie: ") == 1
    return message


def read(connector: Connector, **environment: str) -> Outcome:
    """Read a list on a fast clock, and see it fail."""
    teams = Connector(connector.folder, {"api_token": KEY}).catalog()["teams"]
    outcome = connector.hurried.read([teams], environment=environment)
    assert outcome.code == 1
    assert outcome.failure_types.keys() == {"teams"}
    assert "Traceback" not in outcome.stderr
    return outcome


def attempts_of(outcome: Outcome) -> int:
    """Return how many attempts there were before the list was given up."""
    (attempts,) = map(int, re.findall(r"gave up after (\d+) attempts", outcome.errors[0]))
    assert LEAST_ATTEMPTS <= attempts <= MOST_ATTEMPTS
    return attempts


def fails_at_once(connector: Connector, words: str, **environment: str) -> None:
    """Check and read, which both name the cause, and do not try again."""
    assert words in check(connector, **environment)
    outcome = read(connector, **environment)
    assert outcome.failure_types == {"teams": "config_error"}
    assert words in outcome.errors[0]
    assert "gave up" not in outcome.errors[0]
    assert "again" not in json.dumps(outcome.logs)


@pytest.fixture(autouse=True)
def _no_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what this machine itself is set up with."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)


@pytest.fixture
def serving() -> Iterator[Any]:
    """Start servers that end with the test."""
    with ExitStack() as stack:
        yield lambda *says: stack.enter_context(closing(Server(*says)))


@pytest.fixture
def opsgenie(tmp_path: Path) -> Connector:
    """A connector for Opsgenie itself, which none of these tests reaches."""
    return Connector(tmp_path, {"api_token": KEY, "endpoint": OPSGENIE})


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_file_of_certificates_that_is_not_there(variable: str, opsgenie: Connector, tmp_path: Path) -> None:
    missing = str(tmp_path / "company.pem")
    fails_at_once(opsgenie, f"names is not there ({missing})", **{variable: missing})


def test_a_file_of_certificates_without_a_certificate(tmp_path: Path, serving: Any) -> None:
    server = serving(b"", certificate(tmp_path / "server.pem"))
    empty = tmp_path / "company.pem"
    empty.write_text("-----BEGIN NOTHING-----\n")
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": f"localhost:{server.port}"})
    fails_at_once(connector, "contains none that can be read", REQUESTS_CA_BUNDLE=str(empty))
    checks, asks_for_limits, reads = 1, 1, 1
    assert server.calls == checks + asks_for_limits + reads


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_socks_proxy(variable: str, opsgenie: Connector) -> None:
    fails_at_once(opsgenie, "SOCKS proxies are not supported", **{variable: "socks5h://me:secret@127.0.0.1:1080"})


@pytest.mark.parametrize("address", ["http://[", "http://us€r:secret@127.0.0.1:3128"])
def test_an_address_of_a_proxy_that_is_none(address: str, opsgenie: Connector) -> None:
    fails_at_once(opsgenie, "the address of the proxy in HTTPS_PROXY or ALL_PROXY is not valid", HTTPS_PROXY=address)


def test_plain_http_in_the_cloud(sandbox: Sandbox, tmp_path: Path) -> None:
    connector = Connector(tmp_path, {"api_token": sandbox.key("full"), "endpoint": sandbox.url})
    fails_at_once(connector, "Airbyte Cloud makes calls by https only", DEPLOYMENT_MODE="cloud")


def test_a_private_address_in_the_cloud(tmp_path: Path) -> None:
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": "localhost:8443"})
    assert "private network" in check(connector, DEPLOYMENT_MODE="cloud")
    assert "private network" in read(connector, DEPLOYMENT_MODE="cloud").errors[0]


def test_an_unknown_host_in_the_cloud(tmp_path: Path) -> None:
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": "opsgenie.invalid"})
    assert "is not known (DNS)" in check(connector, DEPLOYMENT_MODE="cloud")


def test_an_unknown_host(tmp_path: Path) -> None:
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": "opsgenie.invalid"})
    assert "opsgenie.invalid is not known (DNS)" in check(connector)
    outcome = read(connector)
    assert attempts_of(outcome)
    assert "opsgenie.invalid is not known (DNS)" in outcome.errors[0]


@pytest.mark.parametrize(
    ("made", "trusted", "words"),
    [
        ({}, False, "is self-signed"),
        ({"days": -1}, True, "has expired"),
        ({"days": 20}, True, "is not valid yet"),
        ({"host": "other.example"}, True, "is for another host name"),
    ],
    ids=["self-signed", "expired", "early", "other host"],
)
def test_a_certificate_that_is_not_trusted(
    made: dict[str, Any],
    trusted: bool,
    words: str,
    tmp_path: Path,
    serving: Any,
) -> None:
    shown = certificate(tmp_path / "server.pem", **made)
    server = serving(b"", shown)
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": f"localhost:{server.port}"})
    environment = {"REQUESTS_CA_BUNDLE": str(shown)} if trusted else {}
    assert f"the TLS connection to localhost:{server.port} fails (its certificate {words}" in check(
        connector, **environment
    )
    server.calls = 0
    outcome = read(connector, **environment)
    assert words in outcome.errors[0]
    assert server.calls == ASKS_FOR_LIMITS + attempts_of(outcome) + ASKS_IF_ALIVE


def test_a_server_without_tls(tmp_path: Path, serving: Any) -> None:
    server = serving(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    connector = Connector(tmp_path, {"api_token": KEY, "endpoint": f"localhost:{server.port}"})
    assert f"localhost:{server.port} does not speak TLS (https) at this port" in check(connector)
    assert attempts_of(read(connector))


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (NEEDS_A_PASSWORD, "asks for a user name and password (HTTP 407)"),
        (FORBIDS, "refuses to connect to api.opsgenie.com (HTTP 403)"),
    ],
    ids=["407", "403"],
)
def test_a_proxy_that_refuses(says: bytes, words: str, opsgenie: Connector, serving: Any) -> None:
    proxy = serving(says)
    address = f"http://me:secret@127.0.0.1:{proxy.port}"
    assert words in check(opsgenie, HTTPS_PROXY=address)
    proxy.calls = 0
    outcome = read(opsgenie, HTTPS_PROXY=address)
    assert words in outcome.errors[0]
    assert proxy.calls == ASKS_FOR_LIMITS + attempts_of(outcome) + ASKS_IF_ALIVE
    assert "secret" not in outcome.stdout


def test_a_proxy_whose_name_is_not_known(opsgenie: Connector) -> None:
    environment = {"HTTPS_PROXY": "http://proxy.invalid:3128"}
    assert "the host name of the proxy is not known (DNS)" in check(opsgenie, **environment)
    assert attempts_of(read(opsgenie, **environment))


def test_a_proxy_by_http_whose_address_says_https(opsgenie: Connector, serving: Any) -> None:
    proxy = serving(NEEDS_A_PASSWORD)
    environment = {"HTTPS_PROXY": f"https://127.0.0.1:{proxy.port}"}
    assert "the proxy on the way to api.opsgenie.com does not speak TLS" in check(opsgenie, **environment)
    assert attempts_of(read(opsgenie, **environment))
