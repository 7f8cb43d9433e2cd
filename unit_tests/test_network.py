from __future__ import annotations

import errno
import socket
import ssl
from http.client import InvalidURL
from itertools import islice
from typing import Any

import pytest
import requests
from urllib3.exceptions import InvalidHeader, MaxRetryError, NameResolutionError, ProtocolError, ProxyError

from source_opsgenie.http.network import (
    NEVER,
    OUTAGE,
    SETUP,
    CallNotSentError,
    _causes,
    is_never_sent,
    network_cause,
)
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
        (requests.exceptions.SSLError("bad"), "the TLS connection", OUTAGE),
        (requests.exceptions.ProxyError("bad"), "the proxy", OUTAGE),
        (requests.ReadTimeout("slow"), "in time", OUTAGE),
        (requests.ConnectionError(gone_through(PermissionError(1, "by a firewall"))), "breaks off", OUTAGE),
        (requests.ConnectionError(gone_through(OSError(errno.EMFILE, "by the limit"))), "ulimit -n", OUTAGE),
        (requests.exceptions.SSLError(gone_through(OSError(errno.EMFILE, "by the limit"))), "ulimit -n", OUTAGE),
        (requests.ConnectionError("Connection refused"), "refuses", OUTAGE),
        (requests.exceptions.ChunkedEncodingError("cut"), "breaks off", OUTAGE),
        (requests.exceptions.ContentDecodingError("garbled"), "cannot be decompressed", OUTAGE),
        (requests.exceptions.InvalidHeader("Content-Length"), "breaks off", OUTAGE),
        (None, "breaks off", OUTAGE),
        (requests.ConnectionError(gone_through(unresolved(socket.EAI_NONAME))), "check 'endpoint'", SETUP),
        (requests.ConnectionError(gone_through(unresolved(socket.EAI_AGAIN))), "at the moment", OUTAGE),
        (untrusted(18), "self-signed", SETUP),
        (untrusted(19), "signed by an unknown authority", SETUP),
        (untrusted(20), "signed by an unknown authority", SETUP),
        (untrusted(10), "has expired", SETUP),
        (untrusted(9), "not valid yet", SETUP),
        (untrusted(62), "another host name", SETUP),
        (untrusted(64), "another host name", SETUP),
        (untrusted(23), "not valid: some reason", SETUP),
        (tunnel(407), "user name and password", SETUP),
        (tunnel(403), "refuses to connect", SETUP),
        (tunnel(503), "does not reach", OUTAGE),
        (CallNotSentError(ValueError("odd")), "cannot be sent (ValueError)", NEVER),
    ],
)
def test_a_failure_in_words_and_how_long_to_wait(
    error: Exception | None, words: str, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_opsgenie.http.network.getproxies", dict)
    cause = network_cause(error, ENDPOINT.authority, "endpoint")
    assert words in cause.clause
    assert cause.patience == patience


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
    cause = network_cause(raised.value, ENDPOINT.authority, "endpoint")
    assert "the address of the proxy" in cause.clause
    assert "secret" not in cause.clause
    assert cause.patience == NEVER


def test_an_error_that_wraps_itself_is_looked_at_once() -> None:
    inner, outer = OSError("inner"), requests.ConnectionError("outer")
    inner.args, outer.args = (outer,), (inner, outer)
    assert list(islice(_causes(outer), 9)) == [outer, inner]


def test_an_answer_whose_headers_make_no_sense_was_sent() -> None:
    assert not is_never_sent(requests.exceptions.InvalidHeader(InvalidHeader("Content-Length: 5, 6")))
    assert not is_never_sent(requests.ConnectionError(OSError("broken pipe")))


def test_an_address_that_the_standard_library_refuses_is_no_outage() -> None:
    """urllib3 before 2.8 leaves it to `http.client` to refuse a proxy's host name with a space, as it connects."""
    refused = ProtocolError("Connection aborted.", InvalidURL("URL can't contain control characters."))
    assert is_never_sent(requests.ConnectionError(refused))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8642", "localhost:8642", "[::1]:8642", "::1"])
def test_a_loopback_address_that_refuses_may_be_that_of_a_container(host: str) -> None:
    clause = f"{host} refuses the connection; in a container, this address is the container itself"
    assert network_cause(requests.ConnectionError("Connection refused"), host, "endpoint").clause == clause


@pytest.mark.parametrize("host", ["api.opsgenie.com", "10.0.0.1:8642"])
def test_another_address_that_refuses_is_not(host: str) -> None:
    assert (
        network_cause(requests.ConnectionError("Connection refused"), host, "endpoint").clause
        == f"{host} refuses the connection"
    )
