"""Streams of users, and of the lists below each user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import requests

from source_opsgenie.http.body import Row, decode, found_at
from source_opsgenie.http.errors import NOT_ACCEPTED_STATUSES, ApiError, RefusedError
from source_opsgenie.jsm.backend import MYSELF
from source_opsgenie.jsm.paging import MAX_PAGE, MAX_USERS_PAGE, UsersPaging, ValuesPaging
from source_opsgenie.jsm.rows import users as rows
from source_opsgenie.jsm.site import Api
from source_opsgenie.jsm.streams.base import JsmStream, JsmSubStream, NeverEmptyStream
from source_opsgenie.records import users as records
from source_opsgenie.streams.base import Parent
from source_opsgenie.streams.sub_stream import Outcome

# The types of accounts that do not belong to people, and do not use Operations. One of any other type is emitted.
NOT_PEOPLE = ("app", "customer")

NO_USER = "Jira shows no user to the owner of the token, who lacks its permission 'Browse users and groups'"
NO_USER_IN_SYNC = f"{NO_USER}: users, their contacts and the user names in other rows are missing."

NO_CONTACT = (
    "JSM Operations shows no contact of any user: if the token's owner is an admin neither of Jira nor of Operations, "
    "it may give the owner's contacts in place of each user's, and the owner has none"
)

NO_CONTACT_IN_SYNC = f"{NO_CONTACT}."

ONLY_THE_OWNERS = (
    "JSM Operations returns the contacts of the token's owner instead of those of other users: the owner is an admin "
    "neither of Jira nor of Operations"
)
NOT_ACCEPTED = (
    "JSM Operations does not accept the call for them, though it accepts the one for the token's owner: they "
    "probably do not use Operations"
)
ONLY_OWN_RULES = (
    "JSM Operations shows notification rules to their owner only, so only the rules of the token's owner were read."
)


def owner_of_token(stream: JsmStream) -> str:
    """Return the account id of the token's owner, asked for once a sync.

    Raises:
        StreamSkippedError: the token has no right to read it; the log says so.
        ApiError: the call failed for good.
    """
    context = stream.context

    def ask() -> str:
        answer = context.clients[Api.JIRA].read(MYSELF, check=lambda body: found_at(body, "accountId", str))
        stream.metrics.calls += 1
        return found_at(decode(answer), "accountId", str)

    try:
        with stream.requiring_valid_token():
            return context.once.of(MYSELF, ask)
    except RefusedError as error:
        stream.skips.skip_stream(error)
    except ApiError as error:
        raise error.named(stream.name) from error


class Users(NeverEmptyStream):
    """The people of the site. Jira does not say which of them use Operations."""

    list_path = "rest/api/3/users/search"
    domain = Api.JIRA
    record = records.User
    paging = UsersPaging(limit=MAX_USERS_PAGE)
    hidden_because = NO_USER
    hidden_warning = NO_USER_IN_SYNC
    translation = staticmethod(rows.user)

    def shaped(self, rows: list[Any], parent: Parent) -> list[Row]:
        """Skip accounts that do not belong to a person."""
        return [row for row in super().shaped(rows, parent) if row.get("accountType") not in NOT_PEOPLE]


class Contacts(JsmSubStream):
    """The addresses and telephone numbers at which a user is notified.

    Only an admin may read those of other users. The documents contradict each other on what happens without that right:
    the call is refused, or it returns the contacts of the token's owner, whichever user was asked for. So the owner is
    asked for first, even if not among the users, and another user's answer that holds the owner's contacts counts as a
    refusal. If the call for the owner's contacts fails or is refused, the contacts of the others are kept until all
    users have been asked for: those that several users have are the owner's. If only one other user was answered, there
    is nothing to compare with, and the contacts count as that user's own.

    What is answered for a user of Jira who does not use Operations is not documented either. If the owner's contacts
    are answered, a call that is not accepted for another user differs in the user only, so it counts as a refusal.
    """

    parent_stream = Users
    list_path = "v1/users/contacts"
    record = records.Contact
    paging = ValuesPaging(limit=MAX_PAGE)
    primary_key = ["user_id", "id"]
    parent_columns = {"user_id": "id"}
    parent_params = {"targetAccountId": "id"}

    refusal_statuses = frozenset({requests.codes.unauthorized})
    empty_because = NO_CONTACT  # those who are notified have one each, at least

    _owner = ""
    _owner_contacts: frozenset[str] | None = None  # ids of the owner's contacts; None as long as they are not known
    _kept: dict[str, list[Row]]  # contacts that may be the owner's, by user

    def parents(self) -> Iterator[Parent]:
        """Yield the users, the token's owner first.

        Raises:
            StreamSkippedError: the token has no right to read who its owner is.
            ApiError: the owner or the users cannot be read.
        """
        users = list(super().parents())
        if not users:
            return iter(users)
        self._owner = owner_of_token(self)
        others = [user for user in users if user.get("id") != self._owner]
        return iter([{"id": self._owner}, *others])

    def list_rows(self) -> Iterator[Row]:
        """Yield the contacts of every user; at the end, those in doubt that turned out not to be the owner's."""
        self._kept = {}
        is_empty = True
        for row in super().list_rows():
            is_empty = False
            yield row
        users = Counter(identity for contacts in self._kept.values() for identity in _ids_of(contacts))
        for user, contacts in self._kept.items():
            is_empty = is_empty and not contacts
            if any(users[identity] > 1 for identity in _ids_of(contacts)):
                self.skips.skip_parent(user, RefusedError(requests.codes.forbidden, ONLY_THE_OWNERS))
            else:
                yield from contacts
        if is_empty and self.skips.answered:
            self.warn_once(NO_CONTACT_IN_SYNC)

    def settle(self, parent: Parent, outcome: Outcome) -> list[Row]:
        """Return a user's contacts; if they are those of the token's owner instead, the user's are refused.

        Raises:
            StreamSkippedError: every user is refused; the log says so.
            ApiError: no other user's contacts would be read either.
        """
        of_owner = self._owner_contacts
        if isinstance(outcome, ApiError) and of_owner is not None and outcome.status in NOT_ACCEPTED_STATUSES:
            outcome = RefusedError(outcome.status, NOT_ACCEPTED)
        elif isinstance(outcome, list):
            if parent.get("id") == self._owner:
                self._owner_contacts = _ids_of(outcome)
            elif of_owner is None:
                self._kept[self.name_of(parent)] = super().settle(parent, outcome)
                return []
            elif of_owner & _ids_of(outcome):
                outcome = RefusedError(requests.codes.forbidden, ONLY_THE_OWNERS)
        return super().settle(parent, outcome)


def _ids_of(contacts: list[Row]) -> frozenset[str]:
    return frozenset(str(row["id"]) for row in contacts if row.get("id") is not None)


class NotificationRules(JsmStream):
    """When and how the token's owner is notified. JSM shows the rules of a user only to that user."""

    list_path = "v1/notification-rules"
    record = records.NotificationRule
    paging = ValuesPaging(limit=MAX_PAGE)
    primary_key = ["user_id", "id"]
    uses_names = ("schedules",)
    cached = True
    translation = staticmethod(rows.notification_rule)

    def list_rows(self) -> Iterator[Row]:
        """Yield the rules of the token's owner."""
        owner = owner_of_token(self)
        self.warn_once(ONLY_OWN_RULES)
        for rule in super().list_rows():
            yield {"user_id": owner, **rule}


class NotificationRuleSteps(JsmSubStream):
    """The steps of notification rules. They come with the list of rules or, if missing there, by a call for each."""

    parent_stream = NotificationRules
    included_in = "steps"
    list_path = "v1/notification-rules/{id}/steps"
    record = records.NotificationRuleStep
    paging = ValuesPaging(limit=MAX_PAGE)
    primary_key = ["user_id", "rule_id", "id"]
    parent_columns = {"user_id": "user_id", "rule_id": "id"}
    translation = staticmethod(rows.notification_rule_step)
