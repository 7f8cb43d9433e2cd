"""One catalog for both APIs. It also lists the tables that the configured API lacks; reading one logs the reason."""

from __future__ import annotations

import threading

from source_opsgenie.config import Config
from source_opsgenie.jsm import catalog as jsm
from source_opsgenie.jsm import context as jsm_context
from source_opsgenie.opsgenie import catalog as opsgenie
from source_opsgenie.opsgenie import context as opsgenie_context
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.catalog import name_of, selected_of
from source_opsgenie.streams.context import Context
from source_opsgenie.streams.unavailable import unavailable

ONLY_IN_JSM = "Opsgenie does not have it. Once the account has moved, it is read from JSM Operations."

# The reason for each table of Opsgenie that JSM does not have, and where to find similar data.
NOT_IN_JSM = {
    "alert_recipients": (
        "JSM Operations has no list of an alert's recipients; alert_logs says who was notified, in lines of the type "
        "alertRecipient."
    ),
    "user_escalations": (
        "JSM Operations has no list of a user's escalations; escalations says whom each of its rules notifies."
    ),
    "user_schedules": (
        "JSM Operations has no list of a user's schedules; schedule_rotations says who takes part in each."
    ),
    "team_logs": (
        "JSM Operations has no log of a team's changes; audit_logs has those of the whole site, in the category "
        "Configuration Changes."
    ),
    "action_channels": "JSM Operations has no action channels; jec_channels is the nearest to them.",
    "service_incident_rules": "JSM Operations has no rules that open incidents on a service.",
    "service_incident_templates": "JSM has no incident templates of a service.",
    "saved_searches": "JSM Operations has no API for saved searches.",
    "custom_incident_templates": "JSM has no incident templates in its API.",
    "account": (
        "JSM Operations has no account object; only the administration of the organization shows the plan and the "
        "number of users."
    ),
    "request_limits": "JSM Operations does not publish its rate limits.",
    "log_files": "JSM Operations has no log files; audit_logs has the lines themselves.",
    "incident_timeline_entries": "JSM has no API for the timeline of an incident.",
    **dict.fromkeys(
        ("incidents", "incident_logs", "incident_notes", "incident_responder_alerts", "incident_associated_alerts"),
        "JSM keeps incidents as Jira work items, which Airbyte's Jira source reads.",
    ),
}

# The names of all tables. Both APIs have the same catalog, in Opsgenie's order.
NAMES = tuple(dict.fromkeys(map(name_of, (*opsgenie.STREAMS, *jsm.STREAMS))))


def streams_of(config: Config, stop: threading.Event, names: frozenset[str] = frozenset()) -> list[ApiStream]:
    """Create the streams of a sync, which share rate limits, workers and the signal to stop.

    No call is made and no thread is started before it is needed.

    Args:
        config: names the account or the site.
        stop: set when the sync is to end.
        names: those of the streams that the sync reads; empty for all streams.
    """
    context: Context
    if config.jira_service_management is None:
        context = opsgenie_context.context_of(config, stop, names)
        streams, others, reasons = opsgenie.create_streams(context), jsm.STREAMS, dict.fromkeys(NAMES, ONLY_IN_JSM)
    else:
        context = of_jsm = jsm_context.context_of(config, stop, names)
        streams, others, reasons = jsm.create_streams(of_jsm), opsgenie.STREAMS, NOT_IN_JSM
    known = {stream.name for stream in streams}
    absent = [kind for kind in selected_of(others, context) if name_of(kind) not in known]
    streams += [unavailable(kind, reasons[name_of(kind)], context) for kind in absent]
    return sorted(streams, key=lambda stream: NAMES.index(stream.name))
