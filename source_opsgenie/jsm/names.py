"""Reads the names of objects that JSM refers to by id, from lists that are read once a sync."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.rows.names import Names
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from source_opsgenie.jsm.streams.base import JsmStream

logger = logging.getLogger("airbyte")


MISSING = "Names of %s are missing in rows that refer to them: %s"

ALL_NAMES = ("users", "teams", "schedules", "escalations")


class NameLists:
    """Reads each list of names when it is needed first.

    Attributes:
        lists: for each list of names, the stream to read and the column that holds the name.
        known: the names; empty before they are read, and where a list cannot be read.
        failed: the error of each list that could not be read though the token has the right.
        partial: those of them of which only a part is missing, such as the escalations of one team.
    """

    def __init__(self) -> None:
        self.lists: Mapping[str, tuple[JsmStream, str]] = {}
        self.known = Names()
        self.failed: dict[str, ApiError] = {}
        self.partial: set[str] = set()
        self._reading = threading.Lock()
        self._read: set[str] = set()

    def prepare(self, kinds: Iterable[str]) -> None:
        """Read the lists of these names, unless that was done."""
        with self._reading:
            for kind in kinds:
                if kind not in self._read:
                    self.known = Names({**self.known.known, kind: self._names_in(kind, *self.lists[kind])})
                    self._read.add(kind)

    def _names_in(self, kind: str, stream: JsmStream, column: str) -> dict[str, str]:
        found: dict[str, str] = {}
        try:
            with suppress(StreamSkippedError):
                for row in stream.received():
                    identity, name = row.get("id"), row.get(column)
                    if isinstance(identity, str) and isinstance(name, str):
                        found[identity] = name
            for error in stream.skips.failed.values():
                self.partial.add(kind)
                raise error
        except ApiError as error:
            logger.warning(MISSING, kind, error.message)
            self.failed[kind] = error
        if stream.skips.because is not None:
            logger.warning(MISSING, kind, f"{stream.skips.because}.")
        return found
