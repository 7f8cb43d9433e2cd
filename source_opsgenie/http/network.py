"""Why there is no answer: what a failure of the network means, and whether it can pass by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import requests


class Lasts(Enum):
    """Whether a fault passes by itself."""

    UNTIL_MENDED = "until somebody mends the set-up"
    PROBABLY = "probably until then"
    PERHAPS_NOT = "it may pass"


@dataclass(frozen=True)
class Fault:
    """A failure to get an answer.

    Attributes:
        cause: a clause for the user.
        lasts: whether it passes by itself.
    """

    cause: str
    lasts: Lasts = Lasts.PERHAPS_NOT


def diagnose(error: Exception | None, host: str) -> Fault:
    """Say why there is no answer. The classes are the requests library's, subclasses included."""
    if isinstance(error, requests.exceptions.SSLError):
        return Fault(f"the TLS connection to {host} fails (its certificate is not trusted or not valid)")
    if isinstance(error, requests.exceptions.ProxyError):
        return Fault(f"the proxy on the way to {host} fails")
    if isinstance(error, requests.exceptions.Timeout):
        return Fault(f"{host} does not answer in time")
    text = str(error)
    if "NameResolution" in text or "getaddrinfo" in text or "Name or service" in text:
        return Fault(f"the host name {host} is not known (DNS); check 'endpoint'")
    if "refused" in text:
        return Fault(f"{host} refuses the connection")
    return Fault(f"the connection to {host} breaks off")
