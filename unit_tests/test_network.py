from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
import requests
from urllib3.exceptions import InvalidHeader, MaxRetryError, NameResolutionError, ProxyError

from source_opsgenie.http.network import CallNotSentError, Patience, is_never_sent, network_cause
from source_opsgenie.http.transport import BoundedAdapter, mount
from source_opsgenie.opsgenie.endpoint import Endpoint

ENDPOINT = Endpoint.parse("api.opsgenie.com")


def unresolved(code: int) -> NameResolutionError:
    """Return urllib3's error for a name that was not resolved, as it raises it."""
    connection: Any = "a connection"
    reason = socket.gaierror(code, "not resolved")
    error = NameResolutionError("api.opsgenie.com", connection, reason)
    error.__cause__ = reason
    return error


def gone_through(reason: Exception) -> MaxRetryError:
    """Wrap an error as urllib3's pools do."""
    pool: Any = "a pool"
    return MaxRetryError(pool, "/", reason)


def untrusted(code: int) -> requests.exceptions.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, "some reason"
    return requests.exceptions.SSLError(gone_through(error))


def tunnel(status: int) -> requests.exceptions.ProxyError:
    reason = ProxyError("Unable to connect to proxy", OSError(f"Tunnel connection failed: {status} Some Reason"))
    return requests.exceptions.ProxyError(gone_through(reason))


@pytest.mark.parametrize(
    ("error", "words", "patience"),
    [
        (requests.exceptions.SSLError("bad"), "the TLS connection", Patience.LONG),
        (requests.exceptions.ProxyError("bad"), "the proxy", Patience.LONG),
        (requests.ReadTimeout("slow"), "in time", Patience.LONG),
        (requests.ConnectionError("Connection refused"), "refuses", Patience.LONG),
        (requests.exceptions.ChunkedEncodingError("cut"), "breaks off", Patience.LONG),
        (requests.exceptions.InvalidHeader("Content-Length"), "breaks off", Patience.LONG),
        (None, "breaks off", Patience.LONG),
        (requests.ConnectionError("NameResolutionError"), "DNS", Patience.SHORT),
        (requests.ConnectionError(gone_through(unresolved(socket.EAI_NONAME))), "check 'endpoint'", Patience.SHORT),
        (requests.ConnectionError(gone_through(unresolved(socket.EAI_AGAIN))), "at the moment", Patience.LONG),
        (untrusted(18), "self-signed", Patience.SHORT),
        (untrusted(19), "signed by somebody unknown", Patience.SHORT),
        (untrusted(20), "signed by somebody unknown", Patience.SHORT),
        (untrusted(10), "has expired", Patience.SHORT),
        (untrusted(9), "not valid yet", Patience.SHORT),
        (untrusted(62), "another host name", Patience.SHORT),
        (untrusted(64), "another host name", Patience.SHORT),
        (untrusted(23), "not valid: some reason", Patience.SHORT),
        (tunnel(407), "user name and password", Patience.SHORT),
        (tunnel(403), "refuses to connect", Patience.SHORT),
        (tunnel(503), "does not reach", Patience.LONG),
        (CallNotSentError(ValueError("odd")), "cannot be sent (ValueError)", Patience.NONE),
    ],
)
def test_a_failure_in_words_and_how_long_to_wait(
    error: Exception | None, words: str, patience: Patience, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_opsgenie.http.network.getproxies", dict)
    cause = network_cause(error, ENDPOINT.authority)
    assert words in cause.clause
    assert cause.patience is patience


@pytest.mark.parametrize(
    "address",
    [
        "http://[",
        "http://host:port",
        "://",
        "http://",
        "ftp://127.0.0.1:21",
        "http://two words:3128",
        "http://127.0.0.1:99999",
        "http://pr€xy:3128",
        "http://us€r:secret@127.0.0.1:3128",
        f"http://{'a' * 64}.example:3128",
    ],
)
def test_a_malformed_address_of_a_proxy_is_no_outage(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    monkeypatch.setenv("https_proxy", address)
    session = mount(requests.Session(), BoundedAdapter())
    with pytest.raises(CallNotSentError) as raised:
        session.get(ENDPOINT.url, timeout=1)
    cause = network_cause(raised.value, ENDPOINT.authority)
    assert "the address of the proxy" in cause.clause
    assert "secret" not in cause.clause
    assert cause.patience is Patience.NONE


def test_an_answer_whose_headers_make_no_sense_was_sent() -> None:
    assert not is_never_sent(requests.exceptions.InvalidHeader(InvalidHeader("Content-Length: 5, 6")))
    assert not is_never_sent(requests.ConnectionError(OSError("broken pipe")))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8642", "localhost:8642", "[::1]:8642", "::1"])
def test_a_loopback_address_that_refuses_may_be_that_of_a_container(host: str) -> None:
    clause = f"{host} refuses the connection; in a container, this address is the container itself"
    assert network_cause(requests.ConnectionError("Connection refused"), host).clause == clause


@pytest.mark.parametrize("host", ["api.opsgenie.com", "10.0.0.1:8642"])
def test_another_address_that_refuses_is_not(host: str) -> None:
    assert (
        network_cause(requests.ConnectionError("Connection refused"), host).clause == f"{host} refuses the connection"
    )
