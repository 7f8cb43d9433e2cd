"""The address of the API, which is checked before the key is sent to it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

from source_opsgenie.http.network import is_loopback

# "API Key Management" and the API reference pages: one host a region; a key works on its own region's host only.
US_HOST = "api.opsgenie.com"
EU_HOST = "api.eu.opsgenie.com"

# What a user may paste from the browser: <site>.app.opsgenie.com answers with web pages, not with JSON.
WEB_SUFFIXES = (".app.opsgenie.com", ".app.eu.opsgenie.com")
SITE_SUFFIX = ".atlassian.net"  # of the sites to which accounts move

# An Opsgenie key, which could be a host's name, too.
GENIE_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What may stand between two dots of a host name: up to 63 characters. Container networks use names with `_`.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Endpoint:
    """The one address that is called.

    Attributes:
        url: the address with a closing slash, e.g. `https://api.opsgenie.com/`.
        host: its host name or address in lower case.
    """

    url: str
    host: str

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """Read a host or an address as a user writes it; a bare host means https.

        Raises:
            ValueError: a sentence for the user, if the key must not be sent to this address.
        """
        text = text.strip()
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            port = parts.port
        except ValueError:
            raise ValueError("it is not an address.") from None  # the reason repeats a part, which may be the key
        if parts.scheme not in _DEFAULT_PORTS:
            raise ValueError(f"'{parts.scheme}' is not supported: write a host name such as {US_HOST}.")
        if "@" in parts.netloc:
            raise ValueError("it must not contain a user name or password: the key goes into 'api_token'.")
        host = _in_ascii(parts.hostname or "")
        if host is None:
            raise ValueError(f"it is not a host name: write {US_HOST}, {EU_HOST} or another host.")
        if GENIE_KEY.fullmatch(host):
            # Names no host: if the two were swapped, the host is in the key's place, and would be masked as one.
            raise ValueError("it contains a key, which goes into 'api_token': write the name of the API's host here.")
        if host.endswith(WEB_SUFFIXES):
            raise ValueError(f"{host} is a website, not the API: write {US_HOST} or {EU_HOST}.")
        if host.endswith(SITE_SUFFIX):
            raise ValueError(
                f"{host} is an Atlassian site: if the account has moved there, write it into 'site' in "
                f"'jira_service_management', else write {US_HOST} or {EU_HOST}."
            )
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError(f"it must be a host name only, without a path, such as {US_HOST}.")
        if parts.scheme == "http" and not is_loopback(host):
            raise ValueError("plain http is accepted for this machine's own addresses only: use https.")
        written = f"[{host}]" if ":" in host else host
        authority = f"{written}:{port}" if port and port != _DEFAULT_PORTS[parts.scheme] else written
        return cls(f"{parts.scheme}://{authority}/", host)

    @property
    def authority(self) -> str:
        """Return the host, with the port if it is not the default one."""
        return urlsplit(self.url).netloc

    @property
    def other_region(self) -> str | None:
        """Return the host of the other region, if this is one of Opsgenie's two hosts."""
        return {US_HOST: EU_HOST, EU_HOST: US_HOST}.get(self.host)


def _in_ascii(host: str) -> str | None:
    """Return a host name in ASCII, as it is looked up and called; None if it is not a host name.

    An international name is converted by the requests library (IDNA 2008), as in its calls: another conversion could
    lead to another host.
    """
    if not host.isascii():
        try:
            host = urlsplit(requests.Request("GET", f"https://{host}/").prepare().url or "").hostname or ""
        except (requests.RequestException, ValueError):
            return None
    is_name = all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))
    return host if is_name or _is_ipv6(host) else None


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
