"""Finds the database's own words in an error that PyAirbyte or SQLAlchemy has wrapped."""

from __future__ import annotations

import re
from pathlib import Path

# What DuckDB says if another program has opened the file.
LOCKED = "Could not set lock"

# The errors of a database driver that quote values of rows, by their names in Python's DB-API.
ABOUT_VALUES = frozenset({"DataError", "IntegrityError", "ProgrammingError"})


def reason_of(error: BaseException, folder: Path) -> str:
    """Return the first line of the wrapped error, up to a value of a row; paths of files in `folder` are no values.

    PyAirbyte hides an error of SQLAlchemy by `from None`, and both continue with dumps of their variables.
    """
    hidden = error.__context__
    inner = (
        getattr(error, "original_exception", None)
        or getattr(error, "orig", None)
        or error.__cause__
        or (hidden if type(hidden).__module__.startswith("sqlalchemy.") else None)
    )
    if inner is not None and type(error).__module__.startswith(("airbyte.", "sqlalchemy.")):
        return reason_of(inner, folder)
    text = str(error).strip().partition("\n")[0] or type(error).__name__
    if not any(each.__name__ in ABOUT_VALUES for each in type(error).__mro__):
        return text
    shown = re.match(rf"(?:\"{re.escape(str(folder))}[^\"]*\"|[^\"'])*", text)
    return text if shown is None or shown[0] == text else f"{shown[0]}..."
