"""JSM's ways to cut a list into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from integration_tests.sandbox.jsm.call import JsmCall
from integration_tests.sandbox.query import Row
from integration_tests.sandbox.refusal import Refusal


def by_offset(call: JsmCall, rows: Sequence[Any], row: Callable[[Any], Row] = lambda row: row) -> Row:
    """Cut by offset and size."""
    size, offset = call.given["size"], call.given.get("offset", 0)
    following = offset + call.held(size)
    page = [row(each) for each in rows[offset:following]]
    return {"values": page, **call.links(following >= len(rows), size=size, offset=following)}


def seen_by_offset(call: JsmCall, rows: list[Row]) -> Row:
    """Cut by offset and size a list of which the caller may see a part only."""
    if call.jsm.unseen == "before":
        return by_offset(call, call.seen(rows))
    answer = by_offset(call, rows)
    return answer | {"values": call.seen(answer["values"])}


def by_key(call: JsmCall, rows: list[tuple[str, Row]]) -> Row:
    """Cut by the key of the last row of the page before."""
    if "offset" in call.given:
        call.blame("offset, which is ignored")
    size, after = call.given["size"], call.given.get("after")
    if after is not None:
        places = [at for at, (key, _) in enumerate(rows) if key == after]
        if not places:
            raise Refusal(400, f"after [{after}] is not valid")
        rows = rows[places[0] + 1 :]
    page = rows[: call.held(size)]
    is_last = len(page) == len(rows)
    further = {} if is_last else {"after": page[-1][0]}
    return {"values": [row for _, row in page], **call.links(is_last, size=size, **further)}
