"""Objects that occur in several tables."""

from __future__ import annotations

from source_opsgenie.records.base import Object, about, in_jsm


class TeamRef(Object):
    """A reference to a team by its id."""

    id: str = about("Id of the team.")


class UserRef(Object):
    """A reference to a user by id and username."""

    id: str = about("Id of the user.")
    username: str = about("Username, which is an e-mail address.")


class EntityRef(Object):
    """A reference to an object by id and name."""

    id: str = about("Id of the referenced object.")
    name: str = about("Name of the referenced object.")


class ScheduleRef(EntityRef):
    """A reference to a schedule."""

    enabled: bool = about("Whether the schedule is enabled.")


class TypedRef(EntityRef):
    """A reference to an object of one of several types."""

    type: str = about("Type of the referenced object, e.g. user, team, escalation or schedule.")


class Recipient(TypedRef):
    """A user, a team or another object that is notified or takes part.

    A user has a username, the other types have a name; the type `none` has neither.
    """

    username: str = about("Username, an e-mail address. Only if the type is user.")


class Responder(Object):
    """A team, a user, an escalation or a schedule that is asked to respond."""

    type: str = about("Type of the responder: team, user, escalation or schedule.")
    id: str = about("Id of the responder.")


class Links(Object):
    """The addresses of an object."""

    web: str = about("Address of the object's page in the Opsgenie web application.")
    api: str = about("Address of the object in the API.")


class Condition(Object):
    """A condition on one field of an alert."""

    field: str = about("Field that is compared, e.g. priority, tags or extra-properties.")
    key: str = about("Key of the custom property that is compared. Only if the field is extra-properties.")
    not_: bool = about("Whether the condition is negated.", alias="not")
    operation: str = about("Comparison, e.g. equals, contains or greater-than.")
    expectedValue: str = about("Value that the field is compared with.")
    order: float = about("Position among the conditions.")
    systemCondition: bool = in_jsm("in integrations, whether the condition is part of the integration's type.")


class ConditionGroup(Object):
    """Conditions on an alert, and how they are combined."""

    type: str = about("How the conditions combine: match-all, match-any-condition or match-all-conditions.")
    conditions: list[Condition] = about("Conditions on the alert. Absent if the type is match-all.")


class ConditionMatch(Object):
    """Conditions on an alert, and how they are combined, as integrations describe them."""

    conditionMatchType: str = about(
        "How the conditions combine: match-all, match-any-condition or match-all-conditions."
    )
    conditions: list[Condition] = about("Conditions on the alert. Empty if conditionMatchType is match-all.")
    conditionsEmpty: bool = in_jsm("whether there are no conditions.")


class TimeOfDay(Object):
    """A period of a day or of a week."""

    startDay: str = about("Weekday on which the period begins, e.g. monday. Only in restrictions by weekday.")
    startHour: int = about("Hour at which the period begins, 0 to 23.")
    startMin: int = about("Minute at which the period begins, 0 to 59.")
    endDay: str = about("Weekday on which the period ends, e.g. friday. Only in restrictions by weekday.")
    endHour: int = about("Hour at which the period ends, 0 to 23.")
    endMin: int = about("Minute at which the period ends, 0 to 59.")


class TimeRestriction(Object):
    """The times at which something applies.

    Opsgenie's own examples use `restrictions` with either type, so both fields may occur with both types.
    """

    type: str = about("Kind of restriction: time-of-day or weekday-and-time-of-day.")
    restriction: TimeOfDay = about("The period of each day, usually with time-of-day.")
    restrictions: list[TimeOfDay] = about("The periods of the week, usually with weekday-and-time-of-day.")


class Text(Object):
    """A text and its format."""

    type: str = about("Format of the text, e.g. plain_text.")
    content: str = about("The text.")


class Duration(Object):
    """A length of time."""

    timeAmount: int = about("Number of units.")
    timeUnit: str = about("Unit, e.g. minutes, hours or days.")


class StakeholderProperties(Object):
    """The message that an incident's stakeholders receive."""

    enable: bool = about("Whether stakeholders are notified.")
    message: str = about("Title of the message to stakeholders.")
    description: str = about("Text of the message to stakeholders.")


class IncidentProperties(Object):
    """The properties of incidents that a rule or a template creates."""

    message: str = about("Title of the incident.")
    description: str = about("Description of the incident.")
    tags: list[str] = about("Tags of the incident.")
    details: dict[str, str] = about("Custom properties of the incident, by key.")
    priority: str = about("Priority of the incident, P1 (critical) to P5 (informational).")
    stakeholderProperties: StakeholderProperties = about("The message that the incident's stakeholders receive.")
