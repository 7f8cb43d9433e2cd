"""Streams that go on from a state, which is checked before it is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from source_opsgenie.http.timestamps import from_millis
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.fingerprint import Fingerprint
from source_opsgenie.streams.owed import OWED, Owed, owed_in

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from source_opsgenie.streams.context import Context

# The state's key for the fingerprint of the account that it was read from. The states of older connectors have none.
ACCOUNT = "account"


class Checkpointed(ApiStream, ABC):
    """A stream with a state of its own.

    A state is used only if it can be true: its cursors are not in the future, and it belongs to the account that is
    read. Otherwise rows would be skipped in silence, by this sync and every later one. If a state cannot be used, the
    log says so in one line, and the stream starts from the beginning.

    Attributes:
        cursor_tolerance: by how many milliseconds a cursor may seem to be in the future.
        owed_in: reads what a state owes.
        given: the state of the last sync, if it can be used.
        owed: the objects whose rows could not be read.
    """

    cursor_tolerance: ClassVar[int] = 0
    owed_in: ClassVar[staticmethod[[Mapping[str, Any]], dict[str, str | None]]] = staticmethod(owed_in)
    given: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, context: Context, *parent: Any) -> None:  # noqa: ANN401 - of a sub-stream
        self._state: MutableMapping[str, Any] = {}
        self._fingerprint: Fingerprint | None = None
        self.owed = Owed(self.name)
        super().__init__(context, *parent)

    @property
    def state(self) -> MutableMapping[str, Any]:
        """Return how far the stream has come."""
        return self._state

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        """Take the state of the last sync, empty in a first one. The CDK sets it just before it reads."""
        own = self.context.fingerprint()
        usable = bool(value) and self._is_usable(value, own)
        self._fingerprint = own.completed(Fingerprint.parse(value.get(ACCOUNT))) if usable else own
        self.given = value if usable else {}
        predecessor = self.client.backend.predecessor
        if usable and Fingerprint.parse(value.get(ACCOUNT)).is_of(predecessor) and self.is_unfinished(value):
            self.logger.warning(
                "%s: the stream was not complete when it was last read from %s, so rows may stay missing. While %s "
                "still answers, read the stream to its end from there, with the state from before this sync or with a "
                "second source.",
                self.name,
                predecessor,
                predecessor,
            )
        self.owed.load(self.owed_in(self.given))
        self.go_on(self.given)

    @abstractmethod
    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was checked; start from the beginning if it is empty."""

    @abstractmethod
    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the times, in epoch milliseconds, before which a state counts rows as read; None if invalid."""

    def is_unfinished(self, state: Mapping[str, Any]) -> bool:
        """Return whether the sync that wrote a state left something to be read later."""
        return bool(state.get(OWED))

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keep a state that was reached; an empty one stays empty."""
        self._state = self.signed(state) if state else {}

    def signed(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Add what is owed and the fingerprint of the account to a state."""
        owed = {OWED: self.owed.dump()} if self.owed else {}
        return {**state, **owed, **({} if self._fingerprint is None else {ACCOUNT: str(self._fingerprint)})}

    def is_future(self, cursor: int) -> bool:
        """Return whether a cursor is in the future, by the API's clock."""
        return self.context.clock.is_future(cursor - self.cursor_tolerance)

    def _is_same_account(self, own: Fingerprint, given: Fingerprint) -> bool:
        """Return whether a state may belong to the account that is read, perhaps from before the account moved."""
        if given.is_of(self.client.backend.predecessor):
            self.context.once.of("move", self._log_move)
            return True
        if own.contradicts(given):
            return False
        if own.account and not given.account:
            self.context.once.of("wider key", self._warn_of_wider_key)
        return True

    def _warn_of_wider_key(self) -> None:
        """Warn that the key may see more than the one with which states were made."""
        self.logger.warning(
            "The state was made by a sync that could not read the account, as with a team's key. Incremental streams "
            "do not read rows that only the present key can read and that are older than the state: refresh them, or "
            "clear their data, to get those rows."
        )

    def _log_move(self) -> None:
        """Log that states from before the account moved are used."""
        self.logger.info(
            "The state was made from %s: the sync goes on from there with %s, without a new backfill. Whether "
            "alerts kept their ids in the move is not documented: if the table has some twice, run a full refresh "
            "of the alert streams.",
            self.client.backend.predecessor,
            self.client.backend.name,
        )

    def _is_usable(self, state: Mapping[str, Any], own: Fingerprint) -> bool:
        cursors = self.cursors_of(state)
        known = [cursor for cursor in cursors if cursor is not None]
        if len(known) < len(cursors) or not isinstance(state.get(OWED, {}), dict):
            self.logger.warning(
                "%s: the state given cannot be read: it is not used, and the stream starts from the beginning.",
                self.name,
            )
            return False
        if ACCOUNT in state and not self._is_same_account(own, Fingerprint.parse(state[ACCOUNT])):
            self.logger.warning(
                "%s: the state belongs to another %s account or host than the one configured: it is not used, and the "
                "stream starts from the beginning.",
                self.name,
                self.client.backend.name,
            )
            return False
        self.client.prepare()  # the answer has the API's time, if no answer has come before
        latest = max(known, default=0)
        if self.is_future(latest):
            self.logger.warning(
                "%s: the state given counts everything up to %s as read, which by the API's clock is in the future: "
                "it is not used, and the stream starts from the beginning.",
                self.name,
                from_millis(latest),
            )
            return False
        return True
