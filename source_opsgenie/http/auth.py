"""Signs calls, and only those that go to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import AuthBase

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest


class HeaderAuth(AuthBase):
    """The header `Authorization: <scheme> <secret>`.

    It goes to the API's own addresses and nowhere else, whatever a link or a redirect says.
    """

    def __init__(self, scheme: str, secret: str, owns: Callable[[str], bool]) -> None:
        self._scheme = scheme
        self._secret = secret
        self._owns = owns

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that goes to the API; leave any other request unsigned."""
        if self._owns(request.url or ""):
            request.headers["Authorization"] = f"{self._scheme} {self._secret}"
        return request

    def __repr__(self) -> str:
        """Return the scheme without the secret."""
        return f"{self._scheme}(***)"
