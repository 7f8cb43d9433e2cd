"""What the objects of the migrated account share."""

from __future__ import annotations

from integration_tests.sandbox.query import Row


def chosen(row: Row, *names: str) -> Row:
    """Return some of the fields of a row; those that are null or missing are left out."""
    return {name: row[name] for name in names if row.get(name) is not None}


def restriction(row: Row) -> Row:
    """Return the time restriction of a row in JSM's form: times of the day are one range, not a list."""
    given = row.get("timeRestriction")
    if given is None:
        return {}
    if given["type"] == "time-of-day" and "restrictions" in given:
        given = {"type": given["type"], "restriction": given["restrictions"][0]}
    return {"timeRestriction": given}


def conditions_of(criteria: Row) -> Row:
    """Return conditions with an empty list in place of none."""
    return {"type": criteria["type"], "conditions": criteria.get("conditions", [])}
