"""All streams of JSM Operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from source_opsgenie.jsm.streams.account import CustomUserRoles, Maintenance
from source_opsgenie.jsm.streams.alerts import AlertAttachments, AlertDetails, AlertLogs, AlertNotes, Alerts
from source_opsgenie.jsm.streams.audit import AuditLogs
from source_opsgenie.jsm.streams.integrations import (
    Heartbeats,
    IntegrationActions,
    Integrations,
    JecChannels,
    SyncActionGroups,
    SyncActions,
    Syncs,
)
from source_opsgenie.jsm.streams.members import NO_ORGANIZATION, OfOrganization, TeamMembers, UserTeams
from source_opsgenie.jsm.streams.people import Contacts, NotificationRules, NotificationRuleSteps, Users
from source_opsgenie.jsm.streams.policies import AlertPolicies, NotificationPolicies
from source_opsgenie.jsm.streams.schedules import (
    Escalations,
    ForwardingRules,
    NextOnCalls,
    OnCalls,
    ScheduleOverrides,
    ScheduleRotations,
    Schedules,
)
from source_opsgenie.jsm.streams.services import ServiceAudienceTemplates, Services
from source_opsgenie.jsm.streams.teams import TeamRoles, TeamRoutingRules, Teams
from source_opsgenie.jsm.streams.timelines import ScheduleTimelines
from source_opsgenie.streams.catalog import made_of
from source_opsgenie.streams.unavailable import unavailable

if TYPE_CHECKING:
    from source_opsgenie.jsm.context import JsmContext
    from source_opsgenie.jsm.streams.base import JsmStream
    from source_opsgenie.streams.base import ApiStream

# Parents stand before their sub-streams.
STREAMS: tuple[type[JsmStream], ...] = (
    Alerts,
    AlertDetails,
    AlertLogs,
    AlertNotes,
    AlertAttachments,
    Users,
    Contacts,
    NotificationRules,
    NotificationRuleSteps,
    Teams,
    TeamMembers,
    UserTeams,
    TeamRoles,
    TeamRoutingRules,
    AlertPolicies,
    NotificationPolicies,
    Schedules,
    ScheduleRotations,
    ScheduleOverrides,
    ScheduleTimelines,
    OnCalls,
    NextOnCalls,
    Escalations,
    ForwardingRules,
    Services,
    ServiceAudienceTemplates,
    Integrations,
    IntegrationActions,
    Heartbeats,
    Maintenance,
    CustomUserRoles,
    Syncs,
    SyncActions,
    SyncActionGroups,
    JecChannels,
    AuditLogs,
)

# Where the names of what rows refer to by id are: by the field of `Names`, a stream and its columns of id and name.
NAMES: dict[str, tuple[type[JsmStream], str, str]] = {
    "users": (Users, "id", "username"),
    "teams": (Teams, "id", "name"),
    "schedules": (Schedules, "id", "name"),
    "escalations": (Escalations, "id", "name"),
}


def all_streams(context: JsmContext) -> list[ApiStream]:
    """Make every stream of a sync."""
    without = [kind for kind in STREAMS if issubclass(kind, OfOrganization) and context.organization_id is None]
    streams = made_of([kind for kind in STREAMS if kind not in without], context)
    context.names.lists = {
        kind: (cast("JsmStream", streams[stream]), identity, name) for kind, (stream, identity, name) in NAMES.items()
    }
    return [*streams.values(), *(unavailable(kind, NO_ORGANIZATION)(context) for kind in without)]
