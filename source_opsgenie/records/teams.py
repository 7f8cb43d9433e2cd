"""Teams and the objects that belong to them."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, Timestamp, about, added
from source_opsgenie.records.shared import ConditionGroup, Links, TimeRestriction, UserRef


class Team(Record):
    """A team, without its members, which are rows of team_members."""

    id: str = about("Id of the team.")
    name: str = about("Name of the team.")
    description: str = about("Description of the team. Empty if there is none.")
    links: Links = about("Addresses of the team. Absent from older records.")


class TeamMember(Record):
    """A member of a team."""

    team_id: str = added("id of the team.")
    user_id: str = added("id of the user, copied from user because it is part of the key.")
    user: UserRef = about("User who is a member of the team.")
    role: str = about("Role in the team: user, admin, or the name of a team role.")


class TeamRight(Object):
    """A right that a team role grants or denies."""

    right: str = about("Name of the right, e.g. manage-members.")
    granted: bool = about("Whether the role grants the right.")


class TeamRole(Record):
    """A role in a team."""

    team_id: str = added("id of the team.")
    id: str = about("Id of the role.")
    name: str = about("Name of the role.")
    rights: list[TeamRight] = about("Rights that the role grants or denies.")


class Notify(Object):
    """The escalation or schedule to which a routing rule sends alerts."""

    type: str = about("Type of the target: escalation, schedule, or none if the rule notifies nobody.")
    id: str = about("Id of the escalation or schedule. Absent if the type is none.")
    name: str = about("Name of the escalation or schedule. Absent if the type is none.")


class TeamRoutingRule(Record):
    """A rule that says whom a team's alerts notify."""

    team_id: str = added("id of the team.")
    id: str = about("Id of the rule.")
    name: str = about("Name of the rule. May be empty.")
    isDefault: bool = about("Whether this is the team's default rule, which applies if no other one does.")
    order: int = about("Position among the rules of the team.")
    criteria: ConditionGroup = about("Conditions on the alerts that the rule applies to.")
    timezone: str = about("Time zone of timeRestriction, an IANA name such as Europe/Madrid.")
    timeRestriction: TimeRestriction = about("Times at which the rule applies. Absent or null if it always applies.")
    notify: Notify = about("Escalation or schedule that is notified.")


class TeamLog(Record):
    """A change of a team's configuration."""

    team_id: str = added("id of the team.")
    log: str = about("What was changed, in words.")
    owner: str = about("Who made the change.")
    createdDate: Timestamp = about("When the change was made.")
