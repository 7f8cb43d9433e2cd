"""Notices rows that moved to another page while a list was read by offset."""

from __future__ import annotations

from typing import Any

from source_opsgenie.http.paging import Paging, Params, Value

# How often a list is begun again because its rows moved while it was read.
MOST_RESTARTS = 3


class Overlap:
    """Makes each page of one list by offset begin with the last row of the page before, to notice rows that moved.

    A worked example, with pages of four rows:

    * The first page is `a b c d`. The second is asked for from offset 3: it is `d e f g`, and joins, so only its first
      row is left out.
    * Had `a` and `b` been deleted meanwhile, it would be `f g h`, and `e` would be missing. Its first row was not read
      before, so it does not join. Its rows count as read, and the list begins again: `c d e f` brings `e`.
    * Had a row been created before `a`, it would be `c d e f`: it joins, and two rows are left out.

    Lists that continue at a cursor need none of this. A server that begins pages only at multiples of their size, or
    that ignores the offset, returns the page before once more. Such a list is then read without an overlap.
    """

    def __init__(self, paging: Paging, *, is_on: bool = True) -> None:
        self._paging = paging
        self._is_on = is_on and paging.counts_rows
        self._is_heeded = True  # pages begin where they are asked for, as far as is known
        self._read: set[str] = set()
        self._joined: set[str] = set()  # of those read, all up to which none can be missing
        self._before = ""  # the first row of the page before, of one that overlaps
        self._plain: Params = {}  # the parameters of this page, had it not begun earlier
        self._must_join = False
        self._restarts = 0

    @property
    def has_given_up(self) -> bool:
        """Return whether the list began again as often as it may, and its pages still did not join."""
        return self._restarts > MOST_RESTARTS

    def joins(self, rows: list[Any]) -> bool:
        """Return whether no row can be missing before a page; if not, the list is to begin again."""
        if self._must_join and not (rows and self._name_of(rows[0]) in self._joined):
            self._restarts += 1
            self._must_join = False
            return False
        if self._is_on:
            self._joined.update(map(self._name_of, rows))
        return True

    def new_in(self, rows: list[Any]) -> list[Any]:
        """Return the rows of a page that were not read before. Each row without an id counts as new."""
        if not self._is_on:
            return rows
        behind = rows[1:] if self._must_join else rows
        new = [row for row in behind if self._name_of(row) not in self._read or self._may_be_alike(row)]
        self._read.update(map(self._name_of, rows))
        return new

    def instead_of(self, rows: list[Any]) -> Params | None:
        """Return what to ask for without an overlap, if the page before came again; otherwise None."""
        if not self._must_join or self._name_of(rows[0]) != self._before:
            return None
        self._is_heeded = self._must_join = False
        return self._plain

    def ends_with(self, rows: list[Any]) -> bool:
        """Return whether a page has only the last row of the page before, though an empty page is to end the list."""
        return self._must_join and len(rows) == 1 and self._paging.ends_empty

    def begun_earlier(self, asked: Params, rows: list[Any], following: Params) -> Params:
        """Return the parameters of the next page, from the last row of this one if its offset counts rows."""
        begin, end = (_number(params.get(self._paging.offset, "0")) for params in (asked, following))
        may_overlap = self._is_on and self._is_heeded and not self.has_given_up
        self._must_join = may_overlap and end - begin == len(rows) > 1
        if not self._must_join:
            return following
        self._before, self._plain = self._name_of(rows[0]), following
        return {**following, self._paging.offset: str(end - 1)}

    def _may_be_alike(self, row: Any) -> bool:
        return self._paging.name_of(row) is None and not self._restarts

    def _name_of(self, row: Any) -> str:
        return self._paging.name_of(row) or repr(row)


def _number(value: Value) -> int:
    """Return a parameter as a number; -1 if it is not a number."""
    return int(value) if isinstance(value, str) and value.isdecimal() else -1
