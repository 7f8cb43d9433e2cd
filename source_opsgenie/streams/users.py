"""Users and what belongs to each of them. No time of a change comes with any of it, so all is read at each sync."""

from __future__ import annotations

from abc import ABC
from typing import TYPE_CHECKING, Any, ClassVar

from source_opsgenie.api.limits import Domain
from source_opsgenie.records import account, schedules
from source_opsgenie.records import users as records
from source_opsgenie.streams.base import OpsgenieStream, Parent, Row
from source_opsgenie.streams.lists import Child, Detailed, Shared
from source_opsgenie.streams.walkable import Windowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from source_opsgenie.records.base import Record


class Users(Shared, Windowed):
    """Every user. Listing users counts against the search limit, not the one of configuration."""

    location = "v2/users"
    domain = Domain.SEARCH
    record: ClassVar[type[Record]] = records.User
    sort = "username"


class UserChild(Child, ABC):
    """A list below each user."""

    primary_key: ClassVar[list[str]] = ["user_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = {"user_id": "id"}
    gives_up = True


class Contacts(UserChild):
    """The addresses at which a user is notified."""

    location = "v2/users/{id}/contacts"
    record: ClassVar[type[Record]] = records.Contact


class NotificationRules(Shared, Detailed, UserChild):
    """When and how a user wants to be notified. The single rule has the conditions and steps."""

    location = "v2/users/{id}/notification-rules"
    detail_location = "v2/users/{user_id}/notification-rules/{id}"
    record: ClassVar[type[Record]] = records.NotificationRule


class NotificationRuleSteps(Child):
    """The steps of users' notification rules. The single rule holds them; asked for only where it could not be read."""

    location = "v2/users/{user_id}/notification-rules/{id}/steps"
    record: ClassVar[type[Record]] = records.NotificationRuleStep
    primary_key: ClassVar[list[str]] = ["user_id", "rule_id", "id"]
    parent_columns: ClassVar[Mapping[str, str]] = {"user_id": "user_id", "rule_id": "id"}

    def rows_of(self, parent: Parent) -> Iterator[Row]:
        """Take the steps that came with the rule."""
        steps = parent.get("steps")
        if isinstance(steps, list):
            yield from self.shaped(steps, parent)
        else:
            yield from super().rows_of(parent)

    def shape(self, row: Any, parent: Parent) -> Row | None:  # noqa: ANN401 - as received
        """Add the rule as `_parent`, as the list of steps has it: a step inside its rule may leave it out."""
        own = super().shape(row, parent)
        if own is None or own.get("_parent") is not None:
            return own
        return {**own, "_parent": {name: parent[name] for name in ("id", "name") if name in parent}}


class UserTeams(UserChild):
    """The teams that a user belongs to."""

    location = "v2/users/{id}/teams"
    record: ClassVar[type[Record]] = records.UserTeam


class UserEscalations(UserChild):
    """The escalations that may notify a user."""

    location = "v2/users/{id}/escalations"
    record: ClassVar[type[Record]] = records.UserEscalation


class UserSchedules(UserChild):
    """The schedules that a user takes part in."""

    location = "v2/users/{id}/schedules"
    record: ClassVar[type[Record]] = records.UserSchedule


class ForwardingRules(OpsgenieStream):
    """Users notifications that are sent to others for a while."""

    location = "v2/forwarding-rules"
    record: ClassVar[type[Record]] = schedules.ForwardingRule


class CustomUserRoles(Detailed, OpsgenieStream):
    """The account's own roles. The list gives id and name, the single role its rights."""

    location = "v2/roles"
    detail_location = "v2/roles/{id}"
    record: ClassVar[type[Record]] = account.CustomUserRole
