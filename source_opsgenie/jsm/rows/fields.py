"""Helpers that the translations of several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from source_opsgenie.http.body import Row


def renamed(row: Row, names: Mapping[str, str]) -> Row:
    """Return a row with fields renamed, one after another. A field whose new name is taken keeps its old one."""
    made = dict(row)
    for old, new in names.items():
        if old in made and new not in made:
            made[new] = made.pop(old)
    return made


def translated(values: Any, translate: Callable[[Row], Any]) -> Any:  # noqa: ANN401 - as received
    """Translate every object of a list; return anything else as received."""
    if not isinstance(values, list):
        return values
    return [translate(value) if isinstance(value, dict) else value for value in values]


def chosen(row: Row, *names: str) -> Row:
    """Return the fields that a row has, of those named."""
    return {name: row[name] for name in names if name in row}


def is_id_text(value: object) -> bool:
    """Return whether a value can be an id; JSM writes an empty text if there is none."""
    return isinstance(value, str) and value != ""


def duration(value: Any, unit: str = "minutes") -> Any:  # noqa: ANN401 - as received
    """Return a bare number as Opsgenie's object, with the unit that JSM documents."""
    # Python counts a truth value as a number.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {"timeAmount": value, "timeUnit": unit} if is_number else value


def lower_case(row: Row, name: str) -> None:
    """Write a word of a row in lower case, as Opsgenie does."""
    if isinstance(row.get(name), str):
        row[name] = row[name].lower()
