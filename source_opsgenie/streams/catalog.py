"""All streams of an account, and which list each of them hangs below."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from source_opsgenie.api.probe import ListCall
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
from source_opsgenie.streams.lists import Child, Shared
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
    from collections.abc import Iterable, Iterator, Mapping

    from source_opsgenie.streams.base import OpsgenieStream
    from source_opsgenie.streams.context import Context
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


def list_calls(streams: Iterable[OpsgenieStream]) -> list[ListCall]:
    """Return the smallest call for each list that hangs below no other, and what hangs below it."""
    tops: list[OpsgenieStream] = []
    below: dict[str, list[str]] = defaultdict(list)
    for stream in streams:
        top = _top_of(stream)
        if top is stream:
            tops.append(stream)
        else:
            below[top.name].append(stream.name)
    return [
        ListCall(
            stream=top.name,
            below=below[top.name],
            path=top.path(stream_slice=top.beginning),
            params={name: "1" if name == "limit" else value for name, value in top.first_params({}).items()},
            soft_statuses=top.soft_statuses,
        )
        for top in tops
    ]


def _top_of(stream: OpsgenieStream) -> OpsgenieStream:
    """Return the list at the top of what a stream hangs below; the stream itself where that is no other."""
    while isinstance(stream, Child):
        stream = stream.above
    return stream
