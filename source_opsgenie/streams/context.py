"""What the streams of one sync share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from source_opsgenie.api.auth import GenieKey
from source_opsgenie.api.clock import Clock
from source_opsgenie.api.limits import Domain, Pacers

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from source_opsgenie.api.endpoints import Endpoint
    from source_opsgenie.config import Config

# Seconds to connect, and seconds without a byte: a call that hangs is given up and tried again.
TIMEOUT = (10.0, 60.0)


@dataclass(frozen=True)
class Context:
    """Configuration, key, pacers, clock and workers: made once, so that all streams count against the same limits."""

    config: Config
    endpoint: Endpoint
    key: GenieKey
    pacers: Pacers
    clock: Clock
    pools: Mapping[Domain, ThreadPoolExecutor]

    @classmethod
    def of(cls, config: Config, stop: threading.Event) -> Context:
        """Make what a sync with this configuration shares. No call is made, and no thread started, before it is
        needed. With `stop` set, none waits for a rate limit any more.
        """
        endpoint = config.address
        key = GenieKey(config.api_token, endpoint)
        return cls(
            config=config,
            endpoint=endpoint,
            key=key,
            pacers=Pacers(endpoint, key, config.rate_limit_share, TIMEOUT, stop),
            clock=Clock(),
            pools={domain: ThreadPoolExecutor(config.num_workers, domain.value) for domain in Domain},
        )

    def pool(self, domain: Domain) -> ThreadPoolExecutor:
        """Give the workers of a domain: those that wait for the limit of one must not keep another waiting."""
        return self.pools[domain]
