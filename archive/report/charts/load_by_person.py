"""The chart of pages outside working hours by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.report.charts.chart import Chart, Rows
from archive.report.charts.rows import MAX_ROWS, height_of, only_shown, stacked_axes, stacked_bars
from archive.report.formatting import percent, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.report.answers import Paged
    from archive.report.palette import Palette


@dataclass(frozen=True)
class LoadByPerson(Chart):
    """The number of pages outside working hours, by person."""

    people: Sequence[Paged]
    clock: str

    name = "load-by-person"
    title = "Pages outside working hours, by person"
    needs = ("alert_recipients",)
    nothing = "Nobody was paged outside working hours for alerts"
    css_class = " wide"

    @property
    def is_empty(self) -> bool:
        """Return whether nobody was paged outside working hours."""
        return not self.shown

    @property
    def shown(self) -> list[Paged]:
        """Return the people who are drawn, which are those with the most such pages."""
        return self._disturbed[:MAX_ROWS]

    @property
    def _disturbed(self) -> list[Paged]:
        return [each for each in self.people if each.outside]

    @property
    def sentence(self) -> str:
        """Return a sentence about the person with the most such pages."""
        first = self.people[0]
        outside = sum(each.outside for each in self.people)
        return (
            f"{first.person} was paged {quantity(first.outside, 'time')} outside working hours, {first.night:,} of "
            f"them at night (22:00 to 7:00). That is {percent(first.outside, outside)} of "
            f"{quantity(outside, 'such page')} of {quantity(len(self._disturbed), 'person', 'people')}. Hours are "
            f"{self.clock}." + only_shown(len(self.shown), "people with the most", len(self._disturbed))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each person."""
        rows: Rows = [
            (each.person, f"{each.pages:,}", f"{each.outside:,}", f"{each.night:,}", each.time_zone)
            for each in self.people
        ]
        return ("Person", "Pages", "Outside working hours", "At night", "Time zone"), rows

    @property
    def height(self) -> int:
        """Return a height with space for each person."""
        return height_of(len(self.shown))

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two parts of a bar."""
        return {"at night": palette.second, "at other times outside working hours": palette.main}

    def traces(self, palette: Palette) -> list[Any]:
        """Return bars with the pages at night first, then the others."""
        return stacked_bars(
            [each.person for each in self.shown],
            self.legend(palette),
            [each.night for each in self.shown],
            [each.outside - each.night for each in self.shown],
        )

    def axes(self, palette: Palette) -> dict[str, Any]:  # noqa: ARG002
        """Return axes with the person with the most pages at the top."""
        return stacked_axes([each.person for each in self.shown], self.shown[0].outside)
