"""Users and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added, detail, in_jsm
from source_opsgenie.records.schedules import Escalation
from source_opsgenie.records.shared import ConditionGroup, Duration, EntityRef, TimeRestriction, TypedRef


class UserRole(Object):
    """The role of a user in the account."""

    id: str | None = about("Id of a custom role, or the name of a built-in one.")
    name: str | None = about("Name of the role, e.g. Owner, Admin or User, or the name of a custom role.")


class UserAddress(Object):
    """The address of a user."""

    country: str | None = about("Country. Empty if unknown.")
    state: str | None = about("State. Empty if unknown.")
    city: str | None = about("City. Empty if unknown.")
    line: str | None = about("Street and number. Empty if unknown.")
    zipCode: str | None = about("Postal code. Empty if unknown.")


class User(Record):
    """A user of the account."""

    id: str | None = about("Id of the user.")
    username: str | None = about("Username, which is an e-mail address.")
    fullName: str | None = about("Full name of the user.")
    role: UserRole | None = about("Role of the user in the account.")
    blocked: bool | None = about("Whether the user is blocked from logging in.")
    verified: bool | None = about("Whether the user has accepted the invitation to the account.")
    timeZone: str | None = about("Time zone of the user, an IANA name such as Europe/Madrid.")
    locale: str | None = about("Locale of the user, e.g. en_US.")
    userAddress: UserAddress | None = about("Address of the user.")
    tags: list[str] | None = about("Tags of the user.")
    details: dict[str, list[str]] | None = about("Custom properties of the user, by key. Each is a list of values.")
    skypeUsername: str | None = about("Skype name of the user.")
    createdAt: Timestamp | None = about("When the user was created.")
    mutedUntil: Timestamp | None = about("Time until which the user receives no notifications.")
    accountType: str | None = in_jsm("kind of the Atlassian account, atlassian for a person.")
    active: bool | None = in_jsm("whether the Atlassian account is active.")
    avatarUrls: dict[str, str] | None = in_jsm("addresses of the user's picture, by its size, e.g. 16x16.")
    self_: str | None = in_jsm("address of the user in Jira's API.", alias="self")


class ContactStatus(Object):
    """The status of a contact."""

    enabled: bool | None = about("Whether the contact is enabled.")
    disabledReason: str | None = about("Why the contact is disabled.")


class Contact(Record):
    """An address or a telephone number at which a user is notified."""

    user_id: str | None = added("id of the user.")
    id: str | None = about("Id of the contact.")
    method: str | None = about("Method of notification: email, sms, voice or mobile.")
    to: str | None = about("E-mail address, or telephone number such as 1-9999999999.")
    status: ContactStatus | None = about("Whether the contact is enabled, and if not, why.")
    applyOrder: int | None = about("Position in the order in which the user's contacts are used.")


class ContactRef(Object):
    """A reference to a contact by method and address."""

    method: str | None = about("Method of notification: email, sms, voice or mobile.")
    to: str | None = about("E-mail address or telephone number.")


class NotificationStep(Object):
    """A step of a notification rule: how and when the user is notified."""

    id: str | None = about("Id of the step.")
    parent_: EntityRef | None = about("The notification rule.", alias="_parent")
    sendAfter: Duration | None = about("Time between the event and the notification.")
    contact: ContactRef | None = about("Contact that is notified.")
    enabled: bool | None = about("Whether the step is enabled.")


class NotificationRepeat(Object):
    """How a notification rule is repeated."""

    loopAfter: int | None = about("Time between two repetitions, in minutes.")
    enabled: bool | None = about("Whether the rule is repeated.")


class NotificationRule(Record):
    """A rule that says when and how a user is notified of an event."""

    user_id: str | None = added("id of the user.")
    id: str | None = about("Id of the rule.")
    name: str | None = about("Name of the rule.")
    actionType: str | None = about(
        "Event that the rule applies to: create-alert, acknowledged-alert, closed-alert, renotified-alert, "
        "assigned-alert, add-note, schedule-start, schedule-end or incoming-call-routing."
    )
    order: int | None = about("Position among the user's rules.")
    enabled: bool | None = about("Whether the rule is enabled.")
    criteria: ConditionGroup | None = detail("conditions on the alerts that the rule applies to.")
    notificationTime: list[str] | None = detail(
        "how long before a turn begins or ends the user is notified: just-before, 15-minutes-ago, "
        "1-hour-ago or 1-day-ago. Only for schedule-start and schedule-end."
    )
    timeRestriction: TimeRestriction | None = detail("times at which the rule applies. Absent if it always applies.")
    steps: list[NotificationStep] | None = detail("steps of the rule. They are also rows of notification_rule_steps.")
    schedules: list[TypedRef] | None = detail(
        "schedules that the rule applies to. Only for schedule-start and schedule-end."
    )
    repeat: NotificationRepeat | None = detail("how the rule is repeated.")


class NotificationRuleStep(NotificationStep, Record):
    """A step of a user's notification rule."""

    user_id: str | None = added("id of the user.")
    rule_id: str | None = added("id of the rule.")


class UserTeam(Record):
    """A team that a user is a member of."""

    user_id: str | None = added("id of the user.")
    id: str | None = about("Id of the team.")
    name: str | None = about("Name of the team.")


class UserEscalation(Escalation):
    """An escalation that may notify a user."""

    user_id: str | None = added("id of the user.")


class UserSchedule(Record):
    """A schedule that a user takes part in."""

    user_id: str | None = added("id of the user.")
    id: str | None = about("Id of the schedule.")
    name: str | None = about("Name of the schedule.")
    enabled: bool | None = about("Whether the schedule is enabled.")
