"""The Atlassian site that is read, its APIs, and where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from source_opsgenie.http.network import is_loopback

GATEWAY = "https://api.atlassian.com"
SITE_SUFFIX = ".atlassian.net"

# A key of Opsgenie, which could be a site's name, too.
GENIE_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# The path of a site's number, which the addresses of its APIs contain. It needs no credentials.
TENANT_PATH = "_edge/tenant_info"


class Api(str, Enum):
    """The APIs that are called. Whether they share limits is not known; each has a limiter of its own."""

    OPERATIONS = "operations"
    JIRA = "jira"
    SERVICES = "services"
    TEAMS = "teams"

    __str__ = str.__str__  # the log uses the word


@dataclass(frozen=True)
class Site:
    """A site's address.

    Attributes:
        url: its own address with a closing slash, e.g. `https://acme.atlassian.net/`.
        gateway: the address, with a closing slash, below which its APIs are (see `bases_of`).
    """

    url: str
    gateway: str

    @classmethod
    def parse(cls, text: str) -> Site:
        """Read a site as a user writes it: its name, its host, or its address from the browser.

        All APIs of a loopback address are below that address.

        Raises:
            ValueError: a sentence for the user, if it is not the address of a site.
        """
        text = text.strip()
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise ValueError("it is not an address.") from None  # the reason repeats a part, which may be the token
        is_plain = parts.scheme in {"https", "http"} and "@" not in parts.netloc  # messages show it: no password
        if is_plain and is_loopback(host):
            url = f"{parts.scheme}://{parts.netloc.lower()}/"
            return cls(url, url)
        if "." not in host:
            host += SITE_SUFFIX
        site = re.fullmatch(f"([a-z0-9-]+){re.escape(SITE_SUFFIX)}", host)
        if not is_plain or site is None or port not in {None, 443}:
            raise ValueError("it is not the address of an Atlassian site: write it as acme.atlassian.net.")
        if GENIE_KEY.fullmatch(site[1]):
            raise ValueError("it contains a key of Opsgenie: write the address of the site as acme.atlassian.net.")
        return cls(f"https://{host}/", f"{GATEWAY}/")

    @property
    def authority(self) -> str:
        """Return the site's host, for messages."""
        return urlsplit(self.url).netloc

    @property
    def authorities(self) -> str:
        """Return the hosts of all calls, for messages."""
        return " or ".join(dict.fromkeys([self.authority, urlsplit(self.gateway).netloc]))


def bases_of(site: Site, cloud_id: str, *, is_scoped: bool) -> dict[Api, str]:
    """Return the addresses of a site's APIs, for an API token without scopes, or for one with scopes or of an app.

    It is not documented that tokens with scopes work for services and teams, but there is only one address to try.
    """
    jira = f"{site.gateway}ex/jira/{cloud_id}/"
    return {
        Api.OPERATIONS: f"{jira}jsm/ops/api/" if is_scoped else f"{site.gateway}jsm/ops/api/{cloud_id}/",
        Api.JIRA: jira if is_scoped else site.url,
        Api.SERVICES: f"{site.gateway}jsm/api/{cloud_id}/",
        Api.TEAMS: f"{site.gateway}public/teams/",
    }
