"""Records what a stream skipped: objects that were refused or failed, and the reason for the user.

A refusal concerns only the object that was asked for. If one parent or one detail is refused, that one is skipped, and
the others are still asked for. A whole stream is skipped if its own list is refused, or if an answer says that it
applies to every object of the kind and a sample of the other parents agrees (see `SubStream`).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from airbyte_cdk.models import FailureType

from source_opsgenie.http.body import quotable
from source_opsgenie.http.errors import NOT_FOUND, ApiError, RefusedError, config_error

# How many ids a message names; the others are counted. An id is a server's text, usually of some 36 characters.
MOST_NAMED = 20
LONGEST_ID = 100

# When so many objects of a stream have failed, a further one is given up after a few attempts.
MANY_FAILED = 20

# If more objects than this vanished during a sync, the log warns: that is no usual deletion.
MANY_VANISHED = 20

# What is said of objects skipped for one reason: by which stream, how many, why, and which.
NO_ROWS = "%s: the rows of %s were skipped, because %s: %s."
NO_ROWS_OF_ACCOUNT = "%s: the rows of the account itself were skipped, because %s."
NO_ROWS_OF_PARENTS = "%s: %s was skipped, because %s. Only the rows that can be read without its list were read."
DELETED = "%s: %s could not be found (HTTP %d), probably because of deletions during the sync."
NONE_FOUND = (
    "%s: %s could not be found (HTTP %d), and no other was read. Unless this is because of deletions during the "
    "sync, check any proxy between the connector and the API. The next sync asks again for what still exists."
)
NO_DETAILS = (
    "%s: only the list's fields were delivered for %s, because the API refused the call for the single object: %s: %s."
)
FILES_OWED = (
    "%s: the files of %s could not be fetched, because %s: %s. The rows were delivered, and the next sync asks for the "
    "files again."
)
FILES_NOT_OWED = (
    "%s: the files of %s could not be fetched, because %s: %s. The rows were delivered. Only a refresh of the stream, "
    "or a change of the row, asks for the files again."
)


class StreamSkippedError(Exception):
    """A whole stream is skipped: it ends without an error, though it has not read everything."""


@dataclass
class _Group:
    """Objects skipped for one reason; `noun` is what a message calls them."""

    why: str
    noun: str
    count: int = 0
    ids: list[str] = field(default_factory=list)

    def add(self, identity: str) -> None:
        """Count an object, and keep its id while there are few."""
        self.count += 1
        if len(self.ids) < MOST_NAMED:
            self.ids.append(identity)


class Skips:
    """What was refused to one stream, and what failed.

    Only the stream's own thread writes here, in the order of its rows. So the same account leads to the same decisions,
    however many calls are under way at once.

    Attributes:
        answered: whether a call of the stream was answered.
        because: a clause that says why the whole stream was skipped; None if it was not.
        quiet: whether another stream reports a skipped list under its own name.
        failed: the error of each parent whose rows could not be read, by id.
        noun: what messages call the parents, such as users.
    """

    def __init__(self, stream: str, logger: logging.Logger) -> None:
        self._stream = stream
        self._logger = logger
        self.answered = False
        self.because: str | None = None
        self.quiet = False
        self.failed: dict[str, ApiError] = {}
        self.noun = "parents"
        self._account_refused: str | None = None  # why, since the last report
        self._incomplete: dict[str, ApiError] = {}
        self._refusal: RefusedError | None = None  # of the last parent that was refused
        self._groups: dict[tuple[object, ...], _Group] = {}  # by message and reason, since the last report
        self._reported: dict[tuple[object, ...], _Group] = {}
        self._vanished: Counter[str] = Counter()  # by what messages call them
        self._reported_vanished: Counter[str] = Counter()  # those of them that were reported
        self._parent_answered = False  # if the parent was, but had no row, this stream made no call

    @property
    def allow_state(self) -> bool:
        """Return whether the state may move on: not after refusals alone, because then all rows are still owed."""
        return self.answered or self._refusal is None

    @property
    def unread_because(self) -> str | None:
        """Return why nothing was read; None if anything was, or if there was nothing to ask for."""
        return self.because or (None if self.answered or self._refusal is None else self._refusal.why)

    @property
    def refused_parents(self) -> dict[tuple[object, ...], _Group]:
        """Return the parents whose rows were skipped, by reason; without those that were deleted."""
        return {key: group for key, group in {**self._reported, **self._groups}.items() if key[0] is NO_ROWS}

    @property
    def only_refusal(self) -> RefusedError | None:
        """Return the last refusal, if nothing but refusals came."""
        return None if self.answered or self.failed else self._refusal

    @property
    def many_failed(self) -> bool:
        """Return whether so many objects failed that a further one is given up sooner."""
        return len(self.failed) + len(self._incomplete) >= MANY_FAILED

    def skip_stream(self, refusal: RefusedError) -> NoReturn:
        """Skip the stream because its own list is refused.

        Raises:
            StreamSkippedError: no call of the stream was answered before.
            ApiError: the list had begun, and ending it quietly would lose the rest.
        """
        if self.answered:
            raise refused_midway(refusal).named(self._stream)
        self.end(refusal)

    def end(self, refusal: RefusedError) -> NoReturn:
        """Skip the stream, and log it once."""
        if self.because is None and not self.quiet:
            self._logger.warning("%s: the stream is skipped, because %s.", self._stream, refusal.why)
        self.because = refusal.why
        raise StreamSkippedError

    def skip_parent(self, identity: str, refusal: RefusedError) -> None:
        """Skip the rows of one parent. A parent that does not exist any more has no rows, and counts as deleted."""
        if refusal.is_not_found:
            self._refusal = refusal
            self._vanished[self.noun] += 1
        else:
            self.skip_rows(identity, refusal)

    def skip_rows(self, identity: str, refusal: RefusedError) -> None:
        """Skip the rows of one parent whose refusal does not mean that it was deleted."""
        self._refusal = refusal
        self._skip(NO_ROWS, self.noun, identity, refusal)

    def skip_account(self, refusal: RefusedError) -> None:
        """Skip the rows of the account itself, which belong to no parent."""
        self._refusal = refusal
        self._account_refused = f"{refusal.why} (HTTP {refusal.status})"

    def skip_detail(self, identity: str, refusal: RefusedError) -> None:
        """Note that a row keeps only the fields of the list, also if it was deleted after it was listed."""
        self._skip(NO_DETAILS, "rows", identity, refusal)

    def _skip(self, message: str, noun: str, identity: str, refusal: RefusedError) -> None:
        # By status and cause: an API may refuse for several reasons with one status. By the noun, so that the parents
        # of the parent stream (see `inherit`) stay apart from this stream's own.
        group = _Group(f"{refusal.why} (HTTP {refusal.status})", noun)
        self._groups.setdefault((message, noun, refusal.status, refusal.cause), group).add(identity)

    def skip_file(self, identity: str, why: str, grouped_by: Hashable = None, *, is_owed: bool) -> None:
        """Note that a row comes without its file."""
        message = FILES_OWED if is_owed else FILES_NOT_OWED
        self._groups.setdefault((message, grouped_by or why), _Group(why, "rows")).add(identity)

    def fail(self, identity: str, error: ApiError) -> None:
        """Note that the rows of one parent could not be read, or were not found though the parent exists."""
        if _is_not_found(error):
            # If no other is read, no state may pass it, and no table may be replaced.
            self._refusal = RefusedError(NOT_FOUND, str(error.message).rstrip("."))
        self.failed[identity] = error.bare()

    def fail_detail(self, identity: str, error: ApiError) -> None:
        """Note that one row could not be completed."""
        self._incomplete[identity] = error.bare()

    def inherit(self, parent: Skips) -> None:
        """Skip this stream if its parent was skipped, and log it under this stream's name.

        What the parent could not read, or was refused, is missing here, too.

        Raises:
            StreamSkippedError: the parent was skipped.
        """
        self.failed.update(parent.failed)
        self._groups.update(parent.refused_parents)
        self._vanished |= parent._vanished
        self._parent_answered = parent.answered
        if parent.because is None:
            return
        if self.answered:
            self._logger.warning(NO_ROWS_OF_PARENTS, self._stream, parent._stream, parent.because)
        elif self.because is None:
            self.because = parent.because
            self._logger.warning(
                "%s: the stream is skipped, because its parent stream %s was skipped: %s.",
                self._stream,
                parent._stream,
                self.because,
            )
        raise StreamSkippedError

    def report(self) -> None:
        """Log what was skipped since the last report: how many objects, which, and why."""
        if self.because is not None and not self.answered:  # the whole stream is skipped, as the log says
            return
        if not self.answered:  # the stream owes all of its rows, not those of some parents
            self._vanished[self.noun] += sum(map(_is_not_found, self.failed.values()))
            self.failed = {name: error for name, error in self.failed.items() if not _is_not_found(error)}
        vanished, self._reported_vanished = self._vanished - self._reported_vanished, self._vanished.copy()
        account_refused, self._account_refused = self._account_refused, None
        for noun, count in vanished.items():
            answered = self.answered or (noun != self.noun and self._parent_answered)
            self._logger.log(
                logging.INFO if answered and count <= MANY_VANISHED else logging.WARNING,
                DELETED if answered else NONE_FOUND,
                self._stream,
                count_in_words(count, noun),
                NOT_FOUND,
            )
        if account_refused is not None:
            self._logger.warning(NO_ROWS_OF_ACCOUNT, self._stream, account_refused)
        self._report([*self._groups])

    def report_new(self) -> None:
        """Log what was skipped, before a state moves past it: a new reason at once, and again each time it has doubled.

        If the sync ended after that state, nothing else would tell that their rows are missing. All other objects are
        counted until `report`, so that a reason is not repeated with each state.
        """
        before = self._reported
        self._report([key for key, new in self._groups.items() if key not in before or new.count >= before[key].count])

    def _report(self, keys: Iterable[tuple[object, ...]]) -> None:
        for key in keys:
            message, group = key[0], self._groups.pop(key)
            reported = self._reported.setdefault(key, _Group(group.why, group.noun))
            reported.count += group.count
            reported.ids = [*reported.ids, *group.ids][:MOST_NAMED]
            count, ids = count_in_words(group.count, group.noun), ids_in_words(group.ids, group.count)
            self._logger.warning(message, self._stream, count, group.why, ids)

    def raise_failures(self) -> None:
        """End the stream with an error that names the objects that could not be read, if there are any.

        Raises:
            ApiError: at least one object failed.
        """
        failed = {**self._incomplete, **self.failed}
        if not failed:
            return
        errors = list(failed.values())
        kinds = {error.failure_type for error in errors}
        count, ids = count_in_words(len(errors), "objects"), ids_in_words(failed, len(errors))
        raise ApiError(
            f"{self._stream}: {count} could not be read: {ids}. All others were read or skipped. The next sync asks "
            "again for what could not be read. The first failed with: "
            f"{str(errors[0].message).removeprefix(f'{self._stream}: ')}",
            kinds.pop() if len(kinds) == 1 else FailureType.system_error,
        )


def _is_not_found(error: ApiError) -> bool:
    """Return whether the API itself did not find rows. A gateway's page with this status is an error that may pass."""
    return error.status == NOT_FOUND and error.failure_type == FailureType.system_error


def count_in_words(count: int, objects: str) -> str:
    """Return a number of objects in words: "1 user", "15 users"."""
    return f"{count} {objects.removesuffix('s') if count == 1 else objects}"


def refused_midway(refusal: RefusedError) -> ApiError:
    """Make the error of a list that is refused after it had begun."""
    return config_error(
        f"the API refused the list after part of it had been read, because {refusal.why}. Check whether a right, the "
        "plan or the key has changed, and sync again."
    )


def ids_in_words(ids: Iterable[str], count: int) -> str:
    """Return ids for a message, with the number of those that are not named."""
    shown = [quotable(each, LONGEST_ID) for each in list(ids)[:MOST_NAMED]]
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return ", ".join(shown) + more
