"""The archive's DuckDB file, and the Parquet files made of it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.not_begun import NotBegunError
from archive.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from typing_extensions import Self

SCHEMA = "account"  # not the name of the file: DuckDB could not tell them apart

# Where a row's own time is, best first; names as PyAirbyte writes them.
TIMES = (
    *("createdat", "eventtime", "createddate", "created", "startdate", "date", "updatedat"),
    *("alert_updatedat", "incident_updatedat"),
)

# When an alert or an incident was created, in epoch milliseconds.
CREATED = "epoch_ms(CAST(createdat AS TIMESTAMPTZ))"

# What the archive itself remembers, beside PyAirbyte's tables.
GONE = f"{SCHEMA}._archive_gone"

# What a spreadsheet knows UTF-8 by.
BOM = b"\xef\xbb\xbf"

# A text that begins so is computed by a spreadsheet, unless an apostrophe stands before it.
FORMULA = r"^[=+\-@\t\r]"
CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"

# How times are written: as the APIs do.
TEXT = "%Y-%m-%dT%H:%M:%S.%gZ"


@dataclass(frozen=True)
class Table:
    """What a table holds.

    Attributes:
        rows: all rows.
        keys: distinct primary keys.
        read: rows that the latest read brought or brought again.
        time: the column of the two times.
        first: earliest time, in text.
        last: latest time, in text.
    """

    rows: int
    keys: int
    read: int
    time: str | None
    first: str | None
    last: str | None


class Store:
    """A DuckDB file that PyAirbyte fills; open for a block, between two reads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Any = None
        self._columns: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Open the file."""
        import duckdb  # noqa: PLC0415 - in the demo environment only

        try:
            self._connection = duckdb.connect(str(self._path))
        except duckdb.Error as error:
            told = plain(str(error).splitlines()[0]).rstrip(".")
            if "lock" in told:
                raise NotBegunError(f"{self._path} is open in another program: close it, and run again.") from None
            raise NotBegunError(
                f"{self._path} is damaged, or is no DuckDB file ({told}). Move it away, and run again: everything is "
                "copied anew. What the last run wrote into the folder parquet is still whole."
            ) from None
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        self._connection.execute(
            f"CREATE TABLE IF NOT EXISTS {GONE} (stream VARCHAR, id VARCHAR, PRIMARY KEY (stream, id))"
        )
        sql = (
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = ? "
            "ORDER BY table_name, ordinal_position"
        )
        for name, column, kind in self.rows(sql, SCHEMA):
            self._columns.setdefault(name, {})[column] = kind
        return self

    def __exit__(self, *_: object) -> None:
        """Close it: while PyAirbyte writes, nobody else may."""
        self._connection.close()

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Ask the database."""
        return list(self._connection.execute(sql, values).fetchall())

    def columns(self, stream: str) -> dict[str, str]:
        """Return the columns of a stream's table with their types; none if there is no table."""
        return self._columns.get(stream, {})

    def count(self, stream: str) -> int:
        """Count the rows of a stream."""
        if not self.columns(stream):
            return 0
        ((count,),) = self.rows(f"SELECT count(*) FROM {table(stream)}")  # noqa: S608 - our own names
        return int(count)

    def settle(self, stream: str, key: str) -> None:
        """Keep the latest of the rows that have one key, which is given as SQL lists columns.

        Rows are appended: PyAirbyte's merge inserts both of two new rows with one key, lets either of two changes of a
        row win, and never finds a row whose key holds a null.
        """
        if not self.columns(stream):
            return
        sql = (
            f"DELETE FROM {table(stream)} WHERE rowid IN (SELECT row FROM (SELECT rowid AS row, row_number() OVER ("  # noqa: S608 - our own names
            f"PARTITION BY {key} ORDER BY _airbyte_extracted_at DESC, rowid DESC) AS place "
            f"FROM {table(stream)}) WHERE place > 1)"
        )
        self._connection.execute(sql)

    def unite(self, stream: str, is_newer: str, content: str) -> None:
        """Drop each row that another kind of row, which a condition tells, says as well.

        Of equal rows as many are dropped as there are of the other kind.
        """
        columns = self.columns(stream)
        if not columns:
            return
        sql = (
            f"DELETE FROM {table(stream)} WHERE rowid IN (SELECT row FROM ("  # noqa: S608 - our own names
            f"SELECT row, newer, bool_or(newer) OVER (PARTITION BY {content}, number) AS is_double FROM ("
            f"SELECT *, row_number() OVER (PARTITION BY {content}, newer ORDER BY row) AS number FROM ("
            f"SELECT *, rowid AS row, coalesce({is_newer}, false) AS newer FROM {table(stream)}))) "
            "WHERE is_double AND NOT newer)"
        )
        self._connection.execute(sql)

    def look(self, stream: str, key: str, since: datetime) -> Table:
        """Return what a stream's table holds."""
        columns = self.columns(stream)
        if not columns:
            return Table(0, 0, 0, None, None, None)
        time = next((name for name in TIMES if name in columns), None)
        moment = instant(time, columns[time]) if time else "NULL"
        sql = (
            f"SELECT count(*), count(DISTINCT row({key})), count(*) FILTER (WHERE _airbyte_extracted_at >= ?), "  # noqa: S608 - our own names
            f"strftime(min({moment}), '{TEXT}'), strftime(max({moment}), '{TEXT}') FROM {table(stream)}"
        )
        ((rows, keys, read, first, last),) = self.rows(sql, since)
        return Table(rows, keys, read, time, first, last)

    def created(self, stream: str, start: int, until: int) -> int:
        """Count the rows created in a range of epoch milliseconds, its end excluded."""
        return int(self._created(stream, "count(*)", start, until)[0][0])

    def ids(self, stream: str, start: int, until: int) -> list[str]:
        """Return the ids of the rows created in a range."""
        return [str(row[0]) for row in self._created(stream, "id", start, until)]

    def absent(self, stream: str, ids: set[str]) -> set[str]:
        """Return those of some ids that no row has."""
        if not ids:
            return ids
        sql = f"SELECT id FROM {table(stream)} WHERE id IN (SELECT unnest(CAST(? AS VARCHAR[])))"  # noqa: S608 - our own names
        return ids - {str(row[0]) for row in self.rows(sql, sorted(ids))}

    def middle(self, stream: str, start: int, until: int) -> int:
        """Return the creation time with as many rows of a range before it as after it; its start for an empty range."""
        ((middle,),) = self._created(stream, f"quantile_disc({CREATED}, 0.5)", start, until)
        return start if middle is None else int(middle)

    def span(self, stream: str) -> tuple[int, int] | None:
        """Return the creation times of the oldest and of the newest row in epoch milliseconds; None without rows."""
        if not self.columns(stream):
            return None
        ((oldest, newest),) = self.rows(f"SELECT min({CREATED}), max({CREATED}) FROM {table(stream)}")  # noqa: S608 - our own names
        return None if oldest is None else (int(oldest), int(newest))

    def gone(self, stream: str, start: int, until: int) -> set[str]:
        """Return the ids of the rows created in a range that are known to be gone from the API."""
        known = "SELECT id FROM " + GONE + " WHERE stream = ?"  # noqa: S608 - our own names
        sql = f"SELECT id FROM {table(stream)} WHERE {CREATED} >= ? AND {CREATED} < ? AND id IN ({known})"  # noqa: S608 - our own names
        return {str(row[0]) for row in self.rows(sql, start, until, stream)}

    def mark_gone(self, stream: str, ids: set[str]) -> None:
        """Remember rows that are gone from the API: the next verification is not to look for them again."""
        with self.at_once():
            for each in sorted(ids):
                self.execute(f"INSERT OR IGNORE INTO {GONE} VALUES (?, ?)", stream, each)  # noqa: S608 - our own names

    def _created(self, stream: str, what: str, start: int, until: int) -> list[Any]:
        sql = f"SELECT {what} FROM {table(stream)} WHERE {CREATED} >= ? AND {CREATED} < ?"  # noqa: S608 - our own names
        return self.rows(sql, start, until)

    def execute(self, sql: str, *values: object) -> None:
        """Run a statement."""
        self._connection.execute(sql, values)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Keep all changes of a block, or none of them."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def table(self, stream: str) -> str:
        """Name a stream's table."""
        return table(stream)

    def export(self, view: str, folder: Path) -> None:
        """Write a view's Parquet file; a file that is there is whole, whatever happens meanwhile."""
        with unfinished(folder / f"{view}.parquet") as path:
            self.execute(f"COPY (FROM main.{quoted(view)}) TO '{literal(path)}' (FORMAT parquet, COMPRESSION zstd)")

    def export_csv(self, view: str, file: Path) -> None:
        """Write a view for a spreadsheet: with the mark by which it knows UTF-8, and nothing that it would compute."""
        described = self.rows(f"DESCRIBE main.{quoted(view)}")
        cells = ", ".join(f"{cell(row[0], row[1])} AS {quoted(row[0])}" for row in described)
        with unfinished(file) as path:
            rows = path.with_suffix(".rows")
            self.execute(f"COPY (SELECT {cells} FROM main.{quoted(view)}) TO '{literal(rows)}' (FORMAT csv, HEADER)")  # noqa: S608 - our own names
            with path.open("wb") as whole, rows.open("rb") as part:
                whole.write(BOM)
                shutil.copyfileobj(part, whole)
            rows.unlink()


@contextmanager
def unfinished(file: Path) -> Iterator[Path]:
    """Yield a path to write to, which takes the place of a file at the end."""
    path = file.with_name(f".{file.name}")
    yield path
    path.replace(file)


def cell(column: str, kind: str) -> str:
    """Write a column as a spreadsheet takes it: times of UTC, and texts that are no formulas."""
    name = quoted(column)
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')"
    if kind in {"VARCHAR", "JSON"}:
        text = f"regexp_replace(CAST({name} AS VARCHAR), '{CONTROLS}', '', 'g')"
        return f"CASE WHEN regexp_matches({text}, '{FORMULA}') THEN chr(39) || {text} ELSE {text} END"
    return name


def instant(column: str, kind: str) -> str:
    """Read a column as a time of UTC. The log files tell theirs in epoch milliseconds."""
    if kind in {"BIGINT", "INTEGER", "DOUBLE", "DECIMAL(38,9)"}:
        return f"epoch_ms(CAST({quoted(column)} AS BIGINT))"
    return f"CAST(CAST({quoted(column)} AS TIMESTAMPTZ) AS TIMESTAMP)"


def table(stream: str) -> str:
    """Name a stream's table."""
    return f"{SCHEMA}.{quoted(stream)}"


def names(columns: Sequence[str]) -> str:
    """Name columns, as PyAirbyte writes them: in lower case."""
    return ", ".join(quoted(column.lower()) for column in columns)


def quoted(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def literal(path: Path) -> str:
    """Write a path between single quotes."""
    return str(path).replace("'", "''")
