"""A call is over in time, wherever its answer never ends."""

from __future__ import annotations

import gzip
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3.connection import HTTPConnection

from source_opsgenie.http.deadline import Watchdog
from source_opsgenie.http.transport import BoundedAdapter, mount

LONGEST_CALL = 0.5  # seconds
TIMEOUT = 30.0  # seconds without a byte, which none of these answers takes
PAUSE = 0.02  # seconds between two pieces
ENOUGH = 2_000  # pieces: a call that is not given up ends after them, in another way

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LAST = HEAD + b"Connection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SHORT = HEAD + b"Content-Length: 2\r\n\r\n{}"

# How an answer begins, and what comes again and again.
ENDLESS = {
    "status line": (b"HTTP/1.1 200 ", b"O"),
    "header line": (HEAD + b"X: ", b"x"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "103 Early Hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
    "header of 100 Continue": (b"HTTP/1.1 100 Continue\r\nX: ", b"x"),
    "body": (HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "body of untold length": (LAST + b"\r\n{}", b" "),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "line before a chunk": (CHUNKED + b"1;", b"x"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
    "trailer line": (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"y"),
    "gzip of nothing": (LAST + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")),
    "name in gzip": (LAST + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"x"),
    "chunks of gzip of nothing": (
        HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"14\r\n" + gzip.compress(b"", mtime=0) + b"\r\n",
    ),
    "deflate of nothing": (LAST + b"Content-Encoding: deflate\r\n\r\n\x78\x9c", b"\0\0\0\xff\xff"),
}
# Not 200: a tunnel that closes just when it is open makes urllib3 leave a TLS socket behind.
ENDLESS_OF_A_PROXY = b"HTTP/1.1 503 ", b"O"
# Those that meet no limit of size, however fast they come.
SWALLOWED = (
    "100 Continue",
    "103 Early Hints",
    "trailers",
    "gzip of nothing",
    "chunks of gzip of nothing",
    "deflate of nothing",
)


class Server:
    """Answers each call on each connection with the same bytes, the second part of them without end."""

    def __init__(
        self, begin: bytes, again: bytes = b"", pause: float = PAUSE, tls: ssl.SSLContext | None = None
    ) -> None:
        self.begin = begin
        self.again = again
        self.connections = 0
        self._pause = pause
        self._tls = tls
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return  # closed
            self.connections += 1
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        try:
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while connection.recv(65536):
                    connection.sendall(self.begin)
                    for _ in itertools.repeat(None, ENOUGH) if self.again else ():
                        connection.sendall(self.again * (1 if self._pause else 1000))
                        if self._over.wait(self._pause):
                            return
        except OSError:
            return  # the call was given up


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(begin: bytes, again: bytes = b"", pause: float = PAUSE, tls: ssl.SSLContext | None = None) -> Server:
        started.append(Server(begin, again, pause, tls))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with mount(requests.Session(), BoundedAdapter(connections=2, longest_call=LONGEST_CALL)) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("where", ENDLESS)
def test_an_answer_that_never_ends_is_given_up(
    where: str, serve: Callable[..., Server], session: requests.Session
) -> None:
    server = serve(*ENDLESS[where])
    with pytest.raises(requests.Timeout, match="has not come within"):
        session.get(f"http://127.0.0.1:{server.port}", timeout=TIMEOUT)


@pytest.mark.slow
@pytest.mark.parametrize("where", SWALLOWED)
def test_an_answer_that_floods_without_end_is_given_up(
    where: str, serve: Callable[..., Server], session: requests.Session
) -> None:
    server = serve(*ENDLESS[where], pause=0.0)
    with pytest.raises(requests.Timeout, match="has not come within"):
        session.get(f"http://127.0.0.1:{server.port}", timeout=TIMEOUT)


@pytest.mark.parametrize("where", ["status line", "body of untold length", "trailers"])
def test_an_answer_that_never_ends_is_given_up_over_tls(
    where: str, serve: Callable[..., Server], session: requests.Session, certificate: Path
) -> None:
    server = serve(*ENDLESS[where], tls=context_of(certificate))
    with pytest.raises(requests.Timeout, match="has not come within"):
        session.get(f"https://127.0.0.1:{server.port}", timeout=TIMEOUT, verify=str(certificate))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_never_ends_its_answer_is_given_up(
    scheme: str,
    serve: Callable[..., Server],
    session: requests.Session,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = serve(*ENDLESS_OF_A_PROXY, tls=context_of(certificate) if scheme == "https" else None)
    monkeypatch.setenv("https_proxy", f"{scheme}://127.0.0.1:{server.port}")
    with pytest.raises(requests.Timeout, match="has not come within"):
        session.get("https://opsgenie.invalid", timeout=TIMEOUT, verify=str(certificate))


def test_a_call_after_one_that_was_given_up_succeeds(serve: Callable[..., Server], session: requests.Session) -> None:
    server = serve(*ENDLESS["trailers"])
    with pytest.raises(requests.Timeout):
        session.get(f"http://127.0.0.1:{server.port}", timeout=TIMEOUT)
    server.begin, server.again = SHORT, b""
    assert session.get(f"http://127.0.0.1:{server.port}", timeout=TIMEOUT).content == b"{}"


def test_a_call_that_has_ended_is_left_alone_when_a_later_one_is_given_up() -> None:
    watchdog = Watchdog(LONGEST_CALL)
    with closing(HTTPConnection("ended")) as ended, closing(HTTPConnection("late")) as late:
        ended.sock, other_end = socket.socketpair()
        late.sock, end_of_late = socket.socketpair()
        with other_end, end_of_late:
            for connection in (ended, late):
                call = watchdog.begin()
                call.use(connection)
                if connection is ended:
                    call.end()
            assert end_of_late.recv(1) == b""
            ended.sock.sendall(b"x")
            assert other_end.recv(1) == b"x"
            call.end()
        with pytest.raises(requests.Timeout):
            call.require_in_time()


def test_a_call_that_is_given_up_before_it_has_a_connection_uses_none() -> None:
    call = Watchdog(TIMEOUT).begin()
    call.give_up()
    with closing(HTTPConnection("late")) as late, pytest.raises(TimeoutError):
        call.use(late)
    call.end()


def test_giving_up_a_call_whose_connection_is_closed_does_not_end_the_watch() -> None:
    call = Watchdog(TIMEOUT).begin()
    with closing(HTTPConnection("closed")) as closed:
        closed.sock, other_end = socket.socketpair()
        call.use(closed)
        closed.sock.close()
        other_end.close()
        call.give_up()
    call.end()
    with pytest.raises(requests.Timeout):
        call.require_in_time()


def context_of(certificate: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = builder.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *private) + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path
