"""Schedules, who is on call, and who takes over."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.json_text import JsonText
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
    """Who takes turns in a schedule, and how."""

    id: str | None = Field(None, description="Id of the rotation.")
    name: str | None = Field(None, description="Name.")
    startDate: Timestamp | None = Field(None, description="When the first turn begins.")
    endDate: Timestamp | None = Field(None, description="When the last turn ends; absent when open-ended.")
    type: str | None = Field(None, description="hourly, daily or weekly.")
    length: int | None = Field(None, description="Length of a turn in hours, days or weeks, as the type says.")
    participants: list[Recipient] | None = Field(None, description="Who takes turns, in order.")
    timeRestriction: TimeRestriction | None = Field(None, description="When it applies; absent for always.")


class Schedule(Record):
    """A schedule."""

    id: str | None = Field(None, description="Id of the schedule.")
    name: str | None = Field(None, description="Name.")
    description: str | None = Field(None, description="Description; empty when unset.")
    timezone: str | None = Field(None, description="Time zone, an IANA name.")
    enabled: bool | None = Field(None, description="Whether it is in use.")
    ownerTeam: EntityRef | None = Field(None, description="Team that owns it; absent for none.")
    rotations: list[Rotation] | None = Field(None, description="Its rotations, as in schedule_rotations.")


class ScheduleRotation(Rotation, Record):
    """A rotation of a schedule."""

    schedule_id: str | None = Field(None, description="Added by the connector: id of the schedule.")


class ScheduleOverride(Record):
    """Somebody who takes over from the rotations for a while."""

    schedule_id: str | None = Field(None, description="Added by the connector: id of the schedule.")
    parent_: ScheduleRef | None = Field(None, alias="_parent", description="The schedule.")
    alias: str | None = Field(None, description="Name of the override, unique inside the schedule; it has no id.")
    user: Recipient | None = Field(None, description="Who takes over; in some accounts a team or an escalation.")
    startDate: Timestamp | None = Field(None, description="When it begins.")
    endDate: Timestamp | None = Field(None, description="When it ends.")
    rotations: list[EntityRef] | None = Field(None, description="Rotations it applies to; absent or empty for all.")


class TimelineRecipient(Object):
    """Who is on call in a period."""

    id: str | None = Field(None, description="Id of the recipient.")
    type: str | None = Field(None, description="Type, e.g. user, team or escalation.")
    name: str | None = Field(None, description="Name; of a user, the login name.")
    forwardedFrom: JsonText | None = Field(None, description="Who passed it on; on periods of the past only.")


class ScheduleTimeline(Record):
    """A period of a schedule's timeline: who is on call, from when to when.

    The API nests timelines, rotations and periods; a row here is a period.
    """

    schedule_id: str | None = Field(None, description="Added by the connector: id of the schedule.")
    schedule_name: str | None = Field(None, description="Added by the connector: name of the schedule.")
    layer: str | None = Field(
        None, description="Added by the connector: final (what holds in the end), base, override or forwarding."
    )
    rotation_id: str | None = Field(None, description="Added by the connector: id of the rotation; empty for none.")
    rotation_name: str | None = Field(None, description="Added by the connector: name of the rotation.")
    rotation_order: float | None = Field(None, description="Added by the connector: place among the rotations.")
    recipient_id: str | None = Field(
        None,
        description="Added by the connector: id of the recipient, for the key; where there are several, their ids "
        "with commas between, where there is none, empty.",
    )
    startDate: Timestamp | None = Field(None, description="When the period begins.")
    endDate: Timestamp | None = Field(None, description="When the period ends.")
    type: str | None = Field(None, description="default, override, forwarding or historical.")
    recipient: TimelineRecipient | None = Field(None, description="Who is on call; absent on some periods.")
    flattenedRecipients: list[TimelineRecipient] | None = Field(
        None, description="All who are on call, on periods of the past only."
    )
    fromUser: JsonText | None = Field(None, description="Who passed it on, on forwarded periods only.")


class _Participant(Object):
    """Somebody who is on call; a team or an escalation holds its own participants."""

    id: str | None = Field(None, description="Id of the participant.")
    name: str | None = Field(None, description="Name; of a user, the login name.")
    type: str | None = Field(None, description="user, team, escalation or none.")
    escalationTime: int | None = Field(None, description="Time until notified, inside an escalation only.")
    notifyType: str | None = Field(
        None, description="Who is notified, inside an escalation only, e.g. default or next."
    )


class OnCallParticipant(_Participant):
    """Who is on call now."""

    onCallParticipants: list[OnCallParticipant] | None = Field(None, description="Who is on call inside it.")
    forwardedFrom: TypedRef | None = Field(None, description="Who passed it on.")


class NextOnCallParticipant(_Participant):
    """Who is on call next."""

    onCallParticipants: list[NextOnCallParticipant] | None = Field(None, description="Who is on call inside it.")
    forwardedFrom: JsonText | None = Field(None, description="Who passed it on: one participant, or a list of them.")


class OnCall(Record):
    """Who is on call in a schedule at the moment of the sync."""

    schedule_id: str | None = Field(None, description="Added by the connector: id of the schedule, for the key.")
    parent_: ScheduleRef | None = Field(None, alias="_parent", description="The schedule.")
    onCallParticipants: list[OnCallParticipant] | None = Field(None, description="Who is on call.")
    onCallRecipients: list[str] | None = Field(
        None, description="Login names of all on call; only where Opsgenie gives the flat list."
    )


class NextOnCall(Record):
    """Who is on call next in a schedule, seen from the moment of the sync."""

    schedule_id: str | None = Field(None, description="Added by the connector: id of the schedule, for the key.")
    parent_: ScheduleRef | None = Field(None, alias="_parent", description="The schedule.")
    nextOnCallRecipients: list[NextOnCallParticipant] | None = Field(None, description="Who is on call next.")
    exactNextOnCallRecipients: list[NextOnCallParticipant] | None = Field(
        None, description="Who takes the very next turn."
    )
    nextOnCallParticipants: list[str] | None = Field(
        None, description="Login names of those next; only where Opsgenie gives the flat list."
    )
    exactNextOnCallParticipants: list[str] | None = Field(
        None, description="Login names of those of the very next turn; only where Opsgenie gives the flat list."
    )


class EscalationRule(Object):
    """A step of an escalation."""

    condition: str | None = Field(None, description="if-not-acked or if-not-closed.")
    notifyType: str | None = Field(
        None, description="Who of the recipient is notified: default, next, previous, users, admins, random or all."
    )
    delay: Duration | None = Field(None, description="How long it waits.")
    recipient: Recipient | None = Field(None, description="Who is notified.")


class EscalationRepeat(Object):
    """How an escalation starts again."""

    waitInterval: int | None = Field(None, description="Minutes between two rounds.")
    count: int | None = Field(None, description="How many rounds follow.")
    resetRecipientStates: bool | None = Field(None, description="Whether acknowledged alerts are opened again.")
    closeAlertAfterAll: bool | None = Field(None, description="Whether the alert is closed after the last round.")


class Escalation(Record):
    """Who is notified when nobody acts."""

    id: str | None = Field(None, description="Id of the escalation.")
    name: str | None = Field(None, description="Name.")
    description: str | None = Field(None, description="Description; empty when unset.")
    ownerTeam: EntityRef | None = Field(None, description="Team that owns it; absent for none.")
    rules: list[EscalationRule] | None = Field(None, description="Its steps.")
    repeat: EscalationRepeat | None = Field(None, description="How it starts again; null for never.")


class ForwardingRule(Record):
    """A user's notifications, sent to another for a while."""

    id: str | None = Field(None, description="Id of the rule.")
    alias: str | None = Field(None, description="Name chosen for it; the id if none was given.")
    fromUser: UserRef | None = Field(None, description="User whose notifications are forwarded.")
    toUser: UserRef | None = Field(None, description="User who gets them.")
    startDate: Timestamp | None = Field(None, description="When it begins.")
    endDate: Timestamp | None = Field(None, description="When it ends.")
