"""Alerts and the objects that belong to them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import Responder, TeamRef, UserRef

# Fields that Opsgenie's list leaves out.
_WHERE_LISTED = "JSM Operations only, and only if its list contains it: {}. See also alert_details."


class AlertIntegration(Object):
    """The integration that created an alert."""

    id: str | None = Field(None, description="Id of the integration.")
    name: str | None = Field(None, description="Name of the integration.")
    type: str | None = Field(None, description="Type of the integration, e.g. API or Prometheus.")


class AlertReport(Object):
    """When and by whom an alert was acknowledged and closed."""

    ackTime: int | None = Field(None, description="Time from creation to acknowledgement, in milliseconds.")
    closeTime: int | None = Field(None, description="Time from creation to closing, in milliseconds.")
    acknowledgedBy: str | None = Field(None, description="Username of the user who acknowledged the alert.")
    closedBy: str | None = Field(None, description="Username of the user who closed the alert.")


class Alert(Record):
    """An alert as the list of alerts gives it.

    The single alert adds description, details, actions and entity, see alert_details.
    """

    id: str | None = Field(
        None, description="Id of the alert: a UUID, a dash, and the creation time in milliseconds since 1970-01-01 UTC."
    )
    tinyId: str | None = Field(
        None, description="Short number of the alert. Opsgenie reuses these numbers, so they do not identify an alert."
    )
    alias: str | None = Field(
        None, description="Key that the client sets for deduplication. There is one open alert per alias."
    )
    message: str | None = Field(None, description="Title of the alert, up to 130 characters.")
    status: str | None = Field(None, description="Status of the alert: open or closed. See also acknowledged.")
    acknowledged: bool | None = Field(None, description="Whether somebody has acknowledged the alert.")
    isSeen: bool | None = Field(None, description="Whether somebody has viewed the alert.")
    seen: bool | None = Field(None, description="Same as isSeen.")
    tags: list[str] | None = Field(None, description="Tags of the alert.")
    snoozed: bool | None = Field(None, description="Whether the alert is snoozed, so that it notifies nobody for now.")
    snoozedUntil: Timestamp | None = Field(
        None, description="When the snooze ends. Absent if the alert was never snoozed."
    )
    count: int | None = Field(None, description="Number of times that the alert has occurred.")
    lastOccurredAt: Timestamp | None = Field(None, description="When the alert last occurred.")
    createdAt: Timestamp | None = Field(None, description="When the alert was created.")
    updatedAt: Timestamp | None = Field(None, description="When the alert last changed.")
    source: str | None = Field(None, description="Source of the alert as set by the client.")
    owner: str | None = Field(None, description="Username of the owner. Empty if the alert has no owner.")
    ownerTeamId: str | None = Field(None, description="Id of the team that owns the alert. Empty if no team does.")
    priority: str | None = Field(None, description="Priority of the alert, P1 (critical) to P5 (informational).")
    teams: list[TeamRef] | None = Field(None, description="Teams that are responsible for the alert.")
    responders: list[Responder] | None = Field(
        None, description="Teams, users, escalations and schedules asked to respond to the alert."
    )
    integration: AlertIntegration | None = Field(
        None, description="Integration that created the alert. Absent from some alerts."
    )
    report: AlertReport | None = Field(
        None,
        description="When and by whom the alert was acknowledged and closed. Absent or incomplete until it is closed.",
    )
    jsm_status: str | None = Field(
        None,
        description="JSM Operations only: status as JSM names it: open, acked, snoozed, resolved or closed.",
    )
    ackTime: Timestamp | None = Field(None, description="JSM Operations only: when the alert was acknowledged.")
    closeTime: Timestamp | None = Field(None, description="JSM Operations only: when the alert was closed.")
    actions: list[str] | None = Field(None, description=_WHERE_LISTED.format("names of the alert's custom actions"))
    entity: str | None = Field(None, description=_WHERE_LISTED.format("what the alert is about, e.g. a server"))
    description: str | None = Field(None, description=_WHERE_LISTED.format("description of the alert"))
    details: dict[str, str] | None = Field(
        None, description=_WHERE_LISTED.format("custom properties of the alert, by key")
    )


class AlertRecipient(Record):
    """A user who was notified of an alert."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    user_id: str | None = Field(
        None, description="Added by the connector: id of the user, copied from user because it is part of the key."
    )
    user: UserRef | None = Field(None, description="User who was notified.")
    state: str | None = Field(None, description="State of the notification, e.g. action or notactive.")
    method: str | None = Field(
        None, description="Action that the user took, e.g. Acknowledge. Empty if the user took none."
    )
    createdAt: Timestamp | None = Field(None, description="When the user became a recipient.")
    updatedAt: Timestamp | None = Field(None, description="When the state last changed.")
    aware: bool | None = Field(None, description="Whether the user is aware of the alert. Often absent.")


class AlertLog(Record):
    """An entry of an alert's activity log."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    log: str | None = Field(None, description="What happened, in words.")
    type: str | None = Field(None, description="Type of the entry, e.g. system or alertRecipient.")
    owner: str | None = Field(
        None, description="Who did it: a username, the name of an integration, or System for Opsgenie itself."
    )
    createdAt: Timestamp | None = Field(None, description="When it happened.")
    offset: str | None = Field(
        None,
        description="Position of the entry in the log. It is unique within the alert. JSM Operations sends none: "
        "there, the connector makes it of the time and a hash of the entry.",
    )


class AlertNote(Record):
    """A note on an alert."""

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    note: str | None = Field(None, description="Text of the note.")
    owner: str | None = Field(None, description="Who wrote the note.")
    createdAt: Timestamp | None = Field(None, description="When the note was written.")
    offset: str | None = Field(
        None, description="Position of the note among the alert's notes. It is unique within the alert."
    )
    id: str | None = Field(None, description="JSM Operations only: id of the note, equal to offset.")
    updatedAt: Timestamp | None = Field(None, description="JSM Operations only: when the note last changed.")


class AlertDetail(Alert):
    """An alert with the fields that the list of alerts leaves out."""

    actions: list[str] | None = Field(None, description="Names of the custom actions available on the alert.")
    entity: str | None = Field(None, description="What the alert is about, e.g. a server, as set by the client.")
    description: str | None = Field(None, description="Description of the alert, up to 15,000 characters.")
    details: dict[str, str] | None = Field(None, description="Custom properties of the alert, by key.")


class AlertAttachment(Record):
    """A file attached to an alert.

    The row does not contain the file's download address, because that is valid for minutes only. The file itself comes
    along if the catalog asks for it.
    """

    alert_id: str | None = Field(None, description="Added by the connector: id of the alert.")
    alert_updatedAt: Timestamp | None = Field(
        None, description="Added by the connector: when the alert last changed. Attachments have no time of their own."
    )
    id: str | None = Field(None, description="Id of the attachment. It is unique within the alert.")
    name: str | None = Field(None, description="Name of the file.")
    insertedAt: Timestamp | None = Field(None, description="JSM Operations only: when the file was attached.")


class SearchOwner(Object):
    """The user who owns a saved search."""

    id: str | None = Field(None, description="Id of the user.")


class SavedSearch(Record):
    """A search for alerts that a user has saved."""

    id: str | None = Field(None, description="Id of the saved search.")
    name: str | None = Field(None, description="Name of the saved search.")
    createdAt: Timestamp | None = Field(None, description="When the search was saved.")
    updatedAt: Timestamp | None = Field(None, description="When the saved search last changed.")
    owner: SearchOwner | None = Field(None, description="User who owns the saved search.")
    teams: list[TeamRef] | None = Field(None, description="Teams that the search is shared with.")
    description: str | None = Field(None, description="Description of the saved search.")
    query: str | None = Field(None, description="Query in Opsgenie's search syntax, up to 1,000 characters.")
