"""Copies streams of an Opsgenie account into a DuckDB file by PyAirbyte; run again, it copies what changed.

.venv-demo/bin/python examples/load.py config.json opsgenie.duckdb [STREAM ...]
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

# PyAirbyte reports its use to its makers, and looks for the connector in a registry, unless told otherwise.
os.environ |= {"DO_NOT_TRACK": "1", "AIRBYTE_OFFLINE_MODE": "1"}

# The connector has an environment of its own, made by `make setup`: PyAirbyte's does not hold it.
CONNECTOR = Path(__file__).parents[1] / ".venv" / "bin" / "source-opsgenie"


def main(config: str, database: str, *streams: str) -> int:
    """Check, read, and say what is in the file. Without names of streams all are read."""
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
