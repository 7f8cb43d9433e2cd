"""Explains to the user why a call got no answer, and says how long to retry.

Many causes are in the user's own set-up, which no retry fixes: a proxy's address, a certificate, a file of them.
"""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import InvalidURL
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

# What is wrong with a certificate, by the `X509_V_ERR_...` of OpenSSL.
_UNKNOWN_ISSUER = (
    "its certificate is signed by an unknown authority: add the authority's certificate to the file that "
    "REQUESTS_CA_BUNDLE names"
)
_CERTIFICATE_FAULTS = {
    **dict.fromkeys((2, 19, 20, 21), _UNKNOWN_ISSUER),
    **dict.fromkeys((62, 64), "its certificate is for another host name"),
    9: "its certificate is not valid yet, or this machine's clock is wrong",
    10: "its certificate has expired, or this machine's clock is wrong",
    18: "its certificate is self-signed: add it to the file that REQUESTS_CA_BUNDLE names",
}

# What OpenSSL says of a peer that answers with something other than TLS.
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST"})

# The parts of OpenSSL that read a file of certificates; what a peer sends is read by the part named "SSL".
FILE_READERS = frozenset({"X509", "PEM"})

_REFUSED_BY_PROXY = re.compile(r"Tunnel connection failed: (\d{3})")
_UNUSABLE_FILE = re.compile(r"invalid path: (.+)")

# Seconds from the first failed attempt until a call is given up.
NEVER = 0.0  # no call can be sent
SETUP = 60.0  # the set-up is wrong, unless somebody is changing it right now
OUTAGE = 600.0  # the network or the API is out of order, which passes


@dataclass(frozen=True)
class NetworkCause:
    """Why there is no answer.

    Attributes:
        clause: the cause, to follow "because" or a colon.
        patience: seconds from the first failed attempt until the call is given up.
    """

    clause: str
    patience: float = OUTAGE


class CallNotSentError(requests.RequestException):
    """A call that could not even be sent, because of how this machine is set up."""


def is_never_sent(error: Exception) -> bool:
    """Return whether an error of the requests library's adapter means that the call was not sent.

    A missing file of certificates raises a bare OSError. An invalid proxy address raises a ValueError, or one of two
    errors of requests, or, with urllib3 before 2.8, an error of `http.client` inside another one of requests.
    `InvalidHeader` is a ValueError, too, but is about the answer's headers.
    """
    if isinstance(error, requests.RequestException):
        return isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)) or any(
            isinstance(cause, InvalidURL) for cause in _causes(error)
        )
    return isinstance(error, (OSError, ValueError))


def network_cause(error: Exception | None, host: str, field: str) -> NetworkCause:
    """Find out why a host does not answer; `field` is the one of the configuration that names it, empty for none."""
    unsent = _why_not_sent(error, host, field)
    if unsent is not None:
        return NetworkCause(unsent, NEVER)
    causes = list(_causes(error))
    if any(isinstance(cause, OSError) and cause.errno == errno.EMFILE for cause in causes):
        return NetworkCause(
            "the connector may open no more files or connections: raise the limit, which 'ulimit -n' shows, or lower "
            "'num_workers'"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return _tls(causes, f"the proxy on the way to {host}") or _proxy(causes, host)
    if isinstance(error, requests.exceptions.SSLError):
        return _tls(causes, host) or NetworkCause(f"the TLS connection to {host} breaks off")
    if isinstance(error, requests.exceptions.Timeout):
        return NetworkCause(f"{host} does not answer in time")
    refused = f"{host} refuses the connection{_container_hint(host)}" if "refused" in str(error) else ""
    is_garbled = isinstance(error, requests.exceptions.ContentDecodingError)
    broken = f"an answer of {host} cannot be decompressed" if is_garbled else f"the connection to {host} breaks off"
    return _name(causes, host, field) or NetworkCause(refused or broken)


def _why_not_sent(error: Exception | None, host: str, field: str) -> str | None:
    if isinstance(error, CallNotSentError):
        return _unsent(error, host)
    if isinstance(error, requests.exceptions.InvalidSchema):
        return f"Airbyte Cloud makes calls by https only{_advice(field)}"
    if isinstance(error, AirbyteTracedException):
        return f"{host} is an address of a private network, which Airbyte Cloud does not call{_advice(field)}"
    if isinstance(error, requests.exceptions.SSLError) and any(map(_is_of_a_file, _causes(error))):
        return "the file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names contains none that can be read"
    return None


def _is_of_a_file(cause: BaseException) -> bool:
    """Return whether an error arose when the file of certificates was read, before anything was sent."""
    return isinstance(cause, (FileNotFoundError, PermissionError)) or (
        isinstance(cause, ssl.SSLError) and getattr(cause, "library", None) in FILE_READERS
    )


def _unsent(error: CallNotSentError, host: str) -> str:
    cause = error.args[0]
    text = str(cause)
    if "SOCKS" in text:
        return "SOCKS proxies are not supported; name an HTTP proxy in HTTPS_PROXY or ALL_PROXY"
    unusable = _UNUSABLE_FILE.search(text)
    if unusable is not None:
        return f"the file of certificates that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names is not there ({unusable[1]})"
    # The address is not repeated: it may hold a password.
    if getproxies():
        return "the address of the proxy in HTTPS_PROXY or ALL_PROXY is not valid; write it as http://host:port"
    return f"the call to {host} cannot be sent ({type(cause).__name__})"


def _tls(causes: list[BaseException], host: str) -> NetworkCause | None:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            fault = _CERTIFICATE_FAULTS.get(cause.verify_code, f"its certificate is not valid: {cause.verify_message}")
            return NetworkCause(f"the TLS connection to {host} fails ({fault})", SETUP)
        if isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in NO_TLS:
            return NetworkCause(f"{host} does not speak TLS (https) at this port", SETUP)
    return None


def _proxy(causes: list[BaseException], host: str) -> NetworkCause:
    for cause in causes:
        refused = _REFUSED_BY_PROXY.search(str(cause))
        if refused is None:
            continue
        status = int(refused[1])
        if status == requests.codes.proxy_authentication_required:
            return NetworkCause(
                f"the proxy on the way to {host} asks for a user name and password (HTTP 407); write them into "
                "HTTPS_PROXY, as in http://user:password@host:port",
                SETUP,
            )
        if status < requests.codes.server_error:
            return NetworkCause(f"the proxy refuses to connect to {host} (HTTP {status})", SETUP)
        return NetworkCause(f"the proxy does not reach {host} (HTTP {status})")
    return _name(causes) or NetworkCause(f"the proxy on the way to {host} fails")


def _name(causes: list[BaseException], host: str | None = None, field: str = "") -> NetworkCause | None:
    """Return the cause where a name cannot be resolved: the host's, or without one the proxy's."""
    failures = [cause for cause in causes if isinstance(cause, socket.gaierror)]
    if not failures:
        return None
    if any(failure.errno == socket.EAI_AGAIN for failure in failures):
        # The name server does not answer: that says nothing about the name.
        return NetworkCause(f"the host name {host or 'of the proxy'} is not known (DNS) at the moment")
    if host is None:
        return NetworkCause("the host name of the proxy is not known (DNS); check HTTPS_PROXY", SETUP)
    return NetworkCause(f"the host name {host} is not known (DNS){_advice(field)}", SETUP)


def _container_hint(host: str) -> str:
    is_own = is_loopback(host) or is_loopback(urlsplit(f"//{host}").hostname or "")  # a bare `::1` is no authority
    return "; in a container, this address is the container itself" if is_own else ""


def _advice(field: str) -> str:
    return f"; check '{field}'" if field else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it wraps: requests and urllib3 keep the cause in `args`, `reason` or Python's own."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
