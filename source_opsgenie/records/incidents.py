"""Incidents and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added
from source_opsgenie.records.shared import Links, Responder, Text


class Actor(Object):
    """A user, an API client or Opsgenie itself."""

    name: str = about("Name of the actor.")
    type: str = about("Type of the actor: user, api or system.")


class LastEdit(Object):
    """The last change of a timeline entry."""

    editTime: Timestamp = about("When the entry was edited.")
    actor: Actor = about("Who edited the entry.")


class Incident(Record):
    """An incident."""

    id: str = about("Id of the incident.")
    tinyId: str = about(
        "Short number of the incident. Opsgenie reuses these numbers, so they do not identify an incident."
    )
    message: str = about("Title of the incident.")
    description: str = about("Description of the incident.")
    status: str = about("Status of the incident: open, resolved or closed.")
    priority: str = about("Priority of the incident, P1 (critical) to P5 (informational).")
    tags: list[str] = about("Tags of the incident.")
    createdAt: Timestamp = about("When the incident was created.")
    updatedAt: Timestamp = about("When the incident last changed.")
    impactedServices: list[str] = about("Ids of the services that the incident affects.")
    ownerTeam: str = about("Id of the team that owns the incident. Empty if no team does.")
    responders: list[Responder] = about("Who is asked to respond to the incident.")
    extraProperties: dict[str, str] = about("Custom properties of the incident, by key.")
    impactStartDate: Timestamp = about("When the impact began.")
    impactEndDate: Timestamp = about("When the impact ended. Absent while it lasts.")
    impactDetectDate: Timestamp = about("When the impact was detected. Often absent.")
    actions: list[str] = about("Names of the custom actions available on the incident.")
    links: Links = about("Addresses of the incident.")
    isSeen: bool = about("Whether somebody has viewed the incident. Often absent.")
    source: str = about("Source of the incident. Often absent.")
    owner: str = about("User who owns the incident. Often absent.")
    serviceId: str = about("Id of the service that the incident affects. Only in old records.")


class IncidentLog(Record):
    """An entry of an incident's activity log."""

    incident_id: str = added("id of the incident.")
    log: str = about("What happened, in words.")
    type: str = about("Type of the entry, e.g. ACTION.")
    owner: str = about("Who did it, e.g. system.")
    createdAt: Timestamp = about("When it happened.")
    offset: str = about("Position in the log, in milliseconds since 1970-01-01 UTC. Two entries may share it.")


class IncidentTimelineEntry(Record):
    """An entry of an incident's timeline."""

    incident_id: str = added("id of the incident.")
    incident_updatedAt: Timestamp = added(
        "when the incident last changed. It is the cursor, because an entry's own time (eventTime) may be set back."
    )
    id: str = about(
        "Id of the entry: its type and a UUID. Entries of one event share the UUID. If the API gives several entries "
        "the same id, the connector adds #1, #2 and so on to all but the first."
    )
    group: str = about("Group of the entry, e.g. incident, custom, statusPage or responderAlert.")
    type: str = about("Type of the entry, e.g. IncidentOpened, IncidentClosed or CustomUserEntry.")
    eventTime: Timestamp = about("When the event happened.")
    hidden: bool = about("Whether the entry is hidden in the timeline.")
    actor: Actor = about("Who caused the event.")
    title: Text = about("Title of the entry.")
    description: Text = about("Description of the entry. Only in custom entries.")
    lastEdit: LastEdit = about("Last change of the entry. Only in entries that were edited.")


class IncidentNote(Record):
    """A note on an incident."""

    incident_id: str = added("id of the incident.")
    note: str = about("Text of the note.")
    owner: str = about("Who wrote the note.")
    createdAt: Timestamp = about("When the note was written.")
    offset: str = about("Position of the note among the incident's notes.")


class IncidentAlert(Record):
    """An alert of an incident, for which the API gives the id only."""

    incident_id: str = added("id of the incident.")
    alert_id: str = about("Id of the alert.")
    incident_updatedAt: Timestamp = added("when the incident last changed. The alert's own times are in alerts.")
