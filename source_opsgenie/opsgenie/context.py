"""Creates what the streams of a sync share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from source_opsgenie.http.body import decode
from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.download import Downloader
from source_opsgenie.http.errors import ApiError, RefusedError
from source_opsgenie.http.retry import OPTIONAL_CALL, CircuitBreaker
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.opsgenie.backend import ACCOUNT_PATH, OpsgenieBackend, data_in
from source_opsgenie.opsgenie.limits import Domain, limiters_of
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.fingerprint import Fingerprint

if TYPE_CHECKING:
    from source_opsgenie.config import Config


def context_of(config: Config, stop: threading.Event, selected: frozenset[str] = frozenset()) -> Context:
    """Create what a sync with this configuration shares. Once `stop` is set, no call waits for a rate limit."""
    backend = OpsgenieBackend(config.endpoint, config.api_token)
    # Each domain's workers, and the thread of its lane, use one connection each at most.
    connections = len(Domain) * (config.num_workers + 1)
    transport = BoundedAdapter(connections)
    clock, breaker = Clock(), CircuitBreaker()
    # A client without a limiter asks for the limits. It has its own breaker, because a sync can do without them.
    asking = Client(backend, transport, clock)
    limiters = limiters_of(asking, config.rate_limit_share, stop)
    clients: dict[str, Client] = {
        domain: Client(backend, transport, clock, limiters[domain], breaker) for domain in Domain
    }
    return Context(
        config=config,
        clients=clients,
        pools={domain: ThreadPoolExecutor(config.num_workers, domain) for domain in Domain},
        usual_domain=Domain.CONFIGURATION,
        clock=clock,
        identify=lambda: Fingerprint.of(backend.name, backend.authority, account_name(clients[Domain.CONFIGURATION])),
        selected=selected,
        downloader=Downloader(connections),
    )


def account_name(client: Client) -> str | None:
    """Return the name of the account, which identifies it, because Opsgenie gives it no id.

    It is None if the key cannot read the account: a team's key, or one without Configuration Access.
    """
    try:
        account = data_in(decode(client.read(ACCOUNT_PATH, check=data_in, policy=OPTIONAL_CALL)))
    except (RefusedError, ApiError):
        return None
    name = account.get("name") if isinstance(account, dict) else None
    return name if isinstance(name, str) and name else None
