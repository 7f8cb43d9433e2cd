"""Services, and how incidents that affect them are created."""

from __future__ import annotations

from source_opsgenie.records.base import Object, Record, about, added, in_jsm
from source_opsgenie.records.shared import Condition, IncidentProperties, Links, StakeholderProperties


class ServiceGroups(Object):
    """Groups of Jira, as JSM's register of services gives them."""

    groups: list[str] = about("Ids of the groups.")


class ServiceUsers(Object):
    """Users, as JSM's register of services gives them."""

    users: list[str] = about("Ids of the users.")


class ServiceResponders(ServiceUsers):
    """Users and teams, as JSM's register of services gives them."""

    teams: list[str] = about("Ids of the teams.")


class ServiceProjects(Object):
    """Projects of Jira, as JSM's register of services gives them."""

    ids: list[str] = about("Ids of the projects.")


class Service(Record):
    """A service."""

    id: str = about("Id of the service.")
    name: str = about("Name of the service.")
    description: str = about("Description of the service. Empty if there is none.")
    teamId: str = about("Id of the team that owns the service. Null for some services that Opsgenie itself created.")
    tags: list[str] = about("Tags of the service.")
    isExternal: bool = about("Whether the service is run by another company.")
    visibility: str = about("Who can see the service: TEAM_MEMBERS or OPSGENIE_USERS. Only in older accounts.")
    links: Links = about("Addresses of the service.")
    tier: int = in_jsm("tier of the service, 1 is the most important.")
    type: str = in_jsm("type of the service, e.g. SOFTWARE_SERVICES.")
    changeApprovers: ServiceGroups = in_jsm("groups that approve changes of the service.")
    responders: ServiceResponders = in_jsm("users and teams that respond to incidents of the service.")
    stakeholders: ServiceUsers = in_jsm("users who are kept informed of incidents of the service.")
    projects: ServiceProjects = in_jsm("Jira projects that the service belongs to.")


class ServiceIncidentRule(Record):
    """A rule that creates an incident for a service if an alert meets its conditions."""

    service_id: str = added("id of the service.")
    id: str = about("Id of the rule.")
    order: int = about("Position among the rules of the service.")
    conditionMatchType: str = about(
        "How the conditions combine: match-all, match-any-condition or match-all-conditions."
    )
    conditions: list[Condition] = about("Conditions on the alert.")
    incidentProperties: IncidentProperties = about("Properties of the incidents that the rule creates.")


class ServiceIncidentTemplate(Record):
    """A template for incidents of one service."""

    service_id: str = added("id of the service.")
    id: str = about("Id of the template.")
    name: str = about("Name of the template.")
    incidentProperties: IncidentProperties = about("Properties of the incidents that are created from the template.")


class ResponderAudience(Object):
    """The responders to a service's incidents."""

    teams: list[str] = about("Ids of the teams that respond.")
    individuals: list[str] = about("Ids of the users who respond.")


class AudienceCondition(Object):
    """A condition on one field of a user's profile."""

    matchField: str = about("Field that is compared: country, state, city, zipCode, line, tag or customProperty.")
    key: str = about("Key of the custom property that is compared. Only if matchField is customProperty.")
    value: str = about("Value that the field is compared with.")


class StakeholderAudience(Object):
    """The stakeholders of a service's incidents, who are kept informed."""

    individuals: list[str] = about("Ids of users who are stakeholders.")
    conditionMatchType: str = about("How the conditions combine: match-any-condition or match-all-conditions.")
    conditions: list[AudienceCondition] = about(
        "Conditions on a user's profile. Users who meet them are stakeholders, too."
    )


class ServiceAudienceTemplate(Record):
    """The people who are involved in a service's incidents."""

    service_id: str = added("id of the service.")
    responder: ResponderAudience = about("Responders to the service's incidents.")
    stakeholder: StakeholderAudience = about("Stakeholders of the service's incidents.")


class CustomIncidentTemplate(Record):
    """A template for incidents."""

    id: str = about("Id of the template.")
    name: str = about("Name of the template.")
    message: str = about("Title of the incident.")
    description: str = about("Description of the incident.")
    tags: list[str] = about("Tags of the incident.")
    details: dict[str, str] = about("Custom properties of the incident, by key.")
    priority: str = about("Priority of the incident, P1 (critical) to P5 (informational).")
    impactedServices: list[str] = about("Ids of the services that the incident affects.")
    stakeholderProperties: StakeholderProperties = about("The message that the incident's stakeholders receive.")
