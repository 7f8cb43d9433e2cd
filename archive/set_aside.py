"""Values that their columns cannot take: kept in a file of their own, so that one of them costs the rest nothing.

The connector emits rows as they come. PyAirbyte fails with all that a read has brought where a value is not of its
column's type, or where a field has a name that it cannot write in ASCII letters; a field that the schema does not know
it drops without a word.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from archive.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

FILE = "set_aside.jsonl"

UNKNOWN = "the connector's schema does not know the field"

LARGEST_INTEGER = 2**63 - 1
LARGEST_NUMBER = 10**29  # PyAirbyte's numbers have 38 digits, 9 of them behind the point

TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d{1,9})?(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?)?"
)


@dataclass(frozen=True)
class SetAside:
    """A value that is not in its column.

    Attributes:
        key: what of the row's primary key is known.
        why: what is odd about it.
    """

    stream: str
    key: dict[str, Any]
    field: str
    value: Any
    why: str


class Columns:
    """The columns of a stream's table, by its configured schema."""

    def __init__(self, stream: Mapping[str, Any]) -> None:
        self._name: str = stream["name"]
        self._key = [path[0] for path in stream.get("source_defined_primary_key") or []]
        self._checks = {name: _check_of(prop) for name, prop in stream["json_schema"]["properties"].items()}

    def sort(self, row: dict[str, Any]) -> tuple[dict[str, Any], list[SetAside]]:
        """Return what of a row its columns can take, and the rest."""
        odd = [(name, value, why) for name, value in row.items() for why in [self._why(name, value)] if why]
        if not odd:
            return row, []
        fits = {name: None for name, _, why in odd if why != UNKNOWN}
        kept = {name: fits.get(name, value) for name, value in row.items() if name in self._checks}
        kept |= fits
        key = {name: row.get(name) for name in self._key}
        return kept, [SetAside(self._name, key, name, value, why) for name, value, why in odd]

    def _why(self, name: str, value: object) -> str:
        check = self._checks.get(name)
        if check is None:
            return UNKNOWN
        return "" if value is None else check(value)


def _check_of(prop: Mapping[str, Any]) -> Callable[[Any], str]:
    """Return what tells why a value does not fit a column; an empty text where it does."""
    types = set(prop["type"]) if isinstance(prop["type"], list) else {prop["type"]}
    if prop.get("format") == "date-time":
        return _no_time
    for name, check in (("integer", _no_integer), ("number", _no_number), ("boolean", _no_boolean)):
        if name in types:
            return check
    return lambda _: ""  # a text, or JSON: these columns take anything


def _no_time(value: object) -> str:
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return "it is not a time"
    parts = [int(part) for part in re.findall(r"\d+", f"{found['day']} {found['time'] or ''}")]
    hours, minutes = int((found["zone"] or "Z").strip("Z")[:3] or 0), int((found["zone"] or "Z")[3:].strip(":") or 0)
    try:
        # As a moment of UTC it has to be one of the years that every program knows.
        datetime(*parts, tzinfo=timezone(timedelta(hours=hours, minutes=minutes))).astimezone(timezone.utc)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return "it is not a time"
    return ""


def _no_integer(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value // 1:
        return "it is not a whole number"
    return "" if -LARGEST_INTEGER <= value <= LARGEST_INTEGER else "it is too large a number"


def _no_number(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "it is not a number"
    return "" if abs(value) < LARGEST_NUMBER else "it is too large a number"


def _no_boolean(value: object) -> str:
    return "" if isinstance(value, bool) else "it is neither true nor false"


def write(path: Path, values: list[SetAside]) -> None:
    """Add values to the file, which is there only if there are any."""
    if not values:
        return
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(value), ensure_ascii=False, sort_keys=True) + "\n" for value in values)


def settle(path: Path) -> list[str]:
    """Leave each value in the file once, and tell of them: a sentence a field.

    A read that was interrupted is made again, and its last line may be cut off.
    """
    if not path.exists():
        return []
    counts: Counter[tuple[str, str, str]] = Counter()
    unfinished = path.with_name(f".{path.name}")
    with unfinished.open("w", encoding="utf-8") as file:
        for line, value in _once(path):
            file.write(line + "\n")
            counts[value.stream, value.field, value.why] += 1
    unfinished.replace(path)
    return [
        f"{stream}: {count:,} {'value' if count == 1 else 'values'} of '{plain(field)}' "
        f"{'is' if count == 1 else 'are'} not in the table, because {why}; {path.name} holds "
        f"{'it' if count == 1 else 'them'}."
        for (stream, field, why), count in counts.items()
    ]


def _once(path: Path) -> Iterator[tuple[str, SetAside]]:
    seen: set[int] = set()
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                value = SetAside(**json.loads(line))
            except (ValueError, TypeError):
                continue  # it was being written when the run was killed: the row comes again
            if hash(line) not in seen:
                seen.add(hash(line))
                yield line.rstrip("\n"), value
