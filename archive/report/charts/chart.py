"""What every chart has in common: how it is drawn in two schemes, and the sentence that says what there is to see."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from archive.report.palette import Palette

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

Rows = list[tuple[str, ...]]


class Chart(ABC):
    """A chart.

    Attributes:
        name: its id on the page.
        title: its heading.
        needs: the streams that it is made of, for a reader whose copy has no rows of them.
        is_table: whether the table stands on the page at once, and not behind a word to be opened.
        place: where it stands on a desk: over the whole width, beside two others, or beside one; on a phone all
            stand below each other.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[str]
    place: ClassVar[str] = ""
    is_table: ClassVar[bool] = False

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What there is to see."""

    @property
    @abstractmethod
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """The same as a table: heads and rows."""

    @property
    def links(self) -> list[str | None]:
        """Addresses that the first cells of the table's rows lead to; none where there are fewer than rows."""
        return []

    @property
    def height(self) -> int:
        """Pixels."""
        return 280

    def legend(self, palette: Palette) -> dict[str, str]:  # noqa: ARG002 - some charts need one
        """Return what the colours mean."""
        return {}

    @abstractmethod
    def traces(self, palette: Palette) -> list[Any]:
        """Return what is drawn."""

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002 - some charts need it
        """Return what differs from the common layout."""
        return {}

    def figure(self, palette: Palette) -> dict[str, Any]:
        """Draw it: traces and layout, as Plotly's script takes them."""
        axis = {
            "gridcolor": palette.faint,
            "linecolor": palette.faint,
            "zeroline": False,
            "fixedrange": True,  # a finger that scrolls the page must not move the chart
            "automargin": True,
            "ticks": "",
        }
        layout: dict[str, Any] = {
            "height": self.height,
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "font": {"family": FONT, "size": 13, "color": palette.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "hoverlabel": {"bgcolor": palette.card, "bordercolor": palette.ink, "font": {"color": palette.ink}},
            "showlegend": False,  # the page has its own, which wraps as text does
            "dragmode": False,
            "xaxis": axis,
            "yaxis": axis,
        }
        for name, value in self.axes(palette).items():
            layout[name] = {**axis, **value} if name[1:].startswith("axis") else value
        return {"data": self.traces(palette), "layout": layout}
