"""The base class of the charts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from archive.report.palette import Palette

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"

Rows = list[tuple[str, ...]]


class Chart(ABC):
    """A chart, with a sentence that describes it and a table of its figures.

    Attributes:
        name: the id of the chart on the page.
        title: the heading.
        needs: the streams without which there is nothing to draw.
        nothing: the beginning of the message if they have rows, but not of what the reader has selected.
        is_table: whether the table is always visible; otherwise a reader has to open it.
        is_wide: whether it has the whole width of a wide screen; otherwise it shares it with another chart.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    nothing: ClassVar[str]
    is_table: ClassVar[bool] = False
    is_wide: ClassVar[bool] = True

    @property
    @abstractmethod
    def is_empty(self) -> bool:
        """Return whether there is nothing to draw."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """Return a description of what the chart shows."""

    @property
    @abstractmethod
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return the figures as a table: heads and rows."""

    @property
    def links(self) -> list[str | None]:
        """Return addresses that the first cells of the table's rows link to; missing ones count as None."""
        return []

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return 280

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the legend, by label."""
        return {}

    @abstractmethod
    def traces(self, palette: Palette) -> list[Any]:
        """Return Plotly's traces."""

    def axes(self, palette: Palette) -> dict[str, Any]:
        """Return the parts of Plotly's layout that differ from the common one."""
        return {}

    def figure(self, palette: Palette) -> dict[str, Any]:
        """Return the traces and the layout for Plotly's script."""
        axis = {
            "gridcolor": palette.faint,
            "linecolor": palette.faint,
            "zeroline": False,
            "fixedrange": True,  # so that scrolling with a finger does not move the chart
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
            "showlegend": False,  # the page has its own legend, which wraps like text
            "dragmode": False,
            "xaxis": axis,
            "yaxis": axis,
        }
        for name, value in self.axes(palette).items():
            layout[name] = {**axis, **value} if name[1:].startswith("axis") else value
        return {"data": self.traces(palette), "layout": layout}
