"""Finds the rows in answers of JSM, where several lists have an envelope of their own.

A missing name is an error, not an empty list: otherwise an account full of teams would seem to have none. So is null in
its place, except inside of a timeline, where the final layer shows that the answer is whole.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from source_opsgenie.http.body import UnusableBodyError, data_at, found_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from source_opsgenie.http.body import Row

FINAL = "final"
# They are sent only if `expand` asks for them; `final` is their result.
EXPANDABLE = ("base", "override", "forwarding")


def whole_body(body: object) -> list[Any]:
    """Return a single object that has no envelope, as a list."""
    if isinstance(body, dict) and body:
        return [body]
    raise UnusableBodyError("an answer that is not an object")


def bare_list(body: object) -> list[Any]:
    """Return the rows of an answer that is only a list, such as the roles of a team or the users of Jira.

    No name says that it is the right list, so a list without a single object is taken for another answer.
    """
    if not isinstance(body, list):
        raise UnusableBodyError("JSON that is not a list")
    if body and not any(isinstance(row, dict) for row in body):
        raise UnusableBodyError("a list without an object in it")
    return body


def bare_list_or_values(body: object) -> list[Any]:
    """Return the action groups of a sync, which are a bare list in Atlassian's example and `values` in its schema."""
    return bare_list(body) if isinstance(body, list) else found_at(body, "values", list)


def has_more_services(body: object) -> bool:
    """Return whether services follow a page."""
    return found_at(body, "pagination.hasNext", bool)


def next_entities(body: object) -> str | None:
    """Return the cursor of the next page of teams; None after the last page, whose cursor is null or absent."""
    cursor = body.get("cursor") if isinstance(body, dict) else None
    if cursor is None or isinstance(cursor, str):
        return cursor or None
    raise UnusableBodyError("an answer whose 'cursor' is not text")


def next_results(body: object) -> str | None:
    """Return the cursor of the next page of members; None after the last."""
    if not found_at(body, "pageInfo.hasNextPage", bool):
        return None
    cursor = found_at(body, "pageInfo", dict).get("endCursor")
    if not isinstance(cursor, str) or not cursor:
        raise UnusableBodyError("an answer without 'pageInfo.endCursor'")
    return cursor


def _one_row(body: object, *, participants: str) -> list[Row]:
    """Return the whole answer as the one row of a schedule. The flat lists, `onCallUsers` and others, are not used."""
    found_at(body, participants, list)
    return [_object(body)]


on_call = partial(_one_row, participants="onCallParticipants")
next_on_call = partial(_one_row, participants="nextOnCallParticipants")


def periods(body: object) -> list[Any]:
    """Return the periods of a schedule's timeline, which are nested three deep: timelines, rotations, periods.

    Each has the columns of its layer and its rotation. A rotation without periods has none in the range asked for. A
    layer may have no rotations, except the final one: its rotations show that the answer is a timeline.
    """
    return [period for layer in (FINAL, *EXPANDABLE) for period in _periods_of(_object(body), layer)]


def final_periods(body: object) -> list[Any]:
    """Return the periods of the one layer that every answer has."""
    return list(_periods_of(_object(body), FINAL))


def layers(body: object) -> list[str]:
    """Return the layers in an answer, of those that are sent on request only."""
    return [layer for layer in EXPANDABLE if _object(body).get(_timeline(layer)) is not None]


def _timeline(layer: str) -> str:
    return f"{layer}Timeline"


def _periods_of(body: Row, layer: str) -> Iterator[Any]:
    name = _timeline(layer)
    if body.get(name) is None and layer in _absent_layers(body):
        return
    if layer != FINAL and data_at(body, f"{name}.rotations") is None:
        return
    for rotation in found_at(body, f"{name}.rotations", list):
        if not isinstance(rotation, dict):
            yield rotation
            continue
        place = {
            "layer": layer,
            "rotation_id": rotation.get("id") or "",
            "rotation_name": rotation.get("name"),
            "rotation_order": rotation.get("order"),
            "rotation_deleted": rotation.get("deleted"),
        }
        listed = rotation.get("periods")
        if listed is not None and not isinstance(listed, list):
            raise UnusableBodyError(f"an answer whose '{name}.rotations.periods' is not a list")
        for period in listed or []:
            yield {**place, **period} if isinstance(period, dict) else period


def _absent_layers(body: Row) -> frozenset[str]:
    """Return the layers that an answer may lack: it names the expanded ones, and may have no overrides."""
    expanded = body.get("_expands")
    return frozenset(name for name in ("override", "forwarding") if isinstance(expanded, list) and name in expanded)


def _object(body: object) -> Row:
    if not isinstance(body, dict):
        raise UnusableBodyError("JSON that is not an object")
    return body
