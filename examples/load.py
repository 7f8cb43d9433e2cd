"""Copies streams of an Opsgenie account into DuckDB or PostgreSQL with PyAirbyte; a later run copies what has changed.

.venv-demo/bin/python examples/load.py config.json opsgenie.duckdb [STREAM ...]
.venv-demo/bin/python examples/load.py config.json postgresql://user@host:5432/database [STREAM ...]

Write the password of PostgreSQL into the address or into the variable PGPASSWORD, which other users cannot see.

The exit code is 0 if everything was copied that the key can read, 1 after an error, and 128 plus the number of the
signal if the program was stopped. Lines that begin with "Warning: " name what the key cannot read.

PyAirbyte's log files are removed at the end, unless AIRBYTE_LOGGING_ROOT names a folder for them.
"""

from __future__ import annotations

import atexit
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT))  # this program may be run from any folder

from archive.database_error import reason_of  # noqa: E402 - found through the line above
from archive.times import rewritten, time_columns  # noqa: E402 - likewise

# Disables PyAirbyte's telemetry, and its search for the connector in a registry.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}

# `make demo` installs the connector in an environment of its own, separate from PyAirbyte's.
CONNECTOR = ROOT / ".venv" / "bin" / "source-opsgenie"
SCHEMA = "account"
STOPPED = (
    "The copy was stopped. Run it again: it continues from the last read that ended, and updates rows that are in the "
    "database."
)
STOPPED_BY: list[int] = []  # signals
# The CDK writes the rows that orjson refuses, such as those with whole numbers beyond 64 bits, with blanks.
RECORD = (b'{"type":"RECORD"', b'{"type": "RECORD"')
POSTGRES = ("postgresql://", "postgres://")


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give PyAirbyte a temporary folder that no other user can enter, and remove it at the end.

    PyAirbyte writes the configuration, with the key, to files that every user of the machine can read. It reads the
    name of the folder from the environment when it is imported.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` sets it
            signal.signal(number, stop)
    with tempfile.TemporaryDirectory() as folder:  # of mode 0700
        os.environ["AIRBYTE_TEMP_DIR"] = folder
        os.environ.setdefault("AIRBYTE_LOGGING_ROOT", f"{folder}/logs")
        try:
            yield Path(folder)
        finally:
            if STOPPED_BY:
                # At exit, because PyAirbyte's view of the progress is still on the screen.
                atexit.register(print, f"\n{STOPPED}")
                sys.exit(128 + STOPPED_BY[0])


def stop(number: int, _: object) -> None:
    """End the program. Its number is kept, because DuckDB turns the exception into an error of its own."""
    STOPPED_BY.append(number)
    sys.exit()


def check_address(address: str) -> None:
    """End the program if no database can be at an address. It is not printed, because it may contain a password."""
    scheme, is_url, _ = address.partition("://")
    if not is_url:
        if not Path(address).parent.is_dir():  # PyAirbyte would create it
            sys.exit("Error: the folder of the DuckDB file does not exist: create it, or correct the path.")
        if "?" in str(Path(address).resolve()):  # PyAirbyte makes an address of it, in which a "?" begins the options
            sys.exit("Error: the path of the DuckDB file contains a '?': choose another one.")
    elif not address.startswith(POSTGRES):
        sys.exit(
            f"Error: '{scheme}' is not supported: write an address such as postgresql://user@host:5432/database, or "
            "the path of a DuckDB file."
        )
    else:
        try:
            parts = urlsplit(address)
            port = parts.port  # fails if it is no number
            is_clear = port != 0 and "@" not in parts.path + parts.query + parts.fragment
        except ValueError:
            is_clear = False
        if not is_clear:
            sys.exit(
                "Error: the address of PostgreSQL cannot be read. If its password contains characters such as / ? # "
                "or @, write it into the variable PGPASSWORD instead."
            )


def read_config(path: str) -> dict[str, Any]:
    """Read the configuration file; end the program if it cannot be used."""
    if path.lstrip().startswith("{"):  # it is not printed, because it may contain the key
        sys.exit("Error: the command line contains the configuration itself: give the path of a file instead.")
    config, where = None, ""
    try:
        config = json.loads(Path(path).read_bytes())
    except OSError as error:
        sys.exit(f"Error: the configuration file {path} cannot be read: {error.strerror}.")
    except json.JSONDecodeError as error:
        where = f" ({error.msg}: line {error.lineno}, column {error.colno})"
    except ValueError:  # no text at all
        pass
    if not isinstance(config, dict):
        sys.exit(f"Error: the configuration file {path} does not contain a JSON object{where}.")
    return config


def check_names(streams: tuple[str, ...], known: list[str]) -> None:
    """End the program if streams do not exist."""
    errors = []
    for stream in streams:
        if stream not in known:
            meant = get_close_matches(stream, known, n=1)
            hint = f"Did you mean {meant[0]}?" if meant else "docs/streams.md lists them all."
            errors.append(f"Error: there is no stream {stream}. {hint}")
    if errors:
        sys.exit("\n".join(errors))


def write_exactly() -> None:
    """Make PyAirbyte write the declared types into PostgreSQL. This corrects three faults.

    - PyAirbyte lets pandas guess the types of values. Texts of 19 digits, such as the offsets of notes, are rounded, so
      that different rows get the same key. Epoch milliseconds in a column named `date` become a date, which the table
      does not accept.
    - It passes lists and objects in a column of several types to a database driver that cannot write JSON.
    - It creates timestamp columns without a time zone. So it does in DuckDB, where they contain UTC, see `with_utc`.
      DuckDB does not have the other two faults.
    """
    import pandas as pd  # noqa: PLC0415 - only in PyAirbyte's environment, like those below
    from airbyte.types import CONVERSION_MAP  # noqa: PLC0415
    from psycopg2.extensions import register_adapter  # noqa: PLC0415
    from psycopg2.extras import Json  # noqa: PLC0415
    from sqlalchemy import TIMESTAMP  # noqa: PLC0415

    class TimestampWithZone(TIMESTAMP):  # type: ignore[misc]  # SQLAlchemy is not installed where types are checked
        """A timestamp whose text, which PyAirbyte writes into CREATE TABLE, includes the time zone."""

        def __str__(self) -> str:
            """Return the name of the type in SQL."""
            return "TIMESTAMP WITH TIME ZONE"

    pd.read_json = partial(pd.read_json, dtype=False, convert_dates=False)
    register_adapter(dict, Json)
    register_adapter(list, Json)
    CONVERSION_MAP["timestamp_with_timezone"] = TimestampWithZone(timezone=True)


def cache_of(address: str, folder: Path) -> Any:
    """Return PyAirbyte's cache for a database; `folder` holds rows until they are written."""
    from airbyte.caches import DuckDBCache, PostgresCache  # noqa: PLC0415 - PyAirbyte reads the environment when imported

    from archive.copying import write_faster  # noqa: PLC0415 - it imports the CDK, as PyAirbyte does

    if not address.startswith(POSTGRES):
        cache = DuckDBCache(db_path=address, schema_name=SCHEMA, cache_dir=folder)
        write_faster(cache)
        return cache
    write_exactly()
    parts = urlsplit(address)
    for mode in parse_qs(parts.query).get("sslmode", []):
        os.environ["PGSSLMODE"] = mode
    return PostgresCache(
        host=parts.hostname or "localhost",
        port=parts.port or 5432,
        username=quoted(parts.username, "PGUSER"),
        password=quoted(parts.password, "PGPASSWORD"),
        database=unquote(parts.path.removeprefix("/")),
        schema_name=SCHEMA,
        cache_dir=folder,
    )


def quoted(part: str | None, variable: str) -> str:
    """Return the user or the password, percent-encoded because PyAirbyte writes it into an address.

    It comes from an environment variable if the address has none.
    """
    return quote(unquote(part) if part else os.environ.get(variable, ""), safe="")


def without_password(address: str) -> str:
    """Return the address of a database without its password, and without options, which may contain it, too."""
    if not address.startswith(POSTGRES):
        return address
    parts = urlsplit(address)
    user, at, server = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{user.partition(':')[0]}{at}{server}{parts.path}"


def launcher(folder: Path) -> tuple[Path, Path]:
    """Write the program that PyAirbyte runs as the connector; return its path and that of its file of messages.

    The program writes the connector's warnings and errors to that file, because PyAirbyte hides them in a log.
    """
    program, notes = folder / "source-opsgenie", folder / "notes.jsonl"
    command = shlex.join([sys.executable, __file__, "--relay", str(notes), str(CONNECTOR)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o700)
    notes.touch()
    return program, notes


def relay(notes: str, *command: str) -> int:
    """Run the connector, forward its messages with times in UTC, and note its warnings and errors."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes of the terminal, also to PyAirbyte's
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ends this process without a traceback if nobody reads its output
    try:
        file = Path(notes).open("a")  # noqa: SIM115 - closed below
    except FileNotFoundError:  # the main program was stopped and has removed its folder before this one was running
        return 1
    times = times_of(command)
    with file, subprocess.Popen(command, stdout=subprocess.PIPE) as connector:  # noqa: S603 - our own program
        for line in connector.stdout or ():
            if line.startswith(RECORD):
                sys.stdout.buffer.write(with_utc(line, times))
            else:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
                note = note_of(json.loads(line))
                if note:
                    file.write(json.dumps(note) + "\n")
        sys.stdout.buffer.flush()
    return connector.returncode


def times_of(command: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the columns with times, by stream, from the catalog of a read; nothing for another command."""
    if "--catalog" not in command:
        return {}
    catalog = json.loads(Path(command[command.index("--catalog") + 1]).read_bytes())
    streams = [each["stream"] for each in catalog["streams"]]
    return {stream["name"]: time_columns(stream["json_schema"]) for stream in streams}


def with_utc(line: bytes, times: dict[str, list[str]]) -> bytes:
    """Return the message of a row with times in UTC: DuckDB ignores offsets, and fails if a time has no seconds."""
    message = json.loads(line)
    record = message["record"]
    changes = rewritten(record["data"], times.get(record["stream"], []))
    if not changes:
        return line
    record["data"].update(changes)
    return json.dumps(message).encode() + b"\n"


def note_of(message: dict[str, Any]) -> list[str]:
    """Return the kind and the text of a warning or an error; an empty list for other messages."""
    if message["type"] == "LOG" and message["log"]["level"] == "WARN":
        return ["Warning", message["log"]["message"]]
    status, trace = message.get("connectionStatus") or {}, message.get("trace") or {}
    if status.get("status") == "FAILED":
        return ["Error", status["message"]]
    return ["Error", trace["error"]["message"]] if trace.get("type") == "ERROR" else []


def print_notes(notes: Path, kind: str) -> bool:
    """Print the distinct notes of a kind; return whether there were any."""
    noted = [json.loads(line) for line in notes.read_text().splitlines()]
    texts = dict.fromkeys(text for each, text in noted if each == kind)
    for text in texts:
        print(f"{kind}: {''.join(letter if letter.isprintable() else ' ' for letter in text)}")
    return bool(texts)


def names_of(program: Path, config: dict[str, Any]) -> list[str]:
    """Return the names of the connector's streams."""
    discover = [str(program), "discover", "--config", "/dev/stdin"]
    done = subprocess.run(discover, input=json.dumps(config), stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - our own program
    catalogs = [json.loads(line).get("catalog", {}) for line in done.stdout.splitlines()]
    return [stream["name"] for catalog in catalogs for stream in catalog.get("streams", [])]


def report(cache: Any, streams: list[str], address: str) -> None:
    """Print the number of rows in each table."""
    print(f"\n{'stream':<30}{'rows':>12}")
    with cache.get_sql_engine().connect() as connection:
        for stream in streams:
            sql = f'SELECT count(*) FROM {SCHEMA}."{stream}"'  # noqa: S608 - the connector's own names
            ((rows,),) = connection.exec_driver_sql(sql).fetchall()
            print(f"{stream:<30}{rows:>12,}")
    print(f"\nThe tables are in the schema {SCHEMA} of {without_password(address)}.")


def main(path: str, address: str, *streams: str) -> int:
    """Check the connection, read the named streams or all, and print the number of rows; return the exit code."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    check_address(address)
    config = read_config(path)
    with private_folder() as folder:
        program, notes = launcher(folder)
        try:
            known = names_of(program, config)
            check_names(streams, known)
            import airbyte  # noqa: PLC0415 - it reads the environment when it is imported

            source = airbyte.get_source(
                "source-opsgenie", config=config, local_executable=program, install_if_missing=False
            )
            source.check()
            source.select_streams(list(streams or known))
            cache = cache_of(address, folder / "rows")
            result = source.read(cache)
            print_notes(notes, "Warning")
            report(cache, source.get_selected_streams(), address)
        except Exception as error:  # PyAirbyte, its drivers and the files fail in many ways
            if STOPPED_BY:
                raise
            print_notes(notes, "Warning")
            if not print_notes(notes, "Error"):
                print(f"Error: the copy into {without_password(address)} failed: {reason_of(error, folder)}")
            return 1
        print(f"This run read {result.processed_records:,} rows.")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--relay"]:
        sys.exit(relay(*sys.argv[2:]))
    if len(sys.argv) < 3:  # noqa: PLR2004 - the program, the configuration and the database
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
