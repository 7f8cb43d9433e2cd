"""Creates what the streams of a sync share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from source_opsgenie.http.adaptive_limiter import AdaptiveLimiter
from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.download import Downloader
from source_opsgenie.http.limiter import wait_unless_stopped
from source_opsgenie.http.retry import CircuitBreaker
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.jsm.backend import API_NAMES, IN_A_SYNC, backends_of
from source_opsgenie.jsm.rows.names import Names
from source_opsgenie.jsm.site import Api
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.fingerprint import Fingerprint

if TYPE_CHECKING:
    from source_opsgenie.config import Config


@dataclass(frozen=True, kw_only=True)
class JsmContext(Context):
    """What the streams of a JSM site share.

    Attributes:
        cloud_id: returns the number of the site.
        organization_id: the organization of the site, which the Atlassian Teams API asks for; None if it is not
            configured.
        names: the names of what rows refer to by id.
        streams: the streams by name, among them the lists of names.
    """

    cloud_id: Callable[[], str]
    organization_id: str | None
    names: Names = field(default_factory=Names)
    streams: dict[str, JsmStream] = field(default_factory=dict)


def context_of(config: Config, stop: threading.Event, selected: frozenset[str] = frozenset()) -> JsmContext:
    """Create what a sync with this configuration shares. Once `stop` is set, no call waits for a rate limit."""
    jsm = config.jira_service_management
    if jsm is None:
        raise ValueError("the configuration names no site")
    connections = len(Api) * (config.num_workers + 1)
    transport = BoundedAdapter(connections)
    clock = Clock()
    # One for each API, because one may fail while the others answer.
    breakers = {api: CircuitBreaker() for api in Api}
    backends, cloud_id = backends_of(
        config.api_token, jsm, transport, clock, breakers[Api.OPERATIONS], policy=IN_A_SYNC
    )
    sleep = partial(wait_unless_stopped, stop)
    clients: dict[str, Client] = {
        api: Client(
            backend,
            transport,
            clock,
            AdaptiveLimiter(backend.name, backend.period_of, config.rate_limit_share, sleep=sleep),
            breakers[api],
        )
        for api, backend in backends.items()
    }
    return JsmContext(
        config=config,
        clients=clients,
        pools={api: ThreadPoolExecutor(config.num_workers, api) for api in Api},
        usual_domain=Api.OPERATIONS,
        clock=clock,
        # A site has one account, and keeps its number when its address changes.
        identify=lambda: Fingerprint.of(API_NAMES[Api.OPERATIONS], cloud_id(), None),
        selected=selected,
        downloader=Downloader(connections),
        cloud_id=cloud_id,
        organization_id=jsm.organization_id,
    )
