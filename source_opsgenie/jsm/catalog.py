"""All streams of JSM Operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.jsm.streams.alerts import AlertAttachments, AlertDetails, AlertLogs, AlertNotes, Alerts
from source_opsgenie.jsm.streams.audit import AuditLogs
from source_opsgenie.jsm.streams.members import NO_ORGANIZATION, OfOrganization, TeamMembers, UserTeams
from source_opsgenie.jsm.streams.people import Contacts, NotificationRules, NotificationRuleSteps, Users
from source_opsgenie.jsm.streams.services import ServiceAudienceTemplates, Services
from source_opsgenie.jsm.streams.teams import Teams
from source_opsgenie.streams.catalog import made_of
from source_opsgenie.streams.unavailable import unavailable

if TYPE_CHECKING:
    from source_opsgenie.jsm.context import JsmContext
    from source_opsgenie.streams.base import ApiStream

# Parents stand before their sub-streams.
STREAMS: tuple[type[ApiStream], ...] = (
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
    Services,
    ServiceAudienceTemplates,
    AuditLogs,
)


def all_streams(context: JsmContext) -> list[ApiStream]:
    """Make every stream of a sync."""
    without = [kind for kind in STREAMS if issubclass(kind, OfOrganization) and context.organization_id is None]
    streams = made_of([kind for kind in STREAMS if kind not in without], context)
    context.names.lists["users"] = (streams[Users], "id", "username")
    return [*streams.values(), *(unavailable(kind, NO_ORGANIZATION)(context) for kind in without)]
