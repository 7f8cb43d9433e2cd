"""Teams and the objects that belong to them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import ConditionGroup, Links, TimeRestriction, UserRef


class Team(Record):
    """A team, without its members, which are rows of team_members."""

    id: str | None = Field(None, description="Id of the team.")
    name: str | None = Field(None, description="Name of the team.")
    description: str | None = Field(None, description="Description of the team. Empty if there is none.")
    links: Links | None = Field(None, description="Addresses of the team. Absent from older records.")


class TeamMember(Record):
    """A member of a team."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    user_id: str | None = Field(
        None, description="Added by the connector: id of the user, copied from user because it is part of the key."
    )
    user: UserRef | None = Field(None, description="User who is a member of the team.")
    role: str | None = Field(None, description="Role in the team: user, admin, or the name of a team role.")


class TeamRight(Object):
    """A right that a team role grants or denies."""

    right: str | None = Field(None, description="Name of the right, e.g. manage-members.")
    granted: bool | None = Field(None, description="Whether the role grants the right.")


class TeamRole(Record):
    """A role in a team."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    id: str | None = Field(None, description="Id of the role.")
    name: str | None = Field(None, description="Name of the role.")
    rights: list[TeamRight] | None = Field(None, description="Rights that the role grants or denies.")


class Notify(Object):
    """The escalation or schedule to which a routing rule sends alerts."""

    type: str | None = Field(
        None, description="Type of the target: escalation, schedule, or none if the rule notifies nobody."
    )
    id: str | None = Field(None, description="Id of the escalation or schedule. Absent if the type is none.")
    name: str | None = Field(None, description="Name of the escalation or schedule. Absent if the type is none.")


class TeamRoutingRule(Record):
    """A rule that says whom a team's alerts notify."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    id: str | None = Field(None, description="Id of the rule.")
    name: str | None = Field(None, description="Name of the rule. May be empty.")
    isDefault: bool | None = Field(
        None, description="Whether this is the team's default rule, which applies if no other one does."
    )
    order: int | None = Field(None, description="Position among the rules of the team.")
    criteria: ConditionGroup | None = Field(None, description="Conditions on the alerts that the rule applies to.")
    timezone: str | None = Field(None, description="Time zone of timeRestriction, an IANA name such as Europe/Madrid.")
    timeRestriction: TimeRestriction | None = Field(
        None, description="Times at which the rule applies. Absent or null if it always applies."
    )
    notify: Notify | None = Field(None, description="Escalation or schedule that is notified.")


class TeamLog(Record):
    """A change of a team's configuration."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    log: str | None = Field(None, description="What was changed, in words.")
    owner: str | None = Field(None, description="Who made the change.")
    createdDate: Timestamp | None = Field(None, description="When the change was made.")
