"""Who bears the pages outside working hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MOST_ROWS, drawn, height_of, stacked_axes, stacked_bars
from archive.report.words import percent, several

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Paged
    from archive.report.palette import Palette


@dataclass(frozen=True)
class LoadByPerson(Chart):
    """Who bears the pages outside working hours."""

    people: Sequence[Paged]
    clock: str

    name = "load-by-person"
    title = "Load outside working hours, by person"
    needs = "alert_recipients"
    place = " wide"

    @property
    def is_empty(self) -> bool:
        """Whether nobody was ever paged outside working hours."""
        return not self.shown

    @property
    def shown(self) -> list[Paged]:
        """The people that are drawn: those with the most such pages."""
        return self._disturbed[:MOST_ROWS]

    @property
    def _disturbed(self) -> list[Paged]:
        return [each for each in self.people if each.outside]

    @property
    def sentence(self) -> str:
        """Name who bears the most, and what part of it."""
        first = self.people[0]
        outside = sum(each.outside for each in self.people)
        return (
            f"{first.person} was paged {first.outside:,} times outside working hours, {first.night:,} of them at night "
            f"(22:00 to 7:00): {percent(first.outside, outside)} of the {several(outside, 'such page')} that "
            f"{several(len(self._disturbed), 'person', 'people')} had. Times are {self.clock}."
            + drawn(len(self.shown), "with the most", len(self._disturbed))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """A row a person."""
        rows: Rows = [
            (each.person, f"{each.pages:,}", f"{each.outside:,}", f"{each.night:,}", each.time_zone)
            for each in self.people
        ]
        return ("Person", "Pages", "Outside working hours", "At night", "Time zone"), rows

    @property
    def height(self) -> int:
        """Room for each person."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the two parts of a bar."""
        return {"at night": palette.second, "at other times outside working hours": palette.main}

    def traces(self, palette: Palette) -> list[Any]:
        """Draw the nights, then the rest."""
        return stacked_bars(
            [each.person for each in self.shown],
            self.legend(palette),
            [each.night for each in self.shown],
            [each.outside - each.night for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Put the one with the most on top."""
        return stacked_axes([each.person for each in self.shown])
