"""Asks a database, in PyAirbyte's own environment, which has the drivers; uses nothing of this package.

Its argument is `{"database": {"kind": "duckdb" or "postgres", ...}, "statements": [...]}`, where what follows the kind
are the arguments of the cache that PyAirbyte filled; writes the rows of each statement, as objects by column.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

# A session lives in some time zone; it must make no difference to an answer.
TIME_ZONE = "America/New_York"


def open_cursor(database: dict[str, Any]) -> Any:
    """Connect to what PyAirbyte filled, with its schema as the place where tables are looked for."""
    schema = database["schema_name"]
    if database["kind"] == "duckdb":
        import duckdb  # noqa: PLC0415 - the other database's test has no need of it

        cursor = duckdb.connect(database["db_path"]).cursor()
        cursor.execute(f"SET search_path = '{schema}'; SET TimeZone = '{TIME_ZONE}'")
        return cursor
    import psycopg2  # noqa: PLC0415 - as above

    connection = psycopg2.connect(
        host=database["host"],
        port=database["port"],
        user=database["username"],
        password=database["password"],
        dbname=database["database"],
        options=f"-c search_path={schema} -c TimeZone={TIME_ZONE}",
    )
    connection.autocommit = True
    return connection.cursor()


def plain(value: Any) -> Any:
    """Make a value fit for JSON, the same from either driver."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def answer(cursor: Any, statement: str) -> list[dict[str, Any]]:
    """Run a statement and give its rows."""
    cursor.execute(statement)
    if cursor.description is None:
        return []
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, map(plain, row), strict=True)) for row in cursor.fetchall()]


def main() -> None:
    """Answer what the argument asks."""
    asked = json.loads(sys.argv[1])
    with closing(open_cursor(asked["database"])) as cursor:
        json.dump([answer(cursor, statement) for statement in asked["statements"]], sys.stdout)


if __name__ == "__main__":
    main()
