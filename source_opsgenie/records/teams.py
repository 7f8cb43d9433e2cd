"""Teams and what belongs to each of them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.shared import ConditionGroup, Links, TimeRestriction, UserRef


class Team(Record):
    """A team; its members are a stream of their own."""

    id: str | None = Field(None, description="Id of the team.")
    name: str | None = Field(None, description="Name.")
    description: str | None = Field(None, description="Description; empty when unset.")
    links: Links | None = Field(None, description="Addresses of the team; absent in older records.")


class TeamMember(Record):
    """A user's place in a team."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    user_id: str | None = Field(None, description="Added by the connector: id of the user, for the key.")
    user: UserRef | None = Field(None, description="The user.")
    role: str | None = Field(None, description="user, admin, or the name of a role of the team.")


class TeamRight(Object):
    """A right that a role of a team gives or withholds."""

    right: str | None = Field(None, description="Name of the right, e.g. manage-members.")
    granted: bool | None = Field(None, description="Whether the role gives it.")


class TeamRole(Record):
    """A role of a team."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    id: str | None = Field(None, description="Id of the role.")
    name: str | None = Field(None, description="Name.")
    rights: list[TeamRight] | None = Field(None, description="Rights given and withheld.")


class Notify(Object):
    """Where a routing rule sends an alert."""

    type: str | None = Field(None, description="escalation, schedule or none; none has neither id nor name.")
    id: str | None = Field(None, description="Id of the escalation or schedule.")
    name: str | None = Field(None, description="Its name.")


class TeamRoutingRule(Record):
    """A rule that sends a team's alerts on."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    id: str | None = Field(None, description="Id of the rule.")
    name: str | None = Field(None, description="Name; may be empty.")
    isDefault: bool | None = Field(None, description="Whether it is the team's last, default rule.")
    order: int | None = Field(None, description="Place among the rules.")
    criteria: ConditionGroup | None = Field(None, description="Which alerts it takes.")
    timezone: str | None = Field(None, description="Time zone of the restriction, an IANA name.")
    timeRestriction: TimeRestriction | None = Field(None, description="When it applies.")
    notify: Notify | None = Field(None, description="Where it sends them.")


class TeamLog(Record):
    """A change made to a team."""

    team_id: str | None = Field(None, description="Added by the connector: id of the team.")
    log: str | None = Field(None, description="What was changed, in words.")
    owner: str | None = Field(None, description="Who changed it.")
    createdDate: Timestamp | None = Field(None, description="When it was changed.")
