"""What the streams of one sync share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.api.auth import GenieKey
from source_opsgenie.api.backoff import Outage
from source_opsgenie.api.clock import Clock
from source_opsgenie.api.fingerprint import Identity
from source_opsgenie.api.limits import Domain, Pacers
from source_opsgenie.api.transport import BoundedAdapter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from source_opsgenie.api.endpoints import Endpoint
    from source_opsgenie.config import Config


class Counts:
    """Numbers that Opsgenie was asked for, each once a sync."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, int | None] = {}

    def of(self, question: Hashable, ask: Callable[[], int | None]) -> int | None:
        """Give the answer to a question, asked by whoever needs it first."""
        with self._lock:
            asking = self._asking.setdefault(question, threading.Lock())
        with asking:  # a lock each: who asks another question must not wait for this one's rate limit
            if question not in self._known:
                self._known[question] = ask()
            return self._known[question]


@dataclass(frozen=True)
class Context:
    """Configuration, key, connections, pacers, clock, identity and workers: made once, so that all streams count
    against the same limits.
    """

    config: Config
    endpoint: Endpoint
    key: GenieKey
    transport: BoundedAdapter
    pacers: Pacers
    outage: Outage
    clock: Clock
    identity: Identity
    counts: Counts
    pools: Mapping[Domain, ThreadPoolExecutor]

    @classmethod
    def of(cls, config: Config, stop: threading.Event) -> Context:
        """Make what a sync with this configuration shares. No call is made, and no thread started, before it is
        needed. With `stop` set, none waits for a rate limit any more.
        """
        endpoint = config.address
        key = GenieKey(config.api_token, endpoint)
        # Each domain's workers, and the thread of its lane, have a connection at the most.
        transport = BoundedAdapter(len(Domain) * (config.num_workers + 1))
        clock = Clock()
        pacers = Pacers(endpoint, key, config.rate_limit_share, transport, stop, clock=clock)
        return cls(
            config=config,
            endpoint=endpoint,
            key=key,
            transport=transport,
            pacers=pacers,
            outage=Outage(),
            clock=clock,
            identity=Identity(endpoint, pacers),
            counts=Counts(),
            pools={domain: ThreadPoolExecutor(config.num_workers, domain.value) for domain in Domain},
        )

    def pool(self, domain: Domain) -> ThreadPoolExecutor:
        """Give the workers of a domain: those that wait for the limit of one must not keep another waiting."""
        return self.pools[domain]
