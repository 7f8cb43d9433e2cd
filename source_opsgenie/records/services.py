"""Services, and what happens when they are hit by an incident."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record
from source_opsgenie.records.shared import Condition, IncidentProperties, Links, StakeholderProperties


class Service(Record):
    """A service. It has no time of a change, although the list can be sorted by it."""

    id: str | None = Field(None, description="Id of the service.")
    name: str | None = Field(None, description="Name.")
    description: str | None = Field(None, description="Description; empty when unset.")
    teamId: str | None = Field(None, description="Id of the team that owns it; null on some made by Opsgenie.")
    tags: list[str] | None = Field(None, description="Tags.")
    isExternal: bool | None = Field(None, description="Whether it is a service of somebody else.")
    visibility: str | None = Field(None, description="TEAM_MEMBERS or OPSGENIE_USERS, in older accounts.")
    links: Links | None = Field(None, description="Addresses of the service.")


class ServiceIncidentRule(Record):
    """A rule that opens an incident on a service."""

    service_id: str | None = Field(None, description="Added by the connector: id of the service.")
    id: str | None = Field(None, description="Id of the rule.")
    order: int | None = Field(None, description="Place among the service's rules.")
    conditionMatchType: str | None = Field(None, description="match-all, match-any-condition or match-all-conditions.")
    conditions: list[Condition] | None = Field(None, description="Which alerts it takes.")
    incidentProperties: IncidentProperties | None = Field(None, description="What the incident is given.")


class ServiceIncidentTemplate(Record):
    """A template for incidents of one service. Opsgenie has replaced these by custom incident templates."""

    service_id: str | None = Field(None, description="Added by the connector: id of the service.")
    id: str | None = Field(None, description="Id of the template.")
    name: str | None = Field(None, description="Name.")
    incidentProperties: IncidentProperties | None = Field(None, description="What the incident is given.")


class ResponderAudience(Object):
    """Who responds to incidents of a service."""

    teams: list[str] | None = Field(None, description="Ids of teams.")
    individuals: list[str] | None = Field(None, description="Ids of users.")


class AudienceCondition(Object):
    """One condition on a user's profile."""

    matchField: str | None = Field(
        None, description="Field compared: country, state, city, zipCode, line, tag or customProperty."
    )
    key: str | None = Field(None, description="Key of the custom property, with customProperty only.")
    value: str | None = Field(None, description="Value compared with.")


class StakeholderAudience(Object):
    """Who is told of incidents of a service."""

    individuals: list[str] | None = Field(None, description="Ids of users.")
    conditionMatchType: str | None = Field(None, description="match-any-condition or match-all-conditions.")
    conditions: list[AudienceCondition] | None = Field(None, description="Which other users.")


class ServiceAudienceTemplate(Record):
    """Who has to do with incidents of a service."""

    service_id: str | None = Field(None, description="Added by the connector: id of the service.")
    responder: ResponderAudience | None = Field(None, description="Who responds.")
    stakeholder: StakeholderAudience | None = Field(None, description="Who is told.")


class CustomIncidentTemplate(Record):
    """A template for incidents."""

    id: str | None = Field(None, description="Id of the template.")
    name: str | None = Field(None, description="Name.")
    message: str | None = Field(None, description="Headline of the incident.")
    description: str | None = Field(None, description="Description of the incident.")
    tags: list[str] | None = Field(None, description="Tags of the incident.")
    details: dict[str, str] | None = Field(None, description="Custom properties of the incident.")
    priority: str | None = Field(None, description="P1 (critical) to P5.")
    impactedServices: list[str] | None = Field(None, description="Ids of the services the incident affects.")
    stakeholderProperties: StakeholderProperties | None = Field(None, description="What stakeholders are told.")
