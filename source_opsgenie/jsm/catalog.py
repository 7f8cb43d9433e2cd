"""Lists all streams of a JSM site."""

from __future__ import annotations

from typing import cast

from source_opsgenie.jsm.context import JsmContext
from source_opsgenie.jsm.rows.names import NAME_COLUMNS
from source_opsgenie.jsm.site import Api
from source_opsgenie.jsm.streams import (
    account,
    alerts,
    audit_logs,
    integrations,
    policies,
    schedules,
    services,
    teams,
    timelines,
    users,
)
from source_opsgenie.jsm.streams.base import JsmStream
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.catalog import defined_in, made_of, selected_of
from source_opsgenie.streams.unavailable import unavailable

# Parents come before their child streams.
STREAMS = defined_in(alerts, users, teams, policies, schedules, timelines, services, integrations, account, audit_logs)

NO_ORGANIZATION = (
    "Atlassian has it in its Teams API only, which needs the id of the organization: fill in 'organization_id' in "
    "'jira_service_management'."
)


def create_streams(context: JsmContext) -> list[ApiStream]:
    """Create the streams that the sync reads; if the Teams API cannot be read, its streams give the reason."""
    kinds = list(selected_of(STREAMS, context, needed=NAME_COLUMNS))
    without = [kind for kind in kinds if kind.domain == Api.TEAMS and context.organization_id is None]
    streams = made_of([kind for kind in kinds if kind not in without], context)
    context.streams.update({stream.name: cast("JsmStream", stream) for stream in streams})
    return [*streams, *(unavailable(kind, NO_ORGANIZATION, context) for kind in without)]
