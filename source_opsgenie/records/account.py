"""The account itself, and the objects that belong to no team."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp
from source_opsgenie.records.json_text import JsonText


class Plan(Object):
    """The plan that the account subscribes to."""

    maxUserCount: int | None = Field(None, description="Number of users that the plan allows.")
    name: str | None = Field(None, description="Name of the plan, e.g. Free, Essentials, Standard or Enterprise.")
    isYearly: bool | None = Field(None, description="Whether the plan is billed once a year.")


class Account(Record):
    """The account that the API key belongs to."""

    name: str | None = Field(None, description="Name of the account.")
    userCount: int | None = Field(None, description="Number of users in the account.")
    plan: Plan | None = Field(None, description="Plan that the account subscribes to.")


class CustomUserRole(Record):
    """A role defined in this account, with its rights.

    The list gives id and name only; the single role gives the rest.
    """

    id: str | None = Field(None, description="Id of the role.")
    name: str | None = Field(None, description="Name of the role.")
    extendedRole: str | None = Field(
        None, description="Detail only: built-in role that this one is based on: user, observer or stakeholder."
    )
    grantedRights: list[str] | None = Field(
        None, description="Detail only: rights that the role has in addition to those of the built-in role."
    )
    disallowedRights: list[str] | None = Field(
        None, description="Detail only: rights of the built-in role that this role does not have."
    )


class MaintenanceTime(Object):
    """The time at which a maintenance takes place."""

    type: str | None = Field(
        None,
        description="How the time is defined: for-5-minutes, for-30-minutes, for-1-hour, indefinitely or schedule.",
    )
    startDate: Timestamp | None = Field(None, description="When the maintenance begins.")
    endDate: Timestamp | None = Field(
        None, description="When the maintenance ends. May be absent if the type is indefinitely."
    )


class MaintenanceEntity(Object):
    """A policy or an integration that a maintenance enables or disables."""

    id: str | None = Field(None, description="Id of the object.")
    type: str | None = Field(
        None, description="Type of the object: policy or integration; in JSM Operations also sync."
    )


class MaintenanceRule(Object):
    """What a maintenance does to one policy or integration."""

    state: str | None = Field(
        None, description="State that the object has during the maintenance: enabled or disabled."
    )
    entity: MaintenanceEntity | None = Field(None, description="Policy or integration that the rule applies to.")


class Maintenance(Record):
    """A period in which policies or integrations are enabled or disabled."""

    id: str | None = Field(None, description="Id of the maintenance.")
    status: str | None = Field(None, description="Status of the maintenance: planned, active, past or cancelled.")
    time: MaintenanceTime | None = Field(None, description="When the maintenance takes place.")
    description: str | None = Field(None, description="Description of the maintenance.")
    rules: list[MaintenanceRule] | None = Field(
        None, description="Detail only: policies and integrations that the maintenance enables or disables."
    )
    teamId: str | None = Field(
        None,
        description="JSM Operations only: id of the team that the maintenance belongs to. Absent from global ones.",
    )


class LogFile(Record):
    """A file of the account's logs that is ready for download."""

    filename: str | None = Field(
        None, description="Name of the file. It contains the time at which the logs in the file begin."
    )
    date: int | None = Field(
        None,
        description="When the file was written, in milliseconds since 1970-01-01 UTC. It is later than the time in the "
        "file name.",
    )
    size: int | None = Field(None, description="Size of the file in bytes.")


class AuditLog(Record):
    """A line of the site's audit log. Only in JSM Operations."""

    id: str | None = Field(
        None,
        description="Added by the connector, as the key: JSM Operations sends none, so it is made of the time and a "
        "hash of the line.",
    )
    created: Timestamp | None = Field(None, description="When it happened.")
    category: str | None = Field(None, description="Category of the line, e.g. Alerts or Configuration Changes.")
    level: str | None = Field(None, description="Level of the line: Information, Warning or Error.")
    message: str | None = Field(None, description="What happened, in words.")
    details: JsonText | None = Field(
        None, description="Details as JSON text. They may contain personal data and texts of alerts."
    )


class Limit(Object):
    """A number of calls that may be made in a period."""

    limit: int | None = Field(None, description="Number of calls allowed in each period.")
    periodInSeconds: int | None = Field(None, description="Length of the period in seconds.")


class RequestLimit(Record):
    """The numbers of calls that the account may make in one rate-limit domain."""

    domain: str | None = Field(
        None, description="Rate-limit domain of the API, e.g. search, alert, incident or configuration."
    )
    limits: list[Limit] | None = Field(
        None, description="Limits of the domain, e.g. one per minute and one per second. All of them apply."
    )
