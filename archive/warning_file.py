"""Keeps the connector's warnings on disk as they come.

PyAirbyte saves the rows and the state of one stream after the other. If the run ends meanwhile, the next one continues
from the states that were saved: it does not ask again for rows that were refused, so it does not warn of them either.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from archive.paths import write_text


class WarningFile:
    """A file of warnings, one a line, from the first one of a run until the run has ended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, warnings: Iterable[str]) -> None:
        """Append warnings, and return when they are on the disk."""
        for warning in warnings:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"\n{json.dumps(warning)}\n")  # on a new line: a killed run may have left a part of one
                file.flush()
                os.fsync(file.fileno())

    def load(self) -> list[str]:
        """Return the distinct warnings."""
        warnings: dict[str, None] = {}
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError):  # a run was killed while it wrote this line, before the state that follows
                    warnings[str(json.loads(line))] = None
        return list(warnings)

    def replace(self, warnings: Iterable[str]) -> None:
        """Replace the warnings in one step."""
        write_text(self._path, "".join(f"{json.dumps(warning)}\n" for warning in warnings))

    def remove(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)
