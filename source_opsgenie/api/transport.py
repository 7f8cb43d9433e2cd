"""The way to Opsgenie: every answer is bounded in time and in size, and connections are shared."""

from __future__ import annotations

import time
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from source_opsgenie.http.network import CallNotSentError, is_never_sent

if TYPE_CHECKING:
    from collections.abc import Iterator

# Seconds to connect, and seconds without a byte: a call that hangs is given up and tried again.
TIMEOUT = (10.0, 60.0)

# Seconds from the first byte of a body to its last: one that drips in byte by byte meets no other limit.
LONGEST_BODY = 180.0

# Bytes, unpacked. A hundred alerts of the largest size are a tenth of it; more would be no answer of Opsgenie's, and
# would not fit into a small container's memory.
LARGEST_BODY = 64 * 2**20


class BodyTooLargeError(requests.RequestException):
    """An answer larger than any of Opsgenie's."""


class _BoundedBody:
    """A body as it comes in, given up when it takes too long or grows too large."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - urllib3's response, or a stand-in's
        self._raw = raw

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else is asked of the body
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield what has come in so far, again and again; urllib3's own waits until `amount` bytes are there."""
        give_up_at = time.monotonic() + LONGEST_BODY
        size = 0
        while piece := self._raw.read1(amount, decode_content=decode_content):
            size += len(piece)
            if size > LARGEST_BODY:
                raise BodyTooLargeError
            if time.monotonic() > give_up_at:
                raise requests.ReadTimeout(f"the body has not come within {LONGEST_BODY:.0f} seconds")
            yield piece


class BoundedAdapter(HTTPAdapter):
    """requests' own adapter, with bounded answers. Safe to share between sessions and threads."""

    def __init__(self, connections: int = 1) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send; what comes back is read by the session, within bounds."""
        if (request.url or "").startswith("http://"):
            kwargs["proxies"] = {}  # plain http is for this machine itself: a proxy would be shown the key
        try:
            response = super().send(request, *args, **kwargs)
        except (OSError, ValueError) as error:
            if is_never_sent(error):
                raise CallNotSentError(error, request=request) from error
            raise
        response.raw = _BoundedBody(response.raw)
        return response


def mount(session: requests.Session, adapter: BoundedAdapter) -> requests.Session:
    """Let a session make all its calls through an adapter, and keep no cookie between them."""
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session
