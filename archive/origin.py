"""The API that an account is copied from: Opsgenie or, once the account has moved, JSM Operations."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from source_opsgenie.catalog import streams_of
from source_opsgenie.config import Config
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.unavailable import UnavailableStream

OPSGENIE = "Opsgenie"

# Opsgenie's web application, by the API's host. Atlassian does not document the address of an alert in JSM.
WEB = {"api.opsgenie.com": "https://app.opsgenie.com", "api.eu.opsgenie.com": "https://app.eu.opsgenie.com"}


@dataclass(frozen=True)
class Origin:
    """The API that a configuration is for.

    Attributes:
        api: the name of the API.
        host: the configured host or site.
        is_sandbox: whether the account is made up.
        web: the address of the web application, for links to alerts; None if it is not known.
        streams: a stream for each table of the folder, also for tables that the API does not have.
    """

    api: str
    host: str
    is_sandbox: bool
    web: str | None
    streams: list[ApiStream]

    @classmethod
    def of(cls, config: Config) -> Origin:
        """Return the API of a configuration, without a call."""
        streams = streams_of(config, threading.Event())
        site = config.jira_service_management
        if site is None:
            # Opsgenie does not have the tables that only JSM Operations has.
            streams = [stream for stream in streams if is_readable(stream)]
        # The configuration allows plain http for this machine's own addresses only, so it must be the sandbox.
        address = config.endpoint if site is None else site.site
        context = streams[0].context
        api = context.clients[context.usual_domain].backend.name
        web = WEB.get(config.endpoint.host) if site is None else None
        return cls(api, address.authority, address.url.startswith("http:"), web, streams)

    @property
    def context(self) -> Context:
        """Return the context that the streams share."""
        return self.streams[0].context

    @property
    def is_opsgenie(self) -> bool:
        """Return whether the account is read from Opsgenie."""
        return self.api == OPSGENIE

    def title(self, account: str) -> str:
        """Return a title for the copy; `account` is empty if the name is not known."""
        if not self.is_opsgenie:
            return f"{self.api} of {self.host}"
        return f"{self.api} account {account}".rstrip()


def is_readable(stream: ApiStream) -> bool:
    """Return whether the configured API has a stream's table."""
    return not isinstance(stream, UnavailableStream)
