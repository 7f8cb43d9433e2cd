"""The account itself, and what belongs to no team."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Object, Record, Timestamp


class Plan(Object):
    """What the account pays for."""

    maxUserCount: int | None = Field(None, description="How many users it may have.")
    name: str | None = Field(None, description="Name, e.g. Free, Essentials, Standard or Enterprise.")
    isYearly: bool | None = Field(None, description="Whether it is paid by the year.")


class Account(Record):
    """The account."""

    name: str | None = Field(None, description="Name of the account.")
    userCount: int | None = Field(None, description="How many users it has.")
    plan: Plan | None = Field(None, description="What it pays for.")


class CustomUserRole(Record):
    """A role made for this account, with its rights. The list gives id and name, the single role the rest."""

    id: str | None = Field(None, description="Id of the role.")
    name: str | None = Field(None, description="Name.")
    extendedRole: str | None = Field(None, description="Role it extends: user, observer or stakeholder; detail only.")
    grantedRights: list[str] | None = Field(None, description="Rights it adds; detail only.")
    disallowedRights: list[str] | None = Field(None, description="Rights it takes away; detail only.")


class MaintenanceTime(Object):
    """When a maintenance takes place."""

    type: str | None = Field(None, description="for-5-minutes, for-30-minutes, for-1-hour, indefinitely or schedule.")
    startDate: Timestamp | None = Field(None, description="When it begins.")
    endDate: Timestamp | None = Field(None, description="When it ends; absent for indefinitely.")


class MaintenanceEntity(Object):
    """What a maintenance switches."""

    id: str | None = Field(None, description="Id of the policy or integration.")
    type: str | None = Field(None, description="policy or integration.")


class MaintenanceRule(Object):
    """One switch of a maintenance."""

    state: str | None = Field(None, description="enabled or disabled.")
    entity: MaintenanceEntity | None = Field(None, description="What is switched.")


class Maintenance(Record):
    """A time in which policies or integrations are switched on or off."""

    id: str | None = Field(None, description="Id of the maintenance.")
    status: str | None = Field(None, description="planned, active, past or cancelled.")
    time: MaintenanceTime | None = Field(None, description="When it takes place.")
    description: str | None = Field(None, description="What it is for.")
    rules: list[MaintenanceRule] | None = Field(None, description="What is switched; detail only.")


class LogFile(Record):
    """A file of the account's logs, ready for download."""

    filename: str | None = Field(None, description="Name of the file, made of the time it begins with.")
    date: int | None = Field(None, description="When it was written, in milliseconds since 1970; later than its name.")
    size: int | None = Field(None, description="Size in bytes.")


class Limit(Object):
    """How many calls in how long."""

    limit: int | None = Field(None, description="Number of calls.")
    periodInSeconds: int | None = Field(None, description="In how many seconds.")


class RequestLimit(Record):
    """How many calls the account may make in one domain of the API."""

    domain: str | None = Field(None, description="Domain, e.g. search, alert, incident or configuration.")
    limits: list[Limit] | None = Field(None, description="Limits that hold at once, by the minute and by the second.")
