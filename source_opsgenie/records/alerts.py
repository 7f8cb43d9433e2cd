"""Alerts and what hangs below each of them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import Responder, TeamRef, UserRef


class AlertIntegration(Object):
    """The integration that created an alert."""

    id: str | None = Field(None, description="Id of the integration.")
    name: str | None = Field(None, description="Name of the integration.")
    type: str | None = Field(None, description="Type of the integration, e.g. API or Prometheus.")


class AlertReport(Object):
    """How an alert was handled. Times are durations since its creation."""

    ackTime: int | None = Field(None, description="Milliseconds from creation to the acknowledgement.")
    closeTime: int | None = Field(None, description="Milliseconds from creation to the closing.")
    acknowledgedBy: str | None = Field(None, description="Who acknowledged it.")
    closedBy: str | None = Field(None, description="Who closed it.")


class Alert(Record):
    """An alert as the list gives it; description, details, actions and entity come with the single alert only."""

    id: str | None = Field(None, description="Id of the alert: a UUID, a dash, the creation time in milliseconds.")
    tinyId: str | None = Field(None, description="Short number; it rolls over, so it is no key.")
    alias: str | None = Field(None, description="Key chosen by the client; open alerts with the same one are merged.")
    message: str | None = Field(None, description="Headline, up to 130 characters.")
    status: str | None = Field(None, description="open or closed; acknowledged is a flag of its own.")
    acknowledged: bool | None = Field(None, description="Whether somebody has taken it.")
    isSeen: bool | None = Field(None, description="Whether somebody has looked at it.")
    seen: bool | None = Field(None, description="The same as isSeen.")
    tags: list[str] | None = Field(None, description="Tags.")
    snoozed: bool | None = Field(None, description="Whether notifications are put off.")
    snoozedUntil: Timestamp | None = Field(None, description="When they go on; absent if never put off.")
    count: int | None = Field(None, description="How often it occurred.")
    lastOccurredAt: Timestamp | None = Field(None, description="When it last occurred.")
    createdAt: Timestamp | None = Field(None, description="When it was created.")
    updatedAt: Timestamp | None = Field(None, description="When it last changed.")
    source: str | None = Field(None, description="Where it comes from, as the client says.")
    owner: str | None = Field(None, description="User who owns it; empty for none.")
    ownerTeamId: str | None = Field(None, description="Team that owns it; empty for none.")
    priority: str | None = Field(None, description="P1 (critical) to P5.")
    teams: list[TeamRef] | None = Field(None, description="Teams responsible.")
    responders: list[Responder] | None = Field(None, description="Who is to respond.")
    integration: AlertIntegration | None = Field(None, description="Integration that created it; absent on some.")
    report: AlertReport | None = Field(None, description="How it was handled; absent or partial while open.")


class AlertRecipient(Record):
    """A user who was notified of an alert."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    user_id: str | None = Field(None, description="Added by the connector: id of the user, for the key.")
    user: UserRef | None = Field(None, description="The user.")
    state: str | None = Field(None, description="State of the notification, e.g. action or notactive.")
    method: str | None = Field(None, description="What the user did, e.g. Acknowledge; empty for nothing.")
    createdAt: Timestamp | None = Field(None, description="When the user became a recipient.")
    updatedAt: Timestamp | None = Field(None, description="When the state last changed.")
    aware: bool | None = Field(None, description="Whether the user knows of the alert; not always told.")


class AlertLog(Record):
    """A line of an alert's activity log."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    log: str | None = Field(None, description="What happened, in words.")
    type: str | None = Field(None, description="Kind of line, e.g. system or alertRecipient.")
    owner: str | None = Field(None, description="Who did it: a user, System, or an integration.")
    createdAt: Timestamp | None = Field(None, description="When it happened.")
    offset: str | None = Field(None, description="Place in the log, unique inside the alert.")


class AlertNote(Record):
    """A note on an alert."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    note: str | None = Field(None, description="The note.")
    owner: str | None = Field(None, description="Who wrote it.")
    createdAt: Timestamp | None = Field(None, description="When it was written.")
    offset: str | None = Field(None, description="Place among the notes, unique inside the alert.")


class AlertDetail(Alert):
    """An alert with what the list leaves out."""

    actions: list[str] | None = Field(None, description="Custom actions.")
    entity: str | None = Field(None, description="What the alert is about, as the client says.")
    description: str | None = Field(None, description="Description, up to 15000 characters.")
    details: dict[str, str] | None = Field(None, description="Custom properties.")


class AlertAttachment(Record):
    """A file attached to an alert. Its address is short-lived, so it is no part of the row."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    alert_updatedAt: Timestamp | None = Field(None, description="Added by the connector: when the alert last changed.")
    id: str | None = Field(None, description="Id of the file inside the alert.")
    name: str | None = Field(None, description="Name of the file.")


class SearchOwner(Object):
    """The user a saved search belongs to."""

    id: str | None = Field(None, description="Id of the user.")


class SavedSearch(Record):
    """A search for alerts that somebody saved."""

    id: str | None = Field(None, description="Id of the search.")
    name: str | None = Field(None, description="Name.")
    createdAt: Timestamp | None = Field(None, description="When it was saved.")
    updatedAt: Timestamp | None = Field(None, description="When it last changed.")
    owner: SearchOwner | None = Field(None, description="User it belongs to.")
    teams: list[TeamRef] | None = Field(None, description="Teams it is shared with.")
    description: str | None = Field(None, description="Description.")
    query: str | None = Field(None, description="The search, in Opsgenie's query language.")
