"""The least number of calls that a full copy of an account can take: the largest pages, and nothing asked twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from integration_tests.sandbox.client import Sandbox

PAGE = 100

# Lists below a parent: the parent's stream, the column that names it, the rows of a page (None: all in one answer).
BELOW: dict[str, tuple[str, str, int | None]] = {
    "alert_details": ("alerts", "id", None),
    "alert_recipients": ("alerts", "alert_id", None),
    "alert_logs": ("alerts", "alert_id", PAGE),
    "alert_notes": ("alerts", "alert_id", PAGE),
    "alert_attachments": ("alerts", "alert_id", None),
    "incident_logs": ("incidents", "incident_id", PAGE),
    "incident_notes": ("incidents", "incident_id", PAGE),
    "incident_timeline_entries": ("incidents", "incident_id", 20),
    "incident_responder_alerts": ("incidents", "incident_id", 25),
    "incident_associated_alerts": ("incidents", "incident_id", 25),
    "contacts": ("users", "user_id", None),
    "user_teams": ("users", "user_id", None),
    "user_escalations": ("users", "user_id", None),
    "user_schedules": ("users", "user_id", None),
    "notification_rules": ("users", "user_id", None),
    "team_members": ("teams", "team_id", None),
    "team_roles": ("teams", "team_id", None),
    "team_routing_rules": ("teams", "team_id", None),
    "team_logs": ("teams", "team_id", PAGE),
    "alert_policies": ("teams", "team_id", None),
    "notification_policies": ("teams", "team_id", None),
    "action_channels": ("teams", "teamId", None),
    "schedule_overrides": ("schedules", "schedule_id", None),
    "next_on_calls": ("schedules", "schedule_id", None),
    "service_incident_rules": ("services", "service_id", None),
    "service_incident_templates": ("services", "service_id", None),
    "service_audience_templates": ("services", "service_id", None),
    "integration_actions": ("integrations", "integration_id", None),
}
PAGED = {"alerts": PAGE, "incidents": PAGE, "users": PAGE, "services": PAGE, "custom_incident_templates": PAGE}
# Read singly, each object, for the list leaves fields out.
SINGLY = (
    "notification_rules",
    "alert_policies",
    "notification_policies",
    "integrations",
    "maintenance",
    "custom_user_roles",
    "saved_searches",
)
ONE_ANSWER = (
    "teams",
    "schedules",
    "integrations",
    "saved_searches",
    "on_calls",
    "escalations",
    "forwarding_rules",
    "custom_user_roles",
    "heartbeats",
    "maintenance",
    "account",
    "request_limits",
)
MONTHS_OF_TIMELINES = 13
LOG_FILES_PAGE = 1_000


def least_calls(account: Sandbox) -> int:
    """Count the pages of every list of an account; one call more learns the limits, and one whose states they are."""
    rows: dict[str, list[dict[str, Any]]] = {}

    def of(stream: str) -> list[dict[str, Any]]:
        if stream not in rows:
            rows[stream] = list(account.truth(stream))
        return rows[stream]

    calls = 2 + len(ONE_ANSWER)
    calls += sum(_pages(len(of(stream)), size) for stream, size in PAGED.items())
    for stream, (parent, column, size) in BELOW.items():
        of_each = Counter(row[column] for row in of(stream)) if size else Counter[str]()
        calls += sum(_pages(of_each[row["id"]], size) if size else 1 for row in of(parent))
    calls += 1  # the policies of no team
    calls += sum(len(of(stream)) for stream in SINGLY)
    calls += MONTHS_OF_TIMELINES * len(of("schedules"))
    calls += _pages(len(of("log_files")), LOG_FILES_PAGE) + 1  # an empty page ends them
    return calls


def _pages(rows: int, size: int) -> int:
    return max(1, -(-rows // size))
