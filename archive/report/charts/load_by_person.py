"""The chart of pages outside working hours by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.report.answers import Paged
from archive.report.charts.chart import Rows
from archive.report.charts.rows import only_shown
from archive.report.charts.stacked_bars import StackedBars
from archive.report.formatting import percent, quantity
from archive.report.palette import Palette


@dataclass(frozen=True)
class LoadByPerson(StackedBars):
    """The number of pages outside working hours, by person."""

    people: Sequence[Paged]
    clock: str

    name = "load-by-person"
    title = "Pages outside working hours, by person"
    needs = ("alert_recipients",)
    nothing = "Nobody was paged outside working hours for alerts"

    @property
    def bars(self) -> list[tuple[str, int, int]]:
        """Return the pages at night and the other ones, of the people who were paged outside working hours."""
        return [(each.person, each.night, each.outside - each.night) for each in self.people if each.outside]

    @property
    def sentence(self) -> str:
        """Return a sentence about the person with the most such pages."""
        first = self.people[0]
        outside = sum(each.outside for each in self.people)
        return (
            f"{first.person} was paged {quantity(first.outside, 'time')} outside working hours, {first.night:,} of "
            f"them at night (22:00 to 7:00). That is {percent(first.outside, outside)} of the "
            f"{quantity(outside, 'such page')} that {quantity(len(self.bars), 'person', 'people')} got. Hours are "
            f"{self.clock}." + only_shown(len(self.shown), "people with the most", len(self.bars))
        )

    @property
    def table(self) -> tuple[tuple[str, ...], Rows]:
        """Return a row for each person."""
        rows: Rows = [
            (each.person, f"{each.pages:,}", f"{each.outside:,}", f"{each.night:,}", each.time_zone)
            for each in self.people
        ]
        return ("Person", "Pages", "Outside working hours", "At night", "Time zone"), rows

    def legend(self, palette: Palette) -> dict[str, str]:
        """Return the colours of the two parts of a bar."""
        return {"at night": palette.second, "at other times outside working hours": palette.main}
