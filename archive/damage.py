"""Defines the error of a copy that cannot start, and says what to do about a damaged DuckDB file."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from archive.paths import DATABASE, REPORT, SUMS, VERIFICATION, replacing


class NotBegunError(Exception):
    """Raised when the archive cannot start; its text is a sentence for the user."""


class DamagedError(NotBegunError):
    """Raised when the DuckDB file is damaged."""


# In the errors of DuckDB when a block is damaged that is read in the middle of a run.
SIGN = "Corrupt database file"

# In its errors when it opens a file that is damaged. Others are about a file of a newer version, for example.
SIGNS = (
    SIGN,
    "not a valid DuckDB database file",
    "Could not read enough bytes",
    "Serialization Error",
    "INTERNAL Error",
)


def explanation(database: Path, reason: str) -> str:
    """Return sentences that say what to do."""
    text = (
        f"{database} is damaged or not a DuckDB file ({reason}). If you have a backup of the folder, restore the whole "
        "folder. Otherwise, move the file away, and run again: what the account still has is then copied again."
    )
    if any((database.parent / "parquet").glob("*.parquet")):
        text += " The files in the folder parquet, which the last complete run wrote, are still there."
    return text


def withdraw(output: Path) -> None:
    """Remove what says that the folder is complete, and put a warning on top of the page that describes it."""
    for name in (*VERIFICATION, REPORT, SUMS):
        (output / name).unlink(missing_ok=True)
    page = output / "README.md"
    warning = (
        f"**{DATABASE} is damaged. Restore this folder from a backup, or move that file away and copy the account "
        "again.**\n\n"
    ).encode()
    text = page.read_bytes() if page.exists() else warning  # bytes, because anybody may have edited the page
    if not text.startswith(warning):
        with suppress(OSError), replacing(page) as file:  # the disk may be full
            file.write_bytes(warning + text)
