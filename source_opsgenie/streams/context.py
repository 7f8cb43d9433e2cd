"""What the streams of one sync share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from source_opsgenie.http.client import Client, Unlimited
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.retry import CircuitBreaker
from source_opsgenie.http.transport import BoundedAdapter
from source_opsgenie.opsgenie.backend import backend_of
from source_opsgenie.opsgenie.limits import Domain, RateLimiters
from source_opsgenie.streams.fingerprint import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from source_opsgenie.config import Config


class Counts:
    """Numbers that the API was asked for, each once a sync."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, int | None] = {}

    def of(self, question: Hashable, ask: Callable[[], int | None]) -> int | None:
        """Return the answer to a question, asked by the stream that needs it first."""
        with self._lock:
            asking = self._asking.setdefault(question, threading.Lock())
        with asking:  # a lock each: another question must not wait for this one's rate limit
            if question not in self._known:
                self._known[question] = ask()
            return self._known[question]


@dataclass(frozen=True)
class Context:
    """Configuration, clients, clock and workers: made once, so that all streams count against the same limits.

    Attributes:
        selected: names of the streams that the sync reads.
    """

    config: Config
    clients: Mapping[Domain, Client]
    breaker: CircuitBreaker
    clock: Clock
    identity: Identity
    counts: Counts
    pools: Mapping[Domain, ThreadPoolExecutor]
    selected: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(
        cls,
        config: Config,
        stop: threading.Event,
        selected: frozenset[str] = frozenset(),
        transport_of: Callable[[int], BoundedAdapter] = BoundedAdapter,
    ) -> Context:
        """Make what a sync with this configuration shares.

        No call is made, and no thread started, before it is needed. Once `stop` is set, no call waits for a rate limit
        any more.
        """
        backend = backend_of(config)
        # Each domain's workers, and the thread of its lane, have one connection at most.
        transport = transport_of(len(Domain) * (config.num_workers + 1))
        clock, breaker = Clock(), CircuitBreaker()
        # The limits are asked for before any is known, and a sync can do without: so this client has its own breaker.
        asking = Client(backend, Unlimited(), transport, clock, CircuitBreaker())
        limiters = RateLimiters(asking, config.rate_limit_share, stop)
        clients = {domain: Client(backend, limiters.of(domain), transport, clock, breaker) for domain in Domain}
        return cls(
            config=config,
            clients=clients,
            breaker=breaker,
            clock=clock,
            identity=Identity(clients[Domain.CONFIGURATION]),
            counts=Counts(),
            pools={domain: ThreadPoolExecutor(config.num_workers, domain.value) for domain in Domain},
            selected=selected,
        )

    def client(self, domain: Domain) -> Client:
        """Return the client whose calls count against a domain's limit."""
        return self.clients[domain]

    def pool(self, domain: Domain) -> ThreadPoolExecutor:
        """Return the workers of a domain: waiting for the limit of one must not keep another waiting."""
        return self.pools[domain]
