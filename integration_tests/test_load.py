"""`examples/load.py`: a copy in DuckDB or PostgreSQL, with what a user has to hear of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from integration_tests.archive import PYTHON, ROOT, TIMEOUT, asked, ended, ran
from integration_tests.copies import NO_POSTGRES
from integration_tests.loopback import free_port
from integration_tests.postgres import Postgres, programs
from integration_tests.sandbox.client import Sandbox
from integration_tests.warehouse import Database

PASSWORD = "not-to-be-seen"  # noqa: S105 - nobody's
STREAMS = ("alerts", "alert_notes", "log_files", "teams")


def load(account: Sandbox, folder: Path, database: str, *streams: str, key: str = "full", code: int = 0) -> str:
    """Run it with a file of the user's, in a place for temporary files of its own."""
    config = folder / "config.json"
    config.write_text(json.dumps({"api_token": account.key(key), "endpoint": account.url}))
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = {"TMPDIR": str(temporary)}
    printed = ran("integration_tests.load_program", str(config), database, *streams, code=code, environment=environment)
    assert list(temporary.iterdir()) == []  # the configuration went there, and is gone
    assert account.key(key) not in printed
    assert "Traceback" not in printed
    return printed


def table(printed: str) -> dict[str, int]:
    """Return the printed table."""
    return {name: int(rows.replace(",", "")) for name, rows in re.findall(r"^(\w+) +([\d,]+)$", printed, re.MULTILINE)}


def truth(account: Sandbox, *streams: str) -> dict[str, int]:
    return {stream: sum(1 for _ in account.truth(stream)) for stream in streams}


@pytest.fixture
def postgres() -> Iterator[dict[str, Any]]:
    server = programs()
    if server is None:
        pytest.skip(NO_POSTGRES)
    running = Postgres(server)
    running.password += "@:/?#%"  # what an address writes otherwise, and PyAirbyte does not
    with running:
        yield running.connection


def test_duckdb_with_a_table_of_what_is_there_and_a_warning_of_what_is_not(sandbox: Sandbox, tmp_path: Path) -> None:
    database = tmp_path / "copy.duckdb"
    printed = load(sandbox, tmp_path, str(database), "alerts", "alert_notes", "teams", key="no_config")
    assert re.search(r"^Warning: teams: the stream is skipped, because .*Configuration Access", printed, re.MULTILINE)
    assert table(printed) == {**truth(sandbox, "alerts", "alert_notes"), "teams": 0}
    assert f"The tables are in the schema account of {database}." in printed
    assert asked(database, "SELECT count(*) FROM account.alerts") == [[[truth(sandbox, "alerts")["alerts"]]]]


def test_postgresql_with_every_digit(sandbox: Sandbox, tmp_path: Path, postgres: dict[str, Any]) -> None:
    """Texts of 19 digits would be rounded, and epoch milliseconds refused, by PyAirbyte's own types."""
    host = f"{postgres['username']}:{quote(postgres['password'], safe='')}@{postgres['host']}:{postgres['port']}"
    printed = load(sandbox, tmp_path, f"postgresql://{host}/{postgres['database']}", *STREAMS)
    assert table(printed) == truth(sandbox, *STREAMS)
    assert postgres["password"] not in printed
    database = Database("postgres", postgres)
    notes, dates, kinds = database.ask(
        'SELECT alert_id, "offset" FROM alert_notes',
        "SELECT date FROM log_files",
        "SELECT data_type FROM information_schema.columns WHERE table_name = 'alerts' AND column_name = 'createdat'",
    )
    offsets = {(row["alert_id"], row["offset"]) for row in sandbox.truth("alert_notes")}
    assert {(row["alert_id"], row["offset"]) for row in notes} == offsets
    assert sorted(int(row["date"]) for row in dates) == sorted(row["date"] for row in sandbox.truth("log_files"))
    assert kinds == [{"data_type": "timestamp with time zone"}]


def test_an_error_is_a_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = load(sandbox, tmp_path, str(tmp_path / "copy.duckdb"), key="disabled", code=1)
    assert re.search("Error: .*does not know the key", printed)


def test_an_error_of_the_database_is_one_line_without_the_password(sandbox: Sandbox, tmp_path: Path) -> None:
    address = f"postgresql://someone:{PASSWORD}@127.0.0.1:{free_port()}/database"
    printed = load(sandbox, tmp_path, f"{address}?password={PASSWORD}", "teams", code=1)
    told = f"Error: the copy into {address.replace(f':{PASSWORD}', '')} failed: .*Connection refused"
    assert re.fullmatch(told, printed.splitlines()[-1])
    assert PASSWORD not in printed


def test_names_of_streams_that_do_not_exist_are_told_before_anything_else(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = load(sandbox, tmp_path, str(tmp_path / "copy.duckdb"), "alertz", "teams", "xyz", code=1)
    assert printed.splitlines() == [
        "Error: there is no stream alertz. Did you mean alerts?",
        "Error: there is no stream xyz. docs/streams.md lists them all.",
    ]


# Each of these ends before PyAirbyte is imported: so they need nothing but the program.


def refused(*arguments: str) -> str:
    return ended([str(PYTHON), str(ROOT / "examples" / "load.py"), *arguments], 1)


def test_without_a_database_it_says_how() -> None:
    assert "postgresql://user@host:5432/database" in refused()


@pytest.mark.parametrize("scheme", ["mysql", "postgre", "postgresql+psycopg2", "jdbc:postgresql"])
def test_another_kind_of_database_is_refused_without_its_password(scheme: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    address = f"{scheme}://someone:{PASSWORD}@host/database"
    assert refused(str(config), address, "teams") == (
        f"Error: '{scheme}' is not supported: write an address such as postgresql://user@host:5432/database, or the "
        "path of a DuckDB file.\n"
    )
    assert not (ROOT / f"{scheme}:").exists()


@pytest.mark.parametrize("mark", ["/", "?", "#", "[", "\N{FULLWIDTH COLON}"])
def test_an_address_that_a_password_spoils_is_not_repeated(mark: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    told = refused(str(config), f"postgresql://someone:1{mark}{PASSWORD}@host/database", "teams")
    assert "PGPASSWORD" in told
    assert PASSWORD not in told
    assert "Traceback" not in told


def test_a_folder_that_does_not_exist_is_not_created(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text("{}")
    told = refused(str(config), str(tmp_path / "none" / "copy.duckdb"))
    assert told == "Error: the folder of the DuckDB file does not exist: create it, or correct the path.\n"
    told = refused(str(config), str(tmp_path / "copy?.duckdb"))
    assert told == "Error: the path of the DuckDB file contains a '?': choose another one.\n"
    assert list(tmp_path.iterdir()) == [config]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"api_token": "a key\n"}', r" \(.+: line 1, column 21\)"),
        ("[]", ""),
        ("", r" \(.+: line 1, column 1\)"),
        ("\xff", ""),
    ],
)
def test_a_configuration_that_is_damaged_is_named(content: str, place: str, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(content, encoding="latin-1")
    told = refused(str(config), str(tmp_path / "copy.duckdb"))
    begins = re.escape(f"Error: the configuration file {config} does not contain a JSON object")
    assert re.fullmatch(rf"{begins}{place}\.\n", told)
    assert "a key" not in told


def test_a_configuration_that_is_missing_is_named(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    told = refused(str(config), str(tmp_path / "copy.duckdb"))
    assert told == f"Error: the configuration file {config} cannot be read: No such file or directory.\n"


def test_a_configuration_on_the_command_line_is_not_repeated() -> None:
    told = refused('{"api_token": "a-key"}', "copy.duckdb")
    assert told == ("Error: the command line contains the configuration itself: give the path of a file instead.\n")


# Signals.


def test_ctrl_c_ends_it_with_a_sentence(sandbox: Sandbox, tmp_path: Path) -> None:
    """The signal reaches this process only: the connector's is to say nothing either."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_token": sandbox.key(), "endpoint": sandbox.url}))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [PYTHON, ROOT / "examples" / "load.py", config, tmp_path / "copy.duckdb"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()  # PyAirbyte's
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert "source-opsgenie" in first
    assert rest.endswith(
        "\nThe copy was stopped. Run it again: it continues from the last read that ended, and updates rows that are "
        "in the database.\n"
    )
    assert "Traceback" not in rest
    assert "Error" not in rest
    assert process.returncode == 128 + signal.SIGINT
    assert list(temporary.iterdir()) == []


def relay(notes: Path, script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start the program that stands between PyAirbyte and the connector, for which a script stands."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [PYTHON, ROOT / "examples" / "load.py", "--relay", notes, "/bin/sh", "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


LINE = '{"type": "LOG", "log": {"level": "INFO", "message": "A line."}}'


def test_the_connector_ends_silently_when_nobody_reads_it(tmp_path: Path) -> None:
    process = relay(tmp_path / "notes", f"while echo '{LINE}'; do :; done 2>/dev/null")
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{LINE}\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_times_are_in_utc_because_duckdb_ignores_offsets(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    properties = {"at": {"type": ["null", "string"], "format": "date-time"}, "text": {"type": ["null", "string"]}}
    catalog.write_text(
        json.dumps({"streams": [{"stream": {"name": "alerts", "json_schema": {"properties": properties}}}]})
    )

    def line(**row: object) -> str:
        return json.dumps({"type": "RECORD", "record": {"stream": "alerts", "data": row}}, separators=(",", ":"))

    offset, short, utc = "2026-01-01T10:30:00+02:00", "2026-01-01T08:30Z", "2026-01-01T08:30:00Z"
    sent = [line(at=each, text=each) for each in (offset, short, utc, None, 7, "soon")] + [line(text="x")]
    sent.insert(1, json.dumps(json.loads(sent[0])))  # as the CDK writes rows that orjson refuses
    script = "".join(f"echo '{each}'; " for each in sent)
    printed, errors = relay(tmp_path / "notes", script, "read", "--catalog", str(catalog)).communicate(timeout=TIMEOUT)
    assert errors == ""
    rows = [json.loads(each)["record"]["data"] for each in printed.splitlines()]
    assert rows == [
        {"at": utc, "text": offset},
        {"at": utc, "text": offset},
        {"at": utc, "text": short},
        *(json.loads(each)["record"]["data"] for each in sent[3:]),
    ]


def test_the_connector_does_not_start_when_the_main_program_is_gone(tmp_path: Path) -> None:
    """The main program removes the folder of the notes when it is stopped, also while this one is starting."""
    process = relay(tmp_path / "removed" / "notes", f"touch {tmp_path / 'started'}")
    assert process.communicate(timeout=TIMEOUT) == ("", "")
    assert process.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_is_left_to_the_main_program(tmp_path: Path) -> None:
    """A terminal sends it to each process."""
    process = relay(tmp_path / "notes", f"echo '{LINE}'; read answer; echo '{LINE}'")
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{LINE}\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate("go on\n", timeout=TIMEOUT) == (f"{LINE}\n", "")
    assert process.returncode == 0


def test_it_outlives_the_terminal_if_it_is_to() -> None:
    """`nohup` starts a program with SIGHUP ignored; a first copy may take days."""
    script = """
import signal
from examples.load import private_folder
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with private_folder():
    print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)
"""
    assert ended([str(PYTHON), "-c", script], 0) == "True\n"
