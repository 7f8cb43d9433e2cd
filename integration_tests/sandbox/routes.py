"""The table of endpoints: adding one takes a line here and its handler."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from integration_tests.sandbox import handlers as answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from integration_tests.sandbox.call import Body, Call


@dataclass(frozen=True)
class Route:
    """An endpoint: where it is, what it counts against, what a key and a plan need for it."""

    template: str
    domain: str
    handler: Callable[[Call], Body]
    configuration: bool = False  # needs Configuration Access
    account_wide: bool = False  # not for the key of a team
    feature: str | None = None  # needs a plan that includes this


ALERTS = (
    Route("/v2/alerts", "search", answer.alerts),
    Route("/v2/alerts/count", "search", answer.alert_count),
    Route("/v2/alerts/{alertId}", "alert", answer.alert),
    Route("/v2/alerts/{alertId}/recipients", "alert", answer.alert_recipients),
    Route("/v2/alerts/{alertId}/logs", "alert", answer.alert_logs),
    Route("/v2/alerts/{alertId}/notes", "alert", answer.alert_notes),
)
INCIDENTS = (
    Route("/v1/incidents", "incident", answer.incidents, feature="incidents"),
    Route("/v1/incidents/{incidentId}", "incident", answer.incident, feature="incidents"),
    Route("/v1/incidents/{incidentId}/logs", "incident", answer.incident_logs, feature="incidents"),
    Route(
        "/v2/incident-timelines/{incidentId}/entries",
        "incident",
        answer.incident_timeline,
        configuration=True,
        feature="incidents",
    ),
)
USERS = (
    Route("/v2/users", "search", answer.users, configuration=True, account_wide=True),
    Route("/v2/users/{userId}", "configuration", answer.user, configuration=True, account_wide=True),
    Route("/v2/users/{userId}/contacts", "configuration", answer.contacts, configuration=True, account_wide=True),
)
TEAMS = (
    Route("/v2/teams", "configuration", answer.teams, configuration=True),
    Route("/v2/teams/{teamId}", "configuration", answer.team, configuration=True),
    Route("/v2/teams/{teamId}/roles", "configuration", answer.team_roles, configuration=True),
    Route("/v2/teams/{teamId}/routing-rules", "configuration", answer.team_routing_rules, configuration=True),
    Route("/v2/teams/{teamId}/logs", "configuration", answer.team_logs, configuration=True),
)
ACCOUNT = (
    Route("/v2/account", "configuration", answer.account, configuration=True, account_wide=True),
    Route("/v2/request-limits/", "configuration", answer.request_limits, account_wide=True),
    Route("/v2/heartbeats/{name}/ping", "heartbeat", answer.heartbeat_ping),
)
ROUTES = (*ALERTS, *INCIDENTS, *USERS, *TEAMS, *ACCOUNT)


class Table:
    """Finds the endpoint of a path; a trailing slash makes no difference."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._exact = {route.template.rstrip("/"): route for route in routes if "{" not in route.template}
        self._varying: dict[tuple[str, int], list[tuple[list[str], Route]]] = defaultdict(list)
        for route in routes:
            parts = route.template.split("/")
            self._varying[parts[2], len(parts)].append((parts, route))

    def find(self, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the endpoint and the parts of the path that vary, decoded."""
        path = raw_path.rstrip("/")
        route = self._exact.get(path)
        if route is not None:
            return route, {}
        given = path.split("/")
        for parts, candidate in self._varying.get((given[2], len(given)), ()) if len(given) > 2 else ():
            at = _match(parts, given)
            if at is not None:
                return candidate, at
        return None


def _match(parts: list[str], given: list[str]) -> dict[str, str] | None:
    at = {}
    for part, value in zip(parts, given, strict=True):
        if part.startswith("{"):
            at[part[1:-1]] = unquote(value)
        elif part != value:
            return None
    return at
