"""What a complete copy of the account holds at this moment, stream by stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from integration_tests.sandbox.account import Account
    from integration_tests.sandbox.alerts import Alerts
    from integration_tests.sandbox.incidents import Incidents
    from integration_tests.sandbox.query import Row


def truth(account: Account, stream: str) -> Iterator[Row]:
    """Return the rows of a stream, in the API's shape behind their parent's id; raise KeyError for an unknown one."""
    alerts, incidents, configuration = account.alerts, account.incidents, account.configuration
    members: Callable[[str], list[Row]] = lambda team: configuration.team(team).get("members", [])  # noqa: E731
    timeline: Callable[[int], list[Row]] = lambda index: [row for _, row in incidents.entries(index)]  # noqa: E731
    team_logs: Callable[[str], list[Row]] = lambda team: [row for _, row in configuration.team_logs(team)]  # noqa: E731
    teams = configuration.team_ids
    streams: dict[str, Callable[[], Iterable[Row]]] = {
        "alerts": lambda: map(alerts.row, alerts.alive()),
        "alert_recipients": lambda: map(_with_user_id, _below(alerts, "alert_id", alerts.recipients)),
        "alert_logs": lambda: _below(alerts, "alert_id", alerts.logs),
        "alert_notes": lambda: _below(alerts, "alert_id", alerts.notes),
        "incidents": lambda: map(incidents.row, incidents.alive()),
        "incident_logs": lambda: _below(incidents, "incident_id", incidents.logs),
        "incident_timeline_entries": lambda: _below(incidents, "incident_id", timeline),
        "users": configuration.users,
        "contacts": lambda: _listed(configuration.user_ids, "user_id", configuration.contacts),
        "teams": configuration.teams,
        "team_members": lambda: map(_with_user_id, _listed(teams, "team_id", members)),
        "team_roles": lambda: _listed(teams, "team_id", configuration.team_roles),
        "team_routing_rules": lambda: _listed(teams, "team_id", configuration.team_routing_rules),
        "team_logs": lambda: _listed(teams, "team_id", team_logs),
    }
    return iter(streams[stream]())


def _below(parents: Alerts | Incidents, column: str, rows: Callable[[int], list[Row]]) -> Iterator[Row]:
    for index in parents.alive():
        parent = {column: parents.id(index)}
        yield from (parent | row for row in rows(index))


def _listed(parents: Iterable[str], column: str, rows: Callable[[str], list[Row]]) -> Iterator[Row]:
    for parent in parents:
        yield from ({column: parent} | row for row in rows(parent))


def _with_user_id(row: Row) -> Row:
    """Add the user's id after the parent's: together they name the row."""
    parent, *rest = row.items()
    return dict([parent, ("user_id", row["user"]["id"]), *rest])
