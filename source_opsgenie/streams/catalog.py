"""All streams of an account, and which list each of them hangs below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from source_opsgenie.streams.alerts import AlertLogs, AlertNotes, AlertRecipients, Alerts
from source_opsgenie.streams.incidents import IncidentLogs, Incidents, IncidentTimelineEntries
from source_opsgenie.streams.teams import TeamLogs, TeamMembers, TeamRoles, TeamRoutingRules, Teams
from source_opsgenie.streams.users import Contacts, Users

if TYPE_CHECKING:
    from source_opsgenie.streams.base import OpsgenieStream
    from source_opsgenie.streams.context import Context


def all_streams(context: Context) -> list[OpsgenieStream]:
    """Make every stream of a sync.

    Users and teams are asked for once and shared with their children. Alerts and incidents are not: each stream over
    them walks the list by itself, at its own place, and asks a list of its own, which holds no state.
    """
    users, teams = Users(context), Teams(context)
    alerts, incidents = Alerts(context), Incidents(context)
    return [
        Alerts(context),
        *(child(context, alerts) for child in (AlertRecipients, AlertLogs, AlertNotes)),
        Incidents(context),
        *(child(context, incidents) for child in (IncidentLogs, IncidentTimelineEntries)),
        users,
        Contacts(context, users),
        teams,
        *(child(context, teams) for child in (TeamMembers, TeamRoles, TeamRoutingRules, TeamLogs)),
    ]
