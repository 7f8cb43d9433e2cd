"""Writes the pages of columns: for each table of the warehouse what it holds, its columns, and a query to begin with.

Names are those that PyAirbyte gives to tables and columns. Descriptions are those of the record models, and the query
joins a table with the tables that its ids refer to, so that it needs no change when a stream does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import erd

from archive.views import column_of, described, description_of
from source_opsgenie.streams.base import ApiStream

# One page a group of the diagrams, and one for what only JSM Operations has.
FILES = {
    "Alerts": "alerts.md",
    "Incidents and services": "incidents.md",
    "Users": "users.md",
    "Teams and policies": "teams.md",
    "Schedules": "schedules.md",
    "Integrations and the account": "integrations.md",
}
JSM_TITLE, JSM_FILE = "JSM Operations only", "jsm.md"

INTRODUCTION = """\
Made from the code by `docs/generate.py`; do not edit.

Names are those that PyAirbyte gives to tables and columns, in lower case. A column of the type `object` or `array` is
JSON there, and what is inside of it keeps the spelling of the API: `report.ackTime` is read by
`(report ->> 'ackTime')`. Keep the parentheses: in DuckDB, `->>` binds less tightly than `=`. `[]` stands for each entry
of a list. Every column may be empty. *Detail only* marks columns that the API returns only for a single object, not in
its list; JSM Operations has some of them in its list, too.

The queries run in DuckDB and PostgreSQL, after `USE account` or `SET search_path TO account`.

[The diagrams](../erd.md) show how the tables are related, and [the list of streams](../streams.md) says what each of
them costs.
"""

# The columns by which people know a row, the best first.
NAMES = ("name", "message", "fullName", "username", "description")
MOST_COLUMNS = 4  # that a query shows as they are, beside times and names
MOST_ROWS = 20


def pages(streams: Sequence[ApiStream], all_streams: Sequence[ApiStream]) -> dict[str, str]:
    """Write all pages, by file name; `streams` are those of Opsgenie, `all_streams` has JSM's own, too."""
    tables = {stream.name: stream for stream in all_streams}
    own = {stream.name for stream in streams}
    groups = {FILES[title]: (title, drawn) for title, drawn in erd.groups(streams).items()}
    groups[JSM_FILE] = (JSM_TITLE, [stream for stream in all_streams if stream.name not in own])
    return {file: _page(title, group, tables) for file, (title, group) in groups.items()}


def links() -> str:
    """Write links to all pages, as seen from the folder above."""
    files = {**FILES, JSM_TITLE: JSM_FILE}
    return ", ".join(f"[{title}](columns/{file})" for title, file in files.items())


def place_of(streams: Sequence[ApiStream]) -> dict[str, str]:
    """Return the place of each of Opsgenie's streams on these pages, as seen from the folder above."""
    groups = erd.groups(streams).items()
    return {stream.name: f"columns/{FILES[title]}#{stream.name}" for title, drawn in groups for stream in drawn}


def _page(title: str, group: Sequence[ApiStream], tables: Mapping[str, ApiStream]) -> str:
    lines = [f"# Columns: {title}", "", INTRODUCTION]
    lines += [" · ".join(f"[{stream.name}](#{stream.name})" for stream in group), ""]
    for stream in group:
        lines += [f"## {stream.name}", "", description_of(stream), ""]
        lines += [f"Key: {', '.join(f'`{column_of(name)}`' for name in stream.primary_key)}.", ""]
        lines += ["| column | type | description |", "| --- | --- | --- |", *_rows(stream), ""]
        lines += ["```sql", *_query(stream, tables), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def _rows(stream: ApiStream) -> Iterator[str]:
    properties = stream.get_json_schema()["properties"]
    for path, _, words in described(properties):
        kind = erd.type_of(properties[path]) if path in properties else ""
        yield f"| `{erd.in_warehouse(path)}` | {kind} | {words.replace('|', chr(92) + '|')} |"


def _query(stream: ApiStream, tables: Mapping[str, ApiStream]) -> list[str]:
    """Write a query that shows the newest rows of a table, with the names of what they refer to."""
    schema = stream.get_json_schema()["properties"]
    joins = _joins(stream)
    same = next((tables[target] for target, path in joins.items() if path == "id"), None)
    known = same.get_json_schema()["properties"] if same else {}  # the same object, which the other table describes
    names = [name for name in _plain(schema, joins) if known.get(name) != schema[name]][:MOST_COLUMNS]
    at = str(stream.cursor_field) if stream.supports_incremental else _time(schema)
    names += [at] if at and at not in names else []
    selected = [_of(stream, name) for name in names] + [*_inside(stream, schema, joins)]
    if len(selected) == len(names) <= 1:
        selected += [_of(stream, name) for name, prop in schema.items() if erd.type_of(prop) == "array"]
    for target in joins:
        known_by = next((name for name in NAMES if name in tables[target].get_json_schema()["properties"]), "id")
        selected.append(f"{_of(tables[target], known_by)} AS {target}_{column_of(known_by)}")
    order = [f"{_of(stream, at)} DESC"] if at else []
    order += [_of(stream, name) for name in stream.primary_key if name != at]
    return [
        "SELECT",
        *",\n".join(f"  {each}" for each in selected).splitlines(),
        f"FROM {stream.name}",
        *(f"LEFT JOIN {target} ON {_condition(stream, tables[target], path)}" for target, path in joins.items()),
        f"ORDER BY {', '.join(order)}",
        f"LIMIT {MOST_ROWS};",
    ]


def _condition(stream: ApiStream, target: ApiStream, path: str) -> str:
    """Write what a row and the row that it refers to have in common: the whole key, as far as both tables have it."""
    schema = stream.get_json_schema()["properties"]
    both = [name for name in target.primary_key if name != "id" and name in schema]
    equal = [(path, "id"), *((name, name) for name in both)]
    return " AND ".join(f"{_of(target, theirs)} = {_of(stream, ours)}" for ours, theirs in equal)


def _of(stream: ApiStream, path: str) -> str:
    """Write a column of a table, or what is inside of it, in SQL."""
    name, _, inner = path.partition(".")
    column = f"{stream.name}.{column_of(name)}"
    return f"({column} ->> '{inner}')" if inner else column


def _joins(stream: ApiStream) -> dict[str, str]:
    """Return the tables that a row refers to, and the column that holds the id; a list of ids is not joined."""
    joins: dict[str, str] = {}
    for reference in erd.references(stream):
        if not reference.many:
            joins.setdefault(reference.target, reference.column)
    return joins


def _plain(schema: Mapping[str, Any], joins: Mapping[str, str]) -> Iterator[str]:
    """Yield the columns with plain values that Opsgenie fills, without ids."""
    for name, prop in schema.items():
        is_id = name in joins.values() or name.lower().endswith("id")
        if erd.type_of(prop) not in {"object", "array", "timestamp"} and not is_id and not _is_of_jsm(prop):
            yield name


def _time(schema: Mapping[str, Any]) -> str:
    """Return the first column with a time."""
    return next((name for name, prop in schema.items() if erd.type_of(prop) == "timestamp"), "")


def _inside(stream: ApiStream, schema: Mapping[str, Any], joins: Mapping[str, str]) -> Iterator[str]:
    """Yield one value from inside an object, to show how it is read; not of what is joined."""
    joined = {"_parent", *(path.partition(".")[0] for path in joins.values())}
    for name, prop in schema.items():
        for inner, value in prop.get("properties", {}).items():
            if name not in joined and inner != "id" and erd.type_of(value) not in {"object", "array"}:
                yield f"{_of(stream, f'{name}.{inner}')} AS {column_of(name)}_{column_of(inner)}"
                return


def _is_of_jsm(prop: Mapping[str, Any]) -> bool:
    return str(prop.get("description", "")).startswith("JSM Operations only")
