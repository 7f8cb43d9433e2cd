"""Sends the calls: every answer is bounded in time and in size, and connections are shared."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import closing
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from source_opsgenie.http.deadline import Watchdog, WatchedCall, watch
from source_opsgenie.http.network import CallNotSentError, is_never_sent

# Seconds to connect, and seconds without a byte: a call that hangs is given up and retried.
TIMEOUT = (10.0, 60.0)

# Seconds from sending a call to the last byte of its answer: nothing else stops an answer that drips in byte by byte.
# The largest answer needs 70 kB a second.
LONGEST_CALL = 180.0

# Bytes, unpacked. Opsgenie's largest pages, a hundred notes of 25,000 characters of 3 bytes at most, have 7.5 MB. So
# has its largest answer without pages, a month of a schedule with ten rotations that change hourly. Much more would not
# fit into a small container's memory: a row is copied several times before it is written, and a single character beyond
# 16 bits makes each copy four times as large.
LARGEST_BODY = 12 * 2**20

# The compressions that are asked for and accepted, one at a time. Others, and one inside another, can turn a few bytes
# into gigabytes, or keep a decoder busy for hours without a byte of output.
ENCODINGS = ("gzip", "deflate")
_ACCEPTED = frozenset({"", "identity", "x-gzip", *ENCODINGS})

REDIRECT_HEADER = "X-Redirect"  # the header of an answer that has the address of a redirect; empty if there is none

# urllib3 logs addresses, with the user's query or the signature of a file: of each call at the level DEBUG, and as a
# warning if an answer has a malformed header line.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class BodyTooLargeError(requests.RequestException):
    """An answer of more than `LARGEST_BODY` bytes."""


class BoundedBody:
    """The body of an answer, given up when it takes too long or, unless it is a file, grows too large."""

    def __init__(self, raw: Any, call: WatchedCall, *, is_file: bool) -> None:
        self._raw = raw
        self._call = call
        self._is_file = is_file

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the body."""
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield a file piece by piece, because it may not fit into memory, and any other body at once.

        Thousands of small pieces of a body would take many times its memory.

        Raises:
            BodyTooLargeError: the body grows too large.
            requests.RequestException: its compression was not asked for, or it takes too long.
        """
        if self._is_file:
            yield from self._pieces(amount, decode_content)
            return
        whole = bytearray()
        with closing(self._pieces(amount, decode_content)) as pieces:
            for piece in pieces:
                whole += piece
                if len(whole) > LARGEST_BODY:
                    raise BodyTooLargeError
        yield bytes(whole)

    def _pieces(self, amount: int, decode_content: bool | None) -> Generator[bytes]:
        try:
            self._require_known_encoding()
            while piece := self._raw.read1(amount, decode_content=decode_content):
                yield piece
            # If a connection is shut down in the middle of the head, or of a body without a length, it looks like its
            # end.
            self._call.require_in_time()
        except BaseException as error:
            self._raw.close()  # GeneratorExit, too: what is left of a body that is not wanted is not read
            if isinstance(error, Exception):
                self._call.require_in_time(error)
            raise
        finally:
            self._call.end()

    def _require_known_encoding(self) -> None:
        if self._raw.headers.get("Content-Encoding", "").strip().lower() not in _ACCEPTED:
            raise requests.exceptions.ContentDecodingError("the body is compressed in a way that was not asked for")

    def close(self) -> None:
        """Close the connection of a body that is not wanted."""
        self._call.end()
        self._raw.close()


class BoundedAdapter(HTTPAdapter):
    """requests' own adapter, with bounded answers. Safe to share between sessions and threads.

    For files, it asks for no compression, which would hide their length.
    """

    def __init__(
        self,
        connections: int = 1,
        *,
        timeout: tuple[float, float] | None = None,
        longest_call: float | None = None,
        for_files: bool = False,
    ) -> None:
        self._for_files = for_files
        self._timeout = timeout or TIMEOUT
        self._watchdog = Watchdog(longest_call or LONGEST_CALL)
        self._proxies: dict[str, dict[str, str]] = {}
        super().__init__(pool_maxsize=connections)  # for each host: an API and its site, or several storages

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make connections that the watchdog can shut down."""
        super().init_poolmanager(*args, **kwargs)
        watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make connections through a proxy that the watchdog can shut down, too."""
        manager = super().proxy_manager_for(*args, **kwargs)
        watch(manager)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; the session reads its answer within the bounds."""
        kwargs["proxies"] = self._proxies_to(request.url or "")
        kwargs["timeout"] = self._timeout
        request.headers["Accept-Encoding"] = "identity" if self._for_files else ", ".join(ENCODINGS)
        call = self._watchdog.begin()
        try:
            response = super().send(request, *args, **kwargs)
        except Exception as error:
            call.end()
            call.require_in_time(error)
            if is_never_sent(error):
                raise CallNotSentError(error, request=request) from error
            raise
        # Only a caller follows a redirect. If requests found a `Location`, it would read the whole body into memory, or
        # fail at an address that it cannot read.
        response.headers[REDIRECT_HEADER] = response.headers.pop("Location", "")
        response.raw = BoundedBody(response.raw, call, is_file=self._for_files)
        return response

    def _proxies_to(self, url: str) -> dict[str, str]:
        """Return the proxies that the environment names for an address; it is searched once for each host."""
        address = urlsplit(url)
        if address.scheme == "http":
            return {}  # plain http is for this machine only: a proxy would see the key
        if address.netloc not in self._proxies:
            self._proxies[address.netloc] = get_environ_proxies(url)
        return self._proxies[address.netloc]


def mount(session: requests.Session, adapter: BoundedAdapter) -> requests.Session:
    """Make a session send all its calls through an adapter, keep no cookies, and sign nothing by itself."""
    session.auth = lambda request: request  # without any signer, requests takes a password from the address
    # requests would search the environment at each call, which takes almost half of the time to prepare one.
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
