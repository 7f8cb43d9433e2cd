"""The API's ways to cut a list into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from integration_tests.sandbox import text
from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal

MOST = 100
MOST_ENTRIES = 20
MOST_IDS = 25

# Ends the offset that an empty page names; the rows that follow it are those that follow the offset before.
BEHIND_EMPTY = "_0"


def by_offset(
    call: Call, found: Sequence[Any], row: Callable[[Any], Row], *, default_size: int = 20, **shown: object
) -> Body:
    """Cut by offset and limit, inside the window; `shown` are parameters that links always show."""
    size, offset = call.size(MOST, default_size), call.number("offset", 0, 0)
    for name in ("sort", "order"):
        if name not in call.query:
            call.blame(f"no {name}")
    window, total = call.settings.window_size, len(found)
    refuses = call.settings.window == "refuse"
    if offset + size >= window:
        call.blame("beyond the window")
        if refuses:
            raise Refusal(422, text.window(window))
        return {"data": []}
    paging = {
        "first": call.link(limit=size, offset=0, **shown),
        "last": call.link(limit=size, offset=max(0, total - 1) // size * size, **shown),
    }
    following = offset + size
    if following < total and (refuses or following + size < window):
        paging["next"] = call.link(limit=size, offset=following, **shown)
    return {"data": [row(each) for each in found[offset:following]], "paging": paging}


def by_record(call: Call, rows: list[Row]) -> Body:
    """Cut by the `offset` that each row carries; rows come oldest first."""
    size, descending = call.size(MOST), call.is_descending()
    direction = call.choice("direction", ("next", "prev"), "next")
    cursor = call.query.get("offset")
    if cursor is not None:
        if call.settings.empty_pages and not cursor.endswith(BEHIND_EMPTY):
            return {"data": [], "paging": {"next": call.link(offset=cursor + BEHIND_EMPTY)}}
        after = _cursor(cursor)
        if direction == "next":
            rows = [row for row in rows if _cursor(row["offset"]) > after]
        else:
            rows = [row for row in rows if _cursor(row["offset"]) < after]
    if descending:
        rows = rows[::-1]
    page = rows[:size]
    shown = {"limit": size, "order": "desc" if descending else "asc"}
    paging = {"first": call.link(**shown, direction=None, offset=None)}
    if len(rows) > size:
        # Read downwards, the following rows have the lesser offsets.
        onward = "prev" if descending else "next"
        paging["next"] = call.link(**shown, direction=onward, offset=page[-1]["offset"])
    elif call.settings.last_link == "itself":
        paging["next"] = call.link()
    return {"data": page, "paging": paging}


def _cursor(offset: str) -> tuple[int, ...]:
    parts = offset.split("_")
    if not all(part.isdigit() for part in parts):
        raise Refusal(422, f"offset [{offset}] is not valid")
    return tuple(int(part) for part in parts)


def bare_ids(call: Call, ids: list[str]) -> Body:
    """Cut a list of bare ids. Only the link leads on: what its offset means is documented nowhere."""
    size, offset = call.size(MOST_IDS), call.number("offset", 0, 0)
    ordered = ids[::-1] if call.is_descending() else ids
    last, at = max(0, len(ids) - 1) // size * size, offset
    following = {"absent": None, "itself": last, "known ids": offset + size}[call.settings.last_link]
    if offset < last:
        following = offset + size
    elif following is not None:
        at = last  # beyond the last page, it comes again
    paging = {} if following is None else {"next": call.link(limit=size, offset=following)}
    return {"data": ordered[at : at + size], "paging": paging}


def team_logs(call: Call, logs: list[tuple[int, Row]]) -> Body:
    """Cut by `data.offset`, which is there on every page, the last one too."""
    size, descending = call.size(MOST), call.is_descending()
    offset = call.query.get("offset")
    ordered = logs[::-1] if descending else logs
    if offset is not None:
        (after,) = _cursor(offset)
        ordered = [each for each in ordered if (each[0] < after if descending else each[0] > after)]
    page = ordered[:size]
    data: Body = {"logs": [row for _, row in page]}
    if page:
        offset = str(page[-1][0])
    return {"data": ({"offset": offset} if offset else {}) | data}


def timeline(call: Call, entries: list[tuple[int, Row]]) -> Body:
    """Cut by `data.nextOffset`; what the last page says there is a setting."""
    size, descending = call.size(MOST_ENTRIES), call.is_descending()
    groups = call.query.get("group")
    visible = call.query.get("discardHidden", "false").lower() == "true"
    ordered = [
        (f"{moment}_{at}_{row['id'].rpartition('_')[2]}", row)
        for at, (moment, row) in sorted(enumerate(entries), reverse=descending)
        if (groups is None or row["group"] in groups.split(",")) and not (visible and row["hidden"])
    ]
    offset = call.query.get("offset")
    if offset:
        if call.settings.empty_pages and not offset.endswith(BEHIND_EMPTY):
            return {"data": {"entries": [], "nextOffset": offset + BEHIND_EMPTY}}
        offset = offset.removesuffix(BEHIND_EMPTY)
        places = [at for at, (cursor, _) in enumerate(ordered) if cursor == offset]
        if not places:
            raise Refusal(422, f"offset [{offset}] is not valid")
        ordered = ordered[places[0] + 1 :]
    page = ordered[:size]
    data: Body = {"entries": [row for _, row in page]}
    if len(ordered) > size:
        data["nextOffset"] = page[-1][0]
    elif call.settings.timeline_last_offset == "empty":
        data["nextOffset"] = ""
    elif call.settings.timeline_last_offset == "repeat" and (offset or page):
        data["nextOffset"] = offset or page[-1][0]
    return {"data": data}
