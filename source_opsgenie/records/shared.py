"""Objects that occur in several tables."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object


class TeamRef(Object):
    """A reference to a team by its id."""

    id: str | None = Field(None, description="Id of the team.")


class UserRef(Object):
    """A reference to a user by id and username."""

    id: str | None = Field(None, description="Id of the user.")
    username: str | None = Field(None, description="Username, which is an e-mail address.")


class EntityRef(Object):
    """A reference to an object by id and name."""

    id: str | None = Field(None, description="Id of the object.")
    name: str | None = Field(None, description="Name of the object.")


class ScheduleRef(EntityRef):
    """A reference to a schedule."""

    enabled: bool | None = Field(None, description="Whether the schedule is enabled.")


class TypedRef(EntityRef):
    """A reference to an object of one of several types."""

    type: str | None = Field(None, description="Type of the object, e.g. user, team, escalation or schedule.")


class Recipient(TypedRef):
    """A user, a team or another object that is notified or takes part.

    A user has a username, the other types have a name; the type `none` has neither.
    """

    username: str | None = Field(None, description="Username, an e-mail address. Only if the type is user.")


class Responder(Object):
    """A team, a user, an escalation or a schedule that is asked to respond."""

    type: str | None = Field(None, description="Type of the responder: team, user, escalation or schedule.")
    id: str | None = Field(None, description="Id of the responder.")


class Links(Object):
    """The addresses of an object."""

    web: str | None = Field(None, description="Address of the object's page in the Opsgenie web application.")
    api: str | None = Field(None, description="Address of the object in the API.")


class Condition(Object):
    """A condition on one field of an alert."""

    field: str | None = Field(None, description="Field that is compared, e.g. priority, tags or extra-properties.")
    key: str | None = Field(
        None, description="Key of the custom property that is compared. Only if the field is extra-properties."
    )
    not_: bool | None = Field(None, alias="not", description="Whether the condition is negated.")
    operation: str | None = Field(None, description="Comparison, e.g. equals, contains or greater-than.")
    expectedValue: str | None = Field(None, description="Value that the field is compared with.")
    order: float | None = Field(None, description="Position among the conditions.")
    systemCondition: bool | None = Field(
        None, description="JSM Operations only: whether the condition is part of the integration's type."
    )


class ConditionGroup(Object):
    """Conditions on an alert, and how they are combined."""

    type: str | None = Field(
        None, description="How the conditions are combined: match-all, match-any-condition or match-all-conditions."
    )
    conditions: list[Condition] | None = Field(
        None, description="Conditions on the alert. Absent if the type is match-all."
    )


class ConditionMatch(Object):
    """Conditions on an alert, and how they are combined, as integrations describe them."""

    conditionMatchType: str | None = Field(
        None, description="How the conditions are combined: match-all, match-any-condition or match-all-conditions."
    )
    conditions: list[Condition] | None = Field(
        None, description="Conditions on the alert. Empty if conditionMatchType is match-all."
    )
    conditionsEmpty: bool | None = Field(None, description="JSM Operations only: whether there are no conditions.")


class TimeOfDay(Object):
    """A period of a day or of a week."""

    startDay: str | None = Field(
        None, description="Weekday on which the period begins, e.g. monday. Only in restrictions by weekday."
    )
    startHour: int | None = Field(None, description="Hour at which the period begins, 0 to 23.")
    startMin: int | None = Field(None, description="Minute at which the period begins, 0 to 59.")
    endDay: str | None = Field(
        None, description="Weekday on which the period ends, e.g. friday. Only in restrictions by weekday."
    )
    endHour: int | None = Field(None, description="Hour at which the period ends, 0 to 23.")
    endMin: int | None = Field(None, description="Minute at which the period ends, 0 to 59.")


class TimeRestriction(Object):
    """The times at which something applies.

    Opsgenie's own examples use `restrictions` with either type, so both fields may occur with both types.
    """

    type: str | None = Field(None, description="Kind of restriction: time-of-day or weekday-and-time-of-day.")
    restriction: TimeOfDay | None = Field(None, description="The period of each day, usually with time-of-day.")
    restrictions: list[TimeOfDay] | None = Field(
        None, description="The periods of the week, usually with weekday-and-time-of-day."
    )


class Text(Object):
    """A text and its format."""

    type: str | None = Field(None, description="Format of the text, e.g. plain_text.")
    content: str | None = Field(None, description="The text.")


class Duration(Object):
    """A length of time."""

    timeAmount: int | None = Field(None, description="Number of units.")
    timeUnit: str | None = Field(None, description="Unit, e.g. minutes, hours or days.")


class StakeholderProperties(Object):
    """The message that an incident's stakeholders receive."""

    enable: bool | None = Field(None, description="Whether stakeholders are notified.")
    message: str | None = Field(None, description="Title of the message to stakeholders.")
    description: str | None = Field(None, description="Text of the message to stakeholders.")


class IncidentProperties(Object):
    """The properties of incidents that a rule or a template creates."""

    message: str | None = Field(None, description="Title of the incident.")
    description: str | None = Field(None, description="Description of the incident.")
    tags: list[str] | None = Field(None, description="Tags of the incident.")
    details: dict[str, str] | None = Field(None, description="Custom properties of the incident, by key.")
    priority: str | None = Field(None, description="Priority of the incident, P1 (critical) to P5 (informational).")
    stakeholderProperties: StakeholderProperties | None = Field(
        None, description="The message that the incident's stakeholders receive."
    )
