"""Alerts and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added, in_jsm
from source_opsgenie.records.shared import Responder, TeamRef, UserRef

# The description of fields that Opsgenie's list leaves out.
_WHERE_LISTED = "JSM Operations only, and only if its list contains it: {}. See also alert_details."


class AlertIntegration(Object):
    """The integration that created an alert."""

    id: str | None = about("Id of the integration.")
    name: str | None = about("Name of the integration.")
    type: str | None = about("Type of the integration, e.g. API or Prometheus.")


class AlertReport(Object):
    """When and by whom an alert was acknowledged and closed."""

    ackTime: int | None = about("Time from creation to acknowledgement, in milliseconds.")
    closeTime: int | None = about("Time from creation to closing, in milliseconds.")
    acknowledgedBy: str | None = about("Username of the user who acknowledged the alert.")
    closedBy: str | None = about("Username of the user who closed the alert.")


class Alert(Record):
    """An alert as the list of alerts gives it.

    The single alert adds description, details, actions and entity, see alert_details.
    """

    id: str | None = about(
        "Id of the alert: a UUID, a dash, and the creation time in milliseconds since 1970-01-01 UTC."
    )
    tinyId: str | None = about(
        "Short number of the alert. Opsgenie reuses these numbers, so they do not identify an alert."
    )
    alias: str | None = about("Key that the client sets for deduplication. There is one open alert per alias.")
    message: str | None = about("Title of the alert, up to 130 characters.")
    status: str | None = about(
        "Status of the alert: open or closed, in JSM Operations possibly resolved. See also acknowledged."
    )
    acknowledged: bool | None = about("Whether somebody has acknowledged the alert.")
    isSeen: bool | None = about("Whether somebody has viewed the alert.")
    seen: bool | None = about("Same as isSeen.")
    tags: list[str] | None = about("Tags of the alert.")
    snoozed: bool | None = about("Whether the alert is snoozed, so that it notifies nobody for now.")
    snoozedUntil: Timestamp | None = about("When the snooze ends. Absent if the alert was never snoozed.")
    count: int | None = about("Number of times that the alert has occurred.")
    lastOccurredAt: Timestamp | None = about("When the alert last occurred.")
    createdAt: Timestamp | None = about("When the alert was created.")
    updatedAt: Timestamp | None = about("When the alert last changed.")
    source: str | None = about("Source of the alert as set by the client.")
    owner: str | None = about(
        "Username of the owner, in JSM Operations possibly the full name. Empty if the alert has no owner."
    )
    ownerTeamId: str | None = about("Id of the team that owns the alert. Empty if no team does.")
    priority: str | None = about("Priority of the alert, P1 (critical) to P5 (informational).")
    teams: list[TeamRef] | None = about("Teams that are responsible for the alert.")
    responders: list[Responder] | None = about("Teams, users, escalations and schedules asked to respond to the alert.")
    integration: AlertIntegration | None = about("Integration that created the alert. Absent from some alerts.")
    report: AlertReport | None = about(
        "When and by whom the alert was acknowledged and closed. Absent or incomplete until it is closed. JSM "
        "Operations does not say by whom."
    )
    jsm_status: str | None = in_jsm("status as JSM names it: open, acked, snoozed, resolved or closed.")
    ackTime: Timestamp | None = in_jsm("when the alert was acknowledged.")
    closeTime: Timestamp | None = in_jsm("when the alert was closed.")
    actions: list[str] | None = about(_WHERE_LISTED.format("names of the alert's custom actions"))
    entity: str | None = about(_WHERE_LISTED.format("what the alert is about, e.g. a server"))
    description: str | None = about(_WHERE_LISTED.format("description of the alert"))
    details: dict[str, str] | None = about(_WHERE_LISTED.format("custom properties of the alert, by key"))


class AlertRecipient(Record):
    """A user who was notified of an alert."""

    alert_id: str | None = added("id of the alert.")
    user_id: str | None = added("id of the user, copied from user because it is part of the key.")
    user: UserRef | None = about("User who was notified.")
    state: str | None = about("State of the notification, e.g. action or notactive.")
    method: str | None = about("Action that the user took, e.g. Acknowledge. Empty if the user took none.")
    createdAt: Timestamp | None = about("When the user became a recipient.")
    updatedAt: Timestamp | None = about("When the state last changed.")
    aware: bool | None = about("Whether the user is aware of the alert. Often absent.")


class AlertLog(Record):
    """An entry of an alert's activity log."""

    alert_id: str | None = added("id of the alert.")
    log: str | None = about("What happened, in words.")
    type: str | None = about("Type of the entry, e.g. system or alertRecipient.")
    owner: str | None = about("Who did it: a username, the name of an integration, or System.")
    createdAt: Timestamp | None = about("When it happened.")
    offset: str | None = about(
        "Position of the entry in the log. It is unique within the alert. JSM Operations sends none: there, the "
        "connector makes it of the time and a hash of the entry."
    )


class AlertNote(Record):
    """A note on an alert."""

    alert_id: str | None = added("id of the alert.")
    note: str | None = about("Text of the note.")
    owner: str | None = about("Who wrote the note.")
    createdAt: Timestamp | None = about("When the note was written.")
    offset: str | None = about("Position of the note among the alert's notes. It is unique within the alert.")
    id: str | None = in_jsm("id of the note, equal to offset.")
    updatedAt: Timestamp | None = in_jsm("when the note last changed.")


class AlertDetail(Alert):
    """An alert with the fields that the list of alerts leaves out."""

    actions: list[str] | None = about("Names of the custom actions available on the alert.")
    entity: str | None = about("What the alert is about, e.g. a server, as set by the client.")
    description: str | None = about("Description of the alert, up to 15,000 characters.")
    details: dict[str, str] | None = about("Custom properties of the alert, by key.")


class AlertAttachment(Record):
    """A file attached to an alert.

    The row does not contain the file's download address, because that is valid for minutes only. The file itself comes
    along if the catalog asks for it.
    """

    alert_id: str | None = added("id of the alert.")
    alert_updatedAt: Timestamp | None = added(
        "when the alert last changed. In Opsgenie, attachments have no time of their own."
    )
    id: str | None = about("Id of the attachment. It is unique within the alert.")
    name: str | None = about("Name of the file.")
    insertedAt: Timestamp | None = in_jsm("when the file was attached.")


class SearchOwner(Object):
    """The user who owns a saved search."""

    id: str | None = about("Id of the user.")


class SavedSearch(Record):
    """A search for alerts that a user has saved."""

    id: str | None = about("Id of the saved search.")
    name: str | None = about("Name of the saved search.")
    createdAt: Timestamp | None = about("When the search was saved.")
    updatedAt: Timestamp | None = about("When the saved search last changed.")
    owner: SearchOwner | None = about("User who owns the saved search.")
    teams: list[TeamRef] | None = about("Teams that the search is shared with.")
    description: str | None = about("Description of the saved search.")
    query: str | None = about("Query in Opsgenie's search syntax, up to 1,000 characters.")
