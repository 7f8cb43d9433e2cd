"""A server in the place of another: it answers as a function says, and keeps what it was asked."""

from __future__ import annotations

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from integration_tests.loopback import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

JSON = "application/json"


@dataclass(frozen=True)
class Asked:
    """A call."""

    method: str
    path: str
    kind: str
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server says to one."""

    body: bytes = b""
    status: int = 200
    kind: str = JSON


class Stub:
    """A running server."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def reply(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                call = Asked(self.command, self.path.partition("?")[0], self.headers["Content-Type"] or "", body)
                asked.append(call)
                told = answer(call)
                self.send_response(told.status)
                self.send_header("Content-Type", told.kind)
                self.send_header("Content-Length", str(len(told.body)))
                self.end_headers()
                self.wfile.write(told.body)

            do_GET = do_POST = reply  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
                """Keep quiet."""

        self.server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.url = f"http://{LOOPBACK}:{self.server.server_port}"

    def __enter__(self) -> Self:
        """Let it listen."""
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()
