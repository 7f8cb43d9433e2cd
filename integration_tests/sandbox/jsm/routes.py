"""The table of the migrated account's endpoints, by API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integration_tests.sandbox.jsm.call import Answer, JsmCall
from integration_tests.sandbox.jsm.credentials import ALERT_SCOPE, CONFIG_SCOPE, USER_SCOPE
from integration_tests.sandbox.jsm.document import OPERATIONS
from integration_tests.sandbox.jsm.handlers import alerts, integrations, neighbours, people, schedules, teams

Handler = Callable[[JsmCall], Answer]


@dataclass(frozen=True)
class JsmRoute:
    """An endpoint: where it is below its base, what a token needs for it, how its pages are linked."""

    template: str
    handler: Handler
    name: str  # by which it is counted
    scope: str | None = None
    is_open: bool = False  # without any credential
    method: str = "GET"
    link_form: str = "v1"
    last_form: str = "empty"


def _operation(
    path: str,
    handler: Handler,
    scope: str | None = CONFIG_SCOPE,
    *,
    link_form: str = "v1",
    last_form: str = "empty",
) -> JsmRoute:
    return JsmRoute(path, handler, OPERATIONS + path, scope, link_form=link_form, last_form=last_form)


_OPERATIONS = (
    _operation("/v1/alerts", alerts.alerts, ALERT_SCOPE),
    _operation("/v1/alerts/alias", alerts.alert_by_alias, ALERT_SCOPE),
    _operation("/v1/alerts/policies", teams.global_policies),
    _operation("/v1/alerts/policies/{policyId}", teams.global_policy),
    _operation("/v1/alerts/requests/{id}", alerts.request_status, ALERT_SCOPE),
    _operation("/v1/alerts/{id}", alerts.alert, ALERT_SCOPE),
    _operation("/v1/alerts/{id}/notes", alerts.alert_notes, ALERT_SCOPE),
    _operation("/v1/alerts/{id}/logs", alerts.alert_logs, ALERT_SCOPE),
    _operation("/v1/alerts/{alertId}/attachments", alerts.alert_attachments, None, link_form="api", last_form="absent"),
    _operation("/v1/alerts/{alertId}/attachments/{id}", alerts.alert_attachment, None),
    _operation("/v1/teams", teams.teams),
    _operation("/v1/teams/{teamId}/requests/{requestId}", teams.team_request),
    _operation("/v1/teams/{teamId}/policies", teams.team_policies),
    _operation("/v1/teams/{teamId}/policies/{policyId}", teams.team_policy),
    _operation("/v1/teams/{teamId}/roles", teams.roles),
    _operation("/v1/teams/{teamId}/roles/{identifier}", teams.role),
    _operation("/v1/teams/{teamId}/routing-rules", teams.routing_rules),
    _operation("/v1/teams/{teamId}/routing-rules/{id}", teams.routing_rule),
    _operation("/v1/teams/{teamId}/escalations", teams.escalations),
    _operation("/v1/teams/{teamId}/escalations/{id}", teams.escalation),
    _operation("/v1/teams/{teamId}/heartbeats", teams.heartbeats),
    _operation("/v1/teams/{teamId}/heartbeats/ping", teams.heartbeat_ping),
    _operation("/v1/teams/{teamId}/maintenances", teams.team_maintenances, last_form="null"),
    _operation("/v1/teams/{teamId}/maintenances/{id}", teams.team_maintenance),
    _operation("/v1/maintenances", teams.global_maintenances, last_form="null"),
    _operation("/v1/maintenances/{id}", teams.global_maintenance),
    _operation("/v1/schedules", schedules.schedules),
    _operation("/v1/schedules/{id}", schedules.schedule),
    _operation("/v1/schedules/{scheduleId}/rotations", schedules.rotations),
    _operation("/v1/schedules/{scheduleId}/rotations/{id}", schedules.rotation),
    _operation("/v1/schedules/{scheduleId}/overrides", schedules.overrides),
    _operation("/v1/schedules/{scheduleId}/overrides/{alias}", schedules.override),
    _operation("/v1/schedules/{scheduleId}/timeline", schedules.timeline),
    _operation("/v1/schedules/{scheduleId}/on-calls", schedules.on_calls),
    _operation("/v1/schedules/{scheduleId}/next-on-calls", schedules.next_on_calls),
    _operation("/v1/integrations", integrations.integrations),
    _operation("/v1/integrations/{id}", integrations.integration),
    _operation("/v1/integrations/{integrationId}/actions", integrations.integration_actions),
    _operation("/v1/integrations/{integrationId}/actions/{id}", integrations.integration_action),
    _operation("/v1/integrations/{integrationId}/outgoing/alert-filter/main", integrations.alert_filter),
    _operation("/v1/forwarding-rules", people.forwarding_rules),
    _operation("/v1/forwarding-rules/{id}", people.forwarding_rule),
    _operation("/v1/notification-rules", people.notification_rules),
    _operation("/v1/notification-rules/{id}", people.notification_rule),
    _operation("/v1/notification-rules/{ruleId}/steps", people.notification_rule_steps),
    _operation("/v1/notification-rules/{ruleId}/steps/{id}", people.notification_rule_step),
    _operation("/v1/users/contacts", people.contacts, link_form="url"),
    _operation("/v1/users/contacts/{id}", people.contact),
    _operation("/v1/roles", people.roles),
    _operation("/v1/roles/{identifier}", people.role),
    _operation("/v1/logs", people.audit_logs, link_form="bare", last_form="absent"),
    _operation("/v1/syncs", integrations.syncs),
    _operation("/v1/syncs/{id}", integrations.sync),
    _operation("/v1/syncs/{syncId}/actions", integrations.sync_actions),
    _operation("/v1/syncs/{syncId}/actions/{id}", integrations.sync_action),
    _operation("/v1/syncs/{syncId}/action-groups", integrations.sync_action_groups),
    _operation("/v1/syncs/{syncId}/action-groups/{id}", integrations.sync_action_group),
    _operation("/v1/jec/channels", integrations.channels),
    _operation("/v1/jec/channels/{id}", integrations.channel),
)


def _neighbour(path: str, handler: Handler, scope: str | None = None, *, method: str = "GET") -> JsmRoute:
    return JsmRoute(path, handler, path, scope, method=method)


ROUTES: dict[str, tuple[JsmRoute, ...]] = {
    "operations": _OPERATIONS,
    "jira": (
        _neighbour("/rest/api/3/users/search", neighbours.users, USER_SCOPE),
        _neighbour("/rest/api/3/myself", neighbours.myself, USER_SCOPE),
    ),
    "services": (JsmRoute("/v1/services/", neighbours.services, "/jsm/api/v1/services/", CONFIG_SCOPE),),
    "teams": (
        _neighbour("/public/teams/v1/org/{orgId}/teams", neighbours.teams),
        _neighbour("/public/teams/v1/org/{orgId}/teams/{teamId}/members", neighbours.members, method="POST"),
    ),
    "site": (JsmRoute("/_edge/tenant_info", neighbours.tenant_info, "/_edge/tenant_info", is_open=True),),
}
