"""Keeps a list that several streams need, so that it is read once a sync."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from source_opsgenie.http.errors import ApiError
from source_opsgenie.streams.skips import StreamSkippedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from source_opsgenie.http.body import Row


class RowCache:
    """The rows of a list that other streams need, read once a sync by the stream that needs them first.

    It does not depend on a state, so it never lacks rows that earlier syncs have read.
    """

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._rows: list[Row] | None = None
        self._error: ApiError | None = None

    @property
    def size(self) -> int | None:
        """Return how many rows there are; None before they have been read."""
        return None if self._rows is None else len(self._rows)

    def rows(self, read: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        """Yield the rows; after the first time, from memory."""
        with self._reading:
            if self._rows is None:
                if self._error is not None:
                    raise self._error  # another stream has already retried for long enough
                rows: list[Row] = []
                try:
                    with suppress(StreamSkippedError):
                        rows.extend(read())
                except ApiError as error:
                    self._error = error
                    raise
                self._rows = rows
        yield from self._rows
