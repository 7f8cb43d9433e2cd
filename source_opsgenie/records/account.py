"""The account itself, and the objects that belong to no team."""

from __future__ import annotations

from source_opsgenie.records.base import JsonText, Object, Record, Timestamp, about, detail, in_jsm


class Plan(Object):
    """The plan that the account subscribes to."""

    maxUserCount: int = about("Number of users that the plan allows.")
    name: str = about("Name of the plan, e.g. Free, Essentials, Standard or Enterprise.")
    isYearly: bool = about("Whether the plan is billed once a year.")


class Account(Record):
    """The account that the API key belongs to."""

    name: str = about("Name of the account.")
    userCount: int = about("Number of users in the account.")
    plan: Plan = about("Plan that the account subscribes to.")


class CustomUserRole(Record):
    """A role defined in this account, with its rights."""

    id: str = about("Id of the role.")
    name: str = about("Name of the role.")
    extendedRole: str = detail("built-in role that this one is based on: user, observer or stakeholder.")
    grantedRights: list[str] = detail("rights that the role has in addition to those of the built-in role.")
    disallowedRights: list[str] = detail("rights of the built-in role that this role does not have.")


class MaintenanceTime(Object):
    """The time at which a maintenance takes place."""

    type: str = about("How the time is defined: for-5-minutes, for-30-minutes, for-1-hour, indefinitely or schedule.")
    startDate: Timestamp = about("When the maintenance begins.")
    endDate: Timestamp = about("When the maintenance ends. May be absent if the type is indefinitely.")


class MaintenanceEntity(Object):
    """A policy or an integration that a maintenance enables or disables."""

    id: str = about("Id of the object.")
    type: str = about("Type of the object: policy or integration; in JSM Operations also sync.")


class MaintenanceRule(Object):
    """What a maintenance does to one policy or integration."""

    state: str = about("State that the object has during the maintenance: enabled or disabled.")
    entity: MaintenanceEntity = about("Policy or integration that the rule applies to.")


class Maintenance(Record):
    """A period in which policies or integrations are enabled or disabled."""

    id: str = about("Id of the maintenance.")
    status: str = about("Status of the maintenance: planned, active, past or cancelled.")
    time: MaintenanceTime = about("When the maintenance takes place.")
    description: str = about("Description of the maintenance.")
    rules: list[MaintenanceRule] = detail("policies and integrations that the maintenance enables or disables.")
    teamId: str = in_jsm("id of the team that the maintenance belongs to. Absent from global ones.")


class LogFile(Record):
    """A file of the account's logs that is ready for download."""

    filename: str = about("Name of the file. It contains the time at which the logs in the file begin.")
    date: int = about(
        "When the file was written, in milliseconds since 1970-01-01 UTC. It is later than the time in the file name."
    )
    size: int = about("Size of the file in bytes.")


class AuditLog(Record):
    """A line of the site's audit log. Only in JSM Operations."""

    id: str = about(
        "Added by the connector, as the key: JSM Operations sends none, so it is made of the time and a hash of the "
        "line."
    )
    created: Timestamp = about("When it happened.")
    category: str = about("Category of the line, e.g. Alerts or Configuration Changes.")
    level: str = about("Level of the line: Information, Warning or Error.")
    message: str = about("What happened, in words.")
    details: JsonText = about("Details as JSON text. They may contain personal data and texts of alerts.")


class DomainLimit(Object):
    """A number of calls that may be made in a period."""

    limit: int = about("Number of calls allowed in each period.")
    periodInSeconds: int = about("Length of the period in seconds.")


class RequestLimit(Record):
    """The numbers of calls that the account may make in one rate-limit domain."""

    domain: str = about("Rate-limit domain of the API, e.g. search, alert, incident or configuration.")
    limits: list[DomainLimit] = about("Limits of the domain, e.g. one a minute and one a second. All of them apply.")
