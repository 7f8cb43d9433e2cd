"""Writes values that do not fit their columns to a file, so that the rest of the row can be saved.

The connector emits rows as it receives them. PyAirbyte loses a whole read if one value does not fit the type of its
column, or if it cannot write the name of a field in ASCII letters. It silently drops fields that are not in the schema,
and the offsets of times from UTC.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.paths import replacing
from archive.plain import plain
from archive.report.formatting import quantity
from archive.times import in_utc, rewritten, time_columns

FILE = "set_aside.jsonl"

# The standard library reads and writes JSON by recursion, and the connector emits up to a thousand levels. The relay
# writes such values into the file, and the archive reads them.
RECURSION_LIMIT = 3000
sys.setrecursionlimit(RECURSION_LIMIT)

UNKNOWN = "the connector's schema does not contain the field"

SMALLEST_INTEGER, LARGEST_INTEGER = -(2**63), 2**63 - 1
LARGEST_IN_JSON = 2**64 - 1
MOST_LEVELS = 100  # PyAirbyte drops a line that is nested about 200 levels deep, as if it were no message
LARGEST_NUMBER = 10**29  # PyAirbyte's numbers have 38 digits, 9 of them after the decimal point


@dataclass(frozen=True)
class SetAside:
    """A value that does not fit its column.

    Attributes:
        stream: the stream of the row.
        key: the row's primary key.
        field: the name of the field.
        value: the value.
        why: the reason, as a clause.
    """

    stream: str
    key: dict[str, Any]
    field: str
    value: Any
    why: str


class Columns:
    """The columns of a stream's table, according to its schema in the catalog."""

    def __init__(self, stream: Mapping[str, Any]) -> None:
        self._name: str = stream["name"]
        self._key = [path[0] for path in stream.get("source_defined_primary_key") or []]
        self._checks = {name: _check_of(prop) for name, prop in stream["json_schema"]["properties"].items()}
        self._times = time_columns(stream["json_schema"])

    def split(self, row: dict[str, Any]) -> tuple[dict[str, Any], list[SetAside]]:
        """Return a row with nulls for values that do not fit and without unknown fields, and these values.

        Its times are in UTC. If nothing changes, it is the same object.
        """
        misfits = [
            SetAside(self._name, {column: row.get(column) for column in self._key}, name, value, why)
            for name, value in row.items()
            for why in [self._why(name, value)]
            if why
        ]
        times = rewritten(row, self._times)
        if not misfits:
            return (row | times if times else row), []
        kept = {name: value for name, value in row.items() if name in self._checks}
        return kept | times | {each.field: None for each in misfits if each.why != UNKNOWN}, misfits

    def _why(self, name: str, value: object) -> str:
        check = self._checks.get(name)
        if check is None:
            return UNKNOWN
        return "" if value is None else check(value)


def _check_of(prop: Mapping[str, Any]) -> Callable[[Any], str]:
    """Return a function that returns why a value does not fit a column; an empty text if it fits."""
    types = set(prop["type"]) if isinstance(prop["type"], list) else {prop["type"]}
    if prop.get("format") == "date-time":
        return _check_time
    for name, check in (("integer", _check_integer), ("number", _check_number), ("boolean", _check_boolean)):
        if name in types:
            return check
    return _check_inside  # a text or JSON: such a column accepts any other value


def _check_time(value: object) -> str:
    return "" if isinstance(value, str) and in_utc(value) else "it is not a time"


def _check_integer(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value // 1:
        return "it is not a whole number"
    return "" if SMALLEST_INTEGER <= value <= LARGEST_INTEGER else "the number is too large"


def _check_number(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "it is not a number"
    return "" if abs(value) < LARGEST_NUMBER else "the number is too large"


def _check_boolean(value: object) -> str:
    return "" if isinstance(value, bool) else "it is neither true nor false"


def _check_inside(value: object) -> str:
    """Check the depth of a value, and the numbers in it: PyAirbyte rounds whole numbers beyond 64 bits."""
    values = [(value, 0)]
    while values:
        each, depth = values.pop()
        if depth > MOST_LEVELS:
            return "it is nested too deeply"
        if isinstance(each, dict | list):
            values += [(inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)]
        elif isinstance(each, int) and not SMALLEST_INTEGER <= each <= LARGEST_IN_JSON:
            return "a number in it is too large"
    return ""


def write(path: Path, values: list[SetAside]) -> None:
    """Append values to the file; without values, do not create it."""
    if not values:
        return
    lines = [json.dumps(vars(value), ensure_ascii=False, sort_keys=True) + "\n" for value in values]
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read() != b"\n":  # a killed run left an incomplete line
                file.write(b"\n")
        file.writelines(line.encode() for line in lines)


def compact(path: Path) -> list[str]:
    """Remove duplicate and incomplete lines from the file, and return a warning for each field.

    An interrupted read is repeated, so its values come again, and its last line may be incomplete.
    """
    if not path.exists():
        return []
    counts: Counter[tuple[str, str, str]] = Counter()
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8") as file:
        for line, value in _distinct(path):
            file.write(line + "\n")
            counts[value.stream, value.field, value.why] += 1
    return [
        f"{stream}: {quantity(count, 'value')} of '{plain(field)}' {'is' if count == 1 else 'are'} not in the table, "
        f"because {why}; {'it is' if count == 1 else 'they are'} in {path.name}."
        for (stream, field, why), count in counts.items()
    ]


def _distinct(path: Path) -> Iterator[tuple[str, SetAside]]:
    seen: set[int] = set()
    with path.open(encoding="utf-8", errors="replace") as file:  # a line may end within a character
        for line in file:
            try:
                value = SetAside(**json.loads(line))
            except (ValueError, TypeError):
                continue  # the run was killed while it wrote this line; the row comes again
            if hash(line) not in seen:
                seen.add(hash(line))
                yield line.rstrip("\n"), value
