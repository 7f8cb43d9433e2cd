"""Views for people, in the database's main schema: what is asked for without naming a schema.

PyAirbyte writes names in lower case, times without their zone, and columns of its own. A view a stream gives the names
of the documentation, times with their zone and the columns of the rows; further views join what belongs together. A
view is there for each stream, also for one that is skipped: without rows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.files import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archive.store import Store
    from source_opsgenie.streams.base import ApiStream

FOLDER = Path(__file__).parent / "sql" / "views"

TYPES = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "object": "JSON", "array": "JSON"}
TIME = "TIMESTAMPTZ"


def joined() -> dict[str, str]:
    """Return the views that join streams: their SQL by name, which begins with a comment on what they hold."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


def comment_of(sql: str) -> str:
    """Return the words of the comment that a query begins with."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def create(store: Store, streams: Iterable[ApiStream]) -> None:
    """Make all views anew, with a comment on each and on each of its columns."""
    for stream in streams:
        properties = stream.get_json_schema()["properties"]
        store.execute(f"CREATE OR REPLACE VIEW main.{quoted(stream.name)} AS {_select(store, stream.name, properties)}")
        _comment(store, "VIEW", quoted(stream.name), holds(stream))
        for name, prop in properties.items():
            _comment(store, "COLUMN", f"{quoted(stream.name)}.{quoted(name)}", prop.get("description", ""))
    for own in TABLES:
        columns = ", ".join(map(quoted, own.columns))
        store.execute(f"CREATE OR REPLACE VIEW main.{quoted(own.name)} AS SELECT {columns} FROM {own.table}")  # noqa: S608 - our own names
        _comment(store, "VIEW", quoted(own.name), own.holds)
        for name, (_, words) in own.columns.items():
            _comment(store, "COLUMN", f"{quoted(own.name)}.{quoted(name)}", words)
    for name, sql in joined().items():
        store.execute(f"CREATE OR REPLACE VIEW main.{quoted(name)} AS\n{sql}")
        _comment(store, "VIEW", quoted(name), comment_of(sql))


def _comment(store: Store, kind: str, name: str, words: str) -> None:
    store.execute("COMMENT ON {} main.{} IS '{}'".format(kind, name, words.replace("'", "''")))


def _select(store: Store, stream: str, properties: Mapping[str, Any]) -> str:
    kinds = store.columns(stream)
    columns = ", ".join(_column(name, prop, kinds.get(column_of(name))) for name, prop in properties.items())
    return f"SELECT {columns} " + (f"FROM {store.table(stream)}" if kinds else "WHERE false")


def _column(name: str, prop: Mapping[str, Any], kind: str | None) -> str:
    own = quoted(column_of(name))
    if kind is None:
        own = f"CAST(NULL AS {type_of(prop)})"
    elif kind.startswith("TIMESTAMP") and "ZONE" not in kind:
        own += " AT TIME ZONE 'UTC'"
    return f"{own} AS {quoted(name)}"


def type_of(prop: Mapping[str, Any]) -> str:
    """Return the type of a column, by its schema."""
    if prop.get("format") == "date-time":
        return TIME
    types = prop["type"] if isinstance(prop["type"], list) else [prop["type"]]
    return next((TYPES[each] for each in types if each in TYPES), "VARCHAR")


def column_of(name: str) -> str:
    """Return the name that PyAirbyte makes of a field's."""
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def quoted(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def holds(stream: ApiStream) -> str:
    """Say what a stream holds."""
    return " ".join((stream.__doc__ or "").split("\n\n")[0].split())


def described(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield name, type and description of columns, and of what is inside of them."""
    for name, prop in properties.items():
        path, inner = f"{above}{name}", prop
        yield path, type_of(prop) if not above else "", prop.get("description", "")
        while "items" in inner:
            path, inner = f"{path}[]", inner["items"]
        yield from described(inner.get("properties", {}), f"{path}.")
