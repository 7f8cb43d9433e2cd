"""The way to Opsgenie: every answer is bounded in time and in size, and connections are shared."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from source_opsgenie.http.deadline import Watchdog, watch
from source_opsgenie.http.network import CallNotSentError, is_never_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from source_opsgenie.http.deadline import Call

# Seconds to connect, and seconds without a byte: a call that hangs is given up and tried again.
TIMEOUT = (10.0, 60.0)

# Seconds from the sending of a call to the last byte of its answer: an answer that drips in byte by byte meets no other
# limit. The largest answer needs 70 kB a second.
LONGEST_CALL = 180.0

# Bytes, unpacked. The largest pages of Opsgenie's are a hundred notes of 25,000 characters; a hundred alerts would be
# about as large with their descriptions (15,000) and details (8,000), which lists leave out. A character, as Opsgenie
# counts them, takes 3 bytes at most: 7.5 MB. The largest answer without pages, a month of a schedule with ten rotations
# that change hourly, is about as large. Much more would not fit into a small container's memory: until a row is written
# it is copied several times, and a single character beyond 16 bits makes each copy four times as large.
LARGEST_BODY = 12 * 2**20

# The ways to pack an answer that are asked for and accepted, one at a time. Other ways, and one inside another, can
# unpack a few bytes to gigabytes, or keep a decoder busy for hours without giving back a byte.
ENCODINGS = ("gzip", "deflate")
_ACCEPTED = frozenset({"", "identity", "x-gzip", *ENCODINGS})


class BodyTooLargeError(requests.RequestException):
    """An answer larger than any of Opsgenie's."""


class _BoundedBody:
    """A body, given up when it takes too long or grows too large."""

    def __init__(self, raw: Any, call: Call) -> None:  # noqa: ANN401 - urllib3's response, or a stand-in's
        self._raw = raw
        self._call = call

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else is asked of the body
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield all of it at once: thousands of pieces of a few bytes would take many times its size.

        Raises:
            BodyTooLargeError: it grows too large.
            requests.RequestException: it is packed in a way not asked for, or its time is over.
        """
        try:
            yield self._whole(amount, decode_content)
        except Exception as error:
            self._raw.close()
            self._call.require_in_time(error)
            raise
        finally:
            self._call.end()

    def _whole(self, amount: int, decode_content: bool | None) -> bytes:
        if self._raw.headers.get("Content-Encoding", "").strip().lower() not in _ACCEPTED:
            raise requests.exceptions.ContentDecodingError("the body is packed in a way that was not asked for")
        whole = bytearray()
        while piece := self._raw.read1(amount, decode_content=decode_content):
            whole += piece
            if len(whole) > LARGEST_BODY:
                raise BodyTooLargeError
        # A connection shut down in the middle of the head, or of a body of untold length, looks like one at its end.
        self._call.require_in_time()
        return bytes(whole)


class BoundedAdapter(HTTPAdapter):
    """requests' own adapter, with bounded answers. Safe to share between sessions and threads."""

    def __init__(
        self,
        connections: int = 1,
        *,
        timeout: tuple[float, float] = TIMEOUT,
        longest_call: float = LONGEST_CALL,
    ) -> None:
        self._timeout = timeout
        self._watchdog = Watchdog(longest_call)
        super().__init__(pool_connections=1, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - requests' own
        """Make connections that the watchdog can shut down."""
        super().init_poolmanager(*args, **kwargs)
        watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - requests' own
        """Make such connections through a proxy as well."""
        manager = super().proxy_manager_for(*args, **kwargs)
        watch(manager)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send; what comes back is read by the session, within bounds."""
        if (request.url or "").startswith("http://"):
            kwargs["proxies"] = {}  # plain http is for this machine itself: a proxy would be shown the key
        kwargs["timeout"] = self._timeout
        request.headers["Accept-Encoding"] = ", ".join(ENCODINGS)
        call = self._watchdog.begin()
        try:
            response = super().send(request, *args, **kwargs)
        except Exception as error:
            call.end()
            call.require_in_time(error)
            if is_never_sent(error):
                raise CallNotSentError(error, request=request) from error
            raise
        response.raw = _BoundedBody(response.raw, call)
        return response


def mount(session: requests.Session, adapter: BoundedAdapter) -> requests.Session:
    """Let a session make all its calls through an adapter, and keep no cookie between them."""
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
