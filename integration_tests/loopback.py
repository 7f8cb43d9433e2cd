"""This machine as its own network: where the tests' servers listen."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer

LOOPBACK = "127.0.0.1"
SOON = 0.01  # seconds until a server notices that it is to end; by default half a second, at the end of each test


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def served(server: HTTPServer) -> Iterator[str]:
    """Run a server beside a test, and yield its address; the server ends with the block."""
    with server:
        threading.Thread(target=server.serve_forever, args=(SOON,), daemon=True).start()
        try:
            yield f"http://{LOOPBACK}:{server.server_port}"
        finally:
            server.shutdown()
