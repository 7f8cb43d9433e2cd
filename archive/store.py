"""The archive's DuckDB file, and the Parquet and CSV files that are exported from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from typing_extensions import Self

from archive import damage
from archive.damage import DamagedError, NotBegunError
from archive.database_error import LOCKED
from archive.paths import replacing
from archive.plain import plain

SCHEMA = "account"  # not the name of the file: DuckDB would take one for the other

# The columns with a row's own time, the preferred ones first, in the spelling of PyAirbyte.
TIMES = (
    *("createdat", "eventtime", "createddate", "created", "startdate", "date", "updatedat"),
    *("alert_updatedat", "incident_updatedat"),
)

# The creation time of an alert or an incident, in epoch milliseconds.
CREATED = "epoch_ms(CAST(createdat AS TIMESTAMPTZ))"

# The latest time that a number may stand for, in epoch milliseconds: the year 5138.
LATEST = 10**14

# The archive's own table of the alerts and incidents that are gone from the API.
GONE = f"{SCHEMA}._archive_gone"

# The byte order mark by which a spreadsheet recognizes UTF-8.
BOM = b"\xef\xbb\xbf"

# A spreadsheet computes a text that begins like this, unless an apostrophe precedes it.
FORMULA = r"^[=+\-@\t\r]"
CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"

# The format of times, which is that of the APIs.
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%gZ"


@dataclass(frozen=True)
class TableSummary:
    """A summary of a table.

    Attributes:
        rows: the number of rows.
        keys: the number of distinct primary keys.
        read: the number of rows that the current run read, whether they are new or not.
        time: the column that `first` and `last` are taken from.
        first: the earliest time, as text.
        last: the latest time, as text.
    """

    rows: int
    keys: int
    read: int
    time: str | None
    first: str | None
    last: str | None


class Store:
    """A DuckDB file that PyAirbyte fills; open within a `with` block only, because PyAirbyte needs it closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: Any = None
        self._columns: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        """Open the file."""
        import duckdb  # noqa: PLC0415 - in the demo environment only

        with self._damage_named():
            self._connection = duckdb.connect(str(self._path))
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

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        """Turn an error of DuckDB into one that says what to do.

        Raises:
            DamagedError: the file is damaged.
            NotBegunError: the file is open in another program, or cannot be read for another reason.
        """
        import duckdb  # noqa: PLC0415 - in the demo environment only

        try:
            yield
        except duckdb.Error as error:
            reason = plain(str(error).splitlines()[0]).rstrip(".")
            if LOCKED in reason:
                raise NotBegunError(f"{self._path} is open in another program: close it, and run again.") from None
            if any(sign in reason for sign in damage.SIGNS):
                raise DamagedError(damage.explanation(self._path, reason)) from None
            raise NotBegunError(f"{self._path} cannot be read: {reason}.") from None

    def check(self) -> None:
        """Read every value of every table, so that nothing is added to a file that is damaged somewhere.

        Raises:
            DamagedError: a value cannot be read.
        """
        with self._damage_named():
            for name in self._columns:
                self.rows(f"SELECT max(hash(each)) FROM {table(name)} AS each")

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._connection.close()

    def rows(self, sql: str, *values: object) -> list[Any]:
        """Run a query, and return its rows."""
        return list(self._connection.execute(sql, values).fetchall())

    def columns(self, stream: str) -> dict[str, str]:
        """Return the columns of a stream's table with their types; an empty dictionary if there is no table."""
        return self._columns.get(stream, {})

    def has_state(self, stream: str) -> bool:
        """Return whether a state of a stream is saved."""
        sql = f"SELECT 1 FROM {table('_airbyte_state')} WHERE stream_name = ? LIMIT 1"
        return bool(self.columns("_airbyte_state") and self.rows(sql, stream))

    def count(self, stream: str) -> int:
        """Count the rows of a stream."""
        if not self.columns(stream):
            return 0
        ((count,),) = self.rows(f"SELECT count(*) FROM {table(stream)}")
        return int(count)

    def keep_latest(self, stream: str, key: str, since: datetime | None) -> None:
        """Keep only the latest row of each key.

        The latest is the one that was inserted last, because PyAirbyte appends rows in the order in which they were
        read. The column `_airbyte_extracted_at` may be wrong: this machine's clock may have been ahead in an earlier
        run.

        If a list has several rows with the same key and different contents, none of them is a later state of another
        one, so all of them are kept.

        This replaces PyAirbyte's merge, which inserts both of two new rows with the same key, keeps an arbitrary one of
        two changes of a row, and never finds a row whose key contains a null.

        Args:
            stream: the stream.
            key: an SQL list of columns.
            since: when the current run began to read a stream as one list; None for a stream of changes.
        """
        if not self.columns(stream):
            return
        listed = "false" if since is None else "_airbyte_extracted_at BETWEEN CAST(? AS TIMESTAMPTZ) AND now()"
        content = f"row({content_of(self.columns(stream))})" if since else "NULL"
        sql = (
            f"DELETE FROM {table(stream)} WHERE rowid IN (SELECT row FROM (SELECT rowid AS row, {listed} AS is_listed, "
            f"row_number() OVER (PARTITION BY {key} ORDER BY rowid DESC) AS place, "
            f"row_number() OVER (PARTITION BY {key}, {content} ORDER BY rowid DESC) AS copy "
            f"FROM {table(stream)}) WHERE copy > 1 OR (place > 1 AND NOT is_listed))"
        )
        self.execute(sql, *([] if since is None else [since]))

    def remove_older_copies(self, stream: str, is_newer: str, content: str) -> None:
        """Remove each older row for which there is a newer row with the same content.

        Each newer row replaces one older row, so several equal rows are not reduced to one.

        Args:
            stream: the stream.
            is_newer: an SQL condition that is true for newer rows.
            content: an SQL list of the columns to compare.
        """
        columns = self.columns(stream)
        if not columns:
            return
        sql = (
            f"DELETE FROM {table(stream)} WHERE rowid IN (SELECT row FROM ("
            f"SELECT row, newer, bool_or(newer) OVER (PARTITION BY {content}, number) AS is_double FROM ("
            f"SELECT *, row_number() OVER (PARTITION BY {content}, newer ORDER BY row) AS number FROM ("
            f"SELECT *, rowid AS row, coalesce({is_newer}, false) AS newer FROM {table(stream)}))) "
            "WHERE is_double AND NOT newer)"
        )
        self.execute(sql)

    def summarize(self, stream: str, key: str, since: datetime) -> TableSummary:
        """Summarize a stream's table; `since` is when the current run began to read it."""
        columns = self.columns(stream)
        if not columns:
            return TableSummary(0, 0, 0, None, None, None)
        time = next((name for name in TIMES if name in columns), None)
        moment = instant(time, columns[time]) if time else "NULL"
        sql = (
            f"SELECT count(*), count(DISTINCT row({key})), count(*) FILTER (WHERE _airbyte_extracted_at >= ?), "
            f"strftime(min({moment}), '{TIME_FORMAT}'), strftime(max({moment}), '{TIME_FORMAT}') FROM {table(stream)}"
        )
        ((rows, keys, read, first, last),) = self.rows(sql, since)
        return TableSummary(rows, keys, read, time, first, last)

    def count_created(self, stream: str, start: int, until: int) -> int:
        """Count the rows created in a period of epoch milliseconds, without its end."""
        return int(self._created(stream, "count(*)", start, until)[0][0])

    def ids(self, stream: str, start: int, until: int) -> set[str]:
        """Return the ids of the rows created in a period."""
        return {str(identity) for (identity,) in self._created(stream, "id", start, until)}

    def ids_read(self, stream: str, since: datetime) -> set[str]:
        """Return the ids of the rows that the current run read; `since` is when it began to read them."""
        sql = f"SELECT id FROM {table(stream)} WHERE _airbyte_extracted_at >= ?"
        return self._ids(sql, since) if self.columns(stream) else set()

    def missing(self, stream: str, ids: set[str]) -> set[str]:
        """Return the given ids for which there is no row."""
        if not ids:
            return ids
        sql = f"SELECT id FROM {table(stream)} WHERE id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
        return ids - self._ids(sql, sorted(ids))

    def middle(self, stream: str, start: int, until: int) -> int:
        """Return the median creation time of the rows in a period; the period's start if it has no rows."""
        ((middle,),) = self._created(stream, f"quantile_disc({CREATED}, 0.5)", start, until)
        return start if middle is None else int(middle)

    def span(self, stream: str) -> tuple[int, int] | None:
        """Return the creation times of the oldest and the newest row, in epoch milliseconds; None without rows."""
        if not self.columns(stream):
            return None
        ((oldest, newest),) = self.rows(f"SELECT min({CREATED}), max({CREATED}) FROM {table(stream)}")
        return None if oldest is None else (int(oldest), int(newest))

    def gone(self, stream: str, start: int, until: int) -> set[str]:
        """Return the ids of the rows created in a period that are known to be gone from the API."""
        known = "SELECT id FROM " + GONE + " WHERE stream = ?"
        sql = f"SELECT id FROM {table(stream)} WHERE {CREATED} >= ? AND {CREATED} < ? AND id IN ({known})"
        return self._ids(sql, start, until, stream)

    def mark_gone(self, stream: str, ids: set[str]) -> None:
        """Remember rows that are gone from the API, so that the next verification need not find them again."""
        self.execute(f"INSERT OR IGNORE INTO {GONE} SELECT ?, unnest(CAST(? AS VARCHAR[]))", stream, sorted(ids))

    def _ids(self, sql: str, *values: object) -> set[str]:
        return {str(identity) for (identity,) in self.rows(sql, *values)}

    def _created(self, stream: str, selected: str, start: int, until: int) -> list[Any]:
        sql = f"SELECT {selected} FROM {table(stream)} WHERE {CREATED} >= ? AND {CREATED} < ?"
        return self.rows(sql, start, until)

    def insert_pairs(self, name: str, pairs: Mapping[str, object]) -> None:
        """Insert rows of two columns into a table, or replace those with the same first column."""
        sql = f"INSERT OR REPLACE INTO {name} SELECT unnest(?), unnest(?)"
        self.execute(sql, [*pairs], [*pairs.values()])

    def execute(self, sql: str, *values: object) -> None:
        """Run a statement."""
        self._connection.execute(sql, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run a `with` block in a transaction."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def has_rows(self, view: str) -> bool:
        """Return whether a view has any row."""
        return bool(self.rows(f"SELECT 1 FROM main.{quoted(view)} LIMIT 1"))

    def export(self, view: str, folder: Path) -> None:
        """Write a view to a Parquet file."""
        with replacing(folder / f"{view}.parquet") as path:
            self.execute(f"COPY (FROM main.{quoted(view)}) TO '{escaped(path)}' (FORMAT parquet, COMPRESSION zstd)")

    def export_csv(self, view: str, file: Path) -> None:
        """Write a view to a CSV file for a spreadsheet: with a byte order mark, and without formulas."""
        described = self.rows(f"DESCRIBE main.{quoted(view)}")
        cells = ", ".join(f"{cell(row[0], row[1])} AS {quoted(row[0])}" for row in described)
        with replacing(file) as path:
            rows = path.with_suffix(".rows")
            self.execute(f"COPY (SELECT {cells} FROM main.{quoted(view)}) TO '{escaped(rows)}' (FORMAT csv, HEADER)")
            with path.open("wb") as whole, rows.open("rb") as part:
                whole.write(BOM)
                shutil.copyfileobj(part, whole)
            rows.unlink()


def cell(column: str, kind: str) -> str:
    """Return a column for a spreadsheet, in SQL: times in UTC to the second, and texts that are no formulas."""
    name = quoted(column)
    if kind.startswith("TIMESTAMP"):
        return f"strftime({name} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')"
    if kind in {"VARCHAR", "JSON"}:
        text = f"regexp_replace(CAST({name} AS VARCHAR), '{CONTROLS}', '', 'g')"
        return f"CASE WHEN regexp_matches({text}, '{FORMULA}') THEN chr(39) || {text} ELSE {text} END"
    if kind.startswith("DECIMAL"):
        return f"CAST({name} AS DOUBLE)"  # without nine zeros after the point
    return name


def instant(column: str, kind: str) -> str:
    """Return a column as a time in UTC, in SQL; the times of log files are numbers, in epoch milliseconds.

    A number that is no plausible time counts as null.
    """
    if kind in {"BIGINT", "INTEGER", "DOUBLE", "DECIMAL(38,9)"}:
        number = quoted(column)
        return f"epoch_ms(CAST(CASE WHEN {number} BETWEEN 0 AND {LATEST} THEN {number} END AS BIGINT))"
    return f"CAST(CAST({quoted(column)} AS TIMESTAMPTZ) AS TIMESTAMP)"


def table(stream: str) -> str:
    """Return the name of a stream's table, in SQL."""
    return f"{SCHEMA}.{quoted(stream)}"


def content_of(columns: Iterable[str]) -> str:
    """Return an SQL list of a table's columns, without those that PyAirbyte adds."""
    return ", ".join(quoted(name) for name in columns if not name.startswith("_airbyte_"))


def names(columns: Sequence[str]) -> str:
    """Return an SQL list of columns, in lower case as PyAirbyte writes them."""
    return ", ".join(quoted(column.lower()) for column in columns)


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def escaped(text: object) -> str:
    """Escape a text that is written between single quotes in SQL."""
    return str(text).replace("'", "''")
