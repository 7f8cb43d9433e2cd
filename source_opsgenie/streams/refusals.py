"""What Opsgenie refuses to a stream: when that leaves out a parent, when the whole stream, and what a user is told."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from typing import NoReturn

from source_opsgenie.api.errors import OpsgenieError, config_error

NOT_FOUND = 404

# Answers that hold for a whole stream at once: the plan lacks the feature, the feature is retired.
WHOLE_STATUSES = frozenset({402, 410})

# A right may be missing for one parent only (a team's key). Where parents are many, so many refusals, with never an
# answer between them, say that it is missing for all of them: a million more calls would learn nothing.
ENOUGH_REFUSALS = 10


class RefusedError(Exception):
    """Opsgenie refuses a call softly: the plan, a right or the object is missing. Holds the status and a clause that
    says why.
    """

    def __init__(self, status: int, why: str) -> None:
        self.status = status
        self.why = why
        super().__init__(why)


class StreamRefusedError(Exception):
    """A whole stream is refused softly: it ends here, without an error and without having read everything."""


class Refusals:
    """What one stream was refused. Its user is told at once that the stream is left out, at its end that parents are.

    Several threads call at a time: whoever of them is refused first speaks for all.

    Attributes:
        answered: whether a call of the stream was answered: then it has begun, and no right is missing for all of it.
        left_out_because: a clause that says why the whole stream is left out; None where it is not.
        quiet: say nothing where the stream is left out: another one speaks of that in its own name.
    """

    def __init__(
        self,
        stream: str,
        logger: logging.Logger,
        *,
        whole_statuses: frozenset[int] = WHOLE_STATUSES,
        gives_up: bool = False,
    ) -> None:
        self._stream = stream
        self._logger = logger
        self._whole_statuses = whole_statuses
        self._gives_up = gives_up
        self.answered = False
        self.left_out_because: str | None = None
        self.quiet = False
        self._lock = threading.Lock()
        self._refused = 0  # parents, in all
        self._why: dict[int, str] = {}  # by status
        # Parents since the last report.
        self._left_out: Counter[int] = Counter()  # by status
        self._vanished = 0  # gone when their turn came

    @property
    def allow_state(self) -> bool:
        """Whether a state may go on: with refusals and never an answer, a right is missing and all is still owed."""
        return self.answered or not self._refused

    def leave_out_stream(self, refused: RefusedError) -> NoReturn:
        """Leave out the stream, whose list itself is refused.

        Raises:
            StreamRefusedError: none of its calls was answered before.
            OpsgenieError: the list had begun: to end it quietly here would be to lose the rest.
        """
        if self.answered:
            raise self._in_the_middle(refused)
        self._end(refused)

    def leave_out_parent(self, refused: RefusedError, *, begun: bool) -> None:
        """Leave out what is below a parent; one that vanished meanwhile is a parent without rows, not a refusal.

        Raises:
            StreamRefusedError: what refuses this parent refuses the whole stream.
            OpsgenieError: the list below it had begun: to end it quietly here would be to lose the rest.
        """
        whole = refused.status in self._whole_statuses
        if refused.status == NOT_FOUND and not whole:
            with self._lock:
                self._vanished += 1
            return
        if begun:
            raise self._in_the_middle(refused)
        with self._lock:
            self._refused += 1
            self._left_out[refused.status] += 1
            self._why[refused.status] = refused.why
            given_up = self._gives_up and not self.answered and self._refused >= ENOUGH_REFUSALS
        if whole or given_up:
            self._end(refused)

    def inherit(self, above: Refusals) -> None:
        """Be left out with the list that the stream hangs below, if that is, and say so in the stream's own name."""
        if self.left_out_because is None and above.left_out_because is not None:
            self.left_out_because = above.left_out_because
            self._logger.warning(
                "%s: the stream is left out, because it hangs below %s, and there %s.",
                self._stream,
                above._stream,
                self.left_out_because,
            )

    def report(self) -> None:
        """Say at the end of the stream how many parents were left out since the last report, and why."""
        with self._lock:
            vanished, self._vanished = self._vanished, 0
            left_out, self._left_out = self._left_out, Counter()
        if vanished:
            self._logger.log(
                logging.INFO if self.answered else logging.WARNING,
                "%s: Opsgenie had nothing (any more) for %d parents (HTTP %d).",
                self._stream,
                vanished,
                NOT_FOUND,
            )
        if self.left_out_because is not None:
            return  # that was told, and says it all
        for status, count in left_out.items():
            self._logger.warning(
                "%s: the rows below %d parents are left out, because %s (HTTP %d).",
                self._stream,
                count,
                self._why[status],
                status,
            )

    def _end(self, refused: RefusedError) -> NoReturn:
        with self._lock:
            first = self.left_out_because is None
            self.left_out_because = refused.why
        if first and not self.quiet:
            self._logger.warning("%s: the stream is left out, because %s.", self._stream, refused.why)
        raise StreamRefusedError

    def _in_the_middle(self, refused: RefusedError) -> OpsgenieError:
        return config_error(
            f"{self._stream}: Opsgenie refused to go on in the middle of the list, because {refused.why}."
        )
