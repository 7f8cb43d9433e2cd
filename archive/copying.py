"""Copies the streams into DuckDB through PyAirbyte, portion by portion, until each has been read to its end."""

from __future__ import annotations

import json
import shlex
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.progress import Display
from archive.relay import Told
from archive.report.words import several
from archive.set_aside import FILE
from archive.store import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archive.run import Run

NAME = "source-opsgenie"
ROOT = Path(__file__).parents[1]

# Stands in PyAirbyte's configuration where the key would; the relay gives the connector the user's own file instead.
NO_KEY = "the connector reads the key from the user's own file"


class Copy:
    """One way from an account into a DuckDB file."""

    def __init__(self, connector: Path, config: Path, database: Path, folder: Path, portion_seconds: float) -> None:
        """`folder` takes what is needed while it copies: nothing in it is missed afterwards."""
        self._config = config
        self._database = database
        self._folder = folder
        self._told = folder / "told.json"
        self._standing = folder / "standing.json"
        self._launcher = folder / NAME
        settings = folder / "relay.json"
        settings.write_text(
            json.dumps(
                {
                    "connector": str(connector),
                    "config": str(config),
                    "portion_seconds": portion_seconds,
                    "told": str(self._told),
                    "standing": str(self._standing),
                    "set_aside": str(database.with_name(FILE)),
                }
            )
        )
        command = shlex.join([sys.executable, "-m", "archive.relay", str(settings)])
        self._launcher.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {command} "$@"\n')
        self._launcher.chmod(0o700)

    def run(self, streams: Sequence[str], run: Run, progress: Path) -> None:
        """Read until every stream is complete or has failed; what is done is noted in `progress`."""
        remaining = [name for name in streams if name not in run.complete]
        if not remaining:
            return  # the run was killed after its last read
        source, cache = self._open()
        number = 0
        while remaining:
            number += 1
            print(f"Portion {number}: reading {len(remaining)} streams.", flush=True)
            with Display(self._standing, len(streams) - len(remaining), len(streams), sys.stdout):
                told = self._read(source, cache, remaining)
            run.note(told)
            remaining = [name for name in remaining if name not in run.complete and name not in run.failed]
            if not told.cut:
                why = told.error or "The read ended without it."
                run.failed |= dict.fromkeys(remaining, why)
                remaining = []
            run.save(progress)
            to_go = f", {len(remaining)} to go on with" if remaining else ""
            done = f"{several(len(run.complete), 'stream')} complete{to_go}"
            print(f"Portion {number}: its rows are kept ({run.kept_at}); {done}.", flush=True)

    def _open(self) -> tuple[Any, Any]:
        config = {**json.loads(self._config.read_text()), "api_token": NO_KEY}
        with self._quiet():
            import airbyte  # noqa: PLC0415 - slow, prints warnings, and is in the demo environment only

            source = airbyte.get_source(NAME, config=config, local_executable=self._launcher, install_if_missing=False)
            cache = airbyte.caches.DuckDBCache(
                db_path=self._database, schema_name=SCHEMA, cache_dir=self._folder / "rows"
            )
        return source, cache

    def _read(self, source: Any, cache: Any, streams: Sequence[str]) -> Told:  # noqa: ANN401 - PyAirbyte's own
        self._told.unlink(missing_ok=True)
        with self._quiet():
            source.select_streams(list(streams))
            source.read(cache, write_strategy="append", skip_validation=True)  # `check` was before
        cache.get_sql_engine().dispose()
        return Told.load(self._told)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Let PyAirbyte tell its progress to a file: what it prints is made for notebooks."""
        with (self._folder / "pyairbyte.log").open("a") as log, redirect_stdout(log), redirect_stderr(log):
            yield
