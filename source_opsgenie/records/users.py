"""Users and what belongs to each of them."""

from __future__ import annotations

from pydantic import Field

from source_opsgenie.records.base import Part, Record, Timestamp


class UserRole(Part):
    """The role of a user in the account."""

    id: str | None = Field(None, description="Id of a custom role, or the name of a built-in one.")
    name: str | None = Field(None, description="Name, e.g. Owner, Admin, User or a custom role's.")


class UserAddress(Part):
    """Where a user lives. Members are empty when unset."""

    country: str | None = Field(None, description="Country.")
    state: str | None = Field(None, description="State.")
    city: str | None = Field(None, description="City.")
    line: str | None = Field(None, description="Street and number.")
    zipCode: str | None = Field(None, description="Postal code.")


class User(Record):
    """A user of the account."""

    id: str | None = Field(None, description="Id of the user.")
    username: str | None = Field(None, description="Login name, an e-mail address.")
    fullName: str | None = Field(None, description="Full name.")
    role: UserRole | None = Field(None, description="Role in the account.")
    blocked: bool | None = Field(None, description="Whether the user may not log in.")
    verified: bool | None = Field(None, description="Whether the user has confirmed the invitation.")
    timeZone: str | None = Field(None, description="Time zone, an IANA name.")
    locale: str | None = Field(None, description="Locale, e.g. en_US.")
    userAddress: UserAddress | None = Field(None, description="Address.")
    tags: list[str] | None = Field(None, description="Tags.")
    details: dict[str, list[str]] | None = Field(None, description="Custom properties, each a list of values.")
    skypeUsername: str | None = Field(None, description="Name in Skype.")
    createdAt: Timestamp | None = Field(None, description="When the user was created.")
    mutedUntil: Timestamp | None = Field(None, description="Until when notifications are muted.")


class ContactStatus(Part):
    """Whether a contact is in use."""

    enabled: bool | None = Field(None, description="Whether it is used.")
    disabledReason: str | None = Field(None, description="Why it is not.")


class Contact(Record):
    """An address at which a user is notified."""

    user_id: str | None = Field(None, description="Added by the connector: id of the user.")
    id: str | None = Field(None, description="Id of the contact.")
    method: str | None = Field(None, description="email, sms, voice or mobile.")
    to: str | None = Field(None, description="Address or telephone number, e.g. 1-9999999999.")
    status: ContactStatus | None = Field(None, description="Whether it is in use.")
    applyOrder: int | None = Field(None, description="Place in the order in which contacts are used.")
