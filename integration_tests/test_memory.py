"""Whatever one answer holds, the process reads it, or refuses it, in the memory of a small container."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.measure import peak_memory
from integration_tests.connector import Connector
from integration_tests.forked import STREAMS, Forked
from integration_tests.forks import fork_server
from integration_tests.loopback import LOOPBACK, served

MOST_MEGABYTES = 385  # a process of its own, not forked, takes 15 more
BETWEEN_LOOKS = 0.005  # seconds
LARGE = 11 * 2**20  # bytes, less than the bound of an answer
MANY = 295_000  # values, fewer than the bound

WIDE = "\U0001f600"  # makes each character of its text take four bytes


def row(**fields: bytes) -> bytes:
    return b'{"data":[{%s}]}' % b",".join(b'"%s":%s' % (name.encode(), value) for name, value in fields.items())


def text(content: bytes, size: int = LARGE) -> bytes:
    return b'"' + WIDE.encode() + content * (size // len(content)) + b'"'


def deep(opening: bytes, middle: bytes, closing: bytes, times: int) -> bytes:
    return b",".join([opening * 200 + middle + closing * 200] * times)


def names(value: bytes, number: int) -> bytes:
    return b",".join(b'"%x":%s' % (each, value) for each in range(number))


def filled(what: bytes) -> bytes:
    """Return a row of two columns, whose second fills the answer up with text."""
    return row(id=b'"1"', x=what, y=text(b"x", LARGE - len(what)))


# Functions, because the tests of all files are collected in each of several processes.
READ: dict[str, Callable[[], bytes]] = {
    "text": lambda: row(id=b'"1"', x=text(b"x")),
    "objects, and text": lambda: filled(b"[%s]" % deep(b'{"a":', b"0", b"}", MANY // 201)),
    "names, and text": lambda: filled(b"{%s}" % names(b"{}", MANY // 2)),
    "long number, and text": lambda: filled(b"9" * 21),
    "half characters": lambda: row(id=b'"1"', x=text(b"ab\\ud83d")),
    "control characters": lambda: row(id=b'"1"', x=text(b"\x01", LARGE // 6)),
    "no UTF-8": lambda: row(id=b'"1"', x=text(b"\xff", LARGE // 3)),
    "commas": lambda: row(id=b'"1"', x=text(b",")),
}
REFUSED: dict[str, Callable[[], bytes]] = {
    "lists": lambda: b'{"data":[%s]}' % deep(b"[", b"", b"]", LARGE // 401),
    "objects": lambda: b'{"data":[%s]}' % b",".join([b"{}"] * (LARGE // 3)),
    "names": lambda: b'{"data":[{%s}]}' % names(b"1", LARGE // 9),
    "numbers": lambda: b'{"data":[%s]}' % b",".join([b"9" * 20] * (LARGE // 21)),
    "texts": lambda: b'{"data":[%s]}' % b",".join([b'"ab"'] * (LARGE // 5)),
    "control characters": lambda: row(id=b'"1"', x=text(b"\x01")),
    "no UTF-8": lambda: row(id=b'"1"', x=text(b"\xff")),
    "nothing but depth": lambda: b'{"data":' + b"[" * LARGE,
    "too large": lambda: row(id=b'"1"', x=text(b"x", 4 * LARGE)),
}


class Server(ThreadingHTTPServer):
    """Has users, and nothing else."""

    daemon_threads = True
    users = b""
    status = 200
    encoding = ""


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        users = self.path.startswith("/v2/users")
        body = self.server.users if users else b'{"message": "No."}'
        self.send_response(self.server.status if users else 403)
        if users and self.server.encoding:
            self.send_header("Content-Encoding", self.server.encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server((LOOPBACK, 0), Answers)
    with served(running):
        yield running


def read(server: Server, folder: Path) -> tuple[int, float]:
    """Read the users; give the exit code and the most memory used, in MB."""
    config = {"api_token": "7d1c3a9e-0b52-4f6e-9a1d-2c8e4b7f6a10", "endpoint": f"http://127.0.0.1:{server.server_port}"}
    connector = Connector(folder, config).hurried
    line = connector.read_line([connector.catalog()["users"]], "full_refresh", None)
    peak = 0.0  # what the fork shares with its server is part of it
    with open(os.devnull, "r+") as nothing:  # noqa: PTH123 - no file of ours
        process = Forked(
            fork_server(connector.module).address,
            [connector.module, *line],
            os.environ,
            [nothing.fileno()] * len(STREAMS),
        )
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(BETWEEN_LOOKS)
    return process.wait(), peak


@pytest.mark.parametrize("what", READ)
def test_an_answer_within_the_bounds_is_read(what: str, server: Server, tmp_path: Path) -> None:
    server.users = READ[what]()
    code, peak = read(server, tmp_path)
    assert code == 0
    assert peak < MOST_MEGABYTES


@pytest.mark.parametrize("what", REFUSED)
def test_an_answer_beyond_the_bounds_is_refused(what: str, server: Server, tmp_path: Path) -> None:
    server.users = REFUSED[what]()
    code, peak = read(server, tmp_path)
    assert code == 1
    assert peak < MOST_MEGABYTES


@pytest.mark.parametrize("what", ["lists", "objects", "names", "nothing but depth"])
def test_an_error_with_a_body_beyond_the_bounds_is_an_error_like_any_other(
    what: str, server: Server, tmp_path: Path
) -> None:
    """The CDK parses the body of a failed call for its log."""
    server.users, server.status = REFUSED[what](), 400
    code, peak = read(server, tmp_path)
    assert code == 1
    assert peak < MOST_MEGABYTES


@pytest.mark.parametrize("encoding", ["gzip", "gzip, gzip"])
def test_an_answer_that_unpacks_to_a_thousand_times_its_size_is_refused(
    encoding: str, server: Server, tmp_path: Path
) -> None:
    packed = gzip.compress(b" " * 2**29, 1)
    server.users, server.encoding = packed if encoding == "gzip" else gzip.compress(packed), encoding
    code, peak = read(server, tmp_path)
    assert code == 1
    assert peak < MOST_MEGABYTES
