"""Incidents and the objects that belong to them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import Links, Responder, Text


class Actor(Object):
    """A user, an API client or Opsgenie itself."""

    name: str | None = Field(None, description="Name of the actor.")
    type: str | None = Field(None, description="Type of the actor: user, api or system.")


class LastEdit(Object):
    """The last change of a timeline entry."""

    editTime: Timestamp | None = Field(None, description="When the entry was edited.")
    actor: Actor | None = Field(None, description="Who edited the entry.")


class Incident(Record):
    """An incident."""

    id: str | None = Field(None, description="Id of the incident.")
    tinyId: str | None = Field(
        None,
        description="Short number of the incident. Opsgenie reuses these numbers, so they do not identify an incident.",
    )
    message: str | None = Field(None, description="Title of the incident.")
    description: str | None = Field(None, description="Description of the incident.")
    status: str | None = Field(None, description="Status of the incident: open, resolved or closed.")
    priority: str | None = Field(None, description="Priority of the incident, P1 (critical) to P5 (informational).")
    tags: list[str] | None = Field(None, description="Tags of the incident.")
    createdAt: Timestamp | None = Field(None, description="When the incident was created.")
    updatedAt: Timestamp | None = Field(None, description="When the incident last changed.")
    impactedServices: list[str] | None = Field(None, description="Ids of the services that the incident affects.")
    ownerTeam: str | None = Field(None, description="Id of the team that owns the incident. Empty if no team does.")
    responders: list[Responder] | None = Field(None, description="Teams and users asked to respond to the incident.")
    extraProperties: dict[str, str] | None = Field(None, description="Custom properties of the incident, by key.")
    impactStartDate: Timestamp | None = Field(None, description="When the impact began.")
    impactEndDate: Timestamp | None = Field(None, description="When the impact ended. Absent while it lasts.")
    impactDetectDate: Timestamp | None = Field(None, description="When the impact was detected. Often absent.")
    actions: list[str] | None = Field(None, description="Names of the custom actions available on the incident.")
    links: Links | None = Field(None, description="Addresses of the incident.")
    isSeen: bool | None = Field(None, description="Whether somebody has viewed the incident. Often absent.")
    source: str | None = Field(None, description="Source of the incident. Often absent.")
    owner: str | None = Field(None, description="User who owns the incident. Often absent.")
    serviceId: str | None = Field(None, description="Id of the service that the incident affects. Only in old records.")


class IncidentLog(Record):
    """An entry of an incident's activity log."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    log: str | None = Field(None, description="What happened, in words.")
    type: str | None = Field(None, description="Type of the entry, e.g. ACTION.")
    owner: str | None = Field(None, description="Who did it, e.g. system.")
    createdAt: Timestamp | None = Field(None, description="When it happened.")
    offset: str | None = Field(
        None,
        description="Position of the entry in the log, in milliseconds since 1970-01-01 UTC. Two entries may share it.",
    )


class IncidentTimelineEntry(Record):
    """An entry of an incident's timeline."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    id: str | None = Field(
        None, description="Id of the entry: its type and a UUID. Entries of one event share the UUID."
    )
    group: str | None = Field(
        None, description="Group of the entry, e.g. incident, custom, statusPage or responderAlert."
    )
    type: str | None = Field(
        None, description="Type of the entry, e.g. IncidentOpened, IncidentClosed or CustomUserEntry."
    )
    eventTime: Timestamp | None = Field(None, description="When the event happened.")
    hidden: bool | None = Field(None, description="Whether the entry is hidden in the timeline.")
    actor: Actor | None = Field(None, description="Who caused the event.")
    title: Text | None = Field(None, description="Title of the entry.")
    description: Text | None = Field(None, description="Description of the entry. Only in custom entries.")
    lastEdit: LastEdit | None = Field(None, description="Last change of the entry. Only in entries that were edited.")


class IncidentNote(Record):
    """A note on an incident."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    note: str | None = Field(None, description="Text of the note.")
    owner: str | None = Field(None, description="Who wrote the note.")
    createdAt: Timestamp | None = Field(None, description="When the note was written.")
    offset: str | None = Field(None, description="Position of the note among the incident's notes.")


class IncidentAlert(Object):
    """An alert of an incident, for which the API gives the id only."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    alert_id: str | None = Field(None, description="Id of the alert.")
    incident_updatedAt: Timestamp | None = Field(
        None,
        description="Added by the connector: when the incident last changed. The alert's own times are in alerts.",
    )


class IncidentResponderAlert(IncidentAlert, Record):
    """An alert that asks a responder to work on an incident."""


class IncidentAssociatedAlert(IncidentAlert, Record):
    """An alert that is associated with an incident."""
