"""The users of the Jira site, their contacts and rules. Not all of them work with Operations."""

from __future__ import annotations

from integration_tests.sandbox.configuration import Configuration
from integration_tests.sandbox.jsm.ids import Ids, account_id
from integration_tests.sandbox.jsm.parts import chosen, restriction
from integration_tests.sandbox.query import Row

# Every so many users hide their address, the first one never.
HIDDEN_EVERY = 5
OBSERVER, CLERK = "observer@example.com", "clerk@example.com"
# Who is on the site without having been in Opsgenie.
OTHERS: tuple[Row, ...] = (
    {"accountType": "atlassian", "emailAddress": OBSERVER, "displayName": "Olga Observer", "active": True},
    {"accountType": "atlassian", "emailAddress": CLERK, "displayName": "Carl Clerk", "active": True},
    {"accountType": "app", "displayName": "Automation for Jira", "active": True},
    {"accountType": "customer", "emailAddress": "buyer@example.com", "displayName": "Betty Buyer", "active": True},
)
NOT_IN_JSM = "renotified-alert"


class People:
    """Everybody on the site."""

    def __init__(self, seed: int, configuration: Configuration, ids: Ids, site: str) -> None:
        self.ids = ids
        self.site = site
        self._people = configuration.people
        self.users = [self._user(at, row) for at, row in enumerate(self._people.users())]
        self.users += [self._completed(account_id(seed, "other", at), row) for at, row in enumerate(OTHERS)]
        known = {row["username"]: ids.person(row["id"]) for row in self._people.users()}
        others = {row["emailAddress"]: row["accountId"] for row in self.users if "emailAddress" in row}
        self._accounts: dict[str, str] = others | known
        self.forwarding_rules: list[Row] = [
            {
                **{name: rule[name] for name in ("id", "startDate", "endDate")},
                "id": ids.thing(rule["id"]),
                "fromUserId": ids.person(rule["fromUser"]["id"]),
                "toUserId": ids.person(rule["toUser"]["id"]),
            }
            for rule in self._people.forwarding_rules()
        ]

    def _user(self, at: int, row: Row) -> Row:
        user: Row = {"accountType": "atlassian", "emailAddress": row["username"], "displayName": row["fullName"]}
        if at % HIDDEN_EVERY == HIDDEN_EVERY - 1:
            del user["emailAddress"]
        user |= {"active": not row["blocked"], "timeZone": row["timeZone"], "locale": row["locale"]}
        return self._completed(self.ids.person(row["id"]), user)

    def _completed(self, account: str, row: Row) -> Row:
        return {
            "self": f"{self.site}/rest/api/3/user?accountId={account}",
            "accountId": account,
            "avatarUrls": {"16x16": f"https://avatars.example.com/{account[-4:]}"},
            **row,
        }

    def user(self, account: str) -> Row | None:
        """Return one of them."""
        return next((row for row in self.users if row["accountId"] == account), None)

    def account_of(self, address: str) -> str:
        """Return the account id behind an address, also a hidden one."""
        return self._accounts[address]

    def contacts(self, account: str) -> list[Row]:
        """Return how somebody can be reached."""
        user = self.ids.users.get(account)
        rows = [] if user is None else self._people.contacts(user)
        return [row | {"id": self.ids.thing(row["id"])} for row in rows]

    def notification_rules(self, account: str) -> list[Row]:
        """Return the rules of one user, in full."""
        user = self.ids.users.get(account)
        if user is None:
            return []
        listed = self._people.notification_rules(user) or []
        full = [self._people.notification_rule(user, row["id"]) or {} for row in listed]
        return [self._rule(row) for row in full if row["actionType"] != NOT_IN_JSM]

    def _rule(self, row: Row) -> Row:
        rule = chosen(row, "name", "actionType", "criteria", "notificationTime", "order", "repeat", "enabled")
        rule |= {"id": self.ids.thing(row["id"]), "steps": [self._step(step) for step in row["steps"]]}
        if "schedules" in row:
            rule["schedules"] = [self.ids.thing(each["id"]) for each in row["schedules"]]
        return rule | restriction(row)

    def _step(self, step: Row) -> Row:
        return {
            "id": self.ids.thing(step["id"]),
            "sendAfter": step["sendAfter"]["timeAmount"],
            "contact": step["contact"],
            "enabled": step["enabled"],
        }
