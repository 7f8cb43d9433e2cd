"""Makes keys for lines that JSM sends without one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from source_opsgenie.http.timestamps import cursor_to_millis

if TYPE_CHECKING:
    from collections import Counter

DIGITS = 16  # of the hash


def key_of(moment: object, content: list[object], equal: Counter[str]) -> str:
    """Return a key for a line of a log: its time in milliseconds, a hash of its content, and its number among equals.

    So a line has the same key when it is read again, whatever the order of the lines and the pages.

    Args:
        moment: the line's time.
        content: what else tells the line from others.
        equal: counts equal lines, one counter for each log.
    """
    millis = cursor_to_millis(moment) if isinstance(moment, str) else None
    if millis is None:
        content = [moment, *content]
    try:
        text = json.dumps(content, sort_keys=True)
    except RecursionError:  # nested deeper than Python's stack reaches
        text = ""
    line = f"{millis or 0}-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
    equal[line] += 1
    return f"{line}-{equal[line] - 1}"
