"""The names of what JSM refers to by id, from lists that are read once a sync."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from source_opsgenie.http.errors import ApiError
from source_opsgenie.jsm.rows.names import Names
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from source_opsgenie.jsm.streams.base import JsmStream

logger = logging.getLogger("airbyte")


class NameLists:
    """Reads names when they are needed first.

    Attributes:
        lists: the streams to read, by the field of `Names`, each with the columns of id and name.
        known: the names; empty before they are read, and where a list cannot be read.
        failed: the errors of the lists that could not be read, though the token may.
    """

    def __init__(self) -> None:
        self.lists: Mapping[str, tuple[JsmStream, str, str]] = {}
        self.known = Names()
        self.failed: dict[str, ApiError] = {}
        self._reading = threading.Lock()
        self._is_read = False

    def prepare(self) -> None:
        """Read the lists, unless that was done."""
        with self._reading:
            if not self._is_read:
                self.known = Names(**{kind: self._read(kind, *each) for kind, each in self.lists.items()})
                self._is_read = True

    def _read(self, kind: str, stream: JsmStream, identity: str, name: str) -> dict[str, str]:
        found: dict[str, Any] = {}
        try:
            with suppress(StreamSkippedError):
                found.update({row[identity]: row[name] for row in stream.received() if identity in row and name in row})
        except ApiError as error:
            logger.warning("The names of %s are missing in rows that refer to them: %s", kind, error.message)
            self.failed[f"the names of {kind}"] = error
        return {key: value for key, value in found.items() if isinstance(key, str) and isinstance(value, str)}
