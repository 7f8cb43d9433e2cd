"""Answers are bounded in time and size, whatever comes in between."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from integration_tests.loopback import LOOPBACK, served
from source_opsgenie.http import transport
from source_opsgenie.http.transport import BodyTooLargeError, BoundedAdapter, mount

PACKED = b"x" * 5_000_000
PIECES = [b"one ", b"two ", b"three"]


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections: list[Any] = []  # noqa: RUF012 - of the one server
    authorizations: list[str | None] = []  # noqa: RUF012 - likewise

    def setup(self) -> None:
        self.connections.append(self.client_address)
        super().setup()

    def do_GET(self) -> None:
        self.authorizations.append(self.headers["Authorization"])
        body = gzip.compress(PACKED) if self.path == "/gzip" else b"".join(PIECES)
        if self.path.startswith("/interim"):
            body = self.path.encode()
            for status in (102, 100, 103):
                self.send_response_only(status)
                self.send_header("Link", "</style.css>")
                self.end_headers()
            self.wfile.flush()
            time.sleep(0.05)  # a client that takes the first head for the answer has read it by then
        self.send_response(302 if self.path == "/redirect" else 200)
        if self.path == "/redirect":
            self.send_header("Location", self.headers["X-Answer-Location"])
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        if self.path == "/cookie":
            self.send_header("Set-Cookie", "a=b")
        if self.path == "/packed":
            self.send_header("Content-Encoding", self.headers["X-Answer-Encoding"])
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for piece in PIECES:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
            return
        told = len(body) + (7 if self.path == "/short" else 0)
        self.send_header("Content-Length", str(told))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/short"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(ThreadingHTTPServer((LOOPBACK, 0), Answers)) as address:
        yield address


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with mount(requests.Session(), BoundedAdapter()) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/chunked"])
def test_a_body_is_read_whole(path: str, url: str, session: requests.Session) -> None:
    for _ in range(3):  # the connection is used again
        assert session.get(url + path, timeout=5).content == b"one two three"


def test_each_host_keeps_its_connection(url: str, session: requests.Session) -> None:
    before = len(Answers.connections)
    for _ in range(3):
        session.get(url)
        session.get(url.replace("127.0.0.1", "localhost"))
    assert len(Answers.connections) - before == 2


def test_what_precedes_an_answer_is_not_taken_for_it(url: str, session: requests.Session) -> None:
    """RFC 9110: a server may send interim answers (1xx) before any answer, whether the client asks for them or not."""
    for path in ("/interim/1", "/interim/2", "/interim/3"):
        response = session.get(url + path)
        assert (response.status_code, response.text) == (200, path)
        assert "Link" not in response.headers


def test_a_call_without_a_key_sends_no_password(
    url: str, session: requests.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.netrc` file may have one for the same host."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session.get(url)
    assert Answers.authorizations[-1] is None


def test_a_body_in_small_pieces_is_kept_as_one(url: str, session: requests.Session) -> None:
    """A million pieces of a few bytes each would take many times the memory of their bytes."""
    answer = session.get(f"{url}/chunked", timeout=5, stream=True)
    assert list(answer.raw.stream(4)) == [b"one two three"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_a_body_packed_otherwise_than_asked_for_is_a_fault(encoding: str, url: str, session: requests.Session) -> None:
    with pytest.raises(requests.RequestException, match="not asked for"):
        session.get(f"{url}/packed", headers={"X-Answer-Encoding": encoding}, timeout=5)


def test_a_packed_body_is_unpacked(url: str, session: requests.Session) -> None:
    assert session.get(f"{url}/gzip", timeout=5).content == PACKED


def test_a_body_that_ends_early_is_no_body(url: str, session: requests.Session) -> None:
    with pytest.raises(requests.RequestException):
        session.get(f"{url}/short", timeout=5)


def test_what_counts_is_the_size_unpacked(url: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 4_000_000)
    with pytest.raises(BodyTooLargeError):
        session.get(f"{url}/gzip", timeout=5)


def test_plain_http_never_goes_through_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is for this machine's own addresses, and the request shows the key."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with mount(requests.Session(), BoundedAdapter()) as proxied:
        assert proxied.get(url, timeout=5).content == b"one two three"


def test_a_host_that_needs_no_proxy_is_reached_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # it does not listen
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
        monkeypatch.setenv("no_proxy", "localhost")
        port = nobody.getsockname()[1]
        with mount(requests.Session(), BoundedAdapter()) as session:
            with pytest.raises(requests.exceptions.ProxyError):
                session.get(f"https://127.0.0.1:{port}")
            with pytest.raises(requests.ConnectionError, match="refused"):
                session.get(f"https://localhost:{port}")


def test_no_cookie_is_kept(url: str, session: requests.Session) -> None:
    assert session.get(f"{url}/cookie", timeout=5).headers["Set-Cookie"]
    assert not session.cookies


@pytest.mark.parametrize("location", ["http://[", "http://host:99999999/", "http://x/\xff\xfe", "//", ""])
def test_a_redirect_that_leads_nowhere_is_an_answer(location: str, url: str, session: requests.Session) -> None:
    answer = session.get(f"{url}/redirect", headers={"X-Answer-Location": location}, allow_redirects=False)
    assert answer.status_code == 302


def test_every_call_is_bounded_in_time_whatever_its_caller_asks_for(
    url: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds: list[object] = []
    send = requests.adapters.HTTPAdapter.send

    def noted(self: requests.adapters.HTTPAdapter, *args: Any, **kwargs: Any) -> requests.Response:
        bounds.append(kwargs["timeout"])
        return send(self, *args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noted)
    session.get(url)
    session.get(url, timeout=3600)
    assert bounds == [transport.TIMEOUT] * 2
