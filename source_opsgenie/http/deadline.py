"""Keeps one deadline for a whole call, from outside the thread that waits for its answer.

A socket's timeout begins anew with each byte, so a server that sends a byte now and then holds a call for ever: in the
status line, in a header, by one "100 Continue" after another, in the line before a chunk or the lines after the last
one, or in gzip data that unpack to nothing. Only a few of these places can be watched while they are read. So every
call registers its socket here, and the socket of a call that takes too long is shut down: the thread that reads from
it then sees the end of the data, whatever it was reading.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import suppress
from functools import cache
from typing import Any

import requests
from urllib3 import HTTPResponse, PoolManager
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

_thread = threading.local()


class WatchedCall:
    """One call under way, with the socket that its bytes come from."""

    def __init__(self, watchdog: Watchdog) -> None:
        self.until = time.monotonic() + watchdog.seconds
        self._watchdog = watchdog
        self._is_given_up = False
        self._connection: HTTPConnection | None = None
        self._socket: Any = None  # a socket, a TLS socket, or urllib3's TLS inside of TLS

    def use(self, connection: HTTPConnection) -> None:
        """Note the connection that the call uses.

        Raises:
            TimeoutError: the call was given up already.
        """
        if self._is_given_up:
            raise TimeoutError
        self._connection = connection
        # A connection lets go of its socket when the answer says that it is the last one; the answer keeps it.
        self._socket = connection.sock

    def give_up(self) -> None:
        """Shut down the socket below TLS, because the reading thread still uses the TLS object."""
        self._is_given_up = True
        source: Any = self._socket or getattr(self._connection, "sock", None)
        if source is None:
            return  # it is connecting, which has a timeout of its own; `use` then stops it
        # The socket may have been closed meanwhile, or be in the middle of a TLS handshake, which has a timeout, too.
        with suppress(OSError, ValueError), socket.fromfd(source.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
            same.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """End the call, so that its socket is left alone from now on."""
        self._watchdog.forget(self)

    def require_in_time(self, error: Exception | None = None) -> None:
        """Raise an error if the call was given up; do nothing if it ended, or failed, by itself.

        Raises:
            requests.ReadTimeout: the call was given up.
        """
        if self._is_given_up:
            late = f"the answer has not come within {self._watchdog.seconds:.0f} seconds"
            raise requests.ReadTimeout(late) from error


class Watchdog:
    """Gives up each call that takes longer than a fixed time.

    One thread watches all calls. All of them may take equally long, so the oldest call is the next to be late, and a
    call that begins while the thread sleeps is never late before it wakes. So a call costs no more than an entry in a
    dictionary. The thread ends when it wakes and no call is under way.

    Attributes:
        seconds: how long a call may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._lock = threading.Lock()
        self._calls: dict[WatchedCall, None] = {}  # the oldest first
        self._is_watching = False

    def begin(self) -> WatchedCall:
        """Begin a call, which uses the next connection of this thread."""
        with self._lock:
            call = WatchedCall(self)  # inside the lock, so that the calls are in the order of their deadlines
            self._calls[call] = None
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="deadlines", daemon=True).start()
        _thread.call = call
        return call

    def forget(self, call: WatchedCall) -> None:
        """Stop watching a call."""
        with self._lock:
            self._calls.pop(call, None)

    def _watch(self) -> None:
        wait: float | None = self.seconds
        while wait is not None:
            time.sleep(wait)
            wait = self._give_up_the_late()

    def _give_up_the_late(self) -> float | None:
        """Give up the late calls, and return the seconds to the next deadline; None if no call is under way."""
        with self._lock:
            for call in list(self._calls):
                left = call.until - time.monotonic()
                if left > 0:
                    return left
                del self._calls[call]
                call.give_up()
            self._is_watching = False
            return None


class _FinalResponse(http.client.HTTPResponse):
    """Reads past the interim answers (1xx), which any server or gateway may send before the answer (RFC 9110).

    Python skips those with the status 100 only. It would take a 103 for the answer, and leave the real one on the
    connection, where the next call would take it for its own.
    """

    def begin(self) -> None:
        """Read the head of the answer."""
        super().begin()
        while self.status < requests.codes.ok:
            self.headers = None  # type: ignore[assignment] # as before the first head was read
            super().begin()


class _WatchedConnection(HTTPConnection):
    """Registers with the call that its thread is making, before each step that may wait for the other side."""

    response_class = _FinalResponse

    def connect(self) -> None:
        """Connect, which may include waiting for a proxy."""
        _thread.call.use(self)
        super().connect()

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3's own, too
        """Wait for the head of the answer."""
        _thread.call.use(self)
        return super().getresponse()


def watch(manager: PoolManager) -> None:
    """Make a pool manager, or a proxy's, use connections whose calls can be given up."""
    manager.pool_classes_by_scheme = {scheme: _watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}


@cache
def _watched(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    if issubclass(pool.ConnectionCls, _WatchedConnection):
        return pool
    connection = type(f"Watched{pool.ConnectionCls.__name__}", (_WatchedConnection, pool.ConnectionCls), {})
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": connection})
