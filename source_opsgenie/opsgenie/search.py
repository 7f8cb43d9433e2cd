"""Builds Opsgenie's parameters for sorting, skipping and searching."""

from __future__ import annotations

from source_opsgenie.http.paging import Params
from source_opsgenie.scan.scan import Query

# Opsgenie was founded in 2012. Every documented query has times of 13 digits; whether fewer, as in `createdAt >= 0`, or
# more are accepted is not documented.
EARLIEST = 1_262_304_000_000  # 2010-01-01
LATEST = 9_999_999_999_999  # in 2286


def sorted_page(query: Query) -> Params:
    """Return the parameters that sort a list and skip rows of it."""
    order = "desc" if query.descending else "asc"
    offset = {"offset": str(query.offset)} if query.offset else {}
    return {"sort": query.sort, "order": order, **offset}


def search(query: Query, users_query: str | None) -> Params:
    """Return the parameter that narrows a list to a range of creation times, and by the user's own query.

    "Alerts Search Query Help", and "Search syntax for incidents": times are epoch milliseconds.
    """
    bounds = [f"createdAt >= {_asked(query.created_from)}"]
    if query.created_before is not None:
        bounds.append(f"createdAt < {_asked(query.created_before)}")
    if users_query is not None:
        bounds.insert(0, f"({users_query})")
    return {"query": " AND ".join(bounds)}


def _asked(millis: int) -> int:
    """Return a bound that a query may use; no row lies beyond the two."""
    return min(max(millis, EARLIEST), LATEST)
