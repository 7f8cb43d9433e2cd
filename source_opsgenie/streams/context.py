"""Holds what the streams of one sync share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from source_opsgenie.http.client import Client
from source_opsgenie.http.clock import Clock
from source_opsgenie.http.download import Downloader
from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.fingerprint import Fingerprint

if TYPE_CHECKING:
    from source_opsgenie.config import Config

Known = TypeVar("Known")


class Once:
    """The answers to questions that are asked once a sync."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking: dict[Hashable, threading.Lock] = {}
        self._known: dict[Hashable, Any] = {}

    def of(self, question: Hashable, ask: Callable[[], Known], *, keeps_error: bool = False) -> Known:
        """Return the answer to a question, asked by the stream that needs it first.

        With `keeps_error`, an error counts as the answer, too, because it takes long to ask again.

        Raises:
            ApiError: there is no answer.
        """
        with self._lock:
            asking = self._asking.setdefault(question, threading.Lock())
        with asking:  # one lock a question: others must not wait for this one's rate limit
            if question not in self._known:
                try:
                    self._known[question] = ask()
                except ApiError as error:
                    if not keeps_error:
                        raise
                    self._known[question] = error.bare()
            known: Known | ApiError = self._known[question]
        if isinstance(known, ApiError):
            raise known
        return known


@dataclass(frozen=True)
class Context:
    """Configuration, clients, clock and workers: made once, so that all streams count against the same limits.

    Attributes:
        clients: the clients by the rate-limit domain that their calls count against.
        pools: the workers of each domain; waiting for one limit must not keep the others waiting.
        usual_domain: the domain of streams that name none.
        identify: finds out which account the key reads.
        selected: names of the streams that the sync reads; empty if they are not known.
        downloader: downloads files, which counts against no limit.
    """

    config: Config
    clients: Mapping[str, Client]
    pools: Mapping[str, ThreadPoolExecutor]
    usual_domain: str
    clock: Clock
    identify: Callable[[], Fingerprint]
    selected: frozenset[str]
    downloader: Downloader
    once: Once = field(default_factory=Once)

    def fingerprint(self) -> Fingerprint:
        """Return which account the key reads; the first stream that needs it finds it out."""
        return self.once.of("account", self.identify)
