"""Makes a catalog for `read` from the output of `discover`: all streams or those named, incremental where possible.

source-opsgenie discover --config config.json | python examples/catalog.py [STREAM ...] > catalog.json
"""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from typing import Any


def main(names: list[str]) -> int:
    """Read messages from stdin, and write the catalog to stdout."""
    # What does not begin like a message may be a line of the shell or of docker.
    messages = [json.loads(line) for line in sys.stdin if line.startswith('{"type":')]
    discovered = [message["catalog"]["streams"] for message in messages if message["type"] == "CATALOG"]
    if not discovered:
        sys.stderr.write("The input contains no catalog: does `check` succeed?\n")
        return 1
    streams = {stream["name"]: stream for stream in discovered[0]}
    unknown = [name for name in names if name not in streams]
    for name in unknown:
        meant = get_close_matches(name, streams, n=1)
        hint = f"Did you mean {meant[0]}?" if meant else "docs/streams.md lists them all."
        sys.stderr.write(f"There is no stream {name}. {hint}\n")
    if unknown:
        return 1
    json.dump({"streams": [configured(streams[name]) for name in names or streams]}, sys.stdout, indent=2)
    return 0


def configured(stream: dict[str, Any]) -> dict[str, Any]:
    """Return the catalog entry of a stream, incremental if the stream supports it."""
    incremental = "incremental" in stream["supported_sync_modes"]
    return {
        "stream": stream,
        "sync_mode": "incremental" if incremental else "full_refresh",
        "destination_sync_mode": "append_dedup" if incremental else "overwrite",
        "cursor_field": stream.get("default_cursor_field", []),
        "primary_key": stream.get("source_defined_primary_key", []),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
