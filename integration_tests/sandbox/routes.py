"""The table of endpoints: adding one takes a line here and its handler, or a line in `lists.py` if it is plain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from integration_tests.sandbox.call import Body, Call
from integration_tests.sandbox.handlers import (
    alerts,
    incidents,
    integrations,
    organisation,
    people,
    schedules,
    services,
    teams,
)
from integration_tests.sandbox.lists import LISTS

Handler = Callable[[Call], Body | str]


@dataclass(frozen=True)
class Route:
    """An endpoint: where it is, what it counts against, what a key and a plan need for it."""

    template: str
    domain: str
    handler: Handler
    configuration: bool = False  # needs Configuration Access
    account_wide: bool = False  # not for the key of a team
    feature: str | None = None  # needs a plan that includes this


def _configured(template: str, handler: Handler, *, account_wide: bool = False, feature: str | None = None) -> Route:
    return Route(template, "configuration", handler, configuration=True, account_wide=account_wide, feature=feature)


def _incident(template: str, handler: Handler, *, configuration: bool = False) -> Route:
    return Route(template, "incident", handler, configuration=configuration, feature="incidents")


ALERTS = (
    Route("/v2/alerts", "search", alerts.alerts),
    Route("/v2/alerts/count", "search", alerts.alert_count),
    Route("/v2/alerts/saved-searches", "alert", alerts.saved_searches),
    Route("/v2/alerts/saved-searches/{searchId}", "alert", alerts.saved_search),
    Route("/v2/alerts/{alertId}", "alert", alerts.alert),
    Route("/v2/alerts/{alertId}/recipients", "alert", alerts.alert_recipients),
    Route("/v2/alerts/{alertId}/logs", "alert", alerts.alert_logs),
    Route("/v2/alerts/{alertId}/notes", "alert", alerts.alert_notes),
    Route("/v2/alerts/{alertId}/attachments", "alert", alerts.alert_attachments),
    Route("/v2/alerts/{alertId}/attachments/{attachmentId}", "alert", alerts.alert_attachment),
)
INCIDENTS = (
    _incident("/v1/incidents", incidents.incidents),
    _incident("/v1/incidents/{incidentId}", incidents.incident),
    _incident("/v1/incidents/{incidentId}/logs", incidents.incident_logs),
    _incident("/v1/incidents/{incidentId}/notes", incidents.incident_notes),
    _incident("/v1/incidents/{incidentId}/responder-alert-ids", incidents.responder_alerts),
    _incident("/v1/incidents/{incidentId}/associated-alert-ids", incidents.associated_alerts),
    _incident("/v2/incident-timelines/{incidentId}/entries", incidents.incident_timeline, configuration=True),
)
USERS = (
    Route("/v2/users", "search", people.users, configuration=True, account_wide=True),
    *(
        _configured(f"/v2/users/{{userId}}{rest}", handler, account_wide=True)
        for rest, handler in (
            ("", people.user),
            ("/contacts", people.contacts),
            ("/teams", people.user_teams),
            ("/escalations", people.user_escalations),
            ("/schedules", people.user_schedules),
            ("/forwarding-rules", people.user_forwarding_rules),
            ("/notification-rules", people.notification_rules),
            ("/notification-rules/{ruleId}", people.notification_rule),
            ("/notification-rules/{ruleId}/steps", people.notification_rule_steps),
        )
    ),
)
TEAMS = (
    _configured("/v2/teams", teams.teams),
    _configured("/v2/teams/{teamId}", teams.team),
    _configured("/v2/teams/{teamId}/roles", teams.team_roles),
    _configured("/v2/teams/{teamId}/routing-rules", teams.team_routing_rules),
    _configured("/v2/teams/{teamId}/logs", teams.team_logs),
    _configured("/v2/policies/alert", teams.alert_policies),
    _configured("/v2/policies/notification", teams.notification_policies),
    _configured("/v2/policies/{policyId}", teams.policy),
    _configured("/v1/policies", teams.legacy_policies),
)
SCHEDULES = (
    _configured("/v2/schedules", schedules.schedules),
    Route("/v2/schedules/on-calls", "schedule-oncalls", schedules.on_calls, configuration=True),
    _configured("/v2/schedules/{scheduleId}", schedules.schedule),
    _configured("/v2/schedules/{scheduleId}/rotations", schedules.schedule_rotations),
    _configured("/v2/schedules/{scheduleId}/overrides", schedules.schedule_overrides),
    _configured("/v2/schedules/{scheduleId}/timeline", schedules.schedule_timeline),
    *(
        Route(f"/v2/schedules/{{scheduleId}}/{rest}", "schedule-oncalls", handler, configuration=True)
        for rest, handler in (("on-calls", schedules.schedule_on_calls), ("next-on-calls", schedules.next_on_calls))
    ),
)
SERVICES = (
    _configured("/v1/services", services.services, feature="services"),
    _configured("/v1/services/{serviceId}/incident-rules", services.incident_rules, feature="services"),
    _configured("/v1/services/{serviceId}/incident-templates", services.service_incident_templates, feature="services"),
    _configured("/v1/services/{serviceId}/audience-templates", services.audience_template, feature="services"),
    _configured("/v1/incident-templates", services.incident_templates, feature="incidents"),
)
INTEGRATIONS = (
    _configured("/v2/integrations", integrations.integrations),
    _configured("/v2/integrations/{integrationId}", integrations.integration),
    _configured("/v2/integrations/{integrationId}/actions", integrations.integration_actions),
    _configured("/v1/actions/channels", integrations.action_channels),
    Route("/v2/heartbeats", "heartbeat", integrations.heartbeats, configuration=True),
    Route("/v2/heartbeats/{name}/ping", "heartbeat", integrations.heartbeat_ping),
)
ACCOUNT = (
    _configured("/v2/account", organisation.account, account_wide=True),
    Route("/v2/request-limits/", "configuration", organisation.request_limits, account_wide=True),
    _configured("/v2/roles", organisation.roles, account_wide=True),
    _configured("/v2/roles/{roleId}", organisation.role, account_wide=True),
    _configured("/v1/maintenance", organisation.maintenances),
    _configured("/v1/maintenance/{maintenanceId}", organisation.maintenance),
    _configured("/v2/logs/list/{marker}", organisation.log_files, account_wide=True, feature="log files"),
    _configured("/v2/logs/download/{filename}", organisation.log_file, account_wide=True, feature="log files"),
)
PLAIN = tuple(
    _configured(each.template, each.answer, account_wide=each.account_wide, feature=each.feature)
    for each in LISTS.values()
)
ROUTES = (*ALERTS, *INCIDENTS, *USERS, *TEAMS, *SCHEDULES, *SERVICES, *INTEGRATIONS, *ACCOUNT, *PLAIN)


class Endpoint(Protocol):
    """Anything with a place in a table."""

    @property
    def template(self) -> str:
        """Its path; the parts that vary stand in braces."""


EndpointT = TypeVar("EndpointT", bound=Endpoint)


class Table(Generic[EndpointT]):
    """Finds the endpoint of a path; a trailing slash makes no difference."""

    def __init__(self, routes: tuple[EndpointT, ...]) -> None:
        self._exact = {route.template.rstrip("/"): route for route in routes if "{" not in route.template}
        self._varying: dict[tuple[str, int], list[tuple[list[str], EndpointT]]] = defaultdict(list)
        for route in routes:
            parts = route.template.split("/")
            self._varying[parts[2], len(parts)].append((parts, route))

    def find(self, raw_path: str) -> tuple[EndpointT, dict[str, str]] | None:
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
