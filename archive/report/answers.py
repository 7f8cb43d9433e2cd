"""What the report asks the copy. Questions that others have, too, are those of `examples/sql`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from typing_extensions import Self

SCHEMA = "account"
SHARED = Path(__file__).parents[2] / "examples" / "sql"
OWN = Path(__file__).parent / "sql"

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Week:
    """The alerts of a week, by priority."""

    monday: date
    alerts: Counter[str]


@dataclass(frozen=True)
class Waiting:
    """How long a team's alerts waited to be acknowledged, in seconds."""

    team: str
    acknowledged: int
    median: float
    ninetieth: float


@dataclass(frozen=True)
class OnCall:
    """Somebody's hours on call, and how many of them were taken over by overrides."""

    person: str
    hours: float
    overrides: float


@dataclass(frozen=True)
class Source:
    """Where alerts come from."""

    name: str
    alerts: int
    never_acknowledged: int


@dataclass(frozen=True)
class Headline:
    """The figures on top; None where the copy cannot tell."""

    account: str | None
    alerts: int
    first: datetime | None
    last: datetime | None
    acknowledged: int
    acknowledge_median: float | None
    acknowledge_ninetieth: float | None
    close_median: float | None
    close_ninetieth: float | None
    incidents: int
    incidents_open: int


class Answers:
    """The answers of a DuckDB file; empty where the copy leaves a stream out."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: Any = None
        self._tables: set[str] = set()

    def __enter__(self) -> Self:
        """Open the file."""
        import duckdb  # noqa: PLC0415 - in the demo environment only

        self._connection = duckdb.connect(str(self._database), read_only=True)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"USE {SCHEMA}")
        tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
        self._tables = {row[0] for row in self._connection.execute(tables, (SCHEMA,)).fetchall()}
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._connection.close()

    def headline(self) -> Headline:
        """Give the figures on top."""
        alerts = self._ask(OWN / "alerts.sql", ("alerts",))
        incidents = self._ask(OWN / "incidents.sql", ("incidents",))
        account = self._ask(OWN / "account.sql", ("account",))
        return Headline(
            account[0][0] if account else None,
            *(alerts[0] if alerts else (0, None, None, 0, None, None, None, None)),
            *(incidents[0] if incidents else (0, 0)),
        )

    def weeks(self) -> list[Week]:
        """Give every week from the first alert's to the last one's."""
        found: dict[date, Counter[str]] = {}
        for monday, priority, count in self._ask(OWN / "alerts_by_week.sql", ("alerts",)):
            found.setdefault(monday, Counter())[priority] += count
        return [Week(monday, alerts) for monday, alerts in found.items()]

    def pages(self) -> list[list[int]]:
        """Give the pages of each hour of each day of a week, Monday first, by the clock of who was paged."""
        cells = [[0] * HOURS for _ in DAYS]
        for day, hour, count in self._ask(OWN / "pages_by_hour.sql", ("alert_recipients", "users")):
            cells[day - 1][hour] = count
        return cells

    def outside_working_hours(self) -> int:
        """Count the pages outside working hours."""
        rows = self._ask(SHARED / "pages_outside_working_hours.sql", ("alert_recipients", "users"))
        return sum(row[4] for row in rows)

    def waiting(self) -> list[Waiting]:
        """Give the teams, the slowest first."""
        return [Waiting(*row) for row in self._ask(OWN / "acknowledge_by_team.sql", ("alerts", "teams"))]

    def on_call(self) -> list[OnCall]:
        """Give who was on call, the longest first."""
        hours: dict[str, OnCall] = {}
        needed = ("schedule_timelines", "users", "team_members")
        for user, name, _, month_hours, overrides in self._ask(SHARED / "on_call_hours.sql", needed):
            before = hours.get(user, OnCall(name or user, 0.0, 0.0))
            hours[user] = OnCall(before.person, before.hours + month_hours, before.overrides + overrides)
        return sorted(hours.values(), key=lambda each: (-each.hours, each.person))

    def sources(self) -> list[Source]:
        """Give the sources, the noisiest first."""
        rows = self._ask(SHARED / "noisiest_sources.sql", ("alerts",))
        return [Source(name or "(no source)", alerts, never) for name, alerts, _, never, _ in rows]

    def _ask(self, query: Path, tables: Sequence[str]) -> list[Row]:
        if not self._tables.issuperset(tables):
            return []
        return list(self._connection.execute(query.read_text()).fetchall())
