"""Creates the views of the archive, in DuckDB's default schema, so that queries need not name a schema.

PyAirbyte's tables have names in lower case, times without a time zone, and columns of PyAirbyte's own. The view of a
stream has the API's names, times with a time zone, and the stream's own columns. Further views join streams. A stream
that is skipped has a view without rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from archive.files import TABLES
from archive.plain import plain
from archive.store import Store, escaped, quoted, table
from source_opsgenie.streams.base import ApiStream

FOLDER = Path(__file__).parent / "sql" / "views"

TYPES = {"integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN", "object": "JSON", "array": "JSON"}
TIME = "TIMESTAMPTZ"


def joined_views() -> dict[str, str]:
    """Return the SQL of the views that join streams, by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


def comment_of(sql: str) -> str:
    """Return the text of the comment at the beginning of a query."""
    lines = []
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def create(store: Store, streams: Iterable[ApiStream]) -> None:
    """Create or replace all views, with comments on the views and their columns."""
    store.execute(";\n".join(_statements(store, streams)))  # at once, because they are hundreds


def _statements(store: Store, streams: Iterable[ApiStream]) -> Iterator[str]:
    for stream in streams:
        properties = stream.get_json_schema()["properties"]
        yield f"CREATE OR REPLACE VIEW main.{quoted(stream.name)} AS {_select(store, stream.name, properties)}"
        yield _comment("VIEW", quoted(stream.name), description_of(stream))
        for name, prop in properties.items():
            yield _comment("COLUMN", f"{quoted(stream.name)}.{quoted(name)}", prop.get("description", ""))
    for own in TABLES:
        columns = ", ".join(map(quoted, own.columns))
        yield f"CREATE OR REPLACE VIEW main.{quoted(own.name)} AS SELECT {columns} FROM {own.table}"
        yield _comment("VIEW", quoted(own.name), own.description)
        for name, (_, description) in own.columns.items():
            yield _comment("COLUMN", f"{quoted(own.name)}.{quoted(name)}", description)
    for name, sql in joined_views().items():
        yield f"CREATE OR REPLACE VIEW main.{quoted(name)} AS\n{sql}"
        yield _comment("VIEW", quoted(name), comment_of(sql))


def export_joined(store: Store, folder: Path) -> tuple[list[str], list[str]]:
    """Write the views that join streams and have rows to Parquet files; return their names, and warnings.

    A view may meet a value that DuckDB cannot compute with. The tables do not depend on it, and neither does their
    verification.
    """
    reasons = {name: _export(store, name, folder) for name in joined_views()}
    warnings = [
        f"The view {name} is not in a file of its own, because DuckDB cannot compute it: {why}. The tables are not "
        "affected."
        for name, why in reasons.items()
        if why
    ]
    return [name for name, why in reasons.items() if why == ""], warnings


def _export(store: Store, name: str, folder: Path) -> str | None:
    """Write a view to a Parquet file; return an empty text, None if it has no rows, or why it cannot be computed."""
    import duckdb  # noqa: PLC0415 - in the demo environment only

    try:
        if not store.has_rows(name):
            return None
        store.export(name, folder)
    except (duckdb.DataError, duckdb.ProgrammingError) as error:  # others are about the disk or the memory
        file = folder / f"{name}.parquet"
        for path in (file, file.with_name(f".{file.name}"), folder.with_name("csv") / f"{name}.csv"):
            path.unlink(missing_ok=True)  # of an earlier run, or incomplete
        return plain(str(error).splitlines()[0]).rstrip(".")
    return ""


def _comment(kind: str, name: str, text: str) -> str:
    return f"COMMENT ON {kind} main.{name} IS '{escaped(text)}'"


def _select(store: Store, stream: str, properties: Mapping[str, Any]) -> str:
    kinds = store.columns(stream)
    columns = ", ".join(_column(name, prop, kinds.get(column_of(name))) for name, prop in properties.items())
    return f"SELECT {columns} " + (f"FROM {table(stream)}" if kinds else "WHERE false")


def _column(name: str, prop: Mapping[str, Any], kind: str | None) -> str:
    value = quoted(column_of(name))
    if kind is None:
        value = f"CAST(NULL AS {type_of(prop)})"
    elif kind.startswith("TIMESTAMP") and "ZONE" not in kind:
        value += " AT TIME ZONE 'UTC'"
    return f"{value} AS {quoted(name)}"


def type_of(prop: Mapping[str, Any]) -> str:
    """Return the DuckDB type of a column for its JSON schema."""
    if prop.get("format") == "date-time":
        return TIME
    types = prop["type"] if isinstance(prop["type"], list) else [prop["type"]]
    return next((TYPES[each] for each in types if each in TYPES), "VARCHAR")


def column_of(name: str) -> str:
    """Return the name that PyAirbyte gives to the column of a field."""
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def description_of(stream: ApiStream) -> str:
    """Return the description of a stream, which is the first paragraph of its docstring."""
    return " ".join((stream.__doc__ or "").split("\n\n")[0].split())


def described(properties: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield the name, type and description of each column and of each field nested in it; these have no type."""
    for name, prop in properties.items():
        path, inner = f"{above}{name}", prop
        yield path, type_of(prop) if not above else "", prop.get("description", "")
        while "items" in inner:
            path, inner = f"{path}[]", inner["items"]
        yield from described(inner.get("properties", {}), f"{path}.")
