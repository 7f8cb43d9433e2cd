"""A server that gives the answers that a test has written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from integration_tests.loopback import LOOPBACK, served

Answer = tuple[int, dict[str, Any]]

COOKIE = "session=c00k1e-0f-a-server"


@dataclass
class Hostile:
    """A server that gives the answers of a test, and remembers what it was asked."""

    answer: Callable[..., Answer]
    calls: list[tuple[str, dict[str, list[str]], str | None]] = field(default_factory=list)
    url: str = ""

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        """Return the parameters of the calls to a path."""
        return [query for called, query, _ in self.calls if called == path]


@contextmanager
def started(answer: Callable[..., Answer]) -> Iterator[Hostile]:
    """Start a server and stop it at the end."""
    made = Hostile(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = parse_qs(parts.query)
            made.calls.append((parts.path, query, self.headers.get("Cookie")))
            status, body = made.answer(parts.path, query)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Set-Cookie", COOKIE)
            self.send_header("X-Echo", self.headers.get("Authorization", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with suppress(OSError):  # a connector that was ended takes no answer any more
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with served(ThreadingHTTPServer((LOOPBACK, 0), Handler)) as made.url:
        yield made
