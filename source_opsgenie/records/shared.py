"""Parts that several objects hold, modelled once."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object


class TeamRef(Object):
    """A team, by its id."""

    id: str | None = Field(None, description="Id of the team.")


class UserRef(Object):
    """A user, named."""

    id: str | None = Field(None, description="Id of the user.")
    username: str | None = Field(None, description="Login name of the user, an e-mail address.")


class EntityRef(Object):
    """An object, named."""

    id: str | None = Field(None, description="Id of the object.")
    name: str | None = Field(None, description="Name of the object.")


class ScheduleRef(EntityRef):
    """A schedule, named."""

    enabled: bool | None = Field(None, description="Whether the schedule is in use.")


class TypedRef(EntityRef):
    """An object of one of several types, named."""

    type: str | None = Field(None, description="Type of the object, e.g. user, team, escalation or schedule.")


class Recipient(TypedRef):
    """Whom something goes to. A user has a username, the others have a name; none has neither."""

    username: str | None = Field(None, description="Login name, with the type user only.")


class Responder(Object):
    """Who is to respond: a team, a user, an escalation or a schedule."""

    type: str | None = Field(None, description="team, user, escalation or schedule.")
    id: str | None = Field(None, description="Id of the responder.")


class Links(Object):
    """Addresses of an object."""

    web: str | None = Field(None, description="Page in Opsgenie's web site.")
    api: str | None = Field(None, description="Address in the API.")


class Condition(Object):
    """One condition on an alert's fields."""

    field: str | None = Field(None, description="Field compared, e.g. priority, tags or extra-properties.")
    key: str | None = Field(None, description="Key of the custom property, with the field extra-properties only.")
    not_: bool | None = Field(None, alias="not", description="Whether the condition is reversed.")
    operation: str | None = Field(None, description="How it is compared, e.g. equals, contains or greater-than.")
    expectedValue: str | None = Field(None, description="Value compared with.")
    order: float | None = Field(None, description="Place among the conditions.")


class ConditionGroup(Object):
    """Conditions and how they are joined."""

    type: str | None = Field(None, description="match-all, match-any-condition or match-all-conditions.")
    conditions: list[Condition] | None = Field(None, description="The conditions; absent for match-all.")


class ConditionMatch(Object):
    """Conditions and how they are joined, as integrations write them."""

    conditionMatchType: str | None = Field(None, description="match-all, match-any-condition or match-all-conditions.")
    conditions: list[Condition] | None = Field(None, description="The conditions; empty for match-all.")


class TimeOfDay(Object):
    """A part of a day, or of a week."""

    startDay: str | None = Field(None, description="First day, e.g. monday; for restrictions by weekday only.")
    startHour: int | None = Field(None, description="First hour, 0 to 23.")
    startMin: int | None = Field(None, description="Minute of the first hour.")
    endDay: str | None = Field(None, description="Last day; for restrictions by weekday only.")
    endHour: int | None = Field(None, description="Last hour, 0 to 23.")
    endMin: int | None = Field(None, description="Minute of the last hour.")


class TimeRestriction(Object):
    """When something applies. Both forms were seen with either type."""

    type: str | None = Field(None, description="time-of-day or weekday-and-time-of-day.")
    restriction: TimeOfDay | None = Field(None, description="The one part of the day.")
    restrictions: list[TimeOfDay] | None = Field(None, description="The parts of the week.")


class Text(Object):
    """A text and its form."""

    type: str | None = Field(None, description="Form of the text, plain_text.")
    content: str | None = Field(None, description="The text.")


class Duration(Object):
    """A length of time."""

    timeAmount: int | None = Field(None, description="How many units.")
    timeUnit: str | None = Field(None, description="Unit, e.g. minutes, hours or days.")


class StakeholderProperties(Object):
    """What stakeholders are told of an incident."""

    enable: bool | None = Field(None, description="Whether they are told.")
    message: str | None = Field(None, description="Headline of the message.")
    description: str | None = Field(None, description="Text of the message.")


class IncidentProperties(Object):
    """What an incident is given when a rule or a template opens it."""

    message: str | None = Field(None, description="Headline.")
    description: str | None = Field(None, description="Description.")
    tags: list[str] | None = Field(None, description="Tags.")
    details: dict[str, str] | None = Field(None, description="Custom properties.")
    priority: str | None = Field(None, description="P1 (critical) to P5.")
    stakeholderProperties: StakeholderProperties | None = Field(None, description="What stakeholders are told.")
