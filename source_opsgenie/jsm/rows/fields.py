"""Helpers that the translations of several tables share."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from source_opsgenie.http.body import Row
from source_opsgenie.http.timestamps import cursor_to_millis

DIGITS = 16  # of the hash in a key


def renamed(row: Row, names: Mapping[str, str]) -> Row:
    """Return a row with fields renamed, one after another. A field whose new name has a value keeps its old one."""
    made = dict(row)
    for old, new in names.items():
        if old in made and made.get(new) is None:
            made[new] = made.pop(old)
    return made


def fill(row: Row, **columns: object) -> None:
    """Fill the columns that a row lacks. A null counts as absent."""
    row.update({name: value for name, value in columns.items() if row.get(name) is None})


def changed(row: Row, **changes: Callable[[Any], Any]) -> Row:
    """Return a row with the values of some fields translated. A field that it does not have is not added."""
    return {**row, **{name: change(row[name]) for name, change in changes.items() if name in row}}


def is_id_text(value: object) -> bool:
    """Return whether a value can be an id; JSM writes an empty text if there is none."""
    return isinstance(value, str) and value != ""


def each_of(
    translate: Callable[[Any], Any], applies_to: Callable[[object], bool] = lambda value: isinstance(value, dict)
) -> Callable[[Any], Any]:
    """Return a function that translates the objects of a list, or other values, and leaves the rest as received."""

    def translated(values: Any) -> Any:
        if not isinstance(values, list):
            return values
        return [translate(value) if applies_to(value) else value for value in values]

    return translated


def chosen(row: Row, *names: str) -> Row:
    """Return the fields that a row has, of those named."""
    return {name: row[name] for name in names if name in row}


def duration(value: Any, unit: str = "minutes") -> Any:
    """Return a bare number as Opsgenie's object, with the unit that JSM documents."""
    # Python counts a truth value as a number.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"timeAmount": value, "timeUnit": unit} if is_number else value


def lower_case(word: Any) -> Any:
    """Write a word in lower case, as Opsgenie does."""
    return word.lower() if isinstance(word, str) else word


def with_keys(rows: Iterable[Row], key: str, moment: str, content: tuple[str, ...]) -> Iterator[Row]:
    """Add a key to each line of one log, of all its pages, that has none.

    It is the line's time (its `moment`) in milliseconds, a hash of its `content`, and its number among equals. So a
    line has the same key when it is read again, whatever the order of the lines and the pages.
    """
    equal: Counter[str] = Counter()
    for row in rows:
        if row.get(key) is not None:
            yield row
            continue
        line = _line(row.get(moment), [row.get(name) for name in content])
        yield {**row, key: f"{line}-{equal[line]}"}
        equal[line] += 1


def _line(moment: object, content: list[object]) -> str:
    millis = cursor_to_millis(moment) if isinstance(moment, str) else None
    if millis is None:
        content = [moment, *content]
    try:
        text = json.dumps(content, sort_keys=True)
    except RecursionError:  # nested deeper than Python's stack reaches
        text = ""
    return f"{millis or 0}-{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
