"""All streams of an account, and which list each of them hangs below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.streams.account import Account, LogFiles, Maintenance, RequestLimits
from source_opsgenie.streams.alerts import (
    AlertAttachments,
    AlertDetails,
    AlertLogs,
    AlertNotes,
    AlertRecipients,
    Alerts,
    SavedSearches,
)
from source_opsgenie.streams.incidents import (
    IncidentAssociatedAlerts,
    IncidentLogs,
    IncidentNotes,
    IncidentResponderAlerts,
    Incidents,
    IncidentTimelineEntries,
)
from source_opsgenie.streams.integrations import ActionChannels, Heartbeats, IntegrationActions, Integrations
from source_opsgenie.streams.lists import Shared
from source_opsgenie.streams.policies import AlertPolicies, NotificationPolicies
from source_opsgenie.streams.schedules import (
    Escalations,
    NextOnCalls,
    OnCalls,
    ScheduleOverrides,
    ScheduleRotations,
    Schedules,
)
from source_opsgenie.streams.services import (
    CustomIncidentTemplates,
    ServiceAudienceTemplates,
    ServiceIncidentRules,
    ServiceIncidentTemplates,
    Services,
)
from source_opsgenie.streams.teams import TeamLogs, TeamMembers, TeamRoles, TeamRoutingRules, Teams
from source_opsgenie.streams.timelines import ScheduleTimelines
from source_opsgenie.streams.users import (
    Contacts,
    CustomUserRoles,
    ForwardingRules,
    NotificationRules,
    NotificationRuleSteps,
    UserEscalations,
    Users,
    UserSchedules,
    UserTeams,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from source_opsgenie.streams.base import OpsgenieStream
    from source_opsgenie.streams.context import Context
    from source_opsgenie.streams.lists import Child
    from source_opsgenie.streams.walked import WalkedChild, WalkedStream

# The history of alerts and incidents is walked by each of their children by itself, at its own place.
WALKED: tuple[tuple[type[WalkedStream], tuple[type[WalkedChild], ...]], ...] = (
    (Alerts, (AlertDetails, AlertRecipients, AlertLogs, AlertNotes, AlertAttachments)),
    (
        Incidents,
        (IncidentLogs, IncidentNotes, IncidentTimelineEntries, IncidentResponderAlerts, IncidentAssociatedAlerts),
    ),
)

# Lists that are asked for once and shared with their children, which may be such lists themselves.
SHARED: Mapping[type[Shared], tuple[type[Child], ...]] = {
    Users: (Contacts, UserTeams, UserEscalations, UserSchedules, NotificationRules),
    NotificationRules: (NotificationRuleSteps,),
    Teams: (TeamMembers, TeamRoles, TeamRoutingRules, TeamLogs, AlertPolicies, NotificationPolicies, ActionChannels),
    Schedules: (ScheduleRotations, ScheduleOverrides, ScheduleTimelines, NextOnCalls),
    Services: (ServiceIncidentRules, ServiceIncidentTemplates, ServiceAudienceTemplates),
    Integrations: (IntegrationActions,),
}

# Lists below no other.
PLAIN: tuple[type[OpsgenieStream], ...] = (
    Users,
    Teams,
    Schedules,
    Services,
    Integrations,
    SavedSearches,
    OnCalls,
    Escalations,
    ForwardingRules,
    CustomUserRoles,
    CustomIncidentTemplates,
    Heartbeats,
    Maintenance,
    Account,
    RequestLimits,
    LogFiles,
)


def all_streams(context: Context) -> list[OpsgenieStream]:
    """Make every stream of a sync."""
    streams: list[OpsgenieStream] = []
    for walked, below in WALKED:
        # The list that the children ask is another than the stream, which holds a state of its own.
        asked = walked(context)
        asked.refusals.quiet = True
        streams += [walked(context), *(child(context, asked) for child in below)]
    for plain in PLAIN:
        streams += _with_children(plain(context))
    return streams


def _with_children(stream: OpsgenieStream) -> Iterator[OpsgenieStream]:
    yield stream
    if isinstance(stream, Shared):
        for child in SHARED[type(stream)]:
            yield from _with_children(child(stream.context, stream))
