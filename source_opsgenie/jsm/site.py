"""The Atlassian site that is read: where its APIs are, and how calls to them are signed."""

from __future__ import annotations

import threading
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from requests.auth import AuthBase

from source_opsgenie.http.errors import ApiError
from source_opsgenie.http.network import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

GATEWAY = "https://api.atlassian.com"
SITE_SUFFIX = ".atlassian.net"

# A site's number, without which none of its APIs can be addressed. The path needs no credentials.
TENANT_PATH = "_edge/tenant_info"


@dataclass(frozen=True)
class Site:
    """A site's address.

    Attributes:
        url: its own address with a closing slash, e.g. `https://acme.atlassian.net/`.
        gateway: the address, with a closing slash, below which its APIs are.
    """

    url: str
    gateway: str

    @classmethod
    def parse(cls, text: str) -> Site:
        """Read a site as a user writes it: its name, its host, or its address from the browser.

        A loopback address stands for a site whose APIs are all below it.

        Raises:
            ValueError: with a sentence for the user.
        """
        text = text.strip()
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise ValueError(f"it is not an address ({error}).") from error
        if is_loopback(host):
            url = f"{parts.scheme}://{parts.netloc}/"
            return cls(url, url)
        if "." not in host:
            host += SITE_SUFFIX
        name = host.removesuffix(SITE_SUFFIX)
        if not host.endswith(SITE_SUFFIX) or not _is_label(name) or port not in {None, 443} or parts.username:
            raise ValueError("it is not the address of an Atlassian site: write it as acme.atlassian.net.")
        return cls(f"https://{host}/", f"{GATEWAY}/")

    @property
    def authority(self) -> str:
        """Return the site's host, for messages."""
        return urlsplit(self.url).netloc

    def owns(self, url: str) -> bool:
        """Tell whether a call goes to the site or to its APIs: only then may the token go along."""
        return url.startswith((self.url, self.gateway))


@dataclass(frozen=True)
class Bases:
    """The addresses of one site's APIs for one kind of credential, each with a closing slash.

    Attributes:
        cloud_id: the site's number.
        operations: JSM Operations.
        jira: Jira's users.
        services: the services of JSM.
        teams: the teams of the organization.
    """

    cloud_id: str
    operations: str
    jira: str
    services: str
    teams: str

    @classmethod
    def classic(cls, site: Site, cloud_id: str) -> Bases:
        """Return the addresses that take an e-mail address and an API token without scopes."""
        return cls(
            cloud_id=cloud_id,
            operations=f"{site.gateway}jsm/ops/api/{cloud_id}/",
            jira=site.url,
            services=f"{site.gateway}jsm/api/{cloud_id}/",
            teams=f"{site.gateway}public/teams/",
        )

    @classmethod
    def scoped(cls, site: Site, cloud_id: str) -> Bases:
        """Return the addresses that take an API token with scopes, or an app's bearer token.

        That these tokens work for services and teams is documented nowhere: there is but one address to try.
        """
        jira = f"{site.gateway}ex/jira/{cloud_id}/"
        return cls(
            cloud_id=cloud_id,
            operations=f"{jira}jsm/ops/api/",
            jira=jira,
            services=f"{site.gateway}jsm/api/{cloud_id}/",
            teams=f"{site.gateway}public/teams/",
        )


class Token(AuthBase):
    """An Atlassian API token: with the e-mail address of its owner as Basic, alone as Bearer.

    It goes to the site and to Atlassian's gateway, and nowhere else, whatever a link or a redirect says.
    """

    def __init__(self, token: str, email: str | None, site: Site) -> None:
        self._header = (
            f"Bearer {token}" if email is None else f"Basic {b64encode(f'{email}:{token}'.encode()).decode()}"
        )
        self._site = site

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that goes to the site; leave any other without the token."""
        if self._site.owns(request.url or ""):
            request.headers["Authorization"] = self._header
        return request

    def __repr__(self) -> str:
        """Name the class, never the token."""
        return "Token(***)"


class Found:
    """Something about the site that is found out by the first call that needs it, and then known.

    If it cannot be found out, each further call fails alike: the first one was retried for long enough.
    """

    def __init__(self, find: Callable[[], Bases]) -> None:
        self._find = find
        self._finding = threading.Lock()
        self._bases: Bases | None = None
        self._error: ApiError | None = None

    def __call__(self) -> Bases:
        """Return it.

        Raises:
            ApiError: it cannot be found out.
        """
        with self._finding:
            if self._error is not None:
                raise self._error
            if self._bases is None:
                try:
                    self._bases = self._find()
                except ApiError as error:
                    self._error = error
                    raise
            return self._bases


def quoted(identity: str) -> str:
    """Quote an id for a path."""
    return quote(identity, safe="")


def _is_label(name: str) -> bool:
    return bool(name) and all(character.isalnum() or character == "-" for character in name) and name.isascii()
