"""Makes keys for lines that JSM sends without one."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from source_opsgenie.http.timestamps import cursor_to_millis

DIGITS = 16  # of the hash


class Keys:
    """Makes keys for the lines of one log from their content, so that a line has the same key when it is read again.

    A key does not depend on the order of the lines or on pages. Only equal lines are numbered.
    """

    def __init__(self) -> None:
        self._equal: Counter[str] = Counter()

    def of(self, moment: object, content: list[object]) -> str:
        """Return a line's key: its time in milliseconds, a hash of its content, and its number among equal lines."""
        millis = cursor_to_millis(moment) if isinstance(moment, str) else None
        if millis is None:
            content = [moment, *content]
        try:
            text = json.dumps(content, sort_keys=True)
        except RecursionError:  # nested deeper than Python's stack reaches
            text = ""
        line = f"{millis or 0}-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
        self._equal[line] += 1
        return f"{line}-{self._equal[line] - 1}"
