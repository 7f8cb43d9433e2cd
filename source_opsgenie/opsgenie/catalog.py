"""Lists all streams of an Opsgenie account."""

from __future__ import annotations

from source_opsgenie.opsgenie.streams import (
    account,
    alerts,
    incidents,
    integrations,
    log_files,
    policies,
    schedules,
    services,
    teams,
    users,
)
from source_opsgenie.streams.base import ApiStream
from source_opsgenie.streams.catalog import defined_in, made_of, selected_of
from source_opsgenie.streams.context import Context

# In the order in which they are read: parents come before their child streams.
STREAMS = defined_in(alerts, incidents, users, teams, policies, schedules, services, integrations, account, log_files)


def create_streams(context: Context) -> list[ApiStream]:
    """Create the streams that the sync reads."""
    return made_of(selected_of(STREAMS, context), context)
