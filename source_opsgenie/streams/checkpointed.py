"""Streams that continue from a state, which is checked before it is used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, ClassVar

from airbyte_cdk.models import ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.streams.core import StreamData

from source_opsgenie.http.errors import ApiError, transient_error
from source_opsgenie.http.timestamps import cursor_to_millis, from_millis, to_millis
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.fingerprint import Fingerprint
from source_opsgenie.streams.skips import count_in_words, ids_in_words

# The state's key for the fingerprint of the account that it was read from. The states of older connectors have none.
ACCOUNT = "account"

START = "startDate"  # the state's key for the start date of what was read, where a stream keeps it

OWED = "owed"  # the state's key for the objects whose rows could not be read: the next sync asks for them again

# The stream stops if more objects than this are owed. Fewer must not stop it, because most objects that fail alone fail
# again at every sync. The state keeps about 70 bytes for each object.
MOST_OWED = 2_000

NOT_COMPLETE_BEFORE = (
    "%s: the stream was not complete when it was last read from %s, so rows may stay missing. While %s still answers, "
    "read the whole stream from there, with a second source and a prefix of its own."
)
NOT_LISTED = (
    "%s: %s whose rows an earlier sync could not read are not in the list any more, probably because of deletions, so "
    "the rows are not asked for again: %s."
)
EARLIER_START = "%s: the start date is earlier than before, so rows from before %s are read, too."
WIDER_KEY = (
    "The state was made by a sync that could not read the account, as with a team's key. Incremental streams do not "
    "read rows that only the present key can read and that are older than the state: to get those rows, refresh the "
    "streams, and retain their records."
)
UNKNOWN_ACCOUNT = (
    "The account could not be read, as with a team's key, so the connector cannot verify that the states belong to it. "
    "If 'api_token' belongs to another account than before, refresh the streams, and retain their records: otherwise "
    "older rows of the new account stay missing."
)
MOVED = (
    "The state comes from %(before)s. The sync continues from it with %(now)s, and does not read the history again. It "
    "reads only what changed after the last change in %(before)s: if your team was already working in %(now)s before "
    "that, set 'lookback_window' for one sync to a duration that covers this time, such as P7D (at most P365D). It is "
    "not documented whether alerts keep their ids: if the table of alerts contains alerts twice, keep both rows. Do "
    "not clear the streams, because %(now)s may not have all rows of %(before)s."
)


def owed_texts(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Read what a state owes, with the text that it keeps of each; a value that is not a text becomes None."""
    value = state.get(OWED)
    if not isinstance(value, dict):
        return {}  # `Checkpointed` does not use such a state
    return {name: text if isinstance(text, str) else None for name, text in value.items()}


def owed_since(since: str | None, cursor: int) -> int:
    """Return the time from which an object is owed, in epoch milliseconds.

    A time later than the stream's own cursor cannot be true: the object is then owed from the beginning.
    """
    moment = to_millis(since)
    return 0 if moment is None or moment > cursor else moment


class Checkpointed(ApiStream):
    """A stream with a state of its own.

    A state is used only if it can be true: its cursors are not in the future, and it belongs to the account that is
    read. Otherwise rows would be skipped in silence, by this sync and every later one. If a state cannot be used, the
    log says so in one line, and the stream starts from the beginning.

    Attributes:
        cursor_field: the column of the time up to which rows were read, and by default the state's key for that time.
        cursor_tolerance: by how many milliseconds a cursor may seem to be in the future.
        given: the state of the last sync, if it can be used.
        owed: the objects whose rows could not be read, each with the time to go on from, as text.
        listed_as: the state's key for the objects listed last, if one that was not listed is owed; empty if not.
        listed_before: the objects listed last, by id; None if that is not known.
    """

    cursor_field: ClassVar[str]
    cursor_tolerance: ClassVar[int] = 0
    given: Mapping[str, Any] = MappingProxyType({})
    listed_as: ClassVar[str] = ""
    listed_before: set[str] | None = None

    def __init__(self, context: Context, *parent: Any) -> None:
        self._state: MutableMapping[str, Any] = {}
        self._fingerprint: Fingerprint | None = None
        self.owed: dict[str, str | None] = {}
        super().__init__(context, *parent)

    @property
    def state(self) -> MutableMapping[str, Any]:
        """Return how far the stream has come."""
        return self._state

    @state.setter
    def state(self, value: MutableMapping[str, Any]) -> None:
        """Take the state of the last sync, empty in a first one. The CDK sets it just before it reads."""
        own = self.context.fingerprint()
        fault = self._fault_of(value, own) if value else ""
        if fault:
            self.warn_of_unused_state(fault)
        self.given = {} if fault else value
        self._fingerprint = own.completed(Fingerprint.parse(self.given.get(ACCOUNT)))
        predecessor = self.client.backend.predecessor
        if self.has_moved and self.is_unfinished(value):
            self.logger.warning(NOT_COMPLETE_BEFORE, self.name, predecessor, predecessor)
        self.owed = self.owed_in(self.given)
        listed = None if self.has_moved else self.given.get(self.listed_as)  # ids may be others since the move
        self.listed_before = {str(identity) for identity in listed} if isinstance(listed, list) else None
        self.go_on(self.given)

    @property
    def has_moved(self) -> bool:
        """Return whether the account has moved to another API since the last sync, whose state is used."""
        return bool(self.given) and self._is_of_predecessor(self.given)

    def _is_of_predecessor(self, state: Mapping[str, Any]) -> bool:
        """Return whether a state is from before the move, like those of older connectors, which name no account."""
        before = self.client.backend.predecessor
        return bool(before) and (ACCOUNT not in state or Fingerprint.parse(state[ACCOUNT]).is_of(before))

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was checked; start from the beginning if it is empty."""
        self.reach(cursor_to_millis(state.get(self.cursor_field)))

    def read(self, configured_stream: ConfiguredAirbyteStream, *args: Any, **kwargs: Any) -> Iterable[StreamData]:
        """Read as every stream does; a full refresh that cannot go on from a state begins without one."""
        if configured_stream.sync_mode == SyncMode.full_refresh and not self.resumes_full_refresh:
            self._state, self.owed = {}, {}
        yield from super().read(configured_stream, *args, **kwargs)

    def cursors_of(self, state: Mapping[str, Any]) -> list[int | None]:
        """Return the times, in epoch milliseconds, before which a state counts rows as read; None if invalid.

        A start date that cannot be read makes the state unusable, because rows before it would count as read.
        """
        unreadable = START in state and cursor_to_millis(state[START]) is None
        return [cursor_to_millis(state.get(self.cursor_field)), *([None] if unreadable else [])]

    def owed_in(self, state: Mapping[str, Any]) -> dict[str, str | None]:
        """Read what a state owes. An object whose time cannot be read is owed from the beginning."""
        return {name: since if to_millis(since) is not None else None for name, since in owed_texts(state).items()}

    def reach(self, moment: int | None) -> None:
        """Keep a state that counts everything up to a moment as read; without one, the next sync reads everything."""
        self.keep({} if moment is None else {self.cursor_field: from_millis(moment)})

    @classmethod
    def is_unfinished(cls, state: Mapping[str, Any]) -> bool:
        """Return whether the sync that wrote a state left something to be read later."""
        return bool(state.get(OWED))

    def keep(self, state: Mapping[str, Any]) -> None:
        """Keep a state that was reached, and log what it moves past; an empty one stays empty."""
        self.skips.report_new()
        self._state = self.completed_state(state) if state else {}

    def completed_state(self, state: Mapping[str, Any]) -> dict[str, Any]:
        """Add what is owed, the objects that were listed and the fingerprint of the account to a state."""
        owed = {OWED: dict(self.owed)} if self.owed else {}
        listed = {} if self.listed_before is None else {self.listed_as: sorted(self.listed_before)}
        return {**state, **owed, **listed, **({} if self._fingerprint is None else {ACCOUNT: str(self._fingerprint)})}

    def note_owed(self, identity: str, since: str | None, error: ApiError | None) -> None:
        """Note that an object was read, or that it is owed because of an error.

        An object that was owed before keeps its time.

        Raises:
            ApiError: more are owed than the state keeps.
        """
        if error is None:
            self.owed.pop(identity, None)
            return
        self.owed.setdefault(identity, since)
        if len(self.owed) > MOST_OWED:
            raise transient_error(
                f"{self.name}: more than {MOST_OWED} objects could not be read: "
                f"{ids_in_words(self.owed, len(self.owed))}. The stream stops here, and the next sync continues from "
                f"its last state. The last one failed with: {error.message}"
            )

    def owe_new(self, listed: set[str], since: str | None = None) -> None:
        """Owe the objects that were not listed last time, from a time on or, without one, from the beginning.

        An empty list does not count: it may be refused, or be that of a caller without rights.
        """
        if self.listed_before is not None:
            self.owed |= dict.fromkeys(listed - self.listed_before, since)
        self.listed_before = listed or self.listed_before

    def forget_deleted(self, listed: Collection[str]) -> None:
        """Forget the objects owed that are not listed any more, because they were deleted; none if the list is empty.

        JSM gives an empty list, and no error, to a caller without rights.
        """
        gone = [identity for identity in self.owed if identity not in listed] if listed else []
        if not gone:
            return
        count, ids = count_in_words(len(gone), self.skips.noun), ids_in_words(gone, len(gone))
        self.logger.warning(NOT_LISTED, self.name, count, ids)
        for identity in gone:
            del self.owed[identity]

    def is_future(self, cursor: int) -> bool:
        """Return whether a cursor is in the future, by the API's clock."""
        return self.context.clock.is_future(cursor - self.cursor_tolerance)

    def _warn_of_wider_key(self) -> None:
        """Warn once that the key may read more than the one with which the state was made."""
        self.context.once.of("wider key", lambda: self.logger.warning(WIDER_KEY))

    def log_earlier_start(self, start_before: int) -> None:
        """Log that rows from before an earlier sync's start date are read."""
        self.logger.info(EARLIER_START, self.name, from_millis(start_before))

    def warn_of_unused_state(self, why: str) -> None:
        """Log that the given state is not used."""
        self.logger.warning("%s: %s: it is not used, and the stream starts from the beginning.", self.name, why)

    def _fault_of(self, state: Mapping[str, Any], own: Fingerprint) -> str:
        """Return a clause that says why a state cannot be used; empty if it can."""
        cursors = self.cursors_of(state)
        known = [cursor for cursor in cursors if cursor is not None]
        if len(known) < len(cursors) or not isinstance(state.get(OWED, {}), dict):
            return "the given state cannot be read"
        given = Fingerprint.parse(state.get(ACCOUNT))
        if self._is_of_predecessor(state):
            names = {"before": self.client.backend.predecessor, "now": self.client.backend.name}
            self.context.once.of("move", lambda: self.logger.info(MOVED, names))
            if ACCOUNT in state and not given.was_read:
                self._warn_of_wider_key()
        elif ACCOUNT in state:
            if given.api and given.api != own.api:
                return f"the given state was not made with {self.client.backend.name}"
            if own.contradicts(given):
                name = self.client.backend.name
                return f"the state belongs to another account, host or site of {name} than the one configured"
            if own.account and not given.was_read:
                self._warn_of_wider_key()
            if given.account and not own.account:
                self.context.once.of("unknown account", lambda: self.logger.info(UNKNOWN_ACCOUNT))
        self.client.prepare()  # the answer has the API's time, if no answer has come before
        latest = max(known, default=0)
        if self.is_future(latest):
            return (
                f"the given state counts everything up to {from_millis(latest)} as read, which by the API's clock is "
                "in the future"
            )
        return ""
