"""Where an account is copied from: Opsgenie or, once it has moved, JSM Operations."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.catalog import streams_of
from source_opsgenie.streams.unavailable import UnavailableStream

if TYPE_CHECKING:
    from source_opsgenie.config import Config
    from source_opsgenie.streams.base import ApiStream
    from source_opsgenie.streams.context import Context

OPSGENIE = "Opsgenie"

# Opsgenie's web application, by the API's host. Where JSM shows an alert is not documented.
WEB = {"api.opsgenie.com": "https://app.opsgenie.com", "api.eu.opsgenie.com": "https://app.eu.opsgenie.com"}


@dataclass(frozen=True)
class Origin:
    """The API that a configuration is for; the key goes to no other.

    Attributes:
        api: its name.
        host: the host, or the site, that is configured.
        is_sandbox: whether the account is made up.
        web: the address of the web application, for links to alerts; None where it is not known.
        streams: a stream for each table of the folder, those that the API does not have included.
    """

    api: str
    host: str
    is_sandbox: bool
    web: str | None
    streams: list[ApiStream]

    @classmethod
    def of(cls, config: Config) -> Origin:
        """Find out what a configuration is for. No call is made."""
        streams = streams_of(config, threading.Event())
        site = config.jira_service_management
        if site is None:
            # The tables of JSM Operations come with the move.
            streams = [stream for stream in streams if is_readable(stream)]
        # Plain http leads to this machine only, and neither API is on it.
        url = config.endpoint.url if site is None else site.site.url
        context = streams[0].context
        backend = context.client(context.usual_domain).backend
        web = WEB.get(config.endpoint.host) if site is None else None
        return cls(backend.name, backend.authority, url.startswith("http:"), web, streams)

    @property
    def context(self) -> Context:
        """What the streams share."""
        return self.streams[0].context

    @property
    def is_opsgenie(self) -> bool:
        """Whether the account is still read from Opsgenie."""
        return self.api == OPSGENIE

    def title(self, account: str) -> str:
        """Name what is copied; an empty name is not known."""
        if not self.is_opsgenie:
            return f"{self.api} of {self.host}"
        return f"{self.api} account {account}".rstrip()


def is_readable(stream: ApiStream) -> bool:
    """Return whether the configured API has a table."""
    return not isinstance(stream, UnavailableStream)
