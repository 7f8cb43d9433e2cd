"""Lists that the site has once for itself, and once for each team."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.jsm.paging import MAX_PAGE
from source_opsgenie.jsm.streams.teams import TeamSubStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from source_opsgenie.http.paging import Paging, Params
    from source_opsgenie.streams.base import Page, Parent, Row

# The owner of what belongs to no team.
GLOBAL: Parent = {}


class OwnedStream(TeamSubStream, ABC):
    """What belongs to the site as a whole, then what belongs to each team. The two do not overlap.

    Attributes:
        global_path: path of the site's own list.
    """

    global_path: ClassVar[str]

    def parents(self) -> Iterator[Parent]:
        """Give the site as the first owner."""
        yield GLOBAL
        yield from super().parents()

    def has_keys(self, row: Row, names: Iterable[str]) -> bool:
        """Ask for the site's own list without an id."""
        return row is GLOBAL or super().has_keys(row, names)

    def first_params(self, parent: Parent) -> Params:
        """Ask for the greatest page, which the lists of teams may have smaller."""
        asked = super().first_params(parent)
        return {**asked, self.pager.words.size: str(MAX_PAGE)} if parent is GLOBAL else asked

    def page(self, parent: Parent, asked: Params, *, path: str | None = None, paging: Paging | None = None) -> Page:
        """Make one call."""
        own = self.global_path if parent is GLOBAL else None
        return super().page(parent, asked, path=path or own, paging=paging)
