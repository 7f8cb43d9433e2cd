"""Incidents and what hangs below each of them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import Links, Responder, Text


class Actor(Object):
    """Who did something."""

    name: str | None = Field(None, description="Name of the actor.")
    type: str | None = Field(None, description="user, api or system.")


class LastEdit(Object):
    """The last change of a timeline entry."""

    editTime: Timestamp | None = Field(None, description="When it was changed.")
    actor: Actor | None = Field(None, description="Who changed it.")


class Incident(Record):
    """An incident."""

    id: str | None = Field(None, description="Id of the incident.")
    tinyId: str | None = Field(None, description="Short number; it rolls over, so it is no key.")
    message: str | None = Field(None, description="Headline.")
    description: str | None = Field(None, description="Description.")
    status: str | None = Field(None, description="open, resolved or closed.")
    priority: str | None = Field(None, description="P1 (critical) to P5.")
    tags: list[str] | None = Field(None, description="Tags.")
    createdAt: Timestamp | None = Field(None, description="When it was created.")
    updatedAt: Timestamp | None = Field(None, description="When it last changed.")
    impactedServices: list[str] | None = Field(None, description="Ids of the services it affects.")
    ownerTeam: str | None = Field(None, description="Id of the team that owns it; empty for none.")
    responders: list[Responder] | None = Field(None, description="Who is to respond.")
    extraProperties: dict[str, str] | None = Field(None, description="Custom properties.")
    impactStartDate: Timestamp | None = Field(None, description="When the impact began.")
    impactEndDate: Timestamp | None = Field(None, description="When the impact ended; absent while it goes on.")
    impactDetectDate: Timestamp | None = Field(None, description="When the impact was detected; not always told.")
    actions: list[str] | None = Field(None, description="Custom actions.")
    links: Links | None = Field(None, description="Addresses of the incident.")
    isSeen: bool | None = Field(None, description="Whether somebody has looked at it; not always told.")
    source: str | None = Field(None, description="Where it comes from; not always told.")
    owner: str | None = Field(None, description="User who owns it; not always told.")
    serviceId: str | None = Field(None, description="Service it affects, in older records.")


class IncidentLog(Record):
    """A line of an incident's activity log."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    log: str | None = Field(None, description="What happened, in words.")
    type: str | None = Field(None, description="Kind of line, e.g. ACTION.")
    owner: str | None = Field(None, description="Who did it, e.g. system.")
    createdAt: Timestamp | None = Field(None, description="When it happened.")
    offset: str | None = Field(None, description="Place in the log, in milliseconds: two lines may share it.")


class IncidentTimelineEntry(Record):
    """An entry of an incident's timeline."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    id: str | None = Field(None, description="Type and UUID of the entry; the UUID alone repeats.")
    group: str | None = Field(None, description="Group, e.g. incident, custom, statusPage or responderAlert.")
    type: str | None = Field(None, description="Type, e.g. IncidentOpened, IncidentClosed or CustomUserEntry.")
    eventTime: Timestamp | None = Field(None, description="When it happened.")
    hidden: bool | None = Field(None, description="Whether the entry is hidden in the timeline.")
    actor: Actor | None = Field(None, description="Who did it.")
    title: Text | None = Field(None, description="Headline.")
    description: Text | None = Field(None, description="Text, on custom entries.")
    lastEdit: LastEdit | None = Field(None, description="Last change, on edited entries.")


class IncidentNote(Record):
    """A note on an incident."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    note: str | None = Field(None, description="The note.")
    owner: str | None = Field(None, description="Who wrote it.")
    createdAt: Timestamp | None = Field(None, description="When it was written.")
    offset: str | None = Field(None, description="Place among the notes.")


class IncidentAlert(Object):
    """An alert of an incident. The API lists bare ids."""

    incident_id: str | None = Field(None, description="Added by the connector: id of the incident.")
    alert_id: str | None = Field(None, description="Id of the alert.")
    incident_updatedAt: Timestamp | None = Field(
        None, description="Added by the connector: when the incident last changed."
    )


class IncidentResponderAlert(IncidentAlert, Record):
    """An alert that calls a responder to an incident."""


class IncidentAssociatedAlert(IncidentAlert, Record):
    """An alert that belongs to an incident."""
