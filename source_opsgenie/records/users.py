"""Users and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added, detail, in_jsm
from source_opsgenie.records.schedules import Escalation
from source_opsgenie.records.shared import ConditionGroup, Duration, EntityRef, TimeRestriction, TypedRef


class UserRole(Object):
    """The role of a user in the account."""

    id: str = about("Id of a custom role, or the name of a built-in one.")
    name: str = about("Name of the role, e.g. Owner, Admin or User, or the name of a custom role.")


class UserAddress(Object):
    """The address of a user."""

    country: str = about("Country. Empty if unknown.")
    state: str = about("State. Empty if unknown.")
    city: str = about("City. Empty if unknown.")
    line: str = about("Street and number. Empty if unknown.")
    zipCode: str = about("Postal code. Empty if unknown.")


class User(Record):
    """A user of the account."""

    id: str = about("Id of the user.")
    username: str = about("Username, which is an e-mail address.")
    fullName: str = about("Full name of the user.")
    role: UserRole = about("Role of the user in the account.")
    blocked: bool = about("Whether the user is blocked from logging in.")
    verified: bool = about("Whether the user has accepted the invitation to the account.")
    timeZone: str = about("Time zone of the user, an IANA name such as Europe/Madrid.")
    locale: str = about("Locale of the user, e.g. en_US.")
    userAddress: UserAddress = about("Address of the user.")
    tags: list[str] = about("Tags of the user. Opsgenie's list of users may leave them out.")
    details: dict[str, list[str]] = about(
        "Custom properties of the user, by key. Each is a list of values. Opsgenie's list of users may leave them out."
    )
    skypeUsername: str = about("Skype name of the user. Opsgenie's list of users may leave it out.")
    createdAt: Timestamp = about("When the user was created.")
    mutedUntil: Timestamp = about("Time until which the user gets no notifications. Opsgenie's list may leave it out.")
    accountType: str = in_jsm("kind of the Atlassian account, atlassian for a person.")
    active: bool = in_jsm("whether the Atlassian account is active.")
    avatarUrls: dict[str, str] = in_jsm("addresses of the user's picture, by its size, e.g. 16x16.")
    self_: str = in_jsm("address of the user in Jira's API.", alias="self")


class ContactStatus(Object):
    """The status of a contact."""

    enabled: bool = about("Whether the contact is enabled.")
    disabledReason: str = about("Why the contact is disabled.")


class Contact(Record):
    """An address or a telephone number at which a user is notified."""

    user_id: str = added("id of the user.")
    id: str = about("Id of the contact.")
    method: str = about("Method of notification: email, sms, voice or mobile.")
    to: str = about("E-mail address, or telephone number such as 1-9999999999.")
    status: ContactStatus = about("Whether the contact is enabled, and if not, why.")
    applyOrder: int = about("Position in the order in which the user's contacts are used.")


class ContactRef(Object):
    """A reference to a contact by method and address."""

    method: str = about("Method of notification: email, sms, voice or mobile.")
    to: str = about("E-mail address or telephone number.")


class NotificationStep(Object):
    """A step of a notification rule: how and when the user is notified."""

    id: str = about("Id of the step.")
    parent_: EntityRef = about("The notification rule.", alias="_parent")
    sendAfter: Duration = about("Time between the event and the notification.")
    contact: ContactRef = about("Contact that is notified.")
    enabled: bool = about("Whether the step is enabled.")


class NotificationRepeat(Object):
    """How a notification rule is repeated."""

    loopAfter: int = about("Time between two repetitions, in minutes.")
    enabled: bool = about("Whether the rule is repeated.")


class NotificationRule(Record):
    """A rule that says when and how a user is notified of an event."""

    user_id: str = added("id of the user.")
    id: str = about("Id of the rule.")
    name: str = about("Name of the rule.")
    actionType: str = about(
        "Event that the rule applies to: create-alert, acknowledged-alert, closed-alert, renotified-alert, "
        "assigned-alert, add-note, schedule-start, schedule-end or incoming-call-routing."
    )
    order: int = about("Position among the user's rules.")
    enabled: bool = about("Whether the rule is enabled.")
    criteria: ConditionGroup = detail("conditions on the alerts that the rule applies to.")
    notificationTime: list[str] = detail(
        "how long before a turn begins or ends the user is notified: just-before, 15-minutes-ago, "
        "1-hour-ago or 1-day-ago. Only for schedule-start and schedule-end."
    )
    timeRestriction: TimeRestriction = detail("times at which the rule applies. Absent if it always applies.")
    steps: list[NotificationStep] = detail("steps of the rule. They are also rows of notification_rule_steps.")
    schedules: list[TypedRef] = detail("schedules that the rule applies to. Only for schedule-start and schedule-end.")
    repeat: NotificationRepeat = detail("how the rule is repeated.")


class NotificationRuleStep(NotificationStep, Record):
    """A step of a user's notification rule."""

    user_id: str = added("id of the user.")
    rule_id: str = added("id of the rule.")


class UserTeam(Record):
    """A team that a user is a member of."""

    user_id: str = added("id of the user.")
    id: str = about("Id of the team.")
    name: str = about("Name of the team.")


class UserEscalation(Escalation):
    """An escalation that may notify a user."""

    user_id: str = added("id of the user.")


class UserSchedule(Record):
    """A schedule that a user takes part in."""

    user_id: str = added("id of the user.")
    id: str = about("Id of the schedule.")
    name: str = about("Name of the schedule.")
    enabled: bool = about("Whether the schedule is enabled.")
