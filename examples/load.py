"""Copies streams of an Opsgenie account into a DuckDB file by PyAirbyte; run again, it copies what changed.

.venv-demo/bin/python examples/load.py config.json opsgenie.duckdb [STREAM ...]
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}

# The connector has an environment of its own, made by `make setup`: PyAirbyte's does not hold it.
CONNECTOR = Path(__file__).parents[1] / ".venv" / "bin" / "source-opsgenie"


@contextmanager
def private_folder() -> Iterator[None]:
    """Give PyAirbyte a temporary folder that nobody else may enter, and remove it at the end.

    PyAirbyte writes the configuration, with the key, to files that every user of the machine may read. It takes the
    name of the folder from the environment when it is imported.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):  # by default they would end the program and leave the folder
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory() as folder:  # of mode 0700
        os.environ["AIRBYTE_TEMP_DIR"] = folder
        yield


def main(config: str, database: str, *streams: str) -> int:
    """Check, read, and say what is in the file. Without names of streams all are read."""
    with private_folder():
        import airbyte  # noqa: PLC0415 - it reads the environment as it is imported
        from airbyte.caches import DuckDBCache  # noqa: PLC0415

        source = airbyte.get_source(
            "source-opsgenie",
            config=json.loads(Path(config).read_text()),
            local_executable=CONNECTOR,
            install_if_missing=False,
        )
        source.check()
        if streams:
            source.select_streams(list(streams))
        else:
            source.select_all_streams()
        result = source.read(DuckDBCache(db_path=database, schema_name="account"))
    print(f"{result.processed_records:,} rows came in. {database} holds them in the schema account.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
