"""Users and the objects that belong to them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.schedules import Escalation
from source_opsgenie.records.shared import ConditionGroup, Duration, EntityRef, TimeRestriction, TypedRef


class UserRole(Object):
    """The role of a user in the account."""

    id: str | None = Field(None, description="Id of a custom role, or the name of a built-in one.")
    name: str | None = Field(
        None, description="Name of the role, e.g. Owner, Admin or User, or the name of a custom role."
    )


class UserAddress(Object):
    """The address of a user."""

    country: str | None = Field(None, description="Country. Empty if unknown.")
    state: str | None = Field(None, description="State. Empty if unknown.")
    city: str | None = Field(None, description="City. Empty if unknown.")
    line: str | None = Field(None, description="Street and number. Empty if unknown.")
    zipCode: str | None = Field(None, description="Postal code. Empty if unknown.")


class User(Record):
    """A user of the account."""

    id: str | None = Field(None, description="Id of the user.")
    username: str | None = Field(None, description="Username, which is an e-mail address.")
    fullName: str | None = Field(None, description="Full name of the user.")
    role: UserRole | None = Field(None, description="Role of the user in the account.")
    blocked: bool | None = Field(None, description="Whether the user is blocked from logging in.")
    verified: bool | None = Field(None, description="Whether the user has accepted the invitation to the account.")
    timeZone: str | None = Field(None, description="Time zone of the user, an IANA name such as Europe/Madrid.")
    locale: str | None = Field(None, description="Locale of the user, e.g. en_US.")
    userAddress: UserAddress | None = Field(None, description="Address of the user.")
    tags: list[str] | None = Field(None, description="Tags of the user.")
    details: dict[str, list[str]] | None = Field(
        None, description="Custom properties of the user, by key. Each is a list of values."
    )
    skypeUsername: str | None = Field(None, description="Skype name of the user.")
    createdAt: Timestamp | None = Field(None, description="When the user was created.")
    mutedUntil: Timestamp | None = Field(None, description="Time until which the user receives no notifications.")
    accountType: str | None = Field(
        None, description="JSM Operations only: kind of the Atlassian account, atlassian for a person."
    )
    active: bool | None = Field(None, description="JSM Operations only: whether the Atlassian account is active.")
    avatarUrls: dict[str, str] | None = Field(
        None, description="JSM Operations only: addresses of the user's picture, by its size, e.g. 16x16."
    )
    self_: str | None = Field(None, alias="self", description="JSM Operations only: address of the user in Jira's API.")


class ContactStatus(Object):
    """The status of a contact."""

    enabled: bool | None = Field(None, description="Whether the contact is enabled.")
    disabledReason: str | None = Field(None, description="Why the contact is disabled.")


class Contact(Record):
    """An address or a telephone number at which a user is notified."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the contact.")
    method: str | None = Field(None, description="Method of notification: email, sms, voice or mobile.")
    to: str | None = Field(None, description="E-mail address, or telephone number such as 1-9999999999.")
    status: ContactStatus | None = Field(None, description="Whether the contact is enabled, and if not, why.")
    applyOrder: int | None = Field(None, description="Position in the order in which the user's contacts are used.")


class ContactRef(Object):
    """A reference to a contact by method and address."""

    method: str | None = Field(None, description="Method of notification: email, sms, voice or mobile.")
    to: str | None = Field(None, description="E-mail address or telephone number.")


class NotificationStep(Object):
    """A step of a notification rule: how and when the user is notified."""

    id: str | None = Field(None, description="Id of the step.")
    parent_: EntityRef | None = Field(None, alias="_parent", description="The notification rule.")
    sendAfter: Duration | None = Field(None, description="Time between the event and the notification.")
    contact: ContactRef | None = Field(None, description="Contact that is notified.")
    enabled: bool | None = Field(None, description="Whether the step is enabled.")


class NotificationRepeat(Object):
    """How a notification rule is repeated."""

    loopAfter: int | None = Field(None, description="Time between two repetitions, in minutes.")
    enabled: bool | None = Field(None, description="Whether the rule is repeated.")


class NotificationRule(Record):
    """A rule that says when and how a user is notified of an event."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the rule.")
    name: str | None = Field(None, description="Name of the rule.")
    actionType: str | None = Field(
        None,
        description="Event that the rule applies to: create-alert, acknowledged-alert, closed-alert, renotified-alert, "
        "assigned-alert, add-note, schedule-start, schedule-end or incoming-call-routing.",
    )
    order: int | None = Field(None, description="Position among the user's rules.")
    enabled: bool | None = Field(None, description="Whether the rule is enabled.")
    criteria: ConditionGroup | None = Field(
        None, description="Detail only: conditions on the alerts that the rule applies to."
    )
    notificationTime: list[str] | None = Field(
        None,
        description="Detail only: how long before a turn begins or ends the user is notified: just-before, "
        "15-minutes-ago, 1-hour-ago or 1-day-ago. Only for schedule-start and schedule-end.",
    )
    timeRestriction: TimeRestriction | None = Field(
        None, description="Detail only: times at which the rule applies. Absent if it always applies."
    )
    steps: list[NotificationStep] | None = Field(
        None, description="Detail only: steps of the rule. They are also rows of notification_rule_steps."
    )
    schedules: list[TypedRef] | None = Field(
        None,
        description="Detail only: schedules that the rule applies to. Only for schedule-start and schedule-end.",
    )
    repeat: NotificationRepeat | None = Field(None, description="Detail only: how the rule is repeated.")


class NotificationRuleStep(NotificationStep, Record):
    """A step of a user's notification rule."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    rule_id: str | None = Field(None, description="Added by the connector: id of the rule.")


class UserTeam(Record):
    """A team that a user is a member of."""

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
    enabled: bool | None = Field(None, description="Whether the schedule is enabled.")
