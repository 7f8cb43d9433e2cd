"""Incidents and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added
from source_opsgenie.records.shared import Links, Responder, Text


class Actor(Object):
    """A user, an API client or Opsgenie itself."""

    name: str | None = about("Name of the actor.")
    type: str | None = about("Type of the actor: user, api or system.")


class LastEdit(Object):
    """The last change of a timeline entry."""

    editTime: Timestamp | None = about("When the entry was edited.")
    actor: Actor | None = about("Who edited the entry.")


class Incident(Record):
    """An incident."""

    id: str | None = about("Id of the incident.")
    tinyId: str | None = about(
        "Short number of the incident. Opsgenie reuses these numbers, so they do not identify an incident."
    )
    message: str | None = about("Title of the incident.")
    description: str | None = about("Description of the incident.")
    status: str | None = about("Status of the incident: open, resolved or closed.")
    priority: str | None = about("Priority of the incident, P1 (critical) to P5 (informational).")
    tags: list[str] | None = about("Tags of the incident.")
    createdAt: Timestamp | None = about("When the incident was created.")
    updatedAt: Timestamp | None = about("When the incident last changed.")
    impactedServices: list[str] | None = about("Ids of the services that the incident affects.")
    ownerTeam: str | None = about("Id of the team that owns the incident. Empty if no team does.")
    responders: list[Responder] | None = about("Who is asked to respond to the incident.")
    extraProperties: dict[str, str] | None = about("Custom properties of the incident, by key.")
    impactStartDate: Timestamp | None = about("When the impact began.")
    impactEndDate: Timestamp | None = about("When the impact ended. Absent while it lasts.")
    impactDetectDate: Timestamp | None = about("When the impact was detected. Often absent.")
    actions: list[str] | None = about("Names of the custom actions available on the incident.")
    links: Links | None = about("Addresses of the incident.")
    isSeen: bool | None = about("Whether somebody has viewed the incident. Often absent.")
    source: str | None = about("Source of the incident. Often absent.")
    owner: str | None = about("User who owns the incident. Often absent.")
    serviceId: str | None = about("Id of the service that the incident affects. Only in old records.")


class IncidentLog(Record):
    """An entry of an incident's activity log."""

    incident_id: str | None = added("id of the incident.")
    log: str | None = about("What happened, in words.")
    type: str | None = about("Type of the entry, e.g. ACTION.")
    owner: str | None = about("Who did it, e.g. system.")
    createdAt: Timestamp | None = about("When it happened.")
    offset: str | None = about(
        "Position of the entry in the log, in milliseconds since 1970-01-01 UTC. Two entries may share it."
    )


class IncidentTimelineEntry(Record):
    """An entry of an incident's timeline."""

    incident_id: str | None = added("id of the incident.")
    id: str | None = about(
        "Id of the entry: its type and a UUID. Entries of one event share the UUID. If the API gives several entries "
        "the same id, the connector adds #1, #2 and so on to all but the first."
    )
    group: str | None = about("Group of the entry, e.g. incident, custom, statusPage or responderAlert.")
    type: str | None = about("Type of the entry, e.g. IncidentOpened, IncidentClosed or CustomUserEntry.")
    eventTime: Timestamp | None = about("When the event happened.")
    hidden: bool | None = about("Whether the entry is hidden in the timeline.")
    actor: Actor | None = about("Who caused the event.")
    title: Text | None = about("Title of the entry.")
    description: Text | None = about("Description of the entry. Only in custom entries.")
    lastEdit: LastEdit | None = about("Last change of the entry. Only in entries that were edited.")


class IncidentNote(Record):
    """A note on an incident."""

    incident_id: str | None = added("id of the incident.")
    note: str | None = about("Text of the note.")
    owner: str | None = about("Who wrote the note.")
    createdAt: Timestamp | None = about("When the note was written.")
    offset: str | None = about("Position of the note among the incident's notes.")


class IncidentAlert(Record):
    """An alert of an incident, for which the API gives the id only."""

    incident_id: str | None = added("id of the incident.")
    alert_id: str | None = about("Id of the alert.")
    incident_updatedAt: Timestamp | None = added("when the incident last changed. The alert's own times are in alerts.")
