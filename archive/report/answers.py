"""Queries the copy for the report, partly with the queries of `examples/sql`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from typing_extensions import Self

from archive.plain import plain
from archive.store import SCHEMA, escaped

SHARED = Path(__file__).parents[2] / "examples" / "sql"
OWN = Path(__file__).parent / "sql"

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
NO_SOURCE = "(no source)"
NO_NAME = "(unknown)"
NO_TEAM = ""  # instead of the id of a team, for alerts without one
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")

# The columns that the queries use, and their types. A value of another type counts as null.
COLUMNS = {
    "account": {"name": "VARCHAR"},
    "alert_recipients": {**dict.fromkeys(("alert_id", "user_id", "state"), "VARCHAR"), "createdat": "TIMESTAMP"},
    "alerts": {
        **dict.fromkeys(("id", "message", "priority", "source", "status", "ownerteamid"), "VARCHAR"),
        "teams": "JSON",
        "acknowledged": "BOOLEAN",
        "count": "BIGINT",
        "createdat": "TIMESTAMP",
        "report": "JSON",
    },
    "incidents": {
        **dict.fromkeys(("id", "status", "priority", "ownerteam"), "VARCHAR"),
        **dict.fromkeys(("createdat", "impactstartdate", "impactenddate"), "TIMESTAMP"),
    },
    "schedules": {"id": "VARCHAR", "ownerteam": "JSON"},
    "schedule_timelines": {
        **dict.fromkeys(("schedule_id", "layer", "recipient_id"), "VARCHAR"),
        "startdate": "TIMESTAMP",
        "enddate": "TIMESTAMP",
    },
    "team_members": {"team_id": "VARCHAR", "user_id": "VARCHAR"},
    "teams": {"id": "VARCHAR", "name": "VARCHAR"},
    "users": {"id": "VARCHAR", "username": "VARCHAR", "fullname": "VARCHAR", "timezone": "VARCHAR"},
}

# Other times are errors, and count as null: they would stretch every axis over centuries.
PLAUSIBLE = "BETWEEN TIMESTAMP '2010-01-01' AND TIMESTAMP '2100-01-01'"
PLAUSIBLE_COUNT = "BETWEEN 0 AND 1000000000000"  # the sum of others may be too large for an integer

# The two times of an alert's report, as numbers or null. JSON has no infinite numbers, and larger ones are errors, too.
TIMES = "json_object('ackTime', {}, 'closeTime', {})".format(
    *(
        f"CASE WHEN {value} BETWEEN 0 AND 1e13 THEN {value} END"
        for name in ("ackTime", "closeTime")
        for value in [f"try_cast(json_extract_string(report, '{name}') AS DOUBLE)"]
    )
)

# JSM Operations does not say which team owns an alert, and Opsgenie sends an empty text if none does. The first
# responding team takes the owner's place.
OWNER = "nullif(ownerteamid, '')"
OWNER_OR_RESPONDER = f"coalesce({OWNER}, json_extract_string(try_cast(teams AS JSON), '$[0].id'))"

# The conditions that narrow a table to a team, and to a period.
OF_TEAM = {
    "alerts": "coalesce(ownerteamid, '') = $team",
    "alert_recipients": "alert_id IN (SELECT id FROM typed.alerts WHERE coalesce(ownerteamid, '') = $team)",
    "incidents": "coalesce(ownerteam, '') = $team",
    "schedule_timelines": "schedule_id IN (SELECT id FROM schedules)",
    "schedules": "coalesce(json_extract_string(ownerteam, 'id'), '') = $team",
}
OF_PERIOD = {
    "alerts": "createdat >= $begins AND createdat < $ends",
    "alert_recipients": "createdat >= $begins AND createdat < $ends",
    "incidents": "createdat >= $begins AND createdat < $ends",
    "schedule_timelines": "enddate > $begins AND startdate < $ends",
}
# What is left of a row that lies only partly in the period.
CUT = {
    "schedule_timelines": {
        "startdate": "greatest(startdate, $begins) AS startdate",
        "enddate": "least(enddate, $ends) AS enddate",
    },
}

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Team:
    """A team that alerts count for; the id is `NO_TEAM` for alerts without a team."""

    id: str
    name: str


@dataclass(frozen=True)
class Period:
    """A number of whole days in UTC; `ends` is the midnight after the last day."""

    begins: datetime
    ends: datetime

    @property
    def last_day(self) -> date:
        """Return the last day."""
        return (self.ends - timedelta(days=1)).date()

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.ends - self.begins).days

    def days_within(self, begins: date, ends: date) -> int:
        """Return how many days of the period lie between two dates; the second one is not included."""
        first, last = max(self.begins.date(), begins), min(self.ends.date(), ends)
        return max((last - first).days, 0)


@dataclass(frozen=True)
class Part:
    """A part of the account; None for all teams and for all of time. `NO_TEAM` selects what belongs to no team."""

    team: str | None = None
    period: Period | None = None


@dataclass(frozen=True)
class Week:
    """The numbers of alerts of a week, by priority."""

    monday: date
    alerts: Counter[str]


@dataclass(frozen=True)
class Month:
    """The alerts of a month.

    Attributes:
        first: the first day of the month.
        times: the number of alerts that report the time to acknowledge.
        median: the median of these times in seconds; None if there is none.
    """

    first: date
    alerts: int
    acknowledged: int
    times: int
    median: float | None


@dataclass(frozen=True)
class IncidentMonth:
    """The incidents of a month.

    Attributes:
        first: the first day of the month.
        incidents: the numbers of incidents of P1 to P5, and of no priority.
        times: the number of incidents whose impact has ended.
        median: the median duration of their impact in seconds; None if there is none.
    """

    first: date
    incidents: Sequence[int]
    times: int
    median: float | None


@dataclass(frozen=True)
class Waiting:
    """The alerts of a team or of a priority.

    Attributes:
        name: the name of the team or the priority.
        times: the number of alerts that report the time to acknowledge.
        median: the median of these times in seconds; None if there is none.
        ninetieth: their 90th percentile in seconds; None if there is none.
    """

    name: str
    alerts: int
    acknowledged: int
    times: int
    median: float | None
    ninetieth: float | None


@dataclass(frozen=True)
class OnCall:
    """The hours that a person was on call, and the hours among them that the person took over through overrides."""

    person: str
    hours: float
    overrides: float


@dataclass(frozen=True)
class Paged:
    """The pages of a person; those at night are among those outside working hours."""

    person: str
    time_zone: str
    pages: int
    outside: int
    night: int


@dataclass(frozen=True)
class Hours:
    """The pages by day of the week (Monday first) and hour.

    Attributes:
        cells: the numbers of pages, by day and hour.
        in_utc: the number of pages of people without a known time zone, which are counted in UTC.
    """

    cells: list[list[int]]
    in_utc: int


@dataclass(frozen=True)
class Source:
    """A source of alerts."""

    name: str
    alerts: int
    never_acknowledged: int


@dataclass(frozen=True)
class Noisy:
    """The alerts with a message; `messages` is the number of distinct messages of all alerts."""

    message: str
    alerts: int
    occurrences: int
    never_acknowledged: int
    newest: str | None
    messages: int


@dataclass(frozen=True)
class Rules:
    """The numbers of rows to which the rules of the report apply, among all of them.

    Attributes:
        shared_alerts: the alerts with several responding teams; each counts for one team.
        inactive_recipients: the recipients who took no action; each counts as paged.
    """

    shared_alerts: int
    alerts: int
    inactive_recipients: int
    recipients: int


@dataclass(frozen=True)
class Headline:
    """The figures at the top of the page; None where the copy has no data."""

    account: str | None
    alerts: int
    first: datetime | None
    last: datetime | None
    acknowledged: int
    acknowledge_times: int
    acknowledge_median: float | None
    acknowledge_ninetieth: float | None
    close_times: int
    close_median: float | None
    close_ninetieth: float | None
    opsgenie_mtta: float | None
    opsgenie_mtta_alerts: int
    incidents: int
    incidents_open: int
    impact_times: int
    impact_median: float | None


class Answers:
    """The answers from a DuckDB file, about the whole account or a part of it.

    Attributes:
        missing: the streams for which the file has no table.
        filled: the streams that have rows, whatever is selected.
        whole: the period from the first to the last alert of the account; None if there are no alerts.
        part: the part of the account that the answers are about.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._connection: Any = None
        self.missing: set[str] = set()
        self.filled: set[str] = set()
        self.whole: Period | None = None
        self.part = Part()

    def __enter__(self) -> Self:
        """Open the file, and copy the columns that the queries use into memory, with values of the expected types."""
        import duckdb  # noqa: PLC0415 - in the demo environment only

        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"ATTACH '{escaped(self._database)}' AS copy (READ_ONLY)")
        self._connection.execute("CREATE SCHEMA typed")
        # DuckDB works the time zones out anew, each time that a query asks for them, which is with every part.
        self._connection.execute("CREATE TABLE typed.zones AS SELECT name FROM pg_timezone_names()")
        self._connection.execute("CREATE MACRO pg_timezone_names() AS TABLE SELECT name FROM typed.zones")
        present: dict[str, set[str]] = {}
        for table, column in self._connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'copy' AND schema_name = ?",
            [SCHEMA],
        ).fetchall():
            present.setdefault(table, set()).add(column)
        for table, columns in COLUMNS.items():
            if table not in present:
                self.missing.add(table)
            self._connection.execute(_copied(table, columns, present.get(table, set())))
            if self._connection.execute(f"SELECT 1 FROM typed.{table} LIMIT 1").fetchall():
                self.filled.add(table)
        self._connection.execute((OWN / "same_teams.sql").read_text(encoding="utf-8"))
        bounds = "SELECT date_trunc('day', min(createdat)), date_trunc('day', max(createdat)) FROM typed.alerts"
        ((first, last),) = self._connection.execute(bounds).fetchall()
        if first is not None:
            begins, ends = (datetime.combine(each, datetime.min.time()) for each in (first, last))
            self.whole = Period(begins, ends + timedelta(days=1))
        self.narrow(Part())
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._connection.close()

    @property
    def period(self) -> Period | None:
        """Return the period that the answers are about; None if the account has no alerts."""
        return self.part.period or self.whole

    def narrow(self, part: Part) -> None:
        """Restrict all further answers to a part of the account."""
        self.part = part
        # A view takes no parameters, so they are variables of the session.
        self._connection.execute(f"SET VARIABLE team = {_literal(part.team)}")
        for name in ("begins", "ends"):
            value = _literal(None if self.period is None else getattr(self.period, name))
            self._connection.execute(f"SET VARIABLE {name} = CAST({value} AS TIMESTAMP)")
        views = {"period": "SELECT $begins AS begins, $ends AS ends WHERE $begins IS NOT NULL"}
        for table, columns in COLUMNS.items():
            conditions = [
                conditions[table]
                for value, conditions in ((part.team, OF_TEAM), (part.period, OF_PERIOD))
                if value is not None and table in conditions
            ]
            cut = {} if part.period is None else CUT.get(table, {})
            selected = ", ".join(cut.get(column, f'"{column}"') for column in columns)
            where = " AND ".join(["true", *conditions])
            views[table] = f"SELECT {selected} FROM typed.{table} WHERE {where}"
        for view, sql in views.items():
            with_variables = re.sub(r"\$(\w+)", r"getvariable('\1')", sql)
            self._connection.execute(f"CREATE OR REPLACE VIEW {view} AS {with_variables}")

    def rules(self) -> Rules:
        """Return the numbers of rows to which the rules of the report apply."""
        (row,) = self._ask(OWN / "rules.sql")
        return Rules(*row)

    def has_schedules(self) -> bool:
        """Return whether a schedule belongs to the selected team."""
        return bool(self._connection.execute("SELECT 1 FROM schedules LIMIT 1").fetchall())

    def teams(self) -> list[Team]:
        """Return the teams that alerts count for, the one with the most alerts first."""
        return [Team(identity, name) for identity, name, _ in self._ask(OWN / "teams.sql")]

    def headline(self) -> Headline:
        """Return the figures at the top of the page."""
        account = self._ask(OWN / "account.sql")
        (alerts,) = self._ask(OWN / "alerts.sql")
        (incidents,) = self._ask(OWN / "incidents.sql")
        return Headline(account[0][0] if account else None, *alerts, *incidents)

    def weeks(self) -> list[Week]:
        """Return all weeks of the period."""
        found: dict[date, Counter[str]] = {}
        for monday, priority, count in self._ask(OWN / "alerts_by_week.sql"):
            found.setdefault(monday, Counter())[priority] += count
        return [Week(monday, alerts) for monday, alerts in found.items()]

    def months(self) -> list[Month]:
        """Return all months of the period."""
        return [Month(*row) for row in self._ask(OWN / "acknowledge_by_month.sql")]

    def incidents(self) -> list[IncidentMonth]:
        """Return all months of the period with their incidents."""
        rows = self._ask(OWN / "incidents_by_month.sql")
        return [IncidentMonth(first, counts, times, median) for first, *counts, times, median in rows]

    def pages(self) -> Hours:
        """Return the pages by day of the week and hour, in the time zone of the person who was paged."""
        cells, in_utc = [[0] * HOURS for _ in DAYS], 0
        for day, hour, count, of_utc in self._ask(OWN / "pages_by_hour.sql"):
            cells[day - 1][hour] = count
            in_utc += of_utc
        return Hours(cells, in_utc)

    def paged(self) -> list[Paged]:
        """Return the people who were paged, the one with the most pages outside working hours first."""
        rows = self._ask(SHARED / "pages_outside_working_hours.sql")
        people = [Paged(name or user or NO_NAME, *rest) for user, name, *rest in rows]
        return sorted(
            (each for each in people if each.pages), key=lambda each: (-each.outside, -each.pages, each.person)
        )

    def by_team(self) -> list[Waiting]:
        """Return how long the alerts of each team waited, the team with the longest median first."""
        return [Waiting(*row) for row in self._ask(OWN / "acknowledge_by_team.sql")]

    def by_priority(self) -> list[Waiting]:
        """Return how long the alerts of each priority waited, the most urgent priority first."""
        return [Waiting(*row) for row in self._ask(OWN / "acknowledge_by_priority.sql")]

    def on_call(self) -> list[OnCall]:
        """Return the people who were on call, the one with the most hours first."""
        hours: dict[str, OnCall] = {}
        for user, name, _, month_hours, overrides in self._ask(SHARED / "on_call_hours.sql"):
            before = hours.get(user, OnCall(name or user or NO_NAME, 0.0, 0.0))
            hours[user] = OnCall(before.person, before.hours + month_hours, before.overrides + overrides)
        return sorted(hours.values(), key=lambda each: (-each.hours, each.person))

    def on_call_days(self) -> tuple[date, date] | None:
        """Return the first and the last day of the on-call history; None if there is none."""
        ((first, last),) = self._ask(OWN / "on_call_period.sql")
        # A history that ends at midnight does not reach into the day that begins then.
        return None if first is None or last is None else (first.date(), (last - timedelta(microseconds=1)).date())

    def sources(self) -> list[Source]:
        """Return the sources of alerts, the one with the most alerts first."""
        rows = self._ask(SHARED / "noisiest_sources.sql")
        return [Source(name or NO_SOURCE, alerts, never) for name, alerts, _, never, _ in rows]

    def noisy(self) -> list[Noisy]:
        """Return the most frequent messages of alerts."""
        rows = self._ask(OWN / "noisy_alerts.sql")
        return [
            Noisy(message or "(no message)", alerts, int(occurred or alerts), *rest)
            for message, alerts, occurred, *rest in rows
        ]

    def _ask(self, query: Path) -> list[Row]:
        rows = self._connection.execute(query.read_text(encoding="utf-8")).fetchall()
        return [tuple(plain(value) if isinstance(value, str) else value for value in row) for row in rows]


def _copied(table: str, columns: dict[str, str], present: set[str]) -> str:
    """Return the statement that copies a table with typed columns; an empty table if the file does not have it."""
    selected = ", ".join(f'{_value(column, kind, present)} AS "{column}"' for column, kind in columns.items())
    source = f"copy.{SCHEMA}.{table}" if present else "(SELECT 1) WHERE false"
    return f"CREATE TABLE typed.{table} AS SELECT {selected} FROM {source}"


def _value(column: str, kind: str, present: set[str]) -> str:
    """Return a column as a value of its type, in SQL."""
    if column not in present:
        return f"CAST(NULL AS {kind})"
    if column == "report":
        return TIMES
    if column == "ownerteamid":
        return OWNER_OR_RESPONDER if "teams" in present else OWNER
    value = f'try_cast("{column}" AS {kind})'
    plausible = {"TIMESTAMP": PLAUSIBLE, "BIGINT": PLAUSIBLE_COUNT}.get(kind)
    return f"CASE WHEN {value} {plausible} THEN {value} END" if plausible else value


def _literal(value: object) -> str:
    """Return a value as a literal in SQL."""
    return "NULL" if value is None else f"'{escaped(value)}'"
