"""Streams of users, and their child streams. Nothing has a time of change, so each sync reads all."""

from __future__ import annotations

import json
from collections.abc import Iterator

from source_opsgenie.http.body import Row
from source_opsgenie.opsgenie.limits import Domain
from source_opsgenie.opsgenie.paging import MAX_PAGE, OffsetPaging
from source_opsgenie.records import account, schedules
from source_opsgenie.records import users as records
from source_opsgenie.streams.base import ApiStream, Parent
from source_opsgenie.streams.sub_stream import SubStream

NEEDED_BY_STEPS = ("user_id", "id", "name", "steps")


class Users(ApiStream):
    """Every user. Listing users counts against the rate limit of searches, not of configuration."""

    list_path = "v2/users"
    domain = Domain.SEARCH
    record = records.User
    scan_sort = "username"
    paging = OffsetPaging(limit=MAX_PAGE)
    cached = True


class UserSubStream(SubStream):
    """A child stream of users."""

    parent_stream = Users
    primary_key = ["user_id", "id"]
    parent_columns = {"user_id": "id"}


class Contacts(UserSubStream):
    """The addresses and telephone numbers at which a user is notified."""

    list_path = "v2/users/{id}/contacts"
    record = records.Contact


class NotificationRules(UserSubStream):
    """When and how a user is notified. The single rule has the conditions and steps.

    There may be tens of thousands of rules, each with its own call. So what the steps need of a rule is kept in a
    compact form, and only in a sync that also reads the steps.
    """

    list_path = "v2/users/{id}/notification-rules"
    detail_path = "v2/users/{user_id}/notification-rules/{id}"
    record = records.NotificationRule

    kept: list[str] | None = None

    def rows(self) -> Iterator[Row]:
        """Yield the rules, and keep what their steps need."""
        kept: list[str] | None = [] if "notification_rule_steps" in self.context.selected else None
        for row in super().rows():
            if kept is not None:
                kept.append(json.dumps({name: row[name] for name in NEEDED_BY_STEPS if name in row}))
            yield row
        self.kept = kept


class NotificationRuleSteps(SubStream):
    """The steps of users' notification rules. They come with the single rule or, if missing there, by a call."""

    parent_stream = NotificationRules
    included_in = "steps"
    list_path = "v2/users/{user_id}/notification-rules/{id}/steps"
    record = records.NotificationRuleStep
    primary_key = ["user_id", "rule_id", "id"]
    parent_columns = {"user_id": "user_id", "rule_id": "id"}

    parent: NotificationRules

    def parent_rows(self) -> Iterator[Row]:
        """Yield what the steps need of each rule, as it was kept or from reading the rules now."""
        kept = self.parent.kept
        return self.parent.rows() if kept is None else map(json.loads, kept)

    def shape(self, row: Row, parent: Parent) -> Row:
        """Add the rule as `_parent`, as in the list of steps, because a step inside its rule may lack it."""
        own = super().shape(row, parent)
        if own.get("_parent") is not None:
            return own
        return {**own, "_parent": {name: parent[name] for name in ("id", "name") if name in parent}}


class UserTeams(UserSubStream):
    """The teams that a user belongs to."""

    list_path = "v2/users/{id}/teams"
    record = records.UserTeam


class UserEscalations(UserSubStream):
    """The escalations that may notify a user."""

    list_path = "v2/users/{id}/escalations"
    record = records.UserEscalation


class UserSchedules(UserSubStream):
    """The schedules that a user takes part in."""

    list_path = "v2/users/{id}/schedules"
    record = records.UserSchedule


class ForwardingRules(ApiStream):
    """The rules that forward a user's notifications to someone else for a period."""

    list_path = "v2/forwarding-rules"
    record = schedules.ForwardingRule


class CustomUserRoles(ApiStream):
    """The account's own roles. The list has id and name, the single role has its rights."""

    list_path = "v2/roles"
    detail_path = "v2/roles/{id}"
    record = account.CustomUserRole
