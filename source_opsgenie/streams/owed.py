"""Remembers objects whose rows could not be read: the state keeps their ids, and the next sync asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airbyte_cdk.models import FailureType

from source_opsgenie.http.errors import ApiError, transient_error
from source_opsgenie.http.timestamps import to_millis
from source_opsgenie.streams.skips import ids_in_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

OWED = "owed"  # the key in the state

# With more than this because of errors that may pass, the stream stops: the next sync will most likely get further.
MOST_OWED = 20

# Errors that last (HTTP 400, 422) would come again, so they must not keep the stream from what follows. The state keeps
# about 70 bytes for each object.
MOST_LASTING = 2_000


class Owed:
    """The objects whose rows a stream still owes, each with the time to go on from, as text."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._since: dict[str, str | None] = {}
        self._passing: set[str] = set()  # the objects whose error may pass

    def load(self, owed: Mapping[str, str | None]) -> None:
        """Take what earlier syncs owe."""
        self._since = dict(owed)
        self._passing = set()

    def dump(self) -> dict[str, str | None]:
        """Return what is owed."""
        return dict(self._since)

    def __len__(self) -> int:
        """Return how many objects are owed."""
        return len(self._since)

    def __contains__(self, identity: str) -> bool:
        """Return whether an object is owed."""
        return identity in self._since

    def settle(self, identity: str, since: str | None, error: ApiError | None) -> None:
        """Note that an object was read, or that it is owed because of an error.

        An object that was owed before keeps its time.

        Raises:
            ApiError: more are owed than the state keeps.
        """
        self._passing.discard(identity)
        if error is None:
            self._since.pop(identity, None)
            return
        self._since.setdefault(identity, since)
        if error.failure_type == FailureType.transient_error:
            self._passing.add(identity)
        most = MOST_OWED if len(self._passing) > MOST_OWED else MOST_LASTING
        if most == MOST_OWED or len(self._since) > MOST_LASTING:
            raise transient_error(
                f"{self._stream}: more than {most} objects could not be read: "
                f"{ids_in_words(self._since, len(self._since))}. The stream stops here, and the next sync goes on from "
                f"its last state. The last one failed with: {error.message}"
            )

    def keep_only(self, listed: Collection[str]) -> int:
        """Forget the objects that are not listed any more, because they were deleted, and return their number."""
        gone = [identity for identity in self._since if identity not in listed]
        for identity in gone:
            self.settle(identity, None, None)
        return len(gone)


def owed_in(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Read what a state owes. An object whose time cannot be read is owed from the beginning."""
    return {name: since if to_millis(since) is not None else None for name, since in texts_in(state).items()}


def texts_in(state: Mapping[str, Any]) -> dict[str, str | None]:
    """Read what a state owes if it keeps texts other than times; a value that is not a text becomes None."""
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
