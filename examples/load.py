"""Copies streams of an Opsgenie account into DuckDB or PostgreSQL by PyAirbyte; run again, it copies what changed.

.venv-demo/bin/python examples/load.py config.json opsgenie.duckdb [STREAM ...]
.venv-demo/bin/python examples/load.py config.json postgresql://user@host:5432/database [STREAM ...]

The password of PostgreSQL stands in the address or, where other users of the machine cannot see it, in PGPASSWORD.

The files of logs that PyAirbyte names are removed at the end, unless AIRBYTE_LOGGING_ROOT names a folder for them.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}

# The connector has an environment of its own, made by `make demo`: PyAirbyte's does not hold it.
CONNECTOR = Path(__file__).parents[1] / ".venv" / "bin" / "source-opsgenie"
SCHEMA = "account"
POSTGRES = ("postgresql", "postgres")


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield PyAirbyte a temporary folder that nobody else may enter, and remove it at the end.

    PyAirbyte writes the configuration, with the key, to files that every user of the machine may read. It takes the
    name of the folder from the environment when it is imported.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # by default they would end the program and leave the folder
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as folder:  # of mode 0700
        os.environ["AIRBYTE_TEMP_DIR"] = folder
        os.environ.setdefault("AIRBYTE_LOGGING_ROOT", f"{folder}/logs")
        yield Path(folder)


def write_exactly() -> None:
    """Make PyAirbyte write into PostgreSQL what the schema declares; its way into DuckDB needs nothing of this.

    - It lets pandas guess the types of values from their looks. Texts of 19 digits, such as the offsets of notes, would
      be rounded, so that different rows get the same key; epoch milliseconds in a column named `date` become a date,
      which the table refuses.
    - It leaves values of a column of several types to a driver that does not know JSON.
    - It creates columns for timestamps without their time zone.
    """
    import pandas as pd  # noqa: PLC0415 - of PyAirbyte's environment, as all below
    from airbyte.types import CONVERSION_MAP  # noqa: PLC0415
    from psycopg2.extensions import register_adapter  # noqa: PLC0415
    from psycopg2.extras import Json  # noqa: PLC0415
    from sqlalchemy import TIMESTAMP  # noqa: PLC0415

    class Moment(TIMESTAMP):  # type: ignore[misc]  # its package is not where types are checked
        """A timestamp that says its time zone where PyAirbyte writes a type into the words that create a table."""

        def __str__(self) -> str:
            """Return the type's name in SQL."""
            return "TIMESTAMP WITH TIME ZONE"

    pd.read_json = partial(pd.read_json, dtype=False, convert_dates=False)
    register_adapter(dict, Json)
    register_adapter(list, Json)
    CONVERSION_MAP["timestamp_with_timezone"] = Moment(timezone=True)


def cache_of(address: str, folder: Path) -> Any:  # noqa: ANN401 - PyAirbyte's own
    """Return PyAirbyte's way into a database; `folder` takes the rows on their way there."""
    from airbyte.caches import DuckDBCache, PostgresCache  # noqa: PLC0415 - PyAirbyte reads the environment when imported

    parts = urlsplit(address)
    if parts.scheme not in POSTGRES:
        return DuckDBCache(db_path=address, schema_name=SCHEMA, cache_dir=folder)
    write_exactly()
    for mode in parse_qs(parts.query).get("sslmode", []):
        os.environ["PGSSLMODE"] = mode
    return PostgresCache(
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        username=unquote(parts.username or os.environ.get("PGUSER", "")),
        password=unquote(parts.password or os.environ.get("PGPASSWORD", "")),
        database=unquote(parts.path.removeprefix("/")),
        schema_name=SCHEMA,
        cache_dir=folder,
    )


def shown(address: str) -> str:
    """Return the address of a database without its password."""
    parts = urlsplit(address)
    return address.replace(f":{parts.password}@", "@") if parts.scheme in POSTGRES and parts.password else address


def launcher(folder: Path) -> tuple[Path, Path]:
    """Write the program that PyAirbyte runs as the connector, and name the file in which it notes what is to be told.

    PyAirbyte puts warnings of a connector into a log, beside everything else.
    """
    program, notes = folder / "source-opsgenie", folder / "notes.jsonl"
    command = shlex.join([sys.executable, __file__, "--relay", str(notes), str(CONNECTOR)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o700)
    notes.touch()
    return program, notes


def relay(notes: str, *command: str) -> int:
    """Run the connector, pass its messages on, and note warnings and errors."""
    with subprocess.Popen(command, stdout=subprocess.PIPE) as connector, Path(notes).open("a") as file:  # noqa: S603 - our own program
        for line in connector.stdout or ():
            sys.stdout.buffer.write(line)
            if not line.startswith(b'{"type":"RECORD"'):
                sys.stdout.buffer.flush()
                file.writelines(json.dumps(told) + "\n" for told in [words_of(json.loads(line))] if told)
        sys.stdout.buffer.flush()
    return connector.returncode


def words_of(message: dict[str, Any]) -> list[str]:
    """Return what of a message a user has to hear: whether it is a warning or an error, and its words."""
    if message["type"] == "LOG" and message["log"]["level"] == "WARN":
        return ["Warning", message["log"]["message"]]
    status, trace = message.get("connectionStatus") or {}, message.get("trace") or {}
    if status.get("status") == "FAILED":
        return ["Error", status["message"]]
    return ["Error", trace["error"]["message"]] if trace.get("type") == "ERROR" else []


def tell(notes: Path, kind: str) -> bool:
    """Print what was noted, once each; tell whether there was anything."""
    told = [json.loads(line) for line in notes.read_text().splitlines()]
    words = dict.fromkeys(text for each, text in told if each == kind)
    for text in words:
        print(f"{kind}: {''.join(letter if letter.isprintable() else ' ' for letter in text)}")
    return bool(words)


def report(cache: Any, streams: list[str], address: str) -> None:  # noqa: ANN401 - PyAirbyte's own
    """Print how many rows each table holds now."""
    print(f"\n{'stream':<30}{'rows':>12}")
    with cache.get_sql_engine().connect() as connection:
        for stream in streams:
            sql = f'SELECT count(*) FROM {SCHEMA}."{stream}"'  # noqa: S608 - the connector's own names
            ((rows,),) = connection.exec_driver_sql(sql).fetchall()
            print(f"{stream:<30}{rows:>12,}")
    print(f"\n{shown(address)} holds them in the schema {SCHEMA}.")


def main(config: str, address: str, *streams: str) -> int:
    """Check, read, and say what is in the database. Without names of streams all are read."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    with private_folder() as folder:
        program, notes = launcher(folder)
        try:
            import airbyte  # noqa: PLC0415 - it reads the environment as it is imported

            source = airbyte.get_source(
                "source-opsgenie",
                config=json.loads(Path(config).read_text()),
                local_executable=program,
                install_if_missing=False,
            )
            source.check()
            if streams:
                source.select_streams(list(streams))
            else:
                source.select_all_streams()
            cache = cache_of(address, folder / "rows")
            result = source.read(cache)
            tell(notes, "Warning")
            report(cache, source.get_selected_streams(), address)
        except Exception as error:  # noqa: BLE001 - PyAirbyte, its drivers and the files fail in many ways
            tell(notes, "Warning")
            if not tell(notes, "Error"):
                print(f"Error: {shown(address)} was not filled: {str(error).strip() or type(error).__name__}")
            return 1
        print(f"{result.processed_records:,} rows came in.")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--relay"]:
        sys.exit(relay(*sys.argv[2:]))
    if len(sys.argv) < 3:  # noqa: PLR2004 - the program, the configuration and the database
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
