"""Schedules, the people on call, overrides, escalations and forwarding rules."""

from __future__ import annotations

from source_opsgenie.records.base import JsonText, Object, Record, Timestamp, about, added, in_jsm
from source_opsgenie.records.shared import (
    Duration,
    EntityRef,
    Recipient,
    ScheduleRef,
    TimeRestriction,
    TypedRef,
    UserRef,
)


class Rotation(Object):
    """A rotation: the participants who take turns, and how."""

    id: str = about("Id of the rotation. A rotation of another schedule may have the same id.")
    name: str = about("Name of the rotation.")
    startDate: Timestamp = about("When the first turn begins.")
    endDate: Timestamp = about("When the last turn ends. Absent if the rotation has no end.")
    type: str = about("Unit of length: hourly, daily or weekly.")
    length: int = about("Length of a turn in hours, days or weeks, depending on the type.")
    participants: list[Recipient] = about("Participants in the order of their turns.")
    timeRestriction: TimeRestriction = about("Times at which the rotation applies. Absent or null if it always does.")


class Schedule(Record):
    """A schedule."""

    id: str = about("Id of the schedule.")
    name: str = about("Name of the schedule.")
    description: str = about("Description of the schedule. Empty if there is none.")
    timezone: str = about("Time zone of the schedule, an IANA name such as Europe/Madrid.")
    enabled: bool = about("Whether the schedule is enabled.")
    ownerTeam: EntityRef = about("Team that owns the schedule. Absent if it belongs to no team.")
    rotations: list[Rotation] = about("Rotations of the schedule. They are also rows of schedule_rotations.")
    teamId: str = in_jsm("id of the team that owns the schedule, as in ownerTeam.")


class ScheduleRotation(Rotation, Record):
    """A rotation of a schedule."""

    schedule_id: str = added("id of the schedule.")


class ScheduleOverride(Record):
    """A user who takes over from a schedule's rotations for a period."""

    schedule_id: str = added("id of the schedule.")
    parent_: ScheduleRef = about("The schedule.", alias="_parent")
    alias: str = about("Name of the override. It is unique within the schedule; an override has no id.")
    user: Recipient = about("User who takes over. In some accounts this is a team or an escalation.")
    startDate: Timestamp = about("When the override begins.")
    endDate: Timestamp = about("When the override ends.")
    rotations: list[EntityRef] = about("Rotations that the override applies to. Absent or empty if it applies to all.")


class TimelineRecipient(Object):
    """A user, a team or an escalation that is on call in a period."""

    id: str = about("Id of the recipient.")
    type: str = about("Type of the recipient, e.g. user, team or escalation.")
    name: str = about("Name of the recipient. For a user, this is the username.")
    forwardedFrom: JsonText = about(
        "User whose duty was forwarded to the recipient: the username, or an object as JSON text, whichever the API "
        "sends. Only in periods of the type historical."
    )
    deleted: bool = in_jsm("whether the recipient has been deleted.")


class ScheduleTimeline(Record):
    """A period of a schedule's timeline: who was on call, from when to when.

    The API nests periods in rotations and rotations in timelines; a row is a period.
    """

    schedule_id: str = added("id of the schedule.")
    schedule_name: str = added("name of the schedule.")
    layer: str = added("timeline of the period: base, override, forwarding, or final (the result of the other three).")
    rotation_id: str = added("id of the rotation. Empty if the period belongs to none.")
    rotation_name: str = added("name of the rotation.")
    rotation_order: float = added(
        "position of the rotation in the schedule. May have a fraction. Null for a deleted rotation."
    )
    rotation_deleted: bool = about("JSM Operations only, added by the connector: whether the rotation was deleted.")
    recipient_id: str = about(
        "Added by the connector, as part of the key: id of the recipient. If there are several, their ids separated by "
        "commas; if there is none, an empty text."
    )
    startDate: Timestamp = about("When the period begins.")
    endDate: Timestamp = about("When the period ends.")
    type: str = about("Type of the period: default, override, forwarding or historical.")
    recipient: TimelineRecipient = about("Who is on call. Absent from some periods.")
    flattenedRecipients: list[TimelineRecipient] = about("Everybody who was on call. Only if the type is historical.")
    fromUser: JsonText = about(
        "User whose duty is forwarded: the username, or an object as JSON text, whichever the API sends. Only in "
        "periods of the type forwarding."
    )


class _Participant(Object):
    """The fields that participants have now and in the next turn."""

    id: str = about("Id of the participant.")
    name: str = about("Name of the participant. For a user, this is the username.")
    type: str = about("Type of the participant, e.g. user, team, escalation, schedule or none.")
    escalationTime: int = about(
        "Time that passes before the participant is notified. Only for members of an escalation. The API does not "
        "state the unit."
    )
    notifyType: str = about(
        "Which people of the participant are notified, e.g. default or next. Only for members of an escalation."
    )


class OnCallParticipant(_Participant):
    """A user, a team or an escalation that is on call."""

    onCallParticipants: list[OnCallParticipant] = about("Participants on call within the team or escalation.")
    forwardedFrom: TypedRef = about("Participant whose duty is forwarded to this one. Absent if it is not forwarded.")


class NextOnCallParticipant(_Participant):
    """A user, a team or an escalation that is on call next."""

    onCallParticipants: list[NextOnCallParticipant] = about("Participants on call within the team or escalation.")
    forwardedFrom: JsonText = about(
        "Participant whose duty is forwarded to this one, as JSON text: an object or an array of objects, whichever "
        "the API sends. Absent if it is not forwarded."
    )


class OnCall(Record):
    """The participants on call in a schedule at the time of the sync."""

    schedule_id: str = about("Added by the connector, as the key: id of the schedule, copied from _parent.")
    parent_: ScheduleRef = about("The schedule.", alias="_parent")
    onCallParticipants: list[OnCallParticipant] = about("Participants that are on call.")
    onCallRecipients: list[str] = about("Usernames of everybody on call. Only if the API sends a flat list.")


class NextOnCall(Record):
    """The participants that are on call next in a schedule, as of the time of the sync."""

    schedule_id: str = about("Added by the connector, as the key: id of the schedule.")
    parent_: ScheduleRef = about("The schedule.", alias="_parent")
    nextOnCallRecipients: list[NextOnCallParticipant] = about("Participants that are on call next.")
    exactNextOnCallRecipients: list[NextOnCallParticipant] = about(
        "Participants that the API names as the exact next ones. It does not document how they differ from "
        "nextOnCallRecipients."
    )
    nextOnCallParticipants: list[str] = about("Usernames of everybody on call next. Only if the API sends a flat list.")
    exactNextOnCallParticipants: list[str] = about(
        "Usernames of the exact next participants. Only if the API sends a flat list."
    )


class EscalationRule(Object):
    """A step of an escalation."""

    condition: str = about("When the step applies: if-not-acked or if-not-closed.")
    notifyType: str = about(
        "Which people of the recipient are notified: default, next, previous, users, admins, random or all."
    )
    delay: Duration = about("Time that passes before the step runs.")
    recipient: Recipient = about("Who is notified, e.g. a user, a team or a schedule.")


class EscalationRepeat(Object):
    """How an escalation is repeated."""

    waitInterval: int = about("Time between two repetitions, in minutes.")
    count: int = about("Number of repetitions.")
    resetRecipientStates: bool = about(
        "Whether a repetition makes acknowledged and seen alerts unacknowledged and unseen again."
    )
    closeAlertAfterAll: bool = about("Whether the alert is closed after the last repetition.")


class Escalation(Record):
    """An escalation, which says who is notified if nobody acts on an alert."""

    id: str = about("Id of the escalation.")
    name: str = about("Name of the escalation.")
    description: str = about("Description of the escalation. Empty if there is none.")
    ownerTeam: EntityRef = about("Team that owns the escalation. Absent if it belongs to no team.")
    rules: list[EscalationRule] = about("Steps of the escalation.")
    repeat: EscalationRepeat = about("How the escalation is repeated. Null if it is not repeated.")
    enabled: bool = in_jsm("whether the escalation is enabled.")


class ForwardingRule(Record):
    """A rule that forwards a user's notifications to another user for a period."""

    id: str = about("Id of the rule.")
    alias: str = about("Name of the rule. Equal to the id if none was given.")
    fromUser: UserRef = about("User whose notifications are forwarded.")
    toUser: UserRef = about("User who receives the notifications.")
    startDate: Timestamp = about("When the rule begins to apply.")
    endDate: Timestamp = about("When the rule ceases to apply.")
