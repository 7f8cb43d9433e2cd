"""Users and what belongs to each of them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.schedules import Escalation
from source_opsgenie.records.shared import ConditionGroup, Duration, EntityRef, TimeRestriction, TypedRef


class UserRole(Object):
    """The role of a user in the account."""

    id: str | None = Field(None, description="Id of a custom role, or the name of a built-in one.")
    name: str | None = Field(None, description="Name, e.g. Owner, Admin, User or a custom role's.")


class UserAddress(Object):
    """Where a user lives. Members are empty when unset."""

    country: str | None = Field(None, description="Country.")
    state: str | None = Field(None, description="State.")
    city: str | None = Field(None, description="City.")
    line: str | None = Field(None, description="Street and number.")
    zipCode: str | None = Field(None, description="Postal code.")


class User(Record):
    """A user of the account."""

    id: str | None = Field(None, description="Id of the user.")
    username: str | None = Field(None, description="Login name, an e-mail address.")
    fullName: str | None = Field(None, description="Full name.")
    role: UserRole | None = Field(None, description="Role in the account.")
    blocked: bool | None = Field(None, description="Whether the user may not log in.")
    verified: bool | None = Field(None, description="Whether the user has confirmed the invitation.")
    timeZone: str | None = Field(None, description="Time zone, an IANA name.")
    locale: str | None = Field(None, description="Locale, e.g. en_US.")
    userAddress: UserAddress | None = Field(None, description="Address.")
    tags: list[str] | None = Field(None, description="Tags.")
    details: dict[str, list[str]] | None = Field(None, description="Custom properties, each a list of values.")
    skypeUsername: str | None = Field(None, description="Name in Skype.")
    createdAt: Timestamp | None = Field(None, description="When the user was created.")
    mutedUntil: Timestamp | None = Field(None, description="Until when notifications are muted.")


class ContactStatus(Object):
    """Whether a contact is in use."""

    enabled: bool | None = Field(None, description="Whether it is used.")
    disabledReason: str | None = Field(None, description="Why it is not.")


class Contact(Record):
    """An address at which a user is notified."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the contact.")
    method: str | None = Field(None, description="email, sms, voice or mobile.")
    to: str | None = Field(None, description="Address or telephone number, e.g. 1-9999999999.")
    status: ContactStatus | None = Field(None, description="Whether it is in use.")
    applyOrder: int | None = Field(None, description="Place in the order in which contacts are used.")


class ContactRef(Object):
    """An address, named."""

    method: str | None = Field(None, description="email, sms, voice or mobile.")
    to: str | None = Field(None, description="Address or telephone number.")


class NotificationStep(Object):
    """How and when a notification rule notifies."""

    id: str | None = Field(None, description="Id of the step.")
    parent_: EntityRef | None = Field(None, alias="_parent", description="The rule; not always told.")
    sendAfter: Duration | None = Field(None, description="How long after the event.")
    contact: ContactRef | None = Field(None, description="Address notified.")
    enabled: bool | None = Field(None, description="Whether it is used.")


class NotificationRepeat(Object):
    """Whether a notification rule starts again."""

    loopAfter: int | None = Field(None, description="Minutes between two rounds.")
    enabled: bool | None = Field(None, description="Whether it starts again.")


class NotificationRule(Record):
    """When and how a user wants to be notified."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the rule.")
    name: str | None = Field(None, description="Name.")
    actionType: str | None = Field(
        None,
        description="Event: create-alert, acknowledged-alert, closed-alert, renotified-alert, assigned-alert, "
        "add-note, schedule-start, schedule-end or incoming-call-routing.",
    )
    order: int | None = Field(None, description="Place among the user's rules.")
    enabled: bool | None = Field(None, description="Whether it is used.")
    criteria: ConditionGroup | None = Field(None, description="Which alerts it takes.")
    notificationTime: list[str] | None = Field(
        None, description="When, before a turn begins or ends: just-before, 15-minutes-ago, 1-hour-ago or 1-day-ago."
    )
    timeRestriction: TimeRestriction | None = Field(None, description="When it applies; absent for always.")
    steps: list[NotificationStep] | None = Field(None, description="Its steps.")
    schedules: list[TypedRef] | None = Field(None, description="Schedules it is for, with schedule events.")
    repeat: NotificationRepeat | None = Field(None, description="Whether it starts again.")


class NotificationRuleStep(NotificationStep, Record):
    """A step of a user's notification rule."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    rule_id: str | None = Field(None, description="Added by the connector: id of the rule.")


class UserTeam(Record):
    """A team that a user belongs to."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the team.")
    name: str | None = Field(None, description="Name of the team.")


class UserEscalation(Escalation):
    """An escalation that may notify a user."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")


class UserSchedule(Record):
    """A schedule that a user takes part in."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the schedule.")
    name: str | None = Field(None, description="Name of the schedule.")
    enabled: bool | None = Field(None, description="Whether the schedule is in use.")
