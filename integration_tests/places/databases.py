"""Copies of an account in a database, where the documentation's commands look for them."""

from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

from integration_tests.copies import NO_POSTGRES
from integration_tests.places import Place
from integration_tests.postgres import programs

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.copies import Copies

MISSING_POSTGRES = "" if programs() and which("psql") else NO_POSTGRES


class DuckDb(Place):
    """With the file that `make demo` makes; the README's own test sees it made there."""

    def __init__(self, parent: Path, copies: Copies) -> None:
        super().__init__(parent, copies.account)
        output = self.folder / "examples" / "demo" / "output"
        output.mkdir()
        (output / "opsgenie.duckdb").symlink_to(copies.databases["duckdb"].options["db_path"])


class Postgres(Place):
    """With the server's address in the environment, as its users have it."""

    def __init__(self, parent: Path, copies: Copies) -> None:
        super().__init__(parent, copies.account)
        server = copies.databases["postgres"].options
        names = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD"}
        self.environment |= {name: str(server[option]) for option, name in names.items()}
        self.environment["PGDATABASE"] = str(server["database"])
