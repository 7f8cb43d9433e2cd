"""Writes the SHA-256 hashes of all files of the folder, so that anyone can check it later with `sha256sum --check`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from archive.paths import SUMS, replacing

CHUNK = 2**20  # bytes


def remove(output: Path) -> None:
    """Remove the hashes, because a run changes the files."""
    (output / SUMS).unlink(missing_ok=True)


def write(output: Path) -> None:
    """Write the hash and the path of each file, in the form of `sha256sum`, after everything else was written."""
    with replacing(output / SUMS) as file:
        lines = "".join(f"{hash_of(path)}  {path.relative_to(output)}\n" for path in _files(output))
        file.write_bytes(os.fsencode(lines))  # it contains paths


def _files(output: Path) -> Iterator[Path]:
    """Yield the files of the archive in order; the program's own files, with a dot, change at the next run.

    A folder may be a symbolic link, for example because a disk was full. Each is followed once.
    """
    found: list[Path] = []
    followed: set[str] = set()
    for folder, folders, names in os.walk(output, followlinks=True):
        if (real := os.path.realpath(folder)) in followed:
            folders.clear()
            continue
        followed.add(real)
        found += [Path(folder, name) for name in names]
    for path in sorted(found):
        if path.is_file() and not path.relative_to(output).parts[0].startswith("."):
            yield path


def hash_of(file: Path) -> str:
    """Return the SHA-256 hash of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
