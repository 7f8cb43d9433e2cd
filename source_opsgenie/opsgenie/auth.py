"""Signs calls with the key, and only those to Opsgenie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests.auth import AuthBase

if TYPE_CHECKING:
    from requests import PreparedRequest

    from source_opsgenie.opsgenie.endpoint import Endpoint


class GenieKey(AuthBase):
    """Opsgenie's own scheme, `Authorization: GenieKey <key>` ("Authentication" in the API reference).

    The key goes to the configured endpoint and nowhere else, whatever a link or a redirect says.
    """

    SCHEME = "GenieKey"

    def __init__(self, key: str, endpoint: Endpoint) -> None:
        self._key = key
        self._endpoint = endpoint

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that goes to the endpoint; leave any other request unsigned."""
        if self._endpoint.owns(request.url or ""):
            request.headers["Authorization"] = f"{self.SCHEME} {self._key}"
        return request

    def __repr__(self) -> str:
        """Return the scheme without the key."""
        return f"{self.SCHEME}(***)"
