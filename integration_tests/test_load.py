"""`examples/load.py`: a copy in DuckDB or PostgreSQL, with what a user has to hear of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from integration_tests.archive import PYTHON, ROOT, asked, ended
from integration_tests.copies import NO_POSTGRES
from integration_tests.postgres import Postgres, programs
from integration_tests.warehouse import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration_tests.sandbox.client import Sandbox

STREAMS = ("alerts", "alert_notes", "log_files", "teams")


def load(account: Sandbox, folder: Path, database: str, *streams: str, key: str = "full", code: int = 0) -> str:
    """Run it with a file of the user's, in a place for temporary files of its own."""
    config = folder / "config.json"
    config.write_text(json.dumps({"api_token": account.key(key), "endpoint": account.url}))
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    command = ["env", f"TMPDIR={temporary}", str(PYTHON), str(ROOT / "examples" / "load.py"), str(config), database]
    printed = ended([*command, *streams], code)
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
    with Postgres(server) as running:
        yield running.connection


def test_duckdb_with_a_table_of_what_is_there(sandbox: Sandbox, tmp_path: Path) -> None:
    database = tmp_path / "copy.duckdb"
    printed = load(sandbox, tmp_path, str(database), *STREAMS)
    assert table(printed) == truth(sandbox, *STREAMS)
    assert f"The tables are in the schema account of {database}." in printed
    assert asked(database, "SELECT count(*) FROM account.alerts") == [[[truth(sandbox, "alerts")["alerts"]]]]


def test_postgresql_with_every_digit(sandbox: Sandbox, tmp_path: Path, postgres: dict[str, Any]) -> None:
    """Texts of 19 digits would be rounded, and epoch milliseconds refused, by PyAirbyte's own types."""
    host = f"{postgres['username']}:{quote(postgres['password'])}@{postgres['host']}:{postgres['port']}"
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


def test_a_warning_of_the_connector_is_printed(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = load(sandbox, tmp_path, str(tmp_path / "copy.duckdb"), "alerts", "teams", key="no_config")
    assert re.search(r"^Warning: teams: the stream is skipped, because .*Configuration Access", printed, re.MULTILINE)
    assert table(printed)["teams"] == 0


@pytest.mark.parametrize(
    ("key", "streams", "told"),
    [("disabled", (), "Error: .*does not know the key"), ("full", ("alarms",), "Error: the copy into .* failed: ")],
)
def test_an_error_is_a_sentence(
    sandbox: Sandbox, tmp_path: Path, key: str, streams: tuple[str, ...], told: str
) -> None:
    assert re.search(told, load(sandbox, tmp_path, str(tmp_path / "copy.duckdb"), *streams, key=key, code=1))


def test_without_a_database_it_says_how() -> None:
    assert "postgresql://user@host:5432/database" in ended([str(PYTHON), str(ROOT / "examples" / "load.py")], 1)
