"""Lists of which the site has one of its own, and one for each team."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, ClassVar

from source_opsgenie.jsm.streams.teams import TeamSubStream
from source_opsgenie.streams.sub_stream import GLOBAL

if TYPE_CHECKING:
    from source_opsgenie.http.paging import Page, Paging, Params
    from source_opsgenie.streams.base import Parent


class OwnedStream(TeamSubStream, ABC):
    """A list of the site as a whole, then one of each team. The two do not overlap.

    Attributes:
        global_path: path of the site's own list.
    """

    global_path: ClassVar[str]
    global_owner = "the site itself"

    def page(self, parent: Parent, asked: Params, *, path: str | None = None, paging: Paging | None = None) -> Page:
        """Make one call."""
        own = self.global_path if parent is GLOBAL else None
        return super().page(parent, asked, path=path or own, paging=paging)
