"""Copies the streams into DuckDB with PyAirbyte, in portions, until each stream is complete."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.paths import ROOT, WARNINGS
from archive.progress import ReadProgress, StreamStatus
from archive.relay import ReadOutcome, digest_of
from archive.report.formatting import quantity
from archive.run import Run, now
from archive.set_aside import FILE
from archive.store import SCHEMA
from source_opsgenie.inputs import read_config
from source_opsgenie.streams.fingerprint import short_hash

NAME = "source-opsgenie"

# Replaces the key in PyAirbyte's configuration. The relay gives the connector the user's own file.
NO_KEY = "the connector reads the key from the user's own file"

# The fields of the configuration with which the same rows are read, whatever their values.
SAME_ROWS = frozenset({"endpoint", "rate_limit_share", "num_workers", "lookback_window"})

# What SQLAlchemy asks about each table besides its columns.
CONSTRAINTS = ("pk_constraint", "foreign_keys", "indexes", "unique_constraints", "check_constraints", "table_comment")


def write_faster(cache: Any) -> None:
    """Make PyAirbyte write faster into a cache in DuckDB; call it after its engine was disposed of, if it was.

    PyAirbyte compares the columns of each table with the stream's. Its tables have no keys, indexes or comments, and
    the questions about those take DuckDB longer than the rows of a small account. Several threads only slow down
    hundreds of small questions.
    """
    from duckdb_engine import Dialect  # noqa: PLC0415 - it is in the demo environment only

    for name in CONSTRAINTS:
        setattr(Dialect, f"get_multi_{name}", lambda *_, **__: {})
    with cache.get_sql_engine().connect() as connection:
        connection.exec_driver_sql("SET threads = 1")


@dataclass(frozen=True)
class ConfigFile:
    """The user's file with the connector's configuration, as it was when the run began.

    Attributes:
        path: the path of the file.
        values: what it contained.
        digest: the hash of its content.
    """

    path: Path
    values: Mapping[str, Any]
    digest: str

    @classmethod
    def read(cls, path: Path) -> ConfigFile:
        """Read the file, in all forms that the connector accepts.

        Raises:
            ApiError: the file cannot be read, or is not a configuration.
        """
        return cls(path, read_config(str(path)), digest_of(path))

    @property
    def selects(self) -> str:
        """Return the hash of what decides which rows are read: all fields but those of the host and the speed.

        The owner of the folder says whether another host has another account.
        """
        values = {name: value for name, value in self.values.items() if name not in SAME_ROWS}
        return short_hash(json.dumps(values, sort_keys=True))


class Copy:
    """Copies an account into a DuckDB file."""

    def __init__(
        self, connector: Path, config: ConfigFile, database: Path, folder: Path, portion_seconds: float
    ) -> None:
        """Write the settings of the relay; `folder` holds temporary files only."""
        self._config = config
        self._database = database
        self._folder = folder
        self._outcome = folder / "outcome.json"
        self._progress = folder / "progress.json"
        self._launcher = folder / NAME
        settings = folder / "relay.json"
        settings.write_text(
            json.dumps(
                {
                    "connector": str(connector),
                    "config": str(config.path),
                    "config_digest": config.digest,
                    "portion_seconds": portion_seconds,
                    "outcome": str(self._outcome),
                    "progress": str(self._progress),
                    "set_aside": str(database.with_name(FILE)),
                    "warnings": str(database.with_name(WARNINGS)),
                }
            )
        )
        command = shlex.join([sys.executable, "-m", "archive.relay", str(settings)])
        program = f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {command} "$@"\n'
        self._launcher.write_bytes(os.fsencode(program))  # it contains paths
        self._launcher.chmod(0o700)

    def run(self, streams: Sequence[str], run: Run, progress: Path, on_saved: Callable[[], object]) -> None:
        """Read until each stream is complete or has failed, and save the run to `progress` after each portion.

        `on_saved` is called after each portion that had rows, or in which a stream was read to its end or advanced.
        """
        remaining = [name for name in streams if name not in run.complete]
        if not remaining:
            return  # an earlier process of this run was interrupted after its last read
        source, cache = self._open()
        number = 0
        while remaining:
            number += 1
            print(f"Portion {number}: reading {quantity(len(remaining), 'stream')}.", flush=True)
            with StreamStatus(self._progress, len(streams) - len(remaining), len(streams), sys.stdout):
                began = now()
                outcome = self._read(source, cache, remaining)
            run.record(outcome, began)
            remaining = [name for name in remaining if name not in run.complete and name not in run.failed]
            if not outcome.cut:
                why = outcome.error or "The read ended before the stream was complete."
                run.failed |= dict.fromkeys(remaining, why)
                remaining = []
            has_read = bool(outcome.complete or outcome.cut or ReadProgress.load(self._progress).rows)
            if has_read:
                on_saved()
            run.save(progress)
            left = f", {len(remaining)} left" if remaining else ""
            done = f"{quantity(len(run.complete.keys() & streams), 'stream')} complete{left}"
            saved = f"rows saved at {run.kept_at}; " if has_read else ""
            print(f"Portion {number}: {saved}{done}.", flush=True)

    def _open(self) -> tuple[Any, Any]:
        config = {**self._config.values, "api_token": NO_KEY}
        with self._quiet():
            import airbyte  # noqa: PLC0415 - slow, prints warnings, and is in the demo environment only

            source = airbyte.get_source(NAME, config=config, local_executable=self._launcher, install_if_missing=False)
            cache = airbyte.caches.DuckDBCache(
                db_path=self._database, schema_name=SCHEMA, cache_dir=self._folder / "rows"
            )
        return source, cache

    def _read(self, source: Any, cache: Any, streams: Sequence[str]) -> ReadOutcome:
        self._outcome.unlink(missing_ok=True)
        with self._quiet():
            write_faster(cache)
            source.select_streams(list(streams))
            source.read(cache, write_strategy="append", skip_validation=True)  # `steps.check` has validated it
        cache.get_sql_engine().dispose()
        return ReadOutcome.load(self._outcome)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Redirect PyAirbyte's output to a file, because it is made for notebooks."""
        with (self._folder / "pyairbyte.log").open("a") as log, redirect_stdout(log), redirect_stderr(log):
            yield
