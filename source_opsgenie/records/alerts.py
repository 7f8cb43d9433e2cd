"""Alerts and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added, in_jsm
from source_opsgenie.records.shared import Responder, TeamRef, UserRef

# The description of fields that Opsgenie's list leaves out.
_WHERE_LISTED = "JSM Operations only, and only if its list contains it: {}. See also alert_details."


class AlertIntegration(Object):
    """The integration that created an alert."""

    id: str = about("Id of the integration.")
    name: str = about("Name of the integration.")
    type: str = about("Type of the integration, e.g. API or Prometheus.")


class AlertReport(Object):
    """When and by whom an alert was acknowledged and closed."""

    ackTime: int = about("Time from creation to acknowledgement, in milliseconds.")
    closeTime: int = about("Time from creation to closing, in milliseconds.")
    acknowledgedBy: str = about("Username of the user who acknowledged the alert.")
    closedBy: str = about("Username of the user who closed the alert.")


class Alert(Record):
    """An alert as the list of alerts gives it.

    The single alert adds description, details, actions and entity, see alert_details.
    """

    id: str = about("Id of the alert: a UUID, a dash, and the creation time in milliseconds since 1970-01-01 UTC.")
    tinyId: str = about("Short number of the alert. Opsgenie reuses these numbers, so they do not identify an alert.")
    alias: str = about("Key that the client sets for deduplication. At most one open alert has a given alias.")
    message: str = about("Title of the alert, up to 130 characters.")
    status: str = about("Status: open or closed, in JSM Operations possibly resolved. See also acknowledged.")
    acknowledged: bool = about("Whether somebody has acknowledged the alert.")
    isSeen: bool = about("Whether somebody has viewed the alert.")
    seen: bool = about("Same as isSeen.")
    tags: list[str] = about("Tags of the alert.")
    snoozed: bool = about("Whether the alert is snoozed, so that it notifies nobody for now.")
    snoozedUntil: Timestamp = about("When the snooze ends. Absent if the alert was never snoozed.")
    count: int = about("Number of times that the alert has occurred.")
    lastOccurredAt: Timestamp = about("When the alert last occurred.")
    createdAt: Timestamp = about("When the alert was created.")
    updatedAt: Timestamp = about("When the alert last changed.")
    source: str = about("Source of the alert as set by the client.")
    owner: str = about("Username of the owner, in JSM Operations possibly the full name. Empty if there is none.")
    ownerTeamId: str = about("Id of the team that owns the alert. Empty if no team does.")
    priority: str = about("Priority of the alert, P1 (critical) to P5 (informational).")
    teams: list[TeamRef] = about("Teams that are responsible for the alert.")
    responders: list[Responder] = about("Teams, users, escalations and schedules asked to respond to the alert.")
    integration: AlertIntegration = about("Integration that created the alert. Absent from some alerts.")
    report: AlertReport = about(
        "When and by whom the alert was acknowledged and closed. Absent or incomplete until it is closed. JSM "
        "Operations does not say by whom."
    )
    jsm_status: str = in_jsm("status as JSM names it: open, acked, snoozed, resolved or closed.")
    ackTime: Timestamp = in_jsm("when the alert was acknowledged.")
    closeTime: Timestamp = in_jsm("when the alert was closed.")
    actions: list[str] = about(_WHERE_LISTED.format("names of the alert's custom actions"))
    entity: str = about(_WHERE_LISTED.format("what the alert is about, e.g. a server"))
    description: str = about(_WHERE_LISTED.format("description of the alert"))
    details: dict[str, str] = about(_WHERE_LISTED.format("custom properties of the alert, by key"))


class AlertRecipient(Record):
    """A user who was notified of an alert."""

    alert_id: str = added("id of the alert.")
    user_id: str = added("id of the user, copied from user because it is part of the key.")
    user: UserRef = about("User who was notified.")
    state: str = about("State of the notification, e.g. action or notactive.")
    method: str = about("Action that the user took, e.g. Acknowledge. Empty if the user took none.")
    createdAt: Timestamp = about("When the user became a recipient.")
    updatedAt: Timestamp = about("When the state last changed.")
    aware: bool = about("Whether the user is aware of the alert. Often absent.")


class AlertLog(Record):
    """An entry of an alert's activity log."""

    alert_id: str = added("id of the alert.")
    log: str = about("What happened, in words.")
    type: str = about("Type of the entry, e.g. system or alertRecipient.")
    owner: str = about("Who did it: a username, the name of an integration, or System.")
    createdAt: Timestamp = about("When it happened.")
    offset: str = about(
        "Position of the entry in the log. It is unique within the alert. JSM Operations sends none: there, the "
        "connector makes it of the time and a hash of the entry."
    )


class AlertNote(Record):
    """A note on an alert."""

    alert_id: str = added("id of the alert.")
    note: str = about("Text of the note.")
    owner: str = about("Who wrote the note.")
    createdAt: Timestamp = about("When the note was written.")
    offset: str = about("Position of the note among the alert's notes. It is unique within the alert.")
    id: str = in_jsm("id of the note, equal to offset.")
    updatedAt: Timestamp = in_jsm("when the note last changed.")


class AlertDetail(Alert):
    """An alert with the fields that the list of alerts leaves out."""

    actions: list[str] = about("Names of the custom actions available on the alert.")
    entity: str = about("What the alert is about, e.g. a server, as set by the client.")
    description: str = about("Description of the alert, up to 15,000 characters.")
    details: dict[str, str] = about("Custom properties of the alert, by key.")


class AlertAttachment(Record):
    """A file attached to an alert.

    The row does not contain the file's download address, because that is valid for minutes only. The file itself comes
    along if the connection requests it.
    """

    alert_id: str = added("id of the alert.")
    alert_updatedAt: Timestamp = added("when the alert last changed. Opsgenie's attachments have no time of their own.")
    id: str = about("Id of the attachment. It is unique within the alert.")
    name: str = about("Name of the file.")
    insertedAt: Timestamp = in_jsm("when the file was attached.")


class SearchOwner(Object):
    """The user who owns a saved search."""

    id: str = about("Id of the user.")


class SavedSearch(Record):
    """A search for alerts that a user has saved."""

    id: str = about("Id of the saved search.")
    name: str = about("Name of the saved search.")
    createdAt: Timestamp = about("When the search was saved.")
    updatedAt: Timestamp = about("When the saved search last changed.")
    owner: SearchOwner = about("User who owns the saved search.")
    teams: list[TeamRef] = about("Teams that the search is shared with.")
    description: str = about("Description of the saved search.")
    query: str = about("Query in Opsgenie's search syntax, up to 1,000 characters.")
