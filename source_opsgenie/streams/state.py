"""The state of a stream of alerts or incidents: how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from source_opsgenie.http.timestamps import cursor_to_millis, from_millis
from source_opsgenie.streams.checkpointed import START
from source_opsgenie.streams.fingerprint import short_hash

# Keys of the state. `updatedAt` alone is the state of Airbyte's older connectors: everything was read up to then.
UPDATED = "updatedAt"
BACKFILL = "backfill"
QUERY = "query"
FULL_REFRESH = "fullRefresh"
GENERATION = "generation"
SHORT = "short"
COUNTED = "counted"

# The fields that are times, by their keys in a state.
TIMES = {
    UPDATED: "changes_from",
    "createdAt": "created_to",
    "until": "until",
    START: "start",
    "changedSince": "changed_since",
    "countedBefore": "counted_before",
}

RUNNING = "running"
DONE = "done"


@dataclass(frozen=True)
class SyncState:
    """How far a history stream has come. Times are epoch milliseconds.

    Attributes:
        changes_from: changes from this time on are still due; at first, the newest change when the backfill began.
        created_to: the backfill has delivered all rows created before this time.
        done: the backfill is complete.
        until: the backfill ends before this time; later rows were read before (the start date is earlier now).
        start: the start date of what was read; None for all of history.
        query_hash: a short hash of the user's query; None without one.
        full_refresh: the rows read are part of a full refresh, which may continue from here.
        generation: the number by which Airbyte tells that full refresh from others; None if it has none.
        changed_since: the backfill is a sweep, which skips rows that last changed before this time.
        was_short: the last list of changes was shorter than its count, see `after_changes`.
        counted: how many rows the API counted from the start date to `counted_before`; None if it was not asked.
        counted_before: the creation time before which it counted them.
    """

    changes_from: int | None = None
    created_to: int | None = None
    done: bool = False
    until: int | None = None
    start: int | None = None
    query_hash: str | None = None
    full_refresh: bool = False
    generation: int | None = None
    changed_since: int | None = None
    was_short: bool = False
    counted: int | None = None
    counted_before: int | None = None

    @classmethod
    def load(cls, state: Mapping[str, Any]) -> SyncState | None:
        """Read a state; return None if it has nothing usable, or if a part of it cannot be read."""
        if BACKFILL not in state:
            changes_from = cursor_to_millis(state.get(UPDATED))
            return None if changes_from is None else cls(changes_from=changes_from, done=True)
        times = {field: cursor_to_millis(state.get(key)) for key, field in TIMES.items()}
        if any(state.get(key) is not None and times[field] is None for key, field in TIMES.items()):
            return None  # the rest of it might count rows as read that never were
        generation, counted = state.get(GENERATION), state.get(COUNTED)
        if state[BACKFILL] not in (RUNNING, DONE) or not isinstance(state.get(QUERY), str | None):
            return None
        if times["changes_from"] is None and times["created_to"] is not None:
            return None  # it does not say from when on changes are due; this connector writes no such state
        return cls(
            done=state[BACKFILL] == DONE,
            query_hash=state.get(QUERY),
            full_refresh=bool(state.get(FULL_REFRESH)),
            generation=generation if isinstance(generation, int) else None,
            was_short=bool(state.get(SHORT)),
            counted=counted if isinstance(counted, int) else None,
            **times,
        )

    @property
    def cursors(self) -> list[int | None]:
        """Return the times before which rows count as read. A backfill that is done no longer has its own."""
        moments = [self.changes_from, *(() if self.done else (self.created_to, self.changed_since))]
        return [moment for moment in moments if moment is not None]

    def dump(self) -> dict[str, Any]:
        """Write the state: a few hundred bytes, whatever the account's size."""
        times = {key: getattr(self, field) for key, field in TIMES.items()}
        values = {
            **{key: None if time is None else from_millis(time) for key, time in times.items()},
            BACKFILL: DONE if self.done else RUNNING,
            QUERY: self.query_hash,
            FULL_REFRESH: self.full_refresh or None,
            GENERATION: self.generation,
            SHORT: self.was_short or None,
            COUNTED: self.counted,
        }
        return {name: value for name, value in values.items() if value is not None}

    @property
    def continues_earlier(self) -> bool:
        """Return whether a backfill continues what earlier syncs read, or fills a gap before it.

        If so, changes of what they read are due as well.
        """
        return self.created_to is not None or self.until is not None

    @property
    def created_from(self) -> int:
        """Return the creation time from which a backfill reads."""
        return max(self.created_to or 0, self.start or 0)

    def reached(self, created_to: int | None) -> SyncState:
        """Move on to a later creation time, if there is also a time to read changes from: see `finished`."""
        return self if self.changes_from is None else replace(self, created_to=_later(self.created_to, created_to))

    def finished(self) -> SyncState:
        """End the backfill. Without a row in the account, no time is known, so the next sync begins again."""
        return replace(self, done=self.changes_from is not None, until=None, changed_since=None)

    def sweeping(self, since: int, newest: int | None) -> SyncState:
        """Begin a sweep of what changed at `since` or later; changes from `newest` on are read after it.

        Several syncs may read its rows, so none of them can compare the rows that it reads with those counted.
        """
        return replace(self.changed(newest), done=False, created_to=None, until=None, changed_since=since, counted=None)

    def changed(self, changes_from: int | None) -> SyncState:
        """Move on the time from which changes are due."""
        return replace(self, changes_from=_later(self.changes_from, changes_from))

    def after_changes(self, newest: int | None, *, is_short: bool) -> tuple[SyncState, int | None]:
        """Return the state with which changes are read, and the time to move on to: None if it must stay.

        If the list is shorter than its count, the next sync asks for the same changes again. If it is short once more,
        the count may be wrong for good, and must not keep the stream from going on.
        """
        stays = is_short and not self.was_short
        return replace(self, was_short=is_short), None if stays else newest

    def is_part_of(self, generation: int | None) -> bool:
        """Return whether a full refresh of a generation continues from here.

        If Airbyte tries a sync again, streams that were complete have their generation already. Without a number, a
        full refresh that is complete is followed by another one.
        """
        return self.full_refresh and (not self.done if generation is None else self.generation == generation)

    def starting(self, start: int | None) -> SyncState:
        """Return the state for a start date that may differ from that of the last sync.

        If it is earlier, the gap before the old date is read. If it is later, the rows before it are no longer kept up
        to date, so they are read again once it is earlier again. The rows counted were those from the old date on.
        """
        restarted = replace(self, start=start, counted=self.counted if start == self.start else None)
        if self.start is None or (start or 0) >= self.start:
            return restarted
        if self.done:
            return replace(restarted, done=False, created_to=None, until=self.start)
        return replace(restarted, created_to=None, changed_since=None)


def _later(*moments: int | None) -> int | None:
    """Return the latest of the moments that are known; None if none is."""
    return max((moment for moment in moments if moment is not None), default=None)


def hash_of(query: str | None) -> str | None:
    """Return a short hash of a query of any length, to keep in a state."""
    return None if query is None else short_hash(query, 16)
